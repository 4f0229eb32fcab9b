// satur/initializer.hpp alone brings the functions of satur/observe.hpp, and predicted().
#include "satur/initializer.hpp"

#include "support/observe_functions.hpp" // after the header under test

#include <doctest/doctest.h>

#include <cmath>

TEST_CASE("initializers bring the functions of satur/observe.hpp") { satur_test::check_observe_functions(); }

TEST_CASE("predicted: the fraction and the mean slope before training") {
  // Weights of standard deviation 0.5 from 100 inputs of variance 1: z is normal with standard deviation 5.
  auto const p = satur::predicted(satur::normal{0.0, 0.5}, satur::fans{100, 50}, satur::tanh{});
  CHECK(p.saturated == doctest::Approx(std::erfc(std::sqrt(0.5))).epsilon(1e-9)); // P(|z| > 5) = P(|n| > 1)
  auto const relu = satur::predicted(satur::normal{0.0, 0.5}, satur::fans{100, 50}, satur::relu{});
  CHECK(relu.mean_derivative == doctest::Approx(0.5).epsilon(1e-9));
}
