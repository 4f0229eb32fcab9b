/// \file activation/relu6.hpp
#pragma once

#include "satur/activation/concept.hpp"
#include <array>
#include <limits>

namespace satur { inline namespace SATUR_ABI {

/// f(z) = min(max(z, 0), 6); f'(z) = 1 for 0 < z < 6, else 0.
///
/// Range: f in [0, 6]; f' is 0 or 1.
///
/// Saturates: on both sides, exactly: off for z <= 0, saturated for z >= 6.
///
/// Special values: f(-inf) = 0, f(inf) = 6, f'(0) = f'(6) = 0 (as in PyTorch; tests/reference/kinks.csv); NaN gives NaN
/// in both.
///
/// Accuracy: exact.
///
/// Source: Krizhevsky 2010, Convolutional deep belief networks on CIFAR-10.
struct relu6 {
  static constexpr std::string_view name = "relu6";
  static constexpr bool flat_left = true;
  static constexpr bool flat_right = true;

  template <class T> [[nodiscard]] SATUR_INLINE constexpr T value(T z) const {
    return math::keep_nan(z, T(math::select(z <= T(0), T(0), math::select(z > T(6), T(6), z))));
  }
  template <class T> [[nodiscard]] SATUR_INLINE constexpr T derivative(T z) const {
    return math::keep_nan(
        z, T(math::select(z > T(0) && z < T(6), T(1), math::select(z <= T(0) || z >= T(6), T(0), z)))); // NaN stays NaN
  }

  [[nodiscard]] static constexpr double lower() noexcept { return 0.0; }
  [[nodiscard]] static constexpr double upper() noexcept { return 6.0; }
  [[nodiscard]] static constexpr double peak_slope() noexcept { return 1.0; }
  /// Points at which the slope jumps.
  [[nodiscard]] static constexpr std::array<double, 2> kinks() noexcept { return {0.0, 6.0}; }

  /// value(z) for a number, a lazy expression for an xtensor expression.
  template <class Z> constexpr decltype(auto) operator()(Z&& z) const {
    return detail::call(*this, std::forward<Z>(z));
  }
  bool operator==(relu6 const&) const = default;
};

}} // namespace satur::SATUR_ABI
