/// \file math/logistic.hpp  The logistic function, tanh, and what they share: 1/(1+e) to twice the digits, and
/// e/(1+e)^2 rounded once.
#pragma once

#include "satur/math/exp.hpp"

namespace satur::inline SATUR_ABI::math {

/// A function and its slope at one point, from one evaluation.
template <class T> struct value_and_slope {
  T value;
  T slope;
};

/// Value and slope where z is a number, NaN for both where z is NaN (see `keep_nan` of a number).
template <class T>
[[nodiscard]] SATUR_INLINE constexpr value_and_slope<T> keep_nan([[maybe_unused]] T const& z,
                                                                 value_and_slope<T> const& f) {
#if SATUR_FINITE_MATH
  return {keep_nan(z, f.value), keep_nan(z, f.slope)};
#else
  return f;
#endif
}

/// Applies f, which returns a value and a slope, to the lanes of a foreign batch. The results have the bits of an array
/// pass.
template <foreign_batch B, class F>
[[nodiscard]] SATUR_INLINE value_and_slope<B> both_through_lanes(B const& b, F const& f) {
  return {through_lanes(b, [&](auto const& l) { return f(l).value; }),
          through_lanes(b, [&](auto const& l) { return f(l).slope; })};
}

namespace detail {

/// 1/(1+e) for 0 <= e <= 1, as value * (1 + error), to about twice the digits of T. NaN gives NaN.
///
/// The sum 1+e loses digits of e, and the quotient loses half a unit. `error` holds both, so that a result built on it
/// rounds once.
///
/// Source: with fma the remainder of a division is exact (Markstein 1990).
template <class T> struct corrected {
  T value;
  T error;
};
template <class T> SATUR_INLINE constexpr corrected<T> reciprocal_of(split<T> const& d) {
  T const i = rounded(T(1) / d.value);
  return {i, madd(-i, d.rest, fma(-i, d.value, T(1)))};
}
template <class T> SATUR_INLINE constexpr corrected<T> reciprocal_of_one_plus(T const& e) {
  T const d = rounded(T(1) + e);
  return reciprocal_of(split<T>{d, e - rounded(d - T(1))}); // exact: e <= 1
}

/// a * r as value + rest.
template <class T> SATUR_INLINE constexpr split<T> times(T const& a, corrected<T> const& r) {
  T const p = rounded(a * r.value);
  return {p, madd(p, r.error, fma(a, r.value, -p))};
}

/// (a.value + a.rest) * r as value + rest.
template <class T> SATUR_INLINE constexpr split<T> times(split<T> const& a, corrected<T> const& r) {
  split<T> const p = times(a.value, r);
  return {p.value, madd(a.rest, r.value, p.rest)};
}

/// p * r rounded once; p is a result of `times`.
template <class T> SATUR_INLINE constexpr T times_once(split<T> const& p, corrected<T> const& r) {
  T const s = rounded(p.value * r.value);
  return s + madd(p.rest, r.value, madd(s, r.error, fma(p.value, r.value, -s)));
}

} // namespace detail

namespace detail {
/// Whether exact products of T are taken of the halves of its digits. The halves of a tiny number are subnormal.
template <class T> inline constexpr bool products_by_halves_v = std::same_as<element_t<T>, double> && !has_fused_v<T>;

/// e^x for products of twice the digits: products of `start` become those of e^x when they are finished.
template <class T> struct exp_of_products {
  T value;
  T start;
  lowering<T> last;

  [[nodiscard]] SATUR_INLINE constexpr T finished(T const& x) const {
    if constexpr (products_by_halves_v<T>) {
      return last(x);
    } else {
      return x;
    }
  }
};
/// e^x for x <= 0 or NaN. 0 where e^x is at most 2^-60 (2^-160 in double) and `only_added` is set.
template <class T, class M>
SATUR_INLINE constexpr exp_of_products<T> exp_for_products(T const& x, M const& only_added) {
  if constexpr (real_lanes<T>) {
    using C = exp_constants<element_t<T>>;
    reduced_argument<T> const a = reduce(clamp_below(x));
    T const start = exp_reduced(a.r);
    if constexpr (has_scale_v<T>) { // one instruction lowers it; a product with 0 does not underflow
      T const first = select(only_added, T(C::small_below), T(C::zero_below));
      T const e = scale_exponent(selected(select(x < first, T(0), start)), a.n.value);
      return {e, e, {T(1), T(1)}};
    }
    lowering<T> last = lowering_by(a.n, exponent_t<T>(0));
    T const r = last.raised(start);
    last.back = select(r > select(only_added, T(C::raised_small), T(C::raised_zero)), T(C::back), T(0));
    T const e = rounded(r * selected(last.back));
    return {e, products_by_halves_v<T> ? start : e, last};
  } else {
    T const e = generic_exp(x);
    return {e, e, {T(1), T(1)}};
  }
}

/// The logistic function of z and its slope, from e = e^-|z|.
template <class T> SATUR_INLINE constexpr value_and_slope<T> logistic_of(T const& z, exp_of_products<T> const& e) {
  T const d = rounded(T(1) + e.value);
  T lost = e.value - rounded(d - T(1)); // exact: e <= 1
  if constexpr (real_lanes<T>) {
    // a smaller one changes nothing, but its products with e would be subnormal
    lost = select(e.value < T(std::same_as<element_t<T>, float> ? 0x1p-60 : 0x1p-160), T(0), lost);
  }
  corrected<T> const r = reciprocal_of(split<T>{d, lost}); // s(|z|)
  split<T> const left = times(e.start, r);                 // s(-|z|)
  T const right = madd(r.value, r.error, r.value);
  return {select(z < T(0), e.finished(left.value + left.rest), right), e.finished(times_once(left, r))};
}

/// The |b z| above which z s(b z), its slope and softplus of scale b are 0, 1 or z, for any b >= 2^-80; with a margin.
template <class T> SATUR_INLINE constexpr double last_of_scaled_logistic() {
  if constexpr (std::same_as<element_t<T>, float>) {
    return 170.0;
  } else if constexpr (std::same_as<T, long double>) {
    return 12000.0;
  } else {
    return 900.0;
  }
}
} // namespace detail

/// The logistic function s = 1/(1+e^-z) and its slope e^-|z|/(1+e^-|z|)^2, for all z.
template <class T> [[nodiscard]] SATUR_INLINE constexpr value_and_slope<T> logistic(T const& z) {
  if constexpr (foreign_batch<T>) {
    return both_through_lanes(z, [](auto const& l) { return logistic(l); });
  } else {
    return detail::logistic_of(z, detail::exp_for_products(negative_magnitude(z), false));
  }
}

/// factor 1: tanh(z/2) and e/(1+e)^2 with e = e^-|z|. factor 4: tanh z and 4E/(1+E)^2 with E = e^-2|z|.
///
/// The value is computed from e - 1, which keeps every digit of a small z.
template <class T> [[nodiscard]] SATUR_INLINE constexpr value_and_slope<T> half_tangent(T const& z, int factor) {
  if constexpr (foreign_batch<T>) {
    return both_through_lanes(z, [factor](auto const& l) { return half_tangent(l, factor); });
  } else {
    auto const e = detail::exp_and_expm1_nonpositive(negative_magnitude(z), factor == 4, T(factor));
    T const d = rounded(T(2) + e.expm1.value); // 1 + e^-|z|
    T const lost = (e.expm1.value - rounded(d - T(2))) + e.expm1.rest;
    detail::corrected<T> const r = detail::reciprocal_of(split<T>{d, lost});
    split<T> const m = detail::times(e.expm1, r); // -tanh|z/2|
    T const size = -(m.value + m.rest);
    T const slope = detail::lowered(detail::times_once(detail::times(e.start, r), r), e.n, e.more);
    if constexpr (real_lanes<T>) {
      return {with_sign_of(magnitude(size), z), slope};
    } else {
      T const start = factor == 4 ? z : T(0.5) * z; // keeps the slope of a dual number
      return {select(z == T(0), start, select(z < T(0), T(-size), size)), slope};
    }
  }
}

/// tanh z and its slope 4E/(1+E)^2, E = e^-2|z|, for all z.
template <class T> [[nodiscard]] SATUR_INLINE constexpr value_and_slope<T> hyperbolic_tangent(T const& z) {
  return half_tangent(z, 4);
}

/// tanh x.
///
/// Accuracy: below 2 ulp for float and double.
///
/// Special values: ±0 at ±0, ±1 at ±inf; NaN gives NaN.
template <class T> [[nodiscard]] SATUR_INLINE constexpr T tanh(T const& x) {
  if constexpr (foreign_batch<T>) {
    return through_lanes(x, [](auto const& l) { return math::tanh(l); });
  } else {
    return keep_nan(x, hyperbolic_tangent(x).value);
  }
}

} // namespace satur::inline SATUR_ABI::math
