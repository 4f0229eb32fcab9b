/// \file simd/reduce.hpp  Lanes and scalars under one set of names: counters, horizontal sums, the precision of sums.
#pragma once

#include "satur/simd/lanes.hpp"
#include "satur/simd/load.hpp"
#include "satur/simd/widen.hpp"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace satur::inline SATUR_ABI::detail {

/// Where a pass over T keeps its sums: double, or long double for long double.
template <class T> using sum_element = std::conditional_t<std::same_as<T, long double>, long double, double>;

template <class L> struct pass_types { // a scalar
  using wide = sum_element<L>;
  using counter = std::int64_t;
};
#if SATUR_HAS_LANES
template <int N> struct pass_types<math::lanes<float, N>> {
  using wide = math::lanes<double, N / 2>;
  using counter = math::lanes<std::int32_t, N>;
};
template <int N> struct pass_types<math::lanes<double, N>> {
  using wide = math::lanes<double, N>;
  using counter = math::lanes<std::int64_t, N>;
};
#endif

// Horizontal sums, in the order of the lanes, so that they are the same on every run. Through memory on purpose:
// indexing a register by a variable would keep the whole accumulator in memory.
template <class W> [[nodiscard]] SATUR_INLINE auto sum_of(W const& x) {
  if constexpr (math::is_lanes_v<W>) {
    using E = math::element_t<W>;
    E all[static_cast<std::size_t>(math::lane_count<W>)];
    math::store(all, x);
    std::conditional_t<std::is_integral_v<E>, std::int64_t, E> sum = 0;
    for (E const e : all) {
      sum += e;
    }
    return sum;
  } else {
    return x;
  }
}

// A comparison of L as a boolean of L: lanes of integers compare to their own mask type.
template <class L, class M> SATUR_INLINE auto as_mask_of(M const& m) {
#if SATUR_HAS_LANES
  if constexpr (math::is_lanes_v<L>) {
    return math::mask_cast<math::element_t<L>>(m);
  } else
#endif
  {
    return m;
  }
}

template <class C, class M> SATUR_INLINE void count_into(C& counter, M const& m) {
#if SATUR_HAS_LANES
  if constexpr (math::is_lanes_v<C>) {
    counter = math::select(math::mask_cast<math::element_t<C>>(m), counter + C(1), counter);
  } else
#endif
  {
    counter += m;
  }
}

template <class L> [[nodiscard]] SATUR_INLINE double least_of(L const& x) {
  using E = math::element_t<L>;
  E all[static_cast<std::size_t>(math::lane_count<L>)];
  math::store(all, x);
  E least = all[0];
  for (E const e : all) {
    least = e < least ? e : least;
  }
  return static_cast<double>(least);
}

/// A register of W from as many T.
template <class W, class T> SATUR_INLINE W widened_from(T const* p) {
#if SATUR_HAS_LANES
  if constexpr (math::is_lanes_v<W> && std::same_as<T, float> && std::same_as<math::element_t<W>, double>) {
    return math::detail::load_widened<math::lane_count<W>>(p);
  } else
#endif
  {
    if constexpr (math::is_lanes_v<W>) {
      return math::load<W>(p);
    } else {
      return static_cast<W>(*p);
    }
  }
}

} // namespace satur::inline SATUR_ABI::detail
