/// \file reading/slope_interval.hpp  Confidence intervals for a measured mean slope.
#pragma once

#include "satur/activation/peak_slope.hpp"
#include "satur/record/saturation.hpp"
#include "satur/statistics/interval.hpp"

#include <algorithm>
#include <cmath>

namespace satur { inline namespace SATUR_ABI {

/// The least and the largest f'(z) of an activation, for the bounded intervals.
struct slope_range {
  double low = 0.0;
  double high = 0.0;
};

/// The least f' by search over [-64, 64] (steps of 1/128, then a golden section), and the largest from `peak_slope_of`.
/// sigmoid: [0, 0.25]; gelu: [-0.129, 1.129]. Takes about 100 microseconds, so keep the result.
template <class A> [[nodiscard]] slope_range slope_range_of(A const& act) {
  struct upside_down { // its largest slope is the peak minus the least slope
    A const& of;
    double peak;
    double value(double) const { return 0.0; }
    double derivative(double z) const { return peak - static_cast<double>(detail::slope_at(of, z)); }
  };
  double const peak = satur::peak_slope_of(act);
  double const least = peak - satur::peak_slope_of(upside_down{act, peak});
  return {(std::max)(-peak, (std::min)(least, 0.0)), peak};
}

namespace detail {

/// Sample variance (divides by n - 1) of f'(z).
[[nodiscard]] inline double slope_variance(saturation const& record) {
  return record.slope.deviations / (static_cast<double>(record.slope.count) - 1.0);
}
inline void require_range(char const* function, slope_range const& range) {
  if (!(range.low < range.high) || !is_finite(range.low) || !is_finite(range.high)) {
    bad_parameter(function, "range", message("[", range.low, ", ", range.high, "]"), "finite limits, low < high");
  }
}
[[nodiscard]] inline interval slope_estimate(saturation const& record, double level) {
  interval i;
  i.level = level;
  i.estimate = record.mean_derivative();
  i.effective = static_cast<double>(record.count);
  return i;
}

} // namespace detail

/// Mean slope -+ z s / sqrt(n), s the sample standard deviation of f'(z). n must be large enough that the mean is
/// normal. The ends are NaN with fewer than two observations. Throws std::invalid_argument if level is not in (0, 1).
[[nodiscard]] inline interval mean_derivative_interval(saturation const& record, double level = 0.95) {
  double const q = detail::one_tail(level);
  interval i = detail::slope_estimate(record, level);
  if (record.count >= 2) {
    double const reach = detail::normal_quantile(q) * std::sqrt(detail::slope_variance(record) / i.effective);
    i.low = i.estimate - reach;
    i.high = i.estimate + reach;
  }
  return i;
}

/// For clustered observations: n / (1 + (size - 1) rho) of them count.
[[nodiscard]] inline interval mean_derivative_interval(saturation const& record, clustering const& c,
                                                       double level = 0.95) {
  double const root = std::sqrt(c.design_effect());
  interval i = mean_derivative_interval(record, level);
  double const reach = 0.5 * i.width() * root;
  i.low = i.estimate - reach;
  i.high = i.estimate + reach;
  i.effective /= root * root;
  i.independent = false;
  return i;
}

/// Half-width R sqrt(ln(2/delta) / 2n), R = range.high - range.low, delta = 1 - level, clipped to the range. Valid for
/// any n and any distribution of z; it needs only the range of f'.
///
/// Source: Hoeffding 1963.
[[nodiscard]] inline interval hoeffding_interval(saturation const& record, slope_range const& range,
                                                 double level = 0.95) {
  double const delta = 2.0 * detail::one_tail(level);
  detail::require_range("hoeffding_interval", range);
  interval i = detail::slope_estimate(record, level);
  if (record.count != 0) {
    double const reach = (range.high - range.low) * std::sqrt(std::log(2.0 / delta) / (2.0 * i.effective));
    i.low = (std::max)(range.low, i.estimate - reach);
    i.high = (std::min)(range.high, i.estimate + reach);
  }
  return i;
}

/// Half-width sqrt(2 V ln(4/delta) / n) + 7 R ln(4/delta) / (3 (n - 1)), V the sample variance, clipped to the range.
/// Valid for any n and any distribution of z, and narrow if the slopes vary little. With one observation it is the
/// whole range.
///
/// Source: the empirical Bernstein bound of Maurer, Pontil 2009, theorem 4, on both sides.
[[nodiscard]] inline interval bernstein_interval(saturation const& record, slope_range const& range,
                                                 double level = 0.95) {
  double const delta = 2.0 * detail::one_tail(level);
  detail::require_range("bernstein_interval", range);
  interval i = detail::slope_estimate(record, level);
  if (record.count != 0) {
    double const l = std::log(4.0 / delta);
    double const r = range.high - range.low;
    double const reach = record.count < 2 ? r
                                          : std::sqrt(2.0 * detail::slope_variance(record) * l / i.effective) +
                                                7.0 * r * l / (3.0 * (i.effective - 1.0));
    i.low = (std::max)(range.low, i.estimate - reach);
    i.high = (std::min)(range.high, i.estimate + reach);
  }
  return i;
}

}} // namespace satur::SATUR_ABI
