// A check of the functions of satur/observe.hpp. This header includes nothing of satur. A test that includes one header
// of satur before it proves that this one header is enough.
#pragma once

#include <doctest/doctest.h>

#include <sstream>
#include <vector>

namespace satur_test {

inline void check_observe_functions() {
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

} // namespace satur_test
