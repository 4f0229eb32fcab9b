/// \file report/observers/csv_writer.hpp  Writes a CSV file as the run goes.
#pragma once

#include "satur/report/csv.hpp"

namespace satur { inline namespace SATUR_ABI {

/// An observer: a row for each layer after each sampled step, with all of `monitor_columns`.
///
///     csv_writer csv(path);                                 // or (path, existing_file::resume), or (stream)
///     for (…) { …; mon.end_step(csv); }
///
/// See line_writer.
class csv_writer : public line_writer<csv_format> {
public:
  using line_writer::line_writer;
};

}} // namespace satur::SATUR_ABI
