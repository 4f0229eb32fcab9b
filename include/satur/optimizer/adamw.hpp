/// \file optimizer/adamw.hpp  Adam with decoupled weight decay.
#pragma once

#include "satur/config.hpp"
#include "satur/optimizer/adam_pass.hpp"
#include "satur/optimizer/watched.hpp"

#include <concepts>
#include <cstdint>
#include <tuple>
#include <vector>

namespace satur { inline namespace SATUR_ABI {

/// Adam with decoupled weight decay (Loshchilov and Hutter 2019), as torch.optim.AdamW: the weights shrink by
/// rate weight_decay by themselves, not through the gradient, so the decay is not divided by the size of the gradients.
///
///     w = (1 - rate weight_decay) w
///     then as adam, with g = dw
///
/// The paper's own weight decay has no factor rate; in Keras as here it has.
///
///     satur::adamw<float> optimizer{.rate = 1e-3, .weight_decay = 0.1};
///     optimizer.step(fc1, fc2);                                        // after backward
///     optimizer.step(satur::watched(mon["fc1"], fc1), fc2);            // and the monitor is told
///
/// The settings and all that it remembers are public; a copy goes on by itself, == compares both. T is the type of the
/// parameters. A moment below the smallest normal number becomes 0.
template <std::floating_point T> struct adamw {
  double rate = 1e-3;         ///< finite, >= 0
  double beta1 = 0.9;         ///< in [0, 1)
  double beta2 = 0.999;       ///< in [0, 1)
  double eps = 1e-8;          ///< finite, >= 0
  double weight_decay = 0.01; ///< finite, >= 0; of every parameter, biases among them

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
    detail::adam_step<T>("adamw::step", *this, 0.0, 1.0 - rate * weight_decay, std::tuple<Layers&...>(layers...));
  }
  /// Forgets all steps; the settings stay.
  void reset() {
    steps = 0;
    mean.clear();
    square.clear();
  }
  bool operator==(adamw const&) const = default;
};

}} // namespace satur::SATUR_ABI
