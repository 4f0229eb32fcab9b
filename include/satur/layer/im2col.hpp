/// \file layer/im2col.hpp  An image as the matrix of its windows, and back: what makes a convolution a matrix product.
///
/// Source: Chellapilla, Puri and Simard, "High performance convolutional neural networks for document processing"
/// (2006), section 4.
#pragma once

#include "satur/config.hpp"
#include "satur/layer/window2d.hpp"
#include "satur/simd/lanes.hpp"
#include "satur/simd/load.hpp"
#include "satur/simd/run.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace satur::inline SATUR_ABI::detail {

/// Lanes of half as many numbers, or one number where a register has no half.
template <class L> struct half_register {
  using type = math::element_t<L>;
};
#if SATUR_HAS_LANES
template <class T, int N>
  requires(N * sizeof(T) > 16)
struct half_register<math::lanes<T, N>> {
  using type = math::lanes<T, N / 2>;
};
#endif

/// to[i] = from[i], and to[i] += from[i]: rows of an image are short, so what is left of whole registers goes through
/// halves of them.
template <class L, class T> SATUR_INLINE void copy_row(T const* from, std::size_t n, T* to) {
  constexpr std::size_t width = static_cast<std::size_t>(math::lane_count<L>);
  for (; n >= width; n -= width, from += width, to += width) {
    math::store(to, math::load<L>(from));
  }
  if constexpr (width > 1) {
    copy_row<typename half_register<L>::type>(from, n, to);
  }
}
template <class L, class T> SATUR_INLINE void add_row(T const* from, std::size_t n, T* to) {
  constexpr std::size_t width = static_cast<std::size_t>(math::lane_count<L>);
  for (; n >= width; n -= width, from += width, to += width) {
    math::store(to, math::load<L>(to) + math::load<L>(from));
  }
  if constexpr (width > 1) {
    add_row<typename half_register<L>::type>(from, n, to);
  }
}

/// Calls row(from, count, o, i) for each row of windows under each tap: `from` is the offset of its first number in the
/// matrix of windows (channels kh kw, rows ow), `count` how many are on the image, o the first of these in the row, and
/// i the offset of the pixel under it. count is 0 where the tap is above or below the image.
template <class Row>
SATUR_INLINE void for_each_tap_row(window2d const& at, std::size_t channels, std::size_t first_row,
                                   std::size_t last_row, Row const& row) {
  std::size_t const width = at.columns.out;
  std::size_t from = 0;
  for (std::size_t c = 0; c < channels; ++c) {
    for (std::size_t i = 0; i < at.rows.kernel; ++i) {
      window_axis::range const rows = at.rows.windows_with(i);
      for (std::size_t j = 0; j < at.columns.kernel; ++j) {
        window_axis::range const columns = at.columns.windows_with(j);
        std::size_t const count = columns.last - columns.first;
        for (std::size_t y = first_row; y < last_row; ++y, from += width) {
          if (y < rows.first || y >= rows.last || count == 0) {
            row(from, 0, 0, 0);
          } else {
            row(from, count, columns.first,
                (c * at.rows.in + at.rows.element(y, i)) * at.columns.in + at.columns.element(columns.first, j));
          }
        }
      }
    }
  }
}

template <class T> struct im2col_pass {
  T const* image;
  window2d const& at;
  std::size_t channels, first_row, last_row;
  T* matrix;

  template <class L> SATUR_INLINE void run() const {
    std::size_t const width = at.columns.out;
    std::size_t const stride = at.columns.stride;
    for_each_tap_row(at, channels, first_row, last_row,
                     [&](std::size_t from, std::size_t count, std::size_t o, std::size_t i) SATUR_INLINE_LAMBDA {
                       T* const to = matrix + from;
                       T const* const pixel = image + i;
                       std::fill(to, to + o, T(0));
                       if (stride == 1) {
                         copy_row<L>(pixel, count, to + o);
                       } else {
                         for (std::size_t k = 0; k < count; ++k) {
                           to[o + k] = pixel[k * stride];
                         }
                       }
                       std::fill(to + o + count, to + width, T(0));
                     });
  }
};

template <class T> struct col2im_pass {
  T const* matrix;
  window2d const& at;
  std::size_t channels, first_row, last_row;
  T* image;

  template <class L> SATUR_INLINE void run() const {
    std::size_t const stride = at.columns.stride;
    for_each_tap_row(at, channels, first_row, last_row,
                     [&](std::size_t from, std::size_t count, std::size_t o, std::size_t i) SATUR_INLINE_LAMBDA {
                       T const* const number = matrix + from + o;
                       T* const pixel = image + i;
                       if (stride == 1) {
                         add_row<L>(number, count, pixel);
                       } else {
                         for (std::size_t k = 0; k < count; ++k) {
                           pixel[k * stride] += number[k];
                         }
                       }
                     });
  }
};

/// matrix ((c kh + i) kw + j, (y - first_row) ow + x) = the pixel of channel c under tap (i, j) of window (y, x), 0 on
/// the padding, for the rows of windows from first_row up to last_row. `image` is (channels, h, w).
template <class T>
void im2col(T const* image, window2d const& at, std::size_t channels, std::size_t first_row, std::size_t last_row,
            T* matrix) {
  im2col_pass<T> const pass{image, at, channels, first_row, last_row, matrix};
  math::run<T>(pass);
}

/// Adds each number of the matrix to the pixel that im2col took it from; those of the padding are dropped.
template <class T>
void col2im(T const* matrix, window2d const& at, std::size_t channels, std::size_t first_row, std::size_t last_row,
            T* image) {
  col2im_pass<T> const pass{matrix, at, channels, first_row, last_row, image};
  math::run<T>(pass);
}

/// sums[r] += the sum of row r. Sixteen partial sums, whatever the register width: the same bits at every level.
template <class T> struct row_sum_pass {
  T const* a;
  std::size_t rows, columns;
  T* sums;

  template <class L> SATUR_INLINE void run() const {
    constexpr std::size_t parts = 16;
    constexpr std::size_t width = static_cast<std::size_t>(math::lane_count<L>);
    for (std::size_t r = 0; r < rows; ++r) {
      T const* p = a + r * columns;
      std::array<L, parts / width> part;
      part.fill(L(T(0)));
      std::size_t c = 0;
      for (; c + parts <= columns; c += parts, p += parts) {
        for (std::size_t k = 0; k < part.size(); ++k) {
          part[k] += math::load<L>(p + k * width);
        }
      }
      std::array<T, parts> all;
      for (std::size_t k = 0; k < part.size(); ++k) {
        math::store(all.data() + k * width, part[k]);
      }
      T sum(0);
      for (T const one : all) {
        sum += one;
      }
      for (; c < columns; ++c, ++p) {
        sum += *p;
      }
      sums[r] += sum;
    }
  }
};
template <class T> void add_row_sums(T const* a, std::size_t rows, std::size_t columns, T* sums) {
  row_sum_pass<T> const pass{a, rows, columns, sums};
  math::run<T>(pass);
}

} // namespace satur::inline SATUR_ABI::detail
