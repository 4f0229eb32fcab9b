/// \file statistics/moments.hpp  Compensated sums, and means and variances that merge.
#pragma once

#include "satur/math/arithmetic.hpp"
#include "satur/simd/reduce.hpp"
#include "satur/simd/special_values.hpp"

#include <cmath>
#include <cstdint>
#include <limits>

namespace satur { inline namespace SATUR_ABI {

/// A running sum that keeps its rounding errors. 1e9 terms lose no digit of a double, and the order of merging does not
/// matter.
///
/// Source: Neumaier 1974.
struct compensated_sum {
  double sum = 0.0;
  double rest = 0.0;

  constexpr compensated_sum& operator+=(double x) {
    math::split<double> const s = math::exact_sum(sum, x);
    sum = s.value;
    if (detail::is_finite(s.rest)) { // infinity and NaN have no rounding error
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

namespace detail {
// Products are rounded before they are added: a merge gives the same bits inside a pass, where the compiler would fuse
// them, and outside.

/// The mean of two groups as one, from their means; w is the share of the second group. Infinity stays infinity.
template <class W> [[nodiscard]] SATUR_INLINE W moved_mean(W const& mean, W const& value, W const& w) {
  using math::rounded;
  W const d = value - mean;
  auto const finite = !(as_mask_of<W>(is_nan(d)) || as_mask_of<W>(is_infinite(d)));
  return math::select(finite, W(mean + rounded(W(d * w))), W(rounded(W(mean * (W(1.0) - w))) + rounded(W(value * w))));
}
/// The mean of n and m numbers as one, from their means. Moves the mean of the larger group toward that of the smaller
/// one, so that a large mean of few numbers costs a small mean of many no digits.
[[nodiscard]] inline double joint_mean(double n, double mean, double m, double other) {
  double const total = n + m;
  return m > n ? moved_mean(other, mean, n / total) : moved_mean(mean, other, m / total);
}
/// The variance of two groups as one, from their variances and the difference d of their means; w is the share of the
/// second group. Infinity stays infinity.
template <class W>
[[nodiscard]] SATUR_INLINE W joint_variance(W const& first, W const& second, W const& d, W const& w) {
  W const share = math::rounded(W(w * (W(1.0) - w)));
  W const between = math::rounded(W(d * share * d)); // in this order it is 0 for w = 1, even if d * d overflows
  return moved_mean(first, second, w) + between;
}
} // namespace detail

/// Count, mean and sum of squared deviations. The mean of finite numbers is finite and correct up to the largest
/// double. Deviations that overflow are infinity.
///
/// Source: merging follows Chan, Golub, LeVeque 1983. It does not cancel for any mean.
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
    mean = detail::joint_mean(n, mean, m, o.mean);
    deviations += o.deviations + math::rounded(difference * difference * (n * (m / total)));
    count += o.count;
    return *this;
  }
  /// Mean of (x - mean)^2 over all numbers (divides by n); NaN if there are none.
  [[nodiscard]] double variance() const {
    return count == 0 ? std::numeric_limits<double>::quiet_NaN() : deviations / static_cast<double>(count);
  }
  [[nodiscard]] double mean_or_nan() const { return count == 0 ? std::numeric_limits<double>::quiet_NaN() : mean; }
  bool operator==(moments const&) const = default;
};

namespace detail {
/// 1 / scale, exact for a power of 2. Nearly every scale is 1, which costs no division.
template <class S> [[nodiscard]] SATUR_INLINE S inverse_of(S scale) { return scale == S(1) ? S(1) : S(1) / scale; }
/// The mean of n numbers of T from the sum of scale * (x - shift); scale is a power of 2.
template <class T, class S> [[nodiscard]] double mean_from(std::uint64_t n, T shift, S sum, T scale = T(1)) {
  S const s = static_cast<S>(scale);
  return static_cast<double>((static_cast<S>(shift) * s + sum / static_cast<S>(n)) * inverse_of(s));
}
/// Moments of n numbers of T from the sums of scale * (x - shift) and of its square.
template <class T, class S>
[[nodiscard]] moments moments_from(std::uint64_t n, T shift, S sum, S squares, T scale = T(1)) {
  if (n == 0) {
    return {};
  }
  S const s = static_cast<S>(scale);
  S const off = sum / static_cast<S>(n);
  S deviations = (squares - off * sum) * inverse_of(s) * inverse_of(s);
  if (is_finite_number(off) && !is_finite_number(deviations)) {
    deviations = std::numeric_limits<S>::infinity(); // the numbers are finite, but their squares overflow
  }
  return {n, mean_from(n, shift, sum, scale), deviations <= S(0) ? 0.0 : static_cast<double>(deviations)};
}
} // namespace detail

}} // namespace satur::SATUR_ABI
