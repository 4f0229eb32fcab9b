// A dual number for tests: a value and its derivative, differentiated by the rules of calculus and nothing else.
#pragma once

#include <cmath>

namespace test {

struct dual {
  double v = 0.0;
  double d = 0.0;
  dual() = default;
  dual(double value) : v(value) {} // NOLINT: a constant
  dual(double value, double derivative) : v(value), d(derivative) {}
  static dual variable(double z) { return {z, 1.0}; }

  friend dual operator+(dual const& a, dual const& b) { return {a.v + b.v, a.d + b.d}; }
  friend dual operator-(dual const& a, dual const& b) { return {a.v - b.v, a.d - b.d}; }
  friend dual operator*(dual const& a, dual const& b) { return {a.v * b.v, a.d * b.v + a.v * b.d}; }
  friend dual operator/(dual const& a, dual const& b) { return {a.v / b.v, (a.d - a.v / b.v * b.d) / b.v}; }
  friend dual operator-(dual const& a) { return {-a.v, -a.d}; }
  friend bool operator<(dual const& a, dual const& b) { return a.v < b.v; }
  friend bool operator>(dual const& a, dual const& b) { return a.v > b.v; }
  friend bool operator<=(dual const& a, dual const& b) { return a.v <= b.v; }
  friend bool operator>=(dual const& a, dual const& b) { return a.v >= b.v; }
  friend bool operator==(dual const& a, dual const& b) { return a.v == b.v; }
};
inline dual exp(dual const& x) { return {std::exp(x.v), std::exp(x.v) * x.d}; }
inline dual expm1(dual const& x) { return {std::expm1(x.v), std::exp(x.v) * x.d}; }
inline dual log1p(dual const& x) { return {std::log1p(x.v), x.d / (1.0 + x.v)}; }
inline double slope_of_erf(double x) { // 2/sqrt(pi) e^-(x^2), the square in more digits
  auto const y = static_cast<long double>(x);
  return static_cast<double>(1.128379167095512573896158903121545172L * std::exp(-y * y));
}
inline dual erf(dual const& x) { return {std::erf(x.v), slope_of_erf(x.v) * x.d}; }
inline dual erfc(dual const& x) { return {std::erfc(x.v), -slope_of_erf(x.v) * x.d}; }
inline dual sqrt(dual const& x) { return {std::sqrt(x.v), x.d / (2.0 * std::sqrt(x.v))}; }
inline dual atan(dual const& x) { return {std::atan(x.v), x.d / (1.0 + x.v * x.v)}; }

} // namespace test
