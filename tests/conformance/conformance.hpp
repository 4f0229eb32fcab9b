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

#include <satur/activation/all.hpp>
#include <satur/activation/peak_slope.hpp>

#include <concepts>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <functional>
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

template <class T> using value_kernel = std::function<void(std::span<T const>, std::span<T>)>;
template <class T> using slope_kernel = std::function<void(std::span<T const>, std::span<T const>, std::span<T>)>;

/// Checks a kernel and prints its row. For float and double, in checks.cpp, so that the checks are compiled once for
/// all programs. `side` is slope or slope_y.
template <class T>
void check_value(exact_for<T> const& act, std::string const& function, value_kernel<T> const& kernel);
template <class T>
void check_slope(exact_for<T> const& act, char const* side, std::string const& function, slope_kernel<T> const& kernel);

/// leaky_relu with the slope that a library of T holds: 0.01, rounded.
template <class T> [[nodiscard]] satur::leaky_relu leaky_relu() { return {static_cast<double>(T(0.01))}; }

/// Checks y = f(z). kernel(span<T const> z, span<T> y).
template <class T, class A, class Kernel> void value(A const& act, std::string const& function, Kernel const& kernel) {
  check_value<T>(exact_for<T>(act), function, std::cref(kernel));
}
/// Checks dz = dy f'(z). kernel(span<T const> z, span<T const> dy, span<T> dz).
template <class T, class A, class Kernel> void slope(A const& act, std::string const& function, Kernel const& kernel) {
  check_slope<T>(exact_for<T>(act), "slope", function, std::cref(kernel));
}
/// Checks dz = dy f'(z) of a library that works from y = f(z). kernel(span<T const> y, span<T const> dy, span<T> dz).
template <class T, class A, class Kernel>
void slope_from_output(A const& act, std::string const& function, Kernel const& kernel) {
  check_slope<T>(exact_for<T>(act), "slope_y", function, std::cref(kernel));
}

} // namespace conformance
