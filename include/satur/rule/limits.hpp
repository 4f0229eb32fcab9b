/// \file rule/limits.hpp  What a rule comes down to for an activation: limits of z, of the slope, or of the output.
#pragma once

#include "satur/error.hpp"

#include <cmath>
#include <limits>
#include <string_view>

namespace satur { inline namespace SATUR_ABI {

/// The limits beyond which a unit counts as saturated.
///
/// z: low side where z < low, high side where z > high. output: low side where f(z) < low, high side where f(z) > high.
/// slope: |f'(z)| < high; low side where z <= 0, high side where z > 0; `low` is not used. The comparisons are strict
/// unless `inclusive`. A limit may be infinite: that side never saturates. For z of float the limits are not rounded:
/// a float counts exactly if it is beyond the double.
struct rule_limits {
  enum class quantity { z, slope, output };
  quantity of = quantity::z;
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool inclusive = false; ///< the limits themselves are saturated too

  [[nodiscard]] static constexpr rule_limits of_z(double low, double high) { return {quantity::z, low, high}; }
  [[nodiscard]] static constexpr rule_limits of_slope(double limit) { return {quantity::slope, 0.0, limit}; }
  [[nodiscard]] static constexpr rule_limits of_output(double low, double high) {
    return {quantity::output, low, high};
  }
  bool operator==(rule_limits const&) const = default;
};

namespace detail {

/// The largest E that is <= x, so that `z > x` means the same for a float z and a double x (0.1 is no float).
template <class E> [[nodiscard]] constexpr E round_down(double x) {
  E const e = static_cast<E>(x);
  return static_cast<double>(e) > x ? std::nextafter(e, -std::numeric_limits<E>::infinity()) : e;
}
/// The smallest E that is >= x, for `z < x`.
template <class E> [[nodiscard]] constexpr E round_up(double x) {
  E const e = static_cast<E>(x);
  return static_cast<double>(e) < x ? std::nextafter(e, std::numeric_limits<E>::infinity()) : e;
}
/// The largest E that is < x, so that `z > ` it means z >= x.
template <class E> [[nodiscard]] constexpr E just_below(double x) {
  E const e = static_cast<E>(x);
  return static_cast<double>(e) < x ? e : std::nextafter(e, -std::numeric_limits<E>::infinity());
}
/// The smallest E that is > x, so that `z < ` it means z <= x.
template <class E> [[nodiscard]] constexpr E just_above(double x) { return -just_below<E>(-x); }

/// Limits at work: they see z, f(z) and f'(z) and answer for each side. L is a number type, or lanes of one.
template <class L> struct limits_in_lanes {
  rule_limits::quantity of;
  L low_limit;
  L high_limit;

  template <class W> SATUR_INLINE limits_in_lanes<W> over() const { return {of, W(low_limit), W(high_limit)}; }
  // The branches are the same for every element.
  SATUR_INLINE auto low(L const& z, L const& y, L const& slope) const {
    if (of == rule_limits::quantity::slope) {
      return slope < high_limit && slope > low_limit && z <= L(0);
    }
    return of == rule_limits::quantity::z ? z < low_limit : y < low_limit;
  }
  SATUR_INLINE auto high(L const& z, L const& y, L const& slope) const {
    if (of == rule_limits::quantity::slope) {
      return slope < high_limit && slope > low_limit && z > L(0);
    }
    return of == rule_limits::quantity::z ? z > high_limit : y > high_limit;
  }
};

/// A rule's limits for an activation, rounded to T so that every comparison stays exact. Throws what the rule throws;
/// std::invalid_argument if low <= high does not hold, or the limit of the slope is NaN.
template <class T, class Rule, class A> [[nodiscard]] limits_in_lanes<T> limits_of(Rule const& rule, A const& act) {
  rule_limits const l = rule.limits(act);
  if (is_nan(l.low) || is_nan(l.high) || !(l.low <= l.high)) {
    bad_parameter(std::string_view(rule.definition().name), "(low, high)", message("(", l.low, ", ", l.high, ")"),
                  "low <= high");
  }
  if (l.of == rule_limits::quantity::slope) {
    T const limit = l.inclusive ? just_above<T>(l.high) : round_up<T>(l.high);
    return {l.of, -limit, limit};
  }
  if (l.inclusive) {
    return {l.of, just_above<T>(l.low), just_below<T>(l.high)};
  }
  return {l.of, round_up<T>(l.low), round_down<T>(l.high)};
}

} // namespace detail
}} // namespace satur::SATUR_ABI
