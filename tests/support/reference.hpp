// Activations and slopes in a wider type, by independent formulas: stable in the tail, from z only, with
// functions of the C library. The truth for float when R is double (rounding it adds 1e-8 of a float's ulp), for double
// when R is the `wide` of mpfr.hpp.
#pragma once

#include "satur/activation.hpp"

#include <cmath>
#include <concepts>
#include <limits>

namespace test {

template <class R> struct truth {
  R value;
  R slope;
};

/// The activation with its parameters rounded to T.
template <class T, class A> A as_held(A act) {
  auto const hold = [](double& p) { p = static_cast<double>(static_cast<T>(p)); };
  if constexpr (std::same_as<A, satur::hard_sigmoid> || std::same_as<A, satur::selu>) {
    if (act == A{}) { // the defaults are constants with more digits
      return act;
    }
  }
  if constexpr (requires { act.negative_slope; }) {
    hold(act.negative_slope);
  } else if constexpr (requires { act.lambda; }) {
    hold(act.alpha);
    hold(act.lambda);
  } else if constexpr (requires { act.alpha + act.beta; }) {
    hold(act.alpha);
    hold(act.beta);
  } else if constexpr (requires { act.alpha; }) {
    hold(act.alpha);
  } else if constexpr (requires { act.beta; }) {
    hold(act.beta);
  } else if constexpr (requires { act.b; }) {
    hold(act.b);
  } else if constexpr (requires { act.bias; }) {
    hold(act.width);
    hold(act.bias);
  } else if constexpr (requires { act.width; }) {
    hold(act.width);
  } else if constexpr (requires { act.level; }) {
    hold(act.level);
    hold(act.otherwise);
  } else if constexpr (requires { act.low; }) {
    hold(act.low);
    hold(act.high);
  }
  return act;
}

// R is double, long double or the 160 bits of mpfr.hpp: functions of std for built-in types, found by
// argument-dependent
/// lookup for the others.
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
template <class R> truth<R> exact(satur::hard_sigmoid const& act, R z) {
  if (act == satur::hard_sigmoid{}) {
    return clipped_line(z, R(3), R(6));
  }
  R const line = R(act.alpha) * z + R(act.beta);
  bool const inside = line > R(0) && line < R(1);
  return isnan(z) ? nan_truth(z) : truth<R>{inside ? line : R(line > R(0) ? 1 : 0), inside ? R(act.alpha) : R(0)};
}
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
  R const moved = z > R(0) ? z - R(act.bias) : z + R(act.bias);
  return isnan(z) ? nan_truth(z) : truth<R>{kept ? moved : R(0), R(kept ? 1 : 0)};
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
template <class R> truth<R> exact(satur::selu const& act, R z) {
  bool const usual = act == satur::selu{};
  R const l = usual ? R(1.0507009873554805) + R(3.9874847667154144e-17) : R(act.lambda); // a double and its remainder
  R const a = usual ? R(1.6732632423543772) + R(1.0657222547717531e-16) : R(act.alpha);
  return isnan(z) ? nan_truth(z) : z > R(0) ? truth<R>{l * z, l} : truth<R>{l * a * expm1(z), l * a * exp(z)};
}
template <class R> truth<R> exact(satur::softplus const& act, R z) {
  R const b = R(act.beta);
  R const x = b * z;
  if (isinf(x)) {
    return {z > R(0) ? z : R(0), R(z > R(0) ? 1 : 0)};
  }
  return {((x > R(0) ? x : R(0)) + log1p(e_minus(x))) / b, exact(satur::sigmoid{}, x).value};
}
template <class R> truth<R> exact(satur::log_sigmoid const&, R z) {
  return {(z < R(0) ? z : R(0)) - log1p(e_minus(z)), exact(satur::sigmoid{}, -z).value};
}
template <class R> truth<R> exact(satur::arctan const&, R z) {
  return {atan(z), fabs(z) > R(1) ? (R(1) / z) / (z + R(1) / z) : R(1) / (R(1) + z * z)};
}
template <class R> truth<R> exact(satur::squareplus const& act, R z) {
  R const b = R(act.b);
  R const m = fabs(z);
  if (isinf(z)) {
    return {z > R(0) ? z : R(0), R(z > R(0) ? 1 : 0)};
  }
  R const h = m > R(1) ? m * sqrt(R(1) + (b / m) / m) : sqrt(b + z * z);
  R const low = (b / R(2)) / (h + m);
  return {z < R(0) ? low : m + low, z < R(0) ? low / h : R(1) - low / h};
}
template <class R> truth<R> exact(satur::lecun_tanh const&, R z) {
  R const x = (z + z) / R(3);
  R const e = e_minus(x + x);
  R const d = R(1) + e;
  return {R(1.7159) * tanh(x), R(1.7159) * R(8) / R(3) * e / (d * d)};
}
template <class R> truth<R> exact(satur::tanh_shrink const&, R z) {
  R const t = tanh(z);
  if (!(fabs(z) < R(0.25))) {
    return {z - t, t * t};
  }
  // z - tanh z = (z cosh z - sinh z)/cosh z by the sum of 2k z^(2k+1)/(2k+1)!, whose terms have one sign
  R const s = z * z;
  R term = z;
  R sum = R(0);
  for (int k = 1; k < 20; ++k) {
    term = term * s / R(2 * k * (2 * k + 1));
    sum = sum + R(2 * k) * term;
  }
  R const e = exp(z);
  return {sum * R(2) / (e + R(1) / e), t * t};
}
template <class R> truth<R> exact(satur::mish const&, R z) {
  if (isinf(z)) {
    return {z > R(0) ? z : R(0), R(z > R(0) ? 1 : 0)};
  }
  R const e = e_minus(z); // with tanh(log(1 + n)) = (n^2 + 2n)/(n^2 + 2n + 2)
  R const d = z > R(0) ? R(1) + R(2) * e + R(2) * e * e : R(2) + R(2) * e + e * e;
  R const gate = (z > R(0) ? R(1) + R(2) * e : e * (R(2) + e)) / d;
  R const bend = R(4) * (R(1) + e) * (z > R(0) ? e * e : e) / (d * d);
  return {z * gate, gate + z * bend};
}
template <class R> truth<R> exact(satur::exponential const&, R z) {
  R const e = exp(z);
  return {e, e};
}
template <class R> truth<R> exact(satur::sparse_sigmoid const&, R z) { return clipped_line(z, R(1), R(2)); }
template <class R> truth<R> exact(satur::sparse_plus const&, R z) {
  if (isnan(z)) {
    return nan_truth(z);
  }
  R const half = (z + R(1)) / R(2);
  return z <= R(-1) ? truth<R>{R(0), R(0)} : z >= R(1) ? truth<R>{z, R(1)} : truth<R>{half * half, half};
}

/// Instantiated once for each R.
template <class R> R const& pi() {
  static R const p = R(4) * atan(R(1));
  return p;
}
/// f(), or the limit if e^-|z| is 0 in any format.
template <class R, class F> truth<R> gated_truth(R z, F const& f) {
  if (isnan(z)) {
    return nan_truth(z);
  }
  return z > R(20000) ? truth<R>{z, R(1)} : z < R(-20000) ? truth<R>{R(0), R(0)} : f();
}
template <class R> truth<R> exact(satur::erf const&, R z) {
  R const t = fabs(z);
  return isnan(z)     ? nan_truth(z)
         : t > R(100) ? truth<R>{copysign(R(1), z), R(0)}
                      : truth<R>{erf(z), R(2) / sqrt(pi<R>()) * exp(-z * z)};
}
template <class R> truth<R> exact(satur::gelu const&, R z) {
  if (isnan(z) || fabs(z) > R(100)) {
    return isnan(z) ? nan_truth(z) : truth<R>{z > R(0) ? z : R(0), R(z > R(0) ? 1 : 0)};
  }
  R const phi = erfc(-z / sqrt(R(2))) / R(2); // Phi(z)
  return {z * phi, phi + z * exp(-z * z / R(2)) / sqrt(R(2) * pi<R>())};
}
template <class R> truth<R> gate_truth(R z, R y, R dy) { // z s(y)
  R const e = e_minus(y);
  R const d = R(1) + e;
  R const s = (y < R(0) ? e : R(1)) / d;
  R const other = (y < R(0) ? R(1) : e) / d;
  return {z * s, s * (R(1) + z * dy * other)};
}
/// A decimal number: p/q.
template <class R> R decimal(double p, double q) { return R(p) / R(q); }
template <class R> truth<R> exact(satur::gelu_tanh const&, R z) {
  return gated_truth(z, [&] {
    R const c = R(2) * sqrt(R(2) / pi<R>());
    R const a = decimal<R>(44715, 1000000);
    return gate_truth(z, c * z * (R(1) + a * z * z), c * (R(1) + R(3) * a * z * z));
  });
}
template <class R> truth<R> exact(satur::gelu_quick const&, R z) {
  R const b = decimal<R>(1702, 1000);
  return gated_truth(z, [&] { return gate_truth(z, b * z, b); });
}
template <class R> truth<R> exact(satur::silu const& act, R z) {
  R const b = R(act.beta);
  R const y = b * z;
  if (isnan(z) || y > R(20000) || y < R(-20000)) {
    return isnan(z) ? nan_truth(z) : truth<R>{z > R(0) ? z : R(0), R(z > R(0) ? 1 : 0)};
  }
  return gate_truth(z, y, b);
}

} // namespace test
