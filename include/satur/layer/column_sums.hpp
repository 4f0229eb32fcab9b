/// \file column_sums.hpp  Sums down the columns of a row-major matrix: the gradient of a bias.
#pragma once

#include "satur/config.hpp"
#include "satur/math/simd.hpp"

#include <cstddef>

namespace satur::inline SATUR_ABI::detail {

/// Each column is summed from the first row to the last, so its bits do not depend on the lanes it ran in.
template <class T> struct column_sum_pass {
  T const* a;
  std::size_t rows, columns;
  T* out;

  template <class L> SATUR_INLINE void run() const {
    constexpr std::size_t width = static_cast<std::size_t>(math::lane_count<L>);
    constexpr std::size_t tile = 4;
    std::size_t c = 0;
    for (; c + tile * width <= columns; c += tile * width) {
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

/// out[c] = sum over r of a[r * columns + c].
template <class T> void column_sums(T const* a, std::size_t rows, std::size_t columns, T* out) {
  column_sum_pass<T> const pass{a, rows, columns, out};
  math::run<T>(pass, math::best_level());
}

} // namespace satur::inline SATUR_ABI::detail
