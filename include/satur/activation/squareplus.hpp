/// \file activation/squareplus.hpp
#pragma once

#include "satur/activation/concept.hpp"
#include "satur/math/root_of_sum.hpp"

#include <limits>

namespace satur { inline namespace SATUR_ABI {

namespace detail {
/// Powers of two for sqrt(z^2 + b). Above `large` z is multiplied by `scale` to keep its square in range. The slope of
/// a high z above `nothing` changes no sum with 1. With b = 4 the slope is 0 for z up to -`zero_from`. `least` times
/// `scale` is a normal number.
template <class E> struct squareplus_range {
  static constexpr double large = 0x1p450, scale = 0x1p-550, nothing = 0x1p460, zero_from = 0x1.6a09e667f3bcdp+537,
                          least = 0x1p-472;
};
template <> struct squareplus_range<float> {
  static constexpr float large = 0x1p36f, scale = 0x1p-66f, nothing = 0x1p40f, zero_from = 0x1p75f, least = 0x1p-60f;
};
} // namespace detail

/// f(z) = (z + h)/2, h = sqrt(z^2 + b); f'(z) = (1 + z/h)/2. b > 0, 4 by default. The bend is sqrt(b) wide.
///
/// Range: f in (0, inf), f' in (0, 1).
///
/// Saturates: slowly on the low side, because the slope falls as b/(4 z^2). The slope is 1 % of its peak at z = -9.849
/// with b = 4.
///
/// Special values: f(-inf) = 0, f(inf) = inf, f'(-inf) = 0, f'(inf) = 1; NaN gives NaN. z^2 does not overflow.
///
/// Accuracy: value and slope below 1 ulp with b = 4 (docs/accuracy.md), computed in single precision for float; the
/// root and the quotients keep their rounding errors. On the low side f = (b/2)/(h - z) and f' = (b/2)/(h (h - z)),
/// because z + h and 1 + z/h cancel there.
///
/// Source: Barron 2021, "Squareplus: a softplus-like algebraic rectifier".
struct squareplus {
  static constexpr std::string_view name = "squareplus";
  static constexpr bool flat_left = true;
  static constexpr bool flat_right = false;

  double b = 4.0;

  template <class T> [[nodiscard]] SATUR_INLINE constexpr T value(T z) const {
    return math::keep_nan(z, evaluate(z).value);
  }
  template <class T> [[nodiscard]] SATUR_INLINE constexpr T derivative(T z) const {
    return math::keep_nan(z, evaluate(z).slope);
  }
  /// Value and slope from one square root and one division.
  template <class T> [[nodiscard]] SATUR_INLINE constexpr math::value_and_slope<T> evaluate(T const& z) const {
    using math::select;
    if constexpr (math::foreign_batch<T>) {
      return math::both_through_lanes(z, [this](auto const& l) { return this->evaluate(l); });
    } else if constexpr (!math::real_lanes<T>) {
      T const whole_b = math::parameter_as<T>(b);
      T const size = select(z < T(0), T(-z), z);
      T const bound = T(1e12) * (T(1) + whole_b); // above it h rounds to |z|
      T const kept = select(size < bound, size, T(1));
      T const h = select(size < bound, math::root_of_sum(kept, whole_b).root, size);
      T const middle = T(0.5) * size + T(0.5) * h;
      T const left = T(0.25) * whole_b / middle;
      return {select(z < T(0), left, middle), select(z < T(0), T(left / h), T(T(1) - left / h))};
    } else {
      using C = detail::squareplus_range<math::element_t<T>>;
      if (b == 4.0) { // constants in place of uniform operations
        return in_range<true>(z, T(4), T(0), T(C::zero_from), T(C::nothing));
      }
      T const whole_b = math::parameter_as<T>(b);
      // Beside z^2 a small b is nothing, and its product would be subnormal.
      T const down = math::rounded(whole_b * T(C::scale));
      T const scaled_b = math::selected(select(down < T(C::least), T(0), down)) * T(C::scale);
      T const half_width = T(0.5) * math::sqrt(whole_b);
      auto const wide = half_width > T(C::large); // then the products may overflow, and no slope is 0
      T const by = select(wide, T(0), half_width);
      T const largest = T((std::numeric_limits<math::element_t<T>>::max)());
      return in_range<false>(z, whole_b, scaled_b,
                             select(wide, largest, T(by * T(C::zero_from + C::zero_from / 0x100000))),
                             select(wide, largest, T(by * T(C::nothing))));
    }
  }

  [[nodiscard]] static constexpr double lower() noexcept { return 0.0; }
  [[nodiscard]] static constexpr double upper() noexcept { return std::numeric_limits<double>::infinity(); }
  [[nodiscard]] static constexpr double peak_slope() noexcept { return 1.0; }

  /// Throws std::invalid_argument if a parameter is out of range.
  constexpr void require_valid() const {
    if (!(b > 0.0 && detail::is_finite(b))) {
      detail::bad_parameter("squareplus", "b", b, "a finite number > 0");
    }
  }

  /// value(z) for a number, a lazy expression for an xtensor expression.
  template <class Z> constexpr decltype(auto) operator()(Z&& z) const {
    return detail::call(*this, std::forward<Z>(z));
  }
  bool operator==(squareplus const&) const = default;

private:
  /// b as it is and as it is beside a scaled z; the slope is 0 up to -`zero_from` and nothing to 1 from `nothing` on.
  /// If Default, f rounds to z where z is scaled.
  template <bool Default, class T>
  [[nodiscard]] SATUR_INLINE constexpr math::value_and_slope<T> in_range(T const& z, T const& whole_b,
                                                                         T const& scaled_b, T const& zero_from,
                                                                         T const& nothing) const {
    using math::rounded;
    using math::select;
    using E = math::element_t<T>;
    using C = detail::squareplus_range<E>;
    auto const left_side = z < T(0);
    T const c = rounded(T(0.5) * whole_b);
    T const largest = T((std::numeric_limits<E>::max)());
    T const size = math::minimum(largest, math::magnitude(math::finite_part(z)));
    auto const scaled = size > T(C::large);
    T const scale = select(scaled, T(C::scale), T(1));
    T const x = rounded(size * scale);
    math::root_and_residual<T> const h = math::root_of_sum(x, T(select(scaled, scaled_b, whole_b)));
    math::split<T> const s = math::exact_sum(h.root, x); // h + |z|
    math::split<T> const d = math::exact_product(h.root, s.value);
    T const r = rounded(T(1) / d.value);
    T const h_rest = rounded(rounded(T(0.5) * h.residual) * rounded(s.value * r));
    T const s_rest = s.rest + h_rest;
    T const d_rest = d.rest + math::madd(h_rest, s.value, rounded(h.root * s_rest));
    // c/s and c/(h s), each with the remainder of its division
    T const i = rounded(h.root * r);
    T const y = rounded(c * i);
    T const left = math::madd(math::madd(T(-y), s_rest, math::fma(T(-y), s.value, c)), i, y);
    T const kept_r =
        math::selected(select(size < select(left_side, zero_from, nothing), r, T(0))); // no product of it underflows
    T const q = rounded(c * kept_r);
    T const left_slope = math::madd(math::madd(T(-q), d_rest, math::fma(T(-q), d.value, c)), kept_r, q);
    T const half = T(0.5) * rounded(s.value + s_rest);
    T const right = Default ? select(scaled, size, half) : half * select(scaled, T(1 / C::scale), T(1));
    T const slope = rounded(left_slope * scale) * scale;
    T const value_scale = math::selected(select(left_side, select(z < -largest, T(0), scale), T(1)));
    T const value = select(left_side, T(left * value_scale), select(z > largest, z, right));
    return {math::at_infinity(z, select(left_side, T(0), z), value), select(left_side, slope, T(T(1) - slope))};
  }
};

}} // namespace satur::SATUR_ABI
