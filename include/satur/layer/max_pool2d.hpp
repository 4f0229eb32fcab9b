/// \file layer/max_pool2d.hpp  The largest number of each window of an image.
#pragma once

#include "satur/config.hpp"
#include "satur/error.hpp"
#include "satur/layer/im2col.hpp"
#include "satur/layer/one_input.hpp"
#include "satur/layer/pooling.hpp"
#include "satur/layer/window2d.hpp"
#include "satur/simd/lanes.hpp"
#include "satur/simd/load.hpp"
#include "satur/simd/reduce.hpp"
#include "satur/simd/run.hpp"
#include "satur/simd/special_values.hpp"
#include "satur/tensor/compat.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <string_view>
#include <vector>

namespace satur { inline namespace SATUR_ABI {

struct max_pool2d_options {
  extent2d stride{0, 0};  ///< 0: the extent of the kernel, as in PyTorch and Keras; ONNX's default is 1
  padding2d padding{};    ///< no pixels: they are never the largest
  bool ceil_mode = false; ///< a window that ends beyond the image counts too
};

namespace detail {

/// Keeps the larger of the numbers and the ones before, and which tap it came from; a tap of -1 has none yet.
template <class L, class T> SATUR_INLINE void keep_larger(T const* numbers, std::size_t n, T tap, T* largest, T* taps) {
  constexpr std::size_t width = static_cast<std::size_t>(math::lane_count<L>);
  for (; n >= width; n -= width, numbers += width, largest += width, taps += width) {
    L const x = math::load<L>(numbers);
    L const y = math::load<L>(largest);
    L const from = math::load<L>(taps);
    auto const larger = (from < L(T(0))) || (!as_mask_of<L>(is_nan(y)) && (as_mask_of<L>(is_nan(x)) || (x > y)));
    math::store(largest, math::select(larger, x, y));
    math::store(taps, math::select(larger, L(tap), from));
  }
  if constexpr (width > 1) {
    keep_larger<typename half_register<L>::type>(numbers, n, tap, largest, taps);
  }
}

template <class T> struct max_pool_pass {
  T const* x;
  window2d const& at;
  std::size_t planes;
  T* y;
  T* taps;
  T* room; ///< at.columns.out numbers

  template <class L> SATUR_INLINE void run() const {
    std::size_t const width = at.columns.out;
    T* largest = y;
    T* tap = taps;
    for (std::size_t p = 0; p < planes; ++p) {
      T const* const plane = x + p * at.pixels_in();
      for (std::size_t r = 0; r < at.rows.out; ++r, largest += width, tap += width) {
        std::fill(largest, largest + width, T(0));
        std::fill(tap, tap + width, T(-1));
        for_each_tap(at, r,
                     [&](std::size_t k, std::size_t first, std::size_t count, std::size_t i) SATUR_INLINE_LAMBDA {
                       T const* const numbers = contiguous(plane + i, at.columns.stride, count, room);
                       keep_larger<L>(numbers, count, static_cast<T>(k), largest + first, tap + first);
                     });
      }
    }
  }
};

} // namespace detail

/// y(n, c, i, j) = the largest of the pixels of channel c under window (i, j). NaN is larger than any number. Of equal
/// pixels the first in row-major order counts: it gets the whole gradient.
///
///     max_pool2d<float> pool{{2, 2}};                                  // halves both extents
///     max_pool2d<float> pool{{3, 3}, {.stride = {2, 2}, .padding = 1}};
///
/// Shapes: x (batch, channels, h, w), y (batch, channels, oh, ow) with oh = floor((h + top + bottom - kh) / sh) + 1,
/// and ow likewise. Every padding is smaller than the kernel. With `ceil_mode`, oh is rounded up unless the last window
/// would start beyond the image (PyTorch's rule and ONNX's).
/// Memory: beside y it keeps one number for each of y, the place of the largest. Steps after the first allocate nothing
/// while the shape of x stays the same.
template <std::floating_point T> struct max_pool2d : one_input<max_pool2d<T>, xt::xtensor<T, 4>> {
  using images = xt::xtensor<T, 4>;
  static constexpr std::string_view layer_name = "max_pool2d";

  extent2d kernel; ///< read by forward, as are the options
  max_pool2d_options options;

  /// Throws std::invalid_argument if the kernel has no or more than 2^24 numbers, or a padding is not smaller than it.
  explicit max_pool2d(extent2d window, max_pool2d_options const& chosen = {}) : kernel(window), options(chosen) {
    check_options();
  }

  // forward(x): y (batch, channels, oh, ow) for x (batch, channels, h, w); see one_input.

  /// Returns dL/dx for dL/dy. Throws shape_error if dy does not fit y, std::logic_error before the first forward.
  template <class E> images const& backward(xt::xexpression<E> const& dy) {
    images const& g = this->output_gradient(dy, "dy", "backward", y_);
    detail::fit(dx_, this->x().shape());
    std::fill_n(dx_.data(), dx_.size(), T(0));
    std::size_t const planes = dx_.shape(0) * dx_.shape(1);
    std::size_t const w = at_.columns.in;
    offsets_.resize(at_.taps());
    for (std::size_t k = 0; k < offsets_.size(); ++k) {
      offsets_[k] = k / at_.columns.kernel * w + k % at_.columns.kernel;
    }
    std::size_t o = 0;
    for (std::size_t p = 0; p < planes; ++p) {
      T* const plane = dx_.data() + p * at_.pixels_in();
      for (std::size_t r = 0; r < at_.rows.out; ++r) {
        for (std::size_t c = 0; c < at_.columns.out; ++c, ++o) {
          // The first tap may be on the padding, before the plane; the sum is a pixel again.
          std::size_t const tap = offsets_[static_cast<std::size_t>(taps_[o])];
          plane[at_.rows.element(r, 0) * w + at_.columns.element(c, 0) + tap] += g.data()[o];
        }
      }
    }
    return dx_;
  }

  /// Output of the last forward; empty before the first.
  [[nodiscard]] images const& y() const { return y_; }

private:
  friend one_input<max_pool2d, images>;

  void check_options() const {
    detail::check_window("max_pool2d", kernel, detail::pool_stride(kernel, options.stride), options.padding);
    constexpr std::size_t most = std::size_t{1} << 24; // every tap is a number of T
    if (kernel.h > most / kernel.w) {
      detail::bad_parameter("max_pool2d", "the kernel", detail::shape_text({kernel.h, kernel.w}),
                            detail::message("at most ", detail::count_text(most, "number")));
    }
    detail::check_pool_padding("max_pool2d", kernel, options.padding);
  }
  template <class Shape> void check_input(Shape const& shape) const {
    check_options();
    static_cast<void>(windows(shape));
  }
  template <class Shape> [[nodiscard]] detail::window2d windows(Shape const& shape) const {
    return detail::windows_over("max_pool2d::forward", shape, kernel, detail::pool_stride(kernel, options.stride),
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
    taps_.resize(y_.size());
    room_.resize(at_.columns.out);
    detail::max_pool_pass<T> const pass{x.data(), at_, x.shape(0) * x.shape(1), y_.data(), taps_.data(), room_.data()};
    math::run<T>(pass);
    return y_;
  }

  images y_, dx_;
  std::vector<T> taps_; ///< which tap of its window each of y is from
  std::vector<T> room_; ///< a row of pixels that are a stride apart
  std::vector<std::size_t> offsets_;
  detail::window2d at_; ///< of the last forward
};

}} // namespace satur::SATUR_ABI
