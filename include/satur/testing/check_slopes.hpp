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

/// The type in which a formula computes for T: double if it may be called with a double, else T. A formula in float
/// takes a double too, by conversion, but gives the digits of a float.
template <class A, class T> using formula_type = std::conditional_t<activation<A, double>, double, T>;

/// Finite differences of a formula that computes in F: their step, and the errors that rounding makes in them.
template <class F, class A> struct difference_of {
  A const& act;
  double ulp; ///< allowed error of value and slope, in ulp

  [[nodiscard]] double value(F z) const { return static_cast<double>(satur::detail::value_at(act, z)); }
  [[nodiscard]] double slope(F z) const { return static_cast<double>(satur::detail::slope_at(act, z)); }

  /// The largest change of the value from a to b that rounding alone explains.
  [[nodiscard]] double rounding(F a, F b) const {
    constexpr double epsilon = static_cast<double>(std::numeric_limits<F>::epsilon());
    double const width = static_cast<double>(b) - static_cast<double>(a);
    double const values = std::fabs(value(a)) + std::fabs(value(b));
    return std::same_as<F, float>
               ? ulp * epsilon * (values + width * std::fabs(slope(a)))
               : 2e-8 * width * (std::max)({1.0, std::fabs(slope(a + (b - a) / 2)), std::fabs(value(a))});
  }
  /// How much the slopes at a, b and between them differ from a straight line: at most twice the error of (b - a)
  /// f'((a + b)/2) per width, where the slope is smooth or has one kink. At two scales: at one it may vanish by chance.
  [[nodiscard]] double bend(F a, F b) const {
    F const z = a + (b - a) / 2;
    double const here = slope(z);
    double const ends = std::fabs(slope(a) - 2.0 * here + slope(b));
    double const inside = std::fabs(slope(a + (z - a) / 2) - 2.0 * here + slope(z + (b - z) / 2));
    return (std::max)(ends, inside);
  }
  /// Whether the change of the value from a to b is that of a feature narrower than b - a: it lies in ever smaller
  /// parts until the slope shows it. A step is in the smallest part too, and a wrong slope in all parts.
  [[nodiscard]] bool is_narrow(F a, F b) const {
    for (;;) {
      F const m = a + (b - a) / 2;
      if (!(a < m && m < b)) {
        return false;
      }
      auto const unexplained = [this](F from, F to) {
        double const width = static_cast<double>(to) - static_cast<double>(from);
        return std::fabs(value(to) - value(from) - width * slope(from + (to - from) / 2));
      };
      double const left = unexplained(a, m);
      double const right = unexplained(m, b);
      if ((std::max)(left, right) < 0.75 * (left + right)) {
        return false;
      }
      (left > right ? b : a) = m;
      double const width = static_cast<double>(b) - static_cast<double>(a);
      if ((std::max)(left, right) <= 0.5 * width * bend(a, b)) {
        return true;
      }
    }
  }
};

/// Compares the slope at z with the change of the value from z - half_width to z + half_width.
template <class F, class T, class A> void compare_with_difference(examined<T, A>& e, T at, double half_width) {
  difference_of<F, A> const f{e.act, e.options.ulp};
  F const z = static_cast<F>(at);
  F const a = static_cast<F>(static_cast<double>(z) - half_width);
  F const b = static_cast<F>(static_cast<double>(z) + half_width);
  double const width = static_cast<double>(b) - static_cast<double>(a); // of the rounded ends
  if (from_kink(e.act, static_cast<double>(z)) < (std::max)(1e-4, 2.0 * half_width)) {
    return;
  }
  double const difference = (f.value(b) - f.value(a)) / width;
  if (!satur::detail::is_finite_number(difference)) {
    return; // reported by another check
  }
  double const got = f.slope(z);
  double const off = std::fabs(got - difference);
  double const allowed = f.rounding(a, b) / width + 0.5 * f.bend(a, b);
  e.found.require(
      off <= allowed || f.is_narrow(a, b), "slope, by finite differences", static_cast<T>(z), static_cast<T>(got),
      static_cast<long double>(difference), off, "",
      "a factor of the chain rule is missing, a sign is wrong, the slope's formula was given y in place of z, or the "
      "value has a step");
}

/// Compares the slope with finite differences and dual numbers.
template <class T, class A> void check_derivative(examined<T, A>& e) {
  using F = formula_type<A, T>;
  double const spacing = (e.options.high - e.options.low) / (std::max)(1, e.options.grid - 1);
  double const fine = std::same_as<F, float> ? 0x1p-7 : 1e-5; // where curvature and rounding of F err about as much
  double const coarse = 0.52 * spacing;                       // leaves no gap, in which the value could have a step
  for (T const at : e.points) {
    auto const z = static_cast<double>(at);
    if (z < e.options.low || z > e.options.high || (std::fabs(z) < 0.005 && z != 0.0)) {
      continue;
    }
    double const least = std::same_as<F, float> ? 0x1p-13 * std::fabs(z) : 0.0; // thousands of floats
    compare_with_difference<F>(e, at, (std::max)((std::min)(fine, (std::max)(coarse, 1e-5)), least));
    if (coarse > fine && coarse <= 0x1p-6) {
      compare_with_difference<F>(e, at, coarse);
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
      if (std::fabs(by_rules.d) > 1e-290 && satur::detail::is_finite_number(by_rules.d)) {
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
