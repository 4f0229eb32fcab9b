/// \file lanes.hpp  Lanes and scalars under one set of names: widening, counting, horizontal sums, the last few
/// elements.
#pragma once

#include "satur/activation/concept.hpp"
#include "satur/math/arithmetic.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace satur::inline SATUR_ABI::detail {

/// Elements that are summed in lanes before they join the record: enough to hide the joining, few enough to stay exact.
inline constexpr std::size_t leaf_elements = 8192;
/// Elements that are evaluated before they are summed: z, values and slopes of a block stay in the first cache.
inline constexpr std::size_t block_elements = 1024;

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

/// NaN and infinity by their bits: right under -ffast-math too, and no comparison raises a flag.
template <class T> struct special_bits;
template <> struct special_bits<float> {
  static constexpr std::int32_t magnitude = 0x7fffffff;
  static constexpr std::int32_t infinity = 0x7f800000;
};
template <> struct special_bits<double> {
  static constexpr std::int64_t magnitude = 0x7fffffffffffffff;
  static constexpr std::int64_t infinity = 0x7ff0000000000000;
};
template <class L> SATUR_INLINE auto is_nan(L const& x) {
  using B = special_bits<math::element_t<L>>;
  using I = decltype(math::bits(x));
  return (math::bits(x) & I(B::magnitude)) > I(B::infinity);
}
template <class L> SATUR_INLINE auto is_infinite(L const& x) {
  using B = special_bits<math::element_t<L>>;
  using I = decltype(math::bits(x));
  return (math::bits(x) & I(B::magnitude)) == I(B::infinity);
}
inline bool is_nan(long double x) { return std::isnan(x); }
inline bool is_infinite(long double x) { return std::isinf(x); }

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

/// Sum and sum of squares of x - shift.
template <class W> struct shifted_sums {
  W shift;
  W sum = W(0);
  W square = W(0);
  SATUR_INLINE void add(W const& x) {
    W const d = x - shift;
    sum = math::madd(d, W(1.0), sum);
    square = math::madd(d, d, square);
  }
};
/// Sum and sum of squares of x.
template <class W> struct plain_sums {
  W sum = W(0);
  W square = W(0);
  SATUR_INLINE void add(W const& x) {
    sum = sum + x;
    square = math::madd(x, x, square);
  }
};

/// Such sums over L in the precision of `pass_types<L>::wide`; the two halves of a register of float are added apart,
/// so that their chains overlap.
template <class L, class Sums> struct wide_sums {
  Sums low;
  Sums high;
  SATUR_INLINE explicit wide_sums(Sums const& nothing) : low(nothing), high(nothing) {}
  [[nodiscard]] SATUR_INLINE bool finite() const {
    auto const total = sum();
    return !(is_nan(total) || is_infinite(total));
  }

  SATUR_INLINE void add(L const& x) {
#if SATUR_HAS_LANES
    if constexpr (halves) {
      low.add(math::detail::widen_low(x));
      high.add(math::detail::widen_high(x));
    } else
#endif
    {
      low.add(static_cast<typename pass_types<L>::wide>(x));
    }
  }
  /// The register that starts at p.
  SATUR_INLINE void add_from(math::element_t<L> const* p) {
#if SATUR_HAS_LANES
    if constexpr (halves) {
      low.add(math::detail::load_widened<math::lane_count<L> / 2>(p));
      high.add(math::detail::load_widened<math::lane_count<L> / 2>(p + math::lane_count<L> / 2));
    } else
#endif
    {
      add(math::load<L>(p));
    }
  }
  [[nodiscard]] SATUR_INLINE auto sum() const { return sum_of(low.sum + high.sum); }
  [[nodiscard]] SATUR_INLINE auto square() const { return sum_of(low.square + high.square); }

private:
  static constexpr bool halves = math::is_lanes_v<L> && std::same_as<math::element_t<L>, float>;
};
template <class L> using plain_wide_sums = wide_sums<L, plain_sums<typename pass_types<L>::wide>>;
template <class L> using shifted_wide_sums = wide_sums<L, shifted_sums<typename pass_types<L>::wide>>;

/// |x|, by its bits where it has them.
template <class W> SATUR_INLINE W magnitude_of(W const& x) {
  if constexpr (math::real_lanes<W>) {
    using I = decltype(math::bits(x));
    using T = math::element_t<W>;
    return math::from_bits<T>(I(math::bits(x) & I(special_bits<T>::magnitude)));
  } else {
    return x < W(0) ? W(-x) : x;
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

/// What a pass computes at a time: four registers side by side, so that their chains overlap. Measured on a Zen 4 core
/// with registers of 64 bytes, ns an element of value and slope with one, two, four, eight: sigmoid 0.63 0.50 0.49
/// 0.52, silu 1.28 0.91 0.79 0.98, squareplus 1.11 0.85 0.82 1.40; with registers of 32 bytes on a Zen 5 core, sigmoid
/// with all counters, four are best too.
template <class L> struct group_of { using type = L; };
#if SATUR_HAS_LANES
template <class T, int N>
  requires(sizeof(T) * N > 16)
struct group_of<math::lanes<T, N>> {
  using two = math::twin<math::lanes<T, N>>;
#if SATUR_SANITIZED // every operation is instrumented: more would only take the compiler minutes
  using type = two;
#else
  using type = math::twin<two>;
#endif
};
#endif
template <class L> using side_by_side = typename group_of<L>::type;

/// Lanes whose position is below `count`.
template <class L> SATUR_INLINE auto first_lanes(std::size_t count) {
  if constexpr (math::is_lanes_v<L>) {
    using T = math::element_t<L>;
    T position[static_cast<std::size_t>(math::lane_count<L>)];
    for (int i = 0; i < math::lane_count<L>; ++i) {
      position[i] = static_cast<T>(i);
    }
    return math::load<L>(position) < L(static_cast<T>(count));
  } else {
    return count != 0;
  }
}

/// Up to one register of neighbours; the rest of it repeats `padding`. What an element gives does not depend on its
/// place: the last few of an array go through the same lanes.
template <class L>
SATUR_INLINE L load_first(math::element_t<L> const* from, std::size_t count, math::element_t<L> padding) {
  constexpr std::size_t width = static_cast<std::size_t>(math::lane_count<L>);
  if (count >= width) {
    return math::load<L>(from);
  }
  math::element_t<L> all[width];
  for (std::size_t i = 0; i < width; ++i) {
    all[i] = i < count ? from[i] : padding;
  }
  return math::load<L>(all);
}
template <class L> SATUR_INLINE void store_first(math::element_t<L>* to, L const& x, std::size_t count) {
  constexpr std::size_t width = static_cast<std::size_t>(math::lane_count<L>);
  if (count >= width) {
    math::store(to, x);
    return;
  }
  math::element_t<L> all[width];
  math::store(all, x);
  std::copy(all, all + count, to);
}

template <class T> [[nodiscard]] SATUR_INLINE bool is_finite_number(T x) { return !(is_nan(x) || is_infinite(x)); }
template <class T> [[nodiscard]] SATUR_INLINE T finite_or_zero(T x) { return is_finite_number(x) ? x : T(0); }

/// The median of three numbers.
template <class T> [[nodiscard]] SATUR_INLINE T middle_of(T a, T b, T c) {
  T const low = std::min(a, b);
  T const high = std::max(a, b);
  return std::max(low, std::min(high, c));
}

/// The number around which n > 0 numbers at(0), at(1), ... are summed: one of them, so that a large mean costs the
/// variance no digits. The median of three finite ones, near the first, the middle and the last place; where none is
/// finite, an infinite one, or else NaN.
template <class T, class At> [[nodiscard]] T typical_of(std::size_t n, At const& at) {
  auto const next = [&](std::size_t i, auto const& wanted) {
    while (i < n && !wanted(at(i))) {
      ++i;
    }
    return i;
  };
  auto const finite = [](T x) { return is_finite_number(x); };
  std::size_t const first = next(0, finite);
  if (first == n) {
    std::size_t const infinite = next(0, [](T x) { return !is_nan(x); });
    return at(infinite < n ? infinite : 0);
  }
  std::size_t last = n - 1;
  while (!finite(at(last))) {
    --last;
  }
  std::size_t const middle = next(n / 2, finite);
  return middle_of<T>(at(first), at(middle < n ? middle : last), at(last));
}

/// Finite numbers of double are summed by this scale where their sum is not finite: 2^16 differences then have a sum.
inline constexpr double overflow_scale = 0x1p-16;

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
