/// \file testing/kernel/sweep/probe.hpp  What a check must know of an activation, found by looking: where its slope is
/// zero,
/// whether its value never falls, its largest slope.
#pragma once

#include "satur/testing/kernel/truth.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

namespace satur::inline SATUR_ABI::testing::detail {

/// Beside a zero of the slope the error of a slope counts in units of the largest slope, if that is smaller: up to this
/// share of |z| of the zero. 1/4 for gelu, 0.43 for silu, 0.4 for mish.
inline constexpr double beside_zero = 1.0 / 3.0;

struct probed {
  bool rises = false;                            ///< f never falls
  bool falls = false;                            ///< f never rises
  double peak = 0.0;                             ///< the largest |f'|
  std::vector<std::pair<double, double>> beside; ///< neighborhoods of the zeros of f', in ascending order

  [[nodiscard]] bool monotone() const { return rises || falls; }
  [[nodiscard]] bool is_beside_zero(double z) const {
    auto const after = std::upper_bound(beside.begin(), beside.end(), z,
                                        [](double at, std::pair<double, double> const& r) { return at < r.first; });
    return after != beside.begin() && z <= std::prev(after)->second;
  }
};

/// ±2^e (1 + k/32) from 2^-30 to 2^30, and 0, ascending.
inline std::vector<double> probe_points() {
  std::vector<double> z{0.0};
  for (int e = -30; e < 30; ++e) {
    for (int k = 0; k < 32; ++k) {
      double const size = std::ldexp(1.0 + k / 32.0, e);
      z.push_back(size);
      z.push_back(-size);
    }
  }
  std::sort(z.begin(), z.end());
  return z;
}

/// The zeros of the slope but 0 itself: where its sign changes, and where it is small and at least twice as large on
/// both sides. At 0 numbers are dense, and a small slope can keep its digits.
template <class T>
std::vector<double> zeros_of_slope(exact_activation<T> const& act, std::vector<double> const& z,
                                   std::vector<double> const& slope, double peak) {
  std::vector<double> zeros;
  for (std::size_t i = 0; i + 1 < z.size(); ++i) {
    bool const negative = slope[i] < 0.0;
    if (slope[i] != 0.0 && slope[i + 1] != 0.0 && negative != (slope[i + 1] < 0.0)) {
      double a = z[i];
      double b = z[i + 1];
      for (int step = 0; step < 60; ++step) {
        double const m = a + (b - a) / 2.0;
        ((act.slope(static_cast<exact_type<T>>(m)) < 0) == negative ? a : b) = m;
      }
      zeros.push_back(a + (b - a) / 2.0);
      continue;
    }
    auto const larger = [&](std::size_t other) { return std::fabs(slope[other]) > 2.0 * std::fabs(slope[i]); };
    constexpr std::size_t aside = 4; // an eighth of |z| or more
    if (i < aside || i + aside >= z.size() || z[i - aside] * z[i + aside] <= 0.0) {
      continue;
    }
    bool const least = std::fabs(slope[i]) <= std::fabs(slope[i - 1]) && std::fabs(slope[i]) <= std::fabs(slope[i + 1]);
    if (least && std::fabs(slope[i]) < peak / 8.0 && larger(i - aside) && larger(i + aside)) {
      zeros.push_back(z[i]);
    }
  }
  return zeros;
}

template <class T> probed probe(exact_activation<T> const& act) {
  using exact = exact_type<T>;
  probed p;
  std::vector<double> const z = probe_points();
  std::vector<exact> const at(z.begin(), z.end());
  std::vector<exact> result(z.size());
  act.values(at, result);
  std::vector<double> const value(result.begin(), result.end());
  act.slopes(at, result);
  std::vector<double> const slope(result.begin(), result.end());
  p.rises = true;
  p.falls = true;
  for (std::size_t i = 0; i + 1 < z.size(); ++i) {
    double const change = value[i + 1] - value[i];
    double const rounding = 8.0 * std::numeric_limits<double>::epsilon() * std::fabs(value[i]);
    p.rises = p.rises && !(change < -rounding);
    p.falls = p.falls && !(change > rounding);
  }
  for (double const s : slope) {
    p.peak = satur::detail::is_finite(s) ? (std::max)(p.peak, std::fabs(s)) : p.peak;
  }
  p.peak = act.peak_slope.value_or(p.peak);
  for (double const zero : zeros_of_slope(act, z, slope, p.peak)) {
    double const reach = beside_zero * std::fabs(zero);
    if (!p.beside.empty() && zero - reach <= p.beside.back().second) {
      p.beside.back().second = zero + reach;
    } else {
      p.beside.emplace_back(zero - reach, zero + reach);
    }
  }
  return p;
}

} // namespace satur::inline SATUR_ABI::testing::detail
