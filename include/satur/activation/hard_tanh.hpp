/// \file activation/hard_tanh.hpp
#pragma once

#include "satur/activation/concept.hpp"
#include <array>
#include <limits>

namespace satur { inline namespace SATUR_ABI {

/// f(z) = clip(z, low, high); f'(z) = 1 for low < z < high, else 0. low < high, -1 and 1 by default.
///
/// Range: f in [low, high]; f' is 0 or 1.
///
/// Saturates: on both sides, exactly, for z <= low and z >= high. A unit there gets no gradient.
///
/// Special values: f(-inf) = low, f(inf) = high, f'(low) = f'(high) = 0 (as in PyTorch; tests/reference/kinks.csv); NaN
/// gives NaN in both, which min(max(z, low), high) would lose.
///
/// Accuracy: exact.
///
/// Source: Collobert 2004.
struct hard_tanh {
  static constexpr std::string_view name = "hard_tanh";
  static constexpr bool flat_left = true;
  static constexpr bool flat_right = true;

  double low = -1.0;
  double high = 1.0;

  template <class T> [[nodiscard]] SATUR_INLINE constexpr T value(T z) const {
    T const a = math::parameter_as<T>(low);
    T const b = math::parameter_as<T>(high);
    return math::keep_nan(z, T(math::select(z < a, a, math::select(z > b, b, z))));
  }
  template <class T> [[nodiscard]] SATUR_INLINE constexpr T derivative(T z) const {
    T const a = math::parameter_as<T>(low);
    T const b = math::parameter_as<T>(high);
    return math::keep_nan(
        z, T(math::select(z > a && z < b, T(1), math::select(z <= a || z >= b, T(0), z)))); // NaN stays NaN
  }

  [[nodiscard]] constexpr double lower() const noexcept { return low; }
  [[nodiscard]] constexpr double upper() const noexcept { return high; }
  [[nodiscard]] static constexpr double peak_slope() noexcept { return 1.0; }
  /// Points at which the slope jumps.
  [[nodiscard]] constexpr std::array<double, 2> kinks() const noexcept { return {low, high}; }

  /// Throws std::invalid_argument if a parameter is out of range.
  constexpr void require_valid() const {
    if (!(low < high) || !detail::is_finite(low) || !detail::is_finite(high)) {
      detail::bad_parameter("hard_tanh", "(low, high)", detail::message("(", low, ", ", high, ")"),
                            "finite numbers, low < high");
    }
  }

  /// value(z) for a number, a lazy expression for an xtensor expression.
  template <class Z> constexpr decltype(auto) operator()(Z&& z) const {
    return detail::call(*this, std::forward<Z>(z));
  }
  bool operator==(hard_tanh const&) const = default;
};

}} // namespace satur::SATUR_ABI
