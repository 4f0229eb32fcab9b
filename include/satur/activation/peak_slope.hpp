/// \file activation/peak_slope.hpp  The largest slope of an activation, stated or searched for.
#pragma once

#include "satur/activation/concept.hpp"

#include <cmath>
#include <concepts>
#include <type_traits>

namespace satur { inline namespace SATUR_ABI {

/// The largest |f'(z)| of an activation: the stated one, or found by search over [-64, 64] (2^14 points, then a golden
/// section). The search is accurate to about 1e-8 for a smooth slope. It takes about 100 microseconds, so keep its
/// result.
template <class A> [[nodiscard]] double peak_slope_of(A const& act) {
  if constexpr (has_peak_slope<A>) {
    return act.peak_slope();
  } else {
    using T = std::conditional_t<activation<A, double>, double, float>;
    auto const slope = [&](double z) {
      return std::fabs(static_cast<double>(detail::slope_at(act, static_cast<T>(z))));
    };
    constexpr double step = 1.0 / 128.0;
    double best = 0.0;
    double peak = slope(best);
    for (int i = -64 * 128; i <= 64 * 128; ++i) {
      double const z = i * step;
      if (double const s = slope(z); s > peak) {
        peak = s;
        best = z;
      }
    }
    constexpr double golden = 0.6180339887498949;
    double a = best - step;
    double b = best + step;
    for (int i = 0; i < 60; ++i) {
      double const left = b - golden * (b - a);
      double const right = a + golden * (b - a);
      (slope(left) > slope(right) ? b : a) = slope(left) > slope(right) ? right : left;
    }
    double const refined = slope(0.5 * (a + b));
    return refined > peak ? refined : peak;
  }
}

}} // namespace satur::SATUR_ABI
