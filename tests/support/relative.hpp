// A number that is equal within a relative error. doctest::Approx alone adds 1 to the scale: 1e-26 equals 0 there.
#pragma once

#include <doctest/doctest.h>

namespace satur_test {

inline doctest::Approx relative(double x, double tolerance) {
  return doctest::Approx(x).scale(1e-305).epsilon(tolerance); // not 0: two zeros are equal
}

} // namespace satur_test
