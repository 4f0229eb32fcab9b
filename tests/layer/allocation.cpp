// A training step allocates nothing after the first one with the same batch size.
#include "support/allocation.hpp"

#include <satur/initializer.hpp>
#include <satur/layer.hpp>
#include <satur/loss.hpp>
#include <satur/monitor.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <random>
#include <vector>

using namespace satur_test;
using satur::named;

TEST_CASE("self-test: the allocation counter counts") {
  CHECK(allocations_in([] { ::operator delete(::operator new(8)); }) >= 1);
  std::vector<double> kept;
  CHECK(allocations_in([&kept] { kept.resize(100); }) >= 1);
  CHECK(allocations_in([] {}) == 0);
}

TEST_CASE_TEMPLATE("dense: no allocation in forward, loss, backward and descent after the first step", T, float,
                   double) {
  std::mt19937 g(1);
  satur::dense<T> one{20, 16, satur::glorot_normal{}, g};
  satur::dense<T> two{16, 10, satur::glorot_normal{}, g};
  satur::softmax_cross_entropy<T> loss;
  auto const x = satur::make<T>(satur::normal{}, {32, 20}, g);
  auto const pool = satur::make<T>(satur::normal{}, {64, 20}, g);
  std::vector<int> const labels(32, 3);
  double total = 0;
  auto const step = [&] {
    auto const& z = one.forward(x);
    total += loss.forward(two.forward(z), labels);
    one.backward_parameters(two.backward(loss.backward()));
    one.backward(one.z());
    satur::descend(one, 0.01);
    satur::descend(two, 0.01);
    for_each_parameter(two,
                       [](std::string_view, auto& value, auto& gradient) { xt::noalias(value) -= T(0.1) * gradient; });
    // Views and expressions are copied into memory that is reused.
    one.forward(xt::view(pool, xt::range(7, 39), xt::all()));
    one.backward(T(2) * one.z());
    total += loss.forward(T(2) * two.z(), labels);
  };
  CHECK(allocations_in(step) > 0);
  T const* const z = one.z().data();
  CHECK(allocations_in(step) == 0);
  CHECK(allocations_in([&] {
          for (int i = 0; i < 10; ++i) {
            step();
          }
        }) == 0);
  CHECK(one.z().data() == z);
  CHECK(total > 0);
}

TEST_CASE("attention: no allocation in any kind of pass after the first step") {
  std::mt19937 g(2);
  satur::attention<float> layer{12, 3, satur::glorot_normal{}, g, {.causal = true, .softcap = 5, .qk_norm = true}};
  satur::scaled_dot_product<float> bare;
  auto const x = satur::make<float>(satur::normal{}, std::array<std::size_t, 3>{4, 5, 12}, g);
  auto const source = satur::make<float>(satur::normal{}, std::array<std::size_t, 3>{4, 7, 12}, g);
  auto const q = satur::make<float>(satur::normal{}, std::array<std::size_t, 4>{2, 3, 5, 4}, g);
  xt::xtensor<bool, 2> const tokens = xt::ones<bool>({4, 5});
  auto const self = [&] {
    layer.backward(layer.forward(x));
    layer.backward(layer.forward(x, tokens));
    satur::descend(layer, 0.01);
    bare.backward(bare.forward(q, q, q));
  };
  auto const cross = [&] { layer.backward(layer.forward_cross(x, source)); };
  CHECK(allocations_in(self) > 0);
  CHECK(allocations_in(self) == 0);
  cross(); // the first
  CHECK(allocations_in(cross) == 0);
}

TEST_CASE_TEMPLATE("norms, gated_dense, dropout: no allocation after the first step", T, float, double) {
  std::mt19937 g(2);
  satur::layer_norm<T> centered(20);
  satur::rms_norm<T> by_size(20);
  satur::batch_norm<T> units(20);
  satur::batch_norm<T, 4> channels(3);
  satur::gated_dense<T> one{20, 20, satur::glorot_normal{}, g, {}, satur::gated_options::gpt_oss()};
  satur::gated_dense<T, satur::glu> two{20, 20, satur::glorot_normal{}, g, {}, {.two_weights = true}};
  satur::dropout<T> drop(0.3);
  auto const x = satur::make<T>(satur::normal{}, {8, 20}, g);
  auto const images = satur::make<T>(satur::normal{}, {2, 3, 5, 4}, g);
  auto const step = [&] {
    for (bool const training : {true, false}) {
      units.training = channels.training = training;
      auto const& y = by_size.forward(units.forward(centered.forward(x)));
      drop.forward(two.forward(one.forward(T(2) * y)), g);
      two.backward(drop.backward(x));
      units.backward(centered.backward(by_size.backward(one.backward(x))));
      channels.backward(channels.forward(images));
    }
  };
  CHECK(allocations_in(step) > 0);
  CHECK(allocations_in(step) == 0);
}

TEST_CASE("conv2d, pooling and flatten: no allocation in forward, backward and descent after the first step") {
  std::mt19937 g(1);
  satur::conv2d<float> one{1, 4, {5, 5}, satur::he_normal{}, g, {.padding = satur::padding2d::same()}};
  satur::max_pool2d<float> most({2, 2});
  satur::conv2d<float> two{4, 6, {3, 3}, satur::he_normal{}, g, {.stride = {2, 2}, .padding = 1}};
  satur::conv2d<float> pixels{6, 6, {1, 1}, satur::he_normal{}, g};
  satur::average_pool2d<float> mean({3, 3}, {.stride = {1, 1}, .padding = 1});
  satur::flatten<float> flat;
  satur::global_average_pool2d<float> global_mean;
  satur::global_max_pool2d<float> global_most;
  auto const x = satur::make<float>(satur::normal{}, {3, 1, 110, 110}, g); // more than one block of rows
  auto const step = [&] {
    auto const& a = mean.forward(pixels.forward(two.forward(most.forward(one.forward(x)))));
    auto const& means = global_mean.forward(a);
    auto const& largest = global_most.forward(a);
    auto const& all = flat.forward(a);
    global_mean.backward(means);
    global_most.backward(largest);
    one.backward_parameters(most.backward(two.backward(pixels.backward(mean.backward(flat.backward(all))))));
    one.backward(one.z());
    satur::descend(one, 1e-6);
    satur::descend(two, 1e-6);
  };
  CHECK(allocations_in(step) > 0);
  CHECK(allocations_in(step) == 0);
  CHECK(allocations_in(step) == 0);
}

TEST_CASE_TEMPLATE("lstm and gru: no allocation in a step after the first", T, float, double) {
  std::mt19937 g(2);
  auto const x = satur::make<T>(satur::normal{}, {6, 4, 5}, g);
  auto const dh = satur::make<T>(satur::normal{}, {6, 4, 7}, g);
  auto const check = [&](auto layer) {
    layer.lengths = {6, 2, 0, 5};
    layer.truncation = 4;
    layer.clip = 1.0;
    auto const step = [&] {
      layer.forward(x);
      layer.backward(dh);
      layer.backward_parameters(dh);
      layer.carry_state();
      satur::descend(layer, 0.01);
    };
    step();
    step(); // the first with a state
    CHECK(allocations_in(step) == 0);
  };
  check(satur::lstm<T>{5, 7, satur::glorot_normal{}, g});
  check(satur::gru<T>{5, 7, satur::glorot_normal{}, g});
  check(satur::gru<T>{5, 7, satur::glorot_normal{}, g, false});
}

TEST_CASE("sequential: no allocation after the first step, with monitors and long names") {
  std::mt19937 g(1);
  satur::sequential net{
      named("the first convolution of the net", satur::conv2d<float>{1, 3, {3, 3}, satur::normal{}, g}),
      satur::gelu{},
      satur::max_pool2d<float>{{2, 2}},
      satur::flatten<float>{},
      named("the units that come after the images", satur::dense<float>{27, 5, satur::normal{}, g}),
      satur::tanh{},
      named("the logits of this classification", satur::dense<float>{5, 2, satur::normal{}, g})};
  satur::softmax_cross_entropy<float> loss;
  satur::monitor mon({.units = true}), other;
  net.watch(mon);
  net.watch(other);
  auto const x = satur::make<float>(satur::normal{}, {4, 1, 8, 8}, g);
  std::vector<int> const labels{0, 1, 1, 0};
  auto const step = [&] {
    loss.forward(net.forward(x), labels);
    net.backward_parameters(loss.backward());
    net.backward(loss.backward());
    satur::descend(net, 0.01);
    mon.end_step();
    other.end_step();
  };
  CHECK(allocations_in(step) > 0);
  step();
  CHECK(allocations_in(step) == 0);
  CHECK(mon["the logits of this classification"].total().update.steps == 3);
}
