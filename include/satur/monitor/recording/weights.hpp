/// \file monitor/recording/weights.hpp  Moments of weights and of their steps: of all of them, or of some blocks.
#pragma once

#include "satur/monitor/recording/drawing.hpp"
#include "satur/monitor/recording/rows.hpp"
#include "satur/observe/kernel/moments.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

namespace satur::inline SATUR_ABI::detail {

template <class X> [[nodiscard]] array_summary summary_of(X const& x) {
  array_summary summary;
  for_each_block(x, [&](value_t<X> const* data, std::size_t n) { summarize(data, n, summary); });
  return summary;
}

/// Adds the finite values of the drawn blocks of n numbers to the summary, and counts the others; zeros are not
/// counted.
template <class T> struct drawn_moments_pass {
  static constexpr std::size_t block = drawn_blocks::block;
  T const* x;
  std::size_t n;
  drawn_places drawn;
  array_summary& summary;

  template <class L> SATUR_INLINE void run() {
    constexpr std::size_t at_once = leaf_elements / block;
    std::size_t const whole = n / block;
    std::size_t k = drawn.first;
    while (k < whole) {
      std::size_t const last = (std::min)(whole, k + at_once * drawn.one_in);
      k = leaf<L>(k, last);
    }
    if (k < drawn.all) { // a part of a block
      alone<L>(k, n - k * block);
    }
  }

private:
  /// The blocks from k on, below `last`; returns the next one.
  template <class L> SATUR_INLINE std::size_t leaf(std::size_t k, std::size_t last) {
    constexpr std::size_t width = static_cast<std::size_t>(math::lane_count<L>);
    static_assert(block % (2 * width) == 0);
    plain_wide_sums<L> even({});
    plain_wide_sums<L> odd({});
    std::size_t const first = k;
    std::uint64_t count = 0;
    for (; k < last; k += drawn.one_in, count += block) {
      T const* const at = x + k * block;
      for (std::size_t i = 0; i < block; i += 2 * width) {
        even.add_from(at + i);
        odd.add_from(at + i + width);
      }
    }
    double const sum = static_cast<double>(even.sum() + odd.sum());
    double const square = static_cast<double>(even.square() + odd.square());
    double const spread = static_cast<double>(count) * square - sum * sum; // count^2 times the variance
    if (is_finite(spread) && spread * 1024.0 >= sum * sum) {
      summary.finite += moments_from(count, 0.0, sum, square);
    } else { // a value that is not finite, or a mean far out
      for (std::size_t b = first; b < last; b += drawn.one_in) {
        alone<L>(b, block);
      }
    }
    return k;
  }
  template <class L> SATUR_INLINE void alone(std::size_t k, std::size_t size) {
    moments_pass<T> pass{x + k * block, size, summary};
    pass.template run<L>();
  }
};

/// One block of 256 of n numbers in `one_in`, others each turn, and at least 16 blocks: a standard deviation of fewer
/// numbers is wrong by more than a percent.
[[nodiscard]] inline drawn_places places_of_blocks(std::size_t n, std::size_t one_in, std::uint64_t turn) {
  constexpr std::size_t block = drawn_blocks::block;
  constexpr std::size_t least_blocks = 16;
  std::size_t const blocks = (n + block - 1) / block;
  return {blocks, (std::min)(one_in, blocks / least_blocks), turn};
}

/// Of these blocks.
template <class X>
[[nodiscard]] array_summary summary_of_blocks(X const& x, std::size_t one_in, std::uint64_t turn,
                                              scratch_memory& memory) {
  using T = value_t<X>;
  constexpr std::size_t block = drawn_blocks::block;
  std::size_t const n = size_of(x);
  drawn_places const drawn = places_of_blocks(n, one_in, turn);
  if (drawn.one_in == 1) {
    return summary_of(x);
  }
  array_summary summary;
  if (T const* const data = contiguous_data(x); data != nullptr) {
    drawn_moments_pass<T> pass{data, n, drawn, summary};
    math::run<T>(pass);
    return summary;
  }
  T* const room = memory.room<T>(block);
  number_reader<X> from(x);
  for (std::size_t k = drawn.first; k < drawn.all; k += drawn.one_in) {
    std::size_t const count = (std::min)(block, n - k * block);
    from.read(k * block, count, room);
    summarize(static_cast<T const*>(room), count, summary);
  }
  return summary;
}

/// The numbers that `summary_of_blocks` reads of x, unless these are all of them: then empty.
template <class X>
[[nodiscard]] std::span<value_t<X> const> numbers_of_blocks(X const& x, std::size_t one_in, std::uint64_t turn,
                                                            scratch_memory& memory) {
  using T = value_t<X>;
  constexpr std::size_t block = drawn_blocks::block;
  std::size_t const n = size_of(x);
  drawn_places const drawn = places_of_blocks(n, one_in, turn);
  if (drawn.one_in == 1) {
    return {};
  }
  T* const room = memory.room<T>(drawn.most() * block);
  T* to = room;
  number_reader<X> from(x);
  for (std::size_t k = drawn.first; k < drawn.all; k += drawn.one_in) {
    std::size_t const count = (std::min)(block, n - k * block);
    from.read(k * block, count, to);
    to += count;
  }
  return {room, to};
}

} // namespace satur::inline SATUR_ABI::detail

SATUR_COMPILED_PASS(float, satur::detail::drawn_moments_pass<float>);
SATUR_COMPILED_PASS(double, satur::detail::drawn_moments_pass<double>);
