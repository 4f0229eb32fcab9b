/// \file moments.hpp  Sums that do not lose digits, and means and variances that merge.
#pragma once

#include "satur/math/arithmetic.hpp"

#include <cmath>
#include <cstdint>
#include <limits>

namespace satur::inline SATUR_ABI {

/// A running sum with its rounding errors kept beside it (Neumaier 1974): 1e9 terms lose no digit of a double, and the
/// order of merging does not show.
struct compensated_sum {
  double sum = 0.0;
  double rest = 0.0;

  constexpr compensated_sum& operator+=(double x) {
    math::split<double> const s = math::exact_sum(sum, x);
    sum = s.value;
    if (std::isfinite(s.rest)) { // infinity and NaN have no remainder
      rest += s.rest;
    }
    return *this;
  }
  constexpr compensated_sum& operator+=(compensated_sum const& o) {
    *this += o.sum;
    rest += o.rest;
    return *this;
  }
  [[nodiscard]] constexpr double value() const { return sum + rest; }
  bool operator==(compensated_sum const&) const = default;
};

/// Count, mean and sum of squared deviations. Merging follows Chan, Golub, LeVeque 1983: no cancellation, whatever the
/// mean. Squares beyond 1e308 overflow to infinity.
struct moments {
  std::uint64_t count = 0;
  double mean = 0.0;
  double deviations = 0.0; ///< sum of (x - mean)^2

  moments& operator+=(moments const& o) {
    if (o.count == 0) {
      return *this;
    }
    if (count == 0) {
      return *this = o;
    }
    double const n = static_cast<double>(count);
    double const m = static_cast<double>(o.count);
    double const total = n + m;
    double const difference = o.mean - mean;
    mean += difference * (m / total);
    deviations += o.deviations + difference * difference * (n * (m / total));
    count += o.count;
    return *this;
  }
  /// Mean of (x - mean)^2 over all that was seen (divides by n); NaN where nothing was.
  [[nodiscard]] double variance() const {
    return count == 0 ? std::numeric_limits<double>::quiet_NaN() : deviations / static_cast<double>(count);
  }
  [[nodiscard]] double mean_or_nan() const { return count == 0 ? std::numeric_limits<double>::quiet_NaN() : mean; }
  bool operator==(moments const&) const = default;
};

namespace detail {
/// Moments from n, sum(x - shift) and sum (x - shift)^2.
[[nodiscard]] inline moments moments_from(std::uint64_t n, double shift, double sum, double squares) {
  if (n == 0) {
    return {};
  }
  double const mean = sum / static_cast<double>(n);
  double const deviations = squares - mean * sum;
  return {n, shift + mean, deviations > 0.0 || !(deviations <= 0.0) ? deviations : 0.0};
}
} // namespace detail

} // namespace satur::inline SATUR_ABI
