/// \file testing/kernel/cause/fit.hpp  Whether a supposed code explains what a kernel did: numbers that are rounded as
/// the kernel rounds them, and how well a formula of them meets the wrong and the right places.
#pragma once

#include "satur/error.hpp"
#include "satur/format/rounding.hpp"
#include "satur/testing/kernel/evidence.hpp"

#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <string>
#include <vector>

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
    return stored > format->largest || stored < format->lowest ? stored * std::numeric_limits<double>::infinity() : stored;
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

/// The step between the numbers of the result's type at x.
[[nodiscard]] inline double unit_at(kernel_evidence const& e, long double x) {
  int exponent = 0;
  if (e.type == kernel_evidence::numbers::stored) {
    satur::format const& f = e.output_format;
    if (f.is_integer() || x == 0.0L) {
      return f.smallest_subnormal / e.output_scale;
    }
    std::frexp(x * static_cast<long double>(e.output_scale), &exponent);
    int const above = (exponent - 1) - f.least_exponent();
    return std::ldexp(f.smallest_subnormal, above > 0 ? above : 0) / e.output_scale;
  }
  bool const single = e.type == kernel_evidence::numbers::binary32;
  int const digits = single ? 24 : 53;
  int const least = single ? -149 : -1074;
  std::frexp(x, &exponent);
  return std::ldexp(1.0, x == 0.0L || exponent - digits < least ? least : exponent - digits);
}

/// x as the result's type holds it. What is too large becomes the largest number or infinity, as the format has it.
[[nodiscard]] inline double as_result(kernel_evidence const& e, double x) {
  if (e.type == kernel_evidence::numbers::binary64 || is_nan(x)) {
    return x;
  }
  if (e.type == kernel_evidence::numbers::binary32) {
    return static_cast<double>(static_cast<float>(x));
  }
  satur::format const& f = e.output_format;
  double const r = round_to(f, x * e.output_scale);
  if (f.codes == format::coding::ieee && (r > f.largest || r < f.lowest)) {
    return r > 0.0 ? std::numeric_limits<double>::infinity() : -std::numeric_limits<double>::infinity();
  }
  return std::fmin(std::fmax(r, f.low_end()), f.high_end()) / e.output_scale;
}

/// Whether x accounts for what the kernel got there: at most a quarter of the error is left.
[[nodiscard]] inline bool accounts_for(kernel_sample const& s, double x) {
  if (is_nan(x) || is_nan(s.got)) {
    return is_nan(x) && is_nan(s.got);
  }
  if (!is_finite(x) || !is_finite(s.got)) {
    return x == s.got;
  }
  if (is_nan(static_cast<double>(s.exact)) || !is_finite(static_cast<double>(s.exact))) {
    return std::fabs(x - s.got) <= 1e-3 * std::fabs(s.got);
  }
  long double const error = std::fabs(static_cast<long double>(s.got) - s.exact);
  return std::fabs(static_cast<long double>(x) - s.got) <= 0.25L * error;
}

/// Whether a kernel that gets x there could not have been found right.
[[nodiscard]] inline bool contradicts(kernel_evidence const& e, kernel_sample const& s, double x) {
  auto const exact = static_cast<double>(s.exact);
  if (is_nan(x) || is_nan(exact)) {
    return is_nan(x) != is_nan(exact);
  }
  if (!is_finite(x) || !is_finite(exact)) {
    return x != exact && x != s.got;
  }
  return std::fabs(static_cast<long double>(x) - s.exact) >
         static_cast<long double>((4.0 * e.allowed_ulp + 8.0) * unit_at(e, s.exact)) * (x == s.got ? 2.0L : 1.0L);
}

/// How many places a supposed code explains.
struct fit {
  std::size_t explained = 0;
  std::size_t wrong = 0;
  std::size_t contradicted = 0;
  std::size_t right = 0;

  /// Nearly all wrong places are explained, and no right place, but for an odd one, speaks against it.
  [[nodiscard]] bool holds() const {
    return explained > 0 && 10 * explained >= 9 * wrong && 50 * contradicted <= right;
  }
  [[nodiscard]] double share() const {
    return wrong == 0 ? 0.0 : static_cast<double>(explained) / static_cast<double>(wrong);
  }
};

/// What a supposed code may get at a place: appended, several if libraries differ by a unit.
using supposed = std::function<void(kernel_sample const&, std::vector<double>&)>;

/// Compares a supposed code with the evidence. Stops as soon as it cannot hold.
[[nodiscard]] inline fit fit_of(kernel_evidence const& e, supposed const& results) {
  fit f;
  std::vector<double> out;
  for (kernel_sample const& s : e.wrong) {
    out.clear();
    results(s, out);
    ++f.wrong;
    for (double const x : out) {
      if (accounts_for(s, x)) {
        ++f.explained;
        break;
      }
    }
    if (10 * (f.wrong - f.explained) > e.wrong.size()) {
      f.explained = 0;
      return f;
    }
  }
  for (kernel_sample const& s : e.right) {
    out.clear();
    results(s, out);
    ++f.right;
    bool against = !out.empty();
    for (double const x : out) {
      against = against && contradicts(e, s, x);
    }
    f.contradicted += against ? 1 : 0;
    if (50 * f.contradicted > e.right.size()) {
      break;
    }
  }
  return f;
}

/// Collects the causes that fit, with their rank: 0 is the most specific.
class cause_list {
public:
  explicit cause_list(kernel_evidence const& e) : evidence(e) {}

  /// Notes the cause if the supposed code fits.
  bool offer(int rank, std::string const& what, supposed const& results) {
    fit const f = fit_of(evidence, results);
    return f.holds() && note(rank, what, f.share());
  }
  bool note(int rank, std::string const& what, double explained) {
    found.push_back({{what, explained}, rank});
    return true;
  }

  [[nodiscard]] bool any_better_than(int rank) const {
    for (ranked const& r : found) {
      if (r.rank < rank) {
        return true;
      }
    }
    return false;
  }

  struct ranked {
    kernel_cause cause;
    int rank;
  };
  kernel_evidence const& evidence;
  std::vector<ranked> found;
};

} // namespace satur::inline SATUR_ABI::testing::detail
