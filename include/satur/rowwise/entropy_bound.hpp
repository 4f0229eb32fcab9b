/// \file rowwise/entropy_bound.hpp  The least entropy that a row of logits of a given size can have.
#pragma once

#include "satur/error.hpp"
#include "satur/math/exp.hpp"
#include "satur/math/log1p.hpp"
#include "satur/math/sqrt.hpp"

#include <cstddef>

namespace satur { inline namespace SATUR_ABI {

/// The lower bound of the entropy of softmax(z), in nats, for a row z of `keys` logits that are not masked:
///   log(1 + (T - 1) b) + s sqrt(T (T - 1)) b / (1 + (T - 1) b),  b = e^(-s sqrt(T / (T - 1))),  T = keys.
/// s is the Euclidean norm of the centered logits, sqrt(sum (z_j - mean z)^2). A row of this s reaches the bound if one
/// logit lies above all others and these are equal. The bound falls with s, so a larger s than that of the row, such as
/// a product of norms of weights and inputs, gives a bound too.
///
/// Range: log T for s = 0, 0 for s = inf. With one key or none it is 0. T = 64, s = 5 gives 1.802616.
///
/// Special values: NaN gives NaN. Throws std::invalid_argument if s is negative.
///
/// Source: Zhai et al. 2023, "Stabilizing Transformer Training by Preventing Attention Entropy Collapse", theorem 3.1.
[[nodiscard]] inline double entropy_lower_bound(std::size_t keys, double s) {
  if (detail::is_nan(s)) {
    return s;
  }
  if (s < 0.0) {
    detail::bad_parameter("entropy_lower_bound", "s", s, "a norm, 0 or above");
  }
  if (keys < 2) {
    return 0.0;
  }
  double const others = static_cast<double>(keys - 1);
  double const distance = s * math::sqrt((others + 1.0) / others); // from the one logit to the others
  if (distance > 708.0) {                                          // e^-distance is subnormal, or 0
    return 0.0;
  }
  double const mass = others * math::exp(-distance);
  return math::log1p(mass) + distance * (mass / (1.0 + mass));
}

}} // namespace satur::SATUR_ABI
