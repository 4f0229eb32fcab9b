// Activations and slopes in a wider type, by formulas of their own: stable in the tail, from z alone, with the C
// library's functions. The truth for float when R is double (rounding it adds 1e-8 of a float's ulp), for double when R
// is long double.
#pragma once

#include "satur/activation.hpp"

#include <cmath>
#include <limits>

namespace test {

template <class R> struct truth {
  R value;
  R slope;
};

/// The activation with its parameters as T holds them.
template <class T, class A> A as_held(A const& act) {
  A held = act;
  if constexpr (requires { held.negative_slope; }) {
    held.negative_slope = static_cast<double>(static_cast<T>(act.negative_slope));
  }
  return held;
}

template <class R> R e_minus(R z) { return std::exp(-std::fabs(z)); }

template <class R> truth<R> exact(satur::identity const&, R z) { return {z, std::isnan(z) ? z : R(1)}; }
template <class R> truth<R> exact(satur::sigmoid const&, R z) {
  R const e = e_minus(z);
  return {z < 0 ? e / (1 + e) : 1 / (1 + e), e / ((1 + e) * (1 + e))};
}
template <class R> truth<R> exact(satur::tanh const&, R z) {
  R const e = e_minus(z + z);
  return {std::tanh(z), 4 * e / ((1 + e) * (1 + e))};
}
template <class R> truth<R> exact(satur::centered_sigmoid const&, R z) {
  return {std::tanh(z / 2) / 2, exact(satur::sigmoid{}, z).slope};
}
template <class R> truth<R> exact(satur::softsign const&, R z) {
  if (std::isinf(z)) {
    return {std::copysign(R(1), z), R(0)};
  }
  R const d = 1 + std::fabs(z);
  return {z / d, (1 / d) / d};
}
template <class R> truth<R> exact(satur::relu const&, R z) {
  return {std::isnan(z) ? z : z > 0 ? z : R(0), std::isnan(z) ? z : z > 0 ? R(1) : R(0)};
}
template <class R> truth<R> exact(satur::leaky_relu const& act, R z) {
  R const slope = static_cast<R>(act.negative_slope);
  return {z > 0 ? z : slope * z, std::isnan(z) ? z : z > 0 ? R(1) : slope};
}

} // namespace test
