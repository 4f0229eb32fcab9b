// Convolution and pooling of images against ONNX's own test vectors (Debian: libonnx-testdata). The options are read
// from the models.
#include <satur/initializer.hpp>
#include <satur/layer.hpp>

#include "support/onnx.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace {

using test::onnx::example;
using test::onnx::node;
using images = xt::xtensor<float, 4>;

std::set<std::string> const operators{"Conv", "AveragePool", "MaxPool", "GlobalAveragePool", "GlobalMaxPool"};

images images_of(test::onnx::tensor const& t) {
  images x = images::from_shape({t.shape.at(0), t.shape.at(1), t.shape.at(2), t.shape.at(3)});
  std::copy(t.values.begin(), t.values.end(), x.data());
  return x;
}

/// Why we do not have this operator; empty if we have.
std::string left_out(example const& e) {
  node const& n = e.operation;
  if (e.inputs.empty() || !e.inputs.front() || e.outputs.empty() || !e.outputs.front()) {
    return "not of float";
  }
  if (e.inputs.front()->shape.size() != 4) {
    return "not images of two axes";
  }
  if (n.number("group", 1) != 1) {
    return "groups";
  }
  auto const dilations = n.list("dilations", {});
  if (std::any_of(dilations.begin(), dilations.end(), [](auto d) { return d != 1; })) {
    return "dilation";
  }
  return "";
}

satur::extent2d extent_of(std::vector<std::int64_t> const& list) {
  return {static_cast<std::size_t>(list.at(0)), static_cast<std::size_t>(list.at(1))};
}
satur::padding2d padding_of(node const& n) {
  std::string const rule = n.word("auto_pad", "NOTSET");
  if (rule == "SAME_UPPER") {
    return satur::padding2d::same();
  }
  if (rule == "SAME_LOWER") {
    return satur::padding2d::same_lower();
  }
  std::vector<std::int64_t> const none(4, 0);
  auto const pads = rule == "VALID" ? none : n.list("pads", none);
  auto const at = [&](std::size_t i) { return static_cast<std::size_t>(pads.at(i)); };
  return {at(0), at(1), at(2), at(3)};
}

template <class Y> std::vector<float> values_of(Y const& y) { return {y.begin(), y.end()}; }

/// What satur makes of it.
std::vector<float> by_satur(node const& n, std::vector<std::optional<test::onnx::tensor>> const& inputs) {
  images const x = images_of(*inputs.front());
  satur::extent2d const stride = extent_of(n.list("strides", {1, 1}));
  satur::padding2d const padding = padding_of(n);
  bool const ceil = n.number("ceil_mode", 0) != 0;
  if (n.operation == "GlobalAveragePool") {
    return values_of(satur::global_average_pool2d<float>().forward(x));
  }
  if (n.operation == "GlobalMaxPool") {
    return values_of(satur::global_max_pool2d<float>().forward(x));
  }
  if (n.operation == "MaxPool") {
    return values_of(
        satur::max_pool2d<float>(extent_of(n.list("kernel_shape", {})), {stride, padding, ceil}).forward(x));
  }
  if (n.operation == "AveragePool") {
    bool const with_padding = n.number("count_include_pad", 0) != 0;
    return values_of(
        satur::average_pool2d<float>(extent_of(n.list("kernel_shape", {})), {stride, padding, ceil, with_padding})
            .forward(x));
  }
  images const w = images_of(inputs.at(1).value());
  std::mt19937 g(1);
  satur::conv2d<float> conv(w.shape(1), w.shape(0), {w.shape(2), w.shape(3)}, satur::zeros{}, g, {stride, padding});
  conv.w = w;
  if (inputs.size() > 2 && inputs[2]) {
    std::copy(inputs[2]->values.begin(), inputs[2]->values.end(), conv.b.begin());
  }
  return values_of(conv.forward(x));
}

/// Numbers that differ by more than the rounding of a sum in float.
std::size_t differing(std::vector<float> const& y, std::vector<float> const& expected) {
  std::size_t count = y.size() == expected.size() ? 0 : 1;
  float largest = 0;
  for (float const v : expected) {
    largest = std::max(largest, std::fabs(v));
  }
  for (std::size_t i = 0; i < std::min(y.size(), expected.size()); ++i) {
    count += std::fabs(y[i] - expected[i]) <= 4e-6f * largest ? 0 : 1;
  }
  return count;
}

std::vector<example> examples() {
  return test::onnx::examples_in(SATUR_ONNX_DATA, [](std::string const& name) { return operators.contains(name); });
}

} // namespace

TEST_CASE("ONNX: convolution and pooling of images agree with ONNX's own test vectors") {
  std::map<std::string, int> seen;
  std::map<std::string, std::set<std::string>> skipped;
  for (example const& e : examples()) {
    CAPTURE(e.name);
    std::string const reason = left_out(e);
    if (!reason.empty()) {
      skipped[reason].insert(e.name);
      continue;
    }
    CHECK(differing(by_satur(e.operation, e.inputs), e.outputs.front()->values) == 0);
    ++seen[e.operation.operation];
  }
  std::string left;
  std::size_t number = 0;
  for (auto const& [reason, names] : skipped) {
    left += "\n  " + reason + ":";
    for (std::string const& name : names) {
      left += " " + name;
    }
    number += names.size();
  }
  std::string compared;
  for (std::string const& name : operators) {
    CAPTURE(name);
    compared += " " + std::to_string(seen[name]) + " of " + name;
    CHECK(seen[name] >= 2);
  }
  MESSAGE("ONNX: test vectors:", compared, "; ", number, " left out", left);
}

TEST_CASE("self-test: another stride, padding, rounding or count disagrees") {
  std::set<std::string> noticed;
  for (example const& e : examples()) {
    if (!left_out(e).empty()) {
      continue;
    }
    auto const changed = [&](auto const& change) {
      node other = e.operation;
      change(other);
      return differing(by_satur(other, e.inputs), e.outputs.front()->values) != 0;
    };
    if (e.operation.lists.contains("strides") && changed([](node& n) {
          for (auto& stride : n.lists["strides"]) {
            ++stride;
          }
        })) {
      noticed.insert(e.name + " strides");
    }
    if (e.operation.operation == "Conv" && e.operation.list("pads", {0, 0, 0, 0}).at(2) > 0 && changed([](node& n) {
          n.lists["pads"].at(0) += 1;
          n.lists["pads"].at(2) -= 1;
        })) {
      noticed.insert(e.name + " pads");
    }
    if (changed([](node& n) {
          auto& rule = n.words["auto_pad"];
          rule = rule == "SAME_UPPER" ? "SAME_LOWER" : rule == "SAME_LOWER" ? "SAME_UPPER" : rule;
        })) {
      noticed.insert(e.name + " same");
    }
    if (changed([](node& n) { n.numbers["ceil_mode"] = 1 - n.number("ceil_mode", 0); })) {
      noticed.insert(e.name + " ceil");
    }
    if (changed([](node& n) { n.numbers["count_include_pad"] = 1 - n.number("count_include_pad", 0); })) {
      noticed.insert(e.name + " count");
    }
  }
  for (std::string const name :
       {"test_Conv2d_strided strides", "test_Conv2d_padding pads", "test_conv_with_strides_and_asymmetric_padding pads",
        "test_averagepool_2d_strides strides", "test_averagepool_2d_ceil ceil", "test_averagepool_2d_pads count",
        "test_averagepool_2d_pads_count_include_pad count", "test_averagepool_2d_same_lower same",
        "test_maxpool_2d_strides strides", "test_maxpool_2d_ceil ceil", "test_maxpool_2d_same_lower same"}) {
    CAPTURE(name);
    CHECK(noticed.contains(name));
  }
}
