// An activation whose numbers are exact in every base: what reports print of it is the same on every machine.
#pragma once

#include <string_view>

namespace satur_test {

/// z / 2 cut to [-3/2, 3/2].
struct half_ramp {
  static constexpr std::string_view name = "half_ramp";
  static double value(double z) { return z < -3.0 ? -1.5 : z > 3.0 ? 1.5 : 0.5 * z; }
  static double derivative(double z) { return z > -3.0 && z < 3.0 ? 0.5 : 0.0; }
  static constexpr double peak_slope() { return 0.5; }
};

} // namespace satur_test
