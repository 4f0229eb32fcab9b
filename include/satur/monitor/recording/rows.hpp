/// \file monitor/recording/rows.hpp  Which rows of a batch are observed in a step, which blocks of weights are read,
/// and how they are brought together.
#pragma once

#include "satur/array/in_order.hpp"
#include "satur/observe/kernel/evaluate.hpp"
#include "satur/observe/kernel/half_arrays.hpp"
#include "satur/observe/kernel/into_arrays.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace satur::inline SATUR_ABI::detail {

/// One in `one_in` of `all` rows or blocks, others each turn: in `one_in` turns each of them once. At least one, if
/// there is any.
struct drawn_places {
  std::size_t all;
  std::size_t one_in; ///< 1: all of them
  std::size_t first;

  drawn_places(std::size_t places, std::size_t wanted, std::uint64_t turn)
      : all(places), one_in((std::max<std::size_t>)(1, (std::min)(wanted, places))),
        first(static_cast<std::size_t>(turn % one_in)) {}
  [[nodiscard]] std::size_t count() const { return first < all ? (all - 1 - first) / one_in + 1 : 0; }
  /// The largest count() of any turn.
  [[nodiscard]] std::size_t most() const { return (all + one_in - 1) / one_in; }
};

/// 16-bit numbers as float, in lanes.
template <math::half_format F> struct half_reading_pass {
  std::uint16_t const* from;
  std::size_t n;
  float* to;
  template <class L> SATUR_INLINE void run() { half_arrays<F>::template load<L>(from, n, to); }
};
template <class Access> struct half_reading {
  static constexpr bool known = false;
};
template <math::half_format F> struct half_reading<half_access<F>> {
  static constexpr bool known = true;
  static void read(std::uint16_t const* from, std::size_t n, float* to) {
    half_reading_pass<F> pass{from, n, to};
    math::run<float>(pass);
  }
};

/// The drawn rows of x, of `length` numbers each, one after the other.
template <class X> void copy_rows(X const& x, std::size_t length, drawn_places const& drawn, value_t<X>* to) {
  auto const each = [&](auto const& read) { // read(first number, to)
    for (std::size_t row = drawn.first; row < drawn.all; row += drawn.one_in, to += length) {
      read(row * length, to);
    }
  };
  if (value_t<X> const* const data = row_major_data(x); data != nullptr) {
    each([&](std::size_t at, value_t<X>* row) { std::copy_n(data + at, length, row); });
    return;
  }
  if constexpr (memory_of_numbers<X>) {
    using reading = half_reading<typename view_t<X const>::access_type>;
    if constexpr (reading::known) {
      if (auto const view = as_array_view(x); view.is_row_major()) {
        each([&](std::size_t at, float* row) { reading::read(view.data + at, length, row); });
        return;
      }
    }
  }
  number_reader<X> from(x);
  each([&](std::size_t at, value_t<X>* row) { from.read(at, length, row); });
}

/// f(z) and f'(z) of rows that have them already, in the arrays of the whole batch; an evaluator for passes over the
/// copied rows.
template <class T> struct known_results {
  evaluator<T> act; ///< for any other number
  T const* rows;    ///< copies of the drawn rows of z
  T const* y;
  T const* dy;
  std::size_t length; ///< of a row
  drawn_places drawn;

  [[nodiscard]] evaluator<T> as_evaluator() const { return {this, &map}; }

private:
  static void map(void const* self, T const* from, T* values, T* slopes, std::size_t count) {
    known_results const& known = *static_cast<known_results const*>(self);
    if (!overlap(from, count, known.rows, known.drawn.count() * known.length)) {
      known.act.map(known.act.act, from, values, slopes, count);
      return;
    }
    for (std::size_t at = static_cast<std::size_t>(from - known.rows); count != 0;) {
      std::size_t const column = at % known.length;
      std::size_t const run = (std::min)(count, known.length - column);
      std::size_t const there = (known.drawn.first + at / known.length * known.drawn.one_in) * known.length + column;
      values = std::copy_n(known.y + there, run, values);
      slopes = std::copy_n(known.dy + there, run, slopes);
      at += run;
      count -= run;
    }
  }
};

} // namespace satur::inline SATUR_ABI::detail
