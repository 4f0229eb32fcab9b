/// \file layer/bias.hpp  Adds a bias to every row of a row-major matrix, and sums columns for its gradient.
#pragma once

#include "satur/config.hpp"
#include "satur/simd/lanes.hpp"
#include "satur/simd/load.hpp"
#include "satur/simd/run.hpp"

#include <cstddef>

namespace satur::inline SATUR_ABI::detail {

// Both passes do one addition per element, in an order that does not depend on the register width: the same bits at
// every level, in lanes or not. So the last few columns are added one by one: to fill up a register for each row would
// cost a narrow layer several times as much.

template <class T> struct add_bias_pass {
  T* z;
  std::size_t rows, columns;
  T const* b;

  template <class L> SATUR_INLINE void run() const {
    constexpr std::size_t width = static_cast<std::size_t>(math::lane_count<L>);
    for (std::size_t r = 0; r < rows; ++r) {
      T* const row = z + r * columns;
      std::size_t c = 0;
      for (; c + width <= columns; c += width) {
        math::store(row + c, math::load<L>(row + c) + math::load<L>(b + c));
      }
      for (; c < columns; ++c) {
        row[c] += b[c];
      }
    }
  }
};

template <class T> struct column_sum_pass {
  T const* a;
  std::size_t rows, columns;
  T* out;

  template <class L> SATUR_INLINE void run() const {
    constexpr std::size_t width = static_cast<std::size_t>(math::lane_count<L>);
    constexpr std::size_t tile = 4 * width; // four sums at a time hide the latency of an addition
    std::size_t c = 0;
    for (; c + tile <= columns; c += tile) {
      L s0(T(0)), s1(T(0)), s2(T(0)), s3(T(0));
      T const* p = a + c;
      for (std::size_t r = 0; r < rows; ++r, p += columns) {
        s0 += math::load<L>(p);
        s1 += math::load<L>(p + width);
        s2 += math::load<L>(p + 2 * width);
        s3 += math::load<L>(p + 3 * width);
      }
      math::store(out + c, s0);
      math::store(out + c + width, s1);
      math::store(out + c + 2 * width, s2);
      math::store(out + c + 3 * width, s3);
    }
    for (; c < columns; ++c) {
      T sum(0);
      for (std::size_t r = 0; r < rows; ++r) {
        sum += a[r * columns + c];
      }
      out[c] = sum;
    }
  }
};

/// z[r * columns + c] += b[c].
template <class T> void add_bias(T* z, std::size_t rows, std::size_t columns, T const* b) {
  add_bias_pass<T> const pass{z, rows, columns, b};
  math::run<T>(pass);
}

/// out[c] = sum over r of a[r * columns + c].
template <class T> void column_sums(T const* a, std::size_t rows, std::size_t columns, T* out) {
  column_sum_pass<T> const pass{a, rows, columns, out};
  math::run<T>(pass);
}

} // namespace satur::inline SATUR_ABI::detail
