/// \file softplus.hpp
#pragma once

#include "satur/activation/concept.hpp"
#include "satur/math/log1p.hpp"
#include <limits>

namespace satur::inline SATUR_ABI {

/// f(z) = log(1 + e^(beta z))/beta; f'(z) = 1/(1 + e^(-beta z)) (beta > 0, 1 by default).
///
/// Flat on the left, where 1 % of the slope is left at beta z = -4.595; never on the right. Special values: f(-inf) =
/// 0, f(inf) = inf, f'(-inf) = 0, f'(inf) = 1; NaN gives NaN. It is max(z, 0) + log1p(e^-|z|), so nothing overflows and
/// the left tail keeps its digits; what beta z loses by rounding is put back. Accuracy: value below 2 ulp, slope
/// below 1.7 with beta = 1 (docs/accuracy.md). Source: Dugas, Bengio, Belisle, Nadeau, Garcia 2001.
struct softplus {
  static constexpr std::string_view name = "softplus";
  static constexpr bool flat_left = true;
  static constexpr bool flat_right = false;

  double beta = 1.0;

  template <class T> [[nodiscard]] SATUR_INLINE constexpr T value(T z) const { return evaluate(z).value; }
  template <class T> [[nodiscard]] SATUR_INLINE constexpr T derivative(T z) const { return evaluate(z).slope; }
  /// Both from one exponential.
  template <class T> [[nodiscard]] SATUR_INLINE constexpr math::value_and_slope<T> evaluate(T const& z) const {
    if constexpr (math::foreign_batch<T>) {
      return math::both_through_lanes(z, [this](auto const& l) { return this->evaluate(l); });
    } else if (beta == 1.0) { // nothing to round, nothing to divide
      T const e = math::detail::exp_nonpositive(math::negative_magnitude(z));
      return {math::select(z < T(0), T(0), z) + math::detail::log1p_of_unit(e), math::detail::logistic_of(z, e).value};
    } else {
      T const b = math::parameter_as<T>(beta);
      T const x = math::rounded(b * z);
      auto const bends = x < T(1000) && x > T(-1000);
      T const lost = math::select(bends, math::fma(b, math::select(bends, z, T(0)), T(-x)), T(0));
      T const e = math::detail::exp_nonpositive(math::negative_magnitude(x));
      math::value_and_slope<T> const s = math::detail::logistic_of(x, e);
      T const sum = math::select(x < T(0), T(0), x) + math::madd(s.value, lost, math::detail::log1p_of_unit(e));
      return {math::select(x > T(1000), z, T(sum / b)), T(math::madd(s.slope, lost, s.value))};
    }
  }

  [[nodiscard]] static constexpr double lower() noexcept { return 0.0; }
  [[nodiscard]] static constexpr double upper() noexcept { return std::numeric_limits<double>::infinity(); }
  [[nodiscard]] static constexpr double peak_slope() noexcept { return 1.0; }

  /// value(z); an xtensor expression gives a lazy expression.
  template <class Z> constexpr decltype(auto) operator()(Z&& z) const {
    return detail::call(*this, std::forward<Z>(z));
  }
  bool operator==(softplus const&) const = default;
};

} // namespace satur::inline SATUR_ABI
