/// \file activation/composed.hpp
#pragma once

#include "satur/activation/concept.hpp"

namespace satur { inline namespace SATUR_ABI {

/// f(z) = outer(inner(z)); f'(z) = outer'(inner(z)) inner'(z).
///
/// Composes any two activations, a user's own included: `composed{tanh{}, softplus{}}`.
///
/// Range: not stated. It states no facts, so readings that need one are NaN.
///
/// Special values: those of the two activations. If one slope is infinite and the other 0, the product is NaN.
///
/// Accuracy: the inner error times z f'(z)/f(z), plus the outer error; one more rounding in the slope.
template <class Outer, class Inner> struct composed {
  static constexpr std::string_view name = "composed";

  Outer outer{};
  Inner inner{};

  template <class T> [[nodiscard]] SATUR_INLINE constexpr T value(T z) const {
    return detail::evaluate_one<false>(outer, detail::evaluate_one<false>(inner, z));
  }
  template <class T> [[nodiscard]] SATUR_INLINE constexpr T derivative(T z) const {
    return math::keep_nan(z, evaluate(z).slope);
  }
  /// Value and slope; each of the two activations is evaluated once.
  template <class T> [[nodiscard]] SATUR_INLINE constexpr math::value_and_slope<T> evaluate(T const& z) const {
    math::value_and_slope<T> const in = detail::evaluate(inner, z);
    math::value_and_slope<T> const out = detail::evaluate(outer, in.value);
    return {out.value, math::rounded(T(out.slope * in.slope))};
  }

  /// Throws std::invalid_argument if a parameter of one of the two is out of range.
  constexpr void require_valid() const {
    detail::require_valid_parameters(inner);
    detail::require_valid_parameters(outer);
  }

  /// value(z) for a number, a lazy expression for an xtensor expression.
  template <class Z> constexpr decltype(auto) operator()(Z&& z) const {
    return detail::call(*this, std::forward<Z>(z));
  }
  bool operator==(composed const&) const = default;
};
template <class Outer, class Inner> composed(Outer, Inner) -> composed<Outer, Inner>;

}} // namespace satur::SATUR_ABI
