/// \file statistics/four_moments.hpp  Mean, variance, skewness and kurtosis that merge.
#pragma once

#include "satur/math/arithmetic.hpp"
#include "satur/simd/special_values.hpp"
#include "satur/statistics/moments.hpp"

#include <cmath>
#include <cstdint>
#include <limits>

namespace satur { inline namespace SATUR_ABI {

/// Count, mean, and the sums of (x - mean)^2, ^3 and ^4. Deviations whose fourth power overflows (beyond about 1e76)
/// make sums that are infinite.
///
/// Source: merging follows Pebay 2008 (Sandia report SAND2008-6212), equations 3.1. It does not cancel for any mean.
struct four_moments {
  std::uint64_t count = 0;
  double mean = 0.0;
  double second = 0.0; ///< sum of (x - mean)^2
  double third = 0.0;  ///< sum of (x - mean)^3
  double fourth = 0.0; ///< sum of (x - mean)^4

  four_moments& operator+=(four_moments const& o) {
    using math::rounded; // products are rounded before they are added: the same bits inside a pass and outside
    if (o.count == 0) {
      return *this;
    }
    if (count == 0) {
      return *this = o;
    }
    double const n = static_cast<double>(count);
    double const m = static_cast<double>(o.count);
    double const p = n / (n + m);
    double const q = m / (n + m);
    double const d = o.mean - mean;
    double const between = rounded(d * d * (n * q)); // what two groups of equal numbers have
    double const shape = rounded(p * p) - rounded(p * q) + rounded(q * q);
    fourth += o.fourth + rounded(between * (d * d) * shape) +
              rounded(6.0 * d * d * (rounded(p * p * o.second) + rounded(q * q * second))) +
              rounded(4.0 * d * (rounded(p * o.third) - rounded(q * third)));
    third +=
        o.third + rounded(between * d * (p - q)) + rounded(3.0 * d * (rounded(p * o.second) - rounded(q * second)));
    second += o.second + between;
    mean = detail::joint_mean(n, mean, m, o.mean);
    count += o.count;
    return *this;
  }
  [[nodiscard]] friend four_moments operator+(four_moments a, four_moments const& b) { return a += b; }

  // All divide by n. NaN if there are no numbers.
  [[nodiscard]] double mean_or_nan() const { return count == 0 ? none() : mean; }
  /// Mean of (x - mean)^2.
  [[nodiscard]] double variance() const { return count == 0 ? none() : second / static_cast<double>(count); }
  /// Mean of (x - mean)^3 / stddev^3: 0 for a symmetric distribution. NaN if all numbers are equal, or deviations are
  /// so large or small (beyond about 1e±70) that their fourth powers are no doubles.
  [[nodiscard]] double skewness() const {
    return has_shape() ? third / static_cast<double>(count) / (variance() * std::sqrt(variance())) : none();
  }
  /// Mean of (x - mean)^4 / variance^2 - 3: 0 for a normal distribution, never below -2. NaN as the skewness.
  [[nodiscard]] double excess_kurtosis() const {
    return has_shape() ? fourth / static_cast<double>(count) / (variance() * variance()) - 3.0 : none();
  }
  bool operator==(four_moments const&) const = default;

private:
  [[nodiscard]] static double none() { return std::numeric_limits<double>::quiet_NaN(); }
  [[nodiscard]] bool has_shape() const {
    return second > 0.0 && fourth >= 1e-280 && detail::is_finite(fourth) && detail::is_finite(third);
  }
};

namespace detail {
/// Moments of n numbers from the sums of (x - center)^k, k = 1 to 4. The center is about as close to the mean as one of
/// the numbers: then at most a digit is lost.
template <class S>
[[nodiscard]] four_moments four_moments_from(std::uint64_t n, double center, S sum, S square, S cube, S fourth) {
  if (n == 0) {
    return {};
  }
  constexpr double infinity = std::numeric_limits<double>::infinity();
  S const a = is_finite_number(sum) ? sum / static_cast<S>(n) : S(0); // deviations that overflow while they are summed
  S const second = square - a * sum;
  S const third = cube - S(3) * a * square + S(2) * a * a * sum;
  S const last = fourth - S(4) * a * cube + S(6) * a * a * square - S(3) * a * a * a * sum;
  four_moments m;
  m.count = n;
  m.mean = center + static_cast<double>(a);
  m.second = !is_finite_number(second) ? infinity : second <= S(0) ? 0.0 : static_cast<double>(second);
  m.third = !is_finite_number(third) ? infinity : static_cast<double>(third);
  m.fourth = !is_finite_number(last) ? infinity : last <= S(0) ? 0.0 : static_cast<double>(last);
  return m;
}
} // namespace detail

}} // namespace satur::SATUR_ABI
