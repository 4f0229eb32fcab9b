/// \file testing/check_options.hpp  What a check of an activation may assume, and how strict it is.
#pragma once

#include "satur/config.hpp"

#include <cstdint>

namespace satur::inline SATUR_ABI::testing {

/// The symmetry of f. odd: f(-z) = -f(z). even: f(-z) = f(z). about_point: f(-z) = 2 center - f(z).
enum class symmetry { none, odd, even, about_point };

/// What `check_activation` may assume of an activation, and how strict it is.
struct check_options {
  double ulp = 4.0;       ///< allowed distance from the same formula in a wider type, dual numbers and a reference
  double low = -30.0;     ///< range of usual z: of the grid, and of slopes compared with finite differences
  double high = 30.0;     ///< its upper end
  int grid = 3841;        ///< points in [low, high]
  std::uint64_t seed = 1; ///< of the random points
  bool monotone = false;  ///< the value never falls
  symmetry about = symmetry::none; ///< the symmetry to check
  double center = 0.0;             ///< f(0) for about_point, such as 1/2 for the sigmoid
  bool may_overflow = false;       ///< f or f' may exceed the largest number at a finite z, as e^z does
  bool passes = true;              ///< check array passes too: every position, length and instruction set
  bool limits = true;              ///< f and f' have limits at ±inf; false for a periodic part, as of sine and snake
};
using options [[deprecated("use check_options")]] = check_options;

} // namespace satur::inline SATUR_ABI::testing
