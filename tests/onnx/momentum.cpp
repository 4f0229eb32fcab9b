// ONNX's operator Momentum (standard and Nesterov's) with sgd, against its own test vectors. Its Adam adds eps to the
// root of the uncorrected moment, which is another convention than ours (docs), so it is not compared.
#include <satur/optimizer.hpp>

#include "support/onnx.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace {

struct parameters {
  std::vector<std::vector<float>> values, gradients;
  template <class F> void each_parameter(F&& f) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      f(std::string_view("x"), values[i], gradients[i]);
    }
  }
};

} // namespace

TEST_CASE("onnx: Momentum") {
  std::filesystem::path const vectors = SATUR_ONNX_DATA;
  if (!std::filesystem::is_directory(vectors / "node")) {
    MESSAGE("skipped: ONNX's test vectors are not installed (Debian: libonnx-testdata)");
    return;
  }
  auto const examples =
      test::onnx::examples_in(vectors, [](std::string const& operation) { return operation == "Momentum"; });
  std::size_t nesterov = 0;
  for (test::onnx::example const& e : examples) {
    CAPTURE(e.name);
    // T is 0 in all of them: the first step, in which the factor of the gradient, beta, is 1.
    // inputs: rate R, number of steps T, then all X, all G, all V; outputs: all new X, all new V
    std::size_t const n = (e.inputs.size() - 2) / 3;
    parameters layer;
    satur::sgd<float> optimizer{.rate = static_cast<double>(e.inputs[0].value().values.at(0)),
                                .momentum = e.operation.number("alpha", 0),
                                .weight_decay = e.operation.number("norm_coefficient", 0),
                                .nesterov = e.operation.word("mode", "standard") == "nesterov"};
    nesterov += optimizer.nesterov ? 1 : 0;
    for (std::size_t i = 0; i < n; ++i) {
      layer.values.push_back(e.inputs[2 + i].value().values);
      layer.gradients.push_back(e.inputs[2 + n + i].value().values);
      optimizer.velocity.push_back(e.inputs[2 + 2 * n + i].value().values); // it goes on from there
    }
    optimizer.step(layer);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t k = 0; k < layer.values[i].size(); ++k) {
        CHECK(static_cast<double>(layer.values[i][k]) ==
              doctest::Approx(static_cast<double>(e.outputs.at(i).value().values.at(k))).epsilon(1e-6));
        CHECK(static_cast<double>(optimizer.velocity[i][k]) ==
              doctest::Approx(static_cast<double>(e.outputs.at(n + i).value().values.at(k))).epsilon(1e-6));
      }
    }
  }
  MESSAGE(examples.size() << " examples, " << nesterov << " with Nesterov's momentum");
  CHECK(examples.size() == 3);
  CHECK(nesterov == 1);
}
