/// \file math/log1p.hpp  log(1 + x); one body for scalars and lanes.
#pragma once

#include "satur/math/exp.hpp"

#include <limits>

namespace satur::inline SATUR_ABI::math {

namespace detail {

/// log((1+s)/(1-s)) = 2s + s R(s^2). The coefficients are the minimax polynomial of R(z)/z for s up to
/// (sqrt2-1)/(sqrt2+1), for the relative error of the logarithm (Remez exchange at 60 digits).
template <class E> struct log_constants;
template <> struct log_constants<float> {
  static constexpr float r[] = {0x1.555554p-1f, 0x1.999a7cp-2f, 0x1.243894p-2f, 0x1.e301b0p-3f};
  static constexpr std::int32_t sqrt_half = 0x3f3504f3; // bits of sqrt(1/2)
  static constexpr std::int32_t one = 0x3f800000;
  static constexpr std::int32_t mantissa = 0x007fffff;
};
template <> struct log_constants<double> {
  static constexpr double r[] = {0x1.5555555555593p-1, 0x1.999999997f9ddp-2, 0x1.249249422dc01p-2, 0x1.c71c51d37c1e3p-3,
                                 0x1.74664adcbd2d7p-3, 0x1.39a0702025274p-3, 0x1.2f133c00e4f13p-3};
  static constexpr std::int64_t sqrt_half = 0x3fe6a09e667f3bcd;
  static constexpr std::int64_t one = 0x3ff0000000000000;
  static constexpr std::int64_t mantissa = 0x000fffffffffffff;
};

/// An integer exponent of at most 12 bits as T, converted by adding the shifter.
template <class T, class Int> SATUR_INLINE constexpr T small_integer(Int const& k) {
  using C = exp_constants<element_t<T>>;
  return from_bits<element_t<T>>(Int(k + Int(bits(C::shifter)))) - T(C::shifter);
}

} // namespace detail

/// log(1 + x).
///
/// Valid types: float, double, lanes; other types use their own `log1p`, found by ADL.
///
/// Accuracy: below 1 ulp for float and double.
///
/// Special values: x itself if |x| is tiny (±0 at ±0), -inf at -1, NaN below -1, inf at inf; NaN gives NaN.
template <class T> [[nodiscard]] SATUR_INLINE constexpr T log1p(T const& given) {
  if constexpr (real_lanes<T>) {
    // A comparison with NaN may be true there, and then the compiler takes x for the number that it was compared with.
    T const x = SATUR_FINITE_MATH ? T(rounded(given)) : given;
    using E = element_t<T>;
    using C = detail::log_constants<E>;
    using X = detail::exp_constants<E>;
    split<T> const sum = exact_sum(T(1), x);
    // 1 + x = 2^k m (1 + low), m in [sqrt(1/2), sqrt 2)
    using Int = decltype(bits(x));
    // without the sign: below -1 any result that does not overflow will do
    Int const shifted =
        Int(bits(sum.value) & Int((std::numeric_limits<std::remove_const_t<decltype(C::one)>>::max)())) -
        Int(C::sqrt_half);
    Int const k = shifted >> X::mantissa_bits;
    T const exponent = detail::small_integer<T>(k);
    T const m = from_bits<E>(Int((shifted & Int(C::mantissa)) + Int(C::sqrt_half)));
    Int const near_k = select(k > Int(64), Int(64), k); // above it `low` no longer matters and 2^-k may underflow
    T const unit = from_bits<E>(Int(Int(C::one) - (near_k << X::mantissa_bits))); // 2^-k
    auto const is_near = exponent == T(0);
    T const f = select(is_near, x, m - T(1));
    T const low = select(is_near, T(0), rounded(sum.rest * unit));

    T const s = rounded(f / (T(2) + f));
    T const z = rounded(s * s);
    T const half_square = rounded(rounded(T(0.5) * f) * f);
    T const r = rounded(z * detail::polynomial(z, C::r));
    // low/(1+f): three digits suffice, because the result is at least 0.3
    T const correction = madd(exponent, T(X::ln2_low), low * (T(1) - T(2) * s * (T(1) - s)));
    T const tail = madd(s, half_square + r, correction);
    T const result = madd(exponent, T(X::ln2_high), f - (half_square - tail));

#if SATUR_FINITE_MATH // not as constants, which the compiler may leave out
    T const infinity = rounded(T(std::numeric_limits<E>::infinity()));
    T const no_logarithm = rounded(T(std::numeric_limits<E>::quiet_NaN()));
#else
    T const infinity = T(std::numeric_limits<E>::infinity());
    T const no_logarithm = T(std::numeric_limits<E>::quiet_NaN());
#endif
    T const at_edge = select(x == T(-1), T(-infinity), no_logarithm);
    T const above = select(x == infinity, infinity, keep_zero(x, T(result)));
    return math::keep_nan(given, T(select(x > T(-1), above, at_edge))); // NaN is not above -1
  } else if constexpr (foreign_batch<T>) {
    return through_lanes(given, [](auto const& l) { return math::log1p(l); });
  } else {
    return detail::generic_log1p(given);
  }
}

namespace detail {

/// log(1 + e) for 0 <= e <= 1 or NaN, as with e = e^-|z|. Accuracy: below 1 ulp.
template <class T> SATUR_INLINE constexpr T log1p_of_unit(T const& e) {
  if constexpr (real_lanes<T>) {
    using E = element_t<T>;
    using X = exp_constants<E>;
    // 1 + e = 2^k (1 + f), k 0 or 1, 1 + f in [sqrt(1/2), sqrt 2]
    auto const doubled = e > T(static_cast<E>(0x1.a827999fcef32p-2));
    T const f = select(doubled, T(T(0.5) * (e - T(1))), e);
    // below it the logarithm rounds to e, and powers of f would be subnormal
    T const kept = select(e < T(std::same_as<E, float> ? 0x1p-30 : 0x1p-60), T(0), f);
    T const s = rounded(kept / (T(2) + kept));
    T const z = rounded(s * s);
    T const half_square = rounded(rounded(T(0.5) * kept) * kept);
    T const r = rounded(z * polynomial(z, log_constants<E>::r));
    T const tail = madd(s, half_square + r, select(doubled, T(X::ln2_low), T(0)));
    return select(doubled, T(X::ln2_high), T(0)) + (f - (half_square - tail));
  } else {
    return math::log1p(e);
  }
}

} // namespace detail

} // namespace satur::inline SATUR_ABI::math
