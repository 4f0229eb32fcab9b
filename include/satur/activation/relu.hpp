/// \file activation/relu.hpp
#pragma once

#include "satur/activation/concept.hpp"
#include <array>
#include <limits>

namespace satur { inline namespace SATUR_ABI {

/// f(z) = max(z, 0); f'(z) = 1 for z > 0, else 0.
///
/// Range: f in [0, inf); f' is 0 or 1.
///
/// Saturates: on the low side, exactly, for z <= 0. Such a unit is off; a unit that is off for every input is dead.
///
/// Special values: f(-inf) = 0, f(inf) = inf, f'(0) = 0 (as in PyTorch; tests/reference/kinks.csv); NaN gives NaN in
/// both, which max(z, 0) would lose.
///
/// Accuracy: exact.
///
/// Source: Nair, Hinton 2010; Glorot, Bordes, Bengio 2011.
struct relu {
  static constexpr std::string_view name = "relu";
  static constexpr bool flat_left = true;
  static constexpr bool flat_right = false;

  template <class T> [[nodiscard]] SATUR_INLINE constexpr T value(T z) const {
    return math::keep_nan(z, T(math::select(z <= T(0), T(0), z)));
  }
  template <class T> [[nodiscard]] SATUR_INLINE constexpr T derivative(T z) const {
    return math::keep_nan(z, T(math::select(z > T(0), T(1), math::select(z <= T(0), T(0), z)))); // NaN stays NaN
  }

  [[nodiscard]] static constexpr double lower() noexcept { return 0.0; }
  [[nodiscard]] static constexpr double upper() noexcept { return std::numeric_limits<double>::infinity(); }
  [[nodiscard]] static constexpr double peak_slope() noexcept { return 1.0; }
  /// Points at which the slope jumps.
  [[nodiscard]] static constexpr std::array<double, 1> kinks() noexcept { return {0.0}; }

  /// value(z) for a number, a lazy expression for an xtensor expression.
  template <class Z> constexpr decltype(auto) operator()(Z&& z) const {
    return detail::call(*this, std::forward<Z>(z));
  }
  bool operator==(relu const&) const = default;
};

}} // namespace satur::SATUR_ABI
