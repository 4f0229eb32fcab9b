/// \file theory/steady_state.hpp  The steady state of a deep net of equal layers: q*, chi, depth scales, c*.
#pragma once

#include "satur/theory/variance_map.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

namespace satur { inline namespace SATUR_ABI { namespace theory {

/// c' = (weight_variance E[f(u1) f(u2)] + bias_variance)/q for two inputs whose pre-activations have variance q and
/// correlation c; at a fixed point q* of the variance map. Source: Poole et al. 2016, equation 5.
struct correlation_step {
  double correlation; ///< c'
  double slope;       ///< dc'/dc = weight_variance E[f'(u1) f'(u2)]
};

/// One step of the correlation map, 0 <= c <= 1: an integral over u1 of closed forms or one-dimensional integrals over
/// u2 given u1. So kinks cost no digits. Takes about a millisecond. Throws std::invalid_argument unless q is finite and
/// above 0 and c is in [0, 1].
template <class A> [[nodiscard]] correlation_step correlate(variance_map<A> const& map, double q, double c) {
  if (!detail::is_finite(q) || !(q > 0.0)) {
    detail::bad_parameter("theory::correlate", "variance", q, "a finite number > 0");
  }
  if (detail::is_nan(c) || !(c >= 0.0 && c <= 1.0)) {
    detail::bad_parameter("theory::correlate", "correlation", c, "0 to 1");
  }
  double const sd = std::sqrt(q);
  double const rest = q * (1.0 - c) * (1.0 + c);
  double values = 0.0;
  double slopes = 0.0;
  auto const edges = detail::edges_of(map.act);
  std::span<double const> const at(edges.data(), edges.size());
  // In the expectation over u2, a kink of f becomes a bend of this width.
  double const scale = (std::max)(1e-9 * sd, (std::min)(detail::bend_of(map.act), std::sqrt(rest)));
  detail::normal_sweep(0.0, sd, at, scale, [&](double t, double w) {
    auto const first = detail::both_at(map.act, sd * t);
    gaussian_moments const second = moments(map.act, c * sd * t, rest);
    values += w * first.value * second.mean_output;
    slopes += w * first.slope * second.mean_derivative;
  });
  return {(map.weight_variance * values + map.bias_variance) / q, map.weight_variance * slopes};
}

/// The state of the layers far from the input, starting from `start`.
struct steady_state {
  variance_limit limit{}; ///< q*
  double chi_1 = 0;       ///< factor of a layer on the square of the gradient; the limit of it if q* is 0 or infinite
  double chi_q = 0;       ///< factor of a layer on a deviation of the variance
  /// c*: the limit of the correlation of two different inputs. 1 if chi_1 <= 1 (all inputs become alike), below 1 if
  /// chi_1 > 1 (chaos: similar inputs diverge). NaN unless the limit is finite.
  double correlation = 0;
  double chi_c = 0; ///< slope of the correlation map at c*; chi_1 if c* is 1

  [[nodiscard]] double variance_depth() const { return depth_scale(chi_q); }    ///< xi_q
  [[nodiscard]] double gradient_depth() const { return depth_scale(chi_1); }    ///< xi_grad; negative: it explodes
  [[nodiscard]] double correlation_depth() const { return depth_scale(chi_c); } ///< xi_c
};

/// Solves for the steady state. Takes a third of a millisecond, and about 10 milliseconds more for c* if chi_1 > 1.
/// Throws std::invalid_argument like `variance_map` and `fixed_point`.
template <class A>
[[nodiscard]] steady_state settle(A const& act, double weight_variance, double bias_variance, double start = 1.0) {
  variance_map<A> const map(act, weight_variance, bias_variance);
  steady_state s;
  s.limit = fixed_point(map, start);
  double const q = s.limit.kind == limit_kind::zero       ? vanishing_variance
                   : s.limit.kind == limit_kind::infinite ? endless_variance
                                                          : s.limit.variance;
  gaussian_moments const m = moments(act, 0.0, q);
  s.chi_1 = weight_variance * m.mean_squared_derivative;
  s.chi_q = weight_variance * m.output_growth;
  s.chi_c = s.chi_1;
  s.correlation = s.limit.kind == limit_kind::finite ? 1.0 : std::numeric_limits<double>::quiet_NaN();
  if (s.limit.kind == limit_kind::finite && s.chi_1 > 1.0) {
    // The map is a power series with coefficients >= 0 (Hermite), so it is convex: Newton's method from 0 approaches
    // the first root from below and never passes it.
    double c = 0.0;
    correlation_step at = correlate(map, q, c);
    for (int i = 0; i < 60 && at.slope < 1.0; ++i) {
      double const step = (at.correlation - c) / (1.0 - at.slope);
      if (!(step > 1e-14) || c + step >= 1.0) {
        break;
      }
      c += step;
      at = correlate(map, q, c);
    }
    s.correlation = c;
    s.chi_c = at.slope;
  }
  return s;
}

}}} // namespace satur::SATUR_ABI::theory
