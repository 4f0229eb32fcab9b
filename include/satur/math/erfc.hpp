/// \file math/erfc.hpp  erf, erfc and the exponential of a square; scalars, lanes, long double, dual numbers.
#pragma once

#include "satur/math/in_double.hpp"

namespace satur::inline SATUR_ABI::math {

namespace detail::own {
using std::erf;
using std::erfc;
template <class T> constexpr T generic_erf(T const& x) { return erf(x); }
template <class T> constexpr T generic_erfc(T const& x) { return erfc(x); }
} // namespace detail::own

namespace detail {
using own::generic_erf;
using own::generic_erfc;

/// Polynomials in double: e^(x^2) erfc x in q = (x - 3)/(x + 3), erf(x)/x - 1 in x^2 near 0, and (e^r - 1 - r)/r^2
/// (tests/reference/erfc_coefficients.py).
template <grade G> struct erfc_constants;
template <> struct erfc_constants<grade::full> {
  // (1 + 9x/8) e^(x^2) erfc x: the factor 9/8 makes its slope 0 at x = 0, where q has lost most digits of x
  static constexpr double first = 0x1.90f66b8dddbe9p-1;
  static constexpr double first_rest = 0x1.eab5730161311p-63;
  static constexpr double others[] = {
      -0x1.c08a70d2e2779p-3,  0x1.4a89da3ff4f99p-4,   0x1.db1d709434db4p-8,  -0x1.24c33f077d38ep-5,
      0x1.c6ae6c9e57a13p-6,   -0x1.78ef90194edc0p-7,  0x1.c624deadb03abp-10, 0x1.a40bb7bb18888p-11,
      -0x1.b733eb95fee34p-12, -0x1.051e2fd571bbfp-15, 0x1.0f8bfcc3454c8p-14, -0x1.7b214964debf7p-21,
      -0x1.5c3fab3cc3327p-17, 0x1.2431fe917f8cfp-23,  0x1.e97c963996ca4p-20, 0x1.a801914256e88p-24,
      -0x1.65015baa72bd0p-22, -0x1.002c6f76c1cc0p-24, 0x1.df52949a07dc9p-25, 0x1.51d504845fe4ap-26,
      -0x1.d7ac9959163f8p-28, -0x1.1017862f48f4ap-28, 0x1.76f878ef9c24cp-32, 0x1.70314d0a291a1p-32};
  static constexpr double near_zero[] = {0x1.06eba8214db69p-3,   -0x1.812746b0379e6p-2,  0x1.ce2f21a042b50p-4,
                                         -0x1.b82ce312836c8p-6,  0x1.565bcd0cd904fp-8,   -0x1.c02db37539a5fp-11,
                                         0x1.f9a308ea03b90p-14,  -0x1.f4ce2d8e657cbp-17, 0x1.b986c580fc942p-20,
                                         -0x1.5a1207322e78bp-23, 0x1.a3f0834f5edabp-27};
  static constexpr double near_limit = 0.65; // below it, erf uses near_zero
};
template <> struct erfc_constants<grade::for_float> {
  static constexpr double scaled[] = {0x1.12f21ddd0ddd0p+0,   -0x1.c44c4887a2009p-1, 0x1.2e32694215f7ep-1,
                                      -0x1.3deabdb547d53p-2,  0x1.e996c4c562715p-4,  -0x1.b7c51b3bee9e7p-6,
                                      -0x1.414b4ca5d7b43p-10, 0x1.94325db09e4b1p-9,  -0x1.f9454a83ea687p-12,
                                      -0x1.55977b70ec0c1p-12}; // (3 + x) e^(x^2) erfc x
};
struct single_erf_constants {
  static constexpr float near_zero[] = {0x1.06eba6p-3f,  -0x1.8126fep-2f, 0x1.ce1e92p-4f,
                                        -0x1.b6c914p-6f, 0x1.48afbcp-8f,  -0x1.402ea0p-11f};
  static constexpr float scaled[] = {0x1.05865ep-2f, -0x1.b5720ap-4f,  0x1.567fa8p-5f,  -0x1.f95a76p-7f,
                                     0x1.66122cp-8f, -0x1.f9a904p-10f, 0x1.ed37acp-12f, -0x1.4d1ccap-13f,
                                     0x1.1f5228p-13f}; // e^(x^2) erfc x in x - 2, as accurate as 1 - erfc x needs
  static constexpr float near_limit = 0.9f;
};

/// x rounded by a store to memory, for a type that `rounded` passes through (a dual number).
template <class T> SATUR_INLINE constexpr T stored(T x) {
  if (std::is_constant_evaluated()) {
    return x;
  }
#if SATUR_HAS_ASM
  asm("" : "+m"(x));
#endif
  return x;
}

/// a*b = value + rest for any T, exactly unless something underflows.
template <class T> SATUR_INLINE constexpr split<T> any_exact_product(T const& a, T const& b) {
  if constexpr (std::same_as<element_t<T>, float> || std::same_as<T, long double>) {
    T const p = rounded(a * b);
    return {p, fma(a, b, T(-p))};
  } else if constexpr (real_lanes<T>) {
    return exact_product(a, b);
  } else {
    T const p = stored(T(a * b)); // otherwise a later sum may use the unrounded product and so count the rest twice
    T const ah = stored(upper_digits(a));
    T const bh = stored(upper_digits(b));
    T const al = a - ah;
    T const bl = b - bh;
    return {p, stored(T(((ah * bh - p) + ah * bl) + al * bh + al * bl))};
  }
}

/// A constant to twice the digits of T: `c` plus its rounding error as a long double.
template <class T> SATUR_INLINE constexpr split<T> constant_in_two(long double c, long double left) {
  T const value = constant_as<T>(c);
  using E = element_t<T>;
  if constexpr (std::floating_point<E>) {
    return {value, constant_as<T>((c - static_cast<long double>(static_cast<E>(c))) + left)};
  } else {
    return {value, constant_as<T>((c - static_cast<long double>(static_cast<double>(c))) + left)};
  }
}

/// e^(x + rest) = 2^n (1 + t), t accurate to its last digits: a result rounds once, even if 2^n is not normal.
template <class T> struct exp_in_parts {
  integer_in_lanes<T> n;
  T t;
};
template <class T> SATUR_INLINE constexpr exp_in_parts<T> exp_parts(T const& x, T const& rest) {
  reduced_argument<T> const a = reduce(x);
  T const lost = lost_by_reduction(x, a) + rest;
  T const t = expm1_reduced(a.r);
  return {a.n, t + madd(lost, t, lost)};
}

/// For t >= 0: e^-(t^2) = 2^n (1 + m), ratio = e^(t^2) erfc t. Normal: e^-(t^2/2), and e^(t^2/2) erfc(t/sqrt2)/2.
template <class T> struct gaussian_parts {
  integer_in_lanes<T> n;
  T m;
  split<T> ratio;
};
template <grade G, bool Normal, class T> SATUR_INLINE constexpr gaussian_parts<T> gaussian(T const& t) {
  using C = erfc_constants<G>;
  constexpr double three = Normal ? 0x1.0f876ccdf6cd9p+2 : 3.0; // 3 sqrt2: q is the same in both scales
  T const factor = T(Normal ? -0.5 : -1.0);
  if constexpr (G == grade::full) {
    split<T> const square = any_exact_product(t, t);
    exp_in_parts<T> const e = exp_parts(T(factor * square.value), T(factor * square.rest));
    T const q = (t - T(three)) / (t + T(three));
    T const bent = rounded(madd(q, polynomial(q, C::others), T(C::first_rest)));
    T const sum = rounded(T(C::first) + bent);
    T const sum_rest = bent - rounded(sum - T(C::first));
    // 1 + 9x/8, or twice that
    split<T> const p = any_exact_product(t, T(Normal ? 0x1.974b2334f2346p+0 : 1.125));
    split<T> d = exact_sum(T(Normal ? 2 : 1), p.value);
    d.rest = d.rest + (Normal ? madd(t, T(0x1.14e4ad3ae9e3fp-55), p.rest) : p.rest);
    T const i = T(1) / d.value;
    T const ratio = rounded(sum * i);
    T const rest = i * (fma(T(-ratio), d.value, sum) + madd(T(-ratio), d.rest, sum_rest));
    return {e.n, e.t, {ratio, rest}};
  } else {
    // t has no more digits than a float, so its square is exact.
    short_exp<T> const e = exp_for_float(T(factor * rounded(t * t)));
    T const i = T(1) / (t + T(three));
    T const q = madd(T(-2 * three), i, T(1));
    T const ratio = rounded(i * (Normal ? T(0x1.6a09e667f3bcdp-1) : T(1))) * polynomial(q, C::scaled);
    return {e.n, e.m, {ratio, T(0)}};
  }
}

/// Above this |x| the tails are 0: erfc t from 27.3 (double) and 10.1 (float).
template <grade G> inline constexpr double last_of_erfc = G == grade::full ? 28.0 : 10.4;

/// e^-(factor x^2), factor a power of two, for long double and dual numbers.
template <class T> SATUR_INLINE constexpr T exp_of_minus_square(T const& x, T const& factor) {
  T const bound = T(200); // above it e^-(x^2) is 0 and the rest of the square may overflow
  T const kept = select(x > bound, bound, select(x < -bound, -bound, x));
  split<T> const square = any_exact_product(kept, kept);
  T const e = generic_exp(T(-factor * square.value));
  return e - e * (factor * square.rest);
}

/// erf x and 2/sqrt(pi) e^-(x^2). float uses single precision: 1 - erfc x tolerates a larger error than erfc x.
template <class T> SATUR_INLINE constexpr value_and_slope<T> erf_and_slope(T const& x) {
  if constexpr (foreign_batch<T>) {
    return both_through_lanes(x, [](auto const& l) { return erf_and_slope(l); });
  } else {
    split<T> const k = constant_in_two<T>(1.12837916709551257389615890312154517L, 0x1.c75229fdaffb1p-65L);
    if constexpr (std::same_as<element_t<T>, float>) {
      using C = single_erf_constants;
      T const t = minimum(T(last_of_erfc<grade::for_float>), magnitude(x));
      split<T> const square = any_exact_product(t, t);
      exp_in_parts<T> const e = exp_parts(T(-square.value), T(-square.rest));
      T const ratio = polynomial(minimum(T(2), T(t - T(2))), C::scaled);
      T const outer = T(1) - rounded(madd(ratio, e.t, ratio) * power_for_sum(e.n));
      T const kept = select(t < T(C::near_limit), x, T(0));
      T const inner = madd(kept, polynomial(rounded(kept * kept), C::near_zero), kept);
      T const value = select(t < T(C::near_limit), inner, select(x < T(0), T(-outer), outer));
      return {value, lowered(T(k.value + madd(k.value, e.t, k.rest)), e.n, exponent_t<T>(0))};
    } else if constexpr (real_lanes<T>) {
      using C = erfc_constants<grade::full>;
      T const t = minimum(T(last_of_erfc<grade::full>), magnitude(x));
      gaussian_parts<T> const g = gaussian<grade::full, false>(t);
      T const outer = T(1) - rounded((g.ratio.value + madd(g.ratio.value, g.m, g.ratio.rest)) * power_for_sum(g.n));
      T const kept = select(t < T(C::near_limit), x, T(0));
      T const inner = madd(kept, polynomial(rounded(t * t), C::near_zero), kept);
      T const value = select(t < T(C::near_limit), inner, select(x < T(0), T(-outer), outer));
      return {value, lowered(T(k.value + madd(k.value, g.m, k.rest)), g.n, exponent_t<T>(0))};
    } else {
      T const e = exp_of_minus_square(x, T(1));
      return {generic_erf(x), k.value * e + k.rest * e};
    }
  }
}

struct erfc_formula {
  template <grade G, class T> SATUR_INLINE constexpr T formula(T const& x) const {
    if constexpr (real_lanes<T>) {
      T const t = minimum(T(last_of_erfc<G>), magnitude(x));
      gaussian_parts<T> const g = gaussian<G, false>(t);
      T const tail = times_power<G>(g.ratio.value + madd(g.ratio.value, g.m, g.ratio.rest), g.n);
      return select(x < T(0), T(2) - tail, tail);
    } else {
      return generic_erfc(x);
    }
  }
};

} // namespace detail

/// erf x. Valid types: float, double, lanes; other types use their own `erf`, found by ADL.
/// Accuracy: below 1.3 ulp for float and double. Special values: ±0 at ±0, ±1 at ±inf; NaN gives NaN.
template <class T> [[nodiscard]] SATUR_INLINE constexpr T erf(T const& x) {
  return keep_nan(x, detail::erf_and_slope(x).value);
}

/// erfc x = 1 - erf x, without cancellation; for float computed in double.
/// Valid types: float, double, lanes; other types use their own `erfc`, found by ADL.
/// Accuracy: below 2 ulp in double, 0.8 in float; subnormal results from x = 26.5 to 27.2 (float: 9.2 to 10.1) too.
/// Special values: 2 at -inf, 0 at inf; NaN gives NaN.
template <class T> [[nodiscard]] SATUR_INLINE constexpr T erfc(T const& x) {
  return keep_nan(x, in_double(detail::erfc_formula{}, x));
}

} // namespace satur::inline SATUR_ABI::math
