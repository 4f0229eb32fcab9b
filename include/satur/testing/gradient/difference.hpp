/// \file testing/gradient/difference.hpp  The slope of a function by differences, with its rounding, and whether there
/// is a kink.
#pragma once

#include "satur/config.hpp"

#include <array>
#include <cmath>
#include <limits>
#include <utility>

namespace satur::inline SATUR_ABI::testing::detail {

/// A slope by differences.
struct difference {
  double slope = 0.0;
  double rounding = 0.0; ///< how far rounding of the function's values may have moved it
  bool kink = false;     ///< the slopes of the two sides differ, however small the step, and `expected` is between them
};

/// The slope of `at` in x, by central differences of fourth order, with `here` = at(x). Of three steps the one whose
/// slope is closest to `expected` counts: at a large one the function may bend or have a kink, at a small one it
/// rounds.
template <class F>
[[nodiscard]] difference difference_near(F const& at, double x, double here, double expected, double step) {
  constexpr double epsilon = std::numeric_limits<double>::epsilon();
  difference best;
  double least = std::numeric_limits<double>::infinity();
  std::array<double, 3> jump{}; // by how much the slopes of the two sides differ
  double lower = 0.0, upper = 0.0;
  double noise = 0.0;
  for (std::size_t k = 0; k < jump.size(); ++k, step /= 10.0) {
    double const h = step * (std::fabs(x) > 1.0 ? std::fabs(x) : 1.0);
    double const right = x + h, left = x - h, far_right = x + 2.0 * h, far_left = x - 2.0 * h;
    double const above = at(right), below = at(left);
    double const slope = (8.0 * (above - below) - (at(far_right) - at(far_left))) / (6.0 * (right - left));
    double const values = std::fabs(above) + std::fabs(below) + std::fabs(here);
    lower = (here - below) / (x - left);
    upper = (above - here) / (right - x);
    if (lower > upper) {
      std::swap(lower, upper);
    }
    jump[k] = upper - lower;
    noise = 4.0 * epsilon * values / h;
    double const off = std::fabs(slope - expected);
    if (off < least || k == 0) {
      least = off;
      best.slope = slope;
      best.rounding = noise;
    }
    if (off <= 1e-9 * std::fabs(expected)) {
      return best; // it cannot get better
    }
  }
  // Where the function is smooth, the difference of the sides falls with the step; at a kink it stays, and a right
  // slope lies between them.
  double const margin = 1e-3 * jump[2];
  best.kink =
      jump[2] > 0.5 * jump[1] && jump[2] > 16.0 * noise && expected >= lower - margin && expected <= upper + margin;
  return best;
}

} // namespace satur::inline SATUR_ABI::testing::detail
