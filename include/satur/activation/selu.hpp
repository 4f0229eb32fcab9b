/// \file activation/selu.hpp
#pragma once

#include "satur/activation/concept.hpp"
#include "satur/math/expm1.hpp"
#include <array>
#include <limits>

namespace satur { inline namespace SATUR_ABI {

/// f(z) = lambda z for z > 0, else lambda alpha (e^z - 1); f'(z) = lambda for z > 0, else lambda alpha e^z. lambda =
/// 1.0507…, alpha = 1.6732….
///
/// With these constants, independent inputs of mean 0 and variance 1 keep both through layers with `lecun_normal`
/// weights.
///
/// Range: f in (-lambda alpha, inf), f' in (0, lambda alpha].
///
/// Saturates: on the low side. The slope is 1 % of its peak at z = -4.605.
///
/// Special values: f(-inf) = -lambda alpha, f(inf) = inf, f'(-inf) = 0, f'(0) = lambda alpha (as in PyTorch;
/// tests/reference/kinks.csv); NaN gives NaN.
///
/// Accuracy: below 2 ulp (docs/accuracy.md).
///
/// Source: Klambauer, Unterthiner, Mayr, Hochreiter 2017, equation 2; the digits are the closed forms of its appendix.
struct selu {
  static constexpr std::string_view name = "selu";
  static constexpr bool flat_left = true;
  static constexpr bool flat_right = false;

  static constexpr long double lambda = 1.0507009873554804934193349852946L;
  static constexpr long double lambda_alpha = 1.7580993408473768599402175208123L;

  template <class T> [[nodiscard]] SATUR_INLINE constexpr T value(T z) const {
    return math::keep_nan(z, evaluate(z).value);
  }
  template <class T> [[nodiscard]] SATUR_INLINE constexpr T derivative(T z) const {
    return math::keep_nan(z, evaluate(z).slope);
  }
  /// Value and slope from one exponential.
  template <class T> [[nodiscard]] SATUR_INLINE constexpr math::value_and_slope<T> evaluate(T const& z) const {
    if constexpr (math::foreign_batch<T>) { // the compiler may fuse its products into sums
      return math::both_through_lanes(z, [this](auto const& l) { return this->evaluate(l); });
    } else {
      T const l = math::constant_as<T>(lambda);
      T const up = math::select(z > T(0), z, T(0));
      T const right = math::madd(up, math::constant_as<T>(lambda - 1.0L), up); // lambda z would overflow too early
      T const la = math::constant_as<T>(lambda_alpha);
      math::value_and_slope<T> const left = math::expm1_and_exp(T(math::select(z > T(0), T(0), z)), la);
      return {math::select(z > T(0), right, T(la * left.value)), math::select(z > T(0), l, left.slope)};
    }
  }

  [[nodiscard]] static constexpr double lower() noexcept { return static_cast<double>(-lambda_alpha); }
  [[nodiscard]] static constexpr double upper() noexcept { return std::numeric_limits<double>::infinity(); }
  [[nodiscard]] static constexpr double peak_slope() noexcept { return static_cast<double>(lambda_alpha); }
  /// Points at which the slope jumps.
  [[nodiscard]] static constexpr std::array<double, 1> kinks() noexcept { return {0.0}; }

  /// value(z) for a number, a lazy expression for an xtensor expression.
  template <class Z> constexpr decltype(auto) operator()(Z&& z) const {
    return detail::call(*this, std::forward<Z>(z));
  }
  bool operator==(selu const&) const = default;
};

}} // namespace satur::SATUR_ABI
