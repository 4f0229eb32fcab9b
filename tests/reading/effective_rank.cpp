// The effective rank: closed forms.
#include "satur/reading/effective_rank.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

TEST_CASE("effective rank: known spectra") {
  CHECK(satur::effective_rank(std::vector<double>{3.0, 1.0}) == doctest::Approx(1.754765).epsilon(1e-6));
  for (std::size_t k = 1; k <= 100; ++k) {
    std::vector<float> equal(k, 0.1f);
    equal.insert(equal.begin(), 7, 0.0f);
    CHECK(satur::effective_rank(equal) == doctest::Approx(static_cast<double>(k)).epsilon(1e-12));
  }
  // a geometric spectrum 1, r, r^2, ...: entropy -ln(1 - r) - r ln r / (1 - r)
  double const r = 0.5;
  std::vector<double> geometric;
  for (double s = 1.0; s > 1e-300; s *= r) {
    geometric.push_back(s);
  }
  CHECK(satur::effective_rank(geometric) == doctest::Approx(4.0).epsilon(1e-12));
  // the scale does not matter, up to the ends of the range
  CHECK(satur::effective_rank(std::vector<double>{3e307, 1e307}) == doctest::Approx(1.754765).epsilon(1e-6));
  CHECK(satur::effective_rank(std::vector<double>{3e-310, 1e-310}) == doctest::Approx(1.754765).epsilon(1e-6));
}

TEST_CASE("effective rank: empty, negative, infinite and NaN spectra") {
  CHECK(std::isnan(satur::effective_rank(std::vector<double>{})));
  CHECK(std::isnan(satur::effective_rank(std::vector<double>{0.0, 0.0})));
  for (double const bad : {-1.0, std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    CHECK_THROWS_AS(static_cast<void>(satur::effective_rank(std::vector<double>{1.0, bad})), std::invalid_argument);
  }
}
