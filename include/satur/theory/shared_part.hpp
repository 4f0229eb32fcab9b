/// \file theory/shared_part.hpp  What all units of a layer have in common, over inputs, if its weights have a mean.
#pragma once

#include "satur/theory/moments.hpp"

#include <algorithm>
#include <cmath>
#include <span>

namespace satur::inline SATUR_ABI::detail {

/// Of two units of a layer, over inputs: E f(z_i) f(z_j) and E f'(z_i) f'(z_j).
struct products_of_units {
  double output;
  double slope;
};

/// z_i = S + T_i with S ~ N(mean, shared), the same for all units, and T_i ~ N(0, variance - shared), independent of
/// each other. 0 <= shared <= variance. Takes about a millisecond.
template <class A>
[[nodiscard]] products_of_units products_of(A const& act, double mean, double variance, double shared) {
  double const rest = (std::max)(0.0, variance - shared);
  double const sd = std::sqrt(shared);
  auto const edges = edges_of(act);
  double const scale = (std::max)(1e-9 * sd, (std::min)(bend_of(act), std::sqrt(rest))); // a kink of f is as wide
  products_of_units all{0.0, 0.0};
  normal_sweep(mean, sd, std::span<double const>(edges.data(), edges.size()), scale, [&](double t, double w) {
    theory::gaussian_moments const one = theory::moments(act, mean + sd * t, rest);
    all.output += w * one.mean_output * one.mean_output;
    all.slope += w * one.mean_derivative * one.mean_derivative;
  });
  return all;
}

/// The variance of sum a_i over n numbers of this variance, any two of which have this covariance.
[[nodiscard]] constexpr double variance_of_sum(double n, double variance, double covariance) {
  return n * (variance + (n - 1.0) * covariance);
}

} // namespace satur::inline SATUR_ABI::detail
