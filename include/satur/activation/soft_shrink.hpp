/// \file activation/soft_shrink.hpp
#pragma once

#include "satur/activation/concept.hpp"
#include <array>
#include <limits>

namespace satur { inline namespace SATUR_ABI {

/// f(z) = z - width for z > width, z + width for z < -width, else 0; f'(z) = 1 for |z| > width, else 0. width is 0.5 by
/// default.
///
/// Range: all numbers; f' is 0 or 1.
///
/// Saturates: in the middle, exactly, for |z| <= width: small pre-activations get no gradient. Never on the sides.
///
/// Special values: f(±inf) = ±inf, f'(±width) = 0; NaN gives NaN in both.
///
/// Accuracy: 0.5 ulp (one sum).
///
/// Source: Donoho 1995, equation 1.3.
struct soft_shrink {
  static constexpr std::string_view name = "soft_shrink";
  static constexpr bool flat_left = false;
  static constexpr bool flat_right = false;

  double width = 0.5;

  template <class T> [[nodiscard]] SATUR_INLINE constexpr T value(T z) const {
    T const w = math::parameter_as<T>(width);
    T const inside = math::select(z >= -w && z <= w, T(0), z); // NaN stays NaN
    return math::keep_nan(z, T(math::select(z > w, T(z - w), math::select(z < -w, T(z + w), inside))));
  }
  template <class T> [[nodiscard]] SATUR_INLINE constexpr T derivative(T z) const {
    T const w = math::parameter_as<T>(width);
    return math::keep_nan(
        z, T(math::select(z > w || z < -w, T(1), math::select(z >= -w && z <= w, T(0), z)))); // NaN stays NaN
  }

  [[nodiscard]] static constexpr double lower() noexcept { return -std::numeric_limits<double>::infinity(); }
  [[nodiscard]] static constexpr double upper() noexcept { return std::numeric_limits<double>::infinity(); }
  [[nodiscard]] static constexpr double peak_slope() noexcept { return 1.0; }
  /// Points at which the slope jumps.
  [[nodiscard]] constexpr std::array<double, 2> kinks() const noexcept { return {-width, width}; }

  /// Throws std::invalid_argument if a parameter is out of range.
  constexpr void require_valid() const {
    if (!(width >= 0.0 && detail::is_finite(width))) {
      detail::bad_parameter("soft_shrink", "width", width, "a finite number >= 0");
    }
  }

  /// value(z) for a number, a lazy expression for an xtensor expression.
  template <class Z> constexpr decltype(auto) operator()(Z&& z) const {
    return detail::call(*this, std::forward<Z>(z));
  }
  bool operator==(soft_shrink const&) const = default;
};

}} // namespace satur::SATUR_ABI
