/// \file testing/check_slopes.hpp  Compares value and slope with the same formula in a wider type, with dual
/// numbers, finite differences and a reference.
#pragma once

#include "satur/testing/dual.hpp"
#include "satur/testing/examined.hpp"

#include <algorithm>
#include <cmath>
#include <concepts>
#include <limits>
#include <string>
#include <type_traits>

namespace satur::inline SATUR_ABI::testing::detail {

template <class A, class T>
concept takes = requires(A const& act, T const& z) {
  { act.value(z) } -> std::convertible_to<T>;
  { act.derivative(z) } -> std::convertible_to<T>;
};
/// The result has the digits of T: a formula in double also takes a long double, but loses its digits.
template <class A, class T>
concept computes_in = requires(A const& act, T const& z) {
  { act.value(z) } -> std::same_as<T>;
  { act.derivative(z) } -> std::same_as<T>;
};

/// The type with more digits than T, to show what T loses; void if there is none.
template <class T> struct wider_type {
  using type = void;
};
template <> struct wider_type<float> {
  using type = double;
};
template <> struct wider_type<double> {
  using type = std::conditional_t<(std::numeric_limits<long double>::digits > std::numeric_limits<double>::digits),
                                  long double, void>;
};

/// Compares with the value and the slope of the same formula with more digits.
template <class T, class A> void check_digits(examined<T, A>& e) {
  using W = typename wider_type<T>::type;
  if constexpr (std::is_void_v<W>) {
    e.found.skip("digits lost: there is no wider type than " + std::string(name_of_type<T>()));
  } else if constexpr (!computes_in<A, W>) {
    e.found.skip("digits lost: the formula takes no " + std::string(name_of_type<W>()));
  } else {
    for (T const z : e.points) {
      auto const y = static_cast<long double>(e.act.value(static_cast<W>(z)));
      auto const d = static_cast<long double>(e.act.derivative(static_cast<W>(z)));
      e.compare_value(z, y, "digits of the value");
      e.compare_slope(z, d, "digits of the slope");
    }
  }
}

template <class T, class A> void compare_with_difference(examined<T, A>& e, double z) {
  double const h = 1e-5;
  auto const f = [&](double x) { return static_cast<double>(satur::detail::value_at(e.act, x)); };
  auto const d = [&](double x) { return static_cast<double>(satur::detail::slope_at(e.act, x)); };
  if (from_kink(e.act, z) < 1e-4) {
    return;
  }
  double const difference = (f(z + h) - f(z - h)) / (2.0 * h);
  double const got = d(z);
  // The error of a difference: rounding, and the change of curvature, at most half of the bend of the slope.
  double const bend = std::fabs(d(z + h) - 2.0 * got + d(z - h));
  double const allowed = 2e-8 * (std::max)({1.0, std::fabs(got), std::fabs(f(z))}) + 0.5 * bend;
  double const off = std::fabs(got - difference);
  if (!std::isfinite(difference)) {
    return; // reported by another check
  }
  e.found.require(
      off <= allowed, "slope, by finite differences", static_cast<T>(z), static_cast<T>(got),
      static_cast<long double>(difference), off, "",
      "a factor of the chain rule is missing, a sign is wrong, or the slope's formula was given y in place of z");
}

/// Compares the slope with finite differences and dual numbers.
template <class T, class A> void check_derivative(examined<T, A>& e) {
  if constexpr (!takes<A, double>) {
    e.found.skip("finite differences: the formula takes no double");
  } else {
    for (T const at : e.points) {
      auto const z = static_cast<double>(at);
      if (z < e.options.low || z > e.options.high || (std::fabs(z) < 0.005 && z != 0.0)) {
        continue;
      }
      compare_with_difference(e, z);
    }
  }
  if constexpr (std::same_as<T, long double>) {
    e.found.skip("dual numbers: they have the digits of double");
  } else if constexpr (!computes_in<A, dual>) {
    e.found.skip("dual numbers: the formula takes its own types only; a template <class T> takes them");
  } else {
    for (T const z : e.points) {
      if (from_kink(e.act, static_cast<double>(z)) < 1e-4 || std::fabs(static_cast<double>(z)) > 300.0) {
        continue;
      }
      dual const by_rules = e.act.value(dual::variable(static_cast<double>(z)));
      if (std::fabs(by_rules.d) > 1e-290 && std::isfinite(by_rules.d)) {
        // A dual number loses digits itself if its terms nearly cancel.
        e.compare_slope(z, static_cast<long double>(by_rules.d), "slope, by dual numbers", 1.0, 0.45);
      }
    }
  }
}

/// Compares with a reference of the caller: value, or value and slope.
template <class T, class A, class Reference> void check_reference(examined<T, A>& e, Reference const& reference) {
  for (T const z : e.points) {
    auto const truth = reference(static_cast<long double>(z));
    if constexpr (requires {
                    truth.value;
                    truth.slope;
                  }) {
      e.compare_value(z, static_cast<long double>(truth.value), "value, by the reference");
      if (from_kink(e.act, static_cast<double>(z)) > 0.0) {
        e.compare_slope(z, static_cast<long double>(truth.slope), "slope, by the reference");
      }
    } else {
      e.compare_value(z, static_cast<long double>(truth), "value, by the reference");
    }
  }
}

} // namespace satur::inline SATUR_ABI::testing::detail
