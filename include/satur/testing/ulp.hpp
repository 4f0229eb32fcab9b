/// \file testing/ulp.hpp  Errors in units in the last place (ulp).
#pragma once

#include "satur/config.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace satur::inline SATUR_ABI::testing {

/// |got - exact| in ulp of T at `exact`; in the subnormal range, in multiples of the smallest subnormal. 0 if both are
/// NaN or the same infinity (also if exact rounds to infinity); infinity if only one is.
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

/// Whether got is 0 but exact does not round to 0.
template <class T> [[nodiscard]] bool false_zero(T got, long double exact) {
  return got == T(0) && static_cast<T>(exact) != T(0);
}

} // namespace satur::inline SATUR_ABI::testing
