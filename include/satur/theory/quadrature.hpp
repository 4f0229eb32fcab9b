/// \file theory/quadrature.hpp  Integrals over a normal distribution: composite Gauss-Legendre.
#pragma once

#include "satur/theory/normal_law.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace satur::inline SATUR_ABI::detail {

/// 10 points of the Gauss-Legendre rule on [-1, 1] (Abramowitz and Stegun, table 25.4).
struct legendre_point {
  double x;
  double weight;
};
inline constexpr std::array<legendre_point, 10> legendre = {{
    {-0.973906528517171720078, 0.066671344308688137594},
    {-0.865063366688984510732, 0.149451349150580593146},
    {-0.679409568299024406234, 0.219086362515982043996},
    {-0.433395394129247190799, 0.269266719309996355091},
    {-0.148874338981631210885, 0.295524224714752870174},
    {0.148874338981631210885, 0.295524224714752870174},
    {0.433395394129247190799, 0.269266719309996355091},
    {0.679409568299024406234, 0.219086362515982043996},
    {0.865063366688984510732, 0.149451349150580593146},
    {0.973906528517171720078, 0.066671344308688137594},
}};

/// Calls visit(t, weight) at the 10 points of [a, b]. The sum of weight g(t) is the integral of g.
template <class Visit> constexpr void legendre_panel(double a, double b, Visit&& visit) {
  double const middle = 0.5 * (a + b);
  double const half = 0.5 * (b - a);
  for (legendre_point const& p : legendre) {
    visit(middle + half * p.x, half * p.weight);
  }
}

/// The range of integration in standard deviations; 1e-16 of the distribution is outside.
inline constexpr double sweep_reach = 8.3;

/// The end of the next panel of `normal_sweep` from t, upward (sign 1) or downward (sign -1).
[[nodiscard]] constexpr double end_of_panel(double t, double sign, double mean, double sd,
                                            std::span<double const> edges, double first) {
  double const center = -mean / sd; // z = 0 there
  double width = (std::min)(1.66, first + 0.8 * (t < center ? center - t : t - center));
  double stop = sweep_reach * sign;
  for (double const edge : edges) {
    double const e = (edge - mean) / sd;
    double const ahead = (e - t) * sign;
    if (ahead > 0.0) {
      width = (std::min)(width, (first + 0.8 * ahead) / 1.8); // as wide as panels growing away from that edge
      stop = (stop - e) * sign > 0.0 ? e : stop;
    } else {
      width = (std::min)(width, first - 0.8 * ahead);
    }
  }
  double const next = t + sign * (std::max)(1e-12, width);
  return (stop - next) * sign > 1e-9 ? next : stop;
}

/// Calls visit(t, weight) so that the sum of weight g(mean + sd t) is E g(z), z ~ N(mean, sd^2). About 120 to 300
/// points.
///
/// Panels end at z = 0 and at every edge (in z, any order). Next to these they are min(`scale`, sd) wide, and grow by
/// 1.8 up to 1.66 sd. Gauss-Hermite, the usual choice, needs 800 points for a sigmoid at variance 25 and never
/// converges with a kink (docs/theory.md).
template <class Visit>
constexpr void normal_sweep(double mean, double sd, std::span<double const> edges, double scale, Visit&& visit) {
  double const start = (std::min)(sweep_reach, (std::max)(-sweep_reach, -mean / sd)); // z = 0, or the nearest end
  double const first = (std::min)(1.0, scale / sd);
  double t = start;
  double sign = 1.0; // first upward, then downward: with one loop the visitor is compiled once
  for (;;) {
    if (t * sign >= sweep_reach) {
      if (sign < 0.0) {
        return;
      }
      sign = -1.0;
      t = start;
      continue;
    }
    double const next = end_of_panel(t, sign, mean, sd, edges, first);
    legendre_panel((std::min)(t, next), (std::max)(t, next),
                   [&visit](double at, double w) { visit(at, w * normal_density(at)); });
    t = next;
  }
}

} // namespace satur::inline SATUR_ABI::detail
