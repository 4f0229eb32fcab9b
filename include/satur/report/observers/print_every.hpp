/// \file report/observers/print_every.hpp  Prints the table of a run as it goes.
#pragma once

#include "satur/monitor/saturation_table.hpp"

#include <cstdint>
#include <ostream>

namespace satur { inline namespace SATUR_ABI {

/// An observer: every n sampled steps of a phase, a line with the step (the first is 0) and the last loss, then the
/// `saturation_table` of that step, and an empty line.
///
///     print_every table(100, std::cout);
///     for (…) { …; mon.end_step(table); }
///
/// The steps are those that the monitor counts: a run that was saved and loaded goes on in its rhythm.
class print_every {
public:
  /// `out` outlives the observer. Throws std::invalid_argument if n is 0.
  print_every(std::uint64_t n, std::ostream& out) : every_(n), out_(&out) {
    if (n == 0) {
      detail::bad_parameter("print_every", "n", n, "1 or more sampled steps");
    }
  }

  void on_step(monitor const& mon) {
    satur::phase const p = mon.phase();
    if (mon.sampling(p).sampled % every_ != 0 || mon.steps(p) == 0) {
      return;
    }
    *out_ << to_text(p) << ", step " << text::number(mon.steps(p) - 1);
    if (p == phase::train && !mon.losses().empty()) {
      *out_ << ", loss " << text::significant(mon.losses().last(), 4);
    }
    *out_ << ":\n" << saturation_table(mon, table_stretch::last_step, p) << '\n';
  }

private:
  std::uint64_t every_;
  std::ostream* out_;
};

}} // namespace satur::SATUR_ABI
