/// \file math/exp.hpp  e^x with gradual underflow; one body for scalars and lanes.
#pragma once

#include "satur/math/power_of_two.hpp"

namespace satur::inline SATUR_ABI::math {

namespace detail {

/// c[0] + c[1] x + … by Horner's rule, which needs the fewest operations. Register pairs hide its latency.
template <class T, class E, std::size_t N> SATUR_INLINE constexpr T polynomial(T const& x, E const (&c)[N]) {
  T p = T(c[N - 1]);
  for (std::size_t i = N - 1; i-- > 0;) {
    p = madd(p, x, T(c[i]));
  }
  return p;
}

/// x = n ln2 + r, |r| <= ln2/2.
template <class T> struct reduced_argument {
  integer_in_lanes<T> n;
  T r;
};
template <class T> SATUR_INLINE constexpr reduced_argument<T> reduce(T const& x) {
  using C = exp_constants<element_t<T>>;
  T const shifted = rounded(madd(x, T(C::log2_e), T(C::shifter)));
  T const n = rounded(shifted - T(C::shifter));
  if constexpr (has_fused_v<T>) {
    T const high = madd(-n, T(C::ln2), x); // exact
    return {{shifted, n}, madd(n, T(C::ln2_excess), high)};
  } else {
    T const high = rounded(x - rounded(n * T(C::ln2_high))); // exact
    return {{shifted, n}, rounded(high - rounded(n * T(C::ln2_low)))};
  }
}

/// The rounding error of r: x = n ln2 + r + this.
template <class T> SATUR_INLINE constexpr T lost_by_reduction(T const& x, reduced_argument<T> const& a) {
  using C = exp_constants<element_t<T>>;
  T const n = a.n.value;
  if constexpr (has_fused_v<T>) {
    return madd(n, T(C::ln2_excess), madd(-n, T(C::ln2), x) - a.r);
  } else {
    T const high = rounded(x - rounded(n * T(C::ln2_high)));
    return rounded(high - a.r) - rounded(n * T(C::ln2_low));
  }
}

/// e^r for a reduced r.
template <class T> SATUR_INLINE constexpr T exp_reduced(T const& r) {
  T const q = polynomial(r, exp_constants<element_t<T>>::q);
  return madd(r, madd(r, q, T(1)), T(1));
}
template <class T> SATUR_INLINE constexpr T expm1_reduced(T const& r) {
  T const q = polynomial(r, exp_constants<element_t<T>>::q);
  return madd(rounded(r * r), q, r);
}

/// x limited so that 2^n is in range. NaN stays NaN.
template <class T> SATUR_INLINE constexpr T clamp_below(T const& x) {
  return maximum(T(exp_constants<element_t<T>>::lowest), x);
}
template <class T> SATUR_INLINE constexpr T clamp_above(T const& x) {
  return minimum(T(exp_constants<element_t<T>>::highest), x);
}

/// e^x for x <= 0 or NaN. It makes half of the range checks of `exp`; for formulas in e^-|z|.
template <class T> SATUR_INLINE constexpr T exp_nonpositive(T const& x) {
  if constexpr (real_lanes<T>) {
    reduced_argument<T> const a = reduce(clamp_below(x));
    return lowered(exp_reduced(a.r), a.n, exponent_t<T>(0));
  } else {
    return generic_exp(x);
  }
}
/// e^x for x <= 0 or NaN, if it is only added to numbers near 1: 0 if it is below 2^-48 (2^-160 in double).
template <class T> SATUR_INLINE constexpr T exp_for_sum(T const& x) {
  if constexpr (real_lanes<T>) {
    reduced_argument<T> const a = reduce(clamp_below(x));
    return exp_reduced(a.r) * power_for_sum(a.n);
  } else {
    return generic_exp(x);
  }
}

/// From one reduction of x <= 0, or of 2x if `doubled`: scale e^x as start * 2^(n + more), and e^x - 1 with its
/// rounding error.
///
/// `scaled_exp` is rounded once, even if e^x is subnormal or 0 (0 < scale < e^60). x is doubled after it is limited, so
/// 2x cannot overflow.
template <class T> struct exp_and_expm1 {
  T start;
  integer_in_lanes<T> n;
  exponent_t<T> more;
  split<T> expm1;

  /// x 2^(n + more), for an x that was computed from `start`.
  [[nodiscard]] SATUR_INLINE constexpr T finished(T const& x) const { return lowered(x, n, more); }
  [[nodiscard]] SATUR_INLINE constexpr T scaled_exp() const { return finished(start); }
};
template <class T>
SATUR_INLINE constexpr exp_and_expm1<T> exp_and_expm1_nonpositive(T const& x, bool doubled, T const& scale) {
  if constexpr (real_lanes<T>) {
    using E = element_t<T>;
    using C = exp_constants<E>;
    using Int = exponent_t<T>;
    scaled_number<T> const s = scaled_number_of(scale);
    T const exponent = from_bits<E>(Int(s.exponent + Int(bits(C::shifter)))) - T(C::shifter);
    T const lowest = T(C::lowest) - T(C::ln2) * exponent; // scale e^x rounds to 0 there
    T const kept = maximum(T(T(doubled ? E(0.5) : E(1)) * lowest), x);
    reduced_argument<T> const a = reduce(doubled ? kept + kept : kept);
    T const t = expm1_reduced(a.r);
    T const power = power_for_sum(a.n);
    T const whole = rounded(power - T(1));
    T const sum = rounded(madd(power, t, whole));
    T const rest = madd(power, t, whole - sum);
    return {madd(s.rest, t, s.rest), a.n, s.exponent, {sum, rest}};
  } else {
    T const kept = select(x < T(-20000), T(-20000), x); // e^x is 0 there; the limit keeps 2x from overflow
    T const exponent = doubled ? kept + kept : kept;
    return {scale * generic_exp(exponent), {T(0), T(0)}, 0, {generic_expm1(exponent), T(0)}};
  }
}

} // namespace detail

/// e^x.
///
/// Valid types: float, double, lanes; other types use their own `exp`, found by ADL.
///
/// Accuracy: below 1 ulp for float and double with fused multiply-adds, below 1.2 ulp without (SSE2 alone). Subnormal
/// results are off by at most one step.
///
/// Special values: 0 at -inf, inf at inf; NaN gives NaN.
template <class T> [[nodiscard]] SATUR_INLINE constexpr T exp(T const& x) {
  if constexpr (real_lanes<T>) {
    using C = detail::exp_constants<element_t<T>>;
    detail::reduced_argument<T> const a = detail::reduce(detail::clamp_above(detail::clamp_below(x)));
    T const e = select(x < T(C::zero_below), T(0), detail::exp_reduced(a.r)); // a product with 0 does not underflow
    return math::keep_nan(x, detail::times_power_of_two(selected(e), a.n));
  } else if constexpr (foreign_batch<T>) {
    return through_lanes(x, [](auto const& l) { return math::exp(l); });
  } else {
    return math::keep_nan(x, detail::generic_exp(x));
  }
}

} // namespace satur::inline SATUR_ABI::math
