// sgd, adam and adamw against the published algorithms written out in double, over 100 steps and all settings, and what
// is known of them exactly.
#include <satur/initializer.hpp>
#include <satur/layer.hpp>
#include <satur/optimizer.hpp>

#include "support/plain_optimizers.hpp"
#include "support/weights.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <utility>
#include <vector>

namespace {

using satur_test::plain::values;
template <class T> using weights = satur_test::plain_weights<T>;

template <class T> values in_double(std::vector<T> const& x) { return {x.begin(), x.end()}; }

/// 100 steps of both, with the same gradients, which are those of T.
template <class T, class Optimizer, class Plain> void compare(Optimizer optimizer, Plain const& rule) {
  weights<T> layer(19, 3, 5);
  values w = in_double(layer.w), b = in_double(layer.b);
  Plain of_w = rule, of_b = rule;
  std::mt19937 g(9);
  double moved = 0;
  for (int t = 0; t < 100; ++t) {
    if (t == 60) {
      optimizer.rate *= 0.5;
      of_w.lr *= 0.5;
      of_b.lr *= 0.5;
    }
    layer.draw_gradients(g);
    of_w.step(w, in_double(layer.dw));
    of_b.step(b, in_double(layer.db));
    optimizer.step(layer);
    for (std::size_t i = 0; i < w.size(); ++i) { // a rounding error a step, of numbers up to 3 or so
      double const allowed = (t + 1) * 4 * static_cast<double>(std::numeric_limits<T>::epsilon());
      CHECK(std::abs(static_cast<double>(layer.w[i]) - w[i]) <= allowed);
    }
    CHECK(std::abs(static_cast<double>(layer.b[2]) - b[2]) <=
          (t + 1) * 4 * static_cast<double>(std::numeric_limits<T>::epsilon()));
  }
  weights<T> const before(19, 3, 5);
  for (std::size_t i = 0; i < w.size(); ++i) {
    moved = std::max(moved, std::abs(w[i] - static_cast<double>(before.w[i])));
  }
  CHECK(moved > 0.02);
  CHECK(optimizer.steps == 100);
}

} // namespace

TEST_CASE_TEMPLATE("sgd: the published rule over 100 steps, all settings", T, float, double) {
  for (double const decay : {0.0, 0.1}) {
    compare<T>(satur::sgd<T>{.rate = 0.01, .weight_decay = decay}, satur_test::plain::sgd{0.01, 0, 0, decay, false});
    for (double const dampening : {0.0, 0.3, 1.0}) {
      compare<T>(satur::sgd<T>{.rate = 0.01, .momentum = 0.9, .dampening = dampening, .weight_decay = decay},
                 satur_test::plain::sgd{0.01, 0.9, dampening, decay, false});
    }
    compare<T>(satur::sgd<T>{.rate = 0.01, .momentum = 0.5, .weight_decay = decay, .nesterov = true},
               satur_test::plain::sgd{0.01, 0.5, 0, decay, true});
  }
}

TEST_CASE_TEMPLATE("adam and adamw: the published rules over 100 steps, all settings", T, float, double) {
  // beta1 is not above beta2: else m / sqrt(v) is large where g is small, and so is what rounding of w adds to g
  for (auto const& [beta1, beta2] : {std::pair(0.9, 0.999), std::pair(0.0, 0.99), std::pair(0.5, 0.9)}) {
    for (double const decay : {0.0, 0.1}) {
      compare<T>(satur::adam<T>{.rate = 0.01, .beta1 = beta1, .beta2 = beta2, .weight_decay = decay},
                 satur_test::plain::adam{0.01, beta1, beta2, 1e-8, decay, false});
      compare<T>(satur::adamw<T>{.rate = 0.01, .beta1 = beta1, .beta2 = beta2, .eps = 1e-3, .weight_decay = decay},
                 satur_test::plain::adam{0.01, beta1, beta2, 1e-3, decay, true});
    }
  }
  compare<T>(satur::adam<T>{.rate = 0.01, .beta1 = 0.0, .beta2 = 0.0},
             satur_test::plain::adam{0.01, 0.0, 0.0, 1e-8, 0.0, false});
}

TEST_CASE("adam: the first step is rate sign(g), whatever the size of g; eps is outside of the root") {
  for (double const size : {1e-3, 1.0, 1e6}) {
    weights<double> layer(4, 1, 1);
    weights<double> const before = layer;
    layer.dw = {size, -size, 0.5 * size, 0.0};
    satur::adam<double> optimizer{.rate = 0.1, .eps = 0.0};
    optimizer.step(layer);
    CHECK(layer.w[0] - before.w[0] == doctest::Approx(-0.1).epsilon(1e-12));
    CHECK(layer.w[1] - before.w[1] == doctest::Approx(0.1).epsilon(1e-12));
    CHECK(layer.w[2] - before.w[2] == doctest::Approx(-0.1).epsilon(1e-12));
    CHECK(layer.w[3] == before.w[3]); // 0/0 is no step
  }
  weights<double> layer(1, 1, 1);
  double const before = layer.w[0];
  layer.dw = {1e-8};
  satur::adam<double> optimizer{.rate = 0.1};
  optimizer.step(layer); // g / (|g| + eps) is 1/2; with eps in the root, or in that of the uncorrected v, it is not
  CHECK(layer.w[0] - before == doctest::Approx(-0.05).epsilon(1e-10));
}

TEST_CASE("adamw: the decay does not depend on the gradient") {
  weights<double> layer(2, 1, 1);
  layer.w = {2.0, -3.0};
  layer.dw = {0.0, 0.0};
  satur::adamw<double> optimizer{.rate = 0.1, .weight_decay = 0.5};
  optimizer.step(layer);
  CHECK(layer.w[0] == doctest::Approx(2.0 * 0.95).epsilon(1e-15));
  CHECK(layer.w[1] == doctest::Approx(-3.0 * 0.95).epsilon(1e-15));
}

TEST_CASE("sgd: on a quadratic it converges, with momentum at the known rate") {
  // w <- w - rate v, v <- momentum v + c w: the error falls as sqrt(momentum) once the roots are complex
  weights<double> layer(1, 1, 1);
  layer.w = {1.0};
  satur::sgd<double> optimizer{.rate = 0.1, .momentum = 0.81};
  double largest = 0;
  for (int t = 0; t < 400; ++t) {
    layer.dw = {3.0 * layer.w[0]};
    layer.db = {0.0};
    optimizer.step(layer);
    largest = t >= 200 ? std::max(largest, std::abs(layer.w[0]) / std::pow(0.9, t)) : 0.0;
  }
  CHECK(largest < 3.0);
  CHECK(largest > 0.3);
}

TEST_CASE_TEMPLATE("optimizers: what decays becomes 0 and does not stay subnormal", T, float, double) {
  weights<T> layer(9, 1, 3);
  satur::adam<T> adam{.beta2 = 0.9};
  satur::sgd<T> sgd{.momentum = 0.9};
  adam.step(layer);
  sgd.step(layer);
  std::fill(layer.dw.begin(), layer.dw.end(), T(0));
  for (int t = 0; t < (sizeof(T) == 4 ? 1000 : 7000); ++t) {
    adam.step(layer);
    sgd.step(layer);
  }
  for (auto const* const all : {&adam.mean[0], &adam.square[0], &sgd.velocity[0]}) {
    CHECK(std::all_of(all->begin(), all->end(), [](T x) { return x == T(0); }));
  }
}

TEST_CASE("sgd without momentum has the bits of descend") {
  std::mt19937 g(3);
  satur::dense<float> one{7, 5, satur::glorot_normal{}, g};
  satur::fill(satur::normal{}, one.dw, g);
  satur::dense<float> other = one;
  satur::sgd<float> optimizer{.rate = 0.3};
  optimizer.step(one);
  satur::descend(other, 0.3);
  CHECK(one.w == other.w);
  CHECK(optimizer.velocity.empty());
}
