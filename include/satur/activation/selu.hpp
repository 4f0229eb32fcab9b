/// \file activation/selu.hpp
#pragma once

#include "satur/activation/concept.hpp"
#include "satur/math/expm1.hpp"
#include <array>
#include <limits>

namespace satur { inline namespace SATUR_ABI {

/// f(z) = lambda z for z > 0, else lambda alpha (e^z - 1); f'(z) = lambda for z > 0, else lambda alpha e^z. By default
/// alpha = 1.6732… and lambda = 1.0507…; each is in [2^-60, 2^60]. ONNX calls lambda gamma.
///
/// With the default constants, independent inputs of mean 0 and variance 1 keep both through layers with `lecun_normal`
/// weights; `theory::selu_constants` computes those of another variance.
///
/// Range: f in (-lambda alpha, inf), f' in (0, max(lambda, lambda alpha)].
///
/// Saturates: on the low side. The slope is lambda alpha/100 at z = -4.605.
///
/// Special values: f(-inf) = -lambda alpha, f(inf) = inf, f'(-inf) = 0, f'(0) = lambda alpha (as in PyTorch;
/// tests/reference/kinks.csv); NaN gives NaN.
///
/// Accuracy: below 2 ulp (docs/accuracy.md). The default constants have more digits than a double.
///
/// Source: Klambauer, Unterthiner, Mayr, Hochreiter 2017, equation 2; the digits are the closed forms of its appendix.
struct selu {
  static constexpr std::string_view name = "selu";
  static constexpr bool flat_left = true;
  static constexpr bool flat_right = false;

  static constexpr long double default_lambda = 1.0507009873554804934193349852946L;
  static constexpr long double default_lambda_alpha = 1.7580993408473768599402175208123L;

  double alpha = 1.6732632423543772848170429916717;
  double lambda = static_cast<double>(default_lambda);

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
      bool const usual = is_default();
      T const l = usual ? math::constant_as<T>(default_lambda) : math::parameter_as<T>(lambda);
      T const la = usual ? math::constant_as<T>(default_lambda_alpha) : math::parameter_as<T>(lambda * alpha);
      T const up = math::select(z > T(0), z, T(0));
      // By default lambda z would overflow too early.
      T const right = usual ? math::madd(up, math::constant_as<T>(default_lambda - 1.0L), up) : T(l * up);
      math::value_and_slope<T> const left = math::expm1_and_exp(T(math::select(z > T(0), T(0), z)), la);
      return {math::select(z > T(0), right, T(la * left.value)), math::select(z > T(0), l, left.slope)};
    }
  }

  [[nodiscard]] constexpr double lower() const noexcept { return -peak_on_the_left(); }
  [[nodiscard]] static constexpr double upper() noexcept { return std::numeric_limits<double>::infinity(); }
  [[nodiscard]] constexpr double peak_slope() const noexcept { return alpha > 1.0 ? peak_on_the_left() : lambda; }
  /// Points at which the slope jumps.
  [[nodiscard]] static constexpr std::array<double, 1> kinks() noexcept { return {0.0}; }

  /// Throws std::invalid_argument if a parameter is out of range.
  constexpr void require_valid() const {
    if (!(alpha >= 0x1p-60 && alpha <= 0x1p60)) {
      detail::bad_parameter("selu", "alpha", alpha, "a number from 2^-60 to 2^60");
    }
    if (!(lambda >= 0x1p-60 && lambda <= 0x1p60)) {
      detail::bad_parameter("selu", "lambda", lambda, "a number from 2^-60 to 2^60");
    }
  }

  /// value(z) for a number, a lazy expression for an xtensor expression.
  template <class Z> constexpr decltype(auto) operator()(Z&& z) const {
    return detail::call(*this, std::forward<Z>(z));
  }
  bool operator==(selu const&) const = default;

private:
  [[nodiscard]] constexpr bool is_default() const noexcept { return *this == selu{}; }
  [[nodiscard]] constexpr double peak_on_the_left() const noexcept {
    return is_default() ? static_cast<double>(default_lambda_alpha) : lambda * alpha;
  }
};

}} // namespace satur::SATUR_ABI
