/// \file math/arithmetic.hpp  The operations that a formula needs besides + - * /: select, fma, madd, and sums that
/// keep their rounding error. Each works for scalars, for lanes, and for any type with the operators (dual numbers).
#pragma once

#include "satur/simd/foreign_batch.hpp"
#include "satur/simd/lanes.hpp"
#include "satur/simd/load.hpp"
#include "satur/simd/operations.hpp"
#include "satur/simd/register_pair.hpp"
#include "satur/simd/special_values.hpp"
#include "satur/simd/widen.hpp"

#include <cmath>

namespace satur::inline SATUR_ABI::math {

template <foreign_batch B> SATUR_INLINE B select(typename B::batch_bool_type const& m, B const& a, B const& b) {
  return select(m, a, b); // the function of the batch library, found by ADL
}

/// A parameter stored in double as a T, rounded once to the numbers of T.
template <class T> [[nodiscard]] SATUR_INLINE constexpr T parameter_as(double p) {
  if constexpr (foreign_batch<T>) {
    return T(static_cast<typename T::value_type>(p));
  } else {
    return T(p);
  }
}

/// True if a parameter is 0 as a T: 1e-50 is 0 in float.
template <class T> [[nodiscard]] SATUR_INLINE constexpr bool vanishes_as(double p) {
  if constexpr (foreign_batch<T>) {
    return static_cast<typename T::value_type>(p) == 0;
  } else if constexpr (std::same_as<element_t<T>, float>) {
    return static_cast<float>(p) == 0.0f;
  } else {
    return p == 0.0;
  }
}

/// A long double constant as a T, rounded once.
template <class T> [[nodiscard]] SATUR_INLINE constexpr T constant_as(long double c) {
  if constexpr (foreign_batch<T>) {
    return T(static_cast<typename T::value_type>(c));
  } else if constexpr (std::floating_point<element_t<T>>) {
    return T(static_cast<element_t<T>>(c));
  } else {
    return T(static_cast<double>(c));
  }
}

/// f(z) of a formula that is 0 at 0, with the sign of zero of z. Under -ffast-math zero has no sign, and the compiler
/// may take a NaN that it has computed for 0: there this is f.
template <class T> [[nodiscard]] SATUR_INLINE constexpr T keep_zero([[maybe_unused]] T const& z, T const& f) {
#if SATUR_FINITE_MATH
  return f;
#else
  return select(z == T(0), z, f);
#endif
}

/// a*b + c, with one rounding if the hardware has a fused multiply-add, else with two. For polynomials, where either is
/// accurate enough.
template <class T> SATUR_INLINE constexpr T madd(T const& a, T const& b, T const& c) {
  if constexpr (has_fused_v<T>) {
    return fused(a, b, c);
  } else {
    return a * b + c;
  }
}

/// A value and its rounding error: value + rest is the exact result.
template <class T> struct split {
  T value;
  T rest;
};

namespace detail {
/// The upper half of the digits of a number (Veltkamp). Exact for |a| < 2^996, or 2^115 in float.
template <class T> SATUR_INLINE constexpr T upper_digits(T const& a) {
  constexpr bool single = std::same_as<element_t<T>, float>;
  T const c = rounded(T(single ? 4097.0 : 134217729.0) * a); // 2^(half the digits) + 1
  return rounded(c - rounded(c - a));
}
} // namespace detail

/// a*b = value + rest, exactly unless the rest underflows. Without a fused multiply-add it uses Dekker's product, which
/// needs |a|, |b| < 2^996, or 2^115 in float.
template <class T> SATUR_INLINE constexpr split<T> exact_product(T const& a, T const& b) {
  if constexpr (has_fused_v<T>) {
    T const p = rounded(a * b);
    return {p, madd(a, b, -p)};
  } else {
    T const p = rounded(a * b);
    T const ah = detail::upper_digits(a);
    T const bh = detail::upper_digits(b);
    T const al = a - ah;
    T const bl = b - bh;
    T const rest = rounded(rounded(rounded(ah * bh) - p) + rounded(ah * bl)) + rounded(al * bh);
    return {p, rounded(rest) + rounded(al * bl)};
  }
}

/// a + b = value + rest, exactly (Knuth).
template <class T> SATUR_INLINE constexpr split<T> exact_sum(T const& a, T const& b) {
  T const s = rounded(a + b);
  T const t = rounded(s - a);
  return {s, rounded(a - rounded(s - t)) + rounded(b - t)};
}

/// a*b + c as if rounded once: by hardware, or through exact products. For the remainders that correct a result, where
/// the two roundings of `madd` would leave no correct digit. Not for |a| or |b| above 2^996 in double.
template <class T> SATUR_INLINE constexpr T fma(T const& a, T const& b, T const& c) {
  if constexpr (has_fused_v<T>) {
    return madd(a, b, c);
  } else if constexpr (std::same_as<T, float>) {
    return static_cast<float>(static_cast<double>(a) * static_cast<double>(b) + static_cast<double>(c));
#if SATUR_HAS_LANES
  } else if constexpr (is_lanes_v<T> && std::same_as<element_t<T>, float>) {
    return detail::narrow(detail::widen_low(a) * detail::widen_low(b) + detail::widen_low(c),
                          detail::widen_high(a) * detail::widen_high(b) + detail::widen_high(c));
#endif
  } else if constexpr (std::same_as<element_t<T>, double>) {
    split<T> const p = exact_product(a, b);
    split<T> const s = exact_sum(p.value, c);
    return s.value + (s.rest + p.rest);
  } else if constexpr (std::same_as<T, long double>) {
    return std::fma(a, b, c);
  } else {
    return a * b + c; // dual numbers: the derivative of the correction is nearly 0, as required
  }
}

template <class L> SATUR_INLINE twin<L> fma(twin<L> const& a, twin<L> const& b, twin<L> const& c) {
  return {fma(a.first, b.first, c.first), fma(a.second, b.second, c.second)};
}

/// -|z|, without the kink of `abs` at 0 for dual numbers. NaN stays NaN.
template <class T> SATUR_INLINE constexpr T negative_magnitude(T const& z) {
  if constexpr (real_lanes<T>) {
    using E = element_t<T>;
    using Int = decltype(bits(z));
    return from_bits<E>(Int(bits(z) | Int(bits(E(-0.0f)))));
  } else {
    return select(z < T(0), z, -z);
  }
}

/// A sum that is 0 where its terms are not. With -ffast-math clang would divide each term, and lose the digits near
/// that 0. Without the flag there is no barrier: it would keep users' own loops from becoming vectors.
template <class T> SATUR_INLINE constexpr T undivided(T const& sum) {
#if defined(__FAST_MATH__)
  return rounded(sum);
#else
  return sum;
#endif
}

/// The result of a select. Without it clang may do what follows to both choices, of which one may underflow.
template <class T> SATUR_INLINE constexpr T selected(T const& x) {
#if defined(__clang__)
  return rounded(x);
#else
  return x; // g++ would keep what a result that nobody needs is computed from
#endif
}

/// |z|. NaN stays NaN.
template <class T> SATUR_INLINE constexpr T magnitude(T const& z) {
  if constexpr (real_lanes<T>) {
    using E = element_t<T>;
    using Int = decltype(bits(z));
    return from_bits<E>(Int(bits(z) & Int(~bits(E(-0.0f)))));
  } else {
    return select(z < T(0), T(-z), z);
  }
}

/// A number with the sign of z, the sign of zero too, from its magnitude (no -0). The sign of a NaN is unspecified.
template <class T> SATUR_INLINE constexpr T with_sign_of(T const& size, T const& z) {
  if constexpr (real_lanes<T>) {
    using E = element_t<T>;
    using Int = decltype(bits(z));
    return from_bits<E>(Int(bits(size) | Int(bits(z) & Int(bits(E(-0.0f))))));
  } else {
    return select(z == T(0), z, select(z < T(0), T(-size), size));
  }
}

namespace detail {
/// z limited to ±limit, where a function has reached its limits. NaN stays NaN.
template <class T> SATUR_INLINE constexpr T kept_within(T const& z, T const& limit) {
  if constexpr (real_lanes<T>) {
    return minimum(limit, maximum(T(-limit), z));
  } else {
    return select(z > limit, limit, select(z < -limit, -limit, z));
  }
}
} // namespace detail

// Types other than float, double and lanes (long double, dual numbers) bring their own functions, which ADL finds;
// std:: serves the built-in types. The separate namespace keeps the functions of satur::math from being found instead.
namespace detail::own {
using std::atan;
using std::exp;
using std::expm1;
using std::log1p;
template <class T> constexpr T generic_atan(T const& x) { return atan(x); }
template <class T> constexpr T generic_exp(T const& x) {
#if SATUR_FINITE_MATH
  if constexpr (std::same_as<T, long double>) { // its inline code for x87 makes NaN of infinity; e^20000 is infinity
    return exp(x < T(-20000) ? T(-20000) : x > T(20000) ? T(20000) : x);
  }
#endif
  return exp(x);
}
template <class T> constexpr T generic_expm1(T const& x) { return expm1(x); }
template <class T> constexpr T generic_log1p(T const& x) { return log1p(x); }
} // namespace detail::own
namespace detail {
using own::generic_atan;
using own::generic_exp;
using own::generic_expm1;
using own::generic_log1p;
} // namespace detail

} // namespace satur::inline SATUR_ABI::math
