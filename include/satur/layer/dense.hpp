/// \file layer/dense.hpp  The fully connected layer, z = x w + b.
#pragma once

#include "satur/config.hpp"
#include "satur/error.hpp"
#include "satur/initializer/concept.hpp"
#include "satur/layer/bias.hpp"
#include "satur/layer/input.hpp"
#include "satur/layer/parameter.hpp"
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

#if defined(SATUR_XTENSOR_BLAS_HEADER)
#pragma push_macro("I") // as in tensor/compat.hpp
#undef I
#include SATUR_XTENSOR_BLAS_HEADER
#pragma pop_macro("I")
#else
#error "satur: layers need xtensor-blas in the include path (Debian: libxtensor-blas-dev)"
#endif

namespace satur { inline namespace SATUR_ABI {

/// z = x w + b. Parameters and their gradients are public; an optimizer changes w and b in place.
///
/// Shapes: x (batch, in), w (in, out), b (out), z (batch, out).
/// Memory: each product is one GEMM into memory of the layer. Steps after the first allocate nothing while the batch
/// size stays the same.
/// Threads: one thread at a time.
template <std::floating_point T> struct dense : z_readings<dense<T>> {
  using matrix = xt::xtensor<T, 2>;
  using vector = xt::xtensor<T, 1>;

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

  /// Returns z (batch, out) for x (batch, in). The layer owns z and does not change it until the next forward.
  /// backward() reads an lvalue tensor x again by its address: keep it alive and unchanged until then. One of the
  /// layer's own arrays (its last z or dL/dx, w, dw) is copied first, so forward(z()) is the next step of a recurrence.
  /// An empty batch gives an empty z. Throws shape_error if x does not fit w.
  matrix const& forward(matrix const& x) {
    check_input(x.shape());
    input_.borrow(x, w, dw, z_, dx_);
    return multiply();
  }
  /// The same for a temporary x; the layer keeps it.
  matrix const& forward(matrix&& x) {
    check_input(x.shape());
    input_.take(std::move(x), w, dw, z_, dx_);
    return multiply();
  }
  /// The same for a temporary that is const; the layer keeps its values.
  matrix const& forward(matrix const&& x) {
    check_input(x.shape());
    input_.copy(x);
    return multiply();
  }
  /// The same for any expression of two axes (a view, a formula, an xarray); the layer keeps its values. It may read
  /// the layer's own arrays.
  template <class E> matrix const& forward(xt::xexpression<E> const& x) {
    check_input(x.derived_cast().shape());
    input_.copy(x);
    return multiply();
  }

  /// Returns dL/dx (batch, in) for dL/dz (batch, out), and overwrites dw and db. dz may be one of the layer's own
  /// arrays, such as the dL/dx that it returned, or an expression that reads them. Throws shape_error if dz does not
  /// fit z, std::logic_error before the first forward.
  template <class E> matrix const& backward(xt::xexpression<E> const& dz) {
    matrix const& g = gradient(dz, "dense::backward");
    parameter_gradients(g);
    fit(dx_, g.shape(0), w.shape(0));
    if (g.size() != 0) {
      xt::blas::gemm(g, w, dx_, false, true, T(1), T(0));
    }
    return dx_;
  }
  /// Overwrites dw and db only: for the first layer, whose dL/dx is not needed. Throws as backward().
  template <class E> void backward_parameters(xt::xexpression<E> const& dz) {
    parameter_gradients(gradient(dz, "dense::backward_parameters"));
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
  static std::array<std::size_t, 2> checked_sizes(std::size_t in, std::size_t out) {
    if (in == 0 || out == 0 || !fits_blas(in) || !fits_blas(out)) {
      detail::bad_shape("dense", "the weight", detail::shape_text({in, out}),
                        detail::message("(in, out), each from 1 to ", largest));
    }
    return {in, out};
  }

  template <class Shape> void check_input(Shape const& shape) const {
    if (shape.size() != 2 || static_cast<std::size_t>(shape[1]) != w.shape(0) ||
        !fits_blas(static_cast<std::size_t>(shape[0]))) {
      detail::bad_shape("dense::forward", "x", detail::shape_text(shape),
                        detail::message("(batch, ", w.shape(0), "), for w ", detail::shape_text(w.shape())));
    }
    if (b.size() != w.shape(1)) {
      detail::bad_shape("dense::forward", "b", detail::shape_text(b.shape()),
                        detail::message("(", w.shape(1), "), for w ", detail::shape_text(w.shape())));
    }
  }

  matrix const& multiply() {
    matrix const& input = input_.values();
    fit(z_, input.shape(0), w.shape(1));
    ran_ = true;
    if (z_.size() != 0) {
      xt::blas::gemm(input, w, z_, false, false, T(1), T(0));
      detail::add_bias(z_.data(), z_.shape(0), z_.shape(1), b.data());
    }
    return z_;
  }

  /// dz as a tensor with the shape of z. An expression is evaluated into memory of the layer.
  template <class E> matrix const& gradient(xt::xexpression<E> const& dz, std::string_view function) {
    auto const& given = dz.derived_cast();
    if (!ran_) {
      detail::raise(std::logic_error(
          detail::message("satur::", function, ": no forward pass to differentiate; call forward first")));
    }
    auto const& shape = given.shape();
    if (shape.size() != 2 || static_cast<std::size_t>(shape[0]) != z_.shape(0) ||
        static_cast<std::size_t>(shape[1]) != z_.shape(1)) {
      detail::bad_shape(function, "dz", detail::shape_text(shape),
                        detail::message(detail::shape_text(z_.shape()), ", the shape of z"));
    }
    matrix const& x = input_.values();
    if (x.dimension() != 2 || x.shape(0) != z_.shape(0) || x.shape(1) != w.shape(0)) {
      detail::bad_shape(function, "x", detail::shape_text(x.shape()),
                        detail::message(detail::shape_text({z_.shape(0), w.shape(0)}),
                                        ", as in forward; x must stay unchanged until backward"));
    }
    return detail::values_of(dz, dz_, dw, dx_);
  }

  void parameter_gradients(matrix const& g) {
    fit(dw, w.shape(0), w.shape(1));
    if (g.size() != 0) {
      xt::blas::gemm(input_.values(), g, dw, true, false, T(1), T(0));
    } else {
      std::fill_n(dw.data(), dw.size(), T(0));
    }
    if (db.size() != g.shape(1)) {
      db.resize({g.shape(1)});
    }
    detail::column_sums(g.data(), g.shape(0), g.shape(1), db.data());
  }

  static void fit(matrix& m, std::size_t rows, std::size_t columns) {
    if (m.shape(0) != rows || m.shape(1) != columns) {
      m.resize({rows, columns});
    }
  }

  static constexpr std::size_t largest = static_cast<std::size_t>((std::numeric_limits<xt::blas_index_t>::max)());
  static constexpr bool fits_blas(std::size_t n) { return n <= largest; }

  detail::layer_input<matrix> input_; // x of the last forward
  matrix z_, dx_, dz_;
  bool ran_ = false; // there was a forward
};

}} // namespace satur::SATUR_ABI
