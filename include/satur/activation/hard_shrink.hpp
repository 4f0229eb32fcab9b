/// \file activation/hard_shrink.hpp
#pragma once

#include "satur/activation/concept.hpp"
#include <array>
#include <limits>

namespace satur { inline namespace SATUR_ABI {

/// f(z) = z - bias for z > width, z + bias for z < -width, else 0; f'(z) = 1 for |z| > width, else 0. width is 0.5 and
/// bias is 0 by default. ONNX's Shrink has both; with bias = width it is `soft_shrink`.
///
/// Range: all numbers; f' is 0 or 1.
///
/// Saturates: in the middle, exactly, for |z| <= width. Never on the sides.
///
/// Special values: f(±inf) = ±inf; NaN gives NaN in both. The value jumps at ±width; value and slope are 0 there.
///
/// Accuracy: exact; 0.5 ulp with a bias (one sum).
///
/// Source: Donoho, Johnstone 1994, section 2; the bias is ONNX's.
struct hard_shrink {
  static constexpr std::string_view name = "hard_shrink";
  static constexpr bool flat_left = false;
  static constexpr bool flat_right = false;

  double width = 0.5;
  double bias = 0.0;

  template <class T> [[nodiscard]] SATUR_INLINE constexpr T value(T z) const {
    T const w = math::parameter_as<T>(width);
    if (bias == 0.0) {
      return math::keep_nan(z, T(math::select(z >= -w && z <= w, T(0), z))); // NaN stays NaN
    }
    T const b = math::parameter_as<T>(bias);
    T const moved = math::select(z > T(0), T(z - b), T(z + b));
    return math::keep_nan(z, T(math::select(z >= -w && z <= w, T(0), moved)));
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
      detail::bad_parameter("hard_shrink", "width", width, "a finite number >= 0");
    }
    if (!detail::is_finite(bias)) {
      detail::bad_parameter("hard_shrink", "bias", bias, "a finite number");
    }
  }

  /// value(z) for a number, a lazy expression for an xtensor expression.
  template <class Z> constexpr decltype(auto) operator()(Z&& z) const {
    return detail::call(*this, std::forward<Z>(z));
  }
  bool operator==(hard_shrink const&) const = default;
};

}} // namespace satur::SATUR_ABI
