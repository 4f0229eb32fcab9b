/// \file format/rounding.hpp  A number rounded to a format without a bound.
#pragma once

#include "satur/error.hpp"
#include "satur/format/format.hpp"

#include <cmath>

namespace satur { inline namespace SATUR_ABI {

/// x on the grid of the format, rounded to nearest, ties to even, as if there were no largest number: the result can
/// lie beyond `largest`. NaN and infinity stay. For integers x is what is stored less the zero point: the zero point is
/// added to the rounded number (ONNX QuantizeLinear), so that it does not decide a tie.
[[nodiscard]] inline double round_to(format const& f, double x) {
  if (!detail::is_finite(x)) {
    return x;
  }
  if (f.is_integer()) {
    return std::nearbyint(x);
  }
  int exponent = 0;
  std::frexp(x, &exponent);
  int const above = (exponent - 1) - f.least_exponent();
  double const step = std::ldexp(f.smallest_subnormal, above > 0 ? above : 0);
  return std::nearbyint(x / step) * step;
}

}} // namespace satur::SATUR_ABI
