/// \file conformance.hpp  What the programs of tests/conformance.sh share: each checks the activations of one library
/// and prints a line for each activation, side and number type; the script writes docs/conformance.md from them.
///
/// The lines, their fields separated by tabs:
///     library NAME VARIANT VERSION NOTES                the rows below are of this library
///     row ACTIVATION SIDE TYPE FUNCTION INPUTS MIDDLE ULP AT ZEROS FLUSHED SIGNS SPECIALS
///         PLACE CAUSE
/// SIDE is value, slope, or slope_y for a slope that the library computes from y = f(z). MIDDLE is the
/// worst error for |z| < 5, in ulp, ULP the worst of all, at AT;
/// ZEROS are false zeros, FLUSHED those of them where the exact result is subnormal, SIGNS wrong signs, SPECIALS NaN or
/// infinity where a number belongs, or the other way round. PLACE is 1 if a z gives another result at another position,
/// in a shorter call or at another alignment. CAUSE is the usual cause of the errors, or empty.
#pragma once

#include <satur/activation.hpp>
#include <satur/testing.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace conformance {

inline std::size_t inputs = std::size_t{1} << 20; ///< about how many z are tried of each row

/// Reads the command line of a program: how many z to try.
inline void arguments(int argc, char** argv) {
  if (argc > 1) {
    inputs = static_cast<std::size_t>(std::strtoull(argv[1], nullptr, 10));
  }
}

/// Prints of which library the rows below are. `variant` tells builds or settings of one library apart; `notes` is what
/// a reader has to know of it, in one sentence or none.
inline void library(std::string const& name, std::string const& variant, std::string const& version,
                    std::string const& notes) {
  std::printf("library\t%s\t%s\t%s\t%s\n", name.c_str(), variant.c_str(), version.c_str(), notes.c_str());
}

/// Any activation, one number at a time: with it the exact results cost the compiler one function for each activation
/// and side, not their passes over arrays for each instruction set. `Exact` is double for kernels of float, long double
/// for kernels of double.
template <class Exact> class exact {
public:
  std::string name;

  template <class A>
  explicit exact(A const& act)
      : name(act.name), value_([act](Exact z) { return static_cast<Exact>(act.value(z)); }),
        slope_([act](Exact z) { return static_cast<Exact>(act.derivative(z)); }) {
    if constexpr (satur::has_kinks<A>) {
      auto const all = act.kinks();
      kinks_.assign(all.begin(), all.end());
    }
    if constexpr (satur::has_minimum<A>) {
      minimum_ = act.minimum();
      minimum_at_ = act.minimum_at();
    }
    peak_ = satur::peak_slope_of(act);
  }
  template <std::floating_point T> [[nodiscard]] T value(T z) const {
    return static_cast<T>(value_(static_cast<Exact>(z)));
  }
  template <std::floating_point T> [[nodiscard]] T derivative(T z) const {
    return static_cast<T>(slope_(static_cast<Exact>(z)));
  }
  [[nodiscard]] std::vector<double> const& kinks() const { return kinks_; }
  [[nodiscard]] double minimum() const { return minimum_; }
  [[nodiscard]] double minimum_at() const { return minimum_at_; } ///< 0 if the activation has none
  [[nodiscard]] double peak_slope() const { return peak_; }

private:
  std::function<Exact(Exact)> value_;
  std::function<Exact(Exact)> slope_;
  std::vector<double> kinks_;
  double minimum_ = 0.0;
  double minimum_at_ = 0.0;
  double peak_ = 0.0;
};
template <class T> using exact_for = exact<std::conditional_t<std::is_same_v<T, double>, long double, double>>;

/// leaky_relu with the slope that a library of T holds: 0.01, rounded.
template <class T> [[nodiscard]] satur::leaky_relu leaky_relu() { return {static_cast<double>(T(0.01))}; }

/// The worst error for |z| < 5, where most of a healthy network is.
[[nodiscard]] inline double worst_in_the_middle(satur::testing::kernel_report const& r) {
  double worst = 0.0;
  for (satur::testing::kernel_segment const& s : r.segments) {
    if (s.low >= -5.0 && s.high <= 5.0) {
      worst = (std::max)(worst, s.worst_ulp);
    }
  }
  return worst;
}

template <class T, class A>
void print_row(A const& act, char const* side, std::string const& function, satur::testing::kernel_report const& r) {
  auto const number = [](std::uint64_t n) { return static_cast<unsigned long long>(n); };
  bool const place_matters = r.failed("the same input gives the same result at every");
  std::printf("row\t%s\t%s\t%s\t%s\t%llu\t%.9g\t%.9g\t%.*g\t%llu\t%llu\t%llu\t%llu\t%d\t%s\n",
              std::string(act.name).c_str(), side, std::is_same_v<T, float> ? "float" : "double", function.c_str(),
              number(r.inputs), worst_in_the_middle(r), r.worst_ulp, std::numeric_limits<T>::max_digits10, r.worst_at,
              number(r.false_zeros), number(r.flushed), number(r.wrong_signs), number(r.wrong_specials),
              place_matters ? 1 : 0, r.causes.empty() ? "" : r.causes.front().what.c_str());
  std::fflush(stdout);
}

/// check(options), and prints the row. If the worst error is that of an infinite z, the row shows the worst one of the
/// others; what is wrong at infinity is counted all the same.
template <class T, class A, class Check>
void row(A const& act, char const* side, std::string const& function, Check const& check) {
  satur::testing::kernel_options o;
  o.inputs = inputs;
  o.in_place = false; // no subject of the page
  satur::testing::kernel_report r = check(o);
  if (std::isinf(r.worst_ulp) && std::isinf(r.worst_at)) {
    o.specials = false;
    satur::testing::kernel_report const finite = check(o);
    r.worst_ulp = finite.worst_ulp;
    r.worst_at = finite.worst_at;
  }
  print_row<T>(act, side, function, r);
}

/// Checks y = f(z). kernel(span<T const> z, span<T> y).
template <class T, class A, class Kernel> void value(A const& act, std::string const& function, Kernel const& kernel) {
  row<T>(act, "value", function,
         [&](auto const& o) { return satur::testing::check_kernel<T>(exact_for<T>(act), kernel, o); });
}
/// Checks dz = dy f'(z). kernel(span<T const> z, span<T const> dy, span<T> dz).
template <class T, class A, class Kernel> void slope(A const& act, std::string const& function, Kernel const& kernel) {
  row<T>(act, "slope", function,
         [&](auto const& o) { return satur::testing::check_backward_kernel<T>(exact_for<T>(act), kernel, o); });
}
/// Checks dz = dy f'(z) of a library that works from y = f(z). kernel(span<T const> y, span<T const> dy, span<T> dz).
template <class T, class A, class Kernel>
void slope_from_output(A const& act, std::string const& function, Kernel const& kernel) {
  row<T>(act, "slope_y", function, [&](satur::testing::kernel_options o) {
    o.from_output = true;
    return satur::testing::check_backward_kernel<T>(exact_for<T>(act), kernel, o);
  });
}

} // namespace conformance
