/// \file activation/silu.hpp
#pragma once

#include "satur/activation/concept.hpp"
#include "satur/math/gate.hpp"
#include <limits>

namespace satur { inline namespace SATUR_ABI {

/// f(z) = z s(beta z), s(y) = 1/(1 + e^-y); f'(z) = s(y) (1 + y s(-y)), y = beta z. beta > 0, 1 by default. Also called
/// swish.
///
/// Range: f in [-0.27846/beta, inf). Not monotone: the minimum is at beta z = -1.27846, where the slope is 0. The slope
/// peaks at beta z = 2.39936.
///
/// Saturates: on the low side. The slope is 1 % of its peak at beta z = -6.143.
///
/// Special values: f(-inf) = -0 (not NaN), f(inf) = inf, f'(-inf) = 0, f'(inf) = 1, f(±0) = ±0; NaN gives NaN.
///
/// Accuracy: float, computed in single precision (double takes twice as long), below 2 ulp; double below 2 ulp. Within
/// 1/4 of the zero of the slope, the error of the slope is measured in ulp of the peak slope (docs/accuracy.md). The
/// tail is scaled last, so z e^z keeps its digits where e^z alone is subnormal or 0.
///
/// Source: Elfwing, Uchibe, Doya 2018, equation 2; beta: Ramachandran, Zoph, Le 2017.
struct silu {
  static constexpr std::string_view name = "silu";
  static constexpr bool flat_left = true;
  static constexpr bool flat_right = false;

  double beta = 1.0;

  template <class T> [[nodiscard]] SATUR_INLINE constexpr T value(T z) const {
    return math::keep_nan(z, evaluate(z).value);
  }
  template <class T> [[nodiscard]] SATUR_INLINE constexpr T derivative(T z) const {
    return math::keep_nan(z, evaluate(z).slope);
  }
  /// Value and slope from one exponential.
  template <class T> [[nodiscard]] SATUR_INLINE constexpr math::value_and_slope<T> evaluate(T const& z) const {
    if constexpr (math::foreign_batch<T>) {
      return math::both_through_lanes(z, [this](auto const& l) { return this->evaluate(l); });
    } else if (beta == 1.0) {
      return math::logistic_gate(z);
    } else {
      return math::scaled_logistic_gate(z, math::parameter_as<T>(beta));
    }
  }

  [[nodiscard]] static constexpr double lower() noexcept { return 0.0; }
  [[nodiscard]] static constexpr double upper() noexcept { return std::numeric_limits<double>::infinity(); }
  [[nodiscard]] static constexpr double peak_slope() noexcept { return 1.0998393201288669; }
  [[nodiscard]] constexpr double minimum() const noexcept { return -0.2784645427610738 / beta; }
  [[nodiscard]] constexpr double minimum_at() const noexcept { return -1.2784645427610738 / beta; }

  /// Throws std::invalid_argument if a parameter is out of range.
  constexpr void require_valid() const {
    if (!(beta > 0.0 && detail::is_finite(beta))) {
      detail::bad_parameter("silu", "beta", beta, "a finite number > 0");
    }
  }

  /// value(z) for a number, a lazy expression for an xtensor expression.
  template <class Z> constexpr decltype(auto) operator()(Z&& z) const {
    return detail::call(*this, std::forward<Z>(z));
  }
  bool operator==(silu const&) const = default;
};

}} // namespace satur::SATUR_ABI
