/// \file finding/layer_findings.hpp  Findings that need the record of one layer only.
#pragma once

#include "satur/finding/layer_case.hpp"
#include "satur/finding/unit_findings.hpp"
#include "satur/reading/gradient_flow.hpp"
#include "satur/reading/update_size.hpp"
#include "satur/text/number.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#if !SATUR_COMPILED
namespace satur::detail {

inline bool find_nonfinite(layer_case const& l, std::vector<finding>& found) {
  if (!l.record.nonfinite()) {
    return false;
  }
  saturation const& s = l.record.saturation;
  finding f = l.finding_of(symptom::nonfinite, severity::alarm);
  f.value = static_cast<double>(s.nan + s.infinite + l.record.gradient.nan + l.record.gradient.infinite);
  f.limit = 0.0;
  f.evidence = message(s.nan, " NaN and ", s.infinite, " infinite z, ", l.record.gradient.nan, " NaN and ",
                       l.record.gradient.infinite, " infinite dL/dz; the layer's other readings are not meaningful");
  if (l.before != nullptr && l.before->record.nonfinite()) {
    f.cause = cause::upstream;
    f.reason = message("already non-finite in ", l.before->name);
  } else {
    f.cure = {remedy::learning_rate, 0.1, "restore the last finite weights and divide the learning rate by 10", {}};
  }
  found.push_back(std::move(f));
  return true;
}

[[nodiscard]] inline satur::side which_side(layer_case const& l, finding_limits const& limits) {
  if (!l.flat_right) {
    return side::left;
  }
  if (!l.flat_left) {
    return side::right;
  }
  if (l.saturated() < 0.01) { // too few by the rule: decide by z
    double const m = l.record.saturation.mean_z();
    return std::fabs(m) < l.record.saturation.stddev_z() ? side::both : m < 0.0 ? side::left : side::right;
  }
  return l.left_share() > limits.one_sided ? side::left : l.right_share() > limits.one_sided ? side::right : side::both;
}

/// Adds cause and cure: mean-driven if mean^2 >= variance, as for a unit. No cause if its cure would add no slope.
inline void explain(layer_case const& l, finding& f) {
  saturation const& s = l.record.saturation;
  double const mean = s.mean_z();
  double const std = s.stddev_z();
  std::optional<layer_state> const now = l.expected(mean, std * std);
  if (!now) {
    return;
  }
  bool const by_mean = mean * mean >= std * std;
  double const factor = 1.0 / std;
  std::optional<layer_state> const after = by_mean ? l.expected_recentered() : l.expected_times(factor);
  if (!(after->slope_share > now->slope_share)) {
    return;
  }
  bool const fed = l.before != nullptr && !l.before->record.saturation.empty();
  f.reason = message("z has mean ", text::significant(mean, 3), " and standard deviation ", text::significant(std, 3));
  if (by_mean) {
    f.cause = cause::mean;
    if (fed) {
      f.reason += message("; its inputs have mean ", text::significant(l.before->record.saturation.mean_output(), 3));
    }
    f.cure = recentering(l);
    return;
  }
  f.cause = cause::spread;
  if (fed) {
    double const inputs = l.before->record.saturation.mean_squared_output();
    double const weights = std * std / inputs; // n Var w, for weights of mean 0
    f.cause = inputs > weights ? cause::input_scale : cause::weight_norm;
    f.reason += message("; n Var w = ", text::significant(weights, 3), ", inputs of mean square ",
                        text::significant(inputs, 3));
  }
  f.cure = {remedy::rescale, factor,
            message("multiply w and b by ", text::significant(factor, 3), " (satur::rescale): 1 / std z"), after};
}

/// Returns whether it found something mean-driven.
inline bool find_saturated(layer_case const& l, finding_limits const& limits, std::vector<finding>& found) {
  bool const lost = l.lost_its_slope(limits);
  // A healthy one-sided layer may have half of its units there: its limit is halfway between that and all of them.
  double const share = l.flat_left && l.flat_right ? limits.saturated_share : 0.5 + 0.5 * limits.saturated_share;
  bool const beyond = l.saturated() > share;
  bool const lopsided = l.saturated() > limits.one_sided_least && l.flat_left && l.flat_right &&
                        (std::max)(l.left_share(), l.right_share()) > limits.one_sided;
  if (!lost && !beyond && !lopsided) {
    return false;
  }
  bool const gone = l.now.slope_share < limits.slope_left * l.healthy;
  finding f = l.finding_of(lost || beyond ? symptom::saturated_layer : symptom::one_sided,
                           gone || beyond ? severity::alarm : severity::warning);
  f.side = which_side(l, limits);
  f.evidence = message(text::percent(l.now.slope_share), " % of the peak slope is left, ",
                       is_nan(l.initial) ? message(text::percent(l.healthy), " % for z ~ N(0, 1)")
                                         : message(text::percent(l.initial), " % at the start"),
                       "; ", to_text(f.rule), ": ", text::percent(l.now.low), " % left, ", text::percent(l.now.high),
                       " % right");
  if (lost) {
    f.value = l.healthy - l.now.slope_share;
    f.limit = limits.slope_excess;
  } else if (beyond) {
    f.value = l.saturated();
    f.limit = share;
  } else {
    f.value = (std::max)(l.left_share(), l.right_share());
    f.limit = limits.one_sided;
  }
  explain(l, f);
  if (l.units != nullptr) {
    name_units(l, f, limits.worst_units, "share of the peak slope",
               [](unit_summary const& u) { return u.slope_share(); });
  }
  bool const mean_driven = f.cause == cause::mean;
  found.push_back(std::move(f));
  return mean_driven;
}

inline void find_variance(layer_case const& l, finding_limits const& limits, std::vector<finding>& found) {
  double const ratio = l.record.saturation.variance_z() / l.expected_variance;
  if (!(ratio > limits.variance_factor || ratio * limits.variance_factor < 1.0)) {
    return;
  }
  double const factor = 1.0 / std::sqrt(ratio);
  finding f = l.finding_of(symptom::poor_initialization, severity::warning);
  f.value = ratio;
  f.limit = ratio > 1.0 ? limits.variance_factor : 1.0 / limits.variance_factor;
  f.evidence = message("z has variance ", text::significant(l.record.saturation.variance_z(), 3), ", ",
                       text::significant(ratio, 3), " times the expected ", text::significant(l.expected_variance, 3));
  f.cause = ratio > 1.0 ? cause::large_weights : cause::small_weights;
  if (is_finite(factor)) {
    f.cure = {remedy::rescale, factor,
              message("multiply w and b by ", text::significant(factor, 3), " (satur::rescale)"),
              l.expected_times(factor)};
  }
  found.push_back(std::move(f));
}

inline void find_zero_gradient(layer_case const& l, finding_limits const& limits, std::vector<finding>& found) {
  gradient_record const& g = l.record.gradient;
  if (!mostly_zero(g, limits.gradient)) {
    return;
  }
  finding f = l.finding_of(symptom::zero_gradient, g.zeros == g.count ? severity::alarm : severity::warning);
  f.value = g.zero_fraction();
  f.limit = limits.gradient.zero_share;
  f.evidence = message(text::percent(f.value), " % of dL/dz is exactly 0");
  bool const flat = l.has_activation() && l.now.slope_share < 1.0 - 0.5 * f.value;
  f.cause = flat ? cause::slope : cause::upstream;
  f.reason = flat ? message("mean f' is ", text::significant(l.now.mean_slope, 3))
                  : "the slopes here are not zero: the layers above send back no gradient";
  found.push_back(std::move(f));
}

inline void find_update(layer_case const& l, finding_limits const& limits, std::vector<finding>& found) {
  update_size const u = update_size_of(l.record.update, limits.gradient);
  if (u.state != update_size::verdict::too_large && u.state != update_size::verdict::too_small) {
    return;
  }
  bool const large = u.state == update_size::verdict::too_large;
  finding f = l.finding_of(large ? symptom::update_too_large : symptom::update_too_small, severity::note);
  f.value = u.log10_ratio;
  f.limit = large ? limits.gradient.update_high : limits.gradient.update_low;
  f.evidence = message("a step is 10^", text::decimals(u.log10_ratio, 2), " times the weights; the usual range is 10^",
                       text::number(limits.gradient.update_low), " to 10^", text::number(limits.gradient.update_high));
  f.cause = cause::learning_rate;
  f.cure = {remedy::learning_rate,
            u.rate_factor,
            message("the learning rate times ", text::significant(u.rate_factor, 2), " would give 10^",
                    text::number(limits.gradient.update_target)),
            {}};
  found.push_back(std::move(f));
}

/// All findings of one layer.
inline void find_in_layer(layer_case const& l, finding_limits const& limits, std::vector<finding>& found) {
  if (find_nonfinite(l, found)) {
    return; // its other readings are not meaningful
  }
  if (l.has_activation() && l.record.saturation.z.count != 0) {
    bool const shift_is_told = find_saturated(l, limits, found);
    if (l.units != nullptr) {
      find_dead_units(l, limits, found);
      if (!shift_is_told) {
        find_shifted_units(l, limits, found);
      }
    }
    find_variance(l, limits, found);
  }
  find_zero_gradient(l, limits, found);
  find_update(l, limits, found);
}

} // namespace satur::detail
#endif
