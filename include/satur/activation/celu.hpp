/// \file activation/celu.hpp
#pragma once

#include "satur/activation/concept.hpp"
#include "satur/math/expm1.hpp"
#include <limits>

namespace satur { inline namespace SATUR_ABI {

/// f(z) = z for z > 0, else alpha (e^(z/alpha) - 1); f'(z) = 1 for z > 0, else e^(z/alpha). alpha > 0, 1 by default.
///
/// Like `elu`, but the slope has no jump for any alpha.
///
/// Range: f in (-alpha, inf), f' in (0, 1].
///
/// Saturates: on the low side. The slope is 1 % of its peak at z = -4.605 alpha.
///
/// Special values: f(-inf) = -alpha, f(inf) = inf, f'(-inf) = 0; NaN gives NaN.
///
/// Accuracy: below 1.5 ulp with alpha = 1 (docs/accuracy.md), 2 ulp with alpha in [2^-60, 2^60]. The rounding error of
/// z/alpha is added back to the exponential; without that the tail would be wrong by hundreds of ulp.
///
/// Source: Barron 2017, equation 2.
struct celu {
  static constexpr std::string_view name = "celu";
  static constexpr bool flat_left = true;
  static constexpr bool flat_right = false;

  double alpha = 1.0;

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
      T const a = math::parameter_as<T>(alpha);
      T const x = math::maximum(T(T(-20000) * a), T(math::select(z > T(0), T(0), z))); // e^-20000 is 0 in any type
      T const q = math::rounded(x / a);
      auto const line = q > T(-0x1p-70); // the value rounds to z; z/alpha may underflow
      T const lost = math::fma(T(-q), a, x) / a;
      math::value_and_slope<T> const left = math::expm1_and_exp(q, T(1));
      T const value = math::select(line, x, T(a * math::madd(left.slope, lost, left.value)));
      return {math::select(z > T(0), z, value),
              math::select(z > T(0), T(1), T(math::madd(left.slope, lost, left.slope)))};
    }
  }

  [[nodiscard]] constexpr double lower() const noexcept { return -alpha; }
  [[nodiscard]] static constexpr double upper() noexcept { return std::numeric_limits<double>::infinity(); }
  [[nodiscard]] static constexpr double peak_slope() noexcept { return 1.0; }

  /// Throws std::invalid_argument if a parameter is out of range.
  constexpr void require_valid() const {
    if (!(alpha > 0.0 && detail::is_finite(alpha))) {
      detail::bad_parameter("celu", "alpha", alpha, "a finite number > 0");
    }
  }

  /// value(z) for a number, a lazy expression for an xtensor expression.
  template <class Z> constexpr decltype(auto) operator()(Z&& z) const {
    return detail::call(*this, std::forward<Z>(z));
  }
  bool operator==(celu const&) const = default;
};

}} // namespace satur::SATUR_ABI
