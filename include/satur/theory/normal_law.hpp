/// \file theory/normal_law.hpp  The normal distribution of a pre-activation: its density and its two tails.
#pragma once

#include "satur/config.hpp"
#include "satur/error.hpp"

#include <cmath>
#include <limits>
#include <string_view>
#include <type_traits>

namespace satur { inline namespace SATUR_ABI {

namespace detail {

inline constexpr double one_over_root_2 = 0.70710678118654752440;
inline constexpr double one_over_root_2pi = 0.39894228040143267794;
inline constexpr double unbounded = std::numeric_limits<double>::infinity();

/// e^x, sqrt(x) and erfc(x), also in a constant expression, where <cmath> may not be called. The relative error there
/// is 1e-15.
[[nodiscard]] constexpr double exp_anywhere(double x) {
  if (!std::is_constant_evaluated()) {
    return std::exp(x);
  }
  if (!(x > -745.0)) {
    return 0.0;
  }
  int halvings = 0;
  double r = x; // |r| <= 1/2
  while (r > 0.5 || r < -0.5) {
    r *= 0.5;
    ++halvings;
  }
  double m = 0.0; // e^r - 1, which keeps its digits when it is doubled
  for (int n = 18; n > 0; --n) {
    m = (1.0 + m) * r / n;
  }
  for (; halvings > 0; --halvings) {
    if (m > -0.5 && m < 0.5) {
      m = m * (2.0 + m);
    } else {
      double e = 1.0 + m;
      for (; halvings > 0; --halvings) {
        e *= e;
      }
      return e;
    }
  }
  return 1.0 + m;
}
[[nodiscard]] constexpr double sqrt_anywhere(double x) {
  if (!std::is_constant_evaluated()) {
    return std::sqrt(x);
  }
  if (!(x > 0.0) || x == unbounded) {
    return x;
  }
  double scale = 1.0;
  while (x > 4.0) {
    x *= 0.25;
    scale *= 2.0;
  }
  while (x < 1.0) {
    x *= 4.0;
    scale *= 0.5;
  }
  double root = 1.5;
  for (int i = 0; i < 6; ++i) {
    root = 0.5 * (root + x / root);
  }
  // Newton's last step may be off by one digit. Of the three nearest numbers, take the one whose square is nearest to
  // x.
  constexpr double step = std::numeric_limits<double>::epsilon();
  double best = root;
  for (double const candidate : {root - step, root + step}) {
    // r^2 - x without rounding r^2: r = h + l, both with half of the digits.
    auto const miss = [x](double r) {
      double const h = static_cast<double>(static_cast<float>(r));
      double const l = r - h;
      double const d = ((h * h - x) + 2.0 * h * l) + l * l;
      return d < 0.0 ? -d : d;
    };
    best = miss(candidate) < miss(best) ? candidate : best;
  }
  return best * scale;
}
[[nodiscard]] constexpr double erfc_anywhere(double x) {
  if (!std::is_constant_evaluated()) {
    return std::erfc(x);
  }
  if (x < 0.0) {
    return 2.0 - erfc_anywhere(-x);
  }
  constexpr double two_over_root_pi = 1.12837916709551257390;
  if (x < 1.0) { // Abramowitz and Stegun 7.1.5
    double term = x;
    double sum = x;
    for (int n = 1; n < 40; ++n) {
      term *= -x * x / n;
      sum += term / (2 * n + 1);
    }
    return 1.0 - two_over_root_pi * sum;
  }
  if (x > 28.0) {
    return 0.0;
  }
  double fraction = x; // Abramowitz and Stegun 7.1.14
  for (int n = 400; n > 0; --n) {
    fraction = x + 0.5 * n / fraction;
  }
  return 0.5 * two_over_root_pi * exp_anywhere(-x * x) / fraction;
}

/// phi, Phi and 1 - Phi of the standard normal distribution, for any t, infinite ones included. Neither tail cancels.
[[nodiscard]] constexpr double normal_density(double t) {
  return t > 39.0 || t < -39.0 ? 0.0 : one_over_root_2pi * exp_anywhere(-0.5 * t * t);
}
[[nodiscard]] constexpr double normal_below(double t) { return 0.5 * erfc_anywhere(-t * one_over_root_2); }
[[nodiscard]] constexpr double normal_above(double t) { return 0.5 * erfc_anywhere(t * one_over_root_2); }

/// Throws std::invalid_argument unless the mean is finite and the variance finite and at least 0.
constexpr void require_law(std::string_view function, double mean, double variance) {
  if (!is_finite(mean)) {
    bad_parameter(function, "mean", mean, "a finite number");
  }
  if (!is_finite(variance) || variance < 0.0) {
    bad_parameter(function, "variance", variance, "a finite number >= 0 (the square of a standard deviation)");
  }
}

} // namespace detail

namespace theory {

/// P(z > t) for z ~ N(mean, variance). t may be infinite.
///
/// Accuracy: the far tail keeps its digits, down to values such as 1e-139.
///
/// Special values: with a variance of 0, z is the mean, and the result is 1 or 0: P(z > mean) = 0.
///
/// Throws std::invalid_argument if t is NaN, the mean is not finite, or the variance is negative or not finite.
[[nodiscard]] constexpr double probability_above(double t, double mean, double variance) {
  detail::require_law("theory::probability_above", mean, variance);
  if (detail::is_nan(t)) {
    detail::bad_parameter("theory::probability_above", "t", t, "a number, infinite ones too");
  }
  if (variance == 0.0) {
    return mean > t ? 1.0 : 0.0;
  }
  return detail::normal_above((t - mean) / detail::sqrt_anywhere(variance));
}

/// P(z < t) for z ~ N(mean, variance). Otherwise like `probability_above`.
[[nodiscard]] constexpr double probability_below(double t, double mean, double variance) {
  detail::require_law("theory::probability_below", mean, variance);
  if (detail::is_nan(t)) {
    detail::bad_parameter("theory::probability_below", "t", t, "a number, infinite ones too");
  }
  if (variance == 0.0) {
    return mean < t ? 1.0 : 0.0;
  }
  return detail::normal_below((t - mean) / detail::sqrt_anywhere(variance));
}

} // namespace theory
}} // namespace satur::SATUR_ABI
