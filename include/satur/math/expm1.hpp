/// \file math/expm1.hpp  e^x - 1; one body for scalars and lanes.
#pragma once

#include "satur/math/logistic.hpp"

namespace satur::inline SATUR_ABI::math {

/// e^x - 1.
///
/// Valid types: float, double, lanes; other types use their own `expm1`, found by ADL.
///
/// Accuracy: below 1.2 ulp for float and double.
///
/// Special values: x itself if |x| is tiny (±0 at ±0), -1 at -inf, inf at inf; NaN gives NaN.
template <class T> [[nodiscard]] SATUR_INLINE constexpr T expm1(T const& x) {
  if constexpr (real_lanes<T>) {
    T const kept = detail::clamp_above(detail::clamp_below(x));
    detail::reduced_argument<T> const a = detail::reduce(kept);
    T const lost = detail::lost_by_reduction(kept, a);
    T const q = detail::polynomial(a.r, detail::exp_constants<element_t<T>>::q);
    T const rest = madd(rounded(a.r * a.r), q, madd(lost, a.r, lost)); // e^x = 2^n (1 + r + rest)
    // Half of 2^n: e^88.7 is a float, but 2^128 is not. With n = 0 a subnormal x keeps every digit.
    T const half_power = detail::power_for_sum(a.n, -1);
    T const whole = rounded(half_power - T(0.5));
    T const sum = rounded(madd(half_power, a.r, whole));
    T const half = sum + madd(half_power, rest, madd(half_power, a.r, whole - sum));
    T const result = select(a.n.value == T(0), a.r + rest, half + half);
    return math::keep_nan(x, T(keep_zero(x, result))); // -0
  } else if constexpr (foreign_batch<T>) {
    return through_lanes(x, [](auto const& l) { return math::expm1(l); });
  } else {
    return detail::generic_expm1(x);
  }
}

/// scale e^x for x <= 0 or NaN and 0 < scale < e^60, rounded once, even if e^x alone would be 0.
///
/// Accuracy: below 1.2 ulp.
template <class T> [[nodiscard]] SATUR_INLINE constexpr T scaled_exp(T const& x, T const& scale) {
  return detail::exp_and_expm1_nonpositive(x, false, scale).scaled_exp();
}

/// The value e^x - 1 and the slope scale e^x from one reduction, for x <= 0 or NaN and 0 < scale < e^60. The slope is
/// rounded once, even if e^x alone would be 0.
///
/// Accuracy: below 1.2 ulp each.
template <class T> [[nodiscard]] SATUR_INLINE constexpr value_and_slope<T> expm1_and_exp(T const& x, T const& scale) {
  if constexpr (foreign_batch<T>) {
    auto const s = scale.get(0);
    return both_through_lanes(
        x, [s](auto const& l) { return math::expm1_and_exp(l, std::remove_cvref_t<decltype(l)>(s)); });
  } else {
    auto const e = detail::exp_and_expm1_nonpositive(x, false, scale);
    return {keep_zero(x, T(e.expm1.value + e.expm1.rest)), e.scaled_exp()};
  }
}

} // namespace satur::inline SATUR_ABI::math
