/// \file observe/kernel/units/strip.hpp  Sums of neighboring units on their way into a record.
#pragma once

#include "satur/observe/kernel/sums.hpp"
#include "satur/record/units/unit_statistics.hpp"
#include "satur/simd/loop.hpp"

#include <type_traits>

namespace satur::inline SATUR_ABI::detail {

inline constexpr std::size_t strip_units = 1024;
inline constexpr std::size_t strip_samples = 1024;
template <class T> inline constexpr std::size_t tile_elements = 65536 / sizeof(T);
inline constexpr std::size_t tile_units = strip_units;
inline constexpr std::size_t tile_samples = 64;
inline constexpr std::size_t widest_unit_lanes = 16; ///< lanes

/// Column C of the sums is statistic forward_statistics[C]: a mean of a value made from z, f(z) and f'(z).
inline constexpr std::size_t unit_columns = forward_statistics.size();
[[nodiscard]] constexpr unit_statistic const& statistic_of(std::size_t column) {
  return unit_statistics[forward_statistics[column]];
}
/// Whether a column is summed around a value of the unit's own, so that a large mean costs the variance no digits.
[[nodiscard]] constexpr bool is_centered(std::size_t column) {
  return statistic_of(column).value != unit_value::magnitude;
}
/// Whether squares are summed: for the variance of the units, or `whole`, for that of the layer.
[[nodiscard]] constexpr bool sums_squares(std::size_t column, bool whole) {
  return has_variance(forward_statistics[column]) || (whole && statistic_of(column).layer != nullptr);
}

/// The sums of a strip. Int is as wide as T, so that a counter fits the mask of a comparison.
template <class T> struct strip_sums {
  using S = sum_element<T>;
  using Int = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;
  static constexpr std::size_t room = strip_units + widest_unit_lanes;

  alignas(64) T shift[unit_columns][room]; ///< around which a centered column is summed
  T scale[unit_columns];                   ///< powers of 2 that the differences are multiplied by, against overflow
  alignas(64) S sum[unit_columns][room];
  alignas(64) S square[unit_columns][room]; ///< where `sums_squares`
  alignas(64) Int low[room];
  alignas(64) Int high[room];
  alignas(64) Int active[room];
  alignas(64) Int latest[room]; ///< number of the last active sample, the first is 1
  alignas(64) Int nan[room];
  alignas(64) Int infinite[room];
  // only for the record of the layer
  alignas(64) T lowest[room];
  alignas(64) T highest[room];

  strip_sums() { reset_scales(); }
  void reset_scales() { std::fill(scale, scale + unit_columns, T(1)); }
  /// What only a tile with NaN or infinity writes; all else begins in the registers of the first tile.
  void clear_rarities(std::size_t n) {
    std::fill(nan, nan + n, Int(0));
    std::fill(infinite, infinite + n, Int(0));
  }
  /// What column C is summed around.
  template <std::size_t C> [[nodiscard]] SATUR_INLINE T center(std::size_t u) const {
    if constexpr (is_centered(C)) {
      return shift[C][u];
    } else {
      return T(0);
    }
  }
};

} // namespace satur::inline SATUR_ABI::detail
