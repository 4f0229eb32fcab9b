/// \file layer/pooling.hpp  What max and average pooling share.
#pragma once

#include "satur/config.hpp"
#include "satur/layer/window2d.hpp"

#include <cstddef>

namespace satur::inline SATUR_ABI::detail {

/// The stride, and the extent of the kernel where that is 0.
[[nodiscard]] constexpr extent2d pool_stride(extent2d kernel, extent2d stride) {
  return {stride.h == 0 ? kernel.h : stride.h, stride.w == 0 ? kernel.w : stride.w};
}

/// Calls row(tap, first, count, i) for each tap that meets pixels in row y of the windows, in row-major order: the
/// windows from `first` on have it on pixels, the first of which is pixel i of the plane.
template <class Row> SATUR_INLINE void for_each_tap(window2d const& at, std::size_t y, Row const& row) {
  for (std::size_t i = 0; i < at.rows.kernel; ++i) {
    window_axis::range const rows = at.rows.windows_with(i);
    if (y < rows.first || y >= rows.last) {
      continue;
    }
    for (std::size_t j = 0; j < at.columns.kernel; ++j) {
      window_axis::range const columns = at.columns.windows_with(j);
      if (columns.first != columns.last) {
        row(i * at.columns.kernel + j, columns.first, columns.last - columns.first,
            at.rows.element(y, i) * at.columns.in + at.columns.element(columns.first, j));
      }
    }
  }
}

/// `count` numbers `stride` apart, side by side: in place where the stride is 1, else in `room`.
template <class T>
[[nodiscard]] SATUR_INLINE T const* contiguous(T const* from, std::size_t stride, std::size_t count, T* room) {
  if (stride == 1) {
    return from;
  }
  for (std::size_t k = 0; k < count; ++k) {
    room[k] = from[k * stride];
  }
  return room;
}

} // namespace satur::inline SATUR_ABI::detail
