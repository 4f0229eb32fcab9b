/// \file finding/root/shift.hpp  Units whose z hardly depends on the input: by biases from the start, or later.
#pragma once

#include "satur/finding/root/saturated.hpp"
#include "satur/finding/run_case.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#if !SATUR_COMPILED
namespace satur::inline SATUR_ABI::detail {

/// Biases that move most units' z away from 0 by more than twice its standard deviation, from the start.
inline bool find_bias(run_case const& run, layer_case const& l, finding_limits const& limits,
                      std::vector<root_finding>& found) {
  if (l.start.empty() || l.start_samples < limits.least_samples || !l.has_z() ||
      (!l.can_saturate && &l == &run.layers.back())) {
    return false;
  }
  std::vector<std::size_t> shifted;
  double mean_square = 0.0;
  double variance = 0.0;
  for (std::size_t j = 0; j < l.start.size(); ++j) {
    unit_origin const& u = l.start[j];
    if (is_above(u.mean_z * u.mean_z, limits.shifted_std * limits.shifted_std * u.variance_z)) {
      shifted.push_back(j);
    }
    mean_square += u.mean_z * u.mean_z;
    variance += u.variance_z;
  }
  double const n = static_cast<double>(l.start.size());
  double const share = static_cast<double>(shifted.size()) / n;
  mean_square /= n;
  if (!is_above(share, limits.shifted_share) || !is_above(mean_square, 4.0) || !l.weights_seen() ||
      cause_of_mean(run, l, mean_square) != cause::bias) {
    return false;
  }
  bool const flat = l.has_activation() && is_below(l.initial, limits.slope_left * l.healthy);
  finding f = l.finding_of(flat ? symptom::saturated_layer : symptom::mean_shift,
                           flat ? severity::alarm : severity::warning, cause::bias);
  if (flat) {
    f.side = which_side(l, limits);
    f.evidence = slope_text(l);
  } else {
    f.evidence = message("in ", shifted.size(), " of ", l.start.size(), " units |mean z| was above ",
                         text::number(limits.shifted_std), " std z at the start");
  }
  f.reason = message("z of a unit began with root mean square mean ", text::significant(std::sqrt(mean_square), 3),
                     " and standard deviation ", text::significant(std::sqrt(variance / n), 3),
                     "; the inputs do not explain these means");
  f.value = share;
  f.limit = limits.shifted_share;
  set_share_interval(f, n);
  f.cure.what = remedy::recenter;
  f.cure.restart = run.spoiled();
  f.cure.advice = message(f.cure.restart ? "start again, and " : "",
                          "subtract these units' means of z from their biases (satur::recenter)");
  if (l.has_activation()) {
    f.cure.predicted = f.cure.restart ? l.expected_at_start(1.0, 0.0, shifted) : l.expected_scaled(1.0, 0.0, shifted);
  }
  f.cure.units = std::move(shifted);
  if (l.units != nullptr) {
    name_units(l, f, limits.worst_units, "share of the peak slope",
               [](unit_summary const& u) { return u.slope_share(); });
  }
  found.push_back({std::move(f), true});
  return true;
}

/// Units whose mean of z is larger than `shifted_std` times its standard deviation, over the window.
inline void find_shifted_units(run_case const& run, layer_case const& l, finding_limits const& limits,
                               std::vector<root_finding>& found) {
  if (l.units == nullptr || l.units->samples() < limits.least_samples || !run.may_suspect_structure()) {
    return;
  }
  std::size_t shifted = 0;
  std::size_t all = 0;
  double mean_square = 0.0;
  for (std::size_t u = 0; u < l.size(); ++u) {
    unit_summary const s = (*l.units)[u];
    if (s.samples - s.infinite > 1.0) {
      ++all;
      shifted += is_above(std::fabs(s.mean_z()), limits.shifted_std * s.stddev_z()) ? 1u : 0u;
      mean_square += s.z_mean * s.z_mean;
    }
  }
  double const share = static_cast<double>(shifted) / static_cast<double>(all);
  if (!is_above(share, limits.shifted_share)) {
    return;
  }
  finding f = l.finding_of(symptom::mean_shift, severity::warning,
                           cause_of_mean(run, l, mean_square / static_cast<double>(all)));
  f.value = share;
  f.limit = limits.shifted_share;
  set_share_interval(f, static_cast<double>(all));
  f.evidence = message("in ", shifted, " of ", all, " units |mean z| > ", text::number(limits.shifted_std),
                       " std z over ", l.units->samples(), " samples: their output hardly depends on the input");
  advise_recenter(f, l, limits.cure_margin * l.now.slope_share);
  name_units(l, f, limits.worst_units, "std z / |mean z|",
             [](unit_summary const& u) { return u.stddev_z() / std::fabs(u.mean_z()); });
  found.push_back({std::move(f), false});
}

} // namespace satur::inline SATUR_ABI::detail
#endif
