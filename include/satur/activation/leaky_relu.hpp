/// \file activation/leaky_relu.hpp
#pragma once

#include "satur/activation/concept.hpp"
#include <array>
#include <limits>

namespace satur { inline namespace SATUR_ABI {

/// f(z) = z for z > 0, else negative_slope * z; f'(z) = 1 for z > 0, else negative_slope. negative_slope is any finite
/// number, 0.01 by default.
///
/// Range: all numbers if negative_slope > 0, [0, inf) otherwise; f' is negative_slope or 1. If negative_slope < 0, f
/// rises on both sides of 0.
///
/// Saturates: never, unless negative_slope is 0. The low side keeps `negative_slope` of the gradient.
///
/// Special values: f(-inf) = -inf (0 if negative_slope is 0, inf if it is negative), f(inf) = inf, f'(0) =
/// negative_slope (as in PyTorch; tests/reference/kinks.csv); NaN gives NaN.
///
/// Accuracy: one rounding. negative_slope is rounded to T first, so float differs from the exact decimal 0.01 by up to
/// one ulp.
///
/// Source: Maas, Hannun, Ng 2013, section 2.
struct leaky_relu {
  static constexpr std::string_view name = "leaky_relu";
  static constexpr bool flat_left = false;
  static constexpr bool flat_right = false;

  double negative_slope = 0.01;

  template <class T> [[nodiscard]] SATUR_INLINE constexpr T value(T z) const {
    // 0 * -inf would be NaN. Replacing the factor, not the product, also avoids overflow.
    T const from = math::vanishes_as<T>(negative_slope) ? math::select(z < T(-1), T(-1), z) : z;
    return math::keep_nan(z, T(from * math::select(z > T(0), T(1), math::parameter_as<T>(negative_slope))));
  }
  template <class T> [[nodiscard]] SATUR_INLINE constexpr T derivative(T z) const {
    return math::keep_nan(
        z, T(math::select(z > T(0), T(1),
                          math::select(z <= T(0), math::parameter_as<T>(negative_slope), z)))); // NaN stays NaN
  }

  [[nodiscard]] constexpr double lower() const noexcept {
    double const infinity = std::numeric_limits<double>::infinity();
    return negative_slope > 0 ? -infinity : negative_slope < 0 ? infinity : 0.0;
  }
  [[nodiscard]] static constexpr double upper() noexcept { return std::numeric_limits<double>::infinity(); }
  [[nodiscard]] constexpr double peak_slope() const noexcept {
    double const left = negative_slope < 0 ? -negative_slope : negative_slope;
    return left > 1 ? left : 1.0;
  }
  /// The least value. With a negative slope it is f(0), which is below both limits.
  [[nodiscard]] constexpr double minimum() const noexcept {
    return negative_slope > 0 ? -std::numeric_limits<double>::infinity() : 0.0;
  }
  [[nodiscard]] static constexpr double minimum_at() noexcept { return 0.0; }
  /// Points at which the slope jumps.
  [[nodiscard]] static constexpr std::array<double, 1> kinks() noexcept { return {0.0}; }

  /// Throws std::invalid_argument if a parameter is out of range.
  constexpr void require_valid() const {
    if (!(detail::is_finite(negative_slope))) {
      detail::bad_parameter("leaky_relu", "negative_slope", negative_slope, "a finite number");
    }
  }

  /// value(z) for a number, a lazy expression for an xtensor expression.
  template <class Z> constexpr decltype(auto) operator()(Z&& z) const {
    return detail::call(*this, std::forward<Z>(z));
  }
  bool operator==(leaky_relu const&) const = default;
};

}} // namespace satur::SATUR_ABI
