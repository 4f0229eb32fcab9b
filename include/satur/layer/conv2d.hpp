/// \file layer/conv2d.hpp  The convolution of images, z = w * x + b.
#pragma once

#include "satur/array/unit_layout.hpp"
#include "satur/config.hpp"
#include "satur/error.hpp"
#include "satur/initializer/concept.hpp"
#include "satur/initializer/layer_fans.hpp"
#include "satur/layer/im2col.hpp"
#include "satur/layer/one_input.hpp"
#include "satur/layer/parameter.hpp"
#include "satur/layer/product.hpp"
#include "satur/layer/readings.hpp"
#include "satur/layer/window2d.hpp"
#include "satur/tensor/compat.hpp"
#include "satur/tensor/fill.hpp"

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <random>
#include <string_view>
#include <vector>

namespace satur { inline namespace SATUR_ABI {

struct conv2d_options {
  extent2d stride{1, 1};
  padding2d padding{}; ///< zeros around each image
};

/// z(n, o, y, x) = b(o) + sum over c, i, j of w(o, c, i, j) x(n, c, y sh + i - top, x sw + j - left). The kernel is not
/// flipped: the cross-correlation that PyTorch, Keras and ONNX (Conv) call convolution.
///
///     conv2d<float> conv{1, 16, {5, 5}, he_normal{}, urbg, {.stride = {2, 2}, .padding = padding2d::same()}};
///
/// Shapes: x (batch, in, h, w), w (out, in, kh, kw), b (out), z (batch, out, oh, ow) with
/// oh = floor((h + top + bottom - kh) / sh) + 1, and ow likewise. The units of z are its channels.
/// Memory: one workspace of the matrix of windows (in kh kw numbers for each pixel of z), made for as many rows of
/// pixels of one image as fit into 2^18 numbers, one row at least. backward() makes it again instead of keeping it.
/// A 1 x 1 kernel with stride 1 and no padding needs none. Steps after the first allocate nothing while the shape of x
/// stays the same.
/// Threads: one thread at a time. Not supported: dilation, groups, (batch, h, w, channels).
template <std::floating_point T> struct conv2d : one_input<conv2d<T>, xt::xtensor<T, 4>>, z_readings<conv2d<T>> {
  using images = xt::xtensor<T, 4>;
  using vector = xt::xtensor<T, 1>;
  static constexpr std::string_view layer_name = "conv2d";

  images w;               ///< weights (out, in, kh, kw)
  images dw;              ///< dL/dw of the last backward
  vector b;               ///< bias (out)
  vector db;              ///< dL/db of the last backward
  conv2d_options options; ///< read by forward

  /// Weights from the initializer with convolution_fans, bias 0. An initializer for whole kernels (orthogonal, dirac)
  /// gets the shape of w. Throws shape_error if a size is 0, std::invalid_argument if a stride is 0 or a padding too
  /// large, and what the initializer throws.
  template <class Init, std::uniform_random_bit_generator G>
    requires initializer<Init, T> || shaped_initializer<Init, T>
  conv2d(std::size_t in, std::size_t out, extent2d kernel, Init const& init, G& generator,
         conv2d_options const& chosen = {})
      : w(images::from_shape(checked_sizes(in, out, kernel, chosen))), dw(images::from_shape(w.shape())),
        b(vector::from_shape({out})), db(vector::from_shape({out})), options(chosen) {
    if constexpr (shaped_initializer<Init, T>) {
      fill(init, w, axis_order::out_in, generator);
    } else {
      fill(init, w, convolution_fans(in, out, {kernel.h, kernel.w}), generator);
    }
    std::fill_n(dw.data(), dw.size(), T(0));
    std::fill_n(b.data(), b.size(), T(0));
    std::fill_n(db.data(), db.size(), T(0));
  }

  // forward(x): z (batch, out, oh, ow) for x (batch, in, h, w); see one_input.

  /// Returns dL/dx (batch, in, h, w) for dL/dz (batch, out, oh, ow), and overwrites dw and db. dz may be one of the
  /// layer's own arrays, or an expression that reads them. Throws shape_error if dz does not fit z, std::logic_error
  /// before the first forward.
  template <class E> images const& backward(xt::xexpression<E> const& dz) {
    images const& g = this->output_gradient(dz, "dz", "backward", z_);
    detail::fit(dx_, this->x().shape());
    std::fill_n(dx_.data(), dx_.size(), T(0));
    gradients(g, dx_.data());
    return dx_;
  }
  /// Overwrites dw and db only: for the first layer, whose dL/dx is not needed. Throws as backward().
  template <class E> void backward_parameters(xt::xexpression<E> const& dz) {
    gradients(this->output_gradient(dz, "dz", "backward_parameters", z_), nullptr);
  }

  [[nodiscard]] std::size_t inputs() const { return w.shape(1); }  ///< channels of x
  [[nodiscard]] std::size_t outputs() const { return w.shape(0); } ///< channels of z
  /// z of the last forward; empty before the first.
  [[nodiscard]] images const& z() const { return z_; }
  /// Where the units of z are: its channels. For observe_units, forward_units and monitors.
  [[nodiscard]] unit_layout units() const {
    return unit_layout::nchw(z_.shape(0), z_.shape(1), z_.shape(2), z_.shape(3));
  }

  template <class F> void each_parameter(F&& f) {
    f(std::string_view("w"), w, dw);
    f(std::string_view("b"), b, db);
  }
  template <class F> void each_parameter(F&& f) const {
    f(std::string_view("w"), w, dw);
    f(std::string_view("b"), b, db);
  }

private:
  friend one_input<conv2d, images>;

  /// Numbers that the workspace has at most, unless one row of pixels needs more: 1 MiB of float.
  static constexpr std::size_t workspace_numbers = std::size_t{1} << 18;

  static std::array<std::size_t, 4> checked_sizes(std::size_t in, std::size_t out, extent2d kernel,
                                                  conv2d_options const& chosen) {
    if (in == 0 || out == 0 || kernel.h == 0 || kernel.w == 0) {
      detail::bad_shape("conv2d", "the weight", detail::shape_text({out, in, kernel.h, kernel.w}),
                        "(out, in, kh, kw), each at least 1");
    }
    detail::check_window("conv2d", kernel, chosen.stride, chosen.padding);
    std::size_t const products =
        detail::counted_product(detail::counted_product(kernel.h, kernel.w, "conv2d"), in, "conv2d");
    if (!detail::fits_blas(products) || !detail::fits_blas(out)) {
      detail::bad_shape("conv2d", "the weight", detail::shape_text({out, in, kernel.h, kernel.w}),
                        detail::message("at most ", detail::largest_extent, " for out and for in kh kw"));
    }
    return {out, in, kernel.h, kernel.w};
  }

  template <class Shape> [[nodiscard]] detail::window2d windows(Shape const& shape) const {
    return detail::windows_over("conv2d::forward", shape, {w.shape(2), w.shape(3)}, options.stride, options.padding);
  }
  template <class Shape> void check_input(Shape const& shape) const {
    if (shape.size() != 4 || static_cast<std::size_t>(shape[1]) != w.shape(1)) {
      detail::bad_shape(
          "conv2d::forward", "x", detail::shape_text(shape),
          detail::message("(batch, ", w.shape(1), ", height, width), for w ", detail::shape_text(w.shape())));
    }
    detail::window2d const at = windows(shape);
    if (!detail::fits_blas(at.pixels_in()) || !detail::fits_blas(at.pixels_out())) {
      detail::bad_shape("conv2d::forward", "x", detail::shape_text(shape),
                        detail::message("at most ", detail::largest_extent, " pixels of an image"));
    }
    if (b.size() != w.shape(0)) {
      detail::bad_shape("conv2d::forward", "b", detail::shape_text(b.shape()),
                        detail::message("(", w.shape(0), "), for w ", detail::shape_text(w.shape())));
    }
  }
  template <class F> void each_own(F&& f) const {
    f(z_);
    f(dx_);
  }

  /// Calls block(n, first row, last row) for each block of rows of pixels of each image.
  template <class F> void each_block(std::size_t batch, F&& block) {
    std::size_t const row = w.shape(1) * at_.taps() * at_.columns.out;
    std::size_t const rows =
        is_matrix_ ? at_.rows.out : (std::clamp)(workspace_numbers / row, std::size_t{1}, at_.rows.out);
    if (!is_matrix_ && workspace_.size() != rows * row) {
      workspace_.resize(rows * row);
    }
    for (std::size_t n = 0; n < batch; ++n) {
      for (std::size_t first = 0; first < at_.rows.out; first += rows) {
        block(n, first, (std::min)(first + rows, at_.rows.out));
      }
    }
  }
  /// The windows of a block as a matrix (in kh kw, rows ow): in the workspace, or the image itself.
  [[nodiscard]] detail::factor<T> block_windows(std::size_t n, std::size_t first, std::size_t last, bool transposed) {
    std::size_t const in = w.shape(1);
    T const* const image = this->x().data() + n * in * at_.pixels_in();
    if (is_matrix_) {
      return {image, at_.pixels_in(), transposed};
    }
    detail::im2col(image, at_, in, first, last, workspace_.data());
    return {workspace_.data(), (last - first) * at_.columns.out, transposed};
  }

  images const& run() {
    images const& x = this->x();
    std::size_t const batch = x.shape(0), in = w.shape(1), out = w.shape(0);
    at_ = windows(x.shape());
    bool const same_pixels = at_.rows.out == at_.rows.in && at_.columns.out == at_.columns.in;
    is_matrix_ = at_.taps() == 1 && at_.rows.stride == 1 && at_.columns.stride == 1 && same_pixels;
    std::size_t const pixels = at_.pixels_out(), products = in * at_.taps();
    detail::fit(z_, {batch, out, at_.rows.out, at_.columns.out});
    for (std::size_t r = 0; r < batch * out; ++r) {
      std::fill_n(z_.data() + r * pixels, pixels, b.data()[r % out]);
    }
    each_block(batch, [&](std::size_t n, std::size_t first, std::size_t last) {
      std::size_t const start = first * at_.columns.out;
      detail::multiply<T>({w.data(), products}, block_windows(n, first, last, false), out,
                          (last - first) * at_.columns.out, products, z_.data() + n * out * pixels + start, pixels,
                          T(1));
    });
    return z_;
  }

  /// dw and db, and dx unless it is null: dL/dx, filled with 0.
  void gradients(images const& g, T* dx) {
    std::size_t const batch = g.shape(0), in = w.shape(1), out = w.shape(0);
    std::size_t const pixels = at_.pixels_out(), products = in * at_.taps();
    detail::fit(dw, w.shape());
    detail::fit(db, b.shape());
    std::fill_n(dw.data(), dw.size(), T(0));
    std::fill_n(db.data(), db.size(), T(0));
    for (std::size_t n = 0; n < batch; ++n) {
      detail::add_row_sums(g.data() + n * out * pixels, out, pixels, db.data());
    }
    each_block(batch, [&](std::size_t n, std::size_t first, std::size_t last) {
      std::size_t const columns = (last - first) * at_.columns.out;
      T const* const dz = g.data() + n * out * pixels + first * at_.columns.out;
      detail::multiply<T>({dz, pixels}, block_windows(n, first, last, true), out, products, columns, dw.data(),
                          products, T(1));
      if (dx == nullptr) {
        return;
      }
      T* const image = dx + n * in * at_.pixels_in();
      T* const to = is_matrix_ ? image : workspace_.data();
      detail::multiply<T>({w.data(), products, true}, {dz, pixels}, products, columns, out, to, columns);
      if (!is_matrix_) {
        detail::col2im(workspace_.data(), at_, in, first, last, image);
      }
    });
  }

  images z_, dx_;
  std::vector<T> workspace_; ///< the windows of a block of rows, and their gradient
  detail::window2d at_;      ///< of the last forward
  bool is_matrix_ = false;   ///< each image is the matrix of its windows
};

}} // namespace satur::SATUR_ABI
