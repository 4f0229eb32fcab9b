/// \file loss/mse.hpp  The mean squared error, for numbers.
#pragma once

#include "satur/config.hpp"
#include "satur/loss/elementwise_loss.hpp"
#include "satur/loss/reduction.hpp"
#include "satur/tensor/compat.hpp"

#include <concepts>
#include <cstddef>
#include <string_view>

namespace satur { inline namespace SATUR_ABI {

/// Options of mse.
struct mse_options {
  /// mean: the sum of the losses divided by the number of elements, whatever their weights.
  reduction reduce = reduction::mean;

  bool operator==(mse_options const&) const = default;
};

/// L = mean over the elements of (y - target)^2, without a factor 1/2; dL/dy = 2 (y - target) / n. The convention of
/// torch.nn.MSELoss and of Keras. With weights w of elements, the loss of an element is w (y - target)^2.
///
///     satur::mse<float> loss;
///     double const l = loss.forward(y, target);  fc.backward(loss.backward());
///
/// Both are computed in double; the gradient is rounded once to T.
/// Shapes: y and target have N axes, by default (batch, units).
/// Special values: those of IEEE arithmetic; an element of weight 0 has loss and gradient 0 whatever its y and target.
/// An empty batch gives an empty gradient, and its mean is NaN.
/// Memory: nothing is allocated after the first batch of a shape.
template <std::floating_point T, std::size_t N = 2> struct mse : elementwise_loss<mse<T, N>, T, N> {
  static constexpr std::string_view loss_name = "mse";

  mse_options options; ///< read by forward

  mse() = default;
  explicit mse(mse_options o) : options(o) {}

  // forward(y, target), forward(y, target, weights), backward(), backward(dL/dlosses), losses: see elementwise_loss.

private:
  friend elementwise_loss<mse, T, N>;

  static constexpr std::string_view input_name = "y";

  static void check(std::size_t, xt::xtensor<double, N> const&) {}
  /// y becomes the slopes.
  static void run(double* y, double const* target, double const* weights, double* each, std::size_t n, std::size_t) {
    for (std::size_t i = 0; i < n; ++i) {
      double const w = weights == nullptr ? 1.0 : weights[i];
      double const off = y[i] - target[i];
      each[i] = w == 0.0 ? 0.0 : w * off * off;
      y[i] = w == 0.0 ? 0.0 : 2.0 * w * off;
    }
  }
};

}} // namespace satur::SATUR_ABI
