// Where a slope crosses zero: the error of every number beside the crossing, against MPFR.
#pragma once

#include "support/contract.hpp"
#include "support/mpfr.hpp"
#include "support/ulp.hpp"

#include "satur/observe.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

namespace test {

/// f(act) for every activation whose slope crosses zero where it is not exact: hard_swish, a quadratic, is in the
/// sweeps. Every beta is a float, so that float and double give the same activation.
template <class F> void for_each_crossing(F const& f) {
  f(satur::gelu{});
  f(satur::gelu_tanh{});
  f(satur::gelu_quick{});
  f(satur::mish{});
  for (double const beta : {1.0, 0.375, 1.75, 100.0, 0x1p-20, 0x1p20}) {
    f(satur::silu{beta});
  }
}

/// The numbers from `steps` below the zero of the slope to `steps` above it, each next to the other.
template <class T, class A> std::vector<T> beside_crossing(A const& act, int steps) {
  T z = static_cast<T>(act.minimum_at());
  for (int i = 0; i < steps; ++i) {
    z = std::nextafter(z, -std::numeric_limits<T>::infinity());
  }
  std::vector<T> all;
  for (int i = -steps; i <= steps; ++i) {
    all.push_back(z);
    z = std::nextafter(z, std::numeric_limits<T>::infinity());
  }
  return all;
}

template <class T, class A> std::vector<long double> exact_slopes(A const& act, std::vector<T> const& z) {
  std::vector<long double> exact;
  for (T const at : z) {
    exact.push_back(mpfr_exact(act, static_cast<double>(at)).slope);
  }
  return exact;
}

/// The largest error of a slope in ulp of the peak slope, and in ulp of the slope itself.
struct crossing_error {
  double of_peak = 0.0;
  double own = 0.0;
  int wrong_signs = 0;
};

template <class T, class A>
crossing_error errors_beside_crossing(A const& act, std::vector<T> const& z, std::vector<long double> const& exact) {
  std::vector<T> y(z.size());
  std::vector<T> dy(z.size());
  satur::forward(act, z, y, dy);
  T const peak = static_cast<T>(act.peak_slope());
  auto const unit = static_cast<long double>(std::nextafter(peak, T(9)) - peak);
  crossing_error e;
  for (std::size_t i = 0; i < z.size(); ++i) {
    auto const off = static_cast<double>(std::fabs(static_cast<long double>(dy[i]) - exact[i]) / unit);
    e.of_peak = std::max(e.of_peak, off);
    e.own = std::max(e.own, ulp_error(dy[i], exact[i]));
    e.wrong_signs += exact[i] < 0 ? !(dy[i] < T(0)) : !(dy[i] > T(0)); // a 0 is one too: no number is the zero itself
  }
  return e;
}

} // namespace test
