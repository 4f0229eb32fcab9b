/// \file conformance.hpp  What the programs of tests/conformance.sh share: each checks the activations of one library
/// and prints a line for each activation, side and number type; the script writes docs/conformance.md from them.
///
/// The lines, their fields separated by tabs:
///     library NAME VARIANT VERSION NOTES                the rows below are of this library
///     row ACTIVATION SIDE TYPE FUNCTION INPUTS ULP AT ZEROS FLUSHED SIGNS SPECIALS PLACE
/// SIDE is value, slope, or slope_y for a slope that the library computes from y = f(z). ULP is the worst error, at AT;
/// ZEROS are false zeros, FLUSHED those of them where the exact result is subnormal, SIGNS wrong signs, SPECIALS NaN or
/// infinity where a number belongs, or the other way round. PLACE is 1 if a z gives another result at another position,
/// in a shorter call or at another alignment.
#pragma once

#include <satur/activation.hpp>
#include <satur/testing.hpp>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <span>
#include <string>
#include <type_traits>

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

/// Results in the place of inputs are no subject of the page.
[[nodiscard]] inline satur::testing::kernel_options options() {
  satur::testing::kernel_options o;
  o.inputs = inputs;
  o.in_place = false;
  return o;
}

template <class T, class A>
void print_row(A const& act, char const* side, std::string const& function, satur::testing::kernel_report const& r) {
  std::string const name(act.name);
  std::printf("row\t%s\t%s\t%s\t%s\t%llu\t%.9g\t%.*g\t%llu\t%llu\t%llu\t%llu\t%d\n", name.c_str(), side,
              std::is_same_v<T, float> ? "float" : "double", function.c_str(),
              static_cast<unsigned long long>(r.inputs), r.worst_ulp, std::numeric_limits<T>::max_digits10, r.worst_at,
              static_cast<unsigned long long>(r.false_zeros), static_cast<unsigned long long>(r.flushed),
              static_cast<unsigned long long>(r.wrong_signs), static_cast<unsigned long long>(r.wrong_specials),
              r.failed("the same input gives the same result at every") ? 1 : 0);
  std::fflush(stdout);
}

/// Checks y = f(z). kernel(span<T const> z, span<T> y).
template <class T, class A, class Kernel> void value(A const& act, std::string const& function, Kernel const& kernel) {
  print_row<T>(act, "value", function, satur::testing::check_kernel<T>(act, kernel, options()));
}
/// Checks dz = dy f'(z). kernel(span<T const> z, span<T const> dy, span<T> dz).
template <class T, class A, class Kernel> void slope(A const& act, std::string const& function, Kernel const& kernel) {
  print_row<T>(act, "slope", function, satur::testing::check_backward_kernel<T>(act, kernel, options()));
}
/// Checks dz = dy f'(z) of a library that works from y = f(z). kernel(span<T const> y, span<T const> dy, span<T> dz).
template <class T, class A, class Kernel>
void slope_from_output(A const& act, std::string const& function, Kernel const& kernel) {
  satur::testing::kernel_options o = options();
  o.from_output = true;
  print_row<T>(act, "slope_y", function, satur::testing::check_backward_kernel<T>(act, kernel, o));
}

} // namespace conformance
