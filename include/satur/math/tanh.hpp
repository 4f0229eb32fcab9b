/// \file math/tanh.hpp  tanh x, one body for scalars and lanes.
#pragma once

#include "satur/math/logistic.hpp"

namespace satur::math {

/// tanh x. Error: below 2 ulp for float and double. Sign of zero kept, ±1 at ±inf, NaN for NaN.
template <class T> [[nodiscard]] SATUR_INLINE constexpr T tanh(T const& x) {
  if constexpr (foreign_batch<T>) {
    return through_lanes(x, [](auto const& l) { return math::tanh(l); });
  } else {
    return hyperbolic_tangent(x).value;
  }
}

} // namespace satur::math
