/// \file observe/kernel/moments.hpp  Moments, zeros and non-finite values of an array: what gradients and weights are
/// asked for.
#pragma once

#include "satur/array/threads.hpp"
#include "satur/observe/kernel/sums.hpp"
#include "satur/simd/loop.hpp"
#include "satur/simd/run.hpp"
#include "satur/statistics/moments.hpp"

namespace satur::inline SATUR_ABI::detail {

/// What an array holds: moments of the finite values, exact zeros, NaN and infinity counted.
struct array_summary {
  moments finite;
  std::uint64_t zeros = 0;
  std::uint64_t nan = 0;
  std::uint64_t infinite = 0;

  array_summary& operator+=(array_summary const& o) {
    finite += o.finite;
    zeros += o.zeros;
    nan += o.nan;
    infinite += o.infinite;
    return *this;
  }
};

/// Adds n values to the summary.
template <class T> struct moments_pass {
  T const* x;
  std::size_t n;
  array_summary& summary;

  template <class L> SATUR_INLINE void run() {
    for (std::size_t start = 0; start < n; start += leaf_elements) {
      leaf<L>(x + start, (std::min)(leaf_elements, n - start));
    }
  }

private:
  template <class L> SATUR_INLINE void leaf(T const* at, std::size_t size) {
    using C = typename pass_types<L>::counter;
    constexpr std::size_t width = static_cast<std::size_t>(math::lane_count<L>);
    plain_wide_sums<L> even({});
    plain_wide_sums<L> odd({});
    C zeros = C(0);
    std::size_t i = 0; // by hand: the last few are summed around another number, with checks
    for (; i + 2 * width <= size; i += 2 * width) {
      L const a = math::load<L>(at + i);
      L const b = math::load<L>(at + i + width);
      count_into(zeros, is_zero(a));
      count_into(zeros, is_zero(b));
      even.add_from(at + i);
      odd.add_from(at + i + width);
    }
    double const sum = static_cast<double>(even.sum() + odd.sum());
    double const square = static_cast<double>(even.square() + odd.square());
    moments finite; // joins the summary once: the same bits for any number of threads
    if (usable(static_cast<double>(i), sum, square)) {
      finite = moments_from(i, 0.0, sum, square);
    } else {
      zeros = C(0);
      i = 0;
    }
    if (i < size) {
      checked<L>(at + i, size - i, finite, zeros);
    }
    summary.zeros += static_cast<std::uint64_t>(sum_of(zeros));
    summary.finite += finite;
  }

  /// Adds the finite ones of size > 0 values to `finite`, around one of their own, and counts the others.
  template <class L, class C> SATUR_INLINE void checked(T const* at, std::size_t size, moments& finite, C& zeros) {
    T const shift = finite_or_zero(typical_of<T>(size, [at](std::size_t i) { return at[i]; }));
    checked_sums<L, C> found(shift, T(1));
    T scale = T(1);
    do {
      found = checked_sums<L, C>(shift, scale);
      found.add(at, size);
      scale = static_cast<T>(overflow_scale);
    } while (!found.sums.finite() && found.scale == T(1)); // an overflow: all that was summed is finite
    auto const nans = static_cast<std::uint64_t>(sum_of(found.nan));
    auto const infinities = static_cast<std::uint64_t>(sum_of(found.infinite));
    summary.nan += nans;
    summary.infinite += infinities;
    zeros = zeros + found.zeros;
    finite += moments_from(size - nans - infinities, shift, found.sums.sum(), found.sums.square(), found.scale);
  }
  template <class L, class C> struct checked_sums {
    using W = typename pass_types<L>::wide;
    T shift;
    T scale;
    shifted_wide_sums<L> sums;
    C zeros = C(0);
    C nan = C(0);
    C infinite = C(0);

    SATUR_INLINE checked_sums(T around, T by)
        : shift(around), scale(by), sums({W(static_cast<sum_element<T>>(around * by))}) {}
    SATUR_INLINE void add(T const* at, std::size_t size) {
      using math::select;
      for_each_part<L>(0, size, [&](std::size_t i, register_part<L> part) SATUR_INLINE_LAMBDA {
        L const a = part.load(at + i, shift);
        auto const valid = first_lanes<L>(part.count);
        auto const nan_here = as_mask_of<L>(is_nan(a)) && valid;
        auto const infinite_here = as_mask_of<L>(is_infinite(a)) && valid;
        count_into(nan, nan_here);
        count_into(infinite, infinite_here);
        count_into(zeros, as_mask_of<L>(is_zero(a)) && valid);
        sums.add(select(nan_here || infinite_here, L(shift), a) * L(scale)); // less the shift, that is nothing
      });
    }
  };

  /// Finite, and no mean so far out (32 standard deviations) that the variance would lose three digits to it: otherwise
  /// the leaf is summed again, around a value of its own and with checks.
  static bool usable(double n, double sum, double square) {
    double const spread = n * square - sum * sum; // n^2 times the variance
    bool const finite = !is_nan(spread) && !is_infinite(spread) && !is_nan(square) && !is_infinite(square);
    return finite && spread * 1024.0 >= sum * sum;
  }
};

/// Adds n values to the summary, in the best lanes and on all threads.
template <class T> void summarize(T const* x, std::size_t n, array_summary& summary) {
  over_leaves(
      n, summary, [] { return array_summary{}; },
      [&](std::size_t first, std::size_t count, array_summary& part) {
        moments_pass<T> pass{x + first, count, part};
        math::run<T>(pass);
      });
}

} // namespace satur::inline SATUR_ABI::detail

SATUR_COMPILED_PASS(float, satur::detail::moments_pass<float>);
SATUR_COMPILED_PASS(double, satur::detail::moments_pass<double>);
