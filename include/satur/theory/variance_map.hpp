/// \file theory/variance_map.hpp  The length map from the variance of z in one layer to that in the next; its slopes
/// and its fixed point.
#pragma once

#include "satur/theory/moments.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace satur { inline namespace SATUR_ABI {

namespace detail {
/// The point between a and b at which g changes its sign, within rounding: regula falsi with halving (Illinois).
template <class G> [[nodiscard]] double root_between(G const& g, double a, double at_a, double b, double at_b) {
  int side = 0;
  for (int i = 0; i < 200; ++i) {
    double x = (a * at_b - b * at_a) / (at_b - at_a);
    if (i % 8 == 7 || !(x > (std::min)(a, b)) || !(x < (std::max)(a, b))) {
      x = 0.5 * (a + b);
    }
    double const at_x = g(x);
    if (at_x == 0.0 || std::fabs(b - a) <= 4e-16 * std::fabs(x)) {
      return x;
    }
    if ((at_x > 0.0) == (at_b > 0.0)) {
      b = x;
      at_b = at_x;
      at_a *= side == 1 ? 0.5 : 1.0;
      side = 1;
    } else {
      a = x;
      at_a = at_x;
      at_b *= side == -1 ? 0.5 : 1.0;
      side = -1;
    }
  }
  return 0.5 * (a + b);
}
} // namespace detail

namespace theory {

/// q -> weight_variance E f(z)^2 + bias_variance, z ~ N(0, q): the variance of a pre-activation over random weights, in
/// the limit of wide layers.
///
/// Source: Poole, Lahiri, Raghu, Sohl-Dickstein, Ganguli 2016, equation 3.
template <class A> struct variance_map {
  A act;
  double weight_variance; ///< sigma_w^2: a single weight has variance sigma_w^2 / fan-in
  double bias_variance;   ///< sigma_b^2

  /// Throws std::invalid_argument if either variance is negative or not finite.
  constexpr variance_map(A const& activation, double weights, double biases)
      : act(activation), weight_variance(weights), bias_variance(biases) {
    for (auto const& [what, given] :
         {std::pair{"weight variance (times fan-in)", weights}, std::pair{"bias variance", biases}}) {
      if (!detail::is_finite(given) || given < 0.0) {
        detail::bad_parameter("theory::variance_map", what, given, "a finite number >= 0");
      }
    }
  }
  [[nodiscard]] double operator()(double q) const {
    return weight_variance * moments(act, 0.0, q).mean_squared_output + bias_variance;
  }
  /// chi_1 = weight_variance E f'^2: the factor on the square of a gradient from a layer to the one below. Below 1 the
  /// gradient vanishes, above 1 it explodes (Schoenholz, Gilmer, Ganguli, Sohl-Dickstein 2017, equation 7).
  [[nodiscard]] double chi_1(double q) const { return weight_variance * moments(act, 0.0, q).mean_squared_derivative; }
  /// chi_q = d(map)/dq. At a fixed point that the layers approach it is below 1 (their equation 9).
  [[nodiscard]] double chi_q(double q) const { return weight_variance * moments(act, 0.0, q).output_growth; }
};

/// The number of layers over which a deviation falls by e: -1/ln chi. Negative if chi > 1 (the deviation grows),
/// infinite at chi = 1.
[[nodiscard]] inline double depth_scale(double chi) { return chi == 1.0 ? detail::unbounded : -1.0 / std::log(chi); }

/// The limit of the variance over the layers.
enum class limit_kind {
  finite,   ///< a number above 0
  zero,     ///< the signal vanishes
  infinite, ///< the variance grows without bound
  any       ///< every variance is kept (relu with weight variance 2 and no bias)
};

/// The limit of the iteration q -> map(q), starting from `start`.
struct variance_limit {
  limit_kind kind;
  double variance; ///< 0 for zero, infinite for infinite, the start for any
};

/// A variance so small, and one so large, that the slopes of the map are those at 0 and at infinity.
inline constexpr double vanishing_variance = 1e-30;
inline constexpr double endless_variance = 1e24;

/// The fixed point q* that the layers approach from `start`: the next root of map(q) - q in the direction of the first
/// step. It is searched in steps of a fifth and then refined to about 1e-12.
///
/// The iteration ends there for every map that rises with q, which holds for all activations of the library. A variance
/// below 1e-12 counts as zero, and one above 1e10 times the largest of 1 and the two variances as infinite.
///
/// Throws std::invalid_argument unless the start is finite and above 0.
template <class A> [[nodiscard]] variance_limit fixed_point(variance_map<A> const& map, double start = 1.0) {
  if (!detail::is_finite(start) || !(start > 0.0)) {
    detail::bad_parameter("theory::fixed_point", "start", start, "a finite variance > 0");
  }
  auto const excess = [&map](double q) { return map(q) - q; };
  auto const unmoved = [](double at, double e) { return std::fabs(e) <= 3e-12 * at; }; // within the quadrature's error
  double q = start;
  double at_q = excess(q);
  if (unmoved(q, at_q)) {
    bool const everywhere = unmoved(7.0 * q, excess(7.0 * q)) && unmoved(0.1 * q, excess(0.1 * q));
    return {everywhere ? limit_kind::any : limit_kind::finite, q};
  }
  double const lowest = 1e-12;
  double const highest = 1e10 * (std::max)({1.0, map.weight_variance, map.bias_variance, start});
  double const factor = at_q > 0.0 ? 1.2 : 1.0 / 1.2;
  double last = q; // the last point with a known sign
  for (;;) {
    q *= factor;
    double const at_next = excess(q);
    if ((at_next > 0.0) != (at_q > 0.0) && !unmoved(q, at_next)) {
      return {limit_kind::finite, detail::root_between(excess, last, at_q, q, at_next)};
    }
    if (q < lowest) {
      return {limit_kind::zero, 0.0};
    }
    if (!(q < highest) || !detail::is_finite(at_next)) {
      return {limit_kind::infinite, detail::unbounded};
    }
    if (!unmoved(q, at_next)) {
      last = q;
      at_q = at_next;
    }
  }
}

} // namespace theory
}} // namespace satur::SATUR_ABI
