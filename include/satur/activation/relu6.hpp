/// \file activation/relu6.hpp
#pragma once

#include "satur/activation/concept.hpp"
#include <array>
#include <limits>

namespace satur { inline namespace SATUR_ABI {

/// f(z) = min(max(z, 0), 6); f'(z) = 1 for 0 < z < 6, else 0.
///
/// Flat on both sides: off at z <= 0, and saturated from 6 on. At the kinks the slope is the flat side's, 0 (PyTorch's
/// choice; tests/reference/kinks.csv). Special values: f(-inf) = 0, f(inf) = 6; NaN gives NaN in both. Exact.
/// Source: Krizhevsky 2010, Convolutional deep belief networks on CIFAR-10.
struct relu6 {
  static constexpr std::string_view name = "relu6";
  static constexpr bool flat_left = true;
  static constexpr bool flat_right = true;

  template <class T> [[nodiscard]] SATUR_INLINE constexpr T value(T z) const {
    return math::select(z <= T(0), T(0), math::select(z > T(6), T(6), z));
  }
  template <class T> [[nodiscard]] SATUR_INLINE constexpr T derivative(T z) const {
    return math::select(z > T(0) && z < T(6), T(1), math::select(z <= T(0) || z >= T(6), T(0), z)); // NaN stays NaN
  }

  [[nodiscard]] static constexpr double lower() noexcept { return 0.0; }
  [[nodiscard]] static constexpr double upper() noexcept { return 6.0; }
  [[nodiscard]] static constexpr double peak_slope() noexcept { return 1.0; }
  /// Where the slope jumps.
  [[nodiscard]] static constexpr std::array<double, 2> kinks() noexcept { return {0.0, 6.0}; }

  /// value(z); an xtensor expression gives a lazy expression.
  template <class Z> constexpr decltype(auto) operator()(Z&& z) const {
    return detail::call(*this, std::forward<Z>(z));
  }
  bool operator==(relu6 const&) const = default;
};

}} // namespace satur::SATUR_ABI
