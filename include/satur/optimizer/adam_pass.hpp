/// \file optimizer/adam_pass.hpp  One step of Adam for the numbers of one parameter.
#pragma once

#include "satur/config.hpp"
#include "satur/math/arithmetic.hpp"
#include "satur/math/sqrt.hpp"
#include "satur/optimizer/sgd.hpp"
#include "satur/optimizer/slots.hpp"
#include "satur/simd/loop.hpp"
#include "satur/simd/run.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <tuple>
#include <vector>

namespace satur::inline SATUR_ABI::detail {

/// g = dw + decay w; m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2;
/// w = shrink w - rate m / (sqrt(v) root + eps), with the corrections of bias in rate and root.
template <class T> struct adam_pass {
  T* value;
  T const* gradient;
  T* mean;
  T* square;
  std::size_t n;
  T rate, beta1, share1, beta2, share2, root, eps, decay, shrink;

  template <class L> SATUR_INLINE void run() const {
    for_each_register<L>(n, [this](std::size_t i, auto part) SATUR_INLINE_LAMBDA {
      L const w = part.load(value + i, T(0));
      L const g = math::madd(L(decay), w, part.load(gradient + i, T(0)));
      L const m = without_subnormal(math::madd(L(beta1), part.load(mean + i, T(0)), L(L(share1) * g)));
      L const v = without_subnormal(math::madd(L(beta2), part.load(square + i, T(0)), L(L(L(share2) * g) * g)));
      part.store(mean + i, m);
      part.store(square + i, v);
      L const size = math::madd(math::sqrt(v), L(root), L(eps));
      L const along = math::select(m == L(T(0)), L(T(0)), L(m / size)); // 0/0 with eps = 0
      part.store(value + i, math::madd(L(-rate), along, L(L(shrink) * w)));
    });
  }
};

/// 1 - beta^steps, with all its digits.
[[nodiscard]] inline double bias_correction(double beta, std::uint64_t steps) {
  return beta == 0.0 ? 1.0 : -std::expm1(static_cast<double>(steps) * std::log(beta));
}

/// What adam and adamw do. `Adam` has their settings and moments; decay goes to the gradient, shrink to the weights.
template <class T, class Adam, class... Layers>
void adam_step(std::string_view function, Adam& adam, double decay, double shrink,
               std::tuple<Layers&...> const& layers) {
  require_setting(function, "rate", adam.rate, adam.rate >= 0.0, "a finite number >= 0");
  require_setting(function, "beta1", adam.beta1, adam.beta1 >= 0.0 && adam.beta1 < 1.0, "0 to below 1");
  require_setting(function, "beta2", adam.beta2, adam.beta2 >= 0.0 && adam.beta2 < 1.0, "0 to below 1");
  require_setting(function, "eps", adam.eps, adam.eps >= 0.0, "a finite number >= 0");
  require_setting(function, "weight_decay", adam.weight_decay, adam.weight_decay >= 0.0, "a finite number >= 0");
  check_parameters(function, adam.mean, layers);
  if (adam.mean.empty()) {
    make_slots(adam.mean, layers);
    make_slots(adam.square, layers);
    adam.steps = 0;
  }
  ++adam.steps;
  double const rate = adam.rate / bias_correction(adam.beta1, adam.steps);
  double const root = 1.0 / std::sqrt(bias_correction(adam.beta2, adam.steps));
  std::size_t k = 0;
  each_parameter_of(layers, [&](std::string_view name, auto& value, auto& gradient, auto& to) {
    adam_pass<T> const pass{value.data(),
                            gradient.data(),
                            adam.mean[k].data(),
                            adam.square[k].data(),
                            value.size(),
                            static_cast<T>(rate),
                            static_cast<T>(adam.beta1),
                            static_cast<T>(1.0 - adam.beta1),
                            static_cast<T>(adam.beta2),
                            static_cast<T>(1.0 - adam.beta2),
                            static_cast<T>(root),
                            static_cast<T>(adam.eps),
                            static_cast<T>(decay),
                            static_cast<T>(shrink)};
    adam.memory.tell(to, name, value, [&pass] { math::run<T>(pass); });
    ++k;
  });
}

} // namespace satur::inline SATUR_ABI::detail
