/// \file layer/average_pool2d.hpp  The mean of each window of an image.
#pragma once

#include "satur/config.hpp"
#include "satur/layer/im2col.hpp"
#include "satur/layer/one_input.hpp"
#include "satur/layer/pooling.hpp"
#include "satur/layer/window2d.hpp"
#include "satur/simd/lanes.hpp"
#include "satur/simd/load.hpp"
#include "satur/simd/run.hpp"
#include "satur/tensor/compat.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <string_view>
#include <vector>

namespace satur { inline namespace SATUR_ABI {

struct average_pool2d_options {
  extent2d stride{0, 0};  ///< 0: the extent of the kernel, as in PyTorch and Keras; ONNX's default is 1
  padding2d padding{};    ///< zeros around each image
  bool ceil_mode = false; ///< a window that ends beyond the padded image counts too
  bool count_include_pad =
      false; ///< the mean counts the zeros of the padding: PyTorch's default, not ONNX's or Keras's
};

namespace detail {

/// to[i] = from[i] / (count * counts[i]).
template <class L, class T>
SATUR_INLINE void divide_row(T const* from, std::size_t n, T count, T const* counts, T* to) {
  constexpr std::size_t width = static_cast<std::size_t>(math::lane_count<L>);
  for (; n >= width; n -= width, from += width, counts += width, to += width) {
    math::store(to, math::load<L>(from) / (L(count) * math::load<L>(counts)));
  }
  if constexpr (width > 1) {
    divide_row<typename half_register<L>::type>(from, n, count, counts, to);
  }
}

template <class T> struct average_pool_pass {
  T const* x;
  window2d const& at;
  std::size_t planes;
  T const* row_counts;
  T const* column_counts;
  T* y;
  T* room; ///< at.columns.out numbers

  template <class L> SATUR_INLINE void run() const {
    std::size_t const width = at.columns.out;
    T* sums = y;
    for (std::size_t p = 0; p < planes; ++p) {
      T const* const plane = x + p * at.pixels_in();
      for (std::size_t r = 0; r < at.rows.out; ++r, sums += width) {
        std::fill(sums, sums + width, T(0));
        for_each_tap(at, r, [&](std::size_t, std::size_t first, std::size_t count, std::size_t i) SATUR_INLINE_LAMBDA {
          add_row<L>(contiguous(plane + i, at.columns.stride, count, room), count, sums + first);
        });
        divide_row<L>(sums, width, row_counts[r], column_counts, sums);
      }
    }
  }
};

template <class T> struct average_pool_gradient_pass {
  T const* dy;
  window2d const& at;
  std::size_t planes;
  T const* row_counts;
  T const* column_counts;
  T* dx;   ///< filled with 0
  T* room; ///< at.columns.out numbers

  template <class L> SATUR_INLINE void run() const {
    std::size_t const width = at.columns.out;
    std::size_t const stride = at.columns.stride;
    T const* row = dy;
    for (std::size_t p = 0; p < planes; ++p) {
      T* const plane = dx + p * at.pixels_in();
      for (std::size_t r = 0; r < at.rows.out; ++r, row += width) {
        divide_row<L>(row, width, row_counts[r], column_counts, room);
        for_each_tap(at, r, [&](std::size_t, std::size_t first, std::size_t count, std::size_t i) SATUR_INLINE_LAMBDA {
          if (stride == 1) {
            add_row<L>(room + first, count, plane + i);
          } else {
            for (std::size_t k = 0; k < count; ++k) {
              plane[i + k * stride] += room[first + k];
            }
          }
        });
      }
    }
  }
};

/// How many elements the mean of each window counts along one axis.
template <class T> void window_counts(window_axis const& a, bool with_padding, std::vector<T>& counts) {
  counts.resize(a.out);
  for (std::size_t o = 0; o < a.out; ++o) {
    std::size_t const start = o * a.stride; // from the start of the padding
    std::size_t const low = with_padding ? start : (std::max)(start, a.before);
    std::size_t const high = (std::min)(start + a.kernel, a.before + a.in + (with_padding ? a.after : 0));
    counts[o] = static_cast<T>(high - low);
  }
}

} // namespace detail

/// y(n, c, i, j) = the mean of the pixels of channel c under window (i, j).
///
///     average_pool2d<float> pool{{2, 2}};                                              // halves both extents
///     average_pool2d<float> pool{{3, 3}, {.stride = {1, 1}, .padding = padding2d::same()}};
///
/// Shapes: x (batch, channels, h, w), y (batch, channels, oh, ow) with oh = floor((h + top + bottom - kh) / sh) + 1,
/// and ow likewise. Every padding is smaller than the kernel. With `ceil_mode`, oh is rounded up unless the last window
/// would start beyond the image; what of a window is beyond the padding is never counted (PyTorch's rules and ONNX's).
/// Memory: steps after the first allocate nothing while the shape of x stays the same.
template <std::floating_point T> struct average_pool2d : one_input<average_pool2d<T>, xt::xtensor<T, 4>> {
  using images = xt::xtensor<T, 4>;
  static constexpr std::string_view layer_name = "average_pool2d";

  extent2d kernel; ///< read by forward, as are the options
  average_pool2d_options options;

  /// Throws std::invalid_argument if the kernel has no numbers, or a padding is not smaller than it.
  explicit average_pool2d(extent2d window, average_pool2d_options const& chosen = {})
      : kernel(window), options(chosen) {
    check_options();
  }

  // forward(x): y (batch, channels, oh, ow) for x (batch, channels, h, w); see one_input.

  /// Returns dL/dx for dL/dy. Throws shape_error if dy does not fit y, std::logic_error before the first forward.
  template <class E> images const& backward(xt::xexpression<E> const& dy) {
    images const& g = this->output_gradient(dy, "dy", "backward", y_);
    detail::fit(dx_, this->x().shape());
    std::fill_n(dx_.data(), dx_.size(), T(0));
    detail::average_pool_gradient_pass<T> const pass{
        g.data(),   at_,         dx_.shape(0) * dx_.shape(1), row_counts_.data(), column_counts_.data(),
        dx_.data(), room_.data()};
    math::run<T>(pass);
    return dx_;
  }

  /// Output of the last forward; empty before the first.
  [[nodiscard]] images const& y() const { return y_; }

private:
  friend one_input<average_pool2d, images>;

  void check_options() const {
    detail::check_window("average_pool2d", kernel, detail::pool_stride(kernel, options.stride), options.padding);
    detail::check_pool_padding("average_pool2d", kernel, options.padding);
  }
  template <class Shape> void check_input(Shape const& shape) const {
    check_options();
    static_cast<void>(windows(shape));
  }
  template <class Shape> [[nodiscard]] detail::window2d windows(Shape const& shape) const {
    return detail::windows_over("average_pool2d::forward", shape, kernel, detail::pool_stride(kernel, options.stride),
                                options.padding, options.ceil_mode);
  }
  template <class F> void each_own(F&& f) const {
    f(y_);
    f(dx_);
  }

  images const& run() {
    images const& x = this->x();
    at_ = windows(x.shape());
    detail::fit(y_, {x.shape(0), x.shape(1), at_.rows.out, at_.columns.out});
    detail::window_counts(at_.rows, options.count_include_pad, row_counts_);
    detail::window_counts(at_.columns, options.count_include_pad, column_counts_);
    room_.resize(at_.columns.out);
    detail::average_pool_pass<T> const pass{
        x.data(), at_, x.shape(0) * x.shape(1), row_counts_.data(), column_counts_.data(), y_.data(), room_.data()};
    math::run<T>(pass);
    return y_;
  }

  images y_, dx_;
  std::vector<T> row_counts_, column_counts_;
  std::vector<T> room_; ///< a row of windows
  detail::window2d at_; ///< of the last forward
};

}} // namespace satur::SATUR_ABI
