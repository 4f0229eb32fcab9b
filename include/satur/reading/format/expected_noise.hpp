/// \file reading/format/expected_noise.hpp  The mean square error of numbers that are spread evenly over a range and
/// stored in a format.
#pragma once

#include "satur/format/format.hpp"
#include "satur/format/rounding.hpp"

#include <algorithm>
#include <cmath>

namespace satur::inline SATUR_ABI::detail {

/// The integral of (p - Q(p))^2 from 0 to p >= 0, Q the nearest multiple of the step.
[[nodiscard]] inline double squared_error_of_step(double p, double step) {
  double const q = p / step;
  double const n = std::floor(q + 0.5);
  double const r = q - n;
  return step * step * step * (n / 12.0 + r * r * r / 3.0); // 1/12 for each whole step
}
/// The same with Q = round_to of the format. Each octave has an integral 8 times that of the one below it.
[[nodiscard]] inline double squared_error_up_to(format const& f, double p) {
  if (f.is_integer()) {
    return squared_error_of_step(p, 1.0);
  }
  int exponent = 0;
  std::frexp(p, &exponent);
  int const octave = (exponent - 1) - f.least_exponent(); // of p, counted from the first normal one
  if (p == 0.0 || octave < 1) {                           // the first has the step of the subnormal numbers
    return squared_error_of_step(p, f.smallest_subnormal);
  }
  double const first = f.smallest_normal * f.smallest_subnormal * f.smallest_subnormal / 12.0;
  double const below = first * (2.0 + (std::ldexp(1.0, 3 * octave) - 8.0) / 7.0);
  double const step = std::ldexp(f.smallest_subnormal, octave);
  return below + squared_error_of_step(p, step) - squared_error_of_step(std::ldexp(f.smallest_normal, octave), step);
}

/// The mean of (p - Q(p))^2 over a <= p <= b, 0 <= a, of a conversion that saturates at `end`.
[[nodiscard]] inline double mean_squared_error(format const& f, double end, double a, double b) {
  if (!(b - a > 1e-6 * b)) { // one number: no integral has the digits
    double const p = a + 0.5 * (b - a);
    double const d = p - (std::min)(round_to(f, p), end);
    return d * d;
  }
  auto const beyond = [end](double p) { return p > end ? (p - end) * (p - end) * (p - end) / 3.0 : 0.0; };
  double const inside = squared_error_up_to(f, (std::min)(b, end)) - squared_error_up_to(f, (std::min)(a, end));
  return (inside + beyond(b) - beyond(a)) / (b - a);
}

} // namespace satur::inline SATUR_ABI::detail
