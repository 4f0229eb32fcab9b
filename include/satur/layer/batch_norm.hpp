/// \file layer/batch_norm.hpp  Batch normalization of units (batch, units) and of channels (NCHW).
#pragma once

#include "satur/array/unit_layout.hpp"
#include "satur/config.hpp"
#include "satur/error.hpp"
#include "satur/layer/batch_norm_options.hpp"
#include "satur/layer/batch_norm_passes.hpp"
#include "satur/layer/norm_laws.hpp"
#include "satur/layer/one_input.hpp"
#include "satur/layer/readings.hpp"
#include "satur/tensor/compat.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <string_view>
#include <vector>

namespace satur { inline namespace SATUR_ABI {

/// y = (x - mean)/sqrt(variance + epsilon) gamma + beta for each unit. In training, mean and variance (biased) are
/// those of the batch, and the running statistics move toward them; in evaluation, they are the running statistics.
///
/// Shapes: x and y (batch, units) for Rank 2; the units along axis 1 for more: (batch, units, length) for Rank 3, NCHW
/// images for Rank 4, whose statistics are over the batch and all pixels. The parameters have the shape (units).
///
/// Batch of 1, or any single number of a unit: in training y is beta and dx 0. The running mean moves; the running
/// variance does not where it is unbiased, since one number has no such variance. (PyTorch refuses that batch.)
/// Empty batch: an empty y; the running statistics stay, gradients are 0.
///
/// Special values: a NaN or an infinity makes its unit NaN, and in training the unit's running statistics too.
///
/// Accuracy: statistics are summed in double, in two passes; running statistics are double. A mean of 1e4 with
/// deviation 1e-2 keeps its digits in float.
///
/// Source: Ioffe, Szegedy 2015, algorithms 1 and 2.
template <std::floating_point T, std::size_t Rank = 2>
struct batch_norm : one_input<batch_norm<T, Rank>, xt::xtensor<T, Rank>>, z_readings<batch_norm<T, Rank>> {
  static_assert(Rank >= 2, "satur::batch_norm: x has a batch axis and a unit axis at least");
  using tensor = xt::xtensor<T, Rank>;
  using vector = xt::xtensor<T, 1>;
  using statistics = xt::xtensor<detail::sum_element<T>, 1>;
  static constexpr std::string_view layer_name = "batch_norm";

  bool training = true; ///< of the next forward; a backward follows its forward
  batch_norm_options options;
  vector gamma;                ///< scale (units), 1 at first
  vector dgamma;               ///< dL/dgamma of the last backward
  vector beta;                 ///< shift (units), 0 at first
  vector dbeta;                ///< dL/dbeta of the last backward
  statistics running_mean;     ///< (units), 0 at first
  statistics running_variance; ///< (units), 1 at first

  /// Throws shape_error for no units, std::invalid_argument for options out of range.
  explicit batch_norm(std::size_t units, batch_norm_options const& o = {})
      : options(o), gamma(vector::from_shape({units})), dgamma(gamma), beta(gamma), dbeta(gamma),
        running_mean(statistics::from_shape({units})), running_variance(running_mean) {
    if (units == 0) {
      detail::bad_shape("batch_norm", "gamma", "(0)", "(units), at least 1");
    }
    options.require_valid(layer_name);
    std::fill_n(gamma.data(), units, T(1));
    for (vector* const v : {&dgamma, &beta, &dbeta}) {
      std::fill_n(v->data(), units, T(0));
    }
    std::fill_n(running_mean.data(), units, 0);
    std::fill_n(running_variance.data(), units, 1);
  }

  // forward(x): y, of the shape of x; see one_input.

  /// Returns dL/dx for dL/dy, both of the shape of x, and overwrites dgamma and dbeta. After a forward in training the
  /// gradient goes through mean and variance too. dy may be one of the layer's own arrays or an expression. Throws
  /// shape_error if dy does not fit y, std::logic_error before the first forward.
  template <class E> tensor const& backward(xt::xexpression<E> const& dy) {
    tensor const& g = this->output_gradient(dy, "dz", "backward", z_);
    tensor const& x = this->x();
    unit_layout const layout = z_layout();
    std::size_t const n = units();
    sums_.assign(2 * n, 0);
    detail::fit(dx_, x.shape());
    detail::run_batch_norm<T>(
        detail::batch_norm_sums_pass<T>{layout, x.data(), g.data(), position(), sums_.data(), sums_.data() + n});
    detail::fit(dgamma, {n});
    detail::fit(dbeta, {n});
    coefficients_.resize(3 * n);
    T* const scale = coefficients_.data();
    T* const mean_dy = scale + n;
    T* const mean_product = mean_dy + n;
    auto const samples = static_cast<S>((std::max)(layout.samples(), std::size_t{1}));
    for (std::size_t u = 0; u < n; ++u) {
      dbeta.data()[u] = static_cast<T>(sums_[u]);
      dgamma.data()[u] = static_cast<T>(sums_[n + u]);
      scale[u] = gamma.data()[u] * inverse_[u];
      mean_dy[u] = static_cast<T>(sums_[u] / samples);
      mean_product[u] = static_cast<T>(sums_[n + u] / samples);
    }
    if (trained_) {
      run_gradient<true>(layout, x, g);
    } else {
      run_gradient<false>(layout, x, g);
    }
    return dx_;
  }

  [[nodiscard]] std::size_t units() const { return gamma.size(); }
  /// The output of the last forward, what a following activation sees; empty before the first.
  [[nodiscard]] tensor const& z() const { return z_; }
  /// How the units lie in z(), for observe_units and unit_records.
  [[nodiscard]] unit_layout z_layout() const { return unit_layout::of(z_.shape(), 1); }
  /// How z is distributed for inputs of these means and variances, one number for all units or one for each: in
  /// training for a large batch, in evaluation by the running statistics.
  template <class M, class V>
  [[nodiscard]] theory::unit_laws z_laws(M const& input_mean, V const& input_variance) const {
    return detail::laws_of_norm(gamma, beta, input_mean, input_variance, [&](std::size_t u, double m, double v) {
      return training ? detail::norm_scale{m, v + options.epsilon}
                      : detail::norm_scale{static_cast<double>(running_mean(u)),
                                           static_cast<double>(running_variance(u)) + options.epsilon};
    });
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
  friend one_input<batch_norm, tensor>;
  using S = detail::sum_element<T>;

  template <class Shape> void check_input(Shape const& shape) const {
    constexpr std::string_view function = "batch_norm::forward";
    if (shape.size() != Rank || static_cast<std::size_t>(shape[1]) != units()) {
      detail::bad_shape(function, "x", detail::shape_text(shape),
                        detail::message(Rank, " axes, the second of ", detail::count_text(units(), "unit")));
    }
    detail::require_shape(function, "beta", beta.shape(), gamma.shape(), "the shape of gamma");
    detail::require_shape(function, "running_mean", running_mean.shape(), gamma.shape(), "the shape of gamma");
    detail::require_shape(function, "running_variance", running_variance.shape(), gamma.shape(), "the shape of gamma");
    options.require_valid(function);
  }
  template <class F> void each_own(F&& f) const {
    f(z_);
    f(dx_);
  }
  [[nodiscard]] detail::norm_position<T const> position() const {
    return {mean_.data(), rest_.data(), inverse_.data()};
  }

  tensor const& run() {
    tensor const& x = this->x();
    detail::fit(z_, x.shape());
    for (std::vector<T>* const v : {&mean_, &rest_, &inverse_}) {
      v->resize(units());
    }
    trained_ = training;
    if (training) {
      take_batch(x);
    } else {
      for (std::size_t u = 0; u < units(); ++u) {
        set(u, running_mean.data()[u], running_variance.data()[u]);
      }
    }
    detail::run_batch_norm<T>(
        detail::batch_norm_pass<T>{z_layout(), x.data(), position(), gamma.data(), beta.data(), z_.data()});
    return z_;
  }

  void set(std::size_t u, S mean, S variance) {
    mean_[u] = static_cast<T>(mean);
    rest_[u] = static_cast<T>(mean - static_cast<S>(mean_[u]));
    inverse_[u] = static_cast<T>(detail::inverse_deviation(variance, static_cast<S>(options.epsilon)));
  }

  /// Statistics of the batch, in two passes; moves the running ones.
  void take_batch(tensor const& x) {
    unit_layout const layout = z_layout();
    std::size_t const n = units();
    auto const count = static_cast<S>(layout.samples());
    if (layout.samples() == 0) {
      return; // there is no number to normalize
    }
    auto const sum = [&] {
      sums_.assign(2 * n, 0);
      detail::run_batch_norm<T>(
          detail::batch_moments_pass<T>{layout, x.data(), mean_.data(), sums_.data(), sums_.data() + n});
    };
    std::fill(mean_.begin(), mean_.end(), T(0));
    sum();
    for (std::size_t u = 0; u < n; ++u) {
      mean_[u] = static_cast<T>(sums_[u] / count);
    }
    sum();
    auto const rate = static_cast<S>(options.update_rate);
    for (std::size_t u = 0; u < n; ++u) {
      S const off = sums_[u] / count; // what the rounding of the mean left
      S const mean = static_cast<S>(mean_[u]) + off;
      S const difference = sums_[n + u] / count - off * off;
      S const variance = difference < S(0) ? S(0) : difference;
      set(u, mean, variance);
      S& running = running_variance.data()[u];
      running_mean.data()[u] += rate * (mean - running_mean.data()[u]);
      if (!options.unbiased_running_variance) {
        running += rate * (variance - running);
      } else if (layout.samples() > 1) {
        running += rate * (variance * (count / (count - S(1))) - running);
      }
    }
  }

  template <bool ThroughStatistics> void run_gradient(unit_layout const& layout, tensor const& x, tensor const& g) {
    T const* const c = coefficients_.data();
    detail::run_batch_norm<T>(detail::batch_norm_gradient_pass<T, ThroughStatistics>{
        layout, x.data(), g.data(), position(), c, c + units(), c + 2 * units(), dx_.data()});
  }

  tensor z_, dx_;
  std::vector<T> mean_, rest_, inverse_; // of the last forward; see norm_position
  std::vector<S> sums_;
  std::vector<T> coefficients_;
  bool trained_ = true;
};

}} // namespace satur::SATUR_ABI
