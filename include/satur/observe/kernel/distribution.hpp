/// \file observe/kernel/distribution.hpp  The shape of the distribution of an array.
#pragma once

#include "satur/array/threads.hpp"
#include "satur/observe/kernel/sums.hpp"
#include "satur/record/distribution.hpp"
#include "satur/simd/loop.hpp"
#include "satur/simd/run.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>

namespace satur::inline SATUR_ABI::detail {

/// Sums of the first four powers of x - center.
template <class W> struct power_sums {
  W center;
  W sum = W(0);
  W square = W(0);
  W cube = W(0);
  W fourth = W(0);
  SATUR_INLINE void add(W const& x) {
    W const d = x - center;
    W const d2 = d * d;
    sum = sum + d;
    square = square + d2;
    cube = math::madd(d2, d, cube);
    fourth = math::madd(d2, d2, fourth);
  }
};

/// Adds n values to the record. A leaf, which stays in the cache, is read twice: for its mean and all counters, and for
/// the powers around the mean.
template <class T> struct distribution_pass {
  T const* x;
  std::size_t n;
  T least_normal; ///< smallest normal number of the type that x came as
  distribution& found;

  template <class L> SATUR_INLINE void run() {
    for (std::size_t start = 0; start < n; start += leaf_elements) {
      leaf<L>(x + start, (std::min)(leaf_elements, n - start));
    }
  }

private:
  using S = sum_element<T>;

  template <class L> SATUR_INLINE void leaf(T const* at, std::size_t size) {
    using W = typename pass_types<L>::wide;
    T const shift = finite_or_zero(typical_of<T>(size, [at](std::size_t i) { return at[i]; }));
    wide_sums<L, shifted_sum<W>> sums({W(static_cast<S>(shift))});
    std::uint64_t const finite = size - count<L>(at, size, shift, sums);
    if (finite == 0) {
      return;
    }
    double mean = mean_from(finite, shift, sums.sum());
    if (!is_finite(mean)) { // all that was summed is finite
      mean = scaled_mean<L>(at, size, shift, finite);
    }
    T const center = static_cast<T>(mean);
    wide_sums<L, power_sums<W>> powers({W(static_cast<S>(center))});
    for_each_register<L>(size, [&](std::size_t i, auto part) SATUR_INLINE_LAMBDA {
      L const a = part.load(at + i, center);
      powers.add(math::select(finite_lanes<L>(a), a, L(center))); // less the center, that is nothing
    });
    auto const total = [&powers](auto power) { return sum_of(W(powers.low.*power + powers.high.*power)); };
    using P = power_sums<W>;
    found.finite += four_moments_from<S>(finite, static_cast<double>(center), total(&P::sum), total(&P::square),
                                         total(&P::cube), total(&P::fourth));
  }

  template <class L> [[nodiscard]] SATUR_INLINE static auto finite_lanes(L const& a) {
    return !(as_mask_of<L>(is_nan(a)) || as_mask_of<L>(is_infinite(a)));
  }

  /// Counts, finds the extremes, and sums the finite ones; returns how many are not finite.
  template <class L, class Sums> SATUR_INLINE std::uint64_t count(T const* at, std::size_t size, T shift, Sums& sums) {
    using C = typename pass_types<L>::counter;
    C zeros = C(0);
    C below = C(0); // zeros too
    C nan = C(0);
    C infinite = C(0);
    sizes<L> seen;
    for_each_register<L>(size, [&](std::size_t i, auto part) SATUR_INLINE_LAMBDA {
      using math::select;
      L const a = part.load(at + i, shift);
      count_into(nan, is_nan(a));
      count_into(infinite, is_infinite(a));
      count_into(zeros, part.of_elements(as_mask_of<L>(seen.below(a, T(0), true))));
      count_into(below, part.of_elements(as_mask_of<L>(seen.below(a, least_normal, false))));
      seen.add(a);
      sums.add(select(finite_lanes<L>(a), a, L(shift)));
    });
    auto const all = [](C const& counter) { return static_cast<std::uint64_t>(sum_of(counter)); };
    found.zeros += all(zeros);
    found.subnormal += all(below) - all(zeros);
    found.nan += all(nan);
    found.infinite += all(infinite);
    double const most = seen.largest();
    double const least = seen.smallest();
    found.amax = (std::max)(found.amax, most);
    if (most > 0.0 && (found.smallest_nonzero == 0.0 || least < found.smallest_nonzero)) {
      found.smallest_nonzero = least;
    }
    return all(nan) + all(infinite);
  }
  template <class L> SATUR_INLINE double scaled_mean(T const* at, std::size_t size, T shift, std::uint64_t finite) {
    using W = typename pass_types<L>::wide;
    T const scale = static_cast<T>(overflow_scale);
    wide_sums<L, shifted_sum<W>> sums({W(static_cast<S>(shift * scale))});
    for_each_register<L>(size, [&](std::size_t i, auto part) SATUR_INLINE_LAMBDA {
      L const a = part.load(at + i, shift);
      sums.add(L(math::select(finite_lanes<L>(a), a, L(shift)) * L(scale)));
    });
    return mean_from(finite, shift, sums.sum(), scale);
  }

  /// |x| by its bits, where it has them: subnormal numbers are what they are under every flag.
  template <class L> struct sizes {
    using Int = decltype(math::bits(L(0)));
    using E = math::element_t<Int>;
    static constexpr E infinity = special_bits<T>::infinity;
    Int most = Int(0);
    Int least = Int(infinity);

    SATUR_INLINE static Int size_of(L const& a) { return math::bits(a) & Int(special_bits<T>::magnitude); }
    SATUR_INLINE auto below(L const& a, T limit, bool inclusive) const {
      return size_of(a) < Int(static_cast<E>(math::bits(limit) + (inclusive ? 1 : 0)));
    }
    SATUR_INLINE void add(L const& a) {
      using math::select;
      Int const m = size_of(a);
      most = select(m < Int(infinity) && m > most, m, most);
      least = select(m > Int(0) && m < least, m, least);
    }
    [[nodiscard]] SATUR_INLINE double largest() const {
      return extreme(most, [](E a, E b) { return a > b; });
    }
    [[nodiscard]] SATUR_INLINE double smallest() const {
      return extreme(least, [](E a, E b) { return a < b; });
    }

  private:
    template <class Better> SATUR_INLINE static double extreme(Int const& a, Better const& better) {
      E all[width_of<L>];
      math::store(static_cast<E*>(all), a);
      E found = all[0];
      for (E const e : all) {
        found = better(e, found) ? e : found;
      }
      return double_of_bits<T>(found);
    }
  };
  template <class L>
    requires std::same_as<L, long double>
  struct sizes<L> {
    double most = 0.0;
    double least = std::numeric_limits<double>::infinity();
    static bool below(long double a, long double limit, bool inclusive) {
      long double const m = magnitude_of(a);
      return inclusive ? m <= limit : m < limit;
    }
    void add(long double a) {
      if (!is_nan(a) && !is_infinite(a) && a != 0.0L) {
        constexpr auto largest = static_cast<long double>((std::numeric_limits<double>::max)());
        auto const m = static_cast<double>((std::min)(magnitude_of(a), largest));
        most = (std::max)(most, m);
        least = (std::min)(least, (std::max)(m, std::numeric_limits<double>::denorm_min()));
      }
    }
    [[nodiscard]] double largest() const { return most; }
    [[nodiscard]] double smallest() const { return least; }
  };
};

/// Adds n values to the record, in the best lanes and on all threads.
template <class T> void see_distribution(T const* x, std::size_t n, T least_normal, distribution& found) {
  over_leaves(
      n, found, [] { return distribution{}; },
      [&](std::size_t first, std::size_t count, distribution& part) {
        distribution_pass<T> pass{x + first, count, least_normal, part};
        math::run<T>(pass);
      });
}

} // namespace satur::inline SATUR_ABI::detail

SATUR_COMPILED_PASS(float, satur::detail::distribution_pass<float>);
SATUR_COMPILED_PASS(double, satur::detail::distribution_pass<double>);
