/// \file activation/gelu_quick.hpp
#pragma once

#include "satur/activation/concept.hpp"
#include "satur/math/gate.hpp"
#include <limits>

namespace satur { inline namespace SATUR_ABI {

/// f(z) = z s(1.702 z), s the logistic function; f'(z) = s(y) (1 + y s(-y)), y = 1.702 z. The same as `silu` with beta
/// = 1.702.
///
/// The coarser approximation of GELU: within 0.0204 of it.
///
/// Range: f in [-0.16361, inf). Not monotone: the minimum is at z = -0.75115, where the slope is 0.
///
/// Saturates: on the low side. The slope is 1 % of its peak at z = -3.609.
///
/// Special values: f(-inf) = -0 (not NaN), f(inf) = inf, f'(-inf) = 0, f'(inf) = 1, f(±0) = ±0; NaN gives NaN.
///
/// Accuracy: float, computed in single precision, below 2 ulp; double below 2 ulp. Within 1/4 of the zero of the slope,
/// the error of the slope is measured in ulp of the peak slope (docs/accuracy.md). 1.702 means the decimal number: its
/// rounding error is added back.
///
/// Source: Hendrycks, Gimpel 2016, section 2.
struct gelu_quick {
  static constexpr std::string_view name = "gelu_quick";
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
    if constexpr (math::foreign_batch<T>) {
      return math::both_through_lanes(z, [this](auto const& l) { return this->evaluate(l); });
    } else {
      constexpr double first = std::same_as<math::element_t<T>, float> ? -0x1.feb2a6p+5 : -0x1.b9b053a76d61dp+8;
      return math::logistic_gate(z, math::detail::constant_in_two<T>(1.702L, 0x1.ba5e353f7ced9p-66L), T(first));
    }
  }

  [[nodiscard]] static constexpr double lower() noexcept { return 0.0; }
  [[nodiscard]] static constexpr double upper() noexcept { return std::numeric_limits<double>::infinity(); }
  [[nodiscard]] static constexpr double peak_slope() noexcept { return 1.0998393201288669; }
  [[nodiscard]] static constexpr double minimum() noexcept { return -0.16361018963635358; }
  [[nodiscard]] static constexpr double minimum_at() noexcept { return -0.7511542554412890; }

  /// value(z) for a number, a lazy expression for an xtensor expression.
  template <class Z> constexpr decltype(auto) operator()(Z&& z) const {
    return detail::call(*this, std::forward<Z>(z));
  }
  bool operator==(gelu_quick const&) const = default;
};

}} // namespace satur::SATUR_ABI
