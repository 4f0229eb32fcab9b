/// \file layer/global_pool2d.hpp  One number for each channel of an image: its mean, or its largest pixel.
#pragma once

#include "satur/config.hpp"
#include "satur/error.hpp"
#include "satur/layer/im2col.hpp"
#include "satur/layer/one_input.hpp"
#include "satur/simd/special_values.hpp"
#include "satur/tensor/compat.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <string_view>
#include <vector>

namespace satur { inline namespace SATUR_ABI {

namespace detail {
template <class Shape> void check_global_pool(std::string_view function, Shape const& shape) {
  if (shape.size() != 4 || shape[2] == 0 || shape[3] == 0) {
    bad_shape(function, "x", shape_text(shape), "(batch, channels, height, width), of at least one pixel");
  }
}
} // namespace detail

/// y(n, c) = the mean of the pixels of channel c.
///
/// Shapes: x (batch, channels, h, w), y (batch, channels), ready for a dense layer; ONNX's GlobalAveragePool keeps two
/// axes of extent 1 more. Memory: steps after the first allocate nothing while the shape of x stays the same.
template <std::floating_point T>
struct global_average_pool2d : one_input<global_average_pool2d<T>, xt::xtensor<T, 4>, xt::xtensor<T, 2>> {
  using images = xt::xtensor<T, 4>;
  using matrix = xt::xtensor<T, 2>;
  static constexpr std::string_view layer_name = "global_average_pool2d";

  // forward(x): y (batch, channels) for x (batch, channels, h, w); see one_input.

  /// Returns dL/dx for dL/dy. Throws shape_error if dy does not fit y, std::logic_error before the first forward.
  template <class E> images const& backward(xt::xexpression<E> const& dy) {
    matrix const& g = this->output_gradient(dy, "dy", "backward", y_);
    detail::fit(dx_, this->x().shape());
    std::size_t const pixels = dx_.shape(2) * dx_.shape(3);
    for (std::size_t p = 0; p < g.size(); ++p) {
      std::fill_n(dx_.data() + p * pixels, pixels, g.data()[p] / static_cast<T>(pixels));
    }
    return dx_;
  }

  /// Output of the last forward; empty before the first.
  [[nodiscard]] matrix const& y() const { return y_; }

private:
  friend one_input<global_average_pool2d, images, matrix>;

  template <class Shape> static void check_input(Shape const& shape) {
    detail::check_global_pool("global_average_pool2d::forward", shape);
  }
  template <class F> void each_own(F&& f) const {
    f(y_);
    f(dx_);
  }
  matrix const& run() {
    images const& x = this->x();
    std::size_t const pixels = x.shape(2) * x.shape(3);
    detail::fit(y_, {x.shape(0), x.shape(1)});
    std::fill_n(y_.data(), y_.size(), T(0));
    detail::add_row_sums(x.data(), y_.size(), pixels, y_.data());
    for (std::size_t p = 0; p < y_.size(); ++p) {
      y_.data()[p] /= static_cast<T>(pixels);
    }
    return y_;
  }

  matrix y_;
  images dx_;
};

/// y(n, c) = the largest pixel of channel c. NaN is larger than any number. Of equal pixels the first in row-major
/// order counts: it gets the whole gradient. Shapes and memory as for global_average_pool2d.
template <std::floating_point T>
struct global_max_pool2d : one_input<global_max_pool2d<T>, xt::xtensor<T, 4>, xt::xtensor<T, 2>> {
  using images = xt::xtensor<T, 4>;
  using matrix = xt::xtensor<T, 2>;
  static constexpr std::string_view layer_name = "global_max_pool2d";

  // forward(x): y (batch, channels) for x (batch, channels, h, w); see one_input.

  /// Returns dL/dx for dL/dy. Throws shape_error if dy does not fit y, std::logic_error before the first forward.
  template <class E> images const& backward(xt::xexpression<E> const& dy) {
    matrix const& g = this->output_gradient(dy, "dy", "backward", y_);
    detail::fit(dx_, this->x().shape());
    std::fill_n(dx_.data(), dx_.size(), T(0));
    std::size_t const pixels = dx_.shape(2) * dx_.shape(3);
    for (std::size_t p = 0; p < g.size(); ++p) {
      dx_.data()[p * pixels + largest_[p]] = g.data()[p];
    }
    return dx_;
  }

  /// Output of the last forward; empty before the first.
  [[nodiscard]] matrix const& y() const { return y_; }

private:
  friend one_input<global_max_pool2d, images, matrix>;

  template <class Shape> static void check_input(Shape const& shape) {
    detail::check_global_pool("global_max_pool2d::forward", shape);
  }
  template <class F> void each_own(F&& f) const {
    f(y_);
    f(dx_);
  }
  matrix const& run() {
    images const& x = this->x();
    std::size_t const pixels = x.shape(2) * x.shape(3);
    detail::fit(y_, {x.shape(0), x.shape(1)});
    largest_.resize(y_.size());
    for (std::size_t p = 0; p < y_.size(); ++p) {
      T const* const plane = x.data() + p * pixels;
      std::size_t at = 0;
      for (std::size_t i = 1; i < pixels && !detail::is_nan(plane[at]); ++i) {
        at = detail::is_nan(plane[i]) || plane[i] > plane[at] ? i : at;
      }
      largest_[p] = at;
      y_.data()[p] = plane[at];
    }
    return y_;
  }

  matrix y_;
  images dx_;
  std::vector<std::size_t> largest_; ///< the pixel that each of y is
};

}} // namespace satur::SATUR_ABI
