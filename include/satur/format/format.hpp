/// \file format/format.hpp  A number format: how far it reaches, and how fine it is.
#pragma once

#include "satur/text/label.hpp"

#include <cmath>
#include <cstdint>

namespace satur { inline namespace SATUR_ABI {

/// A number format with few bits. A regular value. The first five numbers say everything that a loss depends on, so a
/// format of your own needs no more:
///
///     satur::format const mine{"fp8_e3m4", -15.5, 15.5, 0x1p-2, 0x1p-6};
///
/// A floating format holds ±m 2^e with smallest_normal / smallest_subnormal steps in each octave, and multiples of
/// smallest_subnormal below smallest_normal. An integer format holds the integers from lowest to largest; both smallest
/// numbers are 1. Whether a conversion to the format saturates, or makes infinity or NaN of what is too large, is the
/// conversion's affair (`overflow`).
struct format {
  /// What the codes beside the finite numbers mean.
  enum class coding : std::uint8_t {
    none,          ///< there are no codes: only losses can be counted
    ieee,          ///< the last exponent is infinity and NaN
    one_nan,       ///< no infinity; all bits set is NaN (OCP e4m3)
    unsigned_zero, ///< no infinity and no -0; the code of -0 is NaN (the fnuz formats)
    finite,        ///< every code is a finite number (OCP e2m1)
    integer        ///< two's complement if lowest < 0, else unsigned; NaN has no code
  };

  label name;
  double lowest = 0.0; ///< most negative finite number
  double largest = 0.0;
  double smallest_normal = 1.0;
  double smallest_subnormal = 1.0;
  int bits = 0; ///< of a code, at most 16; 0 if there are no codes
  coding codes = coding::none;
  /// Integers only: the code of 0. An integer q stands for q - zero_point, so limits of x * scale move by it.
  double zero_point = 0.0;

  [[nodiscard]] constexpr bool is_integer() const { return codes == coding::integer; }
  /// Bits of the fraction that are stored: 3 of e4m3. 0 for integers.
  [[nodiscard]] int fraction_bits() const {
    return is_integer() ? 0 : static_cast<int>(std::lround(std::log2(smallest_normal / smallest_subnormal)));
  }
  /// The exponent of the smallest normal number: -6 of e4m3.
  [[nodiscard]] int least_exponent() const { return static_cast<int>(std::lround(std::log2(smallest_normal))); }
  /// The least and the largest number that x * scale can be without loss of range: lowest and largest, for integers
  /// less the zero point.
  [[nodiscard]] constexpr double low_end() const { return lowest - zero_point; }
  [[nodiscard]] constexpr double high_end() const { return largest - zero_point; }

  bool operator==(format const&) const = default;
};

/// What a conversion makes of a number that is too large.
enum class overflow : std::uint8_t {
  saturate, ///< the nearest finite number; the usual way with fp8, fp4 and integers
  special   ///< infinity if the format has one, else NaN; integers and formats without either saturate
};

}} // namespace satur::SATUR_ABI
