// lstm and gru against ONNX's own test vectors of LSTM and GRU (Debian: libonnx-testdata). ONNX has other orders of the
// gates (i, o, f, g and update, reset, candidate), its weights are (units, inputs), and its two biases are added up.
#include <satur/initializer.hpp>
#include <satur/layer/gru.hpp>
#include <satur/layer/lstm.hpp>

#include "support/onnx.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace {

using test::onnx::example;
using test::onnx::tensor;
using sequence = xt::xtensor<float, 3>;

std::vector<example> examples() {
  return test::onnx::examples_in(
      SATUR_ONNX_DATA, [](std::string const& operation) { return operation == "LSTM" || operation == "GRU"; });
}

/// What the layers do not have: the reason, or nothing.
std::optional<std::string> left_out(example const& e) {
  if (e.operation.word("direction", "forward") != "forward") {
    return "direction";
  }
  if (e.operation.word_lists.contains("activations") || e.operation.numbers.contains("clip") ||
      e.operation.number("input_forget", 0) != 0) {
    return "activations, clip or input_forget";
  }
  if (e.inputs.size() > 7 && e.inputs[7]) {
    return "peepholes";
  }
  return std::nullopt;
}

/// (a, b, c) as (b, a, c), where the batch comes first.
sequence time_first(tensor const& x, bool batch_first) {
  sequence all = sequence::from_shape({x.shape[0], x.shape[1], x.shape[2]});
  std::copy(x.values.begin(), x.values.end(), all.data());
  return batch_first ? sequence(xt::transpose(all, {1, 0, 2})) : all;
}

/// Copies ONNX's weights: its gate k is ours at order[k].
template <class Layer> void copy_parameters(Layer& layer, example const& e, std::vector<std::size_t> const& order) {
  std::size_t const gates = order.size(), units = layer.hidden(), in = layer.inputs();
  tensor const &w = *e.inputs[1], &r = *e.inputs[2];
  bool const biased = e.inputs.size() > 3 && e.inputs[3].has_value();
  for (std::size_t k = 0; k < gates; ++k) {
    for (std::size_t j = 0; j < units; ++j) {
      std::size_t const row = k * units + j, to = order[k] * units + j;
      for (std::size_t i = 0; i < in; ++i) {
        layer.w(i, to) = w.values[row * in + i];
      }
      for (std::size_t i = 0; i < units; ++i) {
        layer.u(i, to) = r.values[row * units + i];
      }
      layer.b(to) = biased ? e.inputs[3]->values[row] : 0.0f;
      float const recurrent = biased ? e.inputs[3]->values[gates * units + row] : 0.0f;
      if constexpr (requires { layer.candidate_bias; }) {
        if (layer.linear_before_reset() && order[k] == Layer::candidate) {
          layer.candidate_bias(j) = recurrent;
          continue;
        }
      }
      layer.b(to) += recurrent;
    }
  }
}

float largest_difference(float const* ours, tensor const& theirs) {
  float worst = 0.0f;
  for (std::size_t i = 0; i < theirs.values.size(); ++i) {
    float const off = std::fabs(ours[i] - theirs.values[i]);
    worst = off <= worst ? worst : off;
  }
  return worst;
}

/// The largest difference of the outputs that the example has: h of all steps, and the final states.
template <class Layer> float compare(Layer& layer, example const& e) {
  bool const batch_first = e.operation.number("layout", 0) != 0;
  sequence const x = time_first(*e.inputs[0], batch_first);
  sequence const h = layer.forward(x);
  float worst = 0.0f;
  bool compared = false;
  if (e.outputs[0]) { // (time, 1, batch, hidden), or (batch, time, 1, hidden)
    REQUIRE(e.outputs[0]->values.size() == h.size());
    sequence const as_theirs = batch_first ? sequence(xt::transpose(h, {1, 0, 2})) : h;
    worst = std::max(worst, largest_difference(as_theirs.data(), *e.outputs[0]));
    compared = true;
  }
  if (e.outputs.size() > 1 && e.outputs[1]) { // (1, batch, hidden), or (batch, 1, hidden)
    REQUIRE(e.outputs[1]->values.size() == layer.final_h().size());
    worst = std::max(worst, largest_difference(layer.final_h().data(), *e.outputs[1]));
    compared = true;
  }
  return compared ? worst : std::numeric_limits<float>::infinity();
}

float difference(example const& e, std::vector<std::size_t> const& order) {
  auto const units = static_cast<std::size_t>(e.operation.number("hidden_size", 0));
  std::size_t const in = e.inputs[1]->shape.at(2);
  std::mt19937 g(1);
  if (e.operation.operation == "LSTM") {
    satur::lstm<float> layer{in, units, satur::zeros{}, g};
    copy_parameters(layer, e, order);
    return compare(layer, e);
  }
  satur::gru<float> layer{in, units, satur::zeros{}, g, e.operation.number("linear_before_reset", 0) != 0};
  copy_parameters(layer, e, order);
  return compare(layer, e);
}

using lstm = satur::lstm<float>;
using gru = satur::gru<float>;
std::map<std::string, std::vector<std::size_t>> const orders{
    {"LSTM", {lstm::input, lstm::output, lstm::forget, lstm::candidate}},
    {"GRU", {gru::update, gru::reset, gru::candidate}}};

} // namespace

TEST_CASE("ONNX: lstm and gru agree with ONNX's own test vectors") {
  std::map<std::string, int> seen;
  std::map<std::string, std::string> skipped;
  for (example const& e : examples()) {
    CAPTURE(e.name);
    if (auto const why = left_out(e)) {
      skipped[e.name] = *why;
      continue;
    }
    CHECK(difference(e, orders.at(e.operation.operation)) < 1e-6f);
    ++seen[e.operation.operation];
  }
  MESSAGE("ONNX: ", seen["LSTM"], " test vectors of LSTM, ", seen["GRU"], " of GRU, left out ", skipped.size());
  CHECK(seen["LSTM"] >= 3);
  CHECK(seen["GRU"] >= 4);
  CHECK(skipped == std::map<std::string, std::string>{{"test_lstm_with_peepholes", "peepholes"}});
}

TEST_CASE("self-test: other weights, and another order of the gates, disagree with the test vectors") {
  int noticed = 0;
  for (example const& right : examples()) {
    if (left_out(right)) {
      continue;
    }
    CAPTURE(right.name);
    auto const& order = orders.at(right.operation.operation);
    bool const several_steps = right.inputs[0]->shape[right.operation.number("layout", 0) != 0 ? 1 : 0] > 1;
    for (std::size_t const which : {1u, 2u}) { // W, and R, which a single step does not use
      example e = right;
      for (float& weight : e.inputs[which]->values) {
        weight *= 1.5f;
      }
      CHECK((difference(e, order) > 1e-5f) == (which == 1 || several_steps));
    }
    auto other = order;
    std::swap(other[0], other[1]);
    noticed += difference(right, other) > 1e-5f ? 1 : 0;
  }
  CHECK(noticed >= 1); // the blocks of most vectors' weights are equal
}
