/// \file record/format_loss.hpp  What of an array leaves a number format: too large, too small, subnormal.
#pragma once

#include "satur/format/format.hpp"
#include "satur/statistics/moments.hpp"

#include <cstdint>

namespace satur { inline namespace SATUR_ABI {

/// What of x * scale leaves a number format. A regular, mergeable value; `observe_format` makes it in one pass.
///
/// Published definitions of "too large" differ, so there are two counters. NaN is in `nan` alone; infinity is in
/// `count`, in `infinite`, and beyond its limit by both definitions.
struct format_loss {
  satur::format format;
  double scale = 1.0;                ///< x * scale is what is stored; the product is rounded to double
  std::uint64_t count = 0;           ///< numbers seen, NaN not among them
  std::uint64_t to_limit = 0;        ///< rounded without a bound they would lie beyond `largest` or `lowest`
  std::uint64_t to_low_limit = 0;    ///< those of `to_limit` that are negative
  std::uint64_t before_rounding = 0; ///< x * scale itself is beyond `largest` or `lowest` (TransformerEngine's way)
  std::uint64_t to_zero = 0;         ///< not zero, and rounded to zero
  std::uint64_t subnormal = 0;       ///< rounded to a number that is not zero and below `smallest_normal`
  std::uint64_t zeros = 0;           ///< exactly 0 or -0
  std::uint64_t nan = 0;
  std::uint64_t infinite = 0;
  double amax = 0.0;             ///< largest |x| of the finite ones, without the scale; 0 if there is none
  double smallest_nonzero = 0.0; ///< smallest |x| that is not 0, without the scale; 0 if there is none

  bool operator==(format_loss const&) const = default;
};

}} // namespace satur::SATUR_ABI
