// The allowed errors of values and slopes.
#pragma once

#include "satur/activation/concept.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <type_traits>

namespace test {

/// The numerics contract in ulp of T: 2; in double 4 for formulas of several functions.
template <class T, class A> constexpr double allowed_ulp(A const&) {
  constexpr std::string_view several[] = {"gelu", "gelu_tanh",  "gelu_quick", "silu",
                                          "mish", "lecun_tanh", "squareplus"};
  if constexpr (!std::is_same_v<T, float>) {
    for (std::string_view const name : several) {
      if (name == A::name) {
        return 4.0;
      }
    }
  }
  return 2.0;
}

/// Whether the value falls and rises, so that it is below both limits.
template <class A> bool has_dip(A const& act) {
  if constexpr (satur::has_minimum<A>) {
    return act.minimum() < std::min(act.lower(), act.upper());
  } else {
    return false;
  }
}

/// Near a zero of the slope (the minimum of gelu, silu, mish) a relative error has no bound. Within 1/4 of it (1/4 in
/// beta z for silu) the error counts in ulp of the peak slope if that is smaller. `error` is in ulp of the slope
/// itself.
template <class T, class A> double slope_error(A const& act, double z, double error, T got, long double exact) {
  if constexpr (satur::has_minimum<A>) {
    double reach = 0.25;
    if constexpr (requires { act.beta; }) {
      reach /= act.beta;
    }
    if (has_dip(act) && std::fabs(z - act.minimum_at()) < reach) {
      T const peak = static_cast<T>(act.peak_slope());
      double const unit = static_cast<double>(std::nextafter(peak, T(9)) - peak);
      return std::min(error, static_cast<double>(std::fabs(static_cast<long double>(got) - exact)) / unit);
    }
  }
  static_cast<void>(act), static_cast<void>(z), static_cast<void>(got), static_cast<void>(exact);
  return error;
}

} // namespace test
