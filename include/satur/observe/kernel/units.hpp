/// \file observe/kernel/units.hpp  The pass that counts by unit: value, slope and every counter of every unit, one
/// reading of z.
///
/// The lanes hold neighboring units. A tile of a few samples of up to 1024 units is evaluated, and counted while it is
/// in the cache; its sums wait in a strip of 1024 units until up to 1024 samples have been seen, and then join the
/// record.
#pragma once

#include "satur/array/chunk.hpp"
#include "satur/observe/kernel/units/column.hpp"
#include "satur/observe/kernel/units/joining.hpp"
#include "satur/rule/limits.hpp"

#include <algorithm>
#include <utility>

namespace satur::inline SATUR_ABI::detail {

/// `off` is the output of a unit that is not active. `layer_record`, where it is not null, takes what `observe` gives
/// of the same numbers.
template <class T> struct unit_pass {
  tile_source<T> source;
  limits_in_lanes<T> const& rule;
  T off;
  unit_records& record;
  saturation* layer_record;

  template <class L> SATUR_INLINE void run() {
    static_assert(static_cast<std::size_t>(math::lane_count<L>) <= widest_unit_lanes);
    limits_in_lanes<L> const bound = rule.template over<L>();
    std::size_t const needed = unit_access::needed_units(record);
    unit_layout const& layout = source.layout;
    strip_sums<T> sums;
    room buffers;
    Int saturated[strip_samples];
    Int of_strip[strip_samples];
    std::size_t const samples = layout.samples();
    for (std::size_t first = 0; first < samples; first += strip_samples) {
      std::size_t const count = (std::min)(strip_samples, samples - first);
      std::fill(saturated, saturated + count, Int(0));
      for (std::size_t u = 0; u < layout.units; u += strip_units) {
        std::size_t const units = (std::min)(strip_units, layout.units - u);
        if (layer_record != nullptr) {
          strip<L, false, true>(bound, first, count, u, units, sums, buffers, of_strip);
        } else {
          strip<L, false, false>(bound, first, count, u, units, sums, buffers, of_strip);
        }
        bool const checked = !is_clean<L>(sums, units);
        if (checked) { // NaN, infinity or an overflow: once more, looking at each
          do {
            strip<L, true, true>(bound, first, count, u, units, sums, buffers, of_strip);
          } while (rescale(sums, units));
        }
        for (std::size_t i = 0; i < count; ++i) {
          saturated[i] += of_strip[i];
        }
        unit_joining<T> const joining{sums, units, count, checked};
        if (layer_record != nullptr) {
          joining.template into<L>(*layer_record);
        }
        joining.template into<L>(unit_access::store(record), u);
        sums.reset_scales();
      }
      std::uint64_t over = 0;
      for (std::size_t i = 0; i < count; ++i) {
        over += static_cast<std::size_t>(saturated[i]) >= needed;
      }
      unit_access::add_samples(record, count, over);
    }
  }

private:
  using Int = typename strip_sums<T>::Int;
  using room = typename tile_source<T>::room;
  using tile = unit_tile<T>;
  using every_column = std::make_index_sequence<unit_columns>;

  /// Whole: with what only the record of the layer wants.
  template <class L, bool Checked, bool Whole>
  SATUR_INLINE void strip(limits_in_lanes<L> const& bound, std::size_t first, std::size_t count, std::size_t u,
                          std::size_t units, strip_sums<T>& sums, room& own, Int* saturated) const {
    constexpr std::size_t width = static_cast<std::size_t>(math::lane_count<L>);
    unit_layout const& layout = source.layout;
    sums.clear_rarities(units + widest_unit_lanes);
    // Where a unit's numbers lie together, a tile is long: each line of memory is read once.
    std::size_t const across = (std::min)(layout.inner == 1 ? tile_units : width, units);
    std::size_t const padded = (across + width - 1) / width * width;
    std::size_t const down = (std::min)(tile_samples, (std::max<std::size_t>)(1, tile_elements<T> / padded));
    for (std::size_t s = 0; s < count;) {
      std::size_t const in_outer = layout.inner == 1 ? count : layout.inner - (first + s) % layout.inner;
      std::size_t const samples = (std::min)({down, count - s, in_outer});
      std::fill(own.rows, own.rows + samples * width, Int(0));
      for (std::size_t b = 0; b < units; b += across) {
        std::size_t const here = (std::min)(across, units - b);
        bool const direct = layout.inner == 1 && here % width == 0;
        tile const t = direct ? source.evaluated(first + s, samples, u + b, here, own)
                              : source.packed(first + s, samples, u + b, here, (here + width - 1) / width * width, own);
        for (std::size_t k = 0; k < here; k += width) {
          if (s == 0) {
            center<L>(t, k, sums, b, every_column{});
            if constexpr (Checked) {
              center_again(first, count, t, k, (std::min)(here, k + width), u + b, sums, b, every_column{});
            }
          }
          add_column<L, Checked, Whole>(bound, off, t, k, b + k, static_cast<Int>(s + 1), sums, own.rows,
                                        every_column{});
        }
      }
      for (std::size_t i = 0; i < samples; ++i) {
        Int sum = 0;
        for (std::size_t k = 0; k < width; ++k) {
          sum += own.rows[i * width + k];
        }
        saturated[s + i] = sum;
      }
      s += samples;
    }
  }

  /// The units from k on of the first tile of a strip; `to` is the tile's first unit in the strip.
  template <class L, std::size_t... C>
  SATUR_INLINE static void center(tile const& t, std::size_t k, strip_sums<T>& sums, std::size_t to,
                                  std::index_sequence<C...>) {
    (center_column<L, C>(t, k, sums.shift[C] + to + k), ...);
  }
  /// The median of three of the tile's samples, unit by unit.
  template <class L, std::size_t C>
  SATUR_INLINE static void center_column(tile const& t, std::size_t k, [[maybe_unused]] T* to) {
    if constexpr (is_centered(C)) {
      L const a = finite_value<L, C>(t, 0, k);
      L const b = finite_value<L, C>(t, t.samples / 2, k);
      L const c = finite_value<L, C>(t, t.samples - 1, k);
      math::store(to, math::maximum(math::minimum(a, b), L(math::minimum(math::maximum(a, b), c))));
    }
  }
  template <class L, std::size_t C>
  SATUR_INLINE static L finite_value(tile const& t, std::size_t sample, std::size_t k) {
    L const x = value_of<statistic_of(C).value>(math::load<L>(t.z + sample * t.z_stride + k),
                                                math::load<L>(t.values + sample * t.value_stride + k),
                                                math::load<L>(t.slopes + sample * t.slope_stride + k));
    return math::select(as_mask_of<L>(is_nan(x)) || as_mask_of<L>(is_infinite(x)), L(0), x);
  }
  /// The units [k, end) of the first tile of a strip, where not all of the three are finite: around a number of the
  /// unit that is. `unit` is the tile's first unit in the layer, `to` in the strip.
  template <std::size_t... C>
  void center_again(std::size_t first, std::size_t count, tile const& t, std::size_t k, std::size_t end,
                    std::size_t unit, strip_sums<T>& sums, std::size_t to, std::index_sequence<C...>) const {
    for (; k < end; ++k) {
      if (is_finite_number(t.z[k]) && is_finite_number(t.z[t.samples / 2 * t.z_stride + k]) &&
          is_finite_number(t.z[(t.samples - 1) * t.z_stride + k])) {
        continue;
      }
      T const typical = typical_of<T>(count, [&](std::size_t i) { return source.at(first + i, unit + k); });
      T value;
      T slope;
      source.act.map(source.act.act, &typical, &value, &slope, 1);
      ((sums.shift[C][to + k] = finite_or_zero(value_of<statistic_of(C).value>(typical, value, slope))), ...);
    }
  }
};

} // namespace satur::inline SATUR_ABI::detail

SATUR_COMPILED_PASS(float, satur::detail::unit_pass<float>);
SATUR_COMPILED_PASS(double, satur::detail::unit_pass<double>);
