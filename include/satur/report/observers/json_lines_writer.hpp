/// \file report/observers/json_lines_writer.hpp  Writes JSON Lines as the run goes.
#pragma once

#include "satur/report/json_lines.hpp"

namespace satur { inline namespace SATUR_ABI {

/// An observer: after each sampled step a line for the loss, if it was handed over, and one for each layer, with all of
/// `monitor_columns`.
///
///     json_lines_writer lines(path);                        // or (path, existing_file::resume), or (stream)
///     for (…) { …; mon.end_step(lines); }
///
/// See line_writer.
class json_lines_writer : public line_writer<json_lines_format> {
public:
  using line_writer::line_writer;
};

}} // namespace satur::SATUR_ABI
