// satur/activation.hpp alone is enough to ask how saturated z is.
#include "satur/activation.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <sstream>
#include <vector>

TEST_CASE("activations bring the functions of satur/observe.hpp") {
  std::vector<float> const z{-6.0f, 0.0f, 1.0f, 7.0f};
  std::vector<float> y(4);
  CHECK(satur::saturated_fraction(z) == 0.5);
  CHECK(satur::mean_derivative(satur::relu{}, z) == 0.5);
  satur::saturation const record = satur::forward(satur::relu{}, z, y);
  CHECK(y == std::vector<float>{0.0f, 0.0f, 1.0f, 7.0f});
  CHECK(record == satur::observe(satur::relu{}, z));
  std::ostringstream text;
  text << record;
  CHECK(text.str().starts_with("relu: 4 pre-activations"));
}
