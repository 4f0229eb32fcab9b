/// \file observe/kernel/units.hpp  The pass that counts by unit: value, slope and every counter of every unit, one
/// reading of z.
///
/// The lanes hold neighboring units. A tile of a few samples of up to 1024 units is evaluated, and counted while it is
/// in the cache; its sums wait in a strip of 1024 units until up to 1024 samples have been seen, and then join the
/// record.
#pragma once

#include "satur/array/chunk.hpp"
#include "satur/observe/kernel/evaluate.hpp"
#include "satur/observe/kernel/sums.hpp"
#include "satur/observe/kernel/unit_strip.hpp"
#include "satur/record/saturation.hpp"
#include "satur/simd/tail.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace satur::detail {

/// The sums of half a register of float, or of a register of double, over the samples of a tile.
template <class W, bool Whole> struct unit_column {
  W shift;
  W output_shift;
  W slope_shift;
  W z = W(0);
  W square = W(0);
  W output = W(0);
  W magnitude = W(0);
  W slope = W(0);
  W output_square = W(0); ///< as slope_square: for the layer as a whole, not kept of a unit
  W slope_square = W(0);

  /// Nothing yet, of the units from u on.
  template <class T>
  SATUR_INLINE unit_column(strip_sums<T> const& s, std::size_t u)
      : shift(widened_from<W>(s.shift + u)), output_shift(widened_from<W>(s.output_shift + u)),
        slope_shift(widened_from<W>(s.slope_shift + u)) {}
  SATUR_INLINE unit_column(W const& around, W const& around_output, W const& around_slope)
      : shift(around), output_shift(around_output), slope_shift(around_slope) {}
  /// Multiplies what is summed around; so are the numbers that are added.
  template <class T> SATUR_INLINE void scale(strip_sums<T> const& s) {
    shift = shift * W(static_cast<sum_element<T>>(s.z_scale));
    output_shift = output_shift * W(static_cast<sum_element<T>>(s.output_scale));
    slope_shift = slope_shift * W(static_cast<sum_element<T>>(s.slope_scale));
  }

  SATUR_INLINE void add(W const& x, W const& value, W const& steepness) {
    add(x, value, steepness, magnitude_of(value));
  }
  /// `size` is |f(z)|, or 0 where f(z) does not count.
  SATUR_INLINE void add(W const& x, W const& value, W const& steepness, W const& size) {
    W const d = x - shift;
    z = math::madd(d, W(1.0), z);
    square = math::madd(d, d, square);
    W const value_off = value - output_shift;
    output = output + value_off;
    magnitude = math::madd(size, W(1.0), magnitude);
    W const slope_off = steepness - slope_shift;
    slope = slope + slope_off;
    if constexpr (Whole) {
      output_square = math::madd(value_off, value_off, output_square);
      slope_square = math::madd(slope_off, slope_off, slope_square);
    }
  }
  /// The same sums around other numbers; n numbers are in those of z and f(z), `seen` in those of f'(z).
  SATUR_INLINE void move(unit_column const& to, W const& n, W const& seen) {
    moved(z, square, shift - to.shift, n);
    moved(output, output_square, output_shift - to.output_shift, n);
    moved(slope, slope_square, slope_shift - to.slope_shift, seen);
  }
  SATUR_INLINE static void moved(W& sum, W& squares, W const& by, W const& n) {
    W const more = n * by;
    squares = squares + by * (sum + sum + more);
    sum = sum + more;
  }
  /// Other sums, around the same numbers.
  SATUR_INLINE void add(unit_column const& o) {
    z = z + o.z;
    square = square + o.square;
    output = output + o.output;
    magnitude = magnitude + o.magnitude;
    slope = slope + o.slope;
    if constexpr (Whole) {
      output_square = output_square + o.output_square;
      slope_square = slope_square + o.slope_square;
    }
  }
  template <class T> SATUR_INLINE void load(strip_sums<T> const& s, std::size_t u) {
    z = math::load<W>(s.z + u);
    square = math::load<W>(s.square + u);
    output = math::load<W>(s.output + u);
    magnitude = math::load<W>(s.magnitude + u);
    slope = math::load<W>(s.slope + u);
    if constexpr (Whole) {
      output_square = math::load<W>(s.output_square + u);
      slope_square = math::load<W>(s.slope_square + u);
    }
  }
  template <class T> SATUR_INLINE void store(strip_sums<T>& s, std::size_t u) const {
    math::store(s.z + u, z);
    math::store(s.square + u, square);
    math::store(s.output + u, output);
    math::store(s.magnitude + u, magnitude);
    math::store(s.slope + u, slope);
    if constexpr (Whole) {
      math::store(s.output_square + u, output_square);
      math::store(s.slope_square + u, slope_square);
    }
  }
};

/// Row-major (outer, units, inner); y and dy may be null. `off` is the output of a unit that is not active.
/// `layer_record`, where it is not null, takes what `observe` gives of the same numbers.
template <class T, class Bound> struct unit_pass {
  evaluator<T> act;
  Bound const& rule;
  T const* z;
  T* y;
  T* dy;
  unit_layout layout;
  T off;
  unit_records& record;
  saturation* layer_record;

  template <class L> SATUR_INLINE void run() {
    static_assert(static_cast<std::size_t>(math::lane_count<L>) <= widest_unit_lanes);
    auto const rule_in_lanes = rule.template over<L>();
    std::size_t const needed = unit_access::needed_units(record);
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
          strip<L, false, true>(rule_in_lanes, first, count, u, units, sums, buffers, of_strip);
        } else {
          strip<L, false, false>(rule_in_lanes, first, count, u, units, sums, buffers, of_strip);
        }
        bool const checked = !clean<L>(sums, units);
        if (checked) { // NaN, infinity or an overflow: once more, looking at each
          do {
            strip<L, true, true>(rule_in_lanes, first, count, u, units, sums, buffers, of_strip);
          } while (rescale(sums, units));
        }
        for (std::size_t i = 0; i < count; ++i) {
          saturated[i] += of_strip[i];
        }
        if (layer_record != nullptr) {
          join_whole<L>(sums, units, count, checked);
        }
        join<L>(sums, u, units, count, checked);
        sums.z_scale = sums.output_scale = sums.slope_scale = T(1);
      }
      std::uint64_t over = 0;
      for (std::size_t i = 0; i < count; ++i) {
        over += static_cast<std::size_t>(saturated[i]) >= needed;
      }
      unit_access::add_samples(record, count, over);
    }
  }

private:
  using S = sum_element<T>;
  using Int = typename strip_sums<T>::Int;
  static constexpr std::size_t room_elements = tile_elements<T> + tile_samples * widest_unit_lanes;
  struct room {
    alignas(64) T z[room_elements];
    alignas(64) T values[room_elements];
    alignas(64) T slopes[room_elements];
    alignas(64) Int rows[tile_samples * widest_unit_lanes];
    Int numbers[tile_samples]; ///< of the tile's samples in the strip, the first is 1; in memory, to be spread over
                               ///< lanes
  };
  /// `samples` samples of `units` units, each array with a stride of its own.
  struct tile {
    T const* z;
    T const* values;
    T const* slopes;
    std::size_t z_stride;
    std::size_t value_stride;
    std::size_t slope_stride;
    std::size_t samples;
    std::size_t units;
  };

  /// Whole: with what only the record of the layer wants.
  template <class L, bool Checked, bool Whole, class Rule>
  SATUR_INLINE void strip(Rule const& bound, std::size_t first, std::size_t count, std::size_t u, std::size_t units,
                          strip_sums<T>& sums, room& own, Int* saturated) {
    constexpr std::size_t width = static_cast<std::size_t>(math::lane_count<L>);
    sums.clear_rarities(units + widest_unit_lanes);
    // Where a unit's numbers lie together, a tile is long: each line of memory is read once.
    std::size_t const across = (std::min)(layout.inner == 1 ? tile_units : width, units);
    std::size_t const padded = (across + width - 1) / width * width;
    std::size_t const down = (std::min)(tile_samples, (std::max<std::size_t>)(1, tile_elements<T> / padded));
    for (std::size_t s = 0; s < count;) {
      std::size_t const in_outer = layout.inner == 1 ? count : layout.inner - (first + s) % layout.inner;
      std::size_t const samples = (std::min)({down, count - s, in_outer});
      std::fill(own.rows, own.rows + samples * width, Int(0));
      std::iota(own.numbers, own.numbers + samples, static_cast<Int>(s + 1));
      for (std::size_t b = 0; b < units; b += across) {
        std::size_t const here = (std::min)(across, units - b);
        bool const direct = layout.inner == 1 && here % width == 0;
        tile const t = direct ? evaluated(first + s, samples, u + b, here, own)
                              : packed(first + s, samples, u + b, here, (here + width - 1) / width * width, own);
        for (std::size_t k = 0; k < here; k += width) {
          if (s == 0) {
            center<L>(t.z, t.z_stride, t.samples, k, sums.shift + b);
            center<L>(t.values, t.value_stride, t.samples, k, sums.output_shift + b);
            center<L>(t.slopes, t.slope_stride, t.samples, k, sums.slope_shift + b);
            if constexpr (Checked) {
              center_again(first, count, t, k, (std::min)(here, k + width), u + b, sums, b);
            }
          }
          column<L, Checked, Whole>(bound, t, k, b + k, own.numbers, sums, own.rows);
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

  /// Evaluated where it lies. Where a row of the tile is a whole row of the layer, f(z) and f'(z) go where they are
  /// wanted; else by way of our own room: rows 4 kB apart would push each other out of the first cache.
  SATUR_INLINE tile evaluated(std::size_t s, std::size_t samples, std::size_t u, std::size_t units, room& own) const {
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
  SATUR_INLINE tile packed(std::size_t s, std::size_t samples, std::size_t u, std::size_t units, std::size_t padded,
                           room& own) const {
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

  /// The median of three of the tile's samples, unit by unit.
  template <class L>
  SATUR_INLINE static void center(T const* from, std::size_t stride, std::size_t samples, std::size_t k, T* to) {
    L const a = finite<L>(from + k);
    L const b = finite<L>(from + samples / 2 * stride + k);
    L const c = finite<L>(from + (samples - 1) * stride + k);
    math::store(to + k, math::maximum(math::minimum(a, b), L(math::minimum(math::maximum(a, b), c))));
  }
  /// The units [k, end) of the first tile of a strip, where not all of the three are finite: around a number of the
  /// unit that is. `unit` is the tile's first unit in the layer, `to` in the strip.
  void center_again(std::size_t first, std::size_t count, tile const& t, std::size_t k, std::size_t end,
                    std::size_t unit, strip_sums<T>& sums, std::size_t to) const {
    for (; k < end; ++k) {
      if (is_finite_number(t.z[k]) && is_finite_number(t.z[t.samples / 2 * t.z_stride + k]) &&
          is_finite_number(t.z[(t.samples - 1) * t.z_stride + k])) {
        continue;
      }
      T const typical = typical_of<T>(count, [&](std::size_t i) {
        std::size_t const s = first + i;
        return z[(s / layout.inner * layout.units + unit + k) * layout.inner + s % layout.inner];
      });
      T value;
      T slope;
      act.map(act.act, &typical, &value, &slope, 1);
      sums.shift[to + k] = finite_or_zero(typical);
      sums.output_shift[to + k] = finite_or_zero(value);
      sums.slope_shift[to + k] = finite_or_zero(slope);
    }
  }
  template <class L> SATUR_INLINE static L finite(T const* p) {
    using math::select;
    L const x = math::load<L>(p);
    return select(as_mask_of<L>(is_nan(x)) || as_mask_of<L>(is_infinite(x)), L(0), x);
  }

  /// One register of units, k in the tile and u in the strip, over the samples of the tile.
  template <class L, bool Checked, bool Whole, class Rule>
  SATUR_INLINE void column(Rule const& bound, tile const& t, std::size_t k, std::size_t u, Int const* numbers,
                           strip_sums<T>& sums, Int* rows) const {
    using W = typename pass_types<L>::wide;
    using C = std::conditional_t<math::is_lanes_v<L>, typename pass_types<L>::counter, Int>;
    using math::select;
    constexpr std::size_t width = static_cast<std::size_t>(math::lane_count<L>);
    constexpr std::size_t half = static_cast<std::size_t>(math::lane_count<W>);
    C low = C(0);
    C high = C(0);
    C active = C(0);
    C latest = C(0);
    [[maybe_unused]] L lowest = L(std::numeric_limits<T>::infinity());
    [[maybe_unused]] L highest = L(-std::numeric_limits<T>::infinity());
    C const one = units_here<L, C>(t.units - k);
    [[maybe_unused]] L const around = math::load<L>(sums.shift + u);
    [[maybe_unused]] L const around_output = math::load<L>(sums.output_shift + u);
    [[maybe_unused]] L const around_slope = math::load<L>(sums.slope_shift + u);
    unit_column<W, Whole> first(sums, u);
    unit_column<W, Whole> second(sums, u + (width - half));
    if constexpr (Checked) {
      first.scale(sums);
      second.scale(sums);
    }
    if (numbers[0] != 1) { // not the first tile: the sums so far
      low = math::load<C>(sums.low + u);
      high = math::load<C>(sums.high + u);
      active = math::load<C>(sums.active + u);
      latest = math::load<C>(sums.latest + u);
      if constexpr (Whole) {
        lowest = math::load<L>(sums.lowest + u);
        highest = math::load<L>(sums.highest + u);
      }
      first.load(sums, u);
      if constexpr (half < width) {
        second.load(sums, u + half);
      }
    }
    for (std::size_t i = 0; i < t.samples; ++i) {
      T const* const x = t.z + i * t.z_stride + k;
      T const* const f = t.values + i * t.value_stride + k;
      T const* const g = t.slopes + i * t.slope_stride + k;
      // The tile below, in the order of memory: the rows of this column may be 4 kB apart and push each other out.
      std::size_t const ahead = t.samples * t.units + k * t.samples + i * width;
      math::prefetch(t.z, ahead);
      math::prefetch(t.values, ahead);
      L const here = math::load<L>(x);
      L const value = math::load<L>(f);
      L const steepness = math::load<L>(g);
      auto is_low = bound.low(here, value, steepness);
      auto is_high = bound.high(here, value, steepness);
      auto is_active = value != L(off);
      if constexpr (Checked) {
        auto const no_number = as_mask_of<L>(is_nan(here));
        auto const boundless = as_mask_of<L>(is_infinite(here));
        auto const usable = !no_number && !boundless;
        is_low = is_low && !no_number;
        is_high = is_high && !no_number;
        is_active = is_active && !no_number;
        math::store(sums.nan + u, counted(math::load<C>(sums.nan + u), no_number, C(1)));
        math::store(sums.infinite + u, counted(math::load<C>(sums.infinite + u), boundless, C(1)));
        lowest = select(usable && here < lowest, here, lowest);
        highest = select(usable && here > highest, here, highest);
        T own[4][width];
        math::store(own[0], L(select(usable, here, around) * L(sums.z_scale))); // less the shift, that is nothing
        math::store(own[1], L(select(usable, value, around_output) * L(sums.output_scale)));
        math::store(own[2], L(select(no_number, around_slope, steepness) * L(sums.slope_scale)));
        math::store(own[3], L(select(usable, magnitude_of(value), L(0)) * L(sums.output_scale)));
        first.add(widened_from<W>(own[0]), widened_from<W>(own[1]), widened_from<W>(own[2]), widened_from<W>(own[3]));
        if constexpr (half < width) {
          second.add(widened_from<W>(own[0] + half), widened_from<W>(own[1] + half), widened_from<W>(own[2] + half),
                     widened_from<W>(own[3] + half));
        }
      } else {
        if constexpr (Whole) {
          lowest = math::minimum(here, lowest);
          highest = math::maximum(here, highest);
        }
        first.add(widened_from<W>(x), widened_from<W>(f), widened_from<W>(g));
        if constexpr (half < width) {
          second.add(widened_from<W>(x + half), widened_from<W>(f + half), widened_from<W>(g + half));
        }
      }
      low = counted(low, is_low, C(1));
      high = counted(high, is_high, C(1));
      active = counted(active, is_active, C(1));
      latest = chosen(is_active, C(numbers[i]), latest);
      Int* const row = rows + i * width;
      math::store(row, counted(counted(math::load<C>(row), is_low, one), is_high, one)); // no number is both
    }
    math::store(sums.low + u, low);
    math::store(sums.high + u, high);
    math::store(sums.active + u, active);
    math::store(sums.latest + u, latest);
    if constexpr (Whole) {
      math::store(sums.lowest + u, lowest);
      math::store(sums.highest + u, highest);
    }
    first.store(sums, u);
    if constexpr (half < width) {
      second.store(sums, u + half);
    }
  }

  /// All units of a strip as one: in lanes around the first one's centers, or else merged unit by unit.
  template <class L>
  SATUR_INLINE void join_whole(strip_sums<T> const& s, std::size_t units, std::size_t count, bool checked) const {
    std::uint64_t nan = 0;
    std::uint64_t infinite = 0;
    moments of_z;
    moments of_output;
    moments of_slope;
    if (checked || !joined<L>(s, units, count, of_z, of_output, of_slope)) {
      of_z = of_output = of_slope = {};
      for (std::size_t u = 0; u < units; ++u) {
        std::uint64_t const nans = checked ? static_cast<std::uint64_t>(s.nan[u]) : 0;
        std::uint64_t const infinities = checked ? static_cast<std::uint64_t>(s.infinite[u]) : 0;
        nan += nans;
        infinite += infinities;
        std::uint64_t const usable = count - nans - infinities;
        of_z += moments_from(usable, s.shift[u], s.z[u], s.square[u], s.z_scale);
        of_output += moments_from(usable, s.output_shift[u], s.output[u], s.output_square[u], s.output_scale);
        of_slope += moments_from(count - nans, s.slope_shift[u], s.slope[u], s.slope_square[u], s.slope_scale);
      }
    }
    layer_record->count += std::uint64_t{count} * units - nan;
    layer_record->nan += nan;
    layer_record->infinite += infinite;
    layer_record->low += std::accumulate(s.low, s.low + units, std::uint64_t{0});
    layer_record->high += std::accumulate(s.high, s.high + units, std::uint64_t{0});
    layer_record->slope += of_slope;
    layer_record->z += of_z;
    layer_record->output += of_output;
    layer_record->lowest_z =
        (std::min)(layer_record->lowest_z, static_cast<double>(*std::min_element(s.lowest, s.lowest + units)));
    layer_record->highest_z =
        (std::max)(layer_record->highest_z, static_cast<double>(*std::max_element(s.highest, s.highest + units)));
  }
  /// Where every unit has `count` finite numbers; false where a sum overflows.
  template <class L>
  SATUR_INLINE static bool joined(strip_sums<T> const& s, std::size_t units, std::size_t count, moments& of_z,
                                  moments& of_output, moments& of_slope) {
    using W = typename pass_types<L>::wide;
    std::size_t const in_lanes = units - units % static_cast<std::size_t>(math::lane_count<W>);
    unit_column<S, true> all = column_over<W>(s, 0, in_lanes, count);
    all.add(column_over<S>(s, in_lanes, units, count));
    std::uint64_t const n = std::uint64_t{count} * units;
    of_z = moments_from(n, all.shift, all.z, all.square);
    of_output = moments_from(n, all.output_shift, all.output, all.output_square);
    of_slope = moments_from(n, all.slope_shift, all.slope, all.slope_square);
    return is_finite_number(of_z.mean) && is_finite_number(of_output.mean) && is_finite_number(of_slope.mean);
  }
  /// The columns of the units [from, to) as one, around the strip's first centers.
  template <class W>
  SATUR_INLINE static unit_column<S, true> column_over(strip_sums<T> const& s, std::size_t from, std::size_t to,
                                                       std::size_t count) {
    unit_column<S, true> one(s, 0);
    unit_column<W, true> all(W(one.shift), W(one.output_shift), W(one.slope_shift));
    W const n = W(static_cast<S>(count));
    for (std::size_t u = from; u < to; u += static_cast<std::size_t>(math::lane_count<W>)) {
      unit_column<W, true> unit(s, u);
      unit.load(s, u);
      unit.move(all, n, n);
      all.add(unit);
    }
    one.z = sum_of(all.z);
    one.square = sum_of(all.square);
    one.output = sum_of(all.output);
    one.output_square = sum_of(all.output_square);
    one.slope = sum_of(all.slope);
    one.slope_square = sum_of(all.slope_square);
    return one;
  }

  /// 1 where the register holds a unit, 0 where it holds padding.
  template <class L, class C> SATUR_INLINE static C units_here(std::size_t n) {
    if constexpr (math::is_lanes_v<L>) {
      if (n < static_cast<std::size_t>(math::lane_count<L>)) {
        return chosen(first_lanes<L>(n), C(1), C(0));
      }
    }
    return C(1);
  }
  template <class C, class M> SATUR_INLINE static C chosen(M const& m, C const& a, C const& b) {
#if SATUR_HAS_LANES
    if constexpr (math::is_lanes_v<C>) {
      return math::select(math::mask_cast<math::element_t<C>>(m), a, b);
    } else
#endif
    {
      return m ? a : b;
    }
  }
  template <class C, class M> SATUR_INLINE static C counted(C const& n, M const& m, C const& one) {
    return chosen(m, C(n + one), n);
  }
  /// After a strip with checks: sets the scales by which to sum again, because finite numbers may have a sum that is
  /// not; false where that would change nothing.
  SATUR_INLINE static bool rescale(strip_sums<T>& s, std::size_t units) {
    bool again = false;
    if constexpr (std::same_as<T, S>) { // sums of float do not overflow in double
      auto const scaled = [&](S const* sums, T& scale) {
        if (scale == T(1) && !std::all_of(sums, sums + units, [](S x) { return is_finite_number(x); })) {
          scale = static_cast<T>(overflow_scale);
          again = true;
        }
      };
      scaled(s.z, s.z_scale);
      scaled(s.magnitude, s.output_scale); // f(z) less its shift, too
      scaled(s.output, s.output_scale);
      scaled(s.slope, s.slope_scale);
    }
    return again;
  }
  /// False where NaN, infinity or an overflow went in.
  template <class L> SATUR_INLINE static bool clean(strip_sums<T> const& s, std::size_t units) {
    using W = typename pass_types<L>::wide;
    constexpr std::size_t width = static_cast<std::size_t>(math::lane_count<W>);
    W total = W(0);
    for (std::size_t u = 0; u < units; u += width) { // the rest of the last register is padding, and finite
      total = total + math::load<W>(s.z + u) + math::load<W>(s.output + u) + math::load<W>(s.magnitude + u) +
              math::load<W>(s.slope + u);
    }
    S const sum = sum_of(total);
    return !(is_nan(sum) || is_infinite(sum));
  }

  template <class L>
  SATUR_INLINE void join(strip_sums<T> const& s, std::size_t first, std::size_t units, std::size_t count,
                         bool checked) {
    using W = typename pass_types<L>::wide;
    double const n = static_cast<double>(count);
    bool const alike = !checked && unit_access::alike(record, count);
    bool means_joined = false;
    if constexpr (std::same_as<math::element_t<W>, double>) {
      if (alike) {
        double const all = static_cast<double>(record.samples()) + n;
        strip_joining{record, first, units, n / all, 1.0 / n}.template run<W>(s);
        means_joined = true;
      }
    }
    if (!means_joined) {
      for (std::size_t u = 0; u < units; ++u) {
        auto const nan = static_cast<std::uint64_t>(s.nan[u]);
        auto const infinite = static_cast<std::uint64_t>(s.infinite[u]);
        std::uint64_t const usable = count - nan - infinite;
        unit_access::add_unit(record, first + u, count, nan, infinite,
                              mean_from(count - nan, s.slope_shift[u], s.slope[u], s.slope_scale),
                              moments_from(usable, s.shift[u], s.z[u], s.square[u], s.z_scale),
                              mean_from(usable, s.output_shift[u], s.output[u], s.output_scale),
                              mean_from(usable, T(0), s.magnitude[u], s.output_scale));
      }
    }
    for (auto const& [kind, counts] :
         {std::pair{of_low, s.low}, std::pair{of_high, s.high}, std::pair{of_active, s.active}}) {
      if (alike) {
        std::uint32_t* const to = unit_access::count(record, kind, first);
        for (std::size_t u = 0; u < units; ++u) {
          to[u] += static_cast<std::uint32_t>(counts[u]);
        }
      } else {
        for (std::size_t u = 0; u < units; ++u) {
          unit_access::add_count(record, kind, first + u, static_cast<std::uint64_t>(counts[u]));
        }
      }
    }
    std::uint32_t* const silence = unit_access::count(record, of_silence, first);
    auto const seen = static_cast<std::uint32_t>(count);
    for (std::size_t u = 0; u < units; ++u) {
      std::uint32_t const longer = unit_access::longer_silence(silence[u], seen);
      silence[u] = s.latest[u] > 0 ? seen - static_cast<std::uint32_t>(s.latest[u]) : longer;
    }
  }
};

} // namespace satur::detail
