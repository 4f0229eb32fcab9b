/// \file activation/mish.hpp
#pragma once

#include "satur/activation/concept.hpp"
#include "satur/math/in_double.hpp"

#include <limits>

namespace satur { inline namespace SATUR_ABI {

/// f(z) = z tanh(log(1 + e^z)); f'(z) = tanh(log(1 + e^z)) + z e^z (1 + e^z)/(1 + e^z + e^2z/2)^2.
///
/// Range: f in [-0.30884, inf). Not monotone: the minimum is at z = -1.19243, where the slope is 0. The slope peaks at
/// z = 1.4906 with 1.0885.
///
/// Saturates: on the low side, where the slope falls as z e^z. The slope is -1 % of its peak at z = -6.159.
///
/// Special values: f(-inf) = -0, f(inf) = inf, f'(-inf) = 0, f'(inf) = 1, f(±0) = ±0; NaN gives NaN.
///
/// Accuracy: below 1 ulp in float, computed in double (compensated single precision reached 2.24); in double value
/// below 2 and slope below 2.5 (docs/accuracy.md). Within 1/4 of the zero of the slope, the error of the slope is
/// measured in ulp of the peak slope. Both are rational in z and e^-|z|, so nothing overflows and the low tail keeps
/// its digits.
///
/// Source: Misra 2019, equation 1.
struct mish {
  static constexpr std::string_view name = "mish";
  static constexpr bool flat_left = true;
  static constexpr bool flat_right = false;

  template <class T> [[nodiscard]] SATUR_INLINE constexpr T value(T z) const {
    return math::keep_nan(z, evaluate(z).value);
  }
  template <class T> [[nodiscard]] SATUR_INLINE constexpr T derivative(T z) const {
    return math::keep_nan(z, evaluate(z).slope);
  }
  /// Value and slope from one exponential and one division.
  template <class T> [[nodiscard]] SATUR_INLINE constexpr math::value_and_slope<T> evaluate(T const& z) const {
    return math::in_double(*this, z);
  }
  template <math::grade G, class T>
  [[nodiscard]] SATUR_INLINE constexpr math::value_and_slope<T> formula(T const& z) const {
    using math::madd;
    using math::rounded;
    using math::select;
    auto const left = z < T(0);
    // z is limited so that z e^z is not 0 times infinity; for float also where both results round to 0, or e^-z to
    // nothing beside 1, because a double below the range of float would underflow when it is narrowed
    constexpr bool narrowed = math::real_lanes<T> && G == math::grade::for_float;
    T const bound = T(12000);
    T const zl = select(z < T(narrowed ? -0x1.b2a426p+6 : -12000), T(-bound), z);
    T const zs = select(zl > T(narrowed ? 100 : 12000), bound, zl);
    if constexpr (!math::real_lanes<T> || G == math::grade::for_float) {
      T const e = math::detail::exp_nonpositive(math::negative_magnitude(zs));
      // u = e or 2e, g = u + u^2/2: f = z n/(1 + g) with n = g for z < 0, 1 + u for z > 0
      T const u = select(left, e, T(e + e));
      T const g = madd(rounded(T(0.5) * u), u, u);
      T const r = T(1) / (T(1) + g);
      T const value = zl * rounded(select(left, g, T(T(1) + u)) * r);
      T const from_left = rounded(T(0.25) * u) * madd(u, T(T(4) + u), madd(T(4), zs, T(6))) + (T(1) + zs);
      T const inner = madd(T(0.5), u, T(1));
      T const from_right = madd(u, madd(u, madd(zs, inner, madd(T(0.5), u, T(1.5))), T(2)), T(1));
      return {value, rounded(select(left, T(u * from_left), from_right) * r) * r};
    } else {
      using E = math::element_t<T>;
      using C = math::detail::exp_constants<E>;
      constexpr E up = E(0x1p200);
      // 2^200 e^-|z|: it and its products are normal wherever z e^-|z| is not 0
      auto const scaled = zs < T(-60);
      T const kept = math::maximum(T(C::lowest - E(9)), math::negative_magnitude(zs));
      math::detail::reduced_argument<T> const a = math::detail::reduce(kept);
      math::detail::lowering<T> const last = math::detail::lowering_by(a.n, math::detail::exponent_t<T>(0));
      T const raised = rounded(last.raised(math::detail::exp_reduced(a.r)) * T(C::back * up));
      T const e =
          rounded(raised * math::selected(select(kept < T(-111), T(0), T(E(1) / up)))); // 2^-160 changes no sum with 1
      T const u = select(left, e, T(e + e));
      T const half = rounded(T(0.5) * u);
      T const g = rounded(u + rounded(half * u));
      T const g_rest = math::fma(half, u, T(u - g)); // g + g_rest = u + u^2/2: |u| > |u^2/2|, or both are near 2
      math::split<T> const d = math::exact_sum(T(1), g);
      T const i = rounded(T(1) / d.value);
      math::detail::corrected<T> const r{i, madd(T(-i), T(d.rest + g_rest), math::fma(T(-i), d.value, T(1)))};
      // the value: z n r
      math::split<T> const one_and_u = math::exact_sum(T(1), u);
      math::split<T> const n{select(left, select(scaled, raised, g), one_and_u.value),
                             select(left, select(scaled, T(0), g_rest), one_and_u.rest)};
      math::split<T> const share = math::detail::times(n, r);
      T const y = rounded(zs * share.value);
      T const near_value = y + madd(zs, share.rest, math::fma(zs, share.value, T(-y)));
      T const first = T(-0x1.77e0b87f54f94p+9); // the least z at which the value does not round to 0
      T const back = math::selected(select(scaled, select(zs < first, T(0), T(E(1) / up)), T(1)));
      T const value = select(zl > bound || z == T(0), zl, T(near_value * back)); // -0
      // the slope: (1 + z + u m) u r^2 for z < 0, (1 + u m) r^2 for z > 0
      math::split<T> const one_and_z = math::exact_sum(T(1), zs);
      T const m_left = T(0.25) * madd(u, T(T(4) + u), madd(T(4), zs, T(6)));
      T const m_right = madd(u, madd(zs, T(T(1) + half), T(T(1.5) + half)), T(2));
      T const m = select(left, m_left, m_right);
      T const um = rounded(u * m);
      math::split<T> const sum = math::exact_sum(select(left, one_and_z.value, T(1)), um);
      T const sum_rest = sum.rest + (math::fma(u, m, T(-um)) + select(left, one_and_z.rest, T(0)));
      T const f = select(left, select(scaled, raised, e), T(1));
      T const product = rounded(sum.value * f);
      math::split<T> const p{product, madd(sum_rest, f, math::fma(sum.value, f, T(-product)))};
      return {value, math::detail::times_once(math::detail::times(p, r), r) * back};
    }
  }

  [[nodiscard]] static constexpr double lower() noexcept { return 0.0; }
  [[nodiscard]] static constexpr double upper() noexcept { return std::numeric_limits<double>::infinity(); }
  [[nodiscard]] static constexpr double peak_slope() noexcept { return 1.0884981612517279; }
  [[nodiscard]] static constexpr double minimum() noexcept { return -0.3088434130172504; }
  [[nodiscard]] static constexpr double minimum_at() noexcept { return -1.1924312145154952; }

  /// value(z) for a number, a lazy expression for an xtensor expression.
  template <class Z> constexpr decltype(auto) operator()(Z&& z) const {
    return detail::call(*this, std::forward<Z>(z));
  }
  bool operator==(mish const&) const = default;
};

}} // namespace satur::SATUR_ABI
