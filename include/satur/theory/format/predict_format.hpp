/// \file theory/format/predict_format.hpp  What of normally distributed numbers leaves a number format, in closed form:
/// before training, from a predicted mean and variance.
///
///     theory::prediction const net = theory::predict(act, network);
///     theory::predict_format(formats::fp8_e4m3, 1.0, net.layers[3]).to_limit;
#pragma once

#include "satur/format/limits.hpp"
#include "satur/text/number.hpp"
#include "satur/theory/normal_law.hpp"
#include "satur/theory/predict.hpp"

#include <cmath>
#include <ostream>

namespace satur { inline namespace SATUR_ABI {

namespace detail {

/// P(a < x < b) for a <= b, mean m and standard deviation s > 0. Neither tails nor narrow ranges lose digits.
[[nodiscard]] inline double normal_between(double a, double b, double m, double s) {
  double const low = (a - m) / s;
  double const high = (b - m) / s;
  double const width = (b - a) / s;
  double const t = 0.5 * low + 0.5 * high;
  double const t2 = t * t;
  if (width < 0.02 && width * std::fabs(t) < 0.02) { // the density around the middle, to the fourth power of the width
    double const w2 = width * width;
    return width * normal_density(t) * (1.0 + w2 * ((t2 - 1.0) / 24.0 + w2 * ((t2 * t2 - 6.0 * t2) + 3.0) / 1920.0));
  }
  return low > 0.0    ? normal_above(low) - normal_above(high)
         : high < 0.0 ? normal_below(high) - normal_below(low)
                      : 0.5 * (std::erf(high * one_over_root_2) + std::erf(-low * one_over_root_2));
}

} // namespace detail

namespace theory {

/// Expected shares of `format_loss`, of all numbers.
struct format_prediction {
  double to_limit = 0.0;        ///< rounded without a bound they would lie beyond the largest or lowest number
  double to_low_limit = 0.0;    ///< those of `to_limit` that are negative
  double before_rounding = 0.0; ///< the product itself is beyond (TransformerEngine's way)
  double to_zero = 0.0;
  double subnormal = 0.0;
};

/// The expected loss of x ~ N(mean, variance) in a format at a scale, by the same limits as `observe_format`.
///
/// Accuracy: relative 1e-11 of each share, tails as small as 1e-300 among them. Of a variance of 0 all is at the mean.
///
/// Throws std::invalid_argument if the mean is not finite, the variance is negative or not finite, the scale is not
/// finite and above 0, or the format's numbers contradict each other.
[[nodiscard]] inline format_prediction predict_format(format const& f, double scale, double mean, double variance) {
  detail::require_law("theory::predict_format", mean, variance);
  auto const limits = format_limits<double>::of(f, scale);
  format_prediction p;
  if (variance == 0.0) {
    p.to_limit = limits.to_limit(mean) ? 1.0 : 0.0;
    p.to_low_limit = mean < limits.low ? 1.0 : 0.0;
    p.before_rounding = limits.before_rounding(mean) ? 1.0 : 0.0;
    p.to_zero = limits.to_zero(mean) ? 1.0 : 0.0;
    p.subnormal = limits.subnormal(mean) ? 1.0 : 0.0;
    return p;
  }
  double const s = std::sqrt(variance);
  auto const above = [&](double limit) { return detail::normal_above((limit - mean) / s); };
  auto const below = [&](double limit) { return detail::normal_below((limit - mean) / s); };
  p.to_low_limit = below(limits.low);
  p.to_limit = p.to_low_limit + above(limits.high);
  p.before_rounding = below(limits.low_before) + above(limits.high_before);
  p.to_zero = detail::normal_between(-limits.zero, limits.zero, mean, s);
  if (detail::after(limits.zero) < limits.normal) { // else no number lies between
    bool const bounded = detail::is_finite(limits.normal);
    p.subnormal = bounded ? detail::normal_between(limits.zero, limits.normal, mean, s) +
                                detail::normal_between(-limits.normal, -limits.zero, mean, s)
                          : above(limits.zero) + below(-limits.zero);
  }
  return p;
}
/// Of z of a predicted layer.
[[nodiscard]] inline format_prediction predict_format(format const& f, double scale, layer_prediction const& layer) {
  return predict_format(f, scale, layer.mean, layer.variance);
}

/// "2.0 % rounded to the limit, 2.5 % beyond it before rounding, 0 % to zero, <0.1 % subnormal"
inline std::ostream& operator<<(std::ostream& out, format_prediction const& p) {
  return out << text::percent(p.to_limit) << " % rounded to the limit, " << text::percent(p.before_rounding)
             << " % beyond it before rounding, " << text::percent(p.to_zero) << " % to zero, "
             << text::percent(p.subnormal) << " % subnormal";
}

} // namespace theory
}} // namespace satur::SATUR_ABI
