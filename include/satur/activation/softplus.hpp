/// \file activation/softplus.hpp
#pragma once

#include "satur/activation/concept.hpp"
#include "satur/math/expm1.hpp"
#include "satur/math/log1p.hpp"
#include <limits>

namespace satur { inline namespace SATUR_ABI {

/// f(z) = log(1 + e^(beta z))/beta; f'(z) = 1/(1 + e^(-beta z)). beta > 0, 1 by default.
///
/// Range: f in (0, inf), f' in (0, 1).
///
/// Saturates: on the low side. The slope is 1 % of its peak at beta z = -4.595.
///
/// Special values: f(-inf) = 0, f(inf) = inf, f'(-inf) = 0, f'(inf) = 1; NaN gives NaN.
///
/// Accuracy: value below 2 ulp, slope below 1.7 with beta = 1 (docs/accuracy.md), 2 ulp with beta in [2^-60, 2^60]. It
/// is computed as max(z, 0) + log1p(e^-|z|), so nothing overflows and the low tail keeps its digits. The rounding error
/// of beta z is added back.
///
/// Source: Dugas, Bengio, Belisle, Nadeau, Garcia 2001.
struct softplus {
  static constexpr std::string_view name = "softplus";
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
    } else if (beta == 1.0) { // no rounding and no division needed
      auto const e = math::detail::exp_for_products(math::negative_magnitude(z), z > T(0));
      return {math::select(z < T(0), T(0), z) + math::detail::log1p_of_unit(e.value),
              math::detail::logistic_of(z, e).value};
    } else {
      T const b = math::parameter_as<T>(beta);
      T const limit = T(math::detail::last_of_scaled_logistic<T>()) / b;
      T const kept = math::detail::kept_within(z, limit);
      T const x = math::rounded(b * kept);
      T const lost = math::fma(b, kept, T(-x));
      auto const e = math::detail::exp_for_products(math::negative_magnitude(x), x > T(0));
      math::value_and_slope<T> const s = math::detail::logistic_of(x, e);
      T const sum = math::select(x < T(0), T(0), x) + math::madd(s.value, lost, math::detail::log1p_of_unit(e.value));
      // On the low side f rounds to e^x/b, where e^x alone may be subnormal or 0.
      T const scale = math::rounded(T(1) / b);
      T const tail = math::scaled_exp(math::select(x < T(0), x, T(0)), scale);
      T const left = math::madd(tail, lost + math::fma(T(-scale), b, T(1)), tail);
      return {math::select(x < T(-50), left, math::select(z > limit, z, T(math::select(x < T(-50), T(0), sum) / b))),
              T(math::madd(s.slope, lost, s.value))};
    }
  }

  [[nodiscard]] static constexpr double lower() noexcept { return 0.0; }
  [[nodiscard]] static constexpr double upper() noexcept { return std::numeric_limits<double>::infinity(); }
  [[nodiscard]] static constexpr double peak_slope() noexcept { return 1.0; }

  /// Throws std::invalid_argument if a parameter is out of range.
  constexpr void require_valid() const {
    if (!(beta > 0.0 && detail::is_finite(beta))) {
      detail::bad_parameter("softplus", "beta", beta, "a finite number > 0");
    }
  }

  /// value(z) for a number, a lazy expression for an xtensor expression.
  template <class Z> constexpr decltype(auto) operator()(Z&& z) const {
    return detail::call(*this, std::forward<Z>(z));
  }
  bool operator==(softplus const&) const = default;
};

}} // namespace satur::SATUR_ABI
