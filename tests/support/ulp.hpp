// Distance from the truth in units in the last place of the type that holds the result.
#pragma once

#include "satur/testing/ulp.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace test {

using satur::testing::false_zero;
using satur::testing::ulp_error;

/// `ulp_error` for a float and a truth in double, fast enough for a sweep of all floats.
inline double ulp_error_of_float(float got, double exact) {
  std::uint64_t const exponent = std::bit_cast<std::uint64_t>(exact) >> 52 & 0x7ff;
  if (exponent > 1022 + 127 || !std::isfinite(got)) { // overflow, infinity, NaN
    return ulp_error(got, static_cast<long double>(exact));
  }
  std::uint64_t const unit = std::max<std::uint64_t>(exponent, 1022 - 125) - 23; // biased exponent of one ulp
  return std::fabs(static_cast<double>(got) - exact) * std::bit_cast<double>((2046 - unit) << 52);
}

} // namespace test
