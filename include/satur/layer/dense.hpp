/// \file layer/dense.hpp  The fully connected layer, z = x w + b.
#pragma once

#include "satur/config.hpp"
#include "satur/error.hpp"
#include "satur/initializer/concept.hpp"
#include "satur/layer/bias.hpp"
#include "satur/layer/one_input.hpp"
#include "satur/layer/parameter.hpp"
#include "satur/layer/product.hpp"
#include "satur/layer/readings.hpp"
#include "satur/tensor/compat.hpp"
#include "satur/tensor/fill.hpp"

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <limits>
#include <random>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace satur { inline namespace SATUR_ABI {

/// z = x w + b. Parameters and their gradients are public; an optimizer changes w and b in place.
///
/// Shapes: x (batch, in), w (in, out), b (out), z (batch, out).
/// Memory: each product is one GEMM into memory of the layer. Steps after the first allocate nothing while the batch
/// size stays the same.
/// Threads: one thread at a time.
template <std::floating_point T> struct dense : one_input<dense<T>, xt::xtensor<T, 2>>, z_readings<dense<T>> {
  using matrix = xt::xtensor<T, 2>;
  using vector = xt::xtensor<T, 1>;
  static constexpr std::string_view layer_name = "dense";

  matrix w;  ///< weights (in, out)
  matrix dw; ///< dL/dw of the last backward
  vector b;  ///< bias (out)
  vector db; ///< dL/db of the last backward

  /// Weights from the initializer, bias 0. Throws shape_error if a size is 0, and what the initializer throws.
  template <initializer<T> Init, std::uniform_random_bit_generator G>
  dense(std::size_t in, std::size_t out, Init const& init, G& generator)
      : w(matrix::from_shape(checked_sizes(in, out))), dw(matrix::from_shape({in, out})), b(vector::from_shape({out})),
        db(vector::from_shape({out})) {
    fill(init, w, fans{in, out}, generator);
    std::fill_n(dw.data(), dw.size(), T(0));
    std::fill_n(b.data(), b.size(), T(0));
    std::fill_n(db.data(), db.size(), T(0));
  }

  // forward(x): z (batch, out) for x (batch, in); see one_input.

  /// Returns dL/dx (batch, in) for dL/dz (batch, out), and overwrites dw and db. dz may be one of the layer's own
  /// arrays, such as the dL/dx that it returned, or an expression that reads them. Throws shape_error if dz does not
  /// fit z, std::logic_error before the first forward.
  template <class E> matrix const& backward(xt::xexpression<E> const& dz) {
    matrix const& g = gradient(dz, "backward");
    parameter_gradients(g);
    std::size_t const batch = g.shape(0), in = w.shape(0), out = w.shape(1);
    detail::fit(dx_, {batch, in});
    detail::multiply<T>({g.data(), out}, {w.data(), out, true}, batch, in, out, dx_.data(), in);
    return dx_;
  }
  /// Overwrites dw and db only: for the first layer, whose dL/dx is not needed. Throws as backward().
  template <class E> void backward_parameters(xt::xexpression<E> const& dz) {
    parameter_gradients(gradient(dz, "backward_parameters"));
  }

  [[nodiscard]] std::size_t inputs() const { return w.shape(0); }
  [[nodiscard]] std::size_t outputs() const { return w.shape(1); }
  /// z of the last forward; empty before the first.
  [[nodiscard]] matrix const& z() const { return z_; }

  template <class F> void each_parameter(F&& f) {
    f(std::string_view("w"), w, dw);
    f(std::string_view("b"), b, db);
  }
  template <class F> void each_parameter(F&& f) const {
    f(std::string_view("w"), w, dw);
    f(std::string_view("b"), b, db);
  }

private:
  friend one_input<dense, matrix>;

  static std::array<std::size_t, 2> checked_sizes(std::size_t in, std::size_t out) {
    if (in == 0 || out == 0 || !detail::fits_blas(in) || !detail::fits_blas(out)) {
      detail::bad_shape("dense", "the weight", detail::shape_text({in, out}),
                        detail::message("(in, out), each from 1 to ", detail::largest_extent));
    }
    return {in, out};
  }

  template <class Shape> void check_input(Shape const& shape) const {
    if (shape.size() != 2 || static_cast<std::size_t>(shape[1]) != w.shape(0) ||
        !detail::fits_blas(static_cast<std::size_t>(shape[0]))) {
      detail::bad_shape("dense::forward", "x", detail::shape_text(shape),
                        detail::message("(batch, ", w.shape(0), "), for w ", detail::shape_text(w.shape())));
    }
    if (b.size() != w.shape(1)) {
      detail::bad_shape("dense::forward", "b", detail::shape_text(b.shape()),
                        detail::message("(", w.shape(1), "), for w ", detail::shape_text(w.shape())));
    }
  }
  template <class F> void each_own(F&& f) const {
    f(z_);
    f(dx_);
  }

  matrix const& run() {
    matrix const& x = this->x();
    std::size_t const batch = x.shape(0), in = w.shape(0), out = w.shape(1);
    detail::fit(z_, {batch, out});
    detail::multiply<T>({x.data(), in}, {w.data(), out}, batch, out, in, z_.data(), out);
    detail::add_bias(z_.data(), batch, out, b.data());
    return z_;
  }

  template <class E> matrix const& gradient(xt::xexpression<E> const& dz, std::string_view method) {
    return this->output_gradient(dz, "dz", method, z_);
  }

  void parameter_gradients(matrix const& g) {
    std::size_t const batch = g.shape(0), in = w.shape(0), out = w.shape(1);
    detail::fit(dw, {in, out});
    detail::fit(db, {out});
    if (batch != 0) {
      detail::multiply<T>({this->x().data(), in, true}, {g.data(), out}, in, out, batch, dw.data(), out);
    } else {
      std::fill_n(dw.data(), dw.size(), T(0));
    }
    detail::column_sums(g.data(), batch, out, db.data());
  }

  matrix z_, dx_;
};

}} // namespace satur::SATUR_ABI
