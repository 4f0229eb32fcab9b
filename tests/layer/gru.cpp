// gru: order of the gates, both reset conventions, states, readings by name, errors, odd shapes.
#include "satur/layer/gru.hpp"

#include "satur/initializer.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using satur::gru;
using satur::make;
using satur::normal;
using tensor = xt::xtensor<double, 3>;
using matrix = xt::xtensor<double, 2>;

double logistic(double z) { return 1.0 / (1.0 + std::exp(-z)); }
template <class F> std::string refusal(F&& f) {
  try {
    f();
  } catch (std::logic_error const& e) {
    return e.what();
  }
  return "nothing thrown";
}

} // namespace

TEST_CASE("gru: each gate does what its name says, in the order reset, update, candidate") {
  for (bool const after : {true, false}) {
    CAPTURE(after);
    std::mt19937 g(1);
    gru<double> layer{1, 1, satur::zeros{}, g, after};
    layer.h0 = {{0.8}};
    layer.b = {0.5, -0.25, 0.1};
    layer.u = {{0.0, 0.0, 2.0}};
    if (after) {
      layer.candidate_bias = {0.3};
    }
    auto const& h = layer.forward(tensor{{{7.0}}}); // w = 0
    double const r = logistic(0.5), a = logistic(-0.25);
    double const z = after ? 0.1 + r * (2.0 * 0.8 + 0.3) : 0.1 + r * 0.8 * 2.0;
    CHECK(layer.z(gru<double>::candidate)(0, 0, 0) == doctest::Approx(z).epsilon(1e-14));
    CHECK(h(0, 0, 0) == doctest::Approx((1 - a) * std::tanh(z) + a * 0.8).epsilon(1e-14));
  }
}

TEST_CASE("gru: the conventions agree for one unit without a bias, and differ for two") {
  for (std::size_t const hidden : {1u, 2u}) {
    std::mt19937 g(2);
    gru<double> after{2, hidden, normal{}, g, true};
    gru<double> before{2, hidden, normal{}, g, false};
    before.w = after.w, before.u = after.u;
    auto const x = make<double>(normal{}, {5, 3, 2}, g);
    CHECK(xt::allclose(after.forward(x), before.forward(x), 1e-13, 1e-13) == (hidden == 1));
  }
}

TEST_CASE("gru: its parameters are those of its convention") {
  std::mt19937 g(3);
  gru<double> const after{2, 3, normal{}, g};
  gru<double> const before{2, 3, normal{}, g, false};
  CHECK(after.linear_before_reset());
  CHECK(satur::parameter_count(after) == 2 * 9 + 3 * 9 + 9 + 3);
  CHECK(satur::parameter_count(before) == 2 * 9 + 3 * 9 + 9);
}

TEST_CASE("gru: two pieces with state and gradient handed over are the whole") {
  std::mt19937 g(4);
  for (bool const after : {true, false}) {
    gru<double> whole{3, 5, normal{0, 0.6}, g, after};
    auto first = whole, second = whole;
    auto const x = make<double>(normal{}, {6, 2, 3}, g);
    auto const dh = make<double>(normal{}, {6, 2, 5}, g);
    auto const head = [](tensor const& a) { return tensor(xt::view(a, xt::range(0, 4), xt::all(), xt::all())); };
    auto const tail = [](tensor const& a) { return tensor(xt::view(a, xt::range(4, 6), xt::all(), xt::all())); };
    tensor const h = whole.forward(x);
    tensor const dx = whole.backward(dh);
    first.forward(head(x));
    second.h0 = first.final_h();
    CHECK(xt::allclose(second.forward(tail(x)), tail(h), 1e-14, 1e-14));
    second.backward(tail(dh));
    CHECK(xt::allclose(first.backward(head(dh), second.dh0), head(dx), 1e-12, 1e-14));
    CHECK(xt::allclose(matrix(first.du + second.du), whole.du, 1e-12, 1e-14));
    first.carry_state();
    CHECK(xt::allclose(first.forward(tail(x)), tail(h), 1e-14, 1e-14));
    first.clear_state();
    CHECK(xt::allclose(first.forward(head(x)), head(h), 1e-14, 1e-14));
  }
}

TEST_CASE("gru: readings give each gate by its name, over the steps that belong to a sequence") {
  std::mt19937 g(5);
  gru<double> layer{1, 2, satur::zeros{}, g};
  layer.w = {{1, 1, 2, 2, 3, 3}};
  tensor const x{{{1.0}, {-2.0}}, {{-1.0}, {-3.0}}, {{2.0}, {50.0}}}; // 3 steps, batch 2
  layer.lengths = {3, 1};
  layer.forward(x);
  auto const records = layer.observe(satur::z_beyond{3.5});
  REQUIRE(records.size() == 3);
  char const* const names[] = {"reset", "update", "candidate"};
  std::uint64_t const low[] = {0, 2, 2}, high[] = {0, 2, 2}; // by hand
  for (std::size_t k = 0; k < 3; ++k) {
    CHECK(records[k].name == names[k]);
    CHECK(records[k].record.count == 8);
    CHECK(records[k].record.low == low[k]);
    CHECK(records[k].record.high == high[k]);
    CHECK(records[k].record.activation == (k == 2 ? "tanh" : "sigmoid"));
  }
}

TEST_CASE("gru: an update gate that is all open keeps its candidate's gradient") {
  std::mt19937 g(6);
  gru<float> layer{1, 1, satur::zeros{}, g};
  layer.b = {0.0f, 20.0f, 0.5f}; // in float sigmoid(20) = 1
  layer.forward(xt::xtensor<float, 3>{{{1.0f}}});
  layer.backward(xt::xtensor<float, 3>{{{1.0f}}});
  double const closed = 1.0 / (1.0 + std::exp(20.0)), y = std::tanh(0.5);
  auto const relative = [](float a, double b) { return std::fabs(static_cast<double>(a) / b - 1.0); };
  CHECK(relative(layer.db(2), closed * (1 - y * y)) < 1e-5);
  CHECK(relative(layer.db(1), -y * closed * (1 - closed)) < 1e-5);
}

TEST_CASE("gru: empty batches and sequences, and each layer twice with other sizes") {
  for (bool const after : {true, false}) {
    std::mt19937 g(7);
    gru<double> layer{2, 3, normal{}, g, after};
    auto const x = make<double>(normal{}, {4, 2, 2}, g);
    tensor const dh = xt::ones<double>({4, 2, 3});
    tensor const h = layer.forward(x);
    tensor const dx = layer.backward(dh);
    auto const du = layer.du;
    for (auto const& [time, batch] : {std::pair{3, 0}, std::pair{0, 2}, std::pair{1, 5}}) {
      tensor const other = make<double>(normal{}, {std::size_t(time), std::size_t(batch), 2}, g);
      CHECK(layer.forward(other).shape() == tensor::shape_type{std::size_t(time), std::size_t(batch), 3});
      CHECK(layer.backward(tensor(layer.h())).shape() == other.shape());
      if (time * batch == 0) {
        CHECK(xt::all(xt::equal(layer.dw, 0.0)));
        CHECK(xt::all(xt::equal(layer.du, 0.0)));
        CHECK(xt::all(xt::equal(layer.db, 0.0)));
        CHECK(xt::all(xt::equal(layer.dcandidate_bias, 0.0)));
      }
    }
    CHECK(layer.forward(x) == h);
    CHECK(layer.backward(dh) == dx);
    CHECK(layer.du == du);
    layer.backward_parameters(dh);
    CHECK(layer.du == du);
  }
}

TEST_CASE("gru: errors name the layer") {
  std::mt19937 g(8);
  gru<double> layer{2, 3, normal{}, g, false};
  tensor const x = xt::ones<double>({4, 5, 2}), dh = xt::ones<double>({4, 5, 3});
  auto const says = [](std::string const& text, char const* part) { return text.find(part) != std::string::npos; };
  CHECK(says(refusal([&] { layer.backward(dh); }), "gru::backward: no forward pass"));
  CHECK(says(refusal([&] { layer.forward(tensor(xt::ones<double>({4, 5, 3}))); }), "gru::forward: x"));
  layer.candidate_bias = xt::ones<double>({3}); // the reset comes before the product
  CHECK(says(refusal([&] { layer.forward(x); }), "candidate_bias"));
}
