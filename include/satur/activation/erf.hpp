/// \file activation/erf.hpp
#pragma once

#include "satur/activation/concept.hpp"
#include "satur/math/erfc.hpp"
#include <limits>

namespace satur { inline namespace SATUR_ABI {

/// f(z) = erf z; f'(z) = 2/sqrt(pi) e^-(z^2), even in z.
///
/// Range: f in (-1, 1), f' in (0, 1.1284].
///
/// Saturates: on both sides, earlier than tanh. The slope is 1 % of its peak at |z| = 2.146 and 1.6e-11 at |z| = 5. |f|
/// rounds to 1 from 3.92 (float) and 5.92 (double). f' stays a normal number until 9.35 (float) and 26.6 (double).
///
/// Special values: f(±inf) = ±1, f'(±inf) = 0, f(±0) = ±0; NaN gives NaN.
///
/// Accuracy: float value below 1.2 ulp, slope below 1.7; double below 2 ulp (docs/accuracy.md). The rounding error of
/// z^2 is kept, because the exponential multiplies it by z^2.
///
/// Source: the integral of the Gaussian; as an activation: Hendrycks, Gimpel 2016.
struct erf {
  static constexpr std::string_view name = "erf";
  static constexpr bool flat_left = true;
  static constexpr bool flat_right = true;

  template <class T> [[nodiscard]] SATUR_INLINE constexpr T value(T z) const {
    return math::keep_nan(z, evaluate(z).value);
  }
  template <class T> [[nodiscard]] SATUR_INLINE constexpr T derivative(T z) const {
    return math::keep_nan(z, evaluate(z).slope);
  }
  /// Value and slope from one exponential.
  template <class T> [[nodiscard]] SATUR_INLINE constexpr math::value_and_slope<T> evaluate(T const& z) const {
    return math::detail::erf_and_slope(z);
  }

  [[nodiscard]] static constexpr double lower() noexcept { return -1.0; }
  [[nodiscard]] static constexpr double upper() noexcept { return 1.0; }
  [[nodiscard]] static constexpr double peak_slope() noexcept { return 1.1283791670955126; }

  /// value(z) for a number, a lazy expression for an xtensor expression.
  template <class Z> constexpr decltype(auto) operator()(Z&& z) const {
    return detail::call(*this, std::forward<Z>(z));
  }
  bool operator==(erf const&) const = default;
};

}} // namespace satur::SATUR_ABI
