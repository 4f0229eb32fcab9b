/// \file simd/reduce.hpp  Lanes and scalars under one set of names: counters, horizontal sums, the precision of sums.
#pragma once

#include "satur/simd/lanes.hpp"
#include "satur/simd/load.hpp"
#include "satur/simd/operations.hpp"
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

/// A sum of N numbers that is short of steps: for what is only asked whether it is finite.
template <std::size_t N, class E> [[nodiscard]] SATUR_INLINE E halves_of_sum(E const* all) {
  if constexpr (N == 1) {
    return *all;
  } else {
    return halves_of_sum<N / 2>(all) + halves_of_sum<N / 2>(all + N / 2);
  }
}
template <class L> [[nodiscard]] SATUR_INLINE math::element_t<L> sum_in_any_order(L const& x) {
  constexpr std::size_t n = static_cast<std::size_t>(math::lane_count<L>);
  math::element_t<L> all[n];
  math::store(static_cast<math::element_t<L>*>(all), x);
  return halves_of_sum<n>(all);
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

/// What is found of two registers at a time.
template <class S> struct two_found {
  S first;
  S second;
};

/// The least of N numbers, the first of equal ones: -0 and +0 are equal.
template <std::size_t N, class E> [[nodiscard]] SATUR_INLINE E least_of_first(E const* all) {
  if constexpr (N == 1) {
    return *all;
  } else {
    E const a = least_of_first<N / 2>(all);
    E const b = least_of_first<N / 2>(all + N / 2);
    return b < a ? b : a;
  }
}
template <class L> [[nodiscard]] SATUR_INLINE double least_of(L const& x) {
  constexpr std::size_t n = static_cast<std::size_t>(math::lane_count<L>);
  math::element_t<L> all[n];
  math::store(all, x);
  return static_cast<double>(least_of_first<n>(all));
}

#if SATUR_HAS_LANES
/// 0 + even[0, 1] + odd[0, 1] + even[2, 3] + ..., n numbers of each.
template <int N> [[nodiscard]] SATUR_INLINE auto sum_in_turn(double const* even, double const* odd) {
  using pair = math::lanes<double, 2>;
  if constexpr (N == 0) {
    return pair(0.0);
  } else {
    pair const before = sum_in_turn<N - 2>(even, odd) + math::load<pair>(even + N - 2);
    return pair(before + math::load<pair>(odd + N - 2));
  }
}
#endif
#if SATUR_HAS_LANES
/// The lanes of even or of odd number of a, then those of b.
template <int Odd, class L> [[nodiscard]] SATUR_INLINE L every_second(L const& a, L const& b) {
  constexpr int n = math::lane_count<L>;
  constexpr int o = Odd;
  L r;
  if constexpr (n == 16) {
    r.raw = __builtin_shufflevector(a.raw, b.raw, o, o + 2, o + 4, o + 6, o + 8, o + 10, o + 12, o + 14, o + 16, o + 18,
                                    o + 20, o + 22, o + 24, o + 26, o + 28, o + 30);
  } else if constexpr (n == 8) {
    r.raw = __builtin_shufflevector(a.raw, b.raw, o, o + 2, o + 4, o + 6, o + 8, o + 10, o + 12, o + 14);
  } else if constexpr (n == 4) {
    r.raw = __builtin_shufflevector(a.raw, b.raw, o, o + 2, o + 4, o + 6);
  } else {
    r.raw = __builtin_shufflevector(a.raw, b.raw, o, o + 2);
  }
  return r;
}
/// The least of the first N / 2 lanes in lane 0, of the next N / 2 in lane 1.
template <int N, class L> [[nodiscard]] SATUR_INLINE L least_of_halves(L const& x) {
  if constexpr (N == 2) {
    return x;
  } else {
    return least_of_halves<N / 2>(L(math::minimum(every_second<1>(x, x), every_second<0>(x, x))));
  }
}
#endif
/// The least of a and the least of b, each as `least_of` has it.
template <class L> [[nodiscard]] SATUR_INLINE auto least_of_both(L const& a, L const& b) {
#if SATUR_HAS_LANES
  if constexpr (math::is_lanes_v<L>) {
    L const pairs = math::minimum(every_second<1>(a, b), every_second<0>(a, b)); // of equal ones the even: the first
    L const least = least_of_halves<math::lane_count<L>>(pairs);
    return two_found<double>{static_cast<double>(least[0]), static_cast<double>(least[1])};
  } else
#endif
  {
    return two_found<double>{static_cast<double>(a), static_cast<double>(b)};
  }
}

/// Two sums over the lanes at a time, each with the bits of `sum_of`.
template <class W> [[nodiscard]] SATUR_INLINE auto sums_of(W const& a, W const& b) {
#if SATUR_HAS_LANES
  if constexpr (math::is_lanes_v<W>) {
    using pair = math::lanes<double, 2>;
    constexpr int n = math::lane_count<W>;
    W even; // a0 b0 a2 b2 ...
    W odd;  // a1 b1 a3 b3 ...
    if constexpr (n == 8) {
      even.raw = __builtin_shufflevector(a.raw, b.raw, 0, 8, 2, 10, 4, 12, 6, 14);
      odd.raw = __builtin_shufflevector(a.raw, b.raw, 1, 9, 3, 11, 5, 13, 7, 15);
    } else if constexpr (n == 4) {
      even.raw = __builtin_shufflevector(a.raw, b.raw, 0, 4, 2, 6);
      odd.raw = __builtin_shufflevector(a.raw, b.raw, 1, 5, 3, 7);
    } else {
      even.raw = __builtin_shufflevector(a.raw, b.raw, 0, 2);
      odd.raw = __builtin_shufflevector(a.raw, b.raw, 1, 3);
    }
    double all_even[static_cast<std::size_t>(n)];
    double all_odd[static_cast<std::size_t>(n)];
    math::store(static_cast<double*>(all_even), even);
    math::store(static_cast<double*>(all_odd), odd);
    pair const sum = sum_in_turn<n>(static_cast<double const*>(all_even), static_cast<double const*>(all_odd));
    return two_found<double>{sum[0], sum[1]};
  } else
#endif
  {
    return two_found<W>{a, b};
  }
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
