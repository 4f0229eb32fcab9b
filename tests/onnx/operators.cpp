// Every activation operator of ONNX, expressed with satur, against ONNX's own test vectors (Debian: libonnx-testdata).
// The parameters are read from the models. docs/activations.md has the table that this file proves.
#include <satur/activation.hpp>
#include <satur/observe.hpp>
#include <satur/rowwise.hpp>

#include "support/onnx.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using test::onnx::node;
using test::onnx::tensor;
using tensors = std::vector<std::optional<tensor>>;
using results = std::vector<float>;

template <class A> results elementwise(A const& act, tensor const& x) {
  results y(x.values.size());
  satur::apply(act, x.values, y);
  return y;
}

/// 1 at the first of the largest, else 0: a user's own activation of rows, whose gradient is 0.
struct hardmax {
  template <std::floating_point T> void value(std::span<T const> z, std::span<T> y) const {
    auto const largest = std::max_element(z.begin(), z.end()) - z.begin();
    for (std::size_t i = 0; i < y.size(); ++i) {
      y[i] = static_cast<std::ptrdiff_t>(i) == largest ? T(1) : T(0);
    }
  }
  template <std::floating_point T> void pullback(std::span<T const>, std::span<T const>, std::span<T> dx) const {
    std::fill(dx.begin(), dx.end(), T(0));
  }
};

/// From opset 13 on along one axis, by default the last; before, rows are all axes from the given one on, by default 1.
template <class A> results by_rows(A const& act, node const& n, tensor const& x) {
  results y(x.values.size());
  if (n.opset >= 13) {
    satur::array_shape shape;
    for (std::size_t const extent : x.shape) {
      shape.push_back(extent);
    }
    satur::array_view<float const> const z(x.values.data(), shape);
    satur::apply(act, z, y, satur::row_axis{static_cast<std::ptrdiff_t>(n.number("axis", -1))});
    return y;
  }
  auto const axis = static_cast<std::ptrdiff_t>(n.number("axis", 1));
  auto const first = x.shape.begin() + (axis < 0 ? axis + static_cast<std::ptrdiff_t>(x.shape.size()) : axis);
  satur::apply(act, x.values, y, std::accumulate(first, x.shape.end(), std::size_t{1}, std::multiplies<>()));
  return y;
}

/// PRelu: one slope for each number of x, or for each channel (axis 1) or last index: as many calls as slopes.
std::optional<results> by_slopes(tensor const& x, tensor const& slope) {
  std::size_t inner = 1;
  std::size_t const n = slope.values.size();
  if (n == 1) {
    return elementwise(satur::prelu{static_cast<double>(slope.values[0])}, x);
  }
  bool const last_axes =
      x.shape.size() >= slope.shape.size() && std::equal(slope.shape.rbegin(), slope.shape.rend(), x.shape.rbegin());
  if (!last_axes) { // (channels) or (channels, 1, …) of (batch, channels, …)
    if (x.shape.size() < 2 || x.shape[1] != n) {
      return std::nullopt;
    }
    inner = x.values.size() / (x.shape[0] * x.shape[1]);
  }
  results y(x.values.size());
  for (std::size_t i = 0; i < y.size(); ++i) {
    y[i] = satur::prelu{static_cast<double>(slope.values[i / inner % n])}.value(x.values[i]);
  }
  return y;
}

results clip(node const& n, tensors const& in) {
  auto const bound = [&](std::size_t at, char const* name, double otherwise) {
    return in.size() > at && in[at] ? static_cast<double>(in[at]->values.at(0)) : n.number(name, otherwise);
  };
  constexpr double largest = static_cast<double>(std::numeric_limits<float>::max());
  return elementwise(satur::hard_tanh{bound(1, "min", -largest), bound(2, "max", largest)}, *in[0]);
}

/// The operator by satur; none if it is no activation, or not of numbers that are float.
std::optional<results> by_satur(node const& n, tensors const& in) {
  auto const& x = in.at(0);
  if (!x) {
    return std::nullopt;
  }
  using run = std::function<std::optional<results>()>;
  std::map<std::string, run> const operators{
      {"Celu", [&] { return elementwise(satur::celu{n.number("alpha", 1.0)}, *x); }},
      {"Clip", [&] { return clip(n, in); }},
      {"Elu", [&] { return elementwise(satur::elu{n.number("alpha", 1.0)}, *x); }},
      {"Gelu",
       [&] {
         return n.words.contains("approximate") && n.words.at("approximate") == "tanh"
                    ? elementwise(satur::gelu_tanh{}, *x)
                    : elementwise(satur::gelu{}, *x);
       }},
      {"HardSigmoid",
       [&] {
         return elementwise(satur::hard_sigmoid{n.number("alpha", 0.2), n.number("beta", 0.5)}, *x);
       }},
      {"HardSwish", [&] { return elementwise(satur::hard_swish{}, *x); }},
      {"LeakyRelu", [&] { return elementwise(satur::leaky_relu{n.number("alpha", 0.01)}, *x); }},
      {"Mish", [&] { return elementwise(satur::mish{}, *x); }},
      {"PRelu", [&] { return in.size() > 1 && in[1] ? by_slopes(*x, *in[1]) : std::nullopt; }},
      {"Relu", [&] { return elementwise(satur::relu{}, *x); }},
      {"Selu",
       [&] {
         return elementwise(
             satur::selu{n.number("alpha", 1.67326319217681884765625), n.number("gamma", 1.05070102214813232421875)},
             *x);
       }},
      {"Shrink",
       [&] {
         return elementwise(satur::hard_shrink{n.number("lambd", 0.5), n.number("bias", 0.0)}, *x);
       }},
      {"Sigmoid", [&] { return elementwise(satur::sigmoid{}, *x); }},
      {"Softplus", [&] { return elementwise(satur::softplus{}, *x); }},
      {"Softsign", [&] { return elementwise(satur::softsign{}, *x); }},
      {"Swish", [&] { return elementwise(satur::silu{n.number("alpha", 1.0)}, *x); }},
      {"Tanh", [&] { return elementwise(satur::tanh{}, *x); }},
      {"ThresholdedRelu", [&] { return elementwise(satur::threshold{n.number("alpha", 1.0)}, *x); }},
      {"Erf", [&] { return elementwise(satur::erf{}, *x); }},
      {"Atan", [&] { return elementwise(satur::arctan{}, *x); }},
      {"Exp", [&] { return elementwise(satur::exponential{}, *x); }},
      {"Softmax", [&] { return by_rows(satur::softmax{}, n, *x); }},
      {"LogSoftmax", [&] { return by_rows(satur::log_softmax{}, n, *x); }},
      {"Hardmax", [&] { return by_rows(hardmax{}, n, *x); }},
  };
  auto const at = operators.find(n.operation);
  return at == operators.end() ? std::nullopt : at->second();
}

/// Numbers that differ by more than numpy's rounding in float.
std::size_t differing(results const& y, results const& expected) {
  std::size_t count = y.size() == expected.size() ? 0 : 1;
  for (std::size_t i = 0; i < std::min(y.size(), expected.size()); ++i) {
    float const off = std::fabs(y[i] - expected[i]);
    count += off <= 4e-6f * std::fabs(expected[i]) + 2e-7f ? 0 : 1;
  }
  return count;
}

/// The examples of activations with a result in float.
std::vector<test::onnx::example> examples() {
  auto all = test::onnx::examples_in(SATUR_ONNX_DATA, [](std::string const&) { return true; });
  std::erase_if(all, [](auto const& e) { return e.inputs.empty() || e.outputs.empty() || !e.outputs.front(); });
  return all;
}

} // namespace

TEST_CASE("ONNX: every activation operator agrees with ONNX's own test vectors") {
  std::map<std::string, int> seen;
  for (test::onnx::example const& e : examples()) {
    CAPTURE(e.name);
    CAPTURE(e.operation.operation);
    if (auto const y = by_satur(e.operation, e.inputs)) {
      CHECK(differing(*y, e.outputs.front()->values) == 0);
      ++seen[e.operation.operation];
    }
  }
  int total = 0;
  for (auto const& [operation, count] : seen) {
    total += count;
  }
  MESSAGE("ONNX: ", total, " test vectors of ", seen.size(), " operators");
  // Gelu, Mish and Swish came with later releases than Debian 12 has.
  for (std::string const operation :
       {"Celu", "Clip", "Elu",    "HardSigmoid", "HardSwish", "Hardmax",  "LeakyRelu", "LogSoftmax", "PRelu",
        "Relu", "Selu", "Shrink", "Sigmoid",     "Softmax",   "Softplus", "Softsign",  "Tanh",       "ThresholdedRelu",
        "Erf",  "Atan", "Exp"}) {
    CAPTURE(operation);
    CHECK(seen[operation] > 0);
  }
  CHECK(total >= 80);
}

TEST_CASE("self-test: another parameter, axis or operator disagrees") {
  std::set<std::string> noticed;
  for (test::onnx::example const& e : examples()) {
    test::onnx::example other = e;
    for (auto& [name, number] : other.operation.numbers) {
      number = name == "axis" ? (number == 0 ? 1 : 0) : 1.01 * number;
    }
    if (auto const y = by_satur(other.operation, e.inputs); y && differing(*y, e.outputs.front()->values) != 0) {
      noticed.insert(e.name);
    }
  }
  for (std::string const name : {"test_elu", "test_hardsigmoid", "test_leakyrelu", "test_selu", "test_shrink_soft",
                                 "test_softmax_axis_0", "test_softmax_axis_1", "test_logsoftmax_axis_2"}) {
    CAPTURE(name);
    CHECK(noticed.contains(name));
  }
}

TEST_CASE("ONNX reader: a file that ends too early is refused") {
  CHECK_THROWS_AS(static_cast<void>(test::onnx::only_node("\x3a\x7a\x0a")), std::runtime_error);
  CHECK_FALSE(test::onnx::only_node("").has_value());
  CHECK_FALSE(test::onnx::tensor_in("\x10\x07").has_value()); // int64
}
