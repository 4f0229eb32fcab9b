/// \file formulas.hpp  The formulas that people write with a library of arrays, where it has no such function.
#pragma once

#include "conformance.hpp"

namespace conformance {

/// Arrays: a library's `where(condition, a, b)`, `maximum(a, number)`, `numbers<T>(condition)`, and
/// `value<T>(act, text, f)`, `slope<T>(act, text, f)` and `slope_from_output<T>(act, text, f)`, which check f of an
/// array, or dy times it. exp, log, tanh, erf and abs are those of the library.
template <class T, class Arrays> void formulas() {
  using A = Arrays;
  T const one(1);
  T const half = T(0.5);
  auto const s = [one](auto const& z) { return one / (one + exp(-z)); };

  A::template value<T>(satur::sigmoid{}, "1 / (1 + exp(-z))", s);
  A::template slope_from_output<T>(satur::sigmoid{}, "y (1 - y)", [one](auto const& y) { return y * (one - y); });
  A::template slope_from_output<T>(satur::tanh{}, "1 - y y", [one](auto const& y) { return one - y * y; });
  A::template value<T>(satur::softplus{}, "log(1 + exp(z))", [one](auto const& z) { return log(one + exp(z)); });
  A::template slope<T>(satur::softplus{}, "1 / (1 + exp(-z))", s);
  A::template value<T>(satur::log_sigmoid{}, "-log(1 + exp(-z))", [one](auto const& z) { return -log(one + exp(-z)); });
  A::template slope<T>(satur::log_sigmoid{}, "1 - s, s = 1 / (1 + exp(-z))",
                       [one, s](auto const& z) { return one - s(z); });
  A::template value<T>(satur::softsign{}, "z / (1 + |z|)", [one](auto const& z) { return z / (one + abs(z)); });
  A::template slope<T>(satur::softsign{}, "1 / ((1 + |z|) (1 + |z|))",
                       [one](auto const& z) { return one / ((one + abs(z)) * (one + abs(z))); });
  A::template value<T>(satur::relu{}, "max(z, 0)", [](auto const& z) { return A::maximum(z, T(0)); });
  A::template slope<T>(satur::relu{}, "z > 0", [](auto const& z) { return A::template numbers<T>(z > T(0)); });
  A::template value<T>(leaky_relu<T>(), "max(z, 0.01 z)", [](auto const& z) { return A::larger(z, T(0.01) * z); });
  A::template value<T>(satur::elu{}, "z > 0 ? z : exp(z) - 1",
                       [one](auto const& z) { return A::where(z > T(0), z, exp(z) - one); });
  A::template slope<T>(satur::elu{}, "z > 0 ? 1 : exp(z)",
                       [](auto const& z) { return A::one_where(z > T(0), exp(z)); });

  T const root(0.70710678118654752440);
  T const density(0.39894228040143267794);
  A::template value<T>(satur::gelu{}, "z/2 (1 + erf(z/sqrt 2))",
                       [=](auto const& z) { return half * z * (one + erf(z * root)); });
  A::template slope<T>(satur::gelu{}, "(1 + erf(z/sqrt 2))/2 + z phi(z)", [=](auto const& z) {
    return half * (one + erf(z * root)) + z * (density * exp(-half * z * z));
  });
  T const scale(0.79788456080286535588);
  T const cubic(0.044715);
  auto const t = [=](auto const& z) { return tanh(scale * (z + cubic * z * z * z)); };
  A::template value<T>(satur::gelu_tanh{}, "z/2 (1 + t), t = tanh(c (z + a z z z))",
                       [=](auto const& z) { return half * z * (one + t(z)); });
  A::template slope<T>(satur::gelu_tanh{}, "(1 + t)/2 + z/2 (1 - t t) c (1 + 3 a z z)", [=](auto const& z) {
    return half * (one + t(z)) + half * z * (one - t(z) * t(z)) * (scale * (one + T(3) * cubic * z * z));
  });
  A::template value<T>(satur::silu{}, "z / (1 + exp(-z))", [one](auto const& z) { return z / (one + exp(-z)); });
  A::template slope<T>(satur::silu{}, "s (1 + z (1 - s))",
                       [=](auto const& z) { return s(z) * (one + z * (one - s(z))); });
  auto const u = [one](auto const& z) { return tanh(log(one + exp(z))); };
  A::template value<T>(satur::mish{}, "z t, t = tanh(log(1 + exp(z)))", [=](auto const& z) { return z * u(z); });
  A::template slope<T>(satur::mish{}, "t + z s (1 - t t)",
                       [=](auto const& z) { return u(z) + z * s(z) * (one - u(z) * u(z)); });
}

} // namespace conformance
