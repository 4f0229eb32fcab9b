// Activations and slopes in a wider type, by formulas of their own: stable in the tail, from z alone, with the C
// library's functions. The truth for float when R is double (rounding it adds 1e-8 of a float's ulp), for double when R
// is the `wide` of mpfr.hpp.
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

// R is double, long double or the 160 bits of mpfr.hpp: built-in functions come from std, the others by their argument.
using std::atan;
using std::copysign;
using std::erf;
using std::erfc;
using std::exp;
using std::expm1;
using std::fabs;
using std::isinf;
using std::isnan;
using std::log1p;
using std::sqrt;
using std::tanh;

template <class R> R e_minus(R z) { return exp(-fabs(z)); }

template <class R> truth<R> exact(satur::identity const&, R z) { return {z, isnan(z) ? z : R(1)}; }
template <class R> truth<R> exact(satur::sigmoid const&, R z) {
  R const e = e_minus(z);
  R const d = R(1) + e;
  return {z < R(0) ? e / d : R(1) / d, e / (d * d)};
}
template <class R> truth<R> exact(satur::tanh const&, R z) {
  R const e = e_minus(z + z);
  R const d = R(1) + e;
  return {tanh(z), R(4) * e / (d * d)};
}
template <class R> truth<R> exact(satur::centered_sigmoid const&, R z) {
  return {tanh(z / R(2)) / R(2), exact(satur::sigmoid{}, z).slope};
}
template <class R> truth<R> exact(satur::softsign const&, R z) {
  if (isinf(z)) {
    return {copysign(R(1), z), R(0)};
  }
  R const d = R(1) + fabs(z);
  return {z / d, (R(1) / d) / d};
}
template <class R> truth<R> exact(satur::relu const&, R z) {
  return {isnan(z) || z > R(0) ? z : R(0), isnan(z) ? z : z > R(0) ? R(1) : R(0)};
}
template <class R> truth<R> exact(satur::leaky_relu const& act, R z) {
  R const slope = R(act.negative_slope);
  return {z > R(0) ? z : slope * z, isnan(z) ? z : z > R(0) ? R(1) : slope};
}

} // namespace test
