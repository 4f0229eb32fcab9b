/// \file finding/unit_findings.hpp  Findings from the records of units: dead units, shifted units, the worst units.
#pragma once

#include "satur/finding/layer_case.hpp"
#include "satur/reading/unit_readings.hpp"
#include "satur/text/number.hpp"

#include <cmath>
#include <utility>
#include <vector>

#if !SATUR_COMPILED
namespace satur::detail {

/// Lists the k units with the lowest reading in the finding.
template <class Reading>
void name_units(layer_case const& l, finding& f, std::size_t k, char const* title, Reading const& reading) {
  for (unit_summary const& u : extreme_units(*l.units, reading, k, unit_order::lowest)) {
    bool const left = !l.flat_right || (l.flat_left && u.mean_z() < 0.0);
    f.units.push_back({u.unit, reading(u), left ? side::left : side::right});
  }
  f.unit_reading = title;
}

inline void find_dead_units(layer_case const& l, finding_limits const& limits, std::vector<finding>& found) {
  if (l.units->samples() < limits.dead_samples) {
    return;
  }
  auto const is_dead = [&](unit_summary const& u) {
    double const flat = (l.flat_left ? u.low : 0.0) + (l.flat_right ? u.high : 0.0);
    return u.samples > 0.0 && (u.active == 0.0 || flat / u.samples >= limits.dead_on);
  };
  std::size_t dead = 0;
  for (std::size_t u = 0; u < l.units->size(); ++u) {
    dead += is_dead((*l.units)[u]) ? 1u : 0u;
  }
  double const share = static_cast<double>(dead) / static_cast<double>(l.units->size());
  if (!(share > limits.dead_warning)) {
    return;
  }
  moments mean; // of the dead units' z
  double variance = 0.0;
  std::optional<layer_state> const renewed = l.expected(0.0, l.variance_of_new_unit());
  mean_state after;
  for (std::size_t u = 0; u < l.units->size(); ++u) {
    unit_summary const one = (*l.units)[u];
    if (is_dead(one)) {
      mean += moments{1, one.z_mean, 0.0};
      variance += one.z_variance;
      after.add(renewed.value_or(layer_state{}));
    } else if (one.samples > 0.0) {
      after.add({one.mean_derivative(), one.slope_share(), l.flat_left ? one.low_fraction() : 0.0,
                 l.flat_right ? one.high_fraction() : 0.0});
    }
  }
  bool const alarm = share > limits.dead_alarm;
  finding f = l.finding_of(symptom::dead_units, alarm ? severity::alarm : severity::warning);
  f.value = share;
  f.limit = alarm ? limits.dead_alarm : limits.dead_warning;
  f.evidence = message(dead, " of ", l.units->size(), " units were never active, or ", to_text(f.rule), " on ",
                       text::limit_percent(limits.dead_on), " % of ", l.units->samples(), " samples or more");
  double const n = static_cast<double>(dead);
  f.cause = mean.mean * mean.mean >= variance / n ? cause::mean : cause::spread;
  f.reason = message("their z has mean ", text::significant(mean.mean, 3), " and, within a unit, standard deviation ",
                     text::significant(std::sqrt(variance / n), 3));
  f.cure = {remedy::reinitialize_units, std::numeric_limits<double>::quiet_NaN(),
            message("give them new weights (satur::reinitialize_units), with z of variance ",
                    text::significant(l.variance_of_new_unit(), 3), ", and a smaller learning rate",
                    l.flat_right ? "" : " or a leaky_relu", " to keep them"),
            renewed ? std::optional(after.mean()) : std::nullopt};
  name_units(l, f, limits.worst_units, "share of the peak slope", [&](unit_summary const& u) {
    return is_dead(u) ? u.slope_share() : std::numeric_limits<double>::quiet_NaN();
  });
  found.push_back(std::move(f));
}

inline void find_shifted_units(layer_case const& l, finding_limits const& limits, std::vector<finding>& found) {
  std::size_t shifted = 0;
  std::size_t all = 0;
  for (std::size_t u = 0; u < l.units->size(); ++u) {
    unit_summary const s = (*l.units)[u];
    if (s.samples - s.infinite > 1.0) {
      ++all;
      shifted += std::fabs(s.mean_z()) > limits.shifted_std * s.stddev_z() ? 1u : 0u;
    }
  }
  double const share = static_cast<double>(shifted) / static_cast<double>(all);
  if (!(share > limits.shifted_share)) {
    return;
  }
  finding f = l.finding_of(symptom::mean_shift, severity::warning);
  f.value = share;
  f.limit = limits.shifted_share;
  f.evidence = message("in ", shifted, " of ", all, " units |mean z| > ", text::number(limits.shifted_std),
                       " std z over ", l.units->samples(), " samples: their output hardly depends on the input");
  f.cause = cause::mean;
  if (l.before != nullptr && !l.before->record.saturation.empty()) {
    f.reason = message("its inputs have mean ", text::significant(l.before->record.saturation.mean_output(), 3));
  }
  f.cure = recentering(l);
  name_units(l, f, limits.worst_units, "std z / |mean z|",
             [](unit_summary const& u) { return u.stddev_z() / std::fabs(u.mean_z()); });
  found.push_back(std::move(f));
}

} // namespace satur::detail
#endif
