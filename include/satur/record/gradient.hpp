/// \file record/gradient.hpp  The gradients of one layer: size, zeros, what is not finite.
#pragma once

#include "satur/statistics/moments.hpp"
#include "satur/text/number.hpp"

#include <cmath>
#include <cstdint>
#include <limits>
#include <ostream>

namespace satur { inline namespace SATUR_ABI {

/// What came back: dL/dz of one layer. A regular, mergeable value.
///
/// Limits: squares are summed in double. One |dL/dz| above 1.34e154 (only a double can be that large), or a sum of
/// squares above 1.8e308, makes `square` infinite, and so `rms` and `norm`, although the true ones may be finite;
/// merging keeps it infinite. Below 1.58e-162 a square is 0: values that small count in `count` but add nothing to
/// `square`.
struct gradient_record {
  std::uint64_t count = 0;    ///< finite values
  std::uint64_t zeros = 0;    ///< exactly 0
  std::uint64_t nan = 0;      ///< NaN
  std::uint64_t infinite = 0; ///< +inf or -inf
  compensated_sum square;     ///< sum of squares of the finite values; see the limits above

  /// Root mean square of the finite values; NaN if there are none, infinite if the sum of squares overflowed.
  [[nodiscard]] double rms() const {
    return count == 0 ? std::numeric_limits<double>::quiet_NaN()
                      : std::sqrt(square.value() / static_cast<double>(count));
  }
  /// Square root of the sum of squares of the finite values; NaN if there are none, infinite if the sum overflowed.
  [[nodiscard]] double norm() const {
    return count == 0 ? std::numeric_limits<double>::quiet_NaN() : std::sqrt(square.value());
  }
  /// Share of the finite values that are exactly 0; NaN if there are none.
  [[nodiscard]] double zero_fraction() const {
    return count == 0 ? std::numeric_limits<double>::quiet_NaN()
                      : static_cast<double>(zeros) / static_cast<double>(count);
  }
  [[nodiscard]] bool nonfinite() const { return nan != 0 || infinite != 0; }
  gradient_record& operator+=(gradient_record const& o) {
    count += o.count;
    zeros += o.zeros;
    nan += o.nan;
    infinite += o.infinite;
    square += o.square;
    return *this;
  }
  bool operator==(gradient_record const&) const = default;
};

/// "dL/dz of 128 finite values: rms 0.0125, 3.1 % exactly 0", and how many are not finite.
inline std::ostream& operator<<(std::ostream& out, gradient_record const& g) {
  out << "dL/dz of " << detail::count_text(g.count, "finite value") << ": rms " << text::significant(g.rms(), 4) << ", "
      << text::percent(g.zero_fraction()) << " % exactly 0";
  if (g.nonfinite()) {
    out << "; NOT FINITE: " << text::number(g.nan) << " NaN, " << text::number(g.infinite) << " infinite";
  }
  return out;
}

}} // namespace satur::SATUR_ABI
