/// \file monitor/saturation_table.hpp  Records and monitors as text: at most 100 columns, and every table names its
/// rule.
#pragma once

#include "satur/monitor/monitor.hpp"
#include "satur/text/number.hpp"
#include "satur/text/table.hpp"

#include <ostream>

namespace satur { inline namespace SATUR_ABI {

/// One row per layer over one stretch of training: 92 columns.
/// std z and mean z are of finite z; low and high are shares of units x samples by the monitor's rule; slope is the
/// mean of f'(z) as a share of its peak; grad is the rms of dL/dz; update is log10(std(step)/std(w)).
class saturation_table {
public:
  enum class stretch { last_step, all_steps };
  saturation_table(monitor const& mon, stretch what, phase p = phase::train) : monitor_(mon), what_(what), phase_(p) {}

  friend std::ostream& operator<<(std::ostream& out, saturation_table const& table) {
    out << "layer        activation         mean z    std z    low %   high %  slope %   grad rms   update\n";
    bool broken = false;
    for (layer_monitor const& layer : table.monitor_) {
      layer_record const& r = table.record_of(layer);
      saturation const& s = r.saturation;
      out << text::left(shortened(layer.name(), 12), 13) << text::left(shortened(std::string(s.activation), 16), 16)
          << text::right(text::decimals(s.mean_z(), 3), 9) << text::right(text::decimals(s.stddev_z(), 3), 9)
          << text::right(text::percent(s.low_fraction()), 9) << text::right(text::percent(s.high_fraction()), 9)
          << text::right(text::percent(s.slope_share()), 9) << text::right(text::scientific(r.gradient.rms(), 2), 11)
          << text::right(text::decimals(r.update.log10_ratio(), 2), 9);
      if (r.nonfinite()) {
        broken = true;
        out << "  !";
      }
      out << '\n';
    }
    out << "saturated: " << to_text(table.monitor_.rule().definition()) << '\n'
        << "slope: mean f'(z) as a share of its peak; grad: of dL/dz; update: log10(std(step) / std(weights))\n";
    if (broken) {
      for (layer_monitor const& layer : table.monitor_) {
        layer_record const& r = table.record_of(layer);
        if (r.nonfinite()) {
          out << "! " << layer.name() << " is not finite: z has " << r.saturation.nan << " NaN and "
              << r.saturation.infinite << " infinite, dL/dz has " << r.gradient.nan << " NaN and "
              << r.gradient.infinite << " infinite values\n";
        }
      }
    }
    return out;
  }

private:
  [[nodiscard]] static std::string shortened(std::string const& text, std::size_t width) {
    return text.size() <= width ? text : text.substr(0, width - 1) + "~";
  }
  [[nodiscard]] layer_record const& record_of(layer_monitor const& layer) const {
    return what_ == stretch::last_step ? layer.last(phase_) : layer.total(phase_);
  }
  monitor const& monitor_;
  stretch what_;
  phase phase_;
};

/// The table of the last step; where there was evaluation, one of training and one of evaluation, each under its name.
/// Where not every step was sampled, how many were.
inline std::ostream& operator<<(std::ostream& out, monitor const& mon) {
  bool const both = mon.steps(phase::eval) != 0;
  for (phase const p : {phase::train, phase::eval}) {
    sampling_record const& s = mon.sampling(p);
    if (p == phase::eval && !both) {
      continue;
    }
    if (both) {
      out << to_text(p) << ", the last of " << s.seen << " steps:\n";
    }
    out << saturation_table(mon, saturation_table::stretch::last_step, p);
    if (s.sampled != s.seen) {
      out << "sampled: " << s.sampled << " of " << s.seen << " steps";
      if (s.policy.timed()) {
        out << ", at " << text::significant(100.0 * s.overhead(), 2) << " % of their time";
      }
      out << '\n';
    }
  }
  return out;
}

}} // namespace satur::SATUR_ABI
