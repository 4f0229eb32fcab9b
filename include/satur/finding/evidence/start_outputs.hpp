/// \file finding/evidence/start_outputs.hpp  Outputs of a layer in the first samples, from the laws of its units' z.
#pragma once

#include "satur/finding/activation_facts.hpp"
#include "satur/record/origin.hpp"
#include "satur/record/saturation.hpp"

#include <vector>

#if !SATUR_COMPILED
namespace satur::inline SATUR_ABI::detail {

/// Sums over the units of a layer of what normal z of their means and variances make of the outputs a_u. A unit whose
/// mean or variance overflowed adds nothing.
struct start_outputs {
  double units = 0.0;         ///< all of them
  double squared_means = 0.0; ///< of (E a_u)^2
  double variances = 0.0;

  start_outputs(activation_facts const& facts, std::vector<unit_origin> const& start)
      : units(static_cast<double>(start.size())) {
    for (unit_origin const& u : start) {
      theory::gaussian_moments const of_unit = facts.outputs(u.mean_z, u.variance_z);
      squared_means += is_finite(of_unit.mean_output) ? of_unit.mean_output * of_unit.mean_output : 0.0;
      variances += is_finite(of_unit.variance_output) ? of_unit.variance_output : 0.0;
    }
  }
  /// Variance over samples of the outputs in the first step, or their mean square if units are not recorded or the
  /// activation is not known. It is the mean square less those of the units' means; where these are most of it, and the
  /// difference would cancel, the variance that normal z have.
  [[nodiscard]] double variance_in(saturation const& first) const {
    double const square = first.mean_squared_output();
    if (squared_means == 0.0) {
      return square;
    }
    double const means = squared_means / units;
    return means < 0.5 * square ? square - means : variances / units;
  }
};

} // namespace satur::inline SATUR_ABI::detail
#endif
