/// \file activation/lecun_tanh.hpp
#pragma once

#include "satur/activation/concept.hpp"
#include "satur/math/expm1.hpp"
#include "satur/math/in_double.hpp"

#include <limits>

namespace satur { inline namespace SATUR_ABI {

/// f(z) = 1.7159 tanh(2z/3); f'(z) = 1.7159 2/3 4E/(1 + E)^2 with E = e^(-4|z|/3), even in z. Scaled so that f(±1) =
/// ±1.
///
/// Range: f in (-1.7159, 1.7159), f' in (0, 1.1439].
///
/// Saturates: on both sides. The slope is 1 % of its peak at |z| = 4.490 and 0.5 % at |z| = 5.
///
/// Special values: f(±inf) = ±1.7159, f'(±inf) = 0, f(±0) = ±0; NaN gives NaN. 1.7159 is rounded to the nearest double.
///
/// Accuracy: value and slope below 1 ulp in float, computed in double (compensated single precision reached 1.92);
/// below 2.1 in double (docs/accuracy.md). 2z/3 is kept to twice the digits, because the tail multiplies its error.
///
/// Source: LeCun 1989; LeCun, Bottou, Orr, Mueller 1998, section 4.4.
struct lecun_tanh {
  static constexpr std::string_view name = "lecun_tanh";
  static constexpr bool flat_left = true;
  static constexpr bool flat_right = true;

  static constexpr double scale = 1.7159; ///< factor of the output

  template <class T> [[nodiscard]] SATUR_INLINE constexpr T value(T z) const {
    return math::keep_nan(z, evaluate(z).value);
  }
  template <class T> [[nodiscard]] SATUR_INLINE constexpr T derivative(T z) const {
    return math::keep_nan(z, evaluate(z).slope);
  }
  /// Value and slope from one exponential and one division.
  template <class T> [[nodiscard]] SATUR_INLINE constexpr math::value_and_slope<T> evaluate(T const& z) const {
    return math::in_double(*this, z);
  }
  template <math::grade G, class T>
  [[nodiscard]] SATUR_INLINE constexpr math::value_and_slope<T> formula(T const& z) const {
    using math::madd;
    using math::rounded;
    using math::select;
    T const a = math::parameter_as<T>(scale);
    if constexpr (!math::real_lanes<T>) {
      T const m = math::negative_magnitude(z);
      T const third = math::select(m < T(-20000), T(-7000), T(m / T(3)));
      T const lost = math::select(m < T(-20000), T(0), T(T(4) * (((m - (third + third)) - third) / T(3))));
      T const near_e = math::detail::generic_exp(T(T(4) * third)); // without the rounding error of |z|/3
      T const e = near_e + near_e * lost;
      T const size = -(math::detail::generic_expm1(T(T(4) * third)) + near_e * lost) / (T(1) + e);
      T const slope = T(8) * a / T(3) * e / ((T(1) + e) * (T(1) + e));
      return {select(z == T(0), T(a * (T(2) * z / T(3))), select(z < T(0), T(-(a * size)), T(a * size))), slope};
    } else if constexpr (G == math::grade::for_float) {
      T const m = math::negative_magnitude(z);
      // below the last slope that is not 0 in float, a point at which the power of two is 0
      T const x = T(4.0 / 3.0) * select(m < T(-0x1.3c7a8p+6), T(-531.8), m);
      auto const e = math::detail::exp_for_float(x);
      T const power = math::detail::times_power<G>(T(1), e.n);
      T const r = T(1) / (T(1) + madd(power, e.m, power));
      T const size = T(a * madd(power, e.m, T(power - T(1)))) * r; // negative
      T const slope = rounded(T(scale * 8.0 / 3.0) * madd(power, e.m, power)) * rounded(r * r);
      return {math::keep_zero(z, T(select(z < T(0), size, T(-size)))), slope};
    } else {
      // |z| is limited so that the products are exact; tanh is 1 and its slope 0 well before that.
      T const size = math::minimum(T(1000), select(z < T(0), T(-z), z));
      T const third = T(0x1.5555555555555p-1); // 2/3, rounded
      T const x = rounded(size * third);
      T const x_rest = math::madd(size, T(0x1.5555555555555p-55), math::fma(size, third, T(-x)));
      auto const e = math::detail::exp_and_expm1_nonpositive(T(-x), true, T(4));
      T const power = math::detail::power_for_sum(e.n);
      math::detail::corrected<T> const r = math::detail::reciprocal_of_one_plus(rounded(e.start * power));
      math::split<T> const m = math::detail::times(e.expm1, r); // -tanh x
      math::split<T> const p = math::detail::times(e.start, r); // the slope is scaled last, so it rounds once
      T const y = rounded(a * -m.value);
      T const tanh_rest = math::madd(x_rest, rounded(rounded(p.value * r.value) * (T(4) * power)), T(-m.rest));
      T const k = T(0x1.24d8d09f788f1p+0); // 1.7159 2/3
      T const kept = y + math::madd(a, tanh_rest, math::fma(a, T(-m.value), T(-y)));
      T const value = select(size < T(0x1p-500), T(size * k), kept); // the remainders would underflow
      // p times k with its rounding error, times 1 - 2 x_rest tanh x
      T const q = rounded(p.value * k);
      T const bend = T(0x1.5555555555555p-54) + rounded(rounded(T(2) * k) * rounded(x_rest * m.value));
      math::split<T> const product{q, math::madd(p.value, bend, math::madd(p.rest, k, math::fma(p.value, k, T(-q))))};
      return {math::keep_zero(z, T(select(z < T(0), T(-value), value))),
              e.finished(math::detail::times_once(product, r))};
    }
  }

  [[nodiscard]] static constexpr double lower() noexcept { return -scale; }
  [[nodiscard]] static constexpr double upper() noexcept { return scale; }
  [[nodiscard]] static constexpr double peak_slope() noexcept { return 1.1439333333333333; }

  /// value(z) for a number, a lazy expression for an xtensor expression.
  template <class Z> constexpr decltype(auto) operator()(Z&& z) const {
    return detail::call(*this, std::forward<Z>(z));
  }
  bool operator==(lecun_tanh const&) const = default;
};

}} // namespace satur::SATUR_ABI
