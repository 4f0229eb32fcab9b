// A training step allocates nothing after the first one with the same batch size.
#include "support/allocation.hpp"

#include <satur/initializer.hpp>
#include <satur/layer.hpp>
#include <satur/loss.hpp>

#include <doctest/doctest.h>

#include <random>
#include <vector>

using namespace satur_test;

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
