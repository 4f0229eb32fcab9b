/// \file layer/rms_norm.hpp  Root mean square normalization: each row gets mean square 1, then a scale.
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

/// y = x/sqrt(mean of x^2 + epsilon) gamma, with the mean over the last axis, the units. Unlike layer_norm it subtracts
/// no mean and adds no shift.
///
/// Shapes: x and y (batch, units) for Rank 2, (batch, time, units) for Rank 3 and so on; gamma (units).
///
/// Conventions: epsilon is 1e-6 in Keras and the default here, 1e-5 or 1e-6 in Llama, and
/// std::numeric_limits<T>::epsilon() in PyTorch.
///
/// Special values: a row of zeros gives 0 (NaN if epsilon is 0). A row with a NaN is NaN throughout, one with an
/// infinity is 0 but for a NaN there.
///
/// Accuracy: squares are summed in double, so that no float is too large or too small for its square.
///
/// Source: Zhang, Sennrich 2019.
template <std::floating_point T, std::size_t Rank = 2>
struct rms_norm : one_input<rms_norm<T, Rank>, xt::xtensor<T, Rank>>, z_readings<rms_norm<T, Rank>> {
  using tensor = xt::xtensor<T, Rank>;
  using vector = xt::xtensor<T, 1>;
  static constexpr std::string_view layer_name = "rms_norm";

  vector gamma;   ///< scale (units), 1 at first
  vector dgamma;  ///< dL/dgamma of the last backward
  double epsilon; ///< added to the mean square

  /// Throws shape_error for no units, std::invalid_argument unless epsilon is finite and at least 0.
  explicit rms_norm(std::size_t units, double added_to_mean_square = 1e-6)
      : gamma(vector::from_shape({units})), dgamma(gamma), epsilon(added_to_mean_square) {
    if (units == 0) {
      detail::bad_shape("rms_norm", "gamma", "(0)", "(units), at least 1");
    }
    detail::require_epsilon(layer_name, epsilon);
    std::fill_n(gamma.data(), units, T(1));
    std::fill_n(dgamma.data(), units, T(0));
  }

  // forward(x): y, of the shape of x; see one_input.

  /// Returns dL/dx for dL/dy, both of the shape of x, and overwrites dgamma. dy may be one of the layer's own arrays
  /// or an expression. Throws shape_error if dy does not fit y, std::logic_error before the first forward.
  template <class E> tensor const& backward(xt::xexpression<E> const& dy) {
    tensor const& g = this->output_gradient(dy, "dz", "backward", z_);
    tensor const& x = this->x();
    std::size_t const n = units();
    detail::fit(dx_, x.shape());
    sums_.assign(n, 0);
    detail::row_norm_gradient_pass<T, false> const pass{mean_.size(), n,          x.data(),     g.data(), gamma.data(),
                                                        position(),   dx_.data(), sums_.data(), nullptr};
    math::run<T>(pass);
    detail::fit(dgamma, {n});
    for (std::size_t c = 0; c < n; ++c) {
      dgamma.data()[c] = static_cast<T>(sums_[c]);
    }
    return dx_;
  }

  [[nodiscard]] std::size_t units() const { return gamma.size(); }
  /// The output of the last forward, what a following activation sees; empty before the first.
  [[nodiscard]] tensor const& z() const { return z_; }
  /// Of each row of the last forward: 1/sqrt(mean of x^2 + epsilon).
  [[nodiscard]] vector const& inverse_rms() const { return inverse_; }

  /// How z is distributed for independent inputs of these means and variances, one number for all units or one for
  /// each, if there are many units.
  template <class M, class V>
  [[nodiscard]] theory::unit_laws z_laws(M const& input_mean, V const& input_variance) const {
    return detail::laws_of_row_norm(gamma, vector(), input_mean, input_variance, epsilon, false);
  }

  template <class F> void each_parameter(F&& f) { f(std::string_view("gamma"), gamma, dgamma); }
  template <class F> void each_parameter(F&& f) const { f(std::string_view("gamma"), gamma, dgamma); }

private:
  friend one_input<rms_norm, tensor>;

  template <class Shape> void check_input(Shape const& shape) const {
    detail::require_last_axis<Rank>("rms_norm::forward", shape, units());
    detail::require_epsilon("rms_norm::forward", epsilon);
  }
  template <class F> void each_own(F&& f) const {
    f(z_);
    f(dx_);
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
    detail::row_norm_pass<T, false> const pass{rows,         units(),  x.data(),
                                               gamma.data(), nullptr,  static_cast<detail::sum_element<T>>(epsilon),
                                               position(),   z_.data()};
    math::run<T>(pass);
    return z_;
  }

  tensor z_, dx_;
  vector mean_, rest_, inverse_;
  std::vector<detail::sum_element<T>> sums_;
};

}} // namespace satur::SATUR_ABI
