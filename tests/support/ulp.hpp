// Distance from the truth in units in the last place of the type that holds the result.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace test {

/// |got - exact| in ulp of T at `exact`; in the subnormal range, in steps of the smallest subnormal. Both NaN, or both
/// the same infinity (a result that rounds to infinity included): 0. One of the two alone: infinity.
template <class T> double ulp_error(T got, long double exact) {
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
  int const unit = exact == 0 ? least : std::max(exponent - std::numeric_limits<T>::digits, least);
  return static_cast<double>(std::ldexp(std::fabs(static_cast<long double>(got) - exact), -unit));
}

/// The same for a float and a truth in double, quick enough for all floats there are.
inline double ulp_error_of_float(float got, double exact) {
  std::uint64_t const exponent = std::bit_cast<std::uint64_t>(exact) >> 52 & 0x7ff;
  if (exponent > 1022 + 127 || !std::isfinite(got)) { // overflow, infinity, NaN
    return ulp_error(got, static_cast<long double>(exact));
  }
  std::uint64_t const unit = std::max<std::uint64_t>(exponent, 1022 - 125) - 23; // biased exponent of one ulp
  return std::fabs(static_cast<double>(got) - exact) * std::bit_cast<double>((2046 - unit) << 52);
}

/// 0 was given where the truth rounds to a number.
template <class T> bool false_zero(T got, long double exact) { return got == T(0) && static_cast<T>(exact) != T(0); }

} // namespace test
