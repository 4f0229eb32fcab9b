/// \file observe/kernel/scaled_outputs.hpp  Outputs scaled to [-1, 1], summed: what phi_B is made of.
#pragma once

#include "satur/observe/kernel/sums.hpp"
#include "satur/simd/loop.hpp"

namespace satur::inline SATUR_ABI::detail {

/// Sum of |g| outside [-reach, reach_up), sum of g inside, g = (y - lower) per_half - 1 cut to [-1, 1]; NaN, and what
/// was cut by more than 2e-6, counted. At most a few thousand y at a time: the sums are plain.
template <class T> struct scaled_output_pass {
  double lower;
  double per_half;
  double reach;
  double reach_up;
  T const* y;
  std::size_t n;
  double sides = 0.0;
  double center = 0.0;
  std::uint64_t nan = 0;
  std::uint64_t outside = 0;

  template <class L> SATUR_INLINE void run() {
    using W = typename pass_types<L>::wide;
    using Int = decltype(math::bits(W(0.0)));
    constexpr std::size_t width = static_cast<std::size_t>(math::lane_count<W>);
    W side_sum = W(0.0);
    W center_sum = W(0.0);
    Int nans = Int(0);
    Int cut = Int(0);
    std::size_t i = 0; // by hand: from for_each_register, g++ 12 makes an SSE2 loop that takes 1.6 times as long
    for (; i + width <= n; i += width) {
      add(widened_from<W>(y + i), side_sum, center_sum, nans, cut);
    }
    std::size_t const padding = i < n ? width - (n - i) : 0;
    if (padding != 0) {
      T room[width];
      T const* const rest =
          register_part<W>{n - i}.filled(y + i, math::from_bits<T>(special_bits<T>::magnitude), static_cast<T*>(room));
      add(widened_from<W>(rest), side_sum, center_sum, nans, cut); // filled up with NaN
    }
    sides = sum_of(side_sum);
    center = sum_of(center_sum);
    nan = static_cast<std::uint64_t>(sum_of(nans)) - padding;
    outside = static_cast<std::uint64_t>(sum_of(cut));
  }

private:
  template <class W, class Int>
  SATUR_INLINE void add(W const& a, W& side_sum, W& center_sum, Int& nans, Int& cut) const {
    using math::select;
    auto const is_nan_here = as_mask_of<W>(is_nan(a));
    W const scaled = select(is_nan_here, W(0.0), // adds nothing to either sum
                            W(math::rounded(W((a - W(lower)) * W(per_half))) - W(1.0)));
    W const below_one = select(scaled > W(1.0), W(1.0), scaled);
    W const g = select(below_one < W(-1.0), W(-1.0), below_one);
    auto const central = g >= W(-reach) && g < W(reach_up);
    side_sum = side_sum + select(central, W(0.0), select(g < W(0.0), W(-g), g));
    center_sum = center_sum + select(central, g, W(0.0));
    count_into(nans, is_nan_here);
    count_into(cut, scaled > W(1.0 + 2e-6) || scaled < W(-1.0 - 2e-6));
  }
};

} // namespace satur::inline SATUR_ABI::detail
