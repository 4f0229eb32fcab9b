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

/// The cure of biases: z of the units gets mean 0. It must raise the slope if that is what was lost (`flat`), and make
/// the means shrink otherwise, to what is left of them if they are estimated from the first samples. It does not help
/// if z does not vary at all, unless that follows from another root.
inline void advise_bias_of_zero_mean(run_case const& run, finding& f, layer_case const& l, bool flat,
                                     std::vector<std::size_t> shifted, bool beside_a_root) {
  std::vector<unit_origin> of_shifted;
  of_shifted.reserve(shifted.size());
  for (std::size_t const u : shifted) {
    of_shifted.push_back(l.start[u]);
  }
  unit_spread const began(of_shifted);
  bool const restart = run.spoiled();
  auto const expected = [&](double mean_factor) {
    return restart ? l.expected_at_start(1.0, mean_factor, shifted) : l.expected_scaled(1.0, mean_factor, shifted);
  };
  f.cure.what = remedy::recenter;
  f.cure.advice = "subtract these units' means of z from their biases (satur::recenter)";
  if (restart) {
    advise_start_again(f);
  }
  f.cure.predicted = l.has_activation() ? expected(0.0) : std::nullopt;
  f.cure.units = shifted;
  if (!(began.variance > 0.0) && !beside_a_root) {
    refuse_cure(f, "z of these units does not vary, whatever its mean is; look at what comes into the layer");
  } else if (std::optional<layer_state> const now = flat ? expected(1.0) : std::nullopt; now && f.cure.predicted) {
    keep_cure_that_helps(f, {slope_measure, now->slope_share, f.cure.predicted->slope_share, true}, run.limits);
  } else {
    keep_cure_that_helps(f,
                         {"means of z, in standard deviations,", std::sqrt(began.mean_square / began.variance),
                          1.0 / std::sqrt(static_cast<double>(l.start_samples))},
                         run.limits);
  }
}

/// Biases that move most units' z away from 0 by more than twice its standard deviation, from the start. In the first
/// layer, if the data were not handed over, inputs that are not centered look the same: then the cause is the mean.
inline bool find_bias(run_case const& run, layer_case const& l, finding_limits const& limits,
                      std::vector<root_finding>& found) {
  if (l.start.empty() || l.start_samples < limits.least_samples || (!l.can_saturate && &l == &run.layers.back())) {
    return false;
  }
  std::vector<std::size_t> shifted;
  for (std::size_t j = 0; j < l.start.size(); ++j) {
    unit_origin const& u = l.start[j];
    if (is_above(u.mean_z * u.mean_z, limits.shifted_std * limits.shifted_std * u.variance_z)) {
      shifted.push_back(j);
    }
  }
  unit_spread const began(l.start);
  double const n = static_cast<double>(l.start.size());
  double const share = static_cast<double>(shifted.size()) / n;
  if (!is_above(share, limits.shifted_share) || !is_above(began.mean_square, limits.bias_square)) {
    return false;
  }
  satur::cause const why = cause_of_mean(run, l, began.mean_square, true);
  bool const blind = why == cause::mean && l.before == nullptr && run.run.data.z.count == 0 &&
                     is_above(began.mean_square, limits.input_square * l.usual_gain);
  if (why != cause::bias && !blind) {
    return false;
  }
  bool const flat = l.has_activation() && is_below(l.initial, limits.slope_left * l.healthy);
  finding f = l.finding_of(flat ? symptom::saturated_layer : symptom::mean_shift,
                           flat ? severity::alarm : severity::warning, why);
  if (flat) {
    f.side = which_side(l, limits);
    f.evidence = slope_text(l);
  } else {
    f.evidence = message("in ", shifted.size(), " of ", count_text(l.start.size(), "unit"), " |mean z| was above ",
                         text::number(limits.shifted_std), " std z at the start");
  }
  f.reason =
      message("z of a unit began with root mean square mean ", text::significant(std::sqrt(began.mean_square), 3),
              " and standard deviation ", text::significant(std::sqrt(began.variance), 3),
              blind ? "; biases make these means, or inputs that are not centered: hand over the data "
                      "(monitor::input) to tell which"
                    : "; the inputs do not explain these means");
  f.value = share;
  f.limit = limits.shifted_share;
  set_share_interval(f, n);
  advise_bias_of_zero_mean(run, f, l, flat, std::move(shifted), any_direct(found));
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
  for (std::size_t u = 0; u < l.size(); ++u) {
    unit_summary const s = (*l.units)[u];
    if (s.samples - s.infinite > 1.0) {
      ++all;
      shifted += is_above(std::fabs(s.mean_z()), limits.shifted_std * s.stddev_z()) ? 1u : 0u;
    }
  }
  double const share = static_cast<double>(shifted) / static_cast<double>(all);
  if (!is_above(share, limits.shifted_share)) {
    return;
  }
  finding f =
      l.finding_of(symptom::mean_shift, severity::warning, cause_of_mean(run, l, unit_spread(l.units).mean_square));
  f.value = share;
  f.limit = limits.shifted_share;
  set_share_interval(f, static_cast<double>(all));
  f.evidence =
      message("in ", shifted, " of ", count_text(all, "unit"), " |mean z| > ", text::number(limits.shifted_std),
              " std z over ", count_text(l.units->samples(), "sample"), ": their output hardly depends on the input");
  advise_recenter(f, l, limits);
  name_units(l, f, limits.worst_units, "std z / |mean z|",
             [](unit_summary const& u) { return u.stddev_z() / std::fabs(u.mean_z()); });
  found.push_back({std::move(f), false});
}

} // namespace satur::inline SATUR_ABI::detail
#endif
