/// \file activation/log_sigmoid.hpp
#pragma once

#include "satur/activation/concept.hpp"
#include "satur/math/log1p.hpp"
#include <limits>

namespace satur { inline namespace SATUR_ABI {

/// f(z) = log(1/(1 + e^-z)) = -softplus(-z); f'(z) = 1/(1 + e^z).
///
/// Range: f in (-inf, 0), f' in (0, 1).
///
/// Saturates: on the high side. The slope is 1 % of its peak at z = 4.595.
///
/// Special values: f(-inf) = -inf, f(inf) = -0, f'(-inf) = 1, f'(inf) = 0; NaN gives NaN.
///
/// Accuracy: value below 2 ulp, slope below 1.7 (docs/accuracy.md). It is computed as min(z, 0) - log1p(e^-|z|). In
/// float log(sigmoid(z)) would be 0 from z = 17.33 and -inf below -103.97.
///
/// Source: Dugas et al. 2001 for softplus; PyTorch's LogSigmoid.
struct log_sigmoid {
  static constexpr std::string_view name = "log_sigmoid";
  static constexpr bool flat_left = false;
  static constexpr bool flat_right = true;

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
      auto const e = math::detail::exp_for_products(math::negative_magnitude(z), z < T(0));
      return {math::select(z < T(0), z, T(0)) - math::detail::log1p_of_unit(e.value),
              math::detail::logistic_of(T(-z), e).value};
    }
  }

  [[nodiscard]] static constexpr double lower() noexcept { return -std::numeric_limits<double>::infinity(); }
  [[nodiscard]] static constexpr double upper() noexcept { return 0.0; }
  [[nodiscard]] static constexpr double peak_slope() noexcept { return 1.0; }

  /// value(z) for a number, a lazy expression for an xtensor expression.
  template <class Z> constexpr decltype(auto) operator()(Z&& z) const {
    return detail::call(*this, std::forward<Z>(z));
  }
  bool operator==(log_sigmoid const&) const = default;
};

}} // namespace satur::SATUR_ABI
