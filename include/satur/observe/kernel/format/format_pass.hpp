/// \file observe/kernel/format/format_pass.hpp  What of an array leaves a number format, counted by comparing the bits
/// of x.
#pragma once

#include "satur/array/chunk.hpp"
#include "satur/array/threads.hpp"
#include "satur/format/limits.hpp"
#include "satur/simd/loop.hpp"
#include "satur/simd/reduce.hpp"
#include "satur/simd/run.hpp"
#include "satur/simd/special_values.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

namespace satur::inline SATUR_ABI::detail {

/// What is counted of the bits of x. NaN is in `nonzero`, `kept` and `normal` too, from which only differences are
/// read.
struct format_counts {
  std::uint64_t nonzero = 0;
  std::uint64_t kept = 0;   ///< not rounded to zero
  std::uint64_t normal = 0; ///< rounded to a normal number or more
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  std::uint64_t high_before = 0;
  std::uint64_t low_before = 0;
  std::uint64_t nan = 0;
  std::uint64_t infinite = 0;
  double amax = 0.0; ///< of the finite ones
  double smallest = std::numeric_limits<double>::infinity();

  format_counts& operator+=(format_counts const& o) {
    nonzero += o.nonzero;
    kept += o.kept;
    normal += o.normal;
    high += o.high;
    low += o.low;
    high_before += o.high_before;
    low_before += o.low_before;
    nan += o.nan;
    infinite += o.infinite;
    amax = o.amax > amax ? o.amax : amax;
    smallest = o.smallest < smallest ? o.smallest : smallest;
    return *this;
  }
};

/// Compares bits as integers: NaN lies above infinity, and subnormal numbers are what they are under every flag. Most
/// arrays have no number that is too large, so those are counted only in a block whose largest number is one.
template <class T> struct format_pass {
  format_limits<T> limits;
  T const* x;
  std::size_t n;
  format_counts& found;

  template <class L> SATUR_INLINE void run() {
    for (std::size_t start = 0; start < n; start += leaf_elements) {
      leaf<L>(x + start, (std::min)(leaf_elements, n - start));
    }
  }

private:
  using E = decltype(math::bits(T(0)));
  static constexpr E infinity = special_bits<T>::infinity;
  template <class L> using bits_of = decltype(math::bits(std::declval<L>()));

  template <class L> SATUR_INLINE void leaf(T const* at, std::size_t size) {
    using Int = bits_of<L>;
    using C = typename pass_types<L>::counter;
    E const last_inside = (std::min)(size_of_bits(limits.high_before), size_of_bits(limits.low_before));
    Int const zero = Int(math::bits(limits.zero));
    Int const below_normal = Int(math::bits(limits.normal) - 1);
    C nonzero = C(0);
    C kept = C(0);
    C normal = C(0);
    Int least = Int(infinity);
    E most = 0;
    for (std::size_t start = 0; start < size; start += block_elements) {
      std::size_t const count = (std::min)(block_elements, size - start);
      Int most_here = Int(0);
      for_each_register<L>(count, [&](std::size_t i, auto part) SATUR_INLINE_LAMBDA { // padding: 0, counted nowhere
        using math::select;
        math::prefetch(at + start + i, 2 * block_elements); // beyond the page, where the processor stops by itself
        Int const m = math::bits(part.load(at + start + i, T(0))) & Int(special_bits<T>::magnitude);
        auto const some = m > Int(0);
        most_here = math::maximum(m, most_here);
        least = math::minimum(Int(select(some, m, Int(infinity))), least);
        count_into(nonzero, some);
        count_into(kept, m > zero);
        count_into(normal, m > below_normal);
      });
      E most_of_block = extreme_of<true>(most_here);
      if (most_of_block >= infinity) {
        most_of_block = count_large<L, true>(at + start, count);
      } else if (most_of_block > last_inside) {
        count_large<L, false>(at + start, count);
      }
      most = (std::max)(most, most_of_block);
    }
    found.nonzero += total(nonzero);
    found.kept += total(kept);
    found.normal += total(normal);
    found.amax = (std::max)(found.amax, static_cast<double>(math::from_bits<T>(most)));
    found.smallest = (std::min)(found.smallest, static_cast<double>(math::from_bits<T>(extreme_of<false>(least))));
  }

  /// Counts what is too large. With Special: also what is not finite; gives the largest finite size.
  template <class L, bool Special> SATUR_INLINE E count_large(T const* at, std::size_t size) {
    using Int = bits_of<L>;
    using C = typename pass_types<L>::counter;
    Int const sign = Int((std::numeric_limits<E>::min)());
    Int const last_high = Int(math::bits(limits.high));
    Int const last_low = Int(size_of_bits(limits.low));
    Int const last_high_before = Int(math::bits(limits.high_before));
    Int const last_low_before = Int(size_of_bits(limits.low_before));
    C high = C(0);
    C low = C(0);
    C high_before = C(0);
    C low_before = C(0);
    C nan = C(0);
    C infinite = C(0);
    Int most = Int(0);
    for_each_register<L>(size, [&](std::size_t i, auto part) SATUR_INLINE_LAMBDA {
      using math::select;
      Int b = math::bits(part.load(at + i, T(0)));
      if constexpr (Special) {
        Int const m = b & Int(special_bits<T>::magnitude);
        count_into(nan, m > Int(infinity));
        count_into(infinite, m == Int(infinity));
        b = select(m > Int(infinity), Int(0), b);
        most = select(m < Int(infinity) && m > most, m, most);
      }
      Int const negated = b ^ sign; // each side is above 0 in one of the two
      count_into(high, b > last_high);
      count_into(low, negated > last_low);
      count_into(high_before, b > last_high_before);
      count_into(low_before, negated > last_low_before);
    });
    found.high += total(high);
    found.low += total(low);
    found.high_before += total(high_before);
    found.low_before += total(low_before);
    found.nan += total(nan);
    found.infinite += total(infinite);
    return extreme_of<true>(most);
  }

  [[nodiscard]] static E size_of_bits(T limit) { return math::bits(limit) & special_bits<T>::magnitude; }
  template <class C> [[nodiscard]] SATUR_INLINE static std::uint64_t total(C const& counter) {
    return static_cast<std::uint64_t>(sum_of(counter));
  }
  /// The largest or the smallest lane.
  template <bool Largest, class Int> [[nodiscard]] SATUR_INLINE static E extreme_of(Int const& a) {
    E all[static_cast<std::size_t>(math::lane_count<Int>)];
    math::store(static_cast<E*>(all), a);
    E extreme = all[0];
    for (E const e : all) {
      extreme = Largest ? (std::max)(extreme, e) : (std::min)(extreme, e);
    }
    return extreme;
  }
};

template <class T> void count_format(format_limits<T> const& limits, T const* x, std::size_t n, format_counts& found) {
  over_leaves(
      n, found, [] { return format_counts{}; },
      [&](std::size_t first, std::size_t count, format_counts& part) {
        format_pass<T> pass{limits, x + first, count, part};
        math::run<T>(pass);
      });
}

} // namespace satur::inline SATUR_ABI::detail

SATUR_COMPILED_PASS(float, satur::detail::format_pass<float>);
SATUR_COMPILED_PASS(double, satur::detail::format_pass<double>);
