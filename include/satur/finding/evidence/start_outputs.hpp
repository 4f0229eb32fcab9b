/// \file finding/evidence/start_outputs.hpp  Outputs of a layer in the first samples, from the laws of its units' z.
#pragma once

#include "satur/finding/activation_facts.hpp"
#include "satur/record/origin.hpp"
#include "satur/record/saturation.hpp"

#include <vector>

#if !SATUR_COMPILED
namespace satur::inline SATUR_ABI::detail {

/// sum (E a_u)^2 over the outputs a_u of units whose z are normal. A unit whose mean or variance overflowed adds
/// nothing.
[[nodiscard]] inline double sum_of_squared_means(activation_facts const& facts, std::vector<unit_origin> const& start) {
  double sum = 0.0;
  for (unit_origin const& u : start) {
    double const m = facts.outputs(u.mean_z, u.variance_z).mean_output;
    sum += is_finite(m) ? m * m : 0.0;
  }
  return sum;
}

/// Variance over samples of the outputs in the first step, or their mean square if units are not recorded. It is the
/// mean square less those of the units' means; where these are most of it, and the difference would cancel, the
/// variance that normal z have.
[[nodiscard]] inline double output_variance_at_start(activation_facts const& facts,
                                                     std::vector<unit_origin> const& start, saturation const& first) {
  double const square = first.mean_squared_output();
  double const units = static_cast<double>(start.size());
  double const means = start.empty() ? 0.0 : sum_of_squared_means(facts, start) / units;
  if (!facts.act || means < 0.5 * square) {
    return square - means;
  }
  double sum = 0.0;
  for (unit_origin const& u : start) {
    double const variance = facts.outputs(u.mean_z, u.variance_z).variance_output;
    sum += is_finite(variance) ? variance : 0.0;
  }
  return sum / units;
}

} // namespace satur::inline SATUR_ABI::detail
#endif
