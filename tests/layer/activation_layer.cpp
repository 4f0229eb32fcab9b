// An activation as a layer: the bits of apply, gradients, both ways to the slope, images and sequences, readings, what
// a monitor records, own arrays, wrong shapes.
#include "satur/layer/activation_layer.hpp"
#include "satur/activation.hpp"
#include "satur/initializer.hpp"
#include "satur/monitor/monitor.hpp"
#include "satur/tensor/fill.hpp"
#include "satur/testing/gradient/check_gradients.hpp"
#include "support/relative.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <random>
#include <stdexcept>
#include <vector>

namespace {

template <class T> using matrix = xt::xtensor<T, 2>;
template <class T> using images = xt::xtensor<T, 4>;
using satur::activation_layer;
using satur::any_activation_for;

std::vector<any_activation_for<double>> kinds() {
  return {satur::sigmoid{}, satur::tanh{}, satur::relu{}, satur::leaky_relu{0.1}, satur::elu{}, satur::gelu{}};
}

template <class T, std::size_t Axes> void check_bits(std::array<std::size_t, Axes> const& shape) {
  std::mt19937 g(1);
  auto const z = satur::make<T>(satur::normal{0, 4}, shape, g);
  auto const dy = satur::make<T>(satur::normal{}, shape, g);
  auto y = z, slope = z, dz = z;
  satur::apply(satur::tanh{}, z, y, slope);
  for (std::size_t i = 0; i < z.size(); ++i) {
    dz.data()[i] = dy.data()[i] * slope.data()[i];
  }
  activation_layer<satur::tanh, T, Axes> layer;
  for (bool const keep : {true, false, true}) {
    layer.keep_slopes = keep;
    CHECK(layer.forward(z) == y);
    CHECK(layer.backward(dy) == dz);
    CHECK(layer.backward(dy) == dz); // z and the slopes survive
    CHECK(layer.z() == z);
  }
  layer.keep_slopes = false; // after forward: it has slopes
  CHECK(layer.backward(dy) == dz);
  layer.forward(dy);
  layer.keep_slopes = true; // it has none of this z
  satur::apply_derivative(satur::tanh{}, dy, slope);
  for (std::size_t i = 0; i < z.size(); ++i) {
    dz.data()[i] = dy.data()[i] * slope.data()[i];
  }
  CHECK(layer.backward(dy) == dz);
}

} // namespace

TEST_CASE_TEMPLATE("activation_layer: the bits of apply, and dy times the slope, kept or not", T, float, double) {
  check_bits<T, 2>({5, 13});
  check_bits<T, 2>({0, 13});
}
TEST_CASE("activation_layer: the same of sequences and images") {
  check_bits<float, 3>({2, 3, 5});
  check_bits<float, 4>({2, 3, 5, 4});
  check_bits<float, 4>({1, 1, 1, 1});
}

TEST_CASE("activation_layer: gradients of each kind of activation") {
  std::mt19937 g(2);
  auto const x = satur::make<double>(satur::normal{0, 2}, {4, 6}, g);
  for (auto const& act : kinds()) {
    CAPTURE(act.name);
    activation_layer<any_activation_for<double>, double> layer(act);
    for (bool const keep : {true, false}) {
      layer.keep_slopes = keep;
      auto const r = satur::testing::check_gradients(layer, x);
      CHECK_MESSAGE(r.passed(), r.text());
    }
  }
}

namespace {
/// The slope at y instead of z.
struct slope_of_output : activation_layer<satur::tanh, double> {
  matrix<double> y, dz;
  matrix<double> const& forward(matrix<double> const& x) { return y = activation_layer::forward(x); }
  matrix<double> const& backward(matrix<double> const& dy) {
    dz = y;
    satur::apply_derivative(act, y, dz);
    dz *= dy;
    return dz;
  }
};
/// No slope.
struct without_slope : activation_layer<satur::tanh, double> {
  matrix<double> const& backward(matrix<double> const& dy) { return dy; }
};
/// The slope of the sample before.
struct slope_of_another : activation_layer<satur::tanh, double> {
  matrix<double> dz;
  matrix<double> const& backward(matrix<double> const& dy) {
    dz = z();
    std::rotate(dz.data(), dz.data() + dz.shape(1), dz.data() + dz.size());
    satur::apply_derivative(act, dz, dz);
    dz *= dy;
    return dz;
  }
};
} // namespace

TEST_CASE("activation_layer: the gradient check finds a slope at y, a forgotten slope, and the slope of another row") {
  std::mt19937 g(2);
  auto const x = satur::make<double>(satur::normal{}, {4, 6}, g);
  slope_of_output of_y;
  CHECK_FALSE(satur::testing::check_gradients(of_y, x).passed());
  without_slope none;
  CHECK_FALSE(satur::testing::check_gradients(none, x).passed());
  slope_of_another row;
  CHECK_FALSE(satur::testing::check_gradients(row, x).passed());
}

TEST_CASE("activation_layer: the slope comes from z: a float sigmoid at 20 still has one") {
  activation_layer<satur::sigmoid, float> layer;
  matrix<float> const z{{20.0f, -20.0f}};
  matrix<float> const ones{{1.0f, 1.0f}};
  CHECK(layer.forward(z)(0, 0) == 1.0f); // y (1 - y) is 0
  CHECK(layer.backward(ones)(0, 0) == satur_test::relative(2.0611536e-9, 1e-6));
  CHECK(layer.backward(ones)(0, 1) == satur_test::relative(2.0611536e-9, 1e-6));
}

TEST_CASE("activation_layer: readings of its own activation, or another") {
  activation_layer<satur::sigmoid, double> layer;
  CHECK(layer.observe().count == 0);
  layer.forward(matrix<double>{{-6, 0, 7}, {1, 5.5, 2}});
  CHECK(layer.saturated_fraction() == 0.5);
  CHECK(layer.saturated_fraction(6.5) == doctest::Approx(1.0 / 6.0));
  CHECK(layer.mean_derivative() == satur::mean_derivative(satur::sigmoid{}, layer.z()));
  CHECK(layer.mean_derivative(satur::tanh{}) == satur::mean_derivative(satur::tanh{}, layer.z()));
  CHECK(layer.observe() == satur::observe(satur::sigmoid{}, layer.z()));
  CHECK(layer.observe(satur::slope_below{0.1}) == satur::observe(satur::sigmoid{}, layer.z(), satur::slope_below{0.1}));
  CHECK(layer.observe(satur::relu{}) == satur::observe(satur::relu{}, layer.z()));
  CHECK(layer.observe(satur::relu{}, satur::z_beyond{1}) ==
        satur::observe(satur::relu{}, layer.z(), satur::z_beyond{1}));
}

TEST_CASE("activation_layer: a monitor records what it records of the same arrays, channels as units") {
  std::mt19937 g(4);
  satur::monitor_options const each_unit{.units = true};
  satur::monitor by_hand(each_unit), mon(each_unit);
  auto const z = satur::make<double>(satur::normal{0, 3}, {2, 3, 4, 5}, g);
  auto const dy = satur::make<double>(satur::normal{}, {2, 3, 4, 5}, g);
  auto y = z, slope = z;
  auto const layout = satur::unit_layout::nchw(2, 3, 4, 5);
  by_hand["conv1"].forward(satur::tanh{}, z, y, slope, layout);
  by_hand["conv1"].gradient(images<double>(dy * slope), layout);
  by_hand.end_step();
  activation_layer<satur::tanh, double, 4> layer;
  CHECK(layer.z_layout().units == 0);
  CHECK(layer.forward(z, mon["conv1"]) == y);
  layer.backward(dy, mon["conv1"]);
  mon.end_step();
  CHECK(mon == by_hand);
  CHECK(mon["conv1"].units()->size() == 3);
  layer.forward(z); // not recorded
  CHECK(mon["conv1"].current().saturation.count == 0);
  layer.keep_slopes = false;
  CHECK(layer.forward(z, mon["conv1"]) == y);
  layer.backward(dy, mon["conv1"]);
  by_hand["conv1"].forward(satur::tanh{}, z, y, layout);
  by_hand["conv1"].gradient(images<double>(dy * slope), layout);
  CHECK(mon == by_hand);
}

TEST_CASE("activation_layer: its own arrays, temporaries and expressions are what copies of them are") {
  std::mt19937 g(5);
  auto const x = satur::make<double>(satur::normal{}, {3, 4}, g);
  auto const dy = satur::make<double>(satur::normal{}, {3, 4}, g);
  activation_layer<satur::tanh, double> own, copied;
  own.forward(own.forward(x)); // of its output
  matrix<double> const y = copied.forward(x);
  copied.forward(y);
  CHECK(own.backward(own.backward(dy)) == copied.backward(matrix<double>(copied.backward(dy))));
  CHECK(own.z() == y);
  own.forward(2.0 * x);
  copied.forward(matrix<double>(2.0 * x));
  CHECK(own.backward(matrix<double>(dy)) == copied.backward(dy));
  CHECK(own.backward(3.0 * dy) == copied.backward(matrix<double>(3.0 * dy)));
}

TEST_CASE("activation_layer: what it refuses names the activation") {
  activation_layer<satur::relu, double> layer;
  matrix<double> const x = xt::ones<double>({2, 3});
  CHECK_THROWS_WITH_AS(layer.backward(x), "satur::relu::backward: no forward pass to differentiate; call forward first",
                       std::logic_error);
  layer.forward(x);
  CHECK_THROWS_WITH_AS(layer.backward(matrix<double>(xt::ones<double>({3, 2}))),
                       "satur::relu::backward: dy has shape (3, 2); expected (2, 3), the shape of y",
                       satur::shape_error);
  CHECK_THROWS_WITH_AS(layer.forward(xt::xarray<double>(xt::ones<double>({3}))),
                       "satur::relu::forward: z has shape (3); expected 2 axes", satur::shape_error);
  activation_layer<satur::leaky_relu, double> invalid(satur::leaky_relu{std::nan("")});
  CHECK_THROWS_AS(invalid.forward(x), std::invalid_argument);
}
