/// \file optimizer/sgd.hpp  Gradient descent with momentum.
#pragma once

#include "satur/config.hpp"
#include "satur/error.hpp"
#include "satur/math/arithmetic.hpp"
#include "satur/optimizer/each_layer.hpp"
#include "satur/optimizer/slots.hpp"
#include "satur/optimizer/watched.hpp"
#include "satur/simd/loop.hpp"
#include "satur/simd/run.hpp"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <tuple>
#include <vector>

namespace satur { inline namespace SATUR_ABI {

namespace detail {

/// 0 for what is below the smallest normal number. A momentum that decays would otherwise stay subnormal for good, and
/// each product with a subnormal number takes some hundred cycles on Intel cores.
template <class L> SATUR_INLINE L without_subnormal(L const& x) {
  using E = math::element_t<L>;
  return math::select(math::magnitude(x) < L((std::numeric_limits<E>::min)()), L(E(0)), x);
}

template <class T> struct sgd_pass {
  T* value;
  T const* gradient;
  T* velocity; ///< null without momentum
  std::size_t n;
  T rate, momentum, share, decay;
  bool nesterov;

  template <class L> SATUR_INLINE void run() const {
    if (velocity == nullptr) {
      for_each_register<L>(n, [this](std::size_t i, auto part) SATUR_INLINE_LAMBDA {
        L const w = part.load(value + i, T(0));
        L const g = math::madd(L(decay), w, part.load(gradient + i, T(0)));
        part.store(value + i, math::madd(L(-rate), g, w));
      });
      return;
    }
    L const ahead = L(nesterov ? momentum : T(0)), of_gradient = L(nesterov ? T(1) : T(0));
    L const of_velocity = L(nesterov ? T(0) : T(1));
    for_each_register<L>(n, [&](std::size_t i, auto part) SATUR_INLINE_LAMBDA {
      L const w = part.load(value + i, T(0));
      L const g = math::madd(L(decay), w, part.load(gradient + i, T(0)));
      L const v = without_subnormal(math::madd(L(momentum), part.load(velocity + i, T(0)), L(L(share) * g)));
      part.store(velocity + i, v);
      L const along = math::madd(of_gradient, g, L(L(ahead + of_velocity) * v));
      part.store(value + i, math::madd(L(-rate), along, w));
    });
  }
};

} // namespace detail

/// Stochastic gradient descent with momentum, by PyTorch's convention (torch.optim.SGD; Sutskever, Martens, Dahl,
/// Hinton 2013 for Nesterov's):
///
///     g = dw + weight_decay w
///     v = g in the first step, then momentum v + (1 - dampening) g
///     w = w - rate (g + momentum v with nesterov, else v)
///
/// The rate is outside of v: to change it takes effect at once. Keras keeps rate g inside: there v = momentum v - rate
/// g and w = w + v, which is the same while the rate stays the same.
///
///     satur::sgd<float> optimizer{.rate = 0.1, .momentum = 0.9, .nesterov = true};
///     optimizer.step(fc1, fc2);                                        // after backward
///     optimizer.step(satur::watched(mon["fc1"], fc1), fc2);            // and the monitor is told
///
/// The settings and all that it remembers are public; a copy goes on by itself, == compares both. T is the type of the
/// parameters. A velocity below the smallest normal number becomes 0.
template <std::floating_point T> struct sgd {
  double rate = 0.01;        ///< finite, >= 0
  double momentum = 0.0;     ///< in [0, 1)
  double dampening = 0.0;    ///< in [0, 1]; 0 with nesterov
  double weight_decay = 0.0; ///< finite, >= 0; of every parameter, biases among them
  bool nesterov = false;     ///< needs a momentum

  std::uint64_t steps = 0;                ///< made so far
  std::vector<std::vector<T>> velocity{}; ///< v of each parameter, in the order of the steps; without momentum empty

  detail::step_memory<T> memory{};

  /// Changes every parameter in place. `layers`: one or more, each a layer or a net (what has each_parameter), a
  /// `watched` one, or a range or std::tie of such; in each step the same, in the same order. A copy or a moved layer
  /// counts as the same. Throws std::invalid_argument if a setting is out of range or a gradient shares memory with its
  /// parameter; shape_error if a gradient has another size than its parameter or, with momentum, if the number or the
  /// size of the parameters has changed. Nothing has been changed then. Allocates in the first step only.
  template <class... Layers>
    requires(sizeof...(Layers) > 0)
  void step(Layers&&... layers) {
    require_valid();
    std::tuple<Layers&...> const all(layers...);
    if (momentum == 0.0) {
      velocity.clear();
    }
    bool const first = velocity.empty();
    detail::check_parameters("sgd::step", velocity, all);
    if (first && momentum != 0.0) {
      detail::make_slots(velocity, all);
    }
    std::size_t k = 0;
    detail::each_parameter_of(all, [&](std::string_view name, auto& parameter, auto& gradient, auto& to) {
      detail::sgd_pass<T> const pass{parameter.data(),
                                     gradient.data(),
                                     momentum == 0.0 ? nullptr : velocity[k].data(),
                                     parameter.size(),
                                     static_cast<T>(rate),
                                     static_cast<T>(momentum),
                                     static_cast<T>(first ? 1.0 : 1.0 - dampening),
                                     static_cast<T>(weight_decay),
                                     nesterov};
      memory.tell(to, name, parameter, [&pass] { math::run<T>(pass); });
      ++k;
    });
    ++steps;
  }
  /// Forgets all steps; the settings stay.
  void reset() {
    steps = 0;
    velocity.clear();
  }
  bool operator==(sgd const&) const = default;

  /// Throws std::invalid_argument if a setting is out of range.
  void require_valid() const {
    detail::require_setting("sgd::step", "rate", rate, rate >= 0.0, "a finite number >= 0");
    detail::require_setting("sgd::step", "momentum", momentum, momentum >= 0.0 && momentum < 1.0, "0 to below 1");
    detail::require_setting("sgd::step", "dampening", dampening, dampening >= 0.0 && dampening <= 1.0, "0 to 1");
    detail::require_setting("sgd::step", "weight_decay", weight_decay, weight_decay >= 0.0, "a finite number >= 0");
    if (nesterov) {
      detail::require_setting("sgd::step", "momentum with nesterov", momentum, momentum > 0.0, "above 0, below 1");
      detail::require_setting("sgd::step", "dampening with nesterov", dampening, dampening == 0.0, "0");
    }
  }
};

}} // namespace satur::SATUR_ABI
