/// \file activation/elu.hpp
#pragma once

#include "satur/activation/concept.hpp"
#include "satur/math/expm1.hpp"
#include <array>
#include <limits>

namespace satur { inline namespace SATUR_ABI {

/// f(z) = z for z > 0, else alpha (e^z - 1); f'(z) = 1 for z > 0, else alpha e^z. 0 < alpha <= 2^80, 1 by default.
///
/// Range: f in (-alpha, inf), f' in (0, max(1, alpha)].
///
/// Saturates: on the low side. The slope is alpha/100 at z = -4.605.
///
/// Special values: f(-inf) = -alpha, f(inf) = inf, f'(-inf) = 0, f'(0) = alpha (as in PyTorch;
/// tests/reference/kinks.csv); NaN gives NaN.
///
/// Accuracy: below 1.5 ulp with alpha = 1 (docs/accuracy.md), 2 ulp with alpha in [2^-60, 2^80]. The value uses expm1
/// and the slope exp, because both e^z - 1 and f + alpha cancel.
///
/// Source: Clevert, Unterthiner, Hochreiter 2016, equation 15.
struct elu {
  static constexpr std::string_view name = "elu";
  static constexpr bool flat_left = true;
  static constexpr bool flat_right = false;

  double alpha = 1.0;

  template <class T> [[nodiscard]] SATUR_INLINE constexpr T value(T z) const {
    return math::keep_nan(z, evaluate(z).value);
  }
  template <class T> [[nodiscard]] SATUR_INLINE constexpr T derivative(T z) const {
    return math::keep_nan(z, evaluate(z).slope);
  }
  /// Value and slope from one exponential.
  template <class T> [[nodiscard]] SATUR_INLINE constexpr math::value_and_slope<T> evaluate(T const& z) const {
    T const low = math::select(z > T(0), T(0), z);
    if (alpha == 1.0) {
      math::value_and_slope<T> const left = math::expm1_and_exp(low, T(1));
      return {math::select(z > T(0), z, left.value), math::select(z > T(0), T(1), left.slope)};
    }
    T const a = math::parameter_as<T>(alpha);
    math::value_and_slope<T> const left = math::expm1_and_exp(low, a);
    return {math::select(z > T(0), z, T(a * left.value)), math::select(z > T(0), T(1), left.slope)};
  }

  [[nodiscard]] constexpr double lower() const noexcept { return -alpha; }
  [[nodiscard]] static constexpr double upper() noexcept { return std::numeric_limits<double>::infinity(); }
  [[nodiscard]] constexpr double peak_slope() const noexcept { return alpha > 1 ? alpha : 1.0; }
  /// Points at which the slope jumps.
  [[nodiscard]] static constexpr std::array<double, 1> kinks() noexcept { return {0.0}; }

  /// Throws std::invalid_argument if a parameter is out of range.
  constexpr void require_valid() const {
    if (detail::is_nan(alpha) || !(alpha > 0.0 && alpha <= 0x1p80)) {
      detail::bad_parameter("elu", "alpha", alpha, "a number > 0 and <= 2^80");
    }
  }

  /// value(z) for a number, a lazy expression for an xtensor expression.
  template <class Z> constexpr decltype(auto) operator()(Z&& z) const {
    return detail::call(*this, std::forward<Z>(z));
  }
  bool operator==(elu const&) const = default;
};

}} // namespace satur::SATUR_ABI
