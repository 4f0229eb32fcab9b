/// \file statistics/variance_test.hpp  Tests whether weights have the variance of their initializer.
#pragma once

#include "satur/error.hpp"
#include "satur/statistics/moments.hpp"
#include "satur/statistics/tails.hpp"
#include "satur/text/number.hpp"

#include <algorithm>
#include <limits>
#include <ostream>

namespace satur { inline namespace SATUR_ABI {

/// A measured variance against an expected one. p_value is the probability that chance puts the two at least as far
/// apart, on either side. It is NaN with fewer than two numbers.
struct variance_test {
  double measured = std::numeric_limits<double>::quiet_NaN(); ///< sample variance (divides by n - 1)
  double expected = std::numeric_limits<double>::quiet_NaN();
  double p_value = std::numeric_limits<double>::quiet_NaN();

  [[nodiscard]] double ratio() const { return measured / expected; }
  /// p_value < alpha. False for NaN.
  [[nodiscard]] bool rejected(double alpha = 0.01) const { return p_value < alpha; }
  friend std::ostream& operator<<(std::ostream& out, variance_test const& t) {
    return out << "variance " << text::significant(t.measured, 4) << ", expected " << text::significant(t.expected, 4)
               << " (ratio " << text::significant(t.ratio(), 3) << ", p = " << text::significant(t.p_value, 3) << ')';
  }
};

namespace detail {

/// Degrees of freedom of a sample variance. For a normal distribution (kurtosis 3) n - 1. For another one they are
/// matched to the variance of the sample variance, which is proportional to kurtosis - 1.
[[nodiscard]] inline double degrees_of_freedom(moments const& m, double kurtosis) {
  if (!(kurtosis > 1.0 && is_finite(kurtosis))) {
    bad_parameter("variance_test", "kurtosis", kurtosis, "a number > 1: 3 for a normal law, 1.8 for a uniform one");
  }
  return 2.0 * (static_cast<double>(m.count) - 1.0) / (kurtosis - 1.0);
}
[[nodiscard]] inline double sample_variance(moments const& m) {
  return m.deviations / (static_cast<double>(m.count) - 1.0);
}
[[nodiscard]] inline double both_sides(tails const& t) { return (std::min)(1.0, 2.0 * (std::min)(t.lower, t.upper)); }

} // namespace detail

/// Tests weights against the variance of an initializer. The test is exact for normal weights: (n - 1) s^2 / sigma^2 is
/// chi-square, the limit of the F-test for a known variance. For another distribution pass its kurtosis E(x - m)^4 /
/// variance^2: uniform 1.8, normal cut at two standard deviations 2.366.
///
/// Source: TheDeepChecker (Ben Braiek, Khomh 2021) tests initial weights this way.
///
/// Throws std::invalid_argument unless the expected variance is finite and > 0 and kurtosis is > 1.
[[nodiscard]] inline variance_test test_variance(moments const& weights, double expected, double kurtosis = 3.0) {
  double const freedom = detail::degrees_of_freedom(weights, kurtosis);
  if (!(expected > 0.0 && detail::is_finite(expected))) {
    detail::bad_parameter("test_variance", "expected variance", expected, "a finite number > 0");
  }
  variance_test t;
  t.expected = expected;
  if (weights.count >= 2) {
    t.measured = detail::sample_variance(weights);
    t.p_value = detail::both_sides(detail::chi_square_tails(freedom, freedom * t.ratio()));
  }
  return t;
}

/// Tests two samples against each other by the F-test, which is exact for normal samples. For another distribution pass
/// its kurtosis. `expected` of the result is the variance of the second sample.
[[nodiscard]] inline variance_test compare_variances(moments const& a, moments const& b, double kurtosis = 3.0) {
  double const d1 = detail::degrees_of_freedom(a, kurtosis);
  double const d2 = detail::degrees_of_freedom(b, kurtosis);
  variance_test t;
  if (a.count >= 2 && b.count >= 2) {
    t.measured = detail::sample_variance(a);
    t.expected = detail::sample_variance(b);
    t.p_value = t.ratio() >= 0.0 ? detail::both_sides(detail::f_tails(d1, d2, t.ratio()))
                                 : std::numeric_limits<double>::quiet_NaN(); // both constant
  }
  return t;
}

}} // namespace satur::SATUR_ABI
