/// \file observe/kernel/units/sums.hpp  The sums of one register of units: every statistic that a pass over z makes.
#pragma once

#include "satur/observe/kernel/units/strip.hpp"

#include <utility>

namespace satur::inline SATUR_ABI::detail {

/// The sums of column C: of half a register of float, or of a register of double. Whole: with what only the record of
/// the layer wants.
template <class W, std::size_t C, bool Whole> struct statistic_sums {
  static constexpr unit_value value = statistic_of(C).value;
  static constexpr bool centered = is_centered(C);
  static constexpr bool squares = sums_squares(C, Whole);
  W shift = W(0);
  W sum = W(0);
  W square = W(0);

  /// Nothing yet, of the units from u on.
  template <class T> SATUR_INLINE void start(strip_sums<T> const& s, std::size_t u) {
    if constexpr (centered) {
      shift = widened_from<W>(s.shift[C] + u);
    }
  }
  /// Multiplies what is summed around; so are the numbers that are added.
  template <class T> SATUR_INLINE void scale(strip_sums<T> const& s) {
    if constexpr (centered) {
      shift = shift * W(static_cast<sum_element<T>>(s.scale[C]));
    }
  }
  SATUR_INLINE void add(W const& x) {
    W d = x;
    if constexpr (centered) {
      d = x - shift;
    }
    if constexpr (C % 2 == 1) { // the same sum; additions and fused ones have units of their own in many processors
      sum = math::madd(d, W(1.0), sum);
    } else {
      sum = sum + d;
    }
    if constexpr (squares) {
      square = math::madd(d, d, square);
    }
  }
  /// Other sums around the same numbers.
  SATUR_INLINE void add(statistic_sums const& o) {
    sum = sum + o.sum;
    if constexpr (squares) {
      square = square + o.square;
    }
  }
  /// The same sums of n numbers around another one.
  SATUR_INLINE void move(statistic_sums const& to, W const& n) {
    if constexpr (centered) {
      W const by = shift - to.shift;
      W const more = n * by;
      square = square + by * (sum + sum + more);
      sum = sum + more;
    }
  }
  template <class T> SATUR_INLINE void load(strip_sums<T> const& s, std::size_t u) {
    sum = math::load<W>(s.sum[C] + u);
    if constexpr (squares) {
      square = math::load<W>(s.square[C] + u);
    }
  }
  template <class T> SATUR_INLINE void store(strip_sums<T>& s, std::size_t u) const {
    math::store(s.sum[C] + u, sum);
    if constexpr (squares) {
      math::store(s.square[C] + u, square);
    }
  }
};

template <class W, bool Whole, class Columns = std::make_index_sequence<unit_columns>> struct unit_column;

/// The sums of every column.
template <class W, bool Whole, std::size_t... C>
struct unit_column<W, Whole, std::index_sequence<C...>> : statistic_sums<W, C, Whole>... {
  template <std::size_t K> using of = statistic_sums<W, K, Whole>;

  unit_column() = default;
  template <class T> SATUR_INLINE unit_column(strip_sums<T> const& s, std::size_t u) { (of<C>::start(s, u), ...); }
  template <class T> SATUR_INLINE void scale(strip_sums<T> const& s) { (of<C>::scale(s), ...); }
  SATUR_INLINE void add(W const& z, W const& output, W const& slope) {
    (of<C>::add(value_of<of<C>::value>(z, output, slope)), ...);
  }
  /// values[C]: those of column C, each with a register of T before the next.
  template <class T, std::size_t Width>
  SATUR_INLINE void add_values(T const (&values)[unit_columns][Width], std::size_t from) {
    (of<C>::add(widened_from<W>(values[C] + from)), ...);
  }
  SATUR_INLINE void add(unit_column const& o) { (of<C>::add(static_cast<of<C> const&>(o)), ...); }
  SATUR_INLINE void move(unit_column const& to, W const& n) { (of<C>::move(to, n), ...); }
  template <class T> SATUR_INLINE void load(strip_sums<T> const& s, std::size_t u) { (of<C>::load(s, u), ...); }
  template <class T> SATUR_INLINE void store(strip_sums<T>& s, std::size_t u) const { (of<C>::store(s, u), ...); }
  /// What all lanes of `o` are summed around is that of this one's lane.
  template <class V> SATUR_INLINE void around(unit_column<V, Whole> const& o) {
    ((of<C>::shift = W(o.template get<C>().shift)), ...);
  }
  /// The sums over the lanes of `o`.
  template <class V> SATUR_INLINE void add_lanes(unit_column<V, Whole> const& o) {
    ((of<C>::sum = sum_of(o.template get<C>().sum), of<C>::square = sum_of(o.template get<C>().square)), ...);
  }
  template <std::size_t K> [[nodiscard]] SATUR_INLINE of<K> const& get() const { return *this; }
};

} // namespace satur::inline SATUR_ABI::detail
