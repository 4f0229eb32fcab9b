/// \file layer/layer_norm.hpp  Layer normalization: each row gets mean 0 and variance 1, then a scale and a shift.
#pragma once

#include "satur/config.hpp"
#include "satur/error.hpp"
#include "satur/layer/norm_laws.hpp"
#include "satur/layer/one_input.hpp"
#include "satur/layer/readings.hpp"
#include "satur/layer/row_norm_passes.hpp"
#include "satur/simd/run.hpp"
#include "satur/tensor/compat.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <string_view>
#include <vector>

namespace satur { inline namespace SATUR_ABI {

/// y = (x - mean)/sqrt(variance + epsilon) gamma + beta, with mean and variance over the last axis, the units. The
/// variance is that of the whole row (divided by its length).
///
/// Shapes: x and y (batch, units) for Rank 2, (batch, time, units) for Rank 3 and so on; gamma and beta (units).
///
/// Conventions: epsilon is 1e-5 in PyTorch and ONNX, the default here; Keras has 1e-3.
///
/// Special values: a constant row gives beta (NaN if epsilon is 0). A row with an infinity or a NaN is NaN throughout.
///
/// Accuracy: mean and variance are summed in double, in two passes; a mean of 1e4 with deviation 1e-2 keeps its digits
/// in float.
///
/// Source: Ba, Kiros, Hinton 2016.
template <std::floating_point T, std::size_t Rank = 2>
struct layer_norm : one_input<layer_norm<T, Rank>, xt::xtensor<T, Rank>>, z_readings<layer_norm<T, Rank>> {
  using tensor = xt::xtensor<T, Rank>;
  using vector = xt::xtensor<T, 1>;
  static constexpr std::string_view layer_name = "layer_norm";

  vector gamma;   ///< scale (units), 1 at first
  vector dgamma;  ///< dL/dgamma of the last backward
  vector beta;    ///< shift (units), 0 at first
  vector dbeta;   ///< dL/dbeta of the last backward
  double epsilon; ///< added to the variance

  /// Throws shape_error for no units, std::invalid_argument unless epsilon is finite and at least 0.
  explicit layer_norm(std::size_t units, double added_to_variance = 1e-5)
      : gamma(vector::from_shape({units})), dgamma(gamma), beta(gamma), dbeta(gamma), epsilon(added_to_variance) {
    if (units == 0) {
      detail::bad_shape("layer_norm", "gamma", "(0)", "(units), at least 1");
    }
    detail::require_epsilon(layer_name, epsilon);
    std::fill_n(gamma.data(), units, T(1));
    for (vector* const v : {&dgamma, &beta, &dbeta}) {
      std::fill_n(v->data(), units, T(0));
    }
  }

  // forward(x): y, of the shape of x; see one_input.

  /// Returns dL/dx for dL/dy, both of the shape of x, and overwrites dgamma and dbeta. dy may be one of the layer's own
  /// arrays or an expression. Throws shape_error if dy does not fit y, std::logic_error before the first forward.
  template <class E> tensor const& backward(xt::xexpression<E> const& dy) {
    tensor const& g = this->output_gradient(dy, "dz", "backward", z_);
    tensor const& x = this->x();
    std::size_t const n = units();
    detail::fit(dx_, x.shape());
    sums_.assign(2 * n, 0);
    detail::row_norm_gradient_pass<T, true> const pass{
        mean_.size(), n, x.data(), g.data(), gamma.data(), position(), dx_.data(), sums_.data(), sums_.data() + n};
    math::run<T>(pass);
    detail::fit(dgamma, {n});
    detail::fit(dbeta, {n});
    for (std::size_t c = 0; c < n; ++c) {
      dgamma.data()[c] = static_cast<T>(sums_[c]);
      dbeta.data()[c] = static_cast<T>(sums_[n + c]);
    }
    return dx_;
  }

  [[nodiscard]] std::size_t units() const { return gamma.size(); }
  /// The output of the last forward, what a following activation sees; empty before the first.
  [[nodiscard]] tensor const& z() const { return z_; }
  /// Of each row of the last forward: its mean, and 1/sqrt(variance + epsilon).
  [[nodiscard]] vector const& mean() const { return mean_; }
  [[nodiscard]] vector const& inverse_deviation() const { return inverse_; }

  /// How z is distributed for independent inputs of these means and variances, one number for all units or one for
  /// each, if there are many units.
  template <class M, class V>
  [[nodiscard]] theory::unit_laws z_laws(M const& input_mean, V const& input_variance) const {
    return detail::laws_of_row_norm(gamma, beta, input_mean, input_variance, epsilon, true);
  }

  template <class F> void each_parameter(F&& f) {
    f(std::string_view("gamma"), gamma, dgamma);
    f(std::string_view("beta"), beta, dbeta);
  }
  template <class F> void each_parameter(F&& f) const {
    f(std::string_view("gamma"), gamma, dgamma);
    f(std::string_view("beta"), beta, dbeta);
  }

private:
  friend one_input<layer_norm, tensor>;

  template <class Shape> void check_input(Shape const& shape) const {
    detail::require_last_axis<Rank>("layer_norm::forward", shape, units());
    detail::require_shape("layer_norm::forward", "beta", beta.shape(), gamma.shape(), "the shape of gamma");
    detail::require_epsilon("layer_norm::forward", epsilon);
  }
  template <class F> void each_own(F&& f) const {
    f(z_);
    f(dx_);
    f(mean_);
    f(inverse_);
  }
  [[nodiscard]] detail::norm_position<T> position() { return {mean_.data(), rest_.data(), inverse_.data()}; }

  tensor const& run() {
    tensor const& x = this->x();
    std::size_t const rows = x.size() / units();
    detail::fit(z_, x.shape());
    for (vector* const v : {&mean_, &rest_, &inverse_}) {
      detail::fit(*v, {rows});
    }
    detail::row_norm_pass<T, true> const pass{rows,         units(),     x.data(),
                                              gamma.data(), beta.data(), static_cast<detail::sum_element<T>>(epsilon),
                                              position(),   z_.data()};
    math::run<T>(pass);
    return z_;
  }

  tensor z_, dx_;
  vector mean_, rest_, inverse_;
  std::vector<detail::sum_element<T>> sums_;
};

}} // namespace satur::SATUR_ABI
