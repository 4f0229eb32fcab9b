/// \file activation/prelu.hpp
#pragma once

#include "satur/activation/concept.hpp"
#include "satur/activation/leaky_relu.hpp"

#include <array>

namespace satur { inline namespace SATUR_ABI {

/// f(z) = z for z > 0, else negative_slope * z; f'(z) = 1 for z > 0, else negative_slope. negative_slope is any finite
/// number, 0.25 by default.
///
/// A `leaky_relu` with a learned slope. The caller owns it and writes it here before a pass. dL/dnegative_slope is the
/// sum of dL/da * z over z < 0.
///
/// Range: all numbers if negative_slope > 0, [0, inf) otherwise; f' is negative_slope or 1. If negative_slope < 0, f
/// rises on both sides of 0.
///
/// Saturates: never, unless negative_slope is 0.
///
/// Special values: f(-inf) = -inf (0 if negative_slope is 0, inf if it is negative), f(inf) = inf, f'(0) =
/// negative_slope (as in PyTorch; tests/reference/kinks.csv); NaN gives NaN.
///
/// Accuracy: one rounding. negative_slope is rounded to T first.
///
/// Source: He, Zhang, Ren, Sun 2015, equation 1.
struct prelu {
  static constexpr std::string_view name = "prelu";
  static constexpr bool flat_left = false;
  static constexpr bool flat_right = false;

  double negative_slope = 0.25;

  template <class T> [[nodiscard]] SATUR_INLINE constexpr T value(T z) const { return as_leaky_relu().value(z); }
  template <class T> [[nodiscard]] SATUR_INLINE constexpr T derivative(T z) const {
    return as_leaky_relu().derivative(z);
  }

  [[nodiscard]] constexpr double lower() const noexcept { return as_leaky_relu().lower(); }
  [[nodiscard]] static constexpr double upper() noexcept { return leaky_relu::upper(); }
  [[nodiscard]] constexpr double peak_slope() const noexcept { return as_leaky_relu().peak_slope(); }
  /// The least value. With a negative slope it is f(0), which is below both limits.
  [[nodiscard]] constexpr double minimum() const noexcept { return as_leaky_relu().minimum(); }
  [[nodiscard]] static constexpr double minimum_at() noexcept { return leaky_relu::minimum_at(); }
  /// Points at which the slope jumps.
  [[nodiscard]] static constexpr std::array<double, 1> kinks() noexcept { return leaky_relu::kinks(); }

  /// Throws std::invalid_argument if a parameter is out of range.
  constexpr void require_valid() const {
    if (!(detail::is_finite(negative_slope))) {
      detail::bad_parameter("prelu", "negative_slope", negative_slope, "a finite number");
    }
  }

  /// value(z) for a number, a lazy expression for an xtensor expression.
  template <class Z> constexpr decltype(auto) operator()(Z&& z) const {
    return detail::call(*this, std::forward<Z>(z));
  }
  bool operator==(prelu const&) const = default;

private:
  [[nodiscard]] SATUR_INLINE constexpr leaky_relu as_leaky_relu() const noexcept { return {negative_slope}; }
};

}} // namespace satur::SATUR_ABI
