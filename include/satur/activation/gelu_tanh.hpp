/// \file activation/gelu_tanh.hpp
#pragma once

#include "satur/activation/concept.hpp"
#include "satur/math/gate.hpp"
#include <limits>

namespace satur { inline namespace SATUR_ABI {

/// f(z) = z/2 (1 + tanh u) = z s(2u), u = sqrt(2/pi) (z + 0.044715 z^3), s the logistic function; f'(z) = s(2u) (1 + g
/// s(-2u)), g = 2z du/dz.
///
/// The usual approximation of GELU: within 4.8e-4 of it, but at z = -8 only a millionth of its value.
///
/// Range: f in [-0.17004, inf). Not monotone: the minimum is at z = -0.75246, where the slope is 0.
///
/// Saturates: on the low side. The slope is 1 % of its peak at z = -3.009.
///
/// Special values: f(-inf) = -0 (not NaN), f(inf) = inf, f'(-inf) = 0, f'(inf) = 1, f(±0) = ±0; NaN gives NaN.
///
/// Accuracy: float, computed in single precision, below 2 ulp; double below 2 ulp. Within 1/4 of the zero of the slope,
/// the error of the slope is measured in ulp of the peak slope (docs/accuracy.md). 2u is kept to twice the digits,
/// because the exponential multiplies its error by 2|u|. In float 1 + tanh u would be 0 below z = -5.2.
///
/// Source: Hendrycks, Gimpel 2016, section 2.
struct gelu_tanh {
  static constexpr std::string_view name = "gelu_tanh";
  static constexpr bool flat_left = true;
  static constexpr bool flat_right = false;

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
    } else {
      using math::detail::any_exact_product;
      math::split<T> const linear = // 2 sqrt(2/pi)
          math::detail::constant_in_two<T>(1.59576912160573071175978423973752747L, 0x1.f9678a017571cp-65L);
      math::split<T> const cubic = // 0.044715 times 2 sqrt(2/pi)
          math::detail::constant_in_two<T>(0.071354816272600248776338752279863541L, -0x1.087453a38e0f3p-70L);
      T const limit = T(math::detail::last_of_cubic_gate<T>());
      constexpr double first = std::same_as<math::element_t<T>, float> ? -0x1.5ca00ep+3 : -0x1.597bdbbd891f2p+4;
      T const kept = math::detail::kept_within(z, limit);
      math::split<T> const square = any_exact_product(kept, kept);
      math::split<T> bend = any_exact_product(cubic.value, square.value);
      bend.rest = bend.rest + math::madd(cubic.value, square.rest, math::rounded(cubic.rest * square.value));
      math::split<T> rise = math::exact_sum(linear.value, bend.value);
      rise.rest = rise.rest + (bend.rest + linear.rest);
      math::split<T> y = any_exact_product(kept, rise.value); // 2u
      y.rest = math::madd(kept, rise.rest, y.rest);
      T const twice = kept + kept;
      math::split<T> const more = any_exact_product(twice, bend.value); // z dy/dz = y + 2 z^3 cubic
      math::split<T> g = math::exact_sum(y.value, more.value);
      g.rest = g.rest + (y.rest + math::madd(twice, bend.rest, more.rest));
      math::value_and_slope<T> const f = math::detail::gated(kept, y, g, math::detail::gate_until{kept < T(first)});
      return {math::select(z > limit, z, f.value), f.slope};
    }
  }

  [[nodiscard]] static constexpr double lower() noexcept { return 0.0; }
  [[nodiscard]] static constexpr double upper() noexcept { return std::numeric_limits<double>::infinity(); }
  [[nodiscard]] static constexpr double peak_slope() noexcept { return 1.1289930686587718; }
  [[nodiscard]] static constexpr double minimum() noexcept { return -0.17004075057125405; }
  [[nodiscard]] static constexpr double minimum_at() noexcept { return -0.7524614220710163; }

  /// value(z) for a number, a lazy expression for an xtensor expression.
  template <class Z> constexpr decltype(auto) operator()(Z&& z) const {
    return detail::call(*this, std::forward<Z>(z));
  }
  bool operator==(gelu_tanh const&) const = default;
};

}} // namespace satur::SATUR_ABI
