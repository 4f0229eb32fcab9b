/// \file layer/batch_norm_options.hpp  The conventions of PyTorch, Keras and ONNX for batch_norm.
#pragma once

#include "satur/config.hpp"
#include "satur/error.hpp"
#include "satur/layer/row_norm_passes.hpp"

#include <string_view>

namespace satur { inline namespace SATUR_ABI {

/// What frameworks call momentum has two meanings: the share of the new batch (PyTorch, 0.1), or of the old running
/// value (Keras 0.99, ONNX 0.9). Here `update_rate` is the share of the new batch: PyTorch's momentum m is the rate m,
/// that of Keras and ONNX is 1 - m.
struct batch_norm_options {
  double epsilon = 1e-5;                 ///< added to the variance
  double update_rate = 0.1;              ///< running += update_rate * (batch - running); in [0, 1]
  bool unbiased_running_variance = true; ///< divides by count - 1; y itself always takes the biased variance

  /// torch.nn.BatchNorm1d and 2d: epsilon 1e-5, momentum 0.1, unbiased running variance. The default.
  [[nodiscard]] static constexpr batch_norm_options pytorch(double momentum = 0.1) { return {1e-5, momentum, true}; }
  /// keras.layers.BatchNormalization: epsilon 1e-3, momentum 0.99, biased running variance.
  [[nodiscard]] static constexpr batch_norm_options keras(double momentum = 0.99) {
    return {1e-3, 1.0 - momentum, false};
  }
  /// ONNX BatchNormalization 15: epsilon 1e-5, momentum 0.9, biased running variance.
  [[nodiscard]] static constexpr batch_norm_options onnx(double momentum = 0.9) {
    return {1e-5, 1.0 - momentum, false};
  }

  /// Throws std::invalid_argument if a number is out of range.
  void require_valid(std::string_view function) const {
    detail::require_epsilon(function, epsilon);
    if (detail::is_nan(update_rate) || update_rate < 0.0 || update_rate > 1.0) {
      detail::bad_parameter(function, "update_rate", update_rate, "a number in [0, 1], such as 0.1");
    }
  }
  bool operator==(batch_norm_options const&) const = default;
};

}} // namespace satur::SATUR_ABI
