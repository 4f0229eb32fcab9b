/// \file activation/gelu.hpp
#pragma once

#include "satur/activation/concept.hpp"
#include "satur/math/gate.hpp"
#include <limits>

namespace satur { inline namespace SATUR_ABI {

/// f(z) = z Phi(z) = z/2 erfc(-z/sqrt2), Phi the normal distribution function; f'(z) = Phi(z) + z phi(z), phi = Phi'.
///
/// Range: f in [-0.16997, inf). Not monotone: the minimum is at z = -0.75179, where the slope is 0. The slope peaks at
/// sqrt2.
///
/// Saturates: on the low side. The slope is 1 % of its peak at z = -3.022.
///
/// Special values: f(-inf) = -0 (not NaN), f(inf) = inf, f'(-inf) = 0, f'(inf) = 1, f(±0) = ±0; NaN gives NaN.
///
/// Accuracy: float below 0.8 ulp, computed in double, because single precision does not hold the argument of the
/// exponential; double below 4 ulp. Within 1/4 of the zero of the slope, the error of the slope is measured in ulp of
/// the peak slope (docs/accuracy.md). The low tail keeps its digits down to z = -14.4 (float) and -38.5 (double); z/2
/// (1 + erf) is 0 below -5.6 and -8.3.
///
/// Source: Hendrycks, Gimpel 2016, equation 1.
struct gelu {
  static constexpr std::string_view name = "gelu";
  static constexpr bool flat_left = true;
  static constexpr bool flat_right = false;

  template <class T> [[nodiscard]] SATUR_INLINE constexpr T value(T z) const {
    return math::keep_nan(z, evaluate(z).value);
  }
  template <class T> [[nodiscard]] SATUR_INLINE constexpr T derivative(T z) const {
    return math::keep_nan(z, evaluate(z).slope);
  }
  /// Value and slope from one exponential.
  template <class T> [[nodiscard]] SATUR_INLINE constexpr math::value_and_slope<T> evaluate(T const& z) const {
    return math::normal_gate(z);
  }

  [[nodiscard]] static constexpr double lower() noexcept { return 0.0; }
  [[nodiscard]] static constexpr double upper() noexcept { return std::numeric_limits<double>::infinity(); }
  [[nodiscard]] static constexpr double peak_slope() noexcept { return 1.1289041451851547; }
  [[nodiscard]] static constexpr double minimum() noexcept { return -0.16997120747990366; }
  [[nodiscard]] static constexpr double minimum_at() noexcept { return -0.7517915246935645; }

  /// value(z) for a number, a lazy expression for an xtensor expression.
  template <class Z> constexpr decltype(auto) operator()(Z&& z) const {
    return detail::call(*this, std::forward<Z>(z));
  }
  bool operator==(gelu const&) const = default;
};

}} // namespace satur::SATUR_ABI
