/// \file testing/kernel/cause/rounded.hpp  Numbers that are rounded after each operation as a kernel's are: formulas of
/// them give its results, its losses included.
#pragma once

#include "satur/error.hpp"
#include "satur/format/rounding.hpp"

#include <cmath>
#include <limits>

namespace satur::inline SATUR_ABI::testing::detail {

using satur::detail::is_finite;
using satur::detail::is_nan;

/// How a number is rounded after each operation, and by how many units an exponential is off (libraries differ).
struct arithmetic {
  int digits = 24;                       ///< 24: float, 53: double
  satur::format const* format = nullptr; ///< if set, each operation is rounded to it too
  int nudge = 0;

  [[nodiscard]] double round(double x) const {
    double const r = digits == 24 ? static_cast<double>(static_cast<float>(x)) : x;
    if (format == nullptr) {
      return r;
    }
    double const stored = round_to(*format, r);
    return stored > format->largest || stored < format->lowest ? stored * std::numeric_limits<double>::infinity()
                                                               : stored;
  }
  /// The result of a library function, off by `nudge` units.
  [[nodiscard]] double of_library(double x) const {
    double r = round(x);
    for (int i = 0; i < nudge || i < -nudge; ++i) {
      double const up = nudge > 0 ? std::numeric_limits<double>::infinity() : -std::numeric_limits<double>::infinity();
      r = digits == 24 ? static_cast<double>(std::nextafter(static_cast<float>(r), static_cast<float>(up)))
                       : std::nextafter(r, up);
    }
    return is_finite(x) && x != 0.0 && x != 1.0 && x != -1.0 ? round(r) : round(x);
  }
};

/// A number of that arithmetic. Products, sums and quotients of floats are exact enough in double to be rounded once.
class rounded {
public:
  rounded(double x, arithmetic const& a) : x_(a.round(x)), a_(&a) {}

  [[nodiscard]] double get() const { return x_; }
  [[nodiscard]] rounded made(double x) const { return {x, *a_}; }
  [[nodiscard]] rounded called(double x) const {
    rounded r = made(0.0);
    r.x_ = a_->of_library(x);
    return r;
  }

  friend rounded operator-(rounded const& x) { return x.made(-x.x_); }
  friend rounded operator+(rounded const& x, rounded const& y) { return x.made(x.x_ + y.x_); }
  friend rounded operator-(rounded const& x, rounded const& y) { return x.made(x.x_ - y.x_); }
  friend rounded operator*(rounded const& x, rounded const& y) { return x.made(x.x_ * y.x_); }
  friend rounded operator/(rounded const& x, rounded const& y) { return x.made(x.x_ / y.x_); }
  friend rounded operator+(rounded const& x, double c) { return x + x.made(c); }
  friend rounded operator+(double c, rounded const& x) { return x.made(c) + x; }
  friend rounded operator-(rounded const& x, double c) { return x - x.made(c); }
  friend rounded operator-(double c, rounded const& x) { return x.made(c) - x; }
  friend rounded operator*(rounded const& x, double c) { return x * x.made(c); }
  friend rounded operator*(double c, rounded const& x) { return x.made(c) * x; }
  friend rounded operator/(double c, rounded const& x) { return x.made(c) / x; }
  friend rounded operator/(rounded const& x, double c) { return x / x.made(c); }
  friend bool operator<(rounded const& x, double c) { return x.x_ < c; }
  friend bool operator>(rounded const& x, double c) { return x.x_ > c; }

private:
  double x_;
  arithmetic const* a_;
};
inline rounded exp(rounded const& x) { return x.called(std::exp(x.get())); }
inline rounded expm1(rounded const& x) { return x.called(std::expm1(x.get())); }
inline rounded log(rounded const& x) { return x.called(std::log(x.get())); }
inline rounded log1p(rounded const& x) { return x.called(std::log1p(x.get())); }
inline rounded tanh(rounded const& x) { return x.called(std::tanh(x.get())); }
inline rounded erf(rounded const& x) { return x.called(std::erf(x.get())); }
inline rounded erfc(rounded const& x) { return x.called(std::erfc(x.get())); }
inline rounded cosh(rounded const& x) { return x.called(std::cosh(x.get())); }
inline rounded cos(rounded const& x) { return x.called(std::cos(x.get())); }
inline rounded sqrt(rounded const& x) { return x.made(std::sqrt(x.get())); }
inline rounded fabs(rounded const& x) { return x.made(std::fabs(x.get())); }
/// y if x is above c, else z, as `x > c ? y : z`.
inline rounded above(rounded const& x, double c, rounded const& y, rounded const& z) { return x > c ? y : z; }

} // namespace satur::inline SATUR_ABI::testing::detail
