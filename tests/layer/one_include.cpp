// satur/layer.hpp alone brings the functions of satur/observe.hpp; readings of a layer's last z.
#include "satur/layer.hpp"

#include "support/observe_functions.hpp" // after the header under test

#include "satur/initializer/zeros.hpp" // for the first weights of the layer below

#include <doctest/doctest.h>

#include <cmath>
#include <random>

namespace {
satur::dense<double> two_units() {
  std::mt19937 urbg{1};
  satur::dense<double> fc{1, 2, satur::zeros{}, urbg};
  fc.w = {{1.0, -2.0}};
  return fc;
}
} // namespace

TEST_CASE("layers bring the functions of satur/observe.hpp") { satur_test::check_observe_functions(); }

TEST_CASE("a layer's readings are those of its last z") {
  satur::dense<double> fc = two_units();
  CHECK(std::isnan(fc.saturated_fraction())); // nothing was seen
  CHECK(std::isnan(fc.mean_derivative(satur::relu{})));
  CHECK(fc.observe(satur::relu{}).count == 0);

  xt::xtensor<double, 2> const first{{9.0}};
  fc.forward(first);
  xt::xtensor<double, 2> const x{{3.0}, {1.0}};
  fc.forward(x); // z = 3, -6; 1, -2
  CHECK(fc.saturated_fraction() == 0.25);
  CHECK(fc.saturated_fraction(1.5) == 0.75);
  CHECK(fc.mean_derivative(satur::leaky_relu{0.25}) == 0.625);
  satur::saturation const record = fc.observe(satur::relu{}, satur::z_beyond{2.5});
  CHECK(record.low == 1);
  CHECK(record.high == 1);
  CHECK(record.rule == satur::z_beyond{2.5}.definition());
  CHECK(fc.observe(satur::relu{}).low == 1);
  CHECK(fc.observe(satur::relu{}).high == 0);

  fc.backward(xt::xtensor<double, 2>{{1.0, 1.0}, {1.0, 1.0}});
  CHECK(fc.saturated_fraction() == 0.25); // z survives backward
}
