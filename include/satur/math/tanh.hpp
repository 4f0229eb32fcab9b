/// \file math/tanh.hpp  tanh x; one body for scalars and lanes.
#pragma once

#include "satur/math/logistic.hpp"

namespace satur::inline SATUR_ABI::math {

/// tanh x.
///
/// Accuracy: below 2 ulp for float and double.
///
/// Special values: ±0 at ±0, ±1 at ±inf; NaN gives NaN.
template <class T> [[nodiscard]] SATUR_INLINE constexpr T tanh(T const& x) {
  if constexpr (foreign_batch<T>) {
    return through_lanes(x, [](auto const& l) { return math::tanh(l); });
  } else {
    return keep_nan(x, hyperbolic_tangent(x).value);
  }
}

} // namespace satur::inline SATUR_ABI::math
