// ONNX's own test vectors for BatchNormalization and LayerNormalization: inputs and outputs in float.
#include <satur/layer/batch_norm.hpp>
#include <satur/layer/layer_norm.hpp>

#include "support/onnx.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace {

using results = std::vector<float>;
template <std::size_t N> using array = xt::xtensor<float, N>;

template <std::size_t N> array<N> as(std::array<std::size_t, N> shape, results const& values) {
  array<N> a = array<N>::from_shape(shape);
  std::copy(values.begin(), values.end(), a.data());
  return a;
}
template <class A> results numbers(A const& a) { return results(a.data(), a.data() + a.size()); }

std::size_t product(std::vector<std::size_t> const& shape, std::size_t first, std::size_t last) {
  std::size_t n = 1;
  for (std::size_t axis = first; axis < last; ++axis) {
    n *= shape[axis];
  }
  return n;
}

/// Y, and where the example has them, mean and 1/deviation, for the axes from `axis` on as one row.
std::vector<results> layer_normalization(test::onnx::example const& e) {
  auto const& x = *e.inputs[0];
  auto const rank = static_cast<double>(x.shape.size());
  double const axis = e.operation.number("axis", -1.0);
  auto const first = static_cast<std::size_t>(axis < 0.0 ? axis + rank : axis);
  std::size_t const rows = product(x.shape, 0, first);
  std::size_t const units = product(x.shape, first, x.shape.size());
  satur::layer_norm<float> layer(units, e.operation.number("epsilon", 1e-5));
  layer.gamma = as<1>({units}, e.inputs[1]->values);
  layer.beta = as<1>({units}, e.inputs[2]->values);
  auto const y = numbers(layer.forward(as<2>({rows, units}, x.values)));
  return {y, numbers(layer.mean()), numbers(layer.inverse_deviation())};
}

/// Y, and in training the running mean and variance, for the axes after the second as one.
std::vector<results> batch_normalization(test::onnx::example const& e) {
  auto const& x = *e.inputs[0];
  std::size_t const units = x.shape[1];
  auto options = satur::batch_norm_options::onnx(e.operation.number("momentum", 0.9));
  options.epsilon = e.operation.number("epsilon", 1e-5);
  satur::batch_norm<float, 3> layer(units, options);
  layer.training = e.operation.number("training_mode", 0.0) != 0.0;
  layer.gamma = as<1>({units}, e.inputs[1]->values);
  layer.beta = as<1>({units}, e.inputs[2]->values);
  layer.running_mean = xt::cast<double>(as<1>({units}, e.inputs[3]->values));
  layer.running_variance = xt::cast<double>(as<1>({units}, e.inputs[4]->values));
  auto const y = numbers(layer.forward(as<3>({x.shape[0], units, product(x.shape, 2, x.shape.size())}, x.values)));
  return {y, numbers(array<1>(xt::cast<float>(layer.running_mean))),
          numbers(array<1>(xt::cast<float>(layer.running_variance)))};
}

/// The outputs of satur; none for another operator, or for options that satur does not have.
std::vector<results> by_satur(test::onnx::example const& e) {
  std::string const& operation = e.operation.operation;
  return operation == "LayerNormalization"   ? layer_normalization(e)
         : operation == "BatchNormalization" ? batch_normalization(e)
                                             : std::vector<results>{};
}

/// Numbers of all outputs that the example has which differ by more than numpy's rounding in float.
std::size_t differing(std::vector<results> const& found, test::onnx::example const& e) {
  std::size_t count = 0;
  for (std::size_t k = 0; k < e.outputs.size(); ++k) {
    if (!e.outputs[k]) {
      continue;
    }
    results const& expected = e.outputs[k]->values;
    count += k < found.size() && found[k].size() == expected.size() ? 0 : 1;
    for (std::size_t i = 0; k < found.size() && i < std::min(found[k].size(), expected.size()); ++i) {
      float const off = std::fabs(found[k][i] - expected[i]);
      count += off <= 4e-6f * std::fabs(expected[i]) + 2e-6f ? 0 : 1;
    }
  }
  return count;
}

std::vector<test::onnx::example> examples() {
  return test::onnx::examples_in(SATUR_ONNX_DATA, [](std::string const& operation) {
    return operation == "LayerNormalization" || operation == "BatchNormalization";
  });
}

} // namespace

TEST_CASE("ONNX: normalization agrees with ONNX's own test vectors, statistics included") {
  std::map<std::string, int> seen;
  std::set<std::string> names;
  for (test::onnx::example const& e : examples()) {
    CAPTURE(e.name);
    CHECK(differing(by_satur(e), e) == 0);
    ++seen[e.operation.operation];
    names.insert(e.name);
  }
  if (names.empty()) {
    MESSAGE("skipped: no ONNX test vectors in " SATUR_ONNX_DATA " (Debian: libonnx-testdata)");
    return;
  }
  MESSAGE("ONNX: ", seen["LayerNormalization"], " test vectors of LayerNormalization, ", seen["BatchNormalization"],
          " of BatchNormalization");
  CHECK(seen["LayerNormalization"] >= 19);
  CHECK(seen["BatchNormalization"] >= 9);
  for (std::string const name : {"test_batchnorm_epsilon_training_mode", "test_batchnorm_example_training_mode",
                                 "test_layer_normalization_4d_axis_negative_4", "test_layer_normalization_2d_axis0"}) {
    CAPTURE(name);
    CHECK(names.contains(name));
  }
}

TEST_CASE("self-test: another epsilon, momentum or mode disagrees") {
  std::map<std::string, std::set<std::string>> noticed; // by attribute
  for (test::onnx::example const& e : examples()) {
    auto const notice = [&](std::string const& attribute, double value) {
      test::onnx::example other = e;
      other.operation.numbers[attribute] = value;
      if (differing(by_satur(other), e) != 0) {
        noticed[attribute].insert(e.name);
      }
    };
    notice("epsilon", 0.05 + e.operation.number("epsilon", 1e-5));
    notice("training_mode", 1.0 - e.operation.number("training_mode", 0.0));
    notice("momentum", 1.0 - e.operation.number("momentum", 0.9)); // as PyTorch means it
  }
  if (!examples().empty()) {
    CHECK(noticed["epsilon"].contains("test_batchnorm_epsilon"));
    CHECK(noticed["epsilon"].contains("test_layer_normalization_3d_axis2_epsilon"));
    CHECK(noticed["training_mode"].contains("test_batchnorm_example_training_mode"));
    CHECK(noticed["momentum"].contains("test_batchnorm_example_training_mode"));
  }
}
