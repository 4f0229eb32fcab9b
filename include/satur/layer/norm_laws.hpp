/// \file layer/norm_laws.hpp  How the outputs of a normalization are distributed, by the moments of its inputs.
#pragma once

#include "satur/config.hpp"
#include "satur/theory/units.hpp"

#include <cmath>
#include <cstddef>

namespace satur::inline SATUR_ABI::detail {

/// z = (x - center)/sqrt(square) gamma + beta.
struct norm_scale {
  double center;
  double square;
};

/// The laws of z for inputs of these means and variances, with scale(unit, mean, variance) for each unit.
template <class W, class M, class V, class Scale>
[[nodiscard]] theory::unit_laws laws_of_norm(W const& gamma, W const& beta, M const& input_mean,
                                             V const& input_variance, Scale const& scale) {
  require_length("z_laws", input_mean, "input_mean", gamma.size());
  require_length("z_laws", input_variance, "input_variance", gamma.size());
  theory::unit_laws z;
  for (std::size_t u = 0; u < gamma.size(); ++u) {
    double const m = element(input_mean, u);
    double const v = element(input_variance, u);
    norm_scale const s = scale(u, m, v);
    double const factor = static_cast<double>(gamma.data()[u]) / std::sqrt(s.square);
    double const shift = beta.size() == 0 ? 0.0 : static_cast<double>(beta.data()[u]);
    z.mean.push_back((m - s.center) * factor + shift);
    z.variance.push_back(v * factor * factor);
  }
  return z;
}

/// The same for a row of independent inputs, with the mean and the variance of the row at their expected values, which
/// many units make likely. Without `centered` the mean is not subtracted, and the mean square stands for the variance.
template <class W, class M, class V>
[[nodiscard]] theory::unit_laws laws_of_row_norm(W const& gamma, W const& beta, M const& input_mean,
                                                 V const& input_variance, double epsilon, bool centered) {
  require_length("z_laws", input_mean, "input_mean", gamma.size());
  require_length("z_laws", input_variance, "input_variance", gamma.size());
  double mean = 0.0;
  double square = 0.0;
  for (std::size_t u = 0; u < gamma.size(); ++u) {
    double const m = element(input_mean, u);
    mean += m;
    square += m * m + element(input_variance, u);
  }
  auto const n = static_cast<double>(gamma.size());
  mean = centered ? mean / n : 0.0;
  norm_scale const all{mean, square / n - mean * mean + epsilon};
  return laws_of_norm(gamma, beta, input_mean, input_variance, [&](std::size_t, double, double) { return all; });
}

} // namespace satur::inline SATUR_ABI::detail
