// ONNX's operator SoftmaxCrossEntropyLoss against its own test vectors (Debian: libonnx-testdata): weights,
// ignore_index and reductions; logits (N, C, d1, …) as rows of classes.
#include <satur/loss.hpp>
#include <satur/rowwise.hpp>

#include "support/onnx.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

namespace {

/// The int64 numbers of a TensorProto.
std::vector<std::int64_t> labels_in(std::string const& message) {
  std::vector<std::int64_t> all;
  for (test::onnx::fields f(message); f.next();) {
    if (f.number == 9) { // raw_data
      all.resize(f.bytes.size() / sizeof(std::int64_t));
      std::memcpy(all.data(), f.bytes.data(), all.size() * sizeof(std::int64_t));
    }
  }
  return all;
}

} // namespace

TEST_CASE("onnx: SoftmaxCrossEntropyLoss") {
  std::filesystem::path const vectors = SATUR_ONNX_DATA;
  if (!std::filesystem::is_directory(vectors / "node")) {
    MESSAGE("skipped: ONNX's test vectors are not installed (Debian: libonnx-testdata)");
    return;
  }
  auto const examples = test::onnx::examples_in(
      vectors, [](std::string const& operation) { return operation == "SoftmaxCrossEntropyLoss"; });
  std::size_t ignoring = 0, weighted = 0;
  for (test::onnx::example const& e : examples) {
    CAPTURE(e.name);
    test::onnx::tensor const& x = e.inputs.at(0).value();
    auto const labels = labels_in(test::onnx::bytes_of(vectors / "node" / e.name / "test_data_set_0" / "input_1.pb"));
    satur::cross_entropy_options o;
    std::string const reduce = e.operation.word("reduction", "mean");
    o.reduce = reduce == "mean"  ? satur::reduction::mean
               : reduce == "sum" ? satur::reduction::sum
                                 : satur::reduction::none;
    if (e.operation.numbers.contains("ignore_index")) {
      o.ignore_index = static_cast<std::int64_t>(e.operation.number("ignore_index", 0));
      ++ignoring;
    }
    if (e.inputs.size() > 2) {
      std::vector<float> const& w = e.inputs[2].value().values;
      o.class_weights.assign(w.begin(), w.end());
      ++weighted;
    }
    std::size_t const classes = x.shape[1], batch = x.shape[0], inner = x.values.size() / (batch * classes);
    xt::xtensor<float, 2> rows = xt::zeros<float>({batch * inner, classes});
    for (std::size_t n = 0; n < batch; ++n) {
      for (std::size_t c = 0; c < classes; ++c) {
        for (std::size_t i = 0; i < inner; ++i) {
          rows(n * inner + i, c) = x.values[(n * classes + c) * inner + i];
        }
      }
    }
    REQUIRE(labels.size() == batch * inner);
    satur::softmax_cross_entropy<float> loss(o);
    double const got = loss.forward(rows, labels);
    std::vector<float> const& want = e.outputs.at(0).value().values;
    if (reduce == "none") {
      REQUIRE(want.size() == loss.losses.size());
      for (std::size_t r = 0; r < want.size(); ++r) {
        CHECK(loss.losses[r] == doctest::Approx(static_cast<double>(want[r])).epsilon(2e-6));
      }
    } else {
      CHECK(got == doctest::Approx(static_cast<double>(want.at(0))).epsilon(2e-6));
    }
    if (e.outputs.size() > 1 && e.outputs[1]) { // log p
      for (std::size_t n = 0; n < batch; ++n) {
        for (std::size_t c = 0; c < classes; ++c) {
          for (std::size_t i = 0; i < inner; ++i) {
            double const log_p = static_cast<double>(e.outputs[1]->values[(n * classes + c) * inner + i]);
            CHECK(std::log(static_cast<double>(loss.probabilities(n * inner + i, c))) ==
                  doctest::Approx(log_p).epsilon(2e-6));
          }
        }
      }
    }
  }
  MESSAGE(examples.size() << " examples, " << ignoring << " with ignore_index, " << weighted << " with weights");
  CHECK(examples.size() >= 30);
  CHECK(ignoring >= 8);
  CHECK(weighted >= 8);
}
