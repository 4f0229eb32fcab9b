/// \file testing/check_facts.hpp  Checks what an activation states about itself, and what the options state
/// about it: limits, flat sides, peak slope, order, symmetry.
#pragma once

#include "satur/testing/examined.hpp"

#include <algorithm>
#include <cmath>
#include <concepts>
#include <limits>

namespace satur::inline SATUR_ABI::testing::detail {

/// The value is within its limits and, if the activation is stated to be monotone, never falls.
template <class T, class A> void check_order(examined<T, A>& e) {
  T last = unseen(-std::numeric_limits<T>::infinity());
  T before = e.options.limits ? e.value(last) : last;
  for (T const z : e.points) {
    T const y = e.value(z);
    bool rises = e.options.monotone;
    if constexpr (has_minimum<A>) {
      rises =
          e.options.monotone || static_cast<double>(last) > e.act.minimum_at() + std::fabs(e.act.minimum_at()) / 64.0;
      e.found.require(static_cast<double>(y) >=
                          e.act.minimum() -
                              4.0 * static_cast<double>(std::numeric_limits<T>::epsilon()) * std::fabs(e.act.minimum()),
                      "minimum() is the least value", z, y, static_cast<T>(e.act.minimum()), 0.0, "",
                      "the fact belongs to another formula");
    } else if constexpr (requires { e.act.lower(); }) {
      e.found.require(
          !(static_cast<double>(y) < static_cast<double>(static_cast<T>((std::min)(e.act.lower(), e.act.upper())))),
          "the value stays within its limits", z, y, static_cast<T>(e.act.lower()), 0.0, "",
          "rounding leads past the limit: clamp, or compute from the other side");
    }
    if constexpr (requires { e.act.upper(); }) {
      e.found.require(
          !(static_cast<double>(y) > static_cast<double>(static_cast<T>((std::max)(e.act.lower(), e.act.upper())))),
          "the value stays within its limits", z, y, static_cast<T>(e.act.upper()), 0.0, "",
          "rounding leads past the limit: clamp, or compute from the other side");
    }
    if (rises) {
      e.found.require(y >= before, "the value never falls", z, y, before, 0.0, "",
                      "two branches do not meet, or rounding differs from one branch to the next");
    }
    before = y;
    last = z;
  }
}

/// What lower(), upper(), flat_left and flat_right state about ±inf.
template <class T, class A> void check_limits(examined<T, A>& e) {
  T const infinity = unseen(std::numeric_limits<T>::infinity());
  char const* const why = "the fact belongs to another formula, or to other parameters";
  auto const stated = [](double x) { return static_cast<T>(x); };
  auto const agree = [](T limit, T fact) { return static_cast<double>(limit) == static_cast<double>(fact); };
  if constexpr (requires {
                  e.act.lower();
                  e.act.upper();
                }) {
    e.found.require(agree(e.value(-infinity), stated(e.act.lower())), "lower() is the limit at -inf", -infinity,
                    e.value(-infinity), stated(e.act.lower()), 0.0, "", why);
    e.found.require(agree(e.value(infinity), stated(e.act.upper())), "upper() is the limit at inf", infinity,
                    e.value(infinity), stated(e.act.upper()), 0.0, "", why);
  } else {
    e.found.skip("limits: lower() and upper() are not stated");
  }
  if constexpr (requires {
                  e.act.flat_left;
                  e.act.flat_right;
                }) {
    e.found.require((e.slope(-infinity) == T(0)) == e.act.flat_left, "flat_left is so", -infinity, e.slope(-infinity),
                    e.act.flat_left ? "0" : "a slope", why);
    e.found.require((e.slope(infinity) == T(0)) == e.act.flat_right, "flat_right is so", infinity, e.slope(infinity),
                    e.act.flat_right ? "0" : "a slope", why);
  } else {
    e.found.skip("flat sides: flat_left and flat_right are not stated");
  }
}

template <class T, class A> void check_facts(examined<T, A>& e) {
  if (e.options.limits) {
    check_limits(e);
  } else {
    e.found.skip("limits and flat sides: the options state that there are no limits at infinity");
  }
  if constexpr (has_peak_slope<A>) {
    e.found.require(std::fabs(e.steepest - e.act.peak_slope()) <= 1e-3 * e.act.peak_slope(),
                    "peak_slope() is the steepest slope", e.steepest_at, static_cast<T>(e.steepest),
                    static_cast<T>(e.act.peak_slope()), 0.0, "",
                    "the fact belongs to another formula, or to other parameters");
  } else {
    e.found.skip("peak slope: peak_slope() is not stated");
  }
  check_order(e);
}

template <class T, class A> void check_symmetry(examined<T, A>& e) {
  if (e.options.about == symmetry::none) {
    return;
  }
  for (T const z : e.points) {
    T const y = e.value(-z);
    T const expected = e.options.about == symmetry::even  ? e.value(z)
                       : e.options.about == symmetry::odd ? T(-e.value(z))
                                                          : T(T(2) * static_cast<T>(e.options.center) - e.value(z));
    // About a point other than 0, the expected number is a rounded difference.
    double const scale = std::fabs(e.options.center) * static_cast<double>(std::numeric_limits<T>::epsilon()) * 4.0;
    double const off = std::fabs(static_cast<double>(y) - static_cast<double>(expected));
    e.found.require(y == expected || (e.options.about == symmetry::about_point && off <= scale),
                    "the symmetry that is stated", z, y, expected, off, "",
                    "a branch for one sign differs from the other's, or the constant is not the center");
  }
}

} // namespace satur::inline SATUR_ABI::testing::detail
