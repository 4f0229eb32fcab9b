// satur/initializer.hpp alone is enough to ask how saturated z is, and how saturated it will be.
#include "satur/initializer.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <sstream>
#include <vector>

TEST_CASE("initializers bring the functions of satur/observe.hpp") {
  std::vector<double> const z{-6.0, 0.0, 1.0, 7.0};
  std::vector<double> y(4);
  CHECK(satur::saturated_fraction(z) == 0.5);
  CHECK(satur::mean_derivative(satur::relu{}, z) == 0.5);
  satur::saturation const record = satur::forward(satur::relu{}, z, y);
  CHECK(y == std::vector<double>{0.0, 0.0, 1.0, 7.0});
  CHECK(record == satur::observe(satur::relu{}, z));
  std::ostringstream text;
  text << record;
  CHECK(text.str().starts_with("relu: 4 pre-activations"));
}

TEST_CASE("predicted: the fraction and the mean slope before training") {
  // Weights of standard deviation 0.5 from 100 inputs of variance 1: z is normal with standard deviation 5.
  auto const p = satur::predicted(satur::normal{0.0, 0.5}, satur::fans{100, 50}, satur::tanh{});
  CHECK(p.saturated == doctest::Approx(std::erfc(std::sqrt(0.5))).epsilon(1e-9)); // P(|z| > 5) = P(|n| > 1)
  auto const relu = satur::predicted(satur::normal{0.0, 0.5}, satur::fans{100, 50}, satur::relu{});
  CHECK(relu.mean_derivative == doctest::Approx(0.5).epsilon(1e-9));
}
