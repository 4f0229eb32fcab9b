/// \file activation/softsign.hpp
#pragma once

#include "satur/activation/concept.hpp"
#include "satur/math/logistic.hpp"

namespace satur { inline namespace SATUR_ABI {

namespace detail {
/// The |z| from which softsign is 1 and its slope rounds to 0 in E; a larger one in long double.
template <class E> inline constexpr E softsign_last = E(0x1.6a09e667f3bcdp+537); // sqrt(2^1075)
template <> inline constexpr float softsign_last<float> = 0x1p75f;
#if __LDBL_MAX_EXP__ > 10000 // a literal that is too large gives a warning even where it is not used
template <> inline constexpr long double softsign_last<long double> = 0x1p9000L;
#endif
} // namespace detail

/// f(z) = z/(1 + |z|); f'(z) = 1/(1 + |z|)^2, even in z.
///
/// Range: f in (-1, 1), f' in (0, 1].
///
/// Saturates: slowly on both sides, because the slope falls as 1/z^2. The slope is 2.8 % of its peak at |z| = 5 and 1 %
/// at |z| = 9.
///
/// Special values: f(±inf) = ±1, f'(±inf) = 0, f(±0) = ±0; NaN gives NaN. The slope is 1/(1 + |z|) squared, so it does
/// not overflow and is 0 only if its exact value rounds to 0 (|z| near 1e22 in float).
///
/// Accuracy: value 0.5 ulp, slope below 1.3 (docs/accuracy.md).
///
/// Source: Bergstra, Desjardins, Lamblin, Bengio 2009; Glorot, Bengio 2010, section 3.2.
struct softsign {
  static constexpr std::string_view name = "softsign";
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
    if constexpr (math::foreign_batch<T>) {
      return math::both_through_lanes(z, [this](auto const& l) { return this->evaluate(l); });
    } else if constexpr (!std::floating_point<math::element_t<T>>) { // a dual number: the derivative of z/(1+|z|) would
                                                                     // cancel
      T const m = select(z < T(0), T(-z), z);
      T const outer = T(1) / (T(1) + T(1) / select(m > T(1), m, T(1)));
      T const size_of_value = select(m > T(1), outer, T(m / (T(1) + m)));
      T const d = T(1) / (T(1) + m);
      return {select(z < T(0), T(-size_of_value), size_of_value), d * d};
    } else {
      T const last = T(detail::softsign_last<math::element_t<T>>);
      T const size = math::minimum(last, math::magnitude(z));
      math::split<T> const d = math::exact_sum(T(1), size);
      math::detail::corrected<T> const r = math::detail::reciprocal_of(d);
      math::split<T> const f = math::detail::times(size, r);
      T const i = math::selected(select(size < last, r.value, T(0)));
      T const inner = math::has_fused_v<T> ? r.value : i; // a product with the error, not fused, may be subnormal
      return {math::with_sign_of(T(f.value + f.rest), z), i * rounded(math::madd(T(inner + inner), r.error, inner))};
    }
  }

  [[nodiscard]] static constexpr double lower() noexcept { return -1.0; }
  [[nodiscard]] static constexpr double upper() noexcept { return 1.0; }
  [[nodiscard]] static constexpr double peak_slope() noexcept { return 1.0; }

  /// value(z) for a number, a lazy expression for an xtensor expression.
  template <class Z> constexpr decltype(auto) operator()(Z&& z) const {
    return detail::call(*this, std::forward<Z>(z));
  }
  bool operator==(softsign const&) const = default;
};

}} // namespace satur::SATUR_ABI
