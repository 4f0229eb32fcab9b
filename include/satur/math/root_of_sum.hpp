/// \file math/root_of_sum.hpp  sqrt(x^2 + b) and its rounding error.
#pragma once

#include "satur/math/arithmetic.hpp"
#include "satur/math/sqrt.hpp"

namespace satur::inline SATUR_ABI::math {

/// The rounded root and residual = x^2 + b - root^2. root + residual/(2 root) is the exact square root to about twice
/// the digits.
template <class T> struct root_and_residual {
  T root;
  T residual;
};

/// sqrt(x^2 + b) for b > 0. |x| must be small enough to be squared (2^495 in double, 2^60 in float); scale larger x
/// first.
///
/// Accuracy: below 1.5 ulp before the residual is used, for float and double.
///
/// Special values: NaN gives NaN. For dual numbers the residual is 0.
template <class T> [[nodiscard]] SATUR_INLINE constexpr root_and_residual<T> root_of_sum(T const& x, T const& b) {
  if constexpr (real_lanes<T>) {
    split<T> const square = exact_product(x, x);
    split<T> const sum = exact_sum(square.value, b);
    T const root = rounded(math::sqrt(sum.value));
    return {root, fma(T(-root), root, sum.value) + (sum.rest + square.rest)};
  } else {
    return {math::sqrt(T(x * x + b)), T(0)};
  }
}

} // namespace satur::inline SATUR_ABI::math
