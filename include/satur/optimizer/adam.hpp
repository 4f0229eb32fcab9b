/// \file optimizer/adam.hpp  Steps of a size of their own for each number, from moments of its gradient.
#pragma once

#include "satur/config.hpp"
#include "satur/optimizer/adam_pass.hpp"
#include "satur/optimizer/watched.hpp"

#include <concepts>
#include <cstdint>
#include <tuple>
#include <vector>

namespace satur { inline namespace SATUR_ABI {

/// Adam (Kingma and Ba 2015, algorithm 1), as torch.optim.Adam:
///
///     g = dw + weight_decay w                      t counts the steps from 1
///     m = beta1 m + (1 - beta1) g
///     v = beta2 v + (1 - beta2) g^2
///     w = w - rate (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps)
///
/// eps is added outside of the root, after the correction of the bias. Keras and ONNX add it to the root of the
/// uncorrected v, where it counts up to 1/sqrt(1 - beta2) = 32 times as much in the first steps. The first step is
/// rate sign(g) wherever |g| is far above eps. With weight_decay this is L2 regularization; see adamw.
///
///     satur::adam<float> optimizer{.rate = 1e-3};
///     optimizer.step(fc1, fc2);                                        // after backward
///     optimizer.step(satur::watched(mon["fc1"], fc1), fc2);            // and the monitor is told
///
/// The settings and all that it remembers are public; a copy goes on by itself, == compares both. T is the type of the
/// parameters. A moment below the smallest normal number becomes 0.
template <std::floating_point T> struct adam {
  double rate = 1e-3;        ///< finite, >= 0
  double beta1 = 0.9;        ///< in [0, 1)
  double beta2 = 0.999;      ///< in [0, 1)
  double eps = 1e-8;         ///< finite, >= 0
  double weight_decay = 0.0; ///< finite, >= 0; of every parameter, biases among them

  std::uint64_t steps = 0;              ///< t, made so far
  std::vector<std::vector<T>> mean{};   ///< m of each parameter, in the order of the steps
  std::vector<std::vector<T>> square{}; ///< v of each

  detail::step_memory<T> memory{};

  /// Changes every parameter in place. `layers`: one or more, each a layer or a net (what has each_parameter), a
  /// `watched` one, or a range or std::tie of such; in each step the same, in the same order. A copy or a moved layer
  /// counts as the same. Throws std::invalid_argument if a setting is out of range or a gradient shares memory with its
  /// parameter; shape_error if a gradient has another size than its parameter, or if the number or the size of the
  /// parameters has changed. Nothing has been changed then. Allocates in the first step only.
  template <class... Layers>
    requires(sizeof...(Layers) > 0)
  void step(Layers&&... layers) {
    detail::adam_step<T>("adam::step", *this, weight_decay, 1.0, std::tuple<Layers&...>(layers...));
  }
  /// Forgets all steps; the settings stay.
  void reset() {
    steps = 0;
    mean.clear();
    square.clear();
  }
  bool operator==(adam const&) const = default;
};

}} // namespace satur::SATUR_ABI
