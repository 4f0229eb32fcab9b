/// \file theory/critical.hpp  The weight variance at which a gradient neither vanishes nor explodes.
#pragma once

#include "satur/activation/concept.hpp"
#include "satur/theory/variance_map.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

namespace satur { inline namespace SATUR_ABI {

namespace theory {

/// A point with chi_1 = 1: the edge of chaos.
struct critical_point {
  double weight_variance; ///< sigma_w^2 (a single weight has variance sigma_w^2 / fan-in)
  double variance;        ///< q*; 0: approached as q* -> 0; NaN: every q is a fixed point
  double chi_q;           ///< slope of the variance map there
  bool stable;            ///< true: the layers approach q*; false: they move away from it, to 0 or to infinity
};

} // namespace theory

namespace detail {

/// The bias variance that makes q the critical fixed point, divided by q: 1 - E f^2 / (q E f'^2).
template <class A> [[nodiscard]] double critical_bias(A const& act, double q) {
  theory::gaussian_moments const m = theory::moments(act, 0.0, q);
  return m.mean_squared_derivative > 0.0 ? 1.0 - m.mean_squared_output / q / m.mean_squared_derivative : -unbounded;
}
/// Number of steps of the search over variances: from 1e-8 to 1e8, ten to a decade.
inline constexpr int critical_steps = 160;
[[nodiscard]] inline double critical_grid(int i) { return std::pow(10.0, 0.1 * i - 8.0); }
/// True if E f^2/q does not depend on q: relu, leaky relu, identity.
template <class A> [[nodiscard]] bool homogeneous(A const& act) {
  double const one = theory::moments(act, 0.0, 1.0).mean_squared_output;
  for (double const q : {1e-4, 0.1, 30.0, 1e4}) {
    if (!(std::fabs(theory::moments(act, 0.0, q).mean_squared_output / q - one) <= 1e-12 * one)) {
      return false;
    }
  }
  return true;
}
inline void require_bias(std::string_view function, double bias_variance) {
  if (!is_finite(bias_variance) || bias_variance < 0.0) {
    bad_parameter(function, "bias variance", bias_variance, "a finite number >= 0");
  }
}

} // namespace detail

namespace theory {

/// Every critical point for this bias variance, by rising q*. The search covers q* from 1e-8 to 1e8. Empty if there is
/// none. Takes some milliseconds.
///
/// The critical line is a curve over q: weight_variance = 1/E f'^2, bias_variance = q - E f^2 / E f'^2. The points are
/// the roots of the second equation, to 1e-12.
///
/// Source: Schoenholz et al. 2017, section 3.
///
/// Throws std::invalid_argument if the bias variance is negative or not finite.
template <class A> [[nodiscard]] std::vector<critical_point> critical_points(A const& act, double bias_variance) {
  detail::require_bias("theory::critical_points", bias_variance);
  std::vector<critical_point> found;
  if (detail::homogeneous(act)) {
    if (bias_variance == 0.0) {
      found.push_back(
          {1.0 / moments(act, 0.0, 1.0).mean_squared_derivative, std::numeric_limits<double>::quiet_NaN(), 1.0, true});
    }
    return found;
  }
  auto const excess = [&](double q) { return detail::critical_bias(act, q) - bias_variance / q; };
  double q = detail::critical_grid(0);
  double at_q = excess(q);
  gaussian_moments const near_zero = moments(act, 0.0, vanishing_variance);
  if (bias_variance == 0.0 && near_zero.mean_squared_output < 1e4 * vanishing_variance &&
      near_zero.mean_squared_derivative > 1e-20) { // f(0) = 0: the line starts at q* = 0
    double const w = 1.0 / near_zero.mean_squared_derivative;
    found.push_back({w, 0.0, w * near_zero.output_growth, variance_map<A>(act, w, 0.0)(0.1) < 0.1});
  }
  constexpr double noise = 3e-12;
  for (int i = 1; i <= detail::critical_steps; ++i) {
    double const next = detail::critical_grid(i);
    double const at_next = excess(next);
    if (!(std::fabs(at_next) > noise) || !detail::is_finite(at_next)) {
      continue; // far out, a straight line through 0 is critical within rounding
    }
    if ((at_q < 0.0) != (at_next < 0.0) && std::fabs(at_q) > noise && detail::is_finite(at_q)) {
      double const root = detail::root_between(excess, q, at_q, next, at_next);
      gaussian_moments const m = moments(act, 0.0, root);
      double const w = 1.0 / m.mean_squared_derivative;
      found.push_back({w, root, w * m.output_growth, w * m.output_growth < 1.0});
    }
    q = next;
    at_q = at_next;
  }
  return found;
}

/// The sigma_w^2 at which chi_1 = 1 (weights have variance sigma_w^2 / fan-in). If there are several, the one with the
/// least q*.
///
/// Examples: tanh 1 without biases and 1.7610 with bias variance 0.05; relu 2; sigmoid 103.0, where q* = 45.6 and 46 %
/// of the units are beyond 5. For gelu and silu with a small bias variance the point is unstable: their layers move
/// away from it, to 0 or to infinity. `critical_points` reports that.
///
/// Throws std::invalid_argument if the bias variance is negative or not finite, and, with the reason, if there is no
/// such sigma_w^2: softplus never has one, relu only without biases.
template <class A> [[nodiscard]] double critical_weight_variance(A const& act, double bias_variance) {
  detail::require_bias("theory::critical_weight_variance", bias_variance);
  std::vector<critical_point> const found = critical_points(act, bias_variance);
  if (!found.empty()) {
    return found.front().weight_variance;
  }
  std::string const head =
      detail::message("satur::theory::critical_weight_variance: ", name_of(act),
                      " has no critical point with bias variance ", detail::number_text(bias_variance), ": ");
  if (detail::homogeneous(act)) {
    detail::raise(std::invalid_argument(detail::message(
        head, "sigma_w^2 E f'^2 is 1 at sigma_w^2 = ", 1.0 / moments(act, 0.0, 1.0).mean_squared_derivative,
        " whatever the variance of z, and there every layer adds the bias variance to it without end; allowed: 0")));
  }
  double least = detail::unbounded;
  double most = -detail::unbounded;
  for (int i = 0; i <= detail::critical_steps; ++i) {
    double const q = detail::critical_grid(i);
    double const bias = q * detail::critical_bias(act, q);
    most = (std::max)(most, bias);
    least = detail::is_finite(bias) ? (std::min)(least, bias) : least;
  }
  if (most > 0.0) {
    detail::raise(
        std::invalid_argument(detail::message(head, "those that have one go from about ", (std::max)(0.0, least),
                                              " to ", most, " (searched with q* from 1e-8 to 1e8)")));
  }
  detail::raise(std::invalid_argument(detail::message(
      head,
      "weights wide enough to keep the gradient (sigma_w^2 = 1/E f'^2) make the next layer's variance E f^2/E f'^2 "
      "larger than this one's at every variance from 1e-8 to 1e8, because its outputs lie far from 0; no bias "
      "variance has one. Subtract the mean of the outputs, or choose another activation")));
}

} // namespace theory
}} // namespace satur::SATUR_ABI
