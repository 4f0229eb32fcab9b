/// \file observe/kernel/unit_strip.hpp  Sums of neighboring units on their way into a record.
#pragma once

#include "satur/observe/kernel/sums.hpp"
#include "satur/observe/kernel/unit_access.hpp"
#include "satur/simd/tail.hpp"

#include <type_traits>

namespace satur::detail {

inline constexpr std::size_t strip_units = 1024;
inline constexpr std::size_t strip_samples = 1024;
template <class T> inline constexpr std::size_t tile_elements = 65536 / sizeof(T);
inline constexpr std::size_t tile_units = strip_units;
inline constexpr std::size_t tile_samples = 64;
inline constexpr std::size_t widest_unit_lanes = 16; ///< lanes

/// The sums of a strip. Int is as wide as T, so that a counter fits the mask of a comparison.
template <class T> struct strip_sums {
  using S = sum_element<T>;
  using Int = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;
  static constexpr std::size_t room = strip_units + widest_unit_lanes;

  // around which z, f(z) and f'(z) are summed, so that a large mean costs the variance no digits
  alignas(64) T shift[room];
  alignas(64) T output_shift[room];
  alignas(64) T slope_shift[room];
  // powers of 2 by which the differences are multiplied: 1 but where the sums would overflow
  T z_scale = T(1);
  T output_scale = T(1); ///< of |f(z)| too
  T slope_scale = T(1);
  alignas(64) S z[room];
  alignas(64) S square[room];
  alignas(64) S output[room];
  alignas(64) S magnitude[room];
  alignas(64) S slope[room];
  alignas(64) Int low[room];
  alignas(64) Int high[room];
  alignas(64) Int active[room];
  alignas(64) Int latest[room]; ///< number of the last active sample, the first is 1
  alignas(64) Int nan[room];
  alignas(64) Int infinite[room];
  // of which only the layer as a whole keeps anything
  alignas(64) S output_square[room];
  alignas(64) S slope_square[room];
  alignas(64) T lowest[room];
  alignas(64) T highest[room];

  /// What only a tile with NaN or infinity writes; all else begins in the registers of the first tile.
  void clear_rarities(std::size_t n) {
    std::fill(nan, nan + n, Int(0));
    std::fill(infinite, infinite + n, Int(0));
  }
};

/// Sums of a strip as means that join the record; every unit has seen as many numbers.
struct strip_joining {
  unit_records& record;
  std::size_t first; ///< unit
  std::size_t units;
  double weight;  ///< of the strip's samples among all
  double inverse; ///< 1 / samples

  template <class W, class T> SATUR_INLINE void run(strip_sums<T> const& s) const {
    constexpr std::size_t width = static_cast<std::size_t>(math::lane_count<W>);
    double* const slope = unit_access::mean(record, of_slope, first);
    double* const output = unit_access::mean(record, of_output, first);
    double* const magnitude = unit_access::mean(record, of_magnitude, first);
    double* const z = unit_access::mean(record, of_z, first);
    double* const deviation = unit_access::mean(record, of_deviation, first);
    W const w = W(weight);
    W const inv = W(inverse);
    for (std::size_t u = 0; u < units; u += width) {
      std::size_t const here = (std::min)(width, units - u);
      toward(slope + u, here, widened_from<W>(s.slope_shift + u) + math::load<W>(s.slope + u) * inv, w);
      toward(output + u, here, widened_from<W>(s.output_shift + u) + math::load<W>(s.output + u) * inv, w);
      toward(magnitude + u, here, math::load<W>(s.magnitude + u) * inv, w);
      W const off = math::load<W>(s.z + u) * inv;
      W const spread = math::maximum(W(math::load<W>(s.square + u) * inv - off * off), W(0.0));
      W const mean = load_first<W>(z + u, here, 0.0);
      W const value = widened_from<W>(s.shift + u) + off;
      W const v = load_first<W>(deviation + u, here, 0.0);
      store_first(z + u, moved_mean(mean, value, w), here);
      store_first(deviation + u, joint_variance(v, spread, W(value - mean), w), here);
    }
  }

private:
  template <class W> SATUR_INLINE static void toward(double* mean, std::size_t here, W const& value, W const& w) {
    W const old = load_first<W>(mean, here, 0.0);
    store_first(mean, moved_mean(old, value, w), here);
  }
};

} // namespace satur::detail
