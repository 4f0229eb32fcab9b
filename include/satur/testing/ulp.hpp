/// \file testing/ulp.hpp  Errors in units in the last place (ulp).
#pragma once

#include "satur/simd/special_values.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace satur::inline SATUR_ABI::testing {

/// |got - exact| in ulp of T at `exact`; in the subnormal range, in multiples of the smallest subnormal. 0 if both are
/// NaN or the same infinity (also if exact rounds to infinity); infinity if only one is.
template <class T> [[nodiscard]] double ulp_error(T got, long double exact) {
  using satur::detail::is_infinite;
  using satur::detail::is_nan;
  constexpr double never = std::numeric_limits<double>::infinity();
  if (is_nan(exact) || is_nan(got)) {
    return is_nan(exact) && is_nan(got) ? 0.0 : never;
  }
  if (is_infinite(got) || is_infinite(exact)) {
    return is_infinite(got) && is_infinite(static_cast<T>(exact)) && std::signbit(got) == std::signbit(exact) ? 0.0
                                                                                                              : never;
  }
  int exponent = 0;
  std::frexp(exact, &exponent);
  int const least = std::numeric_limits<T>::min_exponent - std::numeric_limits<T>::digits;
  int const unit = exact == 0 ? least : (std::max)(exponent - std::numeric_limits<T>::digits, least);
  return static_cast<double>(std::ldexp(std::fabs(static_cast<long double>(got) - exact), -unit));
}

/// Whether got is 0 but exact does not round to 0.
template <class T> [[nodiscard]] bool false_zero(T got, long double exact) {
  return got == T(0) && static_cast<T>(exact) != T(0);
}

} // namespace satur::inline SATUR_ABI::testing
