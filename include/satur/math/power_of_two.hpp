/// \file math/power_of_two.hpp  2^n as the last factor of a result that may be subnormal or 0, and as what is added
/// to 1.
///
/// On Intel cores a subnormal number costs a microcode assist, wherever it comes up. So a formula keeps its numbers
/// normal and applies a small power of two last; and a power that changes no sum is 0.
#pragma once

#include "satur/math/arithmetic.hpp"

#include <cstdint>
#include <utility>

namespace satur::inline SATUR_ABI::math::detail {

/// Constants of the argument reduction x = n ln2 + r, |r| <= ln2/2, and of e^r = 1 + r + r^2 q(r). q is the minimax
/// polynomial for the relative error of e^r (Remez exchange at 60 digits).
template <class E> struct exp_constants;
template <> struct exp_constants<float> {
  static constexpr float log2_e = 0x1.715476p+0f;
  static constexpr float ln2 = 0x1.62e430p-1f;
  static constexpr float ln2_excess = 0x1.05c610p-29f;
  static constexpr float ln2_high = 0x1.62e4p-1f; // 14 digits: n * ln2_high is exact
  static constexpr float ln2_low = 0x1.7f7d1cp-20f;
  static constexpr float shifter = 0x1.8p+23f;         // after adding it, the low bits hold the nearest integer
  static constexpr float lowest = -105.0f;             // below it e^x is 0
  static constexpr float highest = 89.0f;              // above it e^x is inf
  static constexpr float zero_below = -0x1.9fe368p+6f; // e^x rounds to 0 there
  static constexpr float small_below = -41.5f;         // e^x changes no sum with 1 there
  static constexpr float least_of_sum = -48.0f;
  static constexpr int raised = 40;
  static constexpr float back = 0x1p-40f;
  static constexpr float raised_zero = 0x1p-110f; // 2^raised times half of the smallest subnormal number
  static constexpr float raised_small = 0x1p-20f; // 2^raised times what does not change a sum with 1
  static constexpr int mantissa_bits = 23;
  static constexpr int bias = 127;
  static constexpr float q[] = {0x1.fffffcp-2f, 0x1.555490p-3f, 0x1.5558f4p-5f, 0x1.123a6cp-7f, 0x1.6a2352p-10f};
};
template <> struct exp_constants<double> {
  static constexpr double log2_e = 0x1.71547652b82fep+0;
  static constexpr double ln2 = 0x1.62e42fefa39efp-1;
  static constexpr double ln2_excess = -0x1.abc9e3b39803fp-56;
  static constexpr double ln2_high = 0x1.62e42fefa38p-1; // 42 digits
  static constexpr double ln2_low = 0x1.ef35793c7673p-45;
  static constexpr double shifter = 0x1.8p+52;
  static constexpr double lowest = -746.0;
  static constexpr double highest = 710.0;
  static constexpr double zero_below = -0x1.74910d52d3051p+9;
  static constexpr double small_below = -110.5;
  static constexpr double least_of_sum = -160.0;
  static constexpr std::int64_t raised = 300;
  static constexpr double back = 0x1p-300;
  static constexpr double raised_zero = 0x1p-775;
  static constexpr double raised_small = 0x1p+140;
  static constexpr int mantissa_bits = 52;
  static constexpr int bias = 1023;
  static constexpr double q[] = {0x1.000000000000ap-1,  0x1.55555555554f9p-3,  0x1.55555555507f1p-5,
                                 0x1.1111111127e85p-7,  0x1.6c16c1844b03dp-10, 0x1.a01a0129b3962p-13,
                                 0x1.a01999adc529bp-16, 0x1.71df262e21665p-19, 0x1.28adce78c1562p-22,
                                 0x1.ad7eff9bab5e0p-26};
};

/// An integer n as a T, and n again in the low bits of `shifted`.
template <class T> struct integer_in_lanes {
  T shifted;
  T value;
};

/// c * 2^n with gradual underflow and overflow, in two steps by normal powers of two.
template <class T> SATUR_INLINE constexpr T times_power_of_two(T const& c, integer_in_lanes<T> const& n) {
  using E = element_t<T>;
  using C = exp_constants<E>;
  if constexpr (has_scale_v<T>) {
    return scale_exponent(c, n.value);
  } else {
    using Int = decltype(bits(c));
    Int const biased = bits(n.shifted) - Int(bits(C::shifter) - 2 * C::bias);
    Int const half = biased >> 1;
    T const a = from_bits<E>(Int(half << C::mantissa_bits));
    T const b = from_bits<E>(Int((biased - half) << C::mantissa_bits));
    return rounded(rounded(c * a) * b);
  }
}

/// An integer with the bits of T, and `int` for other types.
template <class T> struct exponent_of {
  using type = int;
};
template <real_lanes T> struct exponent_of<T> {
  using type = decltype(bits(std::declval<T const&>()));
};
template <class T> using exponent_t = typename exponent_of<T>::type;

/// 2^(n + more) for a sum with 1, in which powers below 2^-48 (2^-160 in double) change nothing: they are 0. Products
/// of them would be subnormal.
template <class T> SATUR_INLINE constexpr T power_for_sum(integer_in_lanes<T> const& n, int more = 0) {
  using E = element_t<T>;
  using C = exp_constants<E>;
  using Int = exponent_t<T>;
  Int const biased = bits(n.shifted) - Int(bits(C::shifter) - C::bias - more);
  return selected(select(n.value < T(C::least_of_sum), T(0), from_bits<E>(Int(biased << C::mantissa_bits))));
}

/// x 2^(n + more), where a result may be subnormal or 0. It is rounded once, and what rounds to 0 is a product with 0,
/// so that only a subnormal result raises a flag. n + more is from -160 to 80 (-1100 to 80 in double), and |x| at least
/// 1/2 and at most 2^7 where that is not 0.
template <class T> struct lowering {
  T raise; ///< 2^(n + more + raised), or that exponent if p * 2^n is one instruction
  T back;  ///< 2^-raised, or 0

  [[nodiscard]] SATUR_INLINE constexpr T raised(T const& x) const {
    if constexpr (has_scale_v<T>) {
      return scale_exponent(x, raise);
    } else {
#if defined(__FAST_MATH__) // which would multiply the two powers first
      return rounded(x * raise);
#else
      return x * raise;
#endif
    }
  }
  [[nodiscard]] SATUR_INLINE constexpr T operator()(T const& x) const { return raised(x) * selected(back); }
};
template <class T>
SATUR_INLINE constexpr lowering<T> lowering_by(integer_in_lanes<T> const& n, exponent_t<T> const& more) {
  using E = element_t<T>;
  using C = exp_constants<E>;
  using Int = exponent_t<T>;
  if constexpr (has_scale_v<T>) {
    return {n.shifted - from_bits<E>(Int(Int(bits(C::shifter) - C::raised) - more)), T(C::back)};
  } else {
    Int const biased = bits(n.shifted) - Int(Int(bits(C::shifter) - C::raised - C::bias) - more);
    return {from_bits<E>(Int(biased << C::mantissa_bits)), T(C::back)};
  }
}
/// x 2^(n + more) for x > 0, or for x of any sign.
template <bool Positive = true, class T>
SATUR_INLINE constexpr T lowered(T const& x, integer_in_lanes<T> const& n, exponent_t<T> const& more) {
  if constexpr (real_lanes<T>) {
    using C = exp_constants<element_t<T>>;
    T const r = lowering_by(n, more).raised(x);
    T const size = Positive ? r : magnitude(r);
    return r * selected(select(size > T(C::raised_zero), T(C::back), T(0)));
  } else {
    return x;
  }
}

/// A number above 0 as rest * 2^exponent, 1 <= rest < 2 (less for a subnormal number).
template <class T> struct scaled_number {
  exponent_t<T> exponent;
  T rest;
};
template <class T> SATUR_INLINE constexpr scaled_number<T> scaled_number_of(T const& x) {
  using E = element_t<T>;
  using C = exp_constants<E>;
  using Int = exponent_t<T>;
  Int const field = bits(x) >> C::mantissa_bits;
  Int const kept = select(field > Int(1), field, Int(1));
  return {Int(kept - Int(C::bias)), x * from_bits<E>(Int((Int(2 * C::bias) - kept) << C::mantissa_bits))};
}

} // namespace satur::inline SATUR_ABI::math::detail
