/// \file record/gradient.hpp  The gradients of one layer: size, zeros, what is not finite.
#pragma once

#include "satur/statistics/moments.hpp"

#include <cmath>
#include <cstdint>
#include <limits>

namespace satur { inline namespace SATUR_ABI {

/// What came back: dL/dz of one layer. A regular, mergeable value.
struct gradient_record {
  std::uint64_t count = 0;    ///< finite values
  std::uint64_t zeros = 0;    ///< exactly 0
  std::uint64_t nan = 0;      ///< NaN
  std::uint64_t infinite = 0; ///< +inf or -inf
  compensated_sum square;     ///< sum of squares of the finite values

  /// Root mean square of the finite values; NaN where there are none.
  [[nodiscard]] double rms() const {
    return count == 0 ? std::numeric_limits<double>::quiet_NaN()
                      : std::sqrt(square.value() / static_cast<double>(count));
  }
  /// Square root of the sum of squares of the finite values; NaN where there are none.
  [[nodiscard]] double norm() const {
    return count == 0 ? std::numeric_limits<double>::quiet_NaN() : std::sqrt(square.value());
  }
  /// Share of the finite values that are exactly 0; NaN where there are none.
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

}} // namespace satur::SATUR_ABI
