/// \file activation/threshold.hpp
#pragma once

#include "satur/activation/concept.hpp"
#include <array>
#include <limits>

namespace satur { inline namespace SATUR_ABI {

/// f(z) = z for z > level, else otherwise; f'(z) = 1 for z > level, else 0. level is 1 and otherwise is 0 by default.
///
/// Range: f in {otherwise} and (level, inf); f' is 0 or 1. Monotone if otherwise <= level. If otherwise > level, the
/// values just above `level` are below lower(), which is the limit on the low side; minimum() gives the least value.
///
/// Saturates: on the low side, exactly, for z <= level.
///
/// Special values: f(-inf) = otherwise, f(inf) = inf, f(level) = otherwise, f'(level) = 0; NaN gives NaN in both.
///
/// Accuracy: exact.
///
/// Source: Konda, Memisevic, Krueger 2014, section 3. The defaults are those of Keras's ThresholdedReLU; PyTorch's
/// Threshold has none.
struct threshold {
  static constexpr std::string_view name = "threshold";
  static constexpr bool flat_left = true;
  static constexpr bool flat_right = false;

  double level = 1.0;
  double otherwise = 0.0;

  template <class T> [[nodiscard]] SATUR_INLINE constexpr T value(T z) const {
    return math::keep_nan(
        z, T(math::select(z <= math::parameter_as<T>(level), math::parameter_as<T>(otherwise), z))); // NaN stays NaN
  }
  template <class T> [[nodiscard]] SATUR_INLINE constexpr T derivative(T z) const {
    T const l = math::parameter_as<T>(level);
    return math::keep_nan(z, T(math::select(z > l, T(1), math::select(z <= l, T(0), z)))); // NaN stays NaN
  }

  [[nodiscard]] constexpr double lower() const noexcept { return otherwise; }
  [[nodiscard]] static constexpr double upper() noexcept { return std::numeric_limits<double>::infinity(); }
  [[nodiscard]] static constexpr double peak_slope() noexcept { return 1.0; }
  /// The greatest lower bound of the values.
  [[nodiscard]] constexpr double minimum() const noexcept { return otherwise < level ? otherwise : level; }
  [[nodiscard]] constexpr double minimum_at() const noexcept { return level; }
  /// Points at which the slope jumps.
  [[nodiscard]] constexpr std::array<double, 1> kinks() const noexcept { return {level}; }

  /// Throws std::invalid_argument if a parameter is out of range.
  constexpr void require_valid() const {
    if (!(detail::is_finite(level))) {
      detail::bad_parameter("threshold", "level", level, "a finite number");
    }
    if (!(detail::is_finite(otherwise))) {
      detail::bad_parameter("threshold", "otherwise", otherwise, "a finite number");
    }
  }

  /// value(z) for a number, a lazy expression for an xtensor expression.
  template <class Z> constexpr decltype(auto) operator()(Z&& z) const {
    return detail::call(*this, std::forward<Z>(z));
  }
  bool operator==(threshold const&) const = default;
};

}} // namespace satur::SATUR_ABI
