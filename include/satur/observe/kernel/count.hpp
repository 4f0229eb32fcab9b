/// \file observe/kernel/count.hpp  |z| > threshold, counted.
#pragma once

#include "satur/array/chunk.hpp"
#include "satur/array/threads.hpp"
#include "satur/rule/limits.hpp"
#include "satur/simd/loop.hpp"
#include "satur/simd/reduce.hpp"
#include "satur/simd/run.hpp"
#include "satur/simd/special_values.hpp"

namespace satur::inline SATUR_ABI::detail {

/// |z| > threshold and NaN, counted.
struct beyond_count {
  std::uint64_t beyond = 0;
  std::uint64_t nan = 0;
  beyond_count& operator+=(beyond_count const& o) {
    beyond += o.beyond;
    nan += o.nan;
    return *this;
  }
};
template <class T> struct counting_pass {
  double threshold;
  T const* z;
  std::size_t n;
  beyond_count& found;

  template <class L> SATUR_INLINE void run() {
    for (std::size_t start = 0; start < n; start += leaf_elements) {
      leaf<L>(z + start, (std::min)(leaf_elements, n - start));
    }
  }

private:
  template <class L> SATUR_INLINE void leaf(T const* at, std::size_t size) {
    constexpr std::size_t width = static_cast<std::size_t>(math::lane_count<L>);
    using C = typename pass_types<L>::counter;
    L const limit = L(round_down<T>(threshold));
    C beyond_even = C(0);
    C beyond_odd = C(0);
    L even = L(0); // sums, for one question only: was there a NaN?
    L odd = L(0);
    std::size_t i = 0; // by hand: the last few are looked at for NaN one by one, and so are all where there was one
    for (; i + 2 * width <= size; i += 2 * width) {
      L const a = math::load<L>(at + i);
      L const b = math::load<L>(at + i + width);
      count_into(beyond_even, magnitude_of(a) > limit);
      count_into(beyond_odd, magnitude_of(b) > limit);
      even = even + a;
      odd = odd + b;
    }
    C nans = C(0);
    if (!is_finite_number(sum_in_any_order(L(even + odd)))) {
      beyond_even = beyond_odd = C(0);
      i = 0;
    }
    for_each_part<L>(i, size, [&](std::size_t k, register_part<L> part) SATUR_INLINE_LAMBDA {
      L const x = part.load(at + k, T(0)); // 0 is neither beyond nor NaN
      count_into(beyond_even, x > limit || x < -limit);
      count_into(nans, as_mask_of<L>(is_nan(x)));
    });
    found.beyond += static_cast<std::uint64_t>(sum_of(C(beyond_even + beyond_odd)));
    found.nan += static_cast<std::uint64_t>(sum_of(nans));
  }
};

template <class T> [[nodiscard]] beyond_count count_beyond(double threshold, T const* z, std::size_t n) {
  beyond_count found;
  over_leaves(
      n, found, [] { return beyond_count{}; },
      [&](std::size_t first, std::size_t count, beyond_count& part) {
        counting_pass<T> pass{threshold, z + first, count, part};
        math::run<T>(pass);
      });
  return found;
}

} // namespace satur::inline SATUR_ABI::detail

SATUR_COMPILED_PASS(float, satur::detail::counting_pass<float>);
SATUR_COMPILED_PASS(double, satur::detail::counting_pass<double>);
