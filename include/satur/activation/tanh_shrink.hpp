/// \file activation/tanh_shrink.hpp
#pragma once

#include "satur/activation/concept.hpp"
#include "satur/math/exp.hpp"

#include <limits>

namespace satur { inline namespace SATUR_ABI {

namespace detail {
/// (z - tanh z)/z^3 = 1/3 + z^2 g(z^2) for |z| <= 1. g is interpolated in Chebyshev nodes at 60 digits, then rounded.
template <class E> struct tanh_shrink_constants;
template <> struct tanh_shrink_constants<float> {
  static constexpr float g[] = {-0x1.111112p-3f, 0x1.ba182cp-5f,  -0x1.65edbap-6f, 0x1.1e6948p-7f,
                                -0x1.abd92ap-9f, 0x1.f8909ap-11f, -0x1.416988p-13f};
  static constexpr float third_rest = -0x1.555556p-27f; // the rounding error of 1/3
};
template <> struct tanh_shrink_constants<double> {
  static constexpr double g[] = {
      -0x1.1111111111111p-3,  0x1.ba1ba1ba1b98ep-5,  -0x1.664f4882bb240p-6,  0x1.226e355cdb611p-7,
      -0x1.d6d3d071a6963p-9,  0x1.7da35adf8c92cp-10, -0x1.35579d7e73e98p-11, 0x1.f572fd5d56015p-13,
      -0x1.96333853dbdc1p-14, 0x1.47f3a3b382d2fp-15, -0x1.050833cd4e0f6p-16, 0x1.8d42adb929683p-18,
      -0x1.0f50f19cd700cp-19, 0x1.2c170a6a9f8dfp-21, -0x1.ca55f1a641fc5p-24, 0x1.5e4bb3f365415p-27};
  static constexpr double third_rest = 0x1.5555555555555p-56;
};
} // namespace detail

/// f(z) = z - tanh z; f'(z) = tanh^2 z, even in z.
///
/// Range: all numbers; f' in [0, 1).
///
/// Saturates: in the middle: f is z^3/3 near 0 and f'(0) = 0. The slope is 1 % of its peak at |z| = 0.1003. Never on
/// the sides.
///
/// Special values: f(±inf) = ±inf, f'(±inf) = 1, f(±0) = ±0; NaN gives NaN.
///
/// Accuracy: value below 2 ulp, slope below 1.5 (docs/accuracy.md), computed in single precision for float; the sums
/// keep their rounding errors. For |z| <= 1 it is a polynomial, because z - tanh z cancels. Above that it is z - 1 +
/// 2E/(1 + E), E = e^-2|z|.
///
/// Source: PyTorch's Tanhshrink.
struct tanh_shrink {
  static constexpr std::string_view name = "tanh_shrink";
  static constexpr bool flat_left = false;
  static constexpr bool flat_right = false;

  template <class T> [[nodiscard]] SATUR_INLINE constexpr T value(T z) const {
    return math::keep_nan(z, evaluate(z).value);
  }
  template <class T> [[nodiscard]] SATUR_INLINE constexpr T derivative(T z) const {
    return math::keep_nan(z, evaluate(z).slope);
  }
  /// Value and slope from one exponential and one division.
  template <class T> [[nodiscard]] SATUR_INLINE constexpr math::value_and_slope<T> evaluate(T const& z) const {
    using math::rounded;
    using math::select;
    if constexpr (math::foreign_batch<T>) {
      return math::both_through_lanes(z, [this](auto const& l) { return this->evaluate(l); });
    } else if constexpr (!math::real_lanes<T>) {
      T const x = math::negative_magnitude(z);
      T const kept = select(x < T(-20000), T(-20000), x); // e^2x is 0 there; the limit keeps 2x and x^2 from overflow
      T const e = math::detail::generic_exp(T(kept + kept));
      T const t = -math::detail::generic_expm1(T(kept + kept)) / (T(1) + e); // |tanh z|
      auto const is_near = x > T(-1);
      T const inner = select(is_near, x, T(0));
      // z^3/3 - 2z^5/15 + …, from the continued fraction of tanh z = z/(1 + z^2/(3 + z^2/(5 + …)))
      T const s = inner * inner;
      T d = T(59);
      for (int k = 57; k >= 3; k -= 2) {
        d = T(k) + s / d;
      }
      T const inner_size = T(-inner) * (s / d) / (T(1) + s / d);
      T const t_near = T(-inner) / (T(1) + s / d);
      T const size = select(is_near, inner_size, T((T(-x) - T(1)) + T(2) * e / (T(1) + e)));
      T const root = select(is_near, t_near, t);
      return {select(z < T(0), T(-size), size), root * root};
    } else {
      using C = detail::tanh_shrink_constants<math::element_t<T>>;
      T const size = select(z < T(0), T(-z), z);
      auto const is_near = size < T(1);
      // near: y + y_rest = x^3 (1/3 + x^2 g)
      T const x = math::minimum(T(1), size);
      math::split<T> const s = math::exact_product(x, x);
      T const bend = rounded(s.value * math::detail::polynomial(s.value, C::g));
      T const third = T(1.0 / 3.0);
      T const w = rounded(third + bend);
      T const w_rest = rounded(bend - rounded(w - third)) + T(C::third_rest);
      T const v = rounded(s.value * w);
      T const v_rest = math::madd(s.value, w_rest, math::madd(s.rest, w, math::fma(s.value, w, T(-v))));
      T const y = rounded(x * v);
      T const y_rest = math::madd(x, v_rest, math::fma(x, v, T(-y)));
      // far: 1 - tanh = q.value + q.rest
      T const e = math::detail::exp_for_sum(T(-math::minimum(T(500), size) - math::minimum(T(500), size)));
      math::split<T> const q = math::detail::times(T(e + e), math::detail::reciprocal_of_one_plus(e));
      math::split<T> const outer_sum = math::exact_sum(T(math::minimum(T(500), size) - T(1)), q.value);
      T const outside = select(size < T(500), T(outer_sum.value + (outer_sum.rest + q.rest)), T(size - T(1)));
      T const value = select(is_near, T(y + y_rest), outside);
      // tanh = t + t_rest = above - below
      T const above = select(is_near, x, T(1));
      T const below = select(is_near, y, q.value);
      T const t = rounded(above - below);
      T const t_rest = rounded(rounded(above - t) - below) - select(is_near, y_rest, q.rest);
      T const square = rounded(t * t);
      T const slope = square + math::madd(T(t + t), t_rest, math::fma(t, t, T(-square)));
      return {math::keep_zero(z, T(select(z < T(0), T(-value), value))), slope};
    }
  }

  [[nodiscard]] static constexpr double lower() noexcept { return -std::numeric_limits<double>::infinity(); }
  [[nodiscard]] static constexpr double upper() noexcept { return std::numeric_limits<double>::infinity(); }
  [[nodiscard]] static constexpr double peak_slope() noexcept { return 1.0; }

  /// value(z) for a number, a lazy expression for an xtensor expression.
  template <class Z> constexpr decltype(auto) operator()(Z&& z) const {
    return detail::call(*this, std::forward<Z>(z));
  }
  bool operator==(tanh_shrink const&) const = default;
};

}} // namespace satur::SATUR_ABI
