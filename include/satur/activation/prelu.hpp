/// \file activation/prelu.hpp
#pragma once

#include "satur/activation/concept.hpp"
#include <array>
#include <limits>

namespace satur { inline namespace SATUR_ABI {

/// f(z) = z for z > 0, else negative_slope * z; f'(z) = 1 for z > 0, else negative_slope (default 0.25).
///
/// `leaky_relu` whose slope is learned: the caller owns it and writes it here before a pass; dL/dnegative_slope is the
/// sum of dL/da * z over z < 0. It may be any finite number; with a negative one f rises on both sides of 0. f'(0) =
/// negative_slope (PyTorch's choice; tests/reference/kinks.csv). Special values: f(-inf) = -inf (0 with slope 0, inf
/// with a negative one), f(inf) = inf; NaN gives NaN. The slope is rounded to T before it multiplies. Source: He,
/// Zhang, Ren, Sun 2015, equation 1.
struct prelu {
  static constexpr std::string_view name = "prelu";
  static constexpr bool flat_left = false;
  static constexpr bool flat_right = false;

  double negative_slope = 0.25;

  template <class T> [[nodiscard]] SATUR_INLINE constexpr T value(T z) const {
    // a slope of 0 times -inf would be no number; the factor is chosen, so that the other product overflows nowhere
    T const from = math::vanishes_as<T>(negative_slope) ? math::select(z < T(-1), T(-1), z) : z;
    return from * math::select(z > T(0), T(1), math::parameter_as<T>(negative_slope));
  }
  template <class T> [[nodiscard]] SATUR_INLINE constexpr T derivative(T z) const {
    return math::select(z > T(0), T(1),
                        math::select(z <= T(0), math::parameter_as<T>(negative_slope), z)); // NaN stays NaN
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
  /// The least value: with a negative slope f(0), below both limits.
  [[nodiscard]] constexpr double minimum() const noexcept {
    return negative_slope > 0 ? -std::numeric_limits<double>::infinity() : 0.0;
  }
  [[nodiscard]] static constexpr double minimum_at() noexcept { return 0.0; }
  /// Where the slope jumps.
  [[nodiscard]] static constexpr std::array<double, 1> kinks() noexcept { return {0.0}; }

  /// Throws std::invalid_argument where a parameter is out of range.
  constexpr void require_valid() const {
    if (!(detail::is_finite(negative_slope))) {
      detail::bad_parameter("prelu", "negative_slope", negative_slope, "a finite number");
    }
  }

  /// value(z); an xtensor expression gives a lazy expression.
  template <class Z> constexpr decltype(auto) operator()(Z&& z) const {
    return detail::call(*this, std::forward<Z>(z));
  }
  bool operator==(prelu const&) const = default;
};

}} // namespace satur::SATUR_ABI
