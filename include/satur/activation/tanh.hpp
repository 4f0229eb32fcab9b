/// \file activation/tanh.hpp
#pragma once

#include "satur/activation/concept.hpp"

#include <limits>

namespace satur { inline namespace SATUR_ABI {

/// f(z) = tanh z; f'(z) = 4E/(1 + E)^2 with E = e^-2|z|, even in z.
///
/// Range: f in (-1, 1), f' in (0, 1].
///
/// Saturates: on both sides, at half the |z| of `sigmoid`: tanh'(z) = 4 sigmoid'(2z). The slope is 0.018 % of its peak
/// at |z| = 5. |f| rounds to 1 from 9.01 (float) and 19.06 (double). There 1 - f^2 is 0, but f' is 6e-8 and 1e-16.
///
/// Special values: f(±inf) = ±1, f'(±inf) = 0, f(±0) = ±0; NaN gives NaN.
///
/// Accuracy: value below 1.6 ulp, slope below 2 ulp, subnormal results within one step (docs/accuracy.md).
///
/// Source: LeCun 1989; LeCun, Bottou, Orr, Mueller 1998, section 4.4.
struct tanh {
  static constexpr std::string_view name = "tanh";
  static constexpr bool flat_left = true;
  static constexpr bool flat_right = true;

  template <class T> [[nodiscard]] SATUR_INLINE constexpr T value(T z) const {
    return math::keep_nan(z, evaluate(z).value);
  }
  template <class T> [[nodiscard]] SATUR_INLINE constexpr T derivative(T z) const {
    return math::keep_nan(z, evaluate(z).slope);
  }
  /// Value and slope from one exponential and one division.
  template <class T> [[nodiscard]] SATUR_INLINE constexpr math::value_and_slope<T> evaluate(T const& z) const {
    return math::hyperbolic_tangent(z);
  }

  [[nodiscard]] static constexpr double lower() noexcept { return -1.0; }
  [[nodiscard]] static constexpr double upper() noexcept { return 1.0; }
  [[nodiscard]] static constexpr double peak_slope() noexcept { return 1.0; }

  /// value(z) for a number, a lazy expression for an xtensor expression.
  template <class Z> constexpr decltype(auto) operator()(Z&& z) const {
    return detail::call(*this, std::forward<Z>(z));
  }
  bool operator==(tanh const&) const = default;
};

}} // namespace satur::SATUR_ABI
