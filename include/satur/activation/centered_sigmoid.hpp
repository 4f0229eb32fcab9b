/// \file activation/centered_sigmoid.hpp
#pragma once

#include "satur/activation/concept.hpp"

#include <limits>

namespace satur { inline namespace SATUR_ABI {

/// f(z) = 1/(1 + e^-z) - 1/2 = tanh(z/2)/2; f'(z) is the slope of `sigmoid`.
///
/// Centered at 0, so it does not shift the mean of the next layer.
///
/// Range: f in (-1/2, 1/2), f' in (0, 1/4].
///
/// Saturates: on both sides, at the same z as `sigmoid`.
///
/// Special values: f(±inf) = ±1/2, f'(±inf) = 0, f(±0) = ±0; NaN gives NaN.
///
/// Accuracy: value below 1.6 ulp, slope below 2 ulp (docs/accuracy.md). The tanh form keeps every digit of a small z;
/// 1/(1 + e^-z) - 1/2 cancels.
///
/// Source: LeCun, Bottou, Orr, Mueller 1998, section 4.4, on why outputs should average to zero.
struct centered_sigmoid {
  static constexpr std::string_view name = "centered_sigmoid";
  static constexpr bool flat_left = true;
  static constexpr bool flat_right = true;

  template <class T> [[nodiscard]] SATUR_INLINE constexpr T value(T z) const {
    return math::keep_nan(z, evaluate(z).value);
  }
  template <class T> [[nodiscard]] SATUR_INLINE constexpr T derivative(T z) const {
    return math::keep_nan(z, evaluate(z).slope);
  }
  template <class T> [[nodiscard]] SATUR_INLINE constexpr math::value_and_slope<T> evaluate(T const& z) const {
    math::value_and_slope<T> const t = math::half_tangent(z, 1);
    return {T(0.5) * t.value, t.slope};
  }

  [[nodiscard]] static constexpr double lower() noexcept { return -0.5; }
  [[nodiscard]] static constexpr double upper() noexcept { return 0.5; }
  [[nodiscard]] static constexpr double peak_slope() noexcept { return 0.25; }

  /// value(z) for a number, a lazy expression for an xtensor expression.
  template <class Z> constexpr decltype(auto) operator()(Z&& z) const {
    return detail::call(*this, std::forward<Z>(z));
  }
  bool operator==(centered_sigmoid const&) const = default;
};

}} // namespace satur::SATUR_ABI
