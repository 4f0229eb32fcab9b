/// \file activation/exponential.hpp
#pragma once

#include "satur/activation/concept.hpp"
#include "satur/math/exp.hpp"

#include <limits>

namespace satur { inline namespace SATUR_ABI {

/// f(z) = f'(z) = e^z.
///
/// Range: f and f' in (0, inf).
///
/// Saturates: on the low side. The slope has no peak and states none, so slope shares read NaN.
///
/// Special values: f(-inf) = 0, f(inf) = f'(inf) = inf; NaN gives NaN. Above 88.72 (float) and 709.78 (double) value
/// and slope overflow to inf and raise FE_OVERFLOW.
///
/// Accuracy: below 1.2 ulp (docs/accuracy.md).
///
/// Source: Keras's exponential.
struct exponential {
  static constexpr std::string_view name = "exponential";
  static constexpr bool flat_left = true;
  static constexpr bool flat_right = false;

  template <class T> [[nodiscard]] SATUR_INLINE constexpr T value(T z) const { return math::exp(z); }
  template <class T> [[nodiscard]] SATUR_INLINE constexpr T derivative(T z) const { return math::exp(z); }
  /// Value and slope are the same number.
  template <class T> [[nodiscard]] SATUR_INLINE constexpr math::value_and_slope<T> evaluate(T const& z) const {
    T const e = math::exp(z);
    return {e, e};
  }

  [[nodiscard]] static constexpr double lower() noexcept { return 0.0; }
  [[nodiscard]] static constexpr double upper() noexcept { return std::numeric_limits<double>::infinity(); }

  /// value(z) for a number, a lazy expression for an xtensor expression.
  template <class Z> constexpr decltype(auto) operator()(Z&& z) const {
    return detail::call(*this, std::forward<Z>(z));
  }
  bool operator==(exponential const&) const = default;
};

}} // namespace satur::SATUR_ABI
