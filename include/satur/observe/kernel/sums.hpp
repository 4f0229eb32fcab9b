/// \file observe/kernel/sums.hpp  Sums in lanes, in the precision of double, around a value of the data.
#pragma once

#include "satur/math/arithmetic.hpp"
#include "satur/simd/reduce.hpp"
#include "satur/simd/special_values.hpp"

#include <algorithm>
#include <cstddef>

namespace satur::inline SATUR_ABI::detail {

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
/// Sum of x - shift, with the bits of `shifted_sums`.
template <class W> struct shifted_sum {
  W shift;
  W sum = W(0);
  SATUR_INLINE void add(W const& x) { sum = math::madd(W(x - shift), W(1.0), sum); }
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
  [[nodiscard]] SATUR_INLINE bool finite() const { return is_finite_number(sum()); }
  [[nodiscard]] SATUR_INLINE auto sum() const { return sum_of(low.sum + high.sum); }
  [[nodiscard]] SATUR_INLINE auto square() const { return sum_of(low.square + high.square); }
  /// Both.
  [[nodiscard]] SATUR_INLINE auto totals() const { return sums_of(low.sum + high.sum, low.square + high.square); }

private:
  static constexpr bool halves = math::is_lanes_v<L> && std::same_as<math::element_t<L>, float>;
};
template <class L> using plain_wide_sums = wide_sums<L, plain_sums<typename pass_types<L>::wide>>;
template <class L> using shifted_wide_sums = wide_sums<L, shifted_sums<typename pass_types<L>::wide>>;

/// The median of three numbers.
template <class T> [[nodiscard]] SATUR_INLINE T middle_of(T a, T b, T c) {
  T const low = (std::min)(a, b);
  T const high = (std::max)(a, b);
  return (std::max)(low, (std::min)(high, c));
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

} // namespace satur::inline SATUR_ABI::detail
