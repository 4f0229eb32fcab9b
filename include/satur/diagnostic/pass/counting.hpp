/// \file counting.hpp  |z| > threshold, counted.
#pragma once

#include "satur/diagnostic/pass/lanes.hpp"
#include "satur/diagnostic/rule.hpp"

namespace satur::inline SATUR_ABI::detail {

/// |z| > threshold and NaN, counted.
template <class T> struct counting_pass {
  double threshold;
  T const* z;
  std::size_t n;
  std::uint64_t beyond = 0;
  std::uint64_t nan = 0;

  template <class L> SATUR_INLINE void run() {
    constexpr std::size_t width = static_cast<std::size_t>(math::lane_count<L>);
    using C = typename pass_types<L>::counter;
    L const limit = L(round_down<T>(threshold));
    for (std::size_t start = 0; start < n; start += leaf_elements) {
      std::size_t const size = std::min(leaf_elements, n - start);
      T const* const at = z + start;
      C beyond_even = C(0);
      C beyond_odd = C(0);
      C nan_even = C(0);
      C nan_odd = C(0);
      std::size_t i = 0;
      for (; i + 2 * width <= size; i += 2 * width) {
        add(math::load<L>(at + i), limit, beyond_even, nan_even);
        add(math::load<L>(at + i + width), limit, beyond_odd, nan_odd);
      }
      for (; i < size; i += width) { // 0 is neither beyond nor NaN
        add(load_first<L>(at + i, std::min(width, size - i), T(0)), limit, beyond_even, nan_even);
      }
      beyond += static_cast<std::uint64_t>(sum_of(beyond_even) + sum_of(beyond_odd));
      nan += static_cast<std::uint64_t>(sum_of(nan_even) + sum_of(nan_odd));
    }
  }

private:
  template <class L, class C> SATUR_INLINE static void add(L const& x, L const& limit, C& beyond, C& nan) {
    count_into(beyond, x > limit || x < -limit);
    count_into(nan, as_mask_of<L>(is_nan(x)));
  }
};

} // namespace satur::inline SATUR_ABI::detail
