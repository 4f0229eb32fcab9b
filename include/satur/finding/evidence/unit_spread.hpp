/// \file finding/evidence/unit_spread.hpp  Means over the units of a layer of what each unit's z and output are.
#pragma once

#include "satur/record/origin.hpp"
#include "satur/record/units/unit_records.hpp"
#include "satur/simd/special_values.hpp"

#include <cstddef>
#include <limits>
#include <vector>

#if !SATUR_COMPILED
namespace satur::inline SATUR_ABI::detail {

/// Means over the units that have finite z: of the square of a unit's mean of z, of its variance of z over samples, and
/// of the square of its mean output. All are NaN without such units; of unit_origins, `output_square` is 0.
struct unit_spread {
  double units = 0.0; ///< how many have finite z
  double mean_square = std::numeric_limits<double>::quiet_NaN();
  double variance = std::numeric_limits<double>::quiet_NaN();
  double output_square = std::numeric_limits<double>::quiet_NaN();

  explicit unit_spread(unit_records const* records) {
    for (std::size_t u = 0; records != nullptr && u < records->size(); ++u) {
      unit_summary const s = (*records)[u];
      if (s.samples > s.infinite) {
        add(s.z_mean, s.z_variance, s.output);
      }
    }
    divide();
  }
  explicit unit_spread(std::vector<unit_origin> const& start) {
    for (unit_origin const& u : start) {
      add(u.mean_z, u.variance_z, 0.0);
    }
    divide();
  }
  /// Mean square of z over units and samples.
  [[nodiscard]] double square() const { return mean_square + variance; }

private:
  void add(double mean, double of_samples, double output) {
    if (units == 0.0) {
      mean_square = variance = output_square = 0.0;
    }
    units += 1.0;
    mean_square += mean * mean;
    variance += of_samples;
    output_square += is_finite(output) ? output * output : 0.0;
  }
  void divide() {
    mean_square /= units;
    variance /= units;
    output_square /= units;
  }
};

} // namespace satur::inline SATUR_ABI::detail
#endif
