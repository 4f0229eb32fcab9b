// A training step allocates nothing after the first one with the same batch size.
#include "support/allocation.hpp"

#include <satur/initializer.hpp>
#include <satur/layer.hpp>
#include <satur/loss.hpp>
#include <satur/monitor.hpp>

#include <doctest/doctest.h>

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
