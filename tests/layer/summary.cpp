// The summary of a net: shapes, counts, memory, and predictions that drawn data meet.
#include "satur/layer/summary.hpp"
#include "satur/activation.hpp"
#include "satur/initializer.hpp"
#include "satur/layer/average_pool2d.hpp"
#include "satur/layer/conv2d.hpp"
#include "satur/layer/dense.hpp"
#include "satur/layer/flatten.hpp"
#include "satur/layer/gated_dense.hpp"
#include "satur/layer/max_pool2d.hpp"
#include "satur/layer/sequential.hpp"
#include "satur/tensor/fill.hpp"
#include "satur/theory/units.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using satur::dense;
using satur::named;
using shape = std::vector<std::size_t>;

auto cnn(std::mt19937& g) {
  return satur::sequential{named("conv1", satur::conv2d<float>{2, 6, {3, 3}, satur::normal{0, 0.5}, g}),
                           satur::tanh{},
                           satur::max_pool2d<float>{{2, 2}},
                           named("conv2", satur::conv2d<float>{6, 5, {2, 2}, satur::normal{0, 0.4}, g}),
                           satur::relu{},
                           satur::average_pool2d<float>{{2, 2}},
                           satur::flatten<float>{},
                           named("fc", dense<float>{20, 8, satur::normal{0.1, 0.5}, g}),
                           satur::sigmoid{},
                           named("output", dense<float>{8, 3, satur::normal{0, 1}, g})};
}

} // namespace

TEST_CASE("summary: shapes, parameters, fans and memory of a convolutional net") {
  std::mt19937 g(1);
  auto net = cnn(g);
  satur::net_summary const s = satur::summary(net, {7, 2, 12, 12});
  REQUIRE(s.layers.size() == 10);
  CHECK(s.input == shape{7, 2, 12, 12});
  std::vector<shape> outputs;
  std::size_t kept = 0; // numbers
  for (auto const& l : s.layers) {
    outputs.push_back(l.output);
  }
  CHECK(outputs == std::vector<shape>{{7, 6, 10, 10},
                                      {7, 6, 10, 10},
                                      {7, 6, 5, 5},
                                      {7, 5, 4, 4},
                                      {7, 5, 4, 4},
                                      {7, 5, 2, 2},
                                      {7, 20},
                                      {7, 8},
                                      {7, 8},
                                      {7, 3}});
  CHECK(s.layers[0].parameters == 6 * (2 * 9 + 1));
  CHECK(s.layers[1].parameters == 0);
  CHECK(s.layers[3].size == satur::fans{24, 20});
  CHECK(s.layers[7].size == satur::fans{20, 8});
  CHECK_FALSE(s.layers[6].size.has_value());
  CHECK(s.parameters == satur::parameter_count(net));
  CHECK(s.parameter_bytes == 4 * s.parameters);
  CHECK(s.gradient_bytes == s.parameter_bytes);
  CHECK(net.output().size() == 0); // the net itself made no step
  // outputs, and dL/dx of each layer but the first; an activation keeps its slopes beside
  for (std::size_t k = 0; k < s.layers.size(); ++k) {
    auto const size = [](shape const& x) {
      std::size_t n = 1;
      for (std::size_t const e : x) {
        n *= e;
      }
      return n;
    };
    bool const is_activation = k == 1 || k == 4 || k == 8;
    kept += size(outputs[k]) * (is_activation ? 2 : 1) + (k == 0 ? 0 : size(outputs[k - 1]));
  }
  CHECK(s.activation_bytes >= 4 * kept);
  CHECK(s.activation_bytes <= 4 * kept + 4 * std::size_t{7 * 6 * 25}); // the places of the largest
  CHECK_THROWS_WITH_AS(static_cast<void>(satur::summary(net, {7, 3, 12, 12})), doctest::Contains("conv1"),
                       satur::shape_error);
  CHECK_THROWS_AS(static_cast<void>(satur::summary(net, {7, 2, 12, 12}, {.input_variance = -1.0})),
                  std::invalid_argument);
}

TEST_CASE("summary: the predictions are those of theory for each layer, and drawn inputs meet them") {
  std::mt19937 g(2);
  satur::sequential net{named("fc1", dense<double>{300, 40, satur::normal{0.02, 0.25}, g}), satur::tanh{},
                        named("fc2", dense<double>{40, 30, satur::normal{0.1, 0.6}, g}), satur::sigmoid{},
                        named("output", dense<double>{30, 5, satur::normal{0, 1}, g})};
  auto const s = satur::summary(net, {2000, 300}, {.input_mean = 0.3, .input_variance = 0.8, .threshold = 2.0});
  auto const z1 = satur::theory::predict(net.layer<0>().w, net.layer<0>().b, 0.3, 0.8);
  auto const a1 = z1.outputs(satur::tanh{});
  auto const z2 = satur::theory::predict(net.layer<2>().w, net.layer<2>().b, a1.mean, a1.variance);
  CHECK(s.layers[1].saturated == z1.below(2.0) + z1.above(2.0));
  CHECK(s.layers[1].mean_derivative == z1.mean_derivative(satur::tanh{}));
  CHECK(s.layers[3].saturated == z2.below(2.0) + z2.above(2.0));
  CHECK(s.layers[3].slope_saturation == doctest::Approx(1.0 - 4.0 * z2.mean_derivative(satur::sigmoid{})));
  CHECK(std::isnan(s.layers[0].saturated));
  CHECK(std::isnan(s.layers[4].mean_derivative));
  net.forward(satur::make<double>(satur::normal{0.3, std::sqrt(0.8)}, {2000, 300}, g));
  CHECK(net.saturated_fraction("fc1", 2.0) == doctest::Approx(s.layers[1].saturated).epsilon(0.03));
  CHECK(net.mean_derivative("fc1") == doctest::Approx(s.layers[1].mean_derivative).epsilon(0.03));
  CHECK(net.saturated_fraction("fc2", 2.0) == doctest::Approx(s.layers[3].saturated).epsilon(0.05));
  CHECK(net.mean_derivative("fc2") == doctest::Approx(s.layers[3].mean_derivative).epsilon(0.05));
}

TEST_CASE("summary: predictions through convolutions and pooling are met by drawn images") {
  std::mt19937 g(3);
  auto net = cnn(g);
  // Pixels of z that share no input are independent; in neighbors the average pool sees less variance than predicted.
  auto const s = satur::summary(net, {1, 2, 12, 12}, {.threshold = 1.5});
  net.forward(satur::make<float>(satur::normal{}, {600, 2, 12, 12}, g));
  CHECK(net.saturated_fraction("conv1", 1.5) == doctest::Approx(s.layers[1].saturated).epsilon(0.03));
  CHECK(net.mean_derivative("conv1") == doctest::Approx(s.layers[1].mean_derivative).epsilon(0.03));
  CHECK(net.saturated_fraction("conv2", 1.5) == doctest::Approx(s.layers[4].saturated).epsilon(0.15));
  CHECK(net.mean_derivative("conv2") == doctest::Approx(s.layers[4].mean_derivative).epsilon(0.15));
  CHECK(net.mean_derivative("fc") == doctest::Approx(s.layers[8].mean_derivative).epsilon(0.15));
}

TEST_CASE("summary: of independent pixels in channels that differ, each prediction is exact") {
  std::mt19937 g(4);
  auto const apart = [&] { // three channels that share nothing, each around another mean
    satur::conv2d<float> one{3, 3, {1, 1}, satur::constant{0}, g};
    for (std::size_t c = 0; c < 3; ++c) {
      one.w(c, c, 0, 0) = 0.4f;
      one.b(c) = 1.5f * static_cast<float>(c) - 1.5f;
    }
    return one;
  };
  auto const x = satur::make<float>(satur::normal{}, {3000, 3, 4, 4}, g);
  satur::sequential rows{apart(), satur::tanh{}, satur::flatten<float>{},
                         named("fc", dense<float>{48, 6, satur::normal{0.05, 0.3}, g}), satur::sigmoid{}};
  for (std::size_t i = 0; i < 48; ++i) {
    rows.layer<3>().w(i, 0) = i < 16 ? 0.1f : 0.0f; // of the first channel alone
  }
  satur::sequential windows{apart(), satur::tanh{}, satur::max_pool2d<float>{{2, 2}},
                            named("conv", satur::conv2d<float>{3, 2, {2, 2}, satur::normal{0, 0.6}, g}), satur::tanh{}};
  windows.layer<3>().w(0, 1, 0, 1) = windows.layer<3>().w(1, 0, 0, 0) = 3.0f;
  auto const check = [&](auto& net, std::string const& name) {
    auto const s = satur::summary(net, {1, 3, 4, 4}, {.threshold = 1.2});
    net.forward(x);
    CHECK(net.saturated_fraction(name, 1.2) == doctest::Approx(s.layers[4].saturated).epsilon(0.02));
    CHECK(net.mean_derivative(name) == doctest::Approx(s.layers[4].mean_derivative).epsilon(0.02));
  };
  check(rows, "fc");
  check(windows, "conv");
}

TEST_CASE("summary: the largest of n independent numbers has the moments that are known of it") {
  // Teichroew 1956, table 1: mean and variance of the largest of 4 and of 9 normal numbers.
  auto const of4 = satur::detail::moments_of_largest([](double z) { return z; }, 0.0, 1.0, 4.0);
  CHECK(of4.first == doctest::Approx(1.0293753730).epsilon(1e-9));
  CHECK(of4.second == doctest::Approx(0.4917152369).epsilon(1e-9));
  auto const of9 = satur::detail::moments_of_largest([](double z) { return z; }, 2.0, 9.0, 9.0);
  CHECK(of9.first == doctest::Approx(2.0 + 3.0 * 1.4850131622).epsilon(1e-9));
  auto const of1 = satur::detail::moments_of_largest([](double z) { return z < 0 ? 0.0 : z; }, 0.0, 1.0, 1.0);
  CHECK(of1.first == doctest::Approx(0.3989422804).epsilon(1e-4)); // a kink
}

TEST_CASE("summary: behind gates nothing is predicted, because what they give is not their z") {
  std::mt19937 g(5);
  satur::sequential net{satur::gated_dense<float>{6, 8, satur::normal{0, 1}, g},
                        dense<float>{8, 4, satur::normal{0, 1}, g}, satur::tanh{}};
  auto const s = satur::summary(net, {3, 6});
  CHECK(s.layers[0].output == shape{3, 8});
  CHECK(std::isnan(s.layers[2].saturated));
  satur::sequential behind{satur::gated_dense<float>{6, 8, satur::normal{0, 1}, g}, satur::tanh{}};
  CHECK(std::isnan(satur::summary(behind, {3, 6}).layers[1].mean_derivative));
}

TEST_CASE("summary: the table") {
  std::mt19937 g(1);
  satur::sequential net{named("fc1", dense<float>{4, 3, satur::constant{0.5}, g}), satur::tanh{},
                        dense<float>{3, 2, satur::constant{1}, g}};
  // z is normal with mean 6 and variance 1: P(z > 5) = 0.8413, E tanh'(z) = 4 e^-10 (1 - …) = 0.000181
  std::ostringstream out;
  out << satur::summary(net, {8, 4}, {.input_mean = 3.0, .input_variance = 1.0});
  CHECK(out.str() == "layer    kind   output  parameters  fan-in  fan-out  |z|>5 %  mean slope\n"
                     "input           (8, 4)\n"
                     "fc1      dense  (8, 3)          15       4        3\n"
                     "tanh_1   tanh   (8, 3)                                  84.1    0.000181\n"
                     "dense_2  dense  (8, 2)           8       3        2\n"
                     "23 parameters: 92 bytes, gradients 92 bytes, kept by the layers in a step 544 bytes\n");
}
