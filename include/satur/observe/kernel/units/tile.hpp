/// \file observe/kernel/units/tile.hpp  A few samples of neighboring units, evaluated while they are in the cache.
#pragma once

#include "satur/array/unit_layout.hpp"
#include "satur/observe/kernel/evaluate.hpp"
#include "satur/observe/kernel/units/strip.hpp"

#include <algorithm>

namespace satur::inline SATUR_ABI::detail {

/// `samples` samples of `units` units, each array with a stride of its own.
template <class T> struct unit_tile {
  T const* z;
  T const* values;
  T const* slopes;
  std::size_t z_stride;
  std::size_t value_stride;
  std::size_t slope_stride;
  std::size_t samples;
  std::size_t units;
};

/// Where tiles come from: row-major (outer, units, inner). y and dy take f(z) and f'(z), and may be null.
template <class T> struct tile_source {
  evaluator<T> act;
  T const* z;
  T* y;
  T* dy;
  unit_layout layout;

  using Int = typename strip_sums<T>::Int;
  static constexpr std::size_t room_elements = tile_elements<T> + tile_samples * widest_unit_lanes;
  struct room {
    alignas(64) T z[room_elements];
    alignas(64) T values[room_elements];
    alignas(64) T slopes[room_elements];
    alignas(64) Int rows[tile_samples * widest_unit_lanes];
  };

  /// z of sample s, unit u.
  [[nodiscard]] SATUR_INLINE T at(std::size_t s, std::size_t u) const {
    return z[(s / layout.inner * layout.units + u) * layout.inner + s % layout.inner];
  }

  /// Evaluated where it lies. Where a row of the tile is a whole row of the layer, f(z) and f'(z) go where they are
  /// wanted; else by way of our own room: rows 4 kB apart would push each other out of the first cache.
  SATUR_INLINE unit_tile<T> evaluated(std::size_t s, std::size_t samples, std::size_t u, std::size_t units,
                                      room& own) const {
    std::size_t const at = s * layout.units + u;
    bool const whole = units == layout.units;
    T* const values = whole && y != nullptr ? y + at : own.values;
    T* const slopes = whole && dy != nullptr ? dy + at : own.slopes;
    if (whole) {
      act.map(act.act, z + at, values, slopes, samples * units);
    } else {
      for (std::size_t i = 0; i < samples; ++i) {
        T* const row = values + i * units;
        T* const slope_row = slopes + i * units;
        act.map(act.act, z + at + i * layout.units, row, slope_row, units);
        if (y != nullptr) {
          std::copy(row, row + units, y + at + i * layout.units);
        }
        if (dy != nullptr) {
          std::copy(slope_row, slope_row + units, dy + at + i * layout.units);
        }
      }
    }
    return {z + at, values, slopes, layout.units, units, units, samples, units};
  }
  /// Copied together, units side by side and padded with 0, evaluated there, and copied to where it is wanted.
  SATUR_INLINE unit_tile<T> packed(std::size_t s, std::size_t samples, std::size_t u, std::size_t units,
                                   std::size_t padded, room& own) const {
    std::size_t const at = (s / layout.inner * layout.units + u) * layout.inner + s % layout.inner;
    auto const each = [&](auto const& f) { // f(place in z, place in the tile), in the order of memory
      if (layout.inner == 1) {
        for (std::size_t i = 0; i < samples; ++i) {
          for (std::size_t k = 0; k < units; ++k) {
            f(at + i * layout.units + k, i * padded + k);
          }
        }
      } else {
        for (std::size_t k = 0; k < units; ++k) {
          for (std::size_t i = 0; i < samples; ++i) {
            f(at + k * layout.inner + i, i * padded + k);
          }
        }
      }
    };
    for (std::size_t i = 0; i < samples; ++i) {
      std::fill(own.z + i * padded + units, own.z + (i + 1) * padded, T(0));
    }
    each([&](std::size_t there, std::size_t here) { own.z[here] = z[there]; });
    act.map(act.act, own.z, own.values, own.slopes, samples * padded);
    if (y != nullptr) {
      each([&](std::size_t there, std::size_t here) { y[there] = own.values[here]; });
    }
    if (dy != nullptr) {
      each([&](std::size_t there, std::size_t here) { dy[there] = own.slopes[here]; });
    }
    return {own.z, own.values, own.slopes, padded, padded, padded, samples, units};
  }
};

} // namespace satur::inline SATUR_ABI::detail
