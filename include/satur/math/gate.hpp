/// \file math/gate.hpp  z times a logistic or a normal gate, and its slope: shared by silu, gelu and their variants.
#pragma once

#include "satur/math/erfc.hpp"

namespace satur::inline SATUR_ABI::math {

namespace detail {

template <class T> SATUR_INLINE constexpr T shift_of_zero() {
  if constexpr (real_lanes<T>) {
    return T(exp_constants<element_t<T>>::shifter);
  } else {
    return T(0);
  }
}

/// e^-|y| as 2^n (whole + rest), and that power as it is added to 1. For types other than float and double: 1 * e^-|y|.
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
    return {e.n, power_for_sum(e.n), whole, e.t - rounded(whole - T(1))};
  } else {
    T const e = generic_exp(x);
    return {{T(0), T(0)}, T(1), e, e * lost};
  }
}

/// z s(y) and s(y) (1 + g s(-y)), s the logistic function.
///
/// y and g = z dy/dz each come as a number and its rounding error. y has the sign of z. |y| is at most 113 for float
/// and 900 for double. If Exact, y.rest is 0. The power of two of the tail is applied last, by `last` on the low side,
/// so that a subnormal result rounds once. Everything before it is kept to twice the digits where needed.
template <bool Exact = false, class T, class Last>
SATUR_INLINE constexpr value_and_slope<T> gated(T const& z, split<T> const& y, split<T> const& g, Last const& last) {
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
  return last(value, slope, n);
}

/// The end of `gated` if value and slope are as large as |y| e^-|y|: both are 0 where the mask is set.
template <class M> struct gate_until {
  M zero;

  template <class T>
  SATUR_INLINE constexpr value_and_slope<T> operator()(T const& value, T const& slope,
                                                       integer_in_lanes<T> const& n) const {
    if constexpr (real_lanes<T>) {
      lowering<T> last = lowering_by(n, exponent_t<T>(0));
      last.back = select(zero, T(0), last.back);
      return {last(value), last(slope)};
    } else {
      return {value, slope};
    }
  }
};
template <class M> gate_until(M) -> gate_until<M>;

/// The end of `gated` for y = b z with any b. Where y is far below 0, z comes as a multiple of y, `up` times as large.
template <class T> struct gate_of_any_scale {
  decltype(T(0) < T(0)) deep;
  T exponent; ///< `up` = 2^exponent
  T up;

  SATUR_INLINE constexpr gate_of_any_scale(T const& y, T const& b) : deep(y < T(-50)), exponent(T(0)), up(T(1)) {
    using E = element_t<T>;
    using C = exp_constants<E>;
    using Int = exponent_t<T>;
    Int const e = scaled_number_of(b).exponent;
    exponent = select(deep, from_bits<E>(Int(e + Int(bits(C::shifter)))) - T(C::shifter), T(0));
    up = select(deep, from_bits<E>(Int((e + Int(C::bias)) << C::mantissa_bits)), T(1));
  }
  SATUR_INLINE constexpr value_and_slope<T> operator()(T const& value, T const& slope,
                                                       integer_in_lanes<T> const& n) const {
    return {finished(value, n.shifted - exponent), finished(slope, n.shifted)};
  }

private:
  /// x 2^n; 0 where |x| 2^n rounds to 0 and y is far below 0.
  SATUR_INLINE constexpr T finished(T const& x, T const& shifted) const {
    using C = exp_constants<element_t<T>>;
    T const least = T(C::shifter) - T(std::same_as<element_t<T>, float> ? 160 : 1100); // all is 0 there
    T const s = maximum(least, shifted) - select(deep, T(0), T(C::raised));
    T const r = lowering_by(integer_in_lanes<T>{s, s}, exponent_t<T>(0)).raised(x);
    T const back = select(negative_magnitude(r) < T(-C::raised_zero), T(C::back), T(0));
    return r * selected(select(deep, back, T(1)));
  }
};

/// The |y| above which z s(y) and its slope are 0, or z and 1; with a margin.
template <class T> SATUR_INLINE constexpr double last_of_gate() {
  if constexpr (std::same_as<element_t<T>, float>) {
    return 112.0;
  } else if constexpr (std::same_as<T, long double>) {
    return 12000.0;
  } else {
    return 760.0;
  }
}

/// The same bound on |z| for y = 1.5958 z + 0.0714 z^3.
template <class T> SATUR_INLINE constexpr double last_of_cubic_gate() {
  if constexpr (std::same_as<element_t<T>, float>) {
    return 11.0;
  } else if constexpr (std::same_as<T, long double>) {
    return 55.0;
  } else {
    return 21.75;
  }
}

/// In double the last |z| at which the slope z phi(-z) of the normal tail rounds to a number above 0. For float a |z|
/// at which the one power of two is 0.
template <grade G> inline constexpr double last_of_normal = G == grade::full ? 0x1.3565ec37ebd9bp+5 : 37.66;

/// The normal distribution: z Phi(z), and Phi(z) + z phi(z). For float z is at most 20.
struct normal_formula {
  template <grade G, class T> SATUR_INLINE constexpr value_and_slope<T> formula(T const& z) const {
    split<T> const k = constant_in_two<T>(0.398942280401432677939946059934381868L, 0x1.f9678a017571cp-67L); // phi(0)
    T const last = T(last_of_normal<G>);
    if constexpr (real_lanes<T>) {
      auto const left = z <= T(0);
      T const size = magnitude(z);
      T const t = minimum(last, size);
      gaussian_parts<T> const g = gaussian<G, true>(t);
      auto const power = last_power<G>(g.n, size > select(left, last, T(14.9))); // e^-111 changes no sum with 1
      T const tail = g.ratio.value + madd(g.ratio.value, g.m, g.ratio.rest);
      T const scaled = power(select(left, rounded(maximum(T(-last), z) * tail), tail)); // -0 keeps its sign
      T const right = madd(T(-t), scaled, t);
      // ratio - k t is Phi(-t) - t phi(t) divided by its exponential
      T const slope = madd(T(-k.value), t, g.ratio.value);
      T const product = rounded(k.value * t);
      T const corrected_slope =
          G == grade::full
              ? T(rounded(g.ratio.value - product) + (g.ratio.rest - madd(k.rest, t, fma(k.value, t, T(-product)))))
              : slope;
      T const scaled_slope = power(T(madd(corrected_slope, g.m, corrected_slope)));
      T const high = G == grade::full ? T(select(z < last, right, z)) : right;
      return {select(left, scaled, high), select(left, scaled_slope, T(1) - scaled_slope)};
    } else {
      T const kept = select(z > T(200), T(200), select(z < T(-200), T(-200), z)); // far past the limits
      split<T> const half = constant_in_two<T>(0.707106781186547524400844362104849039L, 0x1.65f626cdd52b0p-66L);
      split<T> const x = any_exact_product(T(-kept), half.value); // -z/sqrt2
      T const x_rest = x.rest - kept * half.rest;
      T const e = exp_of_minus_square(kept, T(0.5));
      T const root = constant_as<T>(0.564189583547756286948079451560772586L);
      T const phi = T(0.5) * generic_erfc(x.value) - root * e * x_rest;
      return {select(z > T(200), z, kept * phi), phi + kept * (k.value * e + k.rest * e)};
    }
  }
};

} // namespace detail

/// z s(z) and its slope, s the logistic function, for all z.
template <class T> [[nodiscard]] SATUR_INLINE constexpr value_and_slope<T> logistic_gate(T const& z) {
  T const limit = T(detail::last_of_gate<T>());
  T const kept = detail::kept_within(z, limit);
  split<T> const y{kept, T(0)};
  // the least z at which the value does not round to 0; that of the slope is 0.01 above
  constexpr double first = std::same_as<element_t<T>, float> ? -0x1.b2a426p+6 : -0x1.77e0b87f54f94p+9;
  value_and_slope<T> const f = detail::gated<true>(kept, y, y, detail::gate_until{kept < T(first)});
  return {select(z > limit, z, f.value), f.slope};
}

/// z s(b z) and its slope for all z, s the logistic function. b = `b.value` + `b.rest` > 0, to twice the digits, not
/// far from 1. `first` is the least z at which the slope does not round to 0.
template <class T>
[[nodiscard]] SATUR_INLINE constexpr value_and_slope<T> logistic_gate(T const& z, split<T> const& b, T const& first) {
  T const limit = T(detail::last_of_gate<T>()) / b.value;
  T const kept = detail::kept_within(z, limit);
  split<T> y = detail::any_exact_product(kept, b.value);
  y.rest = madd(kept, b.rest, y.rest);
  value_and_slope<T> const f = detail::gated(kept, y, y, detail::gate_until{kept < first});
  return {select(z > limit, z, f.value), f.slope};
}

/// z s(b z) and its slope for all z and any b > 0.
template <class T>
[[nodiscard]] SATUR_INLINE constexpr value_and_slope<T> scaled_logistic_gate(T const& z, T const& b) {
  T const limit = T(detail::last_of_scaled_logistic<T>()) / b;
  T const kept = detail::kept_within(z, limit);
  split<T> const y = detail::any_exact_product(kept, b);
  value_and_slope<T> f;
  if constexpr (real_lanes<T>) {
    detail::gate_of_any_scale<T> const last(y.value, b);
    f = detail::gated(T(kept * last.up), y, y, last);
  } else {
    f = detail::gated(kept, y, y, detail::gate_until{false});
  }
  T const value = select(z < -limit, T(T(0) * kept), f.value);
  return {select(z > limit, z, value), f.slope};
}

/// z Phi(z) and its slope Phi(z) + z phi(z) for all z, Phi the normal distribution function.
template <class T> [[nodiscard]] SATUR_INLINE constexpr value_and_slope<T> normal_gate(T const& z) {
  if constexpr (foreign_batch<T>) {
    return both_through_lanes(z, [](auto const& l) { return normal_gate(l); });
  } else if constexpr (std::same_as<element_t<T>, float>) {
    // Where both results round to 0, a z at which they are 0 in double too: to narrow a number that underflows is slow.
    T const zero = T(-detail::last_of_normal<grade::for_float>);
    T const kept = select(z < T(-0x1.d152bap+3f), zero, minimum(T(20), z));
    value_and_slope<T> const f = in_double(detail::normal_formula{}, kept);
    return {select(z < T(20), f.value, z), f.slope};
  } else {
    return in_double(detail::normal_formula{}, z);
  }
}

} // namespace satur::inline SATUR_ABI::math
