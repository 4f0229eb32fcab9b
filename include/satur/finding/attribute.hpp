/// \file finding/attribute.hpp  Why each unit of a layer is saturated, from weights, bias and input moments.
#pragma once

#include "satur/finding/evidence/input_moments.hpp"
#include "satur/finding/expectation.hpp"
#include "satur/finding/finding.hpp"
#include "satur/finding/weights.hpp"
#include "satur/text/number.hpp"
#include "satur/theory/units.hpp"

#include <algorithm>
#include <cmath>
#include <ostream>
#include <span>
#include <string>
#include <vector>

namespace satur { inline namespace SATUR_ABI {

/// Why one unit is saturated. z = sum w_i a_i + b has mean `bias + from_inputs` and variance
/// `weight_square * input_scale`. A unit has a cause if its expected slope is below half of that of z ~ N(0, 1). If
/// mean^2 >= variance, the cause is the larger part of the mean; otherwise it is the larger factor of the variance.
struct unit_attribution {
  std::size_t unit = 0;
  double bias = 0.0;          ///< b
  double from_inputs = 0.0;   ///< sum w_i E a_i
  double variance = 0.0;      ///< w' Cov(a) w
  double weight_square = 0.0; ///< |w|^2: about 1 with LeCun's initializer, 2 with He's
  satur::cause cause = satur::cause::unknown;
  double slope_share = 0.0; ///< expected, of the peak slope

  [[nodiscard]] double mean() const { return bias + from_inputs; }
  /// Variance of the inputs along the weights: 1 if they are standardized and independent; NaN if all weights are 0.
  [[nodiscard]] double input_scale() const { return variance / weight_square; }
};

/// Why the units of a layer are saturated, and the predicted effect of a cure on all of them. Prints as a paragraph.
struct layer_attribution {
  std::string activation;
  std::vector<unit_attribution> units; ///< in the order of the layer
  layer_state now;                     ///< expected mean over all units, from the mean and variance of each
  layer_state recentered;              ///< the same after `recenter`
  layer_state rescaled;                ///< the same after `rescale` by `factor`
  double factor = 1.0;                 ///< 1 / root mean square of z over units and samples, but at most 1

  /// Number of units with that cause; unknown: units that kept their slope.
  [[nodiscard]] std::size_t units_with(satur::cause c) const {
    return static_cast<std::size_t>(
        std::count_if(units.begin(), units.end(), [c](unit_attribution const& u) { return u.cause == c; }));
  }
  /// The most frequent cause; unknown if no unit has one.
  [[nodiscard]] satur::cause main_cause() const {
    satur::cause best = cause::unknown;
    std::size_t most = 0;
    for (satur::cause const c : {cause::bias, cause::input_mean, cause::weight_norm, cause::input_scale}) {
      if (std::size_t const n = units_with(c); n > most) {
        most = n;
        best = c;
      }
    }
    return best;
  }
  /// The k units with the smallest expected slope, worst first; ties go to the lower index.
  [[nodiscard]] SATUR_COMPILED_MEMBER std::vector<unit_attribution> worst(std::size_t k) const
#if SATUR_COMPILED
      ;
#else
  {
    std::vector<unit_attribution> sorted = units;
    k = (std::min)(k, sorted.size());
    std::partial_sort(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(k), sorted.end(),
                      [](unit_attribution const& a, unit_attribution const& b) {
                        return a.slope_share < b.slope_share || (a.slope_share == b.slope_share && a.unit < b.unit);
                      });
    sorted.resize(k);
    return sorted;
  }
#endif
  /// The cure for the most frequent cause: recenter for a mean, rescale for a variance, none without a cause.
  [[nodiscard]] SATUR_COMPILED_MEMBER satur::cure cure() const
#if SATUR_COMPILED
      ;
#else
  {
    satur::cause const why = main_cause();
    if (why == cause::bias || why == cause::input_mean) {
      return {remedy::recenter, std::numeric_limits<double>::quiet_NaN(),
              "subtract each unit's mean of z from its bias (satur::recenter)", recentered};
    }
    if (why == cause::weight_norm || why == cause::input_scale) {
      return {remedy::rescale, factor,
              detail::message("multiply w and b by ", text::significant(factor, 3), " (satur::rescale)"), rescaled};
    }
    return {};
  }
#endif
  SATUR_COMPILED_MEMBER friend std::ostream& operator<<(std::ostream& out, layer_attribution const& a)
#if SATUR_COMPILED
      ;
#else
  {
    out << detail::count_text(a.units.size(), a.activation + " unit") << ", expected " << a.now << ';';
    char const* separator = " ";
    for (satur::cause const c : {cause::bias, cause::input_mean, cause::weight_norm, cause::input_scale}) {
      if (std::size_t const n = a.units_with(c); n != 0) {
        out << separator << n << " by " << to_text(c);
        separator = ", ";
      }
    }
    out << separator << a.units_with(cause::unknown) << " with their slope";
    for (unit_attribution const& u : a.worst(3)) {
      if (u.cause == cause::unknown) {
        break; // this unit and those after it kept their slope
      }
      out << "\n  unit " << u.unit << ": mean z " << text::significant(u.mean(), 3) << " (bias "
          << text::significant(u.bias, 3) << ", inputs " << text::significant(u.from_inputs, 3) << "), std z "
          << text::significant(std::sqrt(u.variance), 3) << " (|w| " << text::significant(std::sqrt(u.weight_square), 3)
          << ", inputs " << text::significant(std::sqrt(u.input_scale()), 3) << "): " << text::percent(u.slope_share)
          << " % of the peak slope, by " << to_text(u.cause);
    }
    if (satur::cure const best = a.cure(); best.what != remedy::none) {
      out << "\n  cure: " << best.advice << "; predicted: " << *best.predicted;
    }
    return out;
  }
#endif
};

namespace detail {

/// A unit kept its slope if it has at least this share of the slope for z ~ N(0, 1).
inline constexpr double enough_slope = 0.5;

/// Fills in causes and predictions from each unit's mean and variance of z.
SATUR_COMPILED_FUNCTION void explain_units(layer_attribution& layer, state_predictor const& predict)
#if SATUR_COMPILED
    ;
#else
{
  layer.activation = predict.activation().name;
  double square = 0.0;
  for (unit_attribution const& u : layer.units) {
    square += u.mean() * u.mean() + u.variance;
  }
  double const n = static_cast<double>(layer.units.size());
  double const rms = std::sqrt(square / n);
  layer.factor = rms > 1.0 ? 1.0 / rms : 1.0;
  double const healthy = enough_slope * predict(0.0, 1.0).slope_share;

  mean_state now_all;
  mean_state recentered;
  mean_state rescaled;
  for (unit_attribution& u : layer.units) {
    layer_state const now = predict(u.mean(), u.variance);
    double const f = layer.factor;
    now_all.add(now);
    recentered.add(predict(0.0, u.variance));
    rescaled.add(f < 1.0 ? predict(f * u.mean(), f * f * u.variance) : now);
    u.slope_share = now.slope_share;
    if (now.slope_share >= healthy) {
      continue;
    }
    if (u.mean() * u.mean() >= u.variance) {
      u.cause = std::fabs(u.bias) >= std::fabs(u.from_inputs) ? cause::bias : cause::input_mean;
    } else {
      u.cause = u.weight_square >= u.input_scale() ? cause::weight_norm : cause::input_scale;
    }
  }
  layer.now = now_all.mean();
  layer.recentered = recentered.mean();
  layer.rescaled = rescaled.mean();
}
#endif

/// Bias, sum w_i E a_i, |w|^2 and sum w_i^2 Var a_i of each unit.
template <class W, class B>
[[nodiscard]] layer_attribution unit_sums(W const& w, B const& b, input_moments const& inputs) {
  auto const bias = memory_of("attribute", "b", b);
  auto const weights = weights_of("attribute", w, bias.size());
  if (inputs.mean.size() != weights.in || inputs.variance.size() != weights.in) {
    bad_shape("attribute", "input moments", shape_text({inputs.mean.size(), inputs.variance.size()}),
              message("(", weights.in, ", ", weights.in, "), one mean and one variance for each row of w"));
  }
  fans const size{weights.in, weights.units};
  theory::unit_laws const of_inputs = predict_units("attribute", weights, size, 0.0, inputs.mean, inputs.variance);
  theory::unit_laws const of_ones = predict_units("attribute", weights, size, 0.0, 0.0, 1.0); // its variance is |w|^2
  layer_attribution layer;
  for (std::size_t j = 0; j < weights.units; ++j) {
    layer.units.push_back({.unit = j,
                           .bias = static_cast<double>(bias[j]),
                           .from_inputs = of_inputs.mean[j],
                           .variance = of_inputs.variance[j],
                           .weight_square = of_ones.variance[j]});
  }
  for (unit_attribution const& u : layer.units) {
    if (!is_finite(u.mean()) || !is_finite(u.variance)) {
      bad_parameter("attribute", message("unit ", u.unit, "'s mean or variance of z"),
                    is_finite(u.mean()) ? u.variance : u.mean(), "finite weights, biases and input moments");
    }
  }
  return layer;
}

} // namespace detail

/// Why each unit of a layer is saturated, before or during training. Inputs count as uncorrelated: a unit's variance is
/// sum w_i^2 Var a_i. Give z as well if they are correlated.
///
/// Shapes: w (inputs, units) row-major, b (units), one mean and one variance for each input.
/// Cost: one pass over w and about 30 microseconds a unit.
/// Errors: throws shape_error if sizes do not fit, std::invalid_argument if a number is not finite.
template <class W, class B>
[[nodiscard]] layer_attribution attribute(any_activation const& act, W const& w, B const& b,
                                          input_moments const& inputs, any_rule const& rule = z_beyond{5.0}) {
  layer_attribution layer = detail::unit_sums(w, b, inputs);
  detail::explain_units(layer, state_predictor(act, rule));
  return layer;
}

/// The same with variances measured from z (samples, units) of the same inputs: w' Cov(a) w, correlations included.
template <class W, class B, class Z>
  requires detail::numbers<Z>
[[nodiscard]] layer_attribution attribute(any_activation const& act, W const& w, B const& b,
                                          input_moments const& inputs, Z const& z,
                                          any_rule const& rule = z_beyond{5.0}) {
  layer_attribution layer = detail::unit_sums(w, b, inputs);
  input_moments const measured = detail::moments_of_columns("attribute", "z", z, layer.units.size());
  for (unit_attribution& u : layer.units) {
    u.variance = measured.variance[u.unit];
  }
  detail::explain_units(layer, state_predictor(act, rule));
  return layer;
}

SATUR_COMPILED_TEMPLATE(theory::unit_laws detail::predict_units(std::string_view,
                                                                detail::weight_view<float const> const&, fans,
                                                                double const&, std::vector<double> const&,
                                                                std::vector<double> const&));
SATUR_COMPILED_TEMPLATE(theory::unit_laws detail::predict_units(std::string_view,
                                                                detail::weight_view<float const> const&, fans,
                                                                double const&, double const&, double const&));
SATUR_COMPILED_TEMPLATE(theory::unit_laws detail::predict_units(std::string_view,
                                                                detail::weight_view<double const> const&, fans,
                                                                double const&, std::vector<double> const&,
                                                                std::vector<double> const&));
SATUR_COMPILED_TEMPLATE(theory::unit_laws detail::predict_units(std::string_view,
                                                                detail::weight_view<double const> const&, fans,
                                                                double const&, double const&, double const&));

}} // namespace satur::SATUR_ABI
