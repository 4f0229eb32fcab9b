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

template <class R> truth<R> nan_truth(R z) { return {z, z}; }
template <class R> truth<R> clipped_line(R z, R half, R width) { // clip((z + half)/width, 0, 1)
  if (isnan(z)) {
    return nan_truth(z);
  }
  bool const inside = z > -half && z < half;
  return {inside ? (z + half) / width : R(z > R(0) ? 1 : 0), inside ? R(1) / width : R(0)};
}
template <class R> truth<R> exact(satur::hard_sigmoid const&, R z) { return clipped_line(z, R(3), R(6)); }
template <class R> truth<R> exact(satur::hard_sigmoid_keras2 const&, R z) { return clipped_line(z, R(2.5), R(5)); }
template <class R> truth<R> clipped(R z, R low, R high) {
  if (isnan(z)) {
    return nan_truth(z);
  }
  return {z < low ? low : z > high ? high : z, R(z > low && z < high ? 1 : 0)};
}
template <class R> truth<R> exact(satur::hard_tanh const& act, R z) { return clipped(z, R(act.low), R(act.high)); }
template <class R> truth<R> exact(satur::relu6 const&, R z) { return clipped(z, R(0), R(6)); }
template <class R> truth<R> exact(satur::prelu const& act, R z) {
  return exact(satur::leaky_relu{act.negative_slope}, z);
}
template <class R> truth<R> exact(satur::hard_swish const&, R z) {
  if (isnan(z)) {
    return nan_truth(z);
  }
  if (z <= R(-3) || z >= R(3)) {
    return {z > R(0) ? z : R(0), R(z > R(0) ? 1 : 0)};
  }
  return {z * (z + R(3)) / R(6), (z + z + R(3)) / R(6)};
}
template <class R> truth<R> exact(satur::soft_shrink const& act, R z) {
  R const w = R(act.width);
  if (isnan(z)) {
    return nan_truth(z);
  }
  return {z > w ? z - w : z < -w ? z + w : R(0), R(z > w || z < -w ? 1 : 0)};
}
template <class R> truth<R> exact(satur::hard_shrink const& act, R z) {
  bool const kept = fabs(z) > R(act.width);
  return isnan(z) ? nan_truth(z) : truth<R>{kept ? z : R(0), R(kept ? 1 : 0)};
}
template <class R> truth<R> exact(satur::threshold const& act, R z) {
  bool const above = z > R(act.level);
  return isnan(z) ? nan_truth(z) : truth<R>{above ? z : R(act.otherwise), R(above ? 1 : 0)};
}
template <class R> truth<R> exact(satur::celu const& act, R z) {
  R const a = R(act.alpha);
  return isnan(z) ? nan_truth(z) : z > R(0) ? truth<R>{z, R(1)} : truth<R>{a * expm1(z / a), exp(z / a)};
}
template <class R> truth<R> exact(satur::elu const& act, R z) {
  R const a = R(act.alpha);
  return isnan(z) ? nan_truth(z) : z > R(0) ? truth<R>{z, R(1)} : truth<R>{a * expm1(z), a * exp(z)};
}
template <class R> truth<R> exact(satur::selu const&, R z) {
  R const l = R(1.0507009873554805) + R(3.9874847667154144e-17); // double and the digits that it lacks
  R const a = R(1.6732632423543772) + R(1.0657222547717531e-16);
  return isnan(z) ? nan_truth(z) : z > R(0) ? truth<R>{l * z, l} : truth<R>{l * a * expm1(z), l * a * exp(z)};
}
template <class R> truth<R> exact(satur::softplus const& act, R z) {
  R const b = R(act.beta);
  R const x = b * z;
  return {((x > R(0) ? x : R(0)) + log1p(e_minus(x))) / b, exact(satur::sigmoid{}, x).value};
}
template <class R> truth<R> exact(satur::log_sigmoid const&, R z) {
  return {(z < R(0) ? z : R(0)) - log1p(e_minus(z)), exact(satur::sigmoid{}, -z).value};
}

} // namespace test
