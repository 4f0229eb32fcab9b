/// \file layer/gated_dense.hpp  The gated linear units as a layer: glu, swiglu, geglu and their kin with their weights.
#pragma once

#include "satur/activation/identity.hpp"
#include "satur/array/array_view.hpp"
#include "satur/config.hpp"
#include "satur/error.hpp"
#include "satur/gated/gated.hpp"
#include "satur/gated/geglu.hpp"
#include "satur/gated/glu.hpp"
#include "satur/gated/swiglu.hpp"
#include "satur/initializer/concept.hpp"
#include "satur/layer/bias.hpp"
#include "satur/layer/gate_halves.hpp"
#include "satur/layer/gated_options.hpp"
#include "satur/layer/named_readings.hpp"
#include "satur/layer/one_input.hpp"
#include "satur/layer/product.hpp"
#include "satur/tensor/compat.hpp"
#include "satur/tensor/fill.hpp"

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <limits>
#include <random>
#include <string_view>

namespace satur { inline namespace SATUR_ABI {

/// y = (value + value_offset) g(gate), value and gate each an x w + b of its own. Kind is gated<G>: glu, swiglu, geglu.
///
/// Shapes: x (batch, in), y (batch, out). One weight: w (in, 2 out), b (2 out), whose columns are values and gates in
/// the given order. Two weights: w and b are those of the values, w_gate and b_gate those of the gates, (in, out) and
/// (out). z (batch, 2 out) holds values and gates, in the order of the columns, or values first for two weights.
///
/// A limit cuts values and gates before anything else. Beyond it no gradient reaches them; at the limit it does, as in
/// torch.clamp.
///
/// Readings: observe() and its kin give two records, "value" (with `identity`, or `clamped` if there is a limit) and
/// "gate" (with G, or `cut_gate<G>`). observe_gates() gives the shares of closed and open gates.
/// Memory: one GEMM for each weight into memory of the layer; y, z, dL/dz and dL/dx are kept.
/// Source: Dauphin, Fan, Auli, Grangier 2017; Shazeer 2020.
template <std::floating_point T, class Kind = swiglu> struct gated_dense;

template <std::floating_point T, class Gate>
struct gated_dense<T, gated<Gate>> : one_input<gated_dense<T, gated<Gate>>, xt::xtensor<T, 2>>,
                                     named_z_readings<gated_dense<T, gated<Gate>>> {
  using matrix = xt::xtensor<T, 2>;
  using vector = xt::xtensor<T, 1>;
  static constexpr std::string_view layer_name = "gated_dense";

  gated<Gate> kind;       ///< the gate with its parameters, such as silu{1.702}
  matrix w, dw;           ///< weight of values and gates, or of the values
  vector b, db;           ///< their bias
  matrix w_gate, dw_gate; ///< weight of the gates; empty if there is one weight
  vector b_gate, db_gate; ///< their bias

  /// Weights from the initializer with the fans (in, out), bias 0. Throws shape_error if a size is 0,
  /// std::invalid_argument for options out of range, and what the initializer throws.
  template <initializer<T> Init, std::uniform_random_bit_generator G>
  gated_dense(std::size_t in, std::size_t out, Init const& init, G& generator, gated<Gate> const& k = {},
              gated_options const& o = {})
      : kind(k), options_(o), out_(out) {
    if (in == 0 || out == 0 || !detail::fits_blas(in) || !detail::fits_blas(2 * out)) {
      detail::bad_shape(layer_name, "the weight", detail::shape_text({in, out}),
                        detail::message("(in, out), each at least 1, in and 2 out at most ", detail::largest_extent));
    }
    o.require_valid(layer_name);
    detail::require_valid_parameters(kind.gate);
    auto const make = [&](matrix& weight, matrix& gradient, vector& bias, vector& bias_gradient, std::size_t columns) {
      weight.resize({in, columns});
      bias.resize({columns});
      fill(init, weight, fans{in, out}, generator);
      std::fill_n(bias.data(), columns, T(0));
      gradient = weight;
      bias_gradient = bias;
      std::fill_n(gradient.data(), gradient.size(), T(0));
    };
    make(w, dw, b, db, o.two_weights ? out : 2 * out);
    if (o.two_weights) {
      make(w_gate, dw_gate, b_gate, db_gate, out);
    }
  }

  // forward(x): y (batch, out) for x (batch, in); see one_input.

  /// Returns dL/dx (batch, in) for dL/dy (batch, out), and overwrites the gradients of the weights. dy may be one of
  /// the layer's own arrays or an expression. Throws shape_error if dy does not fit y, std::logic_error before the
  /// first forward.
  template <class E> matrix const& backward(xt::xexpression<E> const& dy) {
    parameter_gradients(this->output_gradient(dy, "dy", "backward", y_));
    std::size_t const batch = y_.shape(0), in = w.shape(0), columns = w.shape(1), wide = 2 * out_;
    detail::fit(dx_, {batch, in});
    detail::multiply<T>({dz_.data(), wide}, {w.data(), columns, true}, batch, in, columns, dx_.data(), in);
    if (options_.two_weights) {
      detail::multiply<T>({dz_.data() + out_, wide}, {w_gate.data(), out_, true}, batch, in, out_, dx_.data(), in,
                          T(1));
    }
    return dx_;
  }
  /// Overwrites the gradients of the weights only: for the first layer, whose dL/dx is not needed. Throws as
  /// backward().
  template <class E> void backward_parameters(xt::xexpression<E> const& dy) {
    parameter_gradients(this->output_gradient(dy, "dy", "backward_parameters", y_));
  }

  [[nodiscard]] std::size_t inputs() const { return w.shape(0); }
  [[nodiscard]] std::size_t outputs() const { return out_; }
  [[nodiscard]] gated_options const& options() const { return options_; }
  /// The output of the last forward (batch, out), and all its values and gates (batch, 2 out); empty before the first.
  [[nodiscard]] matrix const& y() const { return y_; }
  [[nodiscard]] matrix const& z() const { return z_; }
  /// Values and gates of the last forward (batch, out), before any cut: views of z().
  [[nodiscard]] array_view<T const> value() const {
    return detail::columns_of(z_.data(), z_.shape(0), out_, 2 * out_, options_.values(out_));
  }
  [[nodiscard]] array_view<T const> gate() const {
    return detail::columns_of(z_.data(), z_.shape(0), out_, 2 * out_, options_.gates(out_));
  }

  /// f(name, act, z) for "value" and "gate"; see named_z_readings.
  template <class F> void each_z(F&& f) const {
    with_activations([&](auto const& on_value, auto const& on_gate) {
      f(std::string_view("value"), on_value, value());
      f(std::string_view("gate"), on_gate, gate());
    });
  }
  /// f(name, act, theory::unit_laws) for both, from the weights and moments of independent inputs.
  template <class F, class M, class V> void each_z_law(F&& f, M const& input_mean, V const& input_variance) const {
    theory::unit_laws const all = theory::predict(w, b, input_mean, input_variance);
    with_activations([&](auto const& on_value, auto const& on_gate) {
      f(std::string_view("value"), on_value, detail::laws_of(all, out_, options_.values(out_)));
      f(std::string_view("gate"), on_gate,
        options_.two_weights ? theory::predict(w_gate, b_gate, input_mean, input_variance)
                             : detail::laws_of(all, out_, options_.gates(out_)));
    });
  }
  /// Closed and open gates of the last forward, as the gate sees them: after the cut. See gate_saturation.
  [[nodiscard]] gate_saturation observe_gates(gate_within const& rule = {}) const {
    return rows().gates_seen(kind, z_.data(), clamped{-std::numeric_limits<double>::infinity(), options_.limit}, rule);
  }

  template <class F> void each_parameter(F&& f) { each_parameter_of(*this, f); }
  template <class F> void each_parameter(F&& f) const { each_parameter_of(*this, f); }

private:
  friend one_input<gated_dense, matrix>;

  template <class Self, class F> static void each_parameter_of(Self& self, F& f) {
    bool const two = self.options_.two_weights;
    f(std::string_view(two ? "w_value" : "w"), self.w, self.dw);
    f(std::string_view(two ? "b_value" : "b"), self.b, self.db);
    if (two) {
      f(std::string_view("w_gate"), self.w_gate, self.dw_gate);
      f(std::string_view("b_gate"), self.b_gate, self.db_gate);
    }
  }

  /// f(activation of the values, activation of the gates).
  template <class F> void with_activations(F const& f) const {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    if (detail::is_finite(options_.limit)) {
      f(clamped{-options_.limit, options_.limit}, cut_gate<Gate>{{kind.gate, clamped{-infinity, options_.limit}}});
    } else {
      f(identity{}, kind.gate);
    }
  }

  [[nodiscard]] detail::gate_rows<T> rows() const {
    return {z_.shape(0),
            out_,
            options_.values(out_),
            options_.gates(out_),
            clamped{-options_.limit, options_.limit},
            static_cast<T>(options_.value_offset)};
  }

  template <class Shape> void check_input(Shape const& shape) const {
    constexpr std::string_view function = "gated_dense::forward";
    if (shape.size() != 2 || static_cast<std::size_t>(shape[1]) != w.shape(0) ||
        !detail::fits_blas(static_cast<std::size_t>(shape[0]))) {
      detail::bad_shape(function, "x", detail::shape_text(shape),
                        detail::message("(batch, ", w.shape(0), "), for w ", detail::shape_text(w.shape())));
    }
    std::array<std::size_t, 1> const columns{options_.two_weights ? out_ : 2 * out_};
    detail::require_shape(function, "b", b.shape(), columns, "one for each column of w");
    if (options_.two_weights) {
      detail::require_shape(function, "w_gate", w_gate.shape(), w.shape(), "the shape of w");
      detail::require_shape(function, "b_gate", b_gate.shape(), columns, "one for each column of w_gate");
    }
  }
  template <class F> void each_own(F&& f) const {
    f(y_);
    f(z_);
    f(dz_);
    f(dx_);
  }

  matrix const& run() {
    matrix const& x = this->x();
    std::size_t const batch = x.shape(0), in = w.shape(0), columns = w.shape(1), wide = 2 * out_;
    detail::fit(z_, {batch, wide});
    detail::fit(y_, {batch, out_});
    detail::fit(both_, {wide});
    detail::multiply<T>({x.data(), in}, {w.data(), columns}, batch, columns, in, z_.data(), wide);
    std::copy_n(b.data(), columns, both_.data());
    if (options_.two_weights) {
      detail::multiply<T>({x.data(), in}, {w_gate.data(), out_}, batch, out_, in, z_.data() + out_, wide);
      std::copy_n(b_gate.data(), out_, both_.data() + out_);
    }
    detail::add_bias(z_.data(), batch, wide, both_.data());
    with_activations([&](auto const&, auto const& on_gate) { rows().output(on_gate, z_.data(), y_.data()); });
    return y_;
  }

  void parameter_gradients(matrix const& dy) {
    matrix const& x = this->x();
    std::size_t const batch = x.shape(0), in = w.shape(0), columns = w.shape(1), wide = 2 * out_;
    detail::fit(dz_, {batch, wide});
    with_activations(
        [&](auto const&, auto const& on_gate) { rows().gradient(on_gate, z_.data(), dy.data(), dz_.data()); });
    detail::column_sums(dz_.data(), batch, wide, both_.data());
    auto const weight = [&](matrix& gradient, vector& bias, std::size_t first) {
      detail::fit(gradient, {in, columns});
      detail::fit(bias, {columns});
      std::copy_n(both_.data() + first, columns, bias.data());
      if (batch == 0) {
        std::fill_n(gradient.data(), gradient.size(), T(0));
      } else {
        detail::multiply<T>({x.data(), in, true}, {dz_.data() + first, wide}, in, columns, batch, gradient.data(),
                            columns);
      }
    };
    weight(dw, db, 0);
    if (options_.two_weights) {
      weight(dw_gate, db_gate, out_);
    }
  }

  gated_options options_;
  std::size_t out_;
  matrix y_, z_, dz_, dx_;
  vector both_; // biases of all columns, then their gradients
};

}} // namespace satur::SATUR_ABI
