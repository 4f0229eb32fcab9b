/// \file activation/sigmoid.hpp
#pragma once

#include "satur/activation/concept.hpp"

#include <limits>

namespace satur { inline namespace SATUR_ABI {

/// f(z) = 1/(1 + e^-z), the logistic function; f'(z) = e^-|z|/(1 + e^-|z|)^2, even in z.
///
/// Range: f in (0, 1), f' in (0, 1/4].
///
/// Saturates: on both sides. The slope is 2.66 % of its peak at |z| = 5. f rounds to 1 from z = 17.33 (float) and 37.43
/// (double). f' is computed from z, not from f, so it stays a normal number until |z| = 87.3 (float) and 708.4
/// (double).
///
/// Special values: f(-inf) = 0, f(inf) = 1, f'(±inf) = 0, f(±0) = 1/2; NaN gives NaN.
///
/// Accuracy: value and slope below 1.5 ulp with fused multiply-adds, 1.65 without; float and double, subnormal results
/// included (docs/accuracy.md).
///
/// Source: Cox 1958; the use in networks: Rumelhart, Hinton, Williams 1986, equation 2.
struct sigmoid {
  static constexpr std::string_view name = "sigmoid";
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
    return math::logistic(z);
  }

  [[nodiscard]] static constexpr double lower() noexcept { return 0.0; }
  [[nodiscard]] static constexpr double upper() noexcept { return 1.0; }
  [[nodiscard]] static constexpr double peak_slope() noexcept { return 0.25; }

  /// value(z) for a number, a lazy expression for an xtensor expression.
  template <class Z> constexpr decltype(auto) operator()(Z&& z) const {
    return detail::call(*this, std::forward<Z>(z));
  }
  bool operator==(sigmoid const&) const = default;
};

}} // namespace satur::SATUR_ABI
