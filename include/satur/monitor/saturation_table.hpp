/// \file monitor/saturation_table.hpp  Records and monitors as text: at most 100 columns, and every table names its
/// rule.
#pragma once

#include "satur/monitor/columns.hpp"
#include "satur/monitor/format_table.hpp"
#include "satur/monitor/monitor.hpp"
#include "satur/text/number.hpp"
#include "satur/text/table.hpp"

#include <ostream>
#include <string>

namespace satur { inline namespace SATUR_ABI {

/// One row per layer over one stretch of training: 92 columns.
/// `monitor_columns` says what its columns are. The shares low and high are of units x samples, by the monitor's rule.
class saturation_table {
public:
  using stretch = table_stretch;
  saturation_table(monitor const& mon, stretch what, phase p = phase::train) : monitor_(mon), what_(what), phase_(p) {}

  SATUR_COMPILED_MEMBER friend std::ostream& operator<<(std::ostream& out, saturation_table const& table)
#if SATUR_COMPILED
      ;
#else
  {
    std::string head = text::left("layer", 13) + text::left("activation", 16);
    std::string notes;
    for (monitor_column const& column : monitor_columns) {
      head += text::right(column.cell.head, column.cell.width);
      notes += notes.empty() || column.cell.note.empty() ? "" : "; ";
      notes += column.cell.note;
    }
    out << head << '\n';
    bool broken = false;
    for (layer_monitor const& layer : table.monitor_) {
      layer_record const& r = table.record_of(layer);
      std::string row = text::left(text::shortened(layer.name(), 12), 13) +
                        text::left(text::shortened(r.saturation.activation, 16), 16);
      for (monitor_column const& column : monitor_columns) {
        if (column.cell.width != 0) {
          row += text::right(column.cell.text(column.read(r)), column.cell.width);
        }
      }
      broken = broken || r.nonfinite();
      out << row << (r.nonfinite() ? "  !\n" : "\n");
    }
    out << "saturated: " << to_text(table.monitor_.rule().definition()) << '\n' << notes << '\n';
    if (broken) {
      for (layer_monitor const& layer : table.monitor_) {
        layer_record const& r = table.record_of(layer);
        if (r.nonfinite()) {
          out << "! " << layer.name() << " is not finite: z has " << r.saturation.nan << " NaN and "
              << r.saturation.infinite << " infinite, dL/dz has " << r.gradient.nan << " NaN and "
              << detail::count_text(r.gradient.infinite, "infinite value") << '\n';
        }
      }
    }
    return out;
  }
#endif

private:
  [[nodiscard]] layer_record const& record_of(layer_monitor const& layer) const {
    return what_ == stretch::last_step ? layer.last(phase_) : layer.total(phase_);
  }
  monitor const& monitor_;
  stretch what_;
  phase phase_;
};

/// The table of the last step; where there was evaluation, one of training and one of evaluation, each under its name.
/// Where formats are watched, the shares that leave them. Where not every step was sampled, how many were; where not
/// every row was observed, one in how many was.
SATUR_COMPILED_FUNCTION std::ostream& operator<<(std::ostream& out, monitor const& mon)
#if SATUR_COMPILED
    ;
#else
{
  bool const both = mon.steps(phase::eval) != 0;
  for (phase const p : {phase::train, phase::eval}) {
    sampling_record const& s = mon.sampling(p);
    if (p == phase::eval && !both) {
      continue;
    }
    if (both) {
      out << to_text(p) << ", the last of " << detail::count_text(s.seen, "step") << ":\n";
    }
    out << saturation_table(mon, table_stretch::last_step, p) << format_table(mon, table_stretch::last_step, p);
    if (s.sampled != s.seen) {
      out << "sampled: " << s.sampled << " of " << detail::count_text(s.seen, "step");
      if (s.policy.timed()) {
        out << ", at " << text::significant(100.0 * s.overhead(), 2) << " % of their time";
      }
      out << '\n';
    }
  }
  if (mon.options().rows > 1) {
    out << "observed: one row in " << mon.options().rows << " of each batch\n";
  }
  return out;
}
#endif

}} // namespace satur::SATUR_ABI
