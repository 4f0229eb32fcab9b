/// \file activation/arctan.hpp
#pragma once

#include "satur/activation/concept.hpp"
#include "satur/math/atan.hpp"

#include <limits>

namespace satur { inline namespace SATUR_ABI {

namespace detail {
/// Powers of two for 1/(1 + z^2). Above `large` the 1 no longer matters, and z is multiplied by `scale` to keep its
/// square in range. From `zero_from` on the slope rounds to 0.
template <class E> struct arctan_range {
  static constexpr E large = E(0x1p300), zero_from = E(0x1.6a09e667f3bcdp+537), scale = E(0x1p-450);
};
template <> struct arctan_range<float> {
  static constexpr float large = 0x1p40f, zero_from = 0x1p75f, scale = 0x1p-60f;
};
#if __LDBL_MAX_EXP__ > 10000
template <> struct arctan_range<long double> {
  static constexpr long double large = 0x1p4000L, zero_from = 0x1p9000L, scale = 0x1p-6500L;
};
#endif
} // namespace detail

/// f(z) = atan z; f'(z) = 1/(1 + z^2), even in z.
///
/// Range: f in (-pi/2, pi/2), f' in (0, 1].
///
/// Saturates: slowly on both sides. The slope is 3.8 % of its peak at |z| = 5 and 1 % at |z| = 9.95.
///
/// Special values: f(±inf) = ±pi/2, f'(±inf) = 0, f(±0) = ±0; NaN gives NaN. z^2 does not overflow, so the slope is 0
/// only if its exact value rounds to 0 (|z| near 1e22 in float).
///
/// Accuracy: value below 1.5 ulp, slope below 1 (docs/accuracy.md).
///
/// Source: Abramowitz, Stegun 1964, 4.4.
struct arctan {
  static constexpr std::string_view name = "arctan";
  static constexpr bool flat_left = true;
  static constexpr bool flat_right = true;

  template <class T> [[nodiscard]] SATUR_INLINE constexpr T value(T z) const {
    return math::keep_nan(z, evaluate(z).value);
  }
  template <class T> [[nodiscard]] SATUR_INLINE constexpr T derivative(T z) const {
    return math::keep_nan(z, evaluate(z).slope);
  }
  template <class T> [[nodiscard]] SATUR_INLINE constexpr math::value_and_slope<T> evaluate(T const& z) const {
    using math::rounded;
    using math::select;
    using E = math::element_t<T>;
    if constexpr (math::foreign_batch<T>) {
      return math::both_through_lanes(z, [this](auto const& l) { return this->evaluate(l); });
    } else if constexpr (!std::floating_point<E>) { // a dual number
      return {math::atan(z), T(1) / (T(1) + z * z)};
    } else {
      using C = detail::arctan_range<E>;
      T const size = math::minimum(T(C::zero_from), math::magnitude(z));
      auto const scaled = size > T(C::large);
      T const x = rounded(size * select(scaled, T(C::scale), T(1)));
      math::split<T> const square = math::exact_product(x, x);
      math::split<T> const d = math::exact_sum(select(scaled, T(0), T(1)), square.value);
      T const i = rounded(T(1) / d.value);
      T const remainder = math::madd(T(-i), T(d.rest + square.rest), math::fma(T(-i), d.value, T(1)));
      T const slope = math::madd(i, remainder, i);
      T const back = select(scaled, T(C::scale), T(1));
      return {math::atan(z), rounded(slope * back) * math::selected(select(size < T(C::zero_from), back, T(0)))};
    }
  }

  [[nodiscard]] static constexpr double lower() noexcept { return -1.5707963267948966; }
  [[nodiscard]] static constexpr double upper() noexcept { return 1.5707963267948966; }
  [[nodiscard]] static constexpr double peak_slope() noexcept { return 1.0; }

  /// value(z) for a number, a lazy expression for an xtensor expression.
  template <class Z> constexpr decltype(auto) operator()(Z&& z) const {
    return detail::call(*this, std::forward<Z>(z));
  }
  bool operator==(arctan const&) const = default;
};

}} // namespace satur::SATUR_ABI
