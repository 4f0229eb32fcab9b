/// \file finding/root/saturated.hpp  A layer that lost its slope: on which side, and by its means or by its spread.
#pragma once

#include "satur/finding/root/advice.hpp"
#include "satur/finding/root/units.hpp"
#include "satur/finding/run_case.hpp"
#include "satur/reading/slope_interval.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#if !SATUR_COMPILED
namespace satur::inline SATUR_ABI::detail {

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
  return is_above(l.left_share(), limits.one_sided)    ? side::left
         : is_above(l.right_share(), limits.one_sided) ? side::right
                                                       : side::both;
}

/// "8.1 % of the peak slope is left, 60.6 % for z ~ N(0, 1); |z| > 5: 30.7 % low, 31.5 % high"
[[nodiscard]] inline std::string slope_text(layer_case const& l) {
  if (is_nan(l.now.slope_share)) {
    return message(text::percent(l.initial), " % of the peak slope was there at the start");
  }
  return message(text::percent(l.now.slope_share), " % of the peak slope is left, ",
                 is_nan(l.initial) ? message(text::percent(l.healthy), " % for z ~ N(0, 1)")
                                   : message(text::percent(l.initial), " % at the start"),
                 "; ", to_text(l.record.saturation.rule), ": ", text::percent(l.now.low), " % low, ",
                 text::percent(l.now.high), " % high");
}

inline constexpr char unknown_activation[] = "the activation or the rule is not known; give it to diagnose()";

/// The cure `rescale` by a factor on w and b.
inline void advise_rescale(finding& f, layer_case const& l, double factor) {
  f.cure.what = remedy::rescale;
  f.cure.factor = factor;
  f.cure.factors = {factor};
  f.cure.advice = message("multiply w and b by ", text::significant(factor, 3), " (satur::rescale)");
  if (l.has_activation()) {
    f.cure.predicted = l.expected_scaled(factor, factor);
  }
}

/// What a lost slope is measured by.
inline constexpr char slope_measure[] = "share of the peak slope";

/// The cure for shifted means of z, if it raises the slope. Means that come from outputs that are never negative return
/// after a few steps: another activation cures them.
inline void advise_recenter(finding& f, layer_case const& l, finding_limits const& limits) {
  if (f.cause != cause::bias && l.before != nullptr && l.before->act && !l.before->centered_outputs) {
    f.cure.what = remedy::zero_centered_activation;
    f.cure.restart = true;
    f.cure.advice = message("take an activation with centered outputs, such as tanh: those of ", l.before->act->name,
                            " are never negative");
    return;
  }
  std::optional<layer_state> const now = l.expected_scaled(1.0, 1.0);
  std::optional<layer_state> const after = l.expected_scaled(1.0, 0.0);
  if (!now || !after) {
    refuse_cure(f, unknown_activation);
    return;
  }
  f.cure.what = remedy::recenter;
  f.cure.advice = message("subtract each unit's mean of z from its bias (satur::recenter)",
                          l.centered_outputs ? "" : ", or take an activation with centered outputs, such as tanh");
  f.cure.predicted = after;
  keep_cure_that_helps(f, {slope_measure, now->slope_share, after->slope_share, true}, limits);
}

/// A layer that lost its slope: by its means if mean^2 >= variance within a unit, averaged over units; otherwise by the
/// spread of z.
inline bool find_saturated(run_case const& run, layer_case const& l, finding_limits const& limits,
                           std::vector<root_finding>& found) {
  if (!run.may_suspect()) {
    return false; // what training makes of a layer is no fault as long as the loss falls
  }
  bool const lost = l.lost_its_slope(limits);
  // A healthy one-sided layer may have half of its units there: its limit is halfway between that and all of them.
  double const share = l.flat_left && l.flat_right ? limits.saturated_share : 0.5 + 0.5 * limits.saturated_share;
  bool const beyond = l.saturated() > share;
  bool const lopsided = is_above(l.saturated(), limits.one_sided_least) && l.flat_left && l.flat_right &&
                        (is_above(l.left_share(), limits.one_sided) || is_above(l.right_share(), limits.one_sided));
  if (!lost && !beyond && !lopsided) {
    return false;
  }
  bool const gone = is_below(l.now.slope_share, limits.slope_left * l.healthy);
  saturation const& s = l.record.saturation;
  finding f = l.finding_of(lost || beyond ? symptom::saturated_layer : symptom::one_sided,
                           gone || beyond ? severity::alarm : severity::warning, cause::unknown);
  f.side = which_side(l, limits);
  f.evidence = slope_text(l);
  f.samples = static_cast<double>(s.count);
  if (lost) {
    f.value = l.healthy - l.now.slope_share;
    f.limit = limits.slope_excess;
    interval const slope = mean_derivative_interval(s);
    f.value_low = l.healthy - slope.high / s.peak_slope;
    f.value_high = l.healthy - slope.low / s.peak_slope;
  } else if (beyond) {
    f.value = l.saturated();
    f.limit = share;
    set_share_interval(f, static_cast<double>(s.count));
  } else {
    f.value = (std::max)(l.left_share(), l.right_share());
    f.limit = limits.one_sided;
  }
  // Means and variances within units if they are recorded; else those of the layer, whose variance is also between
  // them.
  double mean_square = s.mean_z() * s.mean_z();
  double variance = s.variance_z();
  if (l.units != nullptr) {
    unit_spread const of_units(l.units);
    mean_square = of_units.mean_square;
    variance = of_units.variance;
  }
  bool const by_mean = mean_square >= variance;
  f.reason = message(l.units != nullptr ? "over its samples a unit's z has" : "z has", " root mean square mean ",
                     text::significant(std::sqrt(mean_square), 3), " and standard deviation ",
                     text::significant(std::sqrt(variance), 3));
  if (by_mean) {
    f.cause = cause_of_mean(run, l, mean_square);
    advise_recenter(f, l, limits);
  } else {
    double const gain = l.gain();
    double const in = l.square_in();
    f.cause = is_nan(gain) || is_nan(in) ? cause::spread : in > gain ? cause::input_scale : cause::weight_norm;
    if (is_finite(gain) && is_finite(in)) {
      f.reason += message("; fan-in times mean w^2 is ", text::significant(gain, 3), ", the inputs have mean square ",
                          text::significant(in, 3));
    }
    double const factor = 1.0 / s.stddev_z();
    std::optional<layer_state> const as_it_is = l.expected_scaled(1.0, 1.0);
    std::optional<layer_state> const after =
        is_finite(factor) ? l.expected_scaled(factor, factor) : std::optional<layer_state>();
    if (as_it_is && after) {
      advise_rescale(f, l, factor);
      f.cure.advice += ": 1 / std z";
      keep_cure_that_helps(f, {slope_measure, as_it_is->slope_share, after->slope_share, true}, limits);
    } else if (!as_it_is) {
      f.cause = cause::unknown;
      refuse_cure(f, unknown_activation);
    }
  }
  if (l.units != nullptr) {
    name_units(l, f, limits.worst_units, "share of the peak slope",
               [](unit_summary const& u) { return u.slope_share(); });
  }
  found.push_back({std::move(f), false});
  return true;
}

} // namespace satur::inline SATUR_ABI::detail
#endif
