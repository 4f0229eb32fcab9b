/// \file math/gate.hpp  z times a logistic gate, and its slope: shared by silu and its variants.
#pragma once

#include "satur/math/erfc.hpp"

namespace satur::inline SATUR_ABI::math {

namespace detail {

/// 2^n c for float, double and lanes; c for other types.
template <class T> SATUR_INLINE constexpr T scaled_by(T const& c, integer_in_lanes<T> const& n) {
  if constexpr (real_lanes<T>) {
    return times_power_of_two(c, n);
  } else {
    return c;
  }
}

template <class T> SATUR_INLINE constexpr T shift_of_zero() {
  if constexpr (real_lanes<T>) {
    return T(exp_constants<element_t<T>>::shifter);
  } else {
    return T(0);
  }
}

/// e^-|y| as power * (whole + rest), and the n of that power of two. For types other than float and double: 1 * e^-|y|.
template <class T> struct gate_exponential {
  integer_in_lanes<T> n;
  T power;
  T whole;
  T rest;
};
template <bool Exact, class T> SATUR_INLINE constexpr gate_exponential<T> exponential_of_gate(split<T> const& y) {
  T const x = negative_magnitude(y.value);
  T const lost = select(y.value < T(0), y.rest, T(-y.rest));
  if constexpr (real_lanes<T>) {
    exp_in_parts<T> e;
    if constexpr (Exact) { // the reduction loses an eighth of an ulp
      reduced_argument<T> const a = reduce(x);
      e = {a.n, expm1_reduced(a.r)};
    } else {
      e = exp_parts(x, lost);
    }
    T const whole = rounded(T(1) + e.t);
    return {e.n, times_power_of_two(T(1), e.n), whole, e.t - rounded(whole - T(1))};
  } else {
    T const e = generic_exp(x);
    return {{T(0), T(0)}, T(1), e, e * lost};
  }
}

/// z s(y) and s(y) (1 + g s(-y)), s the logistic function.
///
/// y and g = z dy/dz each come as a number and its rounding error. y has the sign of z. |y| is at most 127 for float
/// and 1000 for double, |z| at most 1000. If Exact, y.rest is 0. The power of two of the tail is applied last, so that
/// a subnormal result rounds once. Everything before it is kept to twice the digits where needed.
template <bool Exact = false, class T>
SATUR_INLINE constexpr value_and_slope<T> gated(T const& z, split<T> const& y, split<T> const& g) {
  auto const left = y.value < T(0);
  gate_exponential<T> const x = exponential_of_gate<Exact>(y);
  T const e = rounded(x.power * x.whole);
  T const d = rounded(T(1) + e);
  T const lost = madd(x.power, x.rest, e - rounded(d - T(1)));
  T const i = rounded(T(1) / d);
  T const error = madd(T(-i), lost, fma(T(-i), d, T(1))); // 1/(1 + e) = i (1 + error)

  // s(y) = 2^n a, n = 0 for y > 0
  T const factor = select(left, x.whole, T(1));
  T const p = rounded(factor * i);
  T const p_rest = madd(select(left, x.rest, T(0)), i, madd(p, error, fma(factor, i, T(-p))));
  integer_in_lanes<T> const n = {select(left, x.n.shifted, shift_of_zero<T>()), select(left, x.n.value, T(0))};
  T const value = rounded(z * (p + p_rest));

  // 1 + g s(-y)
  T const other = rounded(select(left, T(1), e) * i);
  T const q = rounded(g.value * other);
  T const q_rest = madd(g.rest, other, madd(q, error, fma(g.value, other, T(-q))));
  split<T> const sum = exact_sum(T(1), q);
  T const sum_rest = sum.rest + q_rest;
  T const s = rounded(p * sum.value);
  T const slope = s + madd(p_rest, sum.value, madd(p, sum_rest, fma(p, sum.value, T(-s))));
  return {scaled_by(value, n), scaled_by(slope, n)};
}

/// The |y| above which z s(y) and its slope are 0, or z and 1; with a margin.
template <class T> SATUR_INLINE constexpr double last_of_gate() {
  if constexpr (std::same_as<element_t<T>, float>) {
    return 120.0;
  } else if constexpr (std::same_as<T, long double>) {
    return 12000.0;
  } else {
    return 760.0;
  }
}

/// The same bound on |z| for y = 1.5958 z + 0.0714 z^3.
template <class T> SATUR_INLINE constexpr double last_of_cubic_gate() {
  if constexpr (std::same_as<element_t<T>, float>) {
    return 11.5;
  } else if constexpr (std::same_as<T, long double>) {
    return 55.0;
  } else {
    return 21.75;
  }
}

} // namespace detail

/// z s(z) and its slope, s the logistic function, for all z.
template <class T> [[nodiscard]] SATUR_INLINE constexpr value_and_slope<T> logistic_gate(T const& z) {
  T const limit = T(detail::last_of_gate<T>());
  T const kept = detail::kept_within(z, limit);
  split<T> const y{kept, T(0)};
  value_and_slope<T> const f = detail::gated<true>(kept, y, y);
  return {select(z > limit, z, f.value), f.slope};
}

/// z s(b z) and its slope for all z, s the logistic function. b = `b.value` + `b.rest` > 0, to twice the digits. With
/// AnyScale, b may be far below 1; then the tail is longer by 1/b.
template <bool AnyScale = false, class T>
[[nodiscard]] SATUR_INLINE constexpr value_and_slope<T> logistic_gate(T const& z, split<T> const& b) {
  T const limit = T(AnyScale ? detail::last_of_scaled_logistic<T>() : detail::last_of_gate<T>()) / b.value;
  T const kept = detail::kept_within(z, limit);
  split<T> y = detail::any_exact_product(kept, b.value);
  y.rest = madd(kept, b.rest, y.rest);
  value_and_slope<T> const f = detail::gated(kept, y, y);
  T const value = AnyScale ? select(z < -limit, T(T(0) * kept), f.value) : f.value;
  return {select(z > limit, z, value), f.slope};
}

} // namespace satur::inline SATUR_ABI::math
