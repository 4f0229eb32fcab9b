/// \file testing/ulp.hpp  Distance from the truth in units in the last place.
#pragma once

#include "satur/config.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace satur::testing {

/// |got - exact| in ulp of T at `exact`; in the subnormal range, in steps of the smallest subnormal. Both NaN, or both
/// the same infinity (a truth that rounds to infinity included): 0. One of the two alone: infinity.
template <class T> [[nodiscard]] double ulp_error(T got, long double exact) {
  constexpr double never = std::numeric_limits<double>::infinity();
  if (std::isnan(exact) || std::isnan(got)) {
    return std::isnan(exact) && std::isnan(got) ? 0.0 : never;
  }
  if (std::isinf(got) || std::isinf(exact)) {
    return static_cast<long double>(got) == exact || static_cast<T>(exact) == got ? 0.0 : never;
  }
  int exponent = 0;
  std::frexp(exact, &exponent);
  int const least = std::numeric_limits<T>::min_exponent - std::numeric_limits<T>::digits;
  int const unit = exact == 0 ? least : (std::max)(exponent - std::numeric_limits<T>::digits, least);
  return static_cast<double>(std::ldexp(std::fabs(static_cast<long double>(got) - exact), -unit));
}

/// 0 was given where the truth rounds to a number.
template <class T> [[nodiscard]] bool false_zero(T got, long double exact) {
  return got == T(0) && static_cast<T>(exact) != T(0);
}

} // namespace satur::testing
