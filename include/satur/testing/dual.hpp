/// \file testing/dual.hpp  Dual numbers: a value and its derivative, by the rules of calculus.
#pragma once

#include "satur/simd/rounded.hpp"

#include <cmath>

namespace satur::inline SATUR_ABI::testing {

/// v + d eps with eps^2 = 0: `f(dual::variable(z)).d` is f'(z). A reference for tests that does not depend on a formula
/// for the derivative.
struct dual {
  double v = 0.0;
  double d = 0.0;

  constexpr dual() = default;
  constexpr dual(double value) : v(value) {} // NOLINT: implicit, for constants
  constexpr dual(double value, double derivative) : v(value), d(derivative) {}
  [[nodiscard]] static constexpr dual variable(double z) { return {z, 1.0}; }

  friend constexpr dual operator+(dual const& a, dual const& b) { return {a.v + b.v, a.d + b.d}; }
  friend constexpr dual operator-(dual const& a, dual const& b) { return {a.v - b.v, a.d - b.d}; }
  friend constexpr dual operator*(dual const& a, dual const& b) {
    return {math::rounded(a.v * b.v), a.d * b.v + a.v * b.d}; // rounded: exact products of duals stay exact
  }
  friend constexpr dual operator/(dual const& a, dual const& b) { return {a.v / b.v, (a.d - a.v / b.v * b.d) / b.v}; }
  friend constexpr dual operator-(dual const& a) { return {-a.v, -a.d}; }
  friend constexpr dual operator+(dual const& a) { return a; }
  constexpr dual& operator+=(dual const& o) { return *this = *this + o; }
  constexpr dual& operator-=(dual const& o) { return *this = *this - o; }
  constexpr dual& operator*=(dual const& o) { return *this = *this * o; }
  constexpr dual& operator/=(dual const& o) { return *this = *this / o; }
  friend constexpr bool operator<(dual const& a, dual const& b) { return a.v < b.v; }
  friend constexpr bool operator>(dual const& a, dual const& b) { return a.v > b.v; }
  friend constexpr bool operator<=(dual const& a, dual const& b) { return a.v <= b.v; }
  friend constexpr bool operator>=(dual const& a, dual const& b) { return a.v >= b.v; }
  friend constexpr bool operator==(dual const& a, dual const& b) { return a.v == b.v; }
};

inline dual exp(dual const& x) { return {std::exp(x.v), std::exp(x.v) * x.d}; }
inline dual expm1(dual const& x) { return {std::expm1(x.v), std::exp(x.v) * x.d}; }
inline dual log(dual const& x) { return {std::log(x.v), x.d / x.v}; }
inline dual log1p(dual const& x) { return {std::log1p(x.v), x.d / (1.0 + x.v)}; }
inline dual sqrt(dual const& x) { return {std::sqrt(x.v), x.d / (2.0 * std::sqrt(x.v))}; }
inline dual tanh(dual const& x) {
  double const c = std::cosh(x.v);
  return {std::tanh(x.v), x.d / c / c};
}
inline dual atan(dual const& x) { return {std::atan(x.v), x.d / (1.0 + x.v * x.v)}; }
inline dual sin(dual const& x) { return {std::sin(x.v), std::cos(x.v) * x.d}; }
inline dual cos(dual const& x) { return {std::cos(x.v), -std::sin(x.v) * x.d}; }
inline dual fabs(dual const& x) { return x.v < 0.0 ? -x : x; }
inline dual abs(dual const& x) { return fabs(x); }

namespace detail {
/// 2/sqrt(pi) e^-(x^2), the square with more digits if long double has them.
inline double slope_of_erf(double x) {
  auto const y = static_cast<long double>(x);
  return static_cast<double>(1.128379167095512573896158903121545172L * std::exp(-y * y));
}
} // namespace detail
inline dual erf(dual const& x) { return {std::erf(x.v), detail::slope_of_erf(x.v) * x.d}; }
inline dual erfc(dual const& x) { return {std::erfc(x.v), -detail::slope_of_erf(x.v) * x.d}; }

} // namespace satur::inline SATUR_ABI::testing
