/// \file testing/examined.hpp  An activation under test: its points, and the comparison of its value and slope with
/// exact ones.
#pragma once

#include "satur/activation/concept.hpp"
#include "satur/simd/special_values.hpp"
#include "satur/testing/check_options.hpp"
#include "satur/testing/finder.hpp"
#include "satur/testing/points.hpp"
#include "satur/testing/ulp.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace satur::inline SATUR_ABI::testing::detail {

/// The same number, unknown to the compiler: under -ffast-math a NaN or infinity that it sees may become anything.
template <class T> [[nodiscard]] T unseen(T x) {
  T const volatile stored = x;
  return stored;
}

/// Distance of z from the nearest kink; the largest double if none is stated.
template <class A> [[nodiscard]] double from_kink(A const& act, double z) {
  double nearest = (std::numeric_limits<double>::max)();
  if constexpr (has_kinks<A>) {
    for (double const k : act.kinks()) {
      nearest = (std::min)(nearest, std::fabs(z - k));
    }
  }
  static_cast<void>(act), static_cast<void>(z);
  return nearest;
}

/// One activation, the points at which it is checked for one type of number, and what was found.
template <class T, class A> struct examined {
  A const& act;
  check_options const& options;
  finder<T> found;
  std::vector<T> points;
  double steepest = 0.0; ///< the largest finite slope at the points
  T steepest_at = T(0);

  examined(A const& a, check_options const& o)
      : act(a), options(o), found(std::string(name_of(a)) + " in " + std::string(name_of_type<T>())) {
    points = telling_points<T>();
    for (int i = 0; i < o.grid; ++i) {
      points.push_back(static_cast<T>(o.low + (o.high - o.low) * i / (std::max)(1, o.grid - 1)));
    }
    for (T const z : random_points<T>(2000, o.seed, o.low, o.high)) {
      if (satur::detail::is_finite_number(z)) {
        points.push_back(z);
      }
    }
    if constexpr (has_kinks<A>) {
      for (double const k : act.kinks()) {
        for (double const beside : {k - 1e-4, k + 1e-4}) {
          points.push_back(static_cast<T>(beside));
        }
        for (T const beside : at_kink(k)) {
          points.push_back(beside);
        }
      }
    }
    std::sort(points.begin(), points.end());
    points.erase(std::unique(points.begin(), points.end()), points.end());
    for (T const z : points) {
      if (double const s = std::fabs(static_cast<double>(slope(z)));
          satur::detail::is_finite_number(s) && s > steepest) {
        steepest = s;
        steepest_at = z;
      }
    }
  }

  [[nodiscard]] T value(T z) const { return satur::detail::value_at(act, z); }
  [[nodiscard]] T slope(T z) const { return satur::detail::slope_at(act, z); }

  /// A kink and the next number on each side.
  [[nodiscard]] static std::array<T, 3> at_kink(double k) {
    T const z = static_cast<T>(k);
    T const infinity = std::numeric_limits<T>::infinity();
    return {std::nextafter(z, -infinity), z, std::nextafter(z, infinity)};
  }

  void compare_value(T z, long double exact, std::string_view property) {
    T const y = value(z);
    double const error = ulp_error(y, exact);
    bool const zero = false_zero(y, exact);
    found.require(error <= options.ulp && !zero, zero ? "no zero where the value is a number" : property, z, y, exact,
                  error, "ulp",
                  zero ? "1 + erf(z) and the like are 0 long before the truth is: take erfc, e^z, or a quotient"
                       : "nearly equal numbers are subtracted: e^z - 1 wants expm1, log(1 + x) log1p, 1 + erf erfc");
  }
  /// In ulp of the slope itself. Near a zero of the slope, where that has no bound, in ulp of the steepest slope: where
  /// the slope changes its sign, and where it touches 0, as that of snake does.
  void compare_slope(T z, long double exact, std::string_view property, double reach = 0.25, double part = 0.2) {
    T const d = slope(z);
    double error = ulp_error(d, exact);
    if (error > options.ulp && (crosses_zero(z, static_cast<T>(reach), static_cast<T>(part) * z) || touches_zero(z))) {
      error = static_cast<double>(std::fabs(static_cast<long double>(d) - exact)) /
              (steepest * static_cast<double>(std::numeric_limits<T>::epsilon()));
    }
    bool const zero = false_zero(d, exact) && error > options.ulp;
    found.require(
        error <= options.ulp, zero ? "no zero where the slope is a number" : property, z, d, exact, error, "ulp",
        zero ? "y(1-y) and 1-y^2 are 0 as soon as y rounds to its limit: compute the slope from z"
             : "the slope is computed from the rounded output, or is not that of this value (a lost factor or sign)");
  }
  [[nodiscard]] bool crosses_zero(T z, T reach, T part) const {
    // within an absolute distance or within a share of z: with other parameters a zero may be anywhere
    auto const changes_sign = [this](T left, T right) { return (slope(left) < T(0)) != (slope(right) < T(0)); };
    return (std::fabs(z) < T(100) && changes_sign(z - reach, z + reach)) || changes_sign(z - part, z + part);
  }
  /// The slope is small at z and at least twice as large on both sides. In a tail it is smaller on one side. The sides
  /// do not reach z = 0: there numbers are dense, and a slope that is 0 can keep its digits, as that of tanh_shrink
  /// does.
  [[nodiscard]] bool touches_zero(T z) const {
    auto const size = [this](T x) { return std::fabs(static_cast<double>(slope(x))); };
    double const here = size(z);
    if (!(here < steepest / 8.0)) {
      return false;
    }
    bool left = false;
    bool right = false;
    for (T const part : {T(0.75), T(0.5), T(0.125), T(0.03125), T(0.0078125)}) {
      left = left || size(z - part * z) > 2.0 * here;
      right = right || size(z + part * z) > 2.0 * here;
    }
    return left && right;
  }
};

} // namespace satur::inline SATUR_ABI::testing::detail
