/// \file observe/kernel/units/column.hpp  One register of units over the samples of a tile.
#pragma once

#include "satur/observe/kernel/units/sums.hpp"
#include "satur/observe/kernel/units/tile.hpp"
#include "satur/rule/limits.hpp"

#include <limits>
#include <utility>

namespace satur::inline SATUR_ABI::detail {

/// a where m, else b; C may be as wide as the mask's numbers, and of another kind.
template <class C, class M> SATUR_INLINE C chosen(M const& m, C const& a, C const& b) {
#if SATUR_HAS_LANES
  if constexpr (math::is_lanes_v<C>) {
    return math::select(math::mask_cast<math::element_t<C>>(m), a, b);
  } else
#endif
  {
    return m ? a : b;
  }
}
template <class C, class M> SATUR_INLINE C counted(C const& n, M const& m, C const& one) {
  return chosen(m, C(n + one), n);
}
/// 1 where the register holds a unit, 0 where it holds padding.
template <class L, class C> SATUR_INLINE C units_here(std::size_t n) {
  if constexpr (math::is_lanes_v<L>) {
    if (n < static_cast<std::size_t>(math::lane_count<L>)) {
      return chosen(first_lanes<L>(n), C(1), C(0));
    }
  }
  return C(1);
}

/// The value that column C adds, scaled; where it does not count, what the column is summed around.
template <std::size_t C, class L, class T, class M>
SATUR_INLINE L counted_value(L const& z, L const& output, L const& slope, M const& finite, M const& seen,
                             strip_sums<T> const& sums, std::size_t u) {
  constexpr unit_statistic s = statistic_of(C);
  L nothing = L(0);
  if constexpr (is_centered(C)) {
    nothing = math::load<L>(sums.shift[C] + u);
  }
  L const value = value_of<s.value>(z, output, slope);
  return L(math::select(s.over == unit_numbers::finite ? finite : seen, value, nothing) * L(sums.scale[C]));
}

/// One register of units, k in the tile and u in the strip, over the samples of the tile. `off` is the output of a unit
/// that is not active; `number` is that of the first sample in the strip, from 1 on; `rows` counts the saturated units
/// of each sample.
template <class L, bool Checked, bool Whole, class T, std::size_t... C>
SATUR_INLINE void add_column(limits_in_lanes<L> const& bound, T off, unit_tile<T> const& t, std::size_t k,
                             std::size_t u, typename strip_sums<T>::Int number, strip_sums<T>& sums,
                             typename strip_sums<T>::Int* rows, std::index_sequence<C...>) {
  using Int = typename strip_sums<T>::Int;
  using W = typename pass_types<L>::wide;
  using N = std::conditional_t<math::is_lanes_v<L>, typename pass_types<L>::counter, Int>;
  using math::select;
  constexpr std::size_t width = static_cast<std::size_t>(math::lane_count<L>);
  constexpr std::size_t half = static_cast<std::size_t>(math::lane_count<W>);
  N low = N(0);
  N high = N(0);
  N active = N(0);
  N latest = N(0);
  [[maybe_unused]] L lowest = L(std::numeric_limits<T>::infinity());
  [[maybe_unused]] L highest = L(-std::numeric_limits<T>::infinity());
  N const one = units_here<L, N>(t.units - k);
  unit_column<W, Whole> first(sums, u);
  unit_column<W, Whole> second(sums, u + (width - half));
  if constexpr (Checked) {
    first.scale(sums);
    second.scale(sums);
  }
  if (number != 1) { // not the first tile: the sums so far
    low = math::load<N>(sums.low + u);
    high = math::load<N>(sums.high + u);
    active = math::load<N>(sums.active + u);
    latest = math::load<N>(sums.latest + u);
    if constexpr (Whole) {
      lowest = math::load<L>(sums.lowest + u);
      highest = math::load<L>(sums.highest + u);
    }
    first.load(sums, u);
    if constexpr (half < width) {
      second.load(sums, u + half);
    }
  }
  N sample = N(number); // counted on in lanes: g++ 12 spreads a number over integer lanes one by one
  for (std::size_t i = 0; i < t.samples; ++i) {
    T const* const x = t.z + i * t.z_stride + k;
    T const* const f = t.values + i * t.value_stride + k;
    T const* const g = t.slopes + i * t.slope_stride + k;
    // The tile below, in the order of memory: the rows of this column may be 4 kB apart and push each other out.
    std::size_t const ahead = t.samples * t.units + k * t.samples + i * width;
    math::prefetch(t.z, ahead);
    math::prefetch(t.values, ahead);
    L const here = math::load<L>(x);
    L const value = math::load<L>(math::apart(f));
    L const steepness = math::load<L>(math::apart(g));
    auto is_low = bound.low(here, value, steepness);
    auto is_high = bound.high(here, value, steepness);
    auto is_active = value != L(off);
    if constexpr (Checked) {
      auto const seen = !as_mask_of<L>(is_nan(here));
      auto const boundless = as_mask_of<L>(is_infinite(here));
      auto const usable = seen && !boundless;
      is_low = is_low && seen;
      is_high = is_high && seen;
      is_active = is_active && seen;
      math::store(sums.nan + u, counted(math::load<N>(sums.nan + u), !seen, N(1)));
      math::store(sums.infinite + u, counted(math::load<N>(sums.infinite + u), boundless, N(1)));
      lowest = select(usable && here < lowest, here, lowest);
      highest = select(usable && here > highest, here, highest);
      T own[unit_columns][width];
      (math::store(own[C], counted_value<C>(here, value, steepness, usable, seen, sums, u)), ...);
      first.add_values(own, 0);
      if constexpr (half < width) {
        second.add_values(own, half);
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
    low = counted(low, is_low, N(1));
    high = counted(high, is_high, N(1));
    active = counted(active, is_active, N(1));
    latest = chosen(is_active, sample, latest);
    sample = sample + N(1);
    Int* const row = rows + i * width;
    math::store(row, counted(counted(math::load<N>(row), is_low, one), is_high, one)); // no number is both
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
} // namespace satur::inline SATUR_ABI::detail
