/// \file activation/hard_swish.hpp
#pragma once

#include "satur/activation/concept.hpp"
#include <array>
#include <limits>

namespace satur { inline namespace SATUR_ABI {

/// f(z) = z clip((z + 3)/6, 0, 1); f'(z) = 0 for z <= -3, (2z + 3)/6 for -3 < z < 3, 1 for z >= 3.
///
/// Range: f in [-3/8, inf). Not monotone: the minimum is at z = -3/2, where the slope is 0. The slope approaches 3/2
/// just below z = 3.
///
/// Saturates: on the low side, exactly, for z <= -3.
///
/// Special values: f(-inf) = 0 (not NaN), f(inf) = inf, f'(-3) = 0, f'(3) = 1 (tests/reference/kinks.csv); NaN gives
/// NaN in both.
///
/// Accuracy: value below 2 ulp, slope below 1.5 (docs/accuracy.md).
///
/// Source: Howard et al. 2019 (MobileNetV3), equation 1; PyTorch's Hardswish, Keras's hard_silu.
struct hard_swish {
  static constexpr std::string_view name = "hard_swish";
  static constexpr bool flat_left = true;
  static constexpr bool flat_right = false;

  template <class T> [[nodiscard]] SATUR_INLINE constexpr T value(T z) const {
    T const inner = math::select(z > T(-3) && z < T(3), z, T(0)); // its square cannot overflow
    T const outer = math::select(z <= T(-3), T(0), z);
    return math::keep_nan(
        z, T(math::select(z > T(-3) && z < T(3), T(inner * math::undivided(T(inner + T(3))) / T(6)), outer)));
  }
  template <class T> [[nodiscard]] SATUR_INLINE constexpr T derivative(T z) const {
    T const inner = math::select(z > T(-3) && z < T(3), z, T(0));
    T const outer = math::select(z <= T(-3), T(0), math::select(z >= T(3), T(1), z)); // NaN stays NaN
    return math::keep_nan(
        z, T(math::select(z > T(-3) && z < T(3), T(math::undivided(T(inner + inner + T(3))) / T(6)), outer)));
  }

  [[nodiscard]] static constexpr double lower() noexcept { return 0.0; }
  [[nodiscard]] static constexpr double upper() noexcept { return std::numeric_limits<double>::infinity(); }
  [[nodiscard]] static constexpr double peak_slope() noexcept { return 1.5; }
  [[nodiscard]] static constexpr double minimum() noexcept { return -0.375; }
  [[nodiscard]] static constexpr double minimum_at() noexcept { return -1.5; }
  /// Points at which the slope jumps.
  [[nodiscard]] static constexpr std::array<double, 2> kinks() noexcept { return {-3.0, 3.0}; }

  /// value(z) for a number, a lazy expression for an xtensor expression.
  template <class Z> constexpr decltype(auto) operator()(Z&& z) const {
    return detail::call(*this, std::forward<Z>(z));
  }
  bool operator==(hard_swish const&) const = default;
};

}} // namespace satur::SATUR_ABI
