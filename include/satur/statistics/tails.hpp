/// \file statistics/tails.hpp  Tails of the normal, chi-square, F and t distributions, and their quantiles.
#pragma once

#include "satur/config.hpp"

#include <cmath>
#include <limits>

namespace satur::inline SATUR_ABI::detail {

/// ln Gamma(a) - ((a - 1/2) ln a - a + ln(2 pi)/2), a > 0: the error of Stirling's formula. std::lgamma is not used: it
/// writes a global variable, and the difference would cancel.
[[nodiscard]] inline double stirling_rest(double a) {
  if (a < 10.0) {
    double product = 1.0;
    double b = a;
    while (b < 10.0) {
      product *= b;
      b += 1.0;
    }
    return stirling_rest(b) + (b - 0.5) * std::log(b) - b - std::log(product) - ((a - 0.5) * std::log(a) - a);
  }
  double const i = 1.0 / a;
  double const s = i * i;
  return i *
         (1.0 / 12 - s * (1.0 / 360 - s * (1.0 / 1260 - s * (1.0 / 1680 - s * (1.0 / 1188 - s * (691.0 / 360360))))));
}

/// Lower and upper tail. Each is accurate to its own digits; a small one is not computed as 1 minus the other.
struct tails {
  double lower;
  double upper;
};

/// The gamma distribution of shape a > 0 at x >= 0: P(a, x) and Q(a, x). Series below the mean, continued fraction
/// above it.
///
/// Source: Abramowitz and Stegun 6.5.29, 6.5.31.
[[nodiscard]] inline tails gamma_tails(double a, double x) {
  if (!(x > 0.0)) {
    return {0.0, 1.0};
  }
  if (x > (std::numeric_limits<double>::max)()) {
    return {1.0, 0.0};
  }
  constexpr double epsilon = std::numeric_limits<double>::epsilon();
  double const d = (x - a) / a;
  double const exponent = std::fabs(d) < 0.5 ? a * (std::log1p(d) - d) : a * std::log(x / a) - (x - a);
  double const density =
      std::exp(exponent - stirling_rest(a)) * std::sqrt(a / 6.283185307179586); // x^a e^-x / Gamma(a)
  if (x < a + 1.0) {
    double term = 1.0 / a;
    double sum = term;
    for (double k = a + 1.0; term > sum * epsilon; k += 1.0) {
      term *= x / k;
      sum += term;
    }
    double const lower = density * sum;
    return {lower, 1.0 - lower};
  }
  // Lentz's method.
  double b = x + 1.0 - a;
  double c = 1e300;
  double f = 1.0 / b;
  double h = f;
  for (double k = 1.0;; k += 1.0) {
    double const n = -k * (k - a);
    b += 2.0;
    f = 1.0 / (n * f + b);
    c = b + n / c;
    double const step = f * c;
    h *= step;
    if (std::fabs(step - 1.0) <= epsilon) {
      break;
    }
  }
  double const upper = density * h;
  return {1.0 - upper, upper};
}

/// The beta distribution of shapes a, b > 0 at x: I_x(a, b) and 1 - I_x(a, b), by continued fraction. y = 1 - x is an
/// argument, so that it keeps its digits.
///
/// Source: Abramowitz and Stegun 26.5.8.
[[nodiscard]] inline tails beta_tails(double a, double b, double x, double y) {
  if (!(x > 0.0)) {
    return {0.0, 1.0};
  }
  if (!(y > 0.0)) {
    return {1.0, 0.0};
  }
  if (x > (a + 1.0) / (a + b + 2.0)) {
    tails const mirrored = beta_tails(b, a, y, x);
    return {mirrored.upper, mirrored.lower};
  }
  double const n = a + b;
  auto const log_ratio = [](double part, double of) { // ln(part/of)
    double const d = (part - of) / of;
    return std::fabs(d) < 0.5 ? std::log1p(d) : std::log(part / of);
  };
  double const exponent =
      a * log_ratio(x, a / n) + b * log_ratio(y, b / n) + stirling_rest(n) - stirling_rest(a) - stirling_rest(b);
  double const density = std::exp(exponent) * std::sqrt(a * (b / n) / 6.283185307179586);
  double c = 1.0;
  double f = 1.0 / (1.0 - n * x / (a + 1.0));
  double h = f;
  for (double k = 1.0;; k += 1.0) {
    double const even = k * (b - k) * x / ((a + 2.0 * k - 1.0) * (a + 2.0 * k));
    f = 1.0 / (1.0 + even * f);
    c = 1.0 + even / c;
    h *= f * c;
    double const odd = -(a + k) * (n + k) * x / ((a + 2.0 * k) * (a + 2.0 * k + 1.0));
    f = 1.0 / (1.0 + odd * f);
    c = 1.0 + odd / c;
    double const step = f * c;
    h *= step;
    if (std::fabs(step - 1.0) <= 2.0 * std::numeric_limits<double>::epsilon()) {
      break;
    }
  }
  double const lower = density * h / a;
  return {lower, 1.0 - lower};
}

[[nodiscard]] inline tails chi_square_tails(double freedom, double x) { return gamma_tails(0.5 * freedom, 0.5 * x); }

/// The F distribution with (d1, d2) degrees of freedom at f >= 0.
[[nodiscard]] inline tails f_tails(double d1, double d2, double f) {
  if (f > (std::numeric_limits<double>::max)()) {
    return {1.0, 0.0};
  }
  double const whole = d1 * f + d2;
  return beta_tails(0.5 * d1, 0.5 * d2, d1 * f / whole, d2 / whole);
}

/// P(T > t) of Student's t, t >= 0.
[[nodiscard]] inline double student_tail(double freedom, double t) {
  double const whole = freedom + t * t;
  return 0.5 * beta_tails(0.5 * freedom, 0.5, freedom / whole, t * t / whole).lower;
}

/// The point at which a decreasing tail probability is q, 0 < q <= 1/2, within rounding; by bisection.
template <class Tail> [[nodiscard]] double tail_quantile(double q, Tail const& tail) {
  double low = 0.0;
  double high = 1.0;
  while (tail(high) > q && high < 1e300) {
    low = high;
    high *= 2.0;
  }
  for (;;) {
    double const middle = low + 0.5 * (high - low);
    if (middle == low || middle == high) {
      return middle;
    }
    (tail(middle) > q ? low : high) = middle;
  }
}
/// The z with P(Z > z) = q: 1.959963984540054 for 0.025.
[[nodiscard]] inline double normal_quantile(double q) {
  return tail_quantile(q, [](double z) { return 0.5 * std::erfc(z * 0.7071067811865476); });
}
/// The t with P(T > t) = q.
[[nodiscard]] inline double student_quantile(double freedom, double q) {
  return tail_quantile(q, [freedom](double t) { return student_tail(freedom, t); });
}

} // namespace satur::inline SATUR_ABI::detail
