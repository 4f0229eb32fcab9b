// Several layers in one optimizer, however they are handed over; copies; what is refused; who is told of the steps; no
// allocation after the first.
#include "support/allocation.hpp"

#include <satur/initializer.hpp>
#include <satur/layer.hpp>
#include <satur/loss.hpp>
#include <satur/monitor.hpp>
#include <satur/optimizer.hpp>

#include "support/refusal.hpp"
#include "support/weights.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <deque>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace {

using satur_test::allocations_in;
using satur_test::refusal;
template <class T> using weights = satur_test::plain_weights<T>;

struct net {
  std::deque<weights<double>> layers;
  net() {
    layers.emplace_back(6, 2, 1);
    layers.emplace_back(4, 2, 2);
    layers.emplace_back(2, 1, 3);
  }
  template <class F> void each_parameter(F&& f) {
    for (auto& layer : layers) {
      layer.each_parameter(f);
    }
  }
  [[nodiscard]] std::vector<double> all() const {
    std::vector<double> numbers;
    for (auto const& layer : layers) {
      numbers.insert(numbers.end(), layer.w.begin(), layer.w.end());
      numbers.insert(numbers.end(), layer.b.begin(), layer.b.end());
    }
    return numbers;
  }
};

template <class Optimizer> void check_handing_over(Optimizer const& settings) {
  net one, two, three, four, five;
  Optimizer a = settings, b = settings, c = settings, d = settings, e = settings;
  auto const nothing = [](auto, auto, auto) {};
  std::vector<satur::watched_layer<decltype(nothing)&, weights<double>>> watched;
  for (auto& layer : five.layers) {
    watched.push_back(satur::watched(nothing, layer));
  }
  for (int t = 0; t < 3; ++t) {
    a.step(one);
    b.step(two.layers[0], two.layers[1], two.layers[2]);
    c.step(three.layers);
    d.step(std::tie(four.layers[0], four.layers[1]), four.layers[2]);
    e.step(watched);
  }
  CHECK(one.all() != net{}.all());
  CHECK(two.all() == one.all());
  CHECK(three.all() == one.all());
  CHECK(four.all() == one.all());
  CHECK(five.all() == one.all());
  CHECK(a == b);
  CHECK(a == e);
  // A copy goes on by itself, with a copy of the net.
  net other = one;
  Optimizer copy = a;
  a.step(one);
  CHECK_FALSE(copy == a);
  copy.step(other);
  CHECK(copy == a);
  CHECK(other.all() == one.all());
  a.reset();
  CHECK(a == settings); // state too is as it was before the first step
  Optimizer fresh = settings;
  net x, y;
  a.step(x);
  fresh.step(y);
  CHECK(x.all() == y.all());
  CHECK(a == fresh);
}

template <class Optimizer> void check_refusals(Optimizer optimizer, std::string const& name) {
  net n;
  optimizer.step(n);
  std::vector<double> const before = n.all();
  CHECK(refusal([&] { optimizer.step(n.layers[0]); }) ==
        "satur::" + name +
            "::step: the list of parameters has shape (2); expected (6), their number in the first step; "
            "reset() forgets that");
  CHECK(refusal([&] { optimizer.step(n, n.layers[0]); }) ==
        "satur::" + name +
            "::step: the list of parameters has shape (8); expected (6), their number in the first step; "
            "reset() forgets that");
  CHECK(refusal([&] { optimizer.step(n.layers[1], n.layers[0], n.layers[2]); }) ==
        "satur::" + name +
            "::step: parameter 0, w, has shape (4); expected (6), its size in the first step; reset() "
            "forgets that");
  n.layers[2].db.resize(2);
  CHECK(refusal([&] { optimizer.step(n); }) ==
        "satur::" + name + "::step: the gradient of b has shape (2); expected (1), the size of b");
  n.layers[2].db.resize(1);
  CHECK(n.all() == before); // nothing has been changed
  optimizer.rate = std::numeric_limits<double>::quiet_NaN();
  CHECK(refusal([&] { optimizer.step(n); }) == "satur::" + name + "::step: rate is nan; allowed: a finite number >= 0");
  optimizer.rate = -1;
  CHECK(refusal([&] { optimizer.step(n); }) == "satur::" + name + "::step: rate is -1; allowed: a finite number >= 0");
  CHECK(n.all() == before);
  CHECK(optimizer.steps == 1);
}

struct overlapping { // its gradient begins at its second value
  std::vector<double> memory{1, 2, 3, 4};
  template <class F> void each_parameter(F&& f) {
    std::span<double> value(memory.data(), 3), gradient(memory.data() + 1, 3);
    f(std::string_view("w"), value, gradient);
  }
};

} // namespace

TEST_CASE("optimizers: layers, nets, ranges and tuples are the same; copies go on by themselves") {
  check_handing_over(satur::sgd<double>{.rate = 0.1, .momentum = 0.9, .nesterov = true});
  check_handing_over(satur::adam<double>{.rate = 0.1});
  check_handing_over(satur::adamw<double>{.rate = 0.1});
}

TEST_CASE("optimizers: other parameters than in the first step are refused, and change nothing") {
  check_refusals(satur::sgd<double>{.momentum = 0.9}, "sgd");
  check_refusals(satur::adam<double>{}, "adam");
  check_refusals(satur::adamw<double>{}, "adamw");
  satur::sgd<double> plain; // remembers nothing
  net n;
  plain.step(n);
  plain.step(n.layers[0]);
  overlapping shifted;
  CHECK(refusal([&] { plain.step(shifted); }) ==
        "satur::sgd::step: the gradient of w shares memory with w; give it memory of its own");
  CHECK(shifted.memory == std::vector<double>{1, 2, 3, 4});
}

TEST_CASE("optimizers: settings that are out of range are refused") {
  weights<float> layer(2, 1, 1);
  auto const with = [&](auto optimizer) { return refusal([&] { optimizer.step(layer); }); };
  using sgd = satur::sgd<float>;
  using adam = satur::adam<float>;
  CHECK(with(sgd{.momentum = 1.0}) == "satur::sgd::step: momentum is 1; allowed: 0 to below 1");
  CHECK(with(sgd{.momentum = 0.5, .dampening = -0.5}) == "satur::sgd::step: dampening is -0.5; allowed: 0 to 1");
  CHECK(with(sgd{.weight_decay = -1}) == "satur::sgd::step: weight_decay is -1; allowed: a finite number >= 0");
  CHECK(with(sgd{.nesterov = true}) == "satur::sgd::step: momentum with nesterov is 0; allowed: above 0, below 1");
  CHECK(with(sgd{.momentum = 0.9, .dampening = 0.1, .nesterov = true}) ==
        "satur::sgd::step: dampening with nesterov is 0.1; allowed: 0");
  CHECK(with(adam{.beta1 = 1}) == "satur::adam::step: beta1 is 1; allowed: 0 to below 1");
  CHECK(with(adam{.beta2 = -0.1}) == "satur::adam::step: beta2 is -0.1; allowed: 0 to below 1");
  CHECK(with(adam{.eps = -1}) == "satur::adam::step: eps is -1; allowed: a finite number >= 0");
  CHECK(with(satur::adamw<float>{.weight_decay = std::numeric_limits<double>::infinity()}) ==
        "satur::adamw::step: weight_decay is inf; allowed: a finite number >= 0");
  CHECK(layer.w == weights<float>(2, 1, 1).w);
}

TEST_CASE_TEMPLATE("watched: a function is told what every parameter really received", T, float, double) {
  weights<T> layer(40, 3, 1);
  layer.w[5] = T(1e9); // too large for the step
  satur::adam<T> optimizer{.rate = 0.01};
  std::vector<std::string> names;
  for (int t = 0; t < 3; ++t) {
    weights<T> const before = layer;
    std::vector<T> moved;
    optimizer.step(satur::watched(
        [&](std::string_view name, std::span<T const> w, std::span<T const> dw) {
          names.emplace_back(name);
          auto const& old = name == "w" ? before.w : before.b;
          CHECK(std::equal(w.begin(), w.end(), old.begin(), old.end()));
          if (name == "w") {
            moved.assign(dw.begin(), dw.end());
          }
        },
        layer));
    REQUIRE(moved.size() == 40);
    for (std::size_t i = 0; i < 40; ++i) {
      CHECK(moved[i] == layer.w[i] - before.w[i]);
    }
    CHECK(moved[6] != T(0));
    CHECK((moved[5] == T(0)) == (sizeof(T) == 4));
  }
  CHECK(names == std::vector<std::string>{"w", "b", "w", "b", "w", "b"});
}

TEST_CASE("watched: a monitor records the steps of the weights, and the result has the same bits") {
  std::mt19937 g(2);
  satur::dense<float> fc{30, 20, satur::glorot_normal{}, g};
  satur::fill(satur::normal{0, 0.1}, fc.dw, g);
  satur::fill(satur::normal{0, 0.1}, fc.db, g);
  satur::dense<float> bare = fc;
  satur::sgd<float> a{.rate = 0.1, .momentum = 0.9}, b = a;
  satur::monitor mon, by_hand;
  for (int t = 0; t < 4; ++t) {
    xt::xtensor<float, 2> const w = bare.w;
    b.step(bare);
    xt::xtensor<float, 2> const moved = bare.w - w;
    by_hand["fc"].update(w, moved);
    by_hand.end_step();
    a.step(satur::watched(mon["fc"], fc));
    mon.end_step();
    CHECK(fc.w == bare.w);
    CHECK(fc.b == bare.b);
  }
  CHECK(mon["fc"].total().update.steps == 4); // of w; b, which began at 0, has none
  CHECK(mon["fc"].total().update.unusable == 0);
  CHECK(mon["fc"].total().update == by_hand["fc"].total().update);
  CHECK(mon["fc"].total().update.log10_ratio() < 0.0);
}

TEST_CASE("watched: nothing is copied where the monitor does not read") {
  std::mt19937 g(2);
  satur::dense<float> fc{30, 20, satur::glorot_normal{}, g};
  satur::monitor mon(satur::monitor_options{.updates = 2});
  CHECK(mon["fc"].reads_updates());
  satur::sgd<float> optimizer;
  for (int t = 0; t < 4; ++t) {
    CHECK(mon["fc"].reads_updates() == (t % 2 == 0));
    optimizer.step(satur::watched(mon["fc"], fc));
    mon.end_step();
  }
  CHECK(mon["fc"].total().update.steps + mon["fc"].total().update.unusable == 2);
  satur::monitor off(satur::monitor_options{.updates = 0});
  CHECK_FALSE(off["fc"].reads_updates());
}

TEST_CASE_TEMPLATE("optimizers and losses: no allocation after the first step", T, float, double) {
  std::mt19937 g(1);
  satur::dense<T> one{20, 16, satur::glorot_normal{}, g};
  satur::dense<T> two{16, 4, satur::glorot_normal{}, g};
  auto const x = satur::make<T>(satur::normal{}, {32, 20}, g);
  auto const target = satur::make<T>(satur::uniform{0.0, 1.0}, {32, 4}, g);
  std::vector<int> const labels(32, 3);
  satur::softmax_cross_entropy<T> cross{
      {.ignore_index = 1, .label_smoothing = 0.1, .class_weights = {1.0, 2.0, 3.0, 4.0}}};
  satur::bce_with_logits<T> bce{{.pos_weight = {1.0, 2.0, 3.0, 4.0}}};
  satur::mse<T> mse;
  satur::sgd<T> sgd{.rate = 1e-3, .momentum = 0.9};
  satur::adam<T> adam;
  satur::adamw<T> adamw;
  satur::monitor mon;
  double total = 0;
  auto const step = [&] {
    auto const& z = two.forward(one.forward(x));
    total += cross.forward(z, labels) + bce.forward(z, target, target) + mse.forward(z, target);
    cross.backward(cross.losses);
    mse.backward(mse.losses);
    one.backward_parameters(two.backward(cross.backward()));
    two.backward(bce.backward());
    two.backward(mse.backward());
    total += satur::clip_by_norm(std::tie(one, two), 1.0);
    sgd.step(one, two);
    adam.step(one, satur::watched([](std::string_view, std::span<T const>, std::span<T const>) {}, two));
    adamw.step(satur::watched(mon["one"], one), satur::watched(mon["two"], two));
    mon.end_step();
  };
  CHECK(allocations_in(step) > 0);
  CHECK(allocations_in([&] {
          for (int t = 0; t < 5; ++t) {
            step();
          }
        }) == 0);
  CHECK(std::isfinite(total));
}
