// lstm: order of the gates, forget bias, states, readings by name, errors, odd shapes and odd numbers.
#include "satur/layer/lstm.hpp"

#include "satur/initializer.hpp"
#include "satur/monitor.hpp"
#include "satur/rule/scaled_output_beyond.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using satur::lstm;
using satur::make;
using satur::normal;
using tensor = xt::xtensor<double, 3>;
using matrix = xt::xtensor<double, 2>;

template <class F> std::string refusal(F&& f) {
  try {
    f();
  } catch (std::logic_error const& e) { // shape_error and invalid_argument are such
    return e.what();
  }
  return "nothing thrown";
}
bool says(std::string const& text, std::string const& part) { return text.find(part) != std::string::npos; }

lstm<double> zero_layer(std::size_t in, std::size_t hidden) {
  std::mt19937 g(1);
  return {in, hidden, satur::zeros{}, g, 0.0};
}
double logistic(double z) { return 1.0 / (1.0 + std::exp(-z)); }

} // namespace

TEST_CASE("lstm: each gate does what its name says, in the order i, f, g, o") {
  auto layer = zero_layer(1, 1);
  layer.c0 = {{2.0}};
  layer.b = {0.5, -0.25, 1.5, 3.0};
  auto const& h = layer.forward(tensor{{{7.0}}}); // w = 0
  double const c = logistic(-0.25) * 2.0 + logistic(0.5) * std::tanh(1.5);
  CHECK(layer.final_c()(0, 0) == doctest::Approx(c).epsilon(1e-14));
  CHECK(h(0, 0, 0) == doctest::Approx(logistic(3.0) * std::tanh(c)).epsilon(1e-14));
  CHECK(layer.z(lstm<double>::forget)(0, 0, 0) == -0.25);
  CHECK(layer.z(lstm<double>::candidate)(0, 0, 0) == 1.5);
  CHECK(layer.c()(0, 0, 0) == 2.0);
}

TEST_CASE("lstm: the forget gate's bias is 1 unless said otherwise, all others 0") {
  std::mt19937 g(2);
  lstm<float> const usual{3, 4, satur::glorot_normal{}, g};
  lstm<float> const plain{3, 4, satur::glorot_normal{}, g, 0.0};
  for (std::size_t k = 0; k < 16; ++k) {
    CHECK(usual.b(k) == (k / 4 == lstm<float>::forget ? 1.0f : 0.0f));
    CHECK(plain.b(k) == 0.0f);
  }
}

TEST_CASE("lstm: each gate's weights are drawn with its own fans") {
  std::mt19937 g(3);
  lstm<double> const layer{200, 50, satur::lecun_normal{}, g};
  auto const stddev = [](matrix const& m, std::size_t gate) {
    double squares = 0.0;
    for (std::size_t r = 0; r < m.shape(0); ++r) {
      for (std::size_t c = 0; c < 50; ++c) {
        squares += m(r, gate * 50 + c) * m(r, gate * 50 + c);
      }
    }
    return std::sqrt(squares / static_cast<double>(m.shape(0) * 50));
  };
  for (std::size_t gate = 0; gate < 4; ++gate) {
    CHECK(stddev(layer.w, gate) == doctest::Approx(std::sqrt(1.0 / 200)).epsilon(0.05));
    CHECK(stddev(layer.u, gate) == doctest::Approx(std::sqrt(1.0 / 50)).epsilon(0.08));
  }
  CHECK(layer.w(0, 0) != layer.w(0, 50));
  lstm<double> const square{50, 50, satur::orthogonal{}, g}; // each block by itself
  double dot = 0.0, norm = 0.0;
  for (std::size_t r = 0; r < 50; ++r) {
    dot += square.u(r, 100) * square.u(r, 101);
    norm += square.u(r, 100) * square.u(r, 100);
  }
  CHECK(std::fabs(dot) < 1e-12);
  CHECK(norm == doctest::Approx(1.0));
}

TEST_CASE("lstm: two pieces with states and gradients handed over are the whole") {
  std::mt19937 g(4);
  lstm<double> whole{3, 5, normal{0, 0.6}, g};
  auto first = whole, second = whole;
  auto const x = make<double>(normal{}, {6, 2, 3}, g);
  auto const dh = make<double>(normal{}, {6, 2, 5}, g);
  auto const head = [](tensor const& a) { return tensor(xt::view(a, xt::range(0, 4), xt::all(), xt::all())); };
  auto const tail = [](tensor const& a) { return tensor(xt::view(a, xt::range(4, 6), xt::all(), xt::all())); };
  tensor const h = whole.forward(x);
  tensor const dx = whole.backward(dh);

  tensor const h1 = first.forward(head(x));
  second.h0 = first.final_h();
  second.c0 = first.final_c();
  tensor const h2 = second.forward(tail(x));
  CHECK(xt::allclose(h1, head(h), 1e-14, 1e-14));
  CHECK(xt::allclose(h2, tail(h), 1e-14, 1e-14));
  CHECK(xt::allclose(second.final_h(), whole.final_h(), 1e-14, 1e-14));
  CHECK(xt::allclose(second.final_c(), whole.final_c(), 1e-14, 1e-14));
  tensor const dx2 = second.backward(tail(dh));
  tensor const dx1 = first.backward(head(dh), second.dh0, second.dc0);
  CHECK(xt::allclose(dx1, head(dx), 1e-12, 1e-14));
  CHECK(xt::allclose(dx2, tail(dx), 1e-12, 1e-14));
  CHECK(xt::allclose(matrix(first.du + second.du), whole.du, 1e-12, 1e-14));

  // Carried over in one layer: the same h; the state that a step started from is the layer's own copy.
  lstm<double> one = whole;
  one.forward(head(x));
  one.carry_state();
  tensor const again = one.forward(tail(x));
  CHECK(again == h2);
  one.carry_state(); // before backward
  one.backward(tail(dh));
  CHECK(one.du == second.du);
  CHECK(one.dh0 == second.dh0);
  one.clear_state();
  CHECK(one.forward(head(x)) == h1);
}

TEST_CASE("lstm: readings give each gate by its name, over the steps that belong to a sequence") {
  auto layer = zero_layer(1, 2);
  layer.w = {{1, 1, 2, 2, 3, 3, 4, 4}}; // z = x, 2x, 3x, 4x for i, f, g, o
  CHECK(std::isnan(layer.saturated_fraction()));
  CHECK(layer.observe().at(0).record.count == 0);
  tensor const x{{{1.0}, {-2.0}}, {{-1.0}, {-3.0}}, {{2.0}, {50.0}}}; // 3 steps, batch 2
  layer.forward(x);
  auto const records = layer.observe(satur::z_beyond{5.5});
  REQUIRE(records.size() == 4);
  char const* const names[] = {"input", "forget", "candidate", "output"};
  std::uint64_t const low[] = {0, 2, 4, 4}, high[] = {2, 2, 4, 4}; // by hand
  for (std::size_t k = 0; k < 4; ++k) {
    CHECK(records[k].name == names[k]);
    CHECK(records[k].record.count == 12);
    CHECK(records[k].record.low == low[k]);
    CHECK(records[k].record.high == high[k]);
    CHECK(records[k].record.activation == (k == 2 ? "tanh" : "sigmoid"));
  }
  CHECK(layer.saturated_fraction(5.5) == doctest::Approx(22.0 / 48.0));

  layer.lengths = {3, 1}; // the second sequence is x = -2 alone
  layer.forward(x);
  auto const shorter = layer.observe(satur::z_beyond{5.5});
  for (std::size_t k = 0; k < 4; ++k) {
    CHECK(shorter[k].record.count == 8);
  }
  CHECK(shorter[3].record.low == 2);
  CHECK(shorter[3].record.high == 2);
  CHECK(shorter[3].record.min_z() == -8.0);
}

TEST_CASE("lstm: the share of time that each unit's gates are left- and right-saturated") {
  auto layer = zero_layer(1, 2);
  layer.w = {{0, 0, 1, 0, 0, 0, 0, 0}}; // the forget gate of unit 0 follows x
  layer.b = {0, 0, 0, 4, 2, 0, 0, 0};   // that of unit 1 is open, the candidate of unit 0 is high
  std::vector<satur::named_units> units;
  satur::scaled_output_beyond const gate{0.8};
  layer.forward(tensor{{{-3.0}}, {{0.0}}, {{3.0}}, {{2.0}}}); // sigmoid: 0.047, 0.5, 0.953, 0.88
  layer.observe_units(units, gate);
  layer.forward(tensor{{{-3.0}}, {{-3.0}}, {{-3.0}}, {{2.3}}}); // 2.3: 0.909
  layer.observe_units(units, gate);
  REQUIRE(units.size() == 4);
  CHECK(units[1].name == "forget");
  auto const follower = units[1].units[0], open = units[1].units[1];
  CHECK(follower.samples == 8);
  CHECK(follower.low_fraction() == 0.5);
  CHECK(follower.high_fraction() == 0.25);
  CHECK(open.high_fraction() == 1.0);
  CHECK(open.mean_derivative() == doctest::Approx(satur::sigmoid{}.derivative(4.0)));
  CHECK(units[2].units[0].high_fraction() == 1.0); // tanh(2) > 0.8
  CHECK(units[2].units[1].fraction() == 0.0);      // tanh(0)
  CHECK(units[0].units[0].fraction() == 0.0);
}

TEST_CASE("lstm: a monitor sees each gate as a layer") {
  std::mt19937 g(5);
  lstm<float> layer{3, 4, satur::glorot_normal{}, g};
  satur::monitor mon({.rows = 8});
  layer.forward(make<float>(normal{}, {4, 4, 3}, g));
  layer.record_in(mon, "lstm");
  mon.end_step();
  CHECK(mon["lstm.forget"].total().saturation.count == 2 * 4); // 16 rows, one in 8
  CHECK(mon["lstm.candidate"].total().saturation.activation == "tanh");
}

TEST_CASE("lstm: a saturated gate keeps its gradient") {
  std::mt19937 g(6);
  lstm<float> layer{1, 1, satur::zeros{}, g};
  layer.b = {20.0f, 20.0f, 0.5f, 20.0f}; // in float sigmoid(20) = 1
  layer.c0 = {{1.0f}};
  xt::xtensor<float, 3> const x{{{1.0f}}};
  layer.forward(x);
  layer.backward(xt::xtensor<float, 3>{{{1.0f}}});
  double const slope = std::exp(-20.0) / std::pow(1.0 + std::exp(-20.0), 2);
  double const c = 1.0 + std::tanh(0.5), y = std::tanh(c);
  auto const relative = [](float a, double b) { return std::fabs(static_cast<double>(a) / b - 1.0); };
  CHECK(relative(layer.db(0), (1 - y * y) * std::tanh(0.5) * slope) < 1e-5);
  CHECK(relative(layer.db(1), (1 - y * y) * slope) < 1e-5);
  CHECK(relative(layer.db(3), y * slope) < 1e-5);
}

TEST_CASE("lstm: NaN stays NaN, also through clipping, and in its own sequence") {
  std::mt19937 g(7);
  lstm<double> layer{2, 3, normal{}, g};
  layer.clip = 0.1;
  auto x = make<double>(normal{}, {2, 2, 2}, g);
  x(0, 1, 0) = std::numeric_limits<double>::quiet_NaN();
  auto const& h = layer.forward(x);
  CHECK(std::isnan(h(0, 1, 0)));
  CHECK(std::isnan(h(1, 1, 2)));
  CHECK(std::isfinite(h(1, 0, 0)));
  CHECK(layer.observe().at(0).record.nan == 6);
  auto const& dx = layer.backward(tensor(xt::ones<double>({2, 2, 3})));
  CHECK(std::isnan(layer.dz(0)(0, 1, 0)));
  CHECK(std::isnan(dx(0, 1, 0)));
  CHECK(std::isfinite(dx(0, 0, 0)));
}

TEST_CASE("lstm: empty batches and sequences, and each layer twice with other sizes") {
  std::mt19937 g(8);
  lstm<double> layer{2, 3, normal{}, g};
  auto const x = make<double>(normal{}, {4, 2, 2}, g);
  tensor const dh = xt::ones<double>({4, 2, 3});
  tensor const h = layer.forward(x);
  tensor const dx = layer.backward(dh);
  auto const du = layer.du;
  CHECK(layer.dz(1).shape == satur::array_shape{4, 2, 3});
  CHECK(layer.outputs() == 3);
  for (auto const& [time, batch] : {std::pair{3, 0}, std::pair{0, 2}, std::pair{0, 0}, std::pair{1, 5}}) {
    tensor const other = make<double>(normal{}, {std::size_t(time), std::size_t(batch), 2}, g);
    CHECK(layer.forward(other).shape() == tensor::shape_type{std::size_t(time), std::size_t(batch), 3});
    CHECK(layer.z(1).shape == satur::array_shape{time, batch, 3});
    CHECK(layer.dz(1).size() == 0); // that of the last x is no longer there
    CHECK(layer.backward(tensor(layer.h())).shape() == other.shape());
    if (time * batch == 0) {
      CHECK(xt::all(xt::equal(layer.dw, 0.0)));
      CHECK(xt::all(xt::equal(layer.du, 0.0)));
      CHECK(xt::all(xt::equal(layer.db, 0.0)));
      CHECK(layer.observe().at(1).record.count == 0);
      std::vector<satur::named_units> units;
      layer.observe_units(units);
      CHECK(units.at(0).units.samples() == 0);
    }
    CHECK(layer.final_h().shape() == matrix::shape_type{std::size_t(batch), 3});
  }
  CHECK(layer.forward(x) == h);
  CHECK(layer.backward(dh) == dx);
  CHECK(layer.du == du);
}

TEST_CASE("lstm: no steps leave the state as it is, and hand its gradient back") {
  std::mt19937 g(9);
  lstm<double> layer{2, 3, normal{}, g};
  layer.h0 = make<double>(normal{}, {2, 3}, g);
  layer.c0 = make<double>(normal{}, {2, 3}, g);
  auto const dfinal_h = make<double>(normal{}, {2, 3}, g), dfinal_c = make<double>(normal{}, {2, 3}, g);
  layer.forward(tensor::from_shape({0, 2, 2}));
  CHECK(layer.final_h() == layer.h0);
  CHECK(layer.final_c() == layer.c0);
  layer.backward(tensor::from_shape({0, 2, 3}), dfinal_h, dfinal_c);
  CHECK(layer.dh0 == dfinal_h);
  CHECK(layer.dc0 == dfinal_c);
}

TEST_CASE("lstm: its own arrays, views and formulas are taken like copies") {
  std::mt19937 g(10);
  lstm<double> layer{3, 3, normal{}, g};
  auto const x = make<double>(normal{}, {4, 2, 3}, g);
  tensor const h = layer.forward(x);
  auto fresh = layer;
  tensor const second = fresh.forward(h);
  CHECK(layer.forward(layer.h()) == second); // its own output as the next x
  tensor const dx = fresh.backward(second);
  CHECK(layer.backward(layer.h()) == dx);
  CHECK(layer.backward(1.0 * layer.h()) == dx);
  layer.backward_parameters(layer.h());
  CHECK(layer.dw == fresh.dw);
  tensor const twice = fresh.backward(dx);
  layer.backward(layer.h());
  CHECK(layer.backward(dx) == twice);
}

TEST_CASE("lstm: errors name the layer, what is wrong and what fits") {
  std::mt19937 g(11);
  lstm<double> layer{2, 3, normal{}, g};
  tensor const x = xt::ones<double>({4, 5, 2}), dh = xt::ones<double>({4, 5, 3});
  CHECK(says(refusal([&] { layer.backward(dh); }), "lstm::backward: no forward pass"));
  CHECK(says(refusal([&] { layer.forward(tensor(xt::ones<double>({4, 5, 3}))); }), "(4, 5, 3)"));
  CHECK(says(refusal([&] { layer.forward(tensor(xt::ones<double>({4, 5, 3}))); }), "(time, batch, 2)"));
  std::size_t const many = std::size_t{1} << 31; // with no samples they take no memory
  CHECK(says(refusal([&] {
               layer.forward(tensor(xt::ones<double>({many, std::size_t{0}, std::size_t{2}})));
             }),
             "shape ("));
  CHECK(says(refusal([&] {
               layer.forward(tensor(xt::ones<double>({std::size_t{0}, many, std::size_t{2}})));
             }),
             "shape ("));
  CHECK(says(refusal([&] { lstm<double>(0, 3, normal{}, g); }), "lstm"));
  CHECK(says(refusal([&] { lstm<double>(2, std::size_t{1} << 40, normal{}, g); }), "hidden"));
  layer.forward(x);
  CHECK(says(refusal([&] { layer.backward(tensor(xt::ones<double>({4, 5, 2}))); }), "(4, 5, 3), the shape of h"));
  CHECK(says(refusal([&] { layer.backward(dh, matrix(xt::ones<double>({5, 2})), matrix()); }), "dfinal_h"));
  CHECK(says(refusal([&] {
               layer.backward(dh, matrix(), matrix(xt::ones<double>({4, 3})));
             }),
             "lstm::backward: dfinal_c"));
  layer.lengths = {1, 2};
  CHECK(says(refusal([&] { layer.forward(x); }), "lengths"));
  layer.lengths = {1, 2, 3, 4, 5};
  CHECK(says(refusal([&] { layer.forward(x); }), "at most 4"));
  layer.lengths.clear();
  layer.h0 = xt::ones<double>({4, 3});
  CHECK(says(refusal([&] { layer.forward(x); }), "h0"));
  layer.clear_state();
  layer.c0 = xt::ones<double>({5, 4});
  CHECK(says(refusal([&] { layer.forward(x); }), "c0"));
  layer.clear_state();
  layer.forward(x);
  for (double const clip : {-1.0, std::numeric_limits<double>::quiet_NaN()}) {
    layer.clip = clip;
    CHECK(says(refusal([&] { layer.backward(dh); }), "clip"));
  }
  layer.clip = 0.0;
  CHECK(says(refusal([&] { static_cast<void>(layer.z(4)); }), "from 0 to 3"));
  layer.b = xt::ones<double>({11});
  CHECK(says(refusal([&] { layer.forward(x); }), "(gates * hidden)"));
}
