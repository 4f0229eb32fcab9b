// Two records of a layer that saw the same numbers, in other blocks or another order: their counters are equal. Means
// are compared by each test, within the error that it expects.
#pragma once

#include "satur/record/layer.hpp"

#include <doctest/doctest.h>

namespace satur_test {

inline void check_same_counters(satur::layer_record const& a, satur::layer_record const& b) {
  CHECK(a.saturation.count == b.saturation.count);
  CHECK(a.saturation.low == b.saturation.low);
  CHECK(a.saturation.high == b.saturation.high);
  CHECK(a.saturation.nan == b.saturation.nan);
  CHECK(a.saturation.infinite == b.saturation.infinite);
  CHECK(a.saturation.lowest_z == b.saturation.lowest_z);
  CHECK(a.saturation.highest_z == b.saturation.highest_z);
  CHECK(a.gradient.count == b.gradient.count);
  CHECK(a.gradient.zeros == b.gradient.zeros);
  CHECK(a.gradient.nan == b.gradient.nan);
  CHECK(a.gradient.infinite == b.gradient.infinite);
}

} // namespace satur_test
