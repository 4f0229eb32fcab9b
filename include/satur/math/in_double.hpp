/// \file math/in_double.hpp  A formula for float, computed in double and rounded once: for formulas that single
/// precision cannot hold.
#pragma once

#include "satur/math/logistic.hpp"

namespace satur::inline SATUR_ABI::math {

/// The accuracy that a formula must reach. `full`: the last digits of its own type. `for_float`: 2^-26, which leaves
/// 0.8 ulp after rounding to float; such a formula may use shorter polynomials and uncorrected sums.
enum class grade { full, for_float };

namespace detail {

template <class D> SATUR_INLINE auto narrow_pair(twin<D> const& x) {
  twin<D> const y = selected(x);
  return narrow(y.first, y.second);
}
template <class D> SATUR_INLINE auto narrow_pair(value_and_slope<twin<D>> const& f) {
  using F = decltype(narrow(f.value.first, f.value.second));
  return value_and_slope<F>{narrow_pair(f.value), narrow_pair(f.slope)};
}
SATUR_INLINE constexpr float narrow_one(double x) { return static_cast<float>(selected(x)); }
SATUR_INLINE constexpr value_and_slope<float> narrow_one(value_and_slope<double> const& f) {
  return {narrow_one(f.value), narrow_one(f.slope)};
}

template <class L> SATUR_INLINE twin<L> join(L const& a, L const& b) { return {a, b}; }
template <class L>
SATUR_INLINE value_and_slope<twin<L>> join(value_and_slope<L> const& a, value_and_slope<L> const& b) {
  return {{a.value, b.value}, {a.slope, b.slope}};
}

/// e^x = 2^n (1 + m) for `grade::for_float`; m is accurate to 2^-26. 2^n must be a normal number.
template <class T> struct short_exp {
  integer_in_lanes<T> n;
  T m;
};
/// (e^r - 1 - r)/r^2 (tests/reference/erfc_coefficients.py).
inline constexpr double short_exp_constants[] = {0x1.0000000b905f8p-1, 0x1.5554dcfd2fe7ap-3, 0x1.5554e90d325b8p-5,
                                                 0x1.120b66c5aea4dp-7, 0x1.6d43194c1ac02p-10};
template <class T> SATUR_INLINE constexpr short_exp<T> exp_for_float(T const& x) {
  using X = exp_constants<element_t<T>>;
  T const shifted = rounded(madd(x, T(X::log2_e), T(X::shifter)));
  T const n = rounded(shifted - T(X::shifter));
  T const r = madd(T(-n), T(X::ln2), x);
  return {{shifted, n}, madd(rounded(r * r), polynomial(r, short_exp_constants), r)};
}

/// c 2^n: with gradual underflow if the result is a double; if only the range of float matters by one power, which is 0
/// for n = -1023.
template <grade G, class T> SATUR_INLINE constexpr T times_power(T const& c, integer_in_lanes<T> const& n) {
  if constexpr (G == grade::full) {
    return times_power_of_two(c, n);
  } else {
    using E = element_t<T>;
    using C = exp_constants<E>;
    using Int = decltype(bits(c));
    return rounded(c * from_bits<E>(Int((bits(n.shifted) - Int(bits(C::shifter)) + Int(C::bias)) << C::mantissa_bits)));
  }
}

/// A product with 2^n: in double with gradual underflow, and 0 where `zero` is set; for float by one power.
template <grade G, class T, class M>
SATUR_INLINE constexpr auto last_power(integer_in_lanes<T> const& n, M const& zero) {
  if constexpr (G == grade::full) {
    lowering<T> last = lowering_by(n, exponent_t<T>(0));
    last.back = select(zero, T(0), last.back);
    return last;
  } else {
    static_cast<void>(zero);
    return [n](T const& c) SATUR_INLINE_LAMBDA { return times_power<G>(c, n); };
  }
}

} // namespace detail

/// act.formula<grade>(z), a `value_and_slope` or a number like z.
///
/// For float and float lanes the formula gets double and `grade::for_float`, and its result is rounded to float once.
/// Any other type is passed unchanged with `grade::full`. One register of float becomes two registers of double, which
/// are computed side by side.
template <class A, class T> SATUR_INLINE constexpr auto in_double(A const& act, T const& z) {
  if constexpr (std::same_as<T, float>) {
    return detail::narrow_one(act.template formula<grade::for_float>(static_cast<double>(z)));
#if SATUR_HAS_LANES
  } else if constexpr (std::same_as<element_t<T>, float> && detail::is_twin_v<T>) {
    return detail::join(in_double(act, z.first), in_double(act, z.second));
  } else if constexpr (std::same_as<element_t<T>, float> && is_lanes_v<T>) {
    using D = decltype(detail::widen_low(z));
    return detail::narrow_pair(
        act.template formula<grade::for_float>(twin<D>(detail::widen_low(z), detail::widen_high(z))));
#endif
  } else if constexpr (foreign_batch<T>) {
    auto const in_lanes = [&act](auto const& l) { return in_double(act, l); };
    if constexpr (requires(typename T::value_type const x) { in_double(act, x).slope; }) {
      return both_through_lanes(z, in_lanes);
    } else {
      return through_lanes(z, in_lanes);
    }
  } else {
    return act.template formula<grade::full>(z);
  }
}

} // namespace satur::inline SATUR_ABI::math
