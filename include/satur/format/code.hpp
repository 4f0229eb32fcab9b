/// \file format/code.hpp  The numbers that codes of a format stand for, and the code of a number.
///
/// One number at a time, for tests and tables. math/half.hpp converts arrays of 16-bit numbers.
#pragma once

#include "satur/error.hpp"
#include "satur/format/format.hpp"
#include "satur/format/rounding.hpp"

#include <cmath>
#include <cstdint>
#include <limits>

namespace satur { inline namespace SATUR_ABI {

namespace detail {
inline void require_codes(char const* function, format const& f) {
  if (f.codes == format::coding::none || f.bits < 2 || f.bits > 16) {
    bad_parameter(function, "format", f.name.view(), "a format with codes of 2 to 16 bits, such as formats::fp8_e4m3");
  }
}
} // namespace detail

/// The number that a code stands for; of integers, less the zero point. Bits above `f.bits` are ignored. Throws
/// std::invalid_argument if the format has no codes.
[[nodiscard]] inline double decode(format const& f, std::uint32_t code) {
  detail::require_codes("decode", f);
  std::uint32_t const sign = 1u << (f.bits - 1);
  code &= 2u * sign - 1u;
  if (f.is_integer()) {
    double const q = f.lowest < 0.0 && (code & sign) != 0 ? static_cast<double>(code) - 2.0 * sign : code;
    return q - f.zero_point;
  }
  int const fraction = f.fraction_bits();
  std::uint32_t const magnitude = code & (sign - 1u);
  std::uint32_t const exponent = magnitude >> fraction;
  std::uint32_t const rest = magnitude & ((1u << fraction) - 1u);
  std::uint32_t const last = (sign - 1u) >> fraction;
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  double const signum = (code & sign) != 0 ? -1.0 : 1.0;
  if (f.codes == format::coding::ieee && exponent == last) {
    return rest != 0 ? nan : signum * std::numeric_limits<double>::infinity();
  }
  if ((f.codes == format::coding::one_nan && magnitude == sign - 1u) ||
      (f.codes == format::coding::unsigned_zero && code == sign)) {
    return nan;
  }
  double const steps = exponent == 0 ? rest : rest + std::ldexp(1.0, fraction);
  return signum * std::ldexp(f.smallest_subnormal * steps, exponent == 0 ? 0 : static_cast<int>(exponent) - 1);
}

/// The code of x, rounded to nearest, ties to even. What is too large becomes what `beyond` says. NaN: the quiet NaN of
/// the format; 0 of formats without one. -0 keeps its sign where the format has it. Throws std::invalid_argument if the
/// format has no codes.
[[nodiscard]] inline std::uint32_t encode(format const& f, double x, overflow beyond = overflow::saturate) {
  detail::require_codes("encode", f);
  std::uint32_t const sign = 1u << (f.bits - 1);
  if (f.is_integer()) {
    if (detail::is_nan(x)) {
      return 0;
    }
    double const q = std::fmin(std::fmax(round_to(f, x) + f.zero_point, f.lowest), f.largest);
    return static_cast<std::uint32_t>(static_cast<std::int32_t>(q)) & (2u * sign - 1u);
  }
  int const fraction = f.fraction_bits();
  bool const fnuz = f.codes == format::coding::unsigned_zero;
  std::uint32_t const quiet = f.codes == format::coding::ieee
                                  ? ((sign - 1u) >> fraction << fraction) | (1u << fraction >> 1)
                                  : (f.codes == format::coding::one_nan ? sign - 1u : (fnuz ? sign : 0u));
  if (detail::is_nan(x)) {
    return quiet;
  }
  std::uint32_t const minus = std::signbit(x) ? sign : 0u;
  double rounded = std::fabs(round_to(f, x));
  if (rounded > f.largest) {
    if (beyond == overflow::special && f.codes == format::coding::ieee) {
      return minus | ((sign - 1u) >> fraction << fraction);
    }
    if (beyond == overflow::special && f.codes != format::coding::finite) {
      return fnuz ? quiet : minus | quiet;
    }
    rounded = f.largest;
  }
  if (rounded == 0.0) {
    return fnuz ? 0u : minus;
  }
  int exponent = 0;
  std::frexp(rounded, &exponent); // rounded is in [2^(exponent - 1), 2^exponent)
  int const above = (exponent - 1) - f.least_exponent();
  double const steps = std::ldexp(rounded / f.smallest_subnormal, above > 0 ? -above : 0);
  auto const magnitude = static_cast<std::uint32_t>(steps); // the leading bit of a normal number adds 1 to the exponent
  return minus | (magnitude + (above > 0 ? static_cast<std::uint32_t>(above) << fraction : 0u));
}

}} // namespace satur::SATUR_ABI
