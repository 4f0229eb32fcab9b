// attribute() finds causes that are built in; cures reach their predictions and change nothing else.
#include "satur/finding.hpp"
#include "satur/tensor.hpp"

#include "support/plain_net.hpp"
#include "support/refusal.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <numeric>
#include <sstream>
#include <string>
#include <vector>

namespace {

constexpr std::size_t inputs = 200;
constexpr std::size_t units = 50;
constexpr std::size_t samples = 2000;

/// A layer of normal weights of that standard deviation (times sqrt inputs), over normal inputs.
struct layer {
  std::vector<double> a;
  test::plain_layer p{inputs, units, {}, {}, {}, {}, {}, {}};

  layer(double gain, double bias, double input_mean, double input_std, std::uint64_t seed = 1) {
    std::mt19937_64 urbg(seed);
    a = test::standard_normal(samples * inputs, urbg, input_mean, input_std);
    p.w = test::standard_normal(inputs * units, urbg, 0.0, gain / std::sqrt(double(inputs)));
    p.b.assign(units, bias);
    test::affine(p, a, samples);
  }
  void run() { test::affine(p, a, samples); }
  [[nodiscard]] satur::input_moments moments() const { return satur::moments_of_inputs(a, inputs); }
  template <class A> [[nodiscard]] satur::layer_attribution why(A const& act) const {
    return satur::attribute(act, p.w, p.b, moments());
  }
};

/// The measured share of the peak slope and of |z| > 5 agree with a prediction: within 10 %, or 0.01 for small shares.
template <class A> void check_reached(A const& act, layer& l, satur::layer_state const& predicted) {
  l.run();
  satur::saturation const s = satur::observe(act, l.p.z);
  CHECK(s.slope_share() == doctest::Approx(predicted.slope_share).epsilon(0.1));
  CHECK(std::fabs(s.fraction() - predicted.saturated()) < 0.1 * predicted.saturated() + 0.01);
}

} // namespace

TEST_CASE("attribute: every built-in cause is found in every unit") {
  CHECK(layer(1.0, 0.0, 0.0, 1.0).why(satur::sigmoid{}).units_with(satur::cause::unknown) == units); // well
  CHECK(layer(1.0, -7.0, 0.0, 1.0).why(satur::sigmoid{}).units_with(satur::cause::bias) == units);
  CHECK(layer(30.0, 0.0, 0.0, 1.0).why(satur::sigmoid{}).units_with(satur::cause::weight_norm) == units);
  CHECK(layer(1.0, 0.0, 0.0, 30.0).why(satur::sigmoid{}).units_with(satur::cause::input_scale) == units);
  satur::layer_attribution const shifted = layer(1.0, 0.0, 10.0, 1.0).why(satur::sigmoid{});
  // m_j = 10 sum w ~ N(0, 100): the mean is to blame wherever it is beyond about 2.5, which four in five are
  CHECK(shifted.units_with(satur::cause::input_mean) > 2 * units / 3);
  CHECK(shifted.main_cause() == satur::cause::input_mean);
  CHECK(shifted.units_with(satur::cause::bias) == 0);
  CHECK(shifted.units_with(satur::cause::weight_norm) == 0);
}

TEST_CASE("attribute: no cause and no fix for healthy units") {
  satur::layer_attribution const well = layer(1.0, 0.0, 0.0, 1.0).why(satur::sigmoid{});
  CHECK(well.main_cause() == satur::cause::unknown);
  CHECK(well.cure().what == satur::remedy::none);
  CHECK_FALSE(well.cure().predicted);
}

TEST_CASE("attribute: the sums of a unit are those of its weights") {
  // z = 2 a0 - 3 a1 + 0.5, a0 of mean 1 and variance 4, a1 of mean -1 and variance 0.25
  std::vector<double> const w{2.0, -3.0};
  std::vector<double> const b{0.5};
  satur::layer_attribution const l = satur::attribute(satur::tanh{}, w, b, {{1.0, -1.0}, {4.0, 0.25}});
  REQUIRE(l.units.size() == 1);
  satur::unit_attribution const& u = l.units[0];
  CHECK(u.bias == 0.5);
  CHECK(u.from_inputs == 5.0);
  CHECK(u.mean() == 5.5);
  CHECK(u.variance == 18.25);
  CHECK(u.weight_square == 13.0);
  CHECK(u.input_scale() == doctest::Approx(18.25 / 13.0));
  CHECK(l.factor == doctest::Approx(1.0 / std::sqrt(5.5 * 5.5 + 18.25)));
  // A layer of one unit has the state of that unit.
  satur::state_predictor const state(satur::tanh{}, satur::z_beyond{5.0});
  double const f = l.factor;
  CHECK(l.now == state(5.5, 18.25));
  CHECK(l.recentered == state(0.0, 18.25));
  CHECK(l.rescaled.slope_share == doctest::Approx(state(f * 5.5, f * f * 18.25).slope_share).epsilon(1e-12));
}

TEST_CASE("attribute: weights of another shape throw") {
  std::vector<double> const two{0.1, 0.2};
  satur::input_moments const one{{0.0}, {1.0}};
  CHECK_THROWS_AS(static_cast<void>(satur::attribute(satur::tanh{}, std::vector<double>{1.0, 2.0, 3.0}, two, one)),
                  satur::shape_error);
  CHECK_THROWS_AS(static_cast<void>(satur::attribute(satur::tanh{}, std::vector<double>{}, two, one)),
                  satur::shape_error);
  CHECK_THROWS_AS(static_cast<void>(satur::attribute(satur::tanh{}, two, std::vector<double>{}, one)),
                  satur::shape_error);
  CHECK_THROWS_AS(static_cast<void>(satur::attribute(satur::tanh{}, std::vector<double>{}, std::vector<double>{}, one)),
                  satur::shape_error);
}

TEST_CASE("attribute: correlated inputs, covariance from z") {
  // a0 = a1: opposite weights cancel exactly (theory.md, section 8), equal ones add up.
  std::mt19937_64 urbg(4);
  std::vector<double> const one = test::standard_normal(samples, urbg);
  std::vector<double> a;
  for (double const x : one) {
    a.insert(a.end(), {x, x});
  }
  test::plain_layer p{2, 2, {100.0, 3.0, -100.0, 3.0}, {0.0, 0.0}, {}, {}, {}, {}};
  test::affine(p, a, samples);
  satur::input_moments const m = satur::moments_of_inputs(a, 2);
  satur::layer_attribution const apart = satur::attribute(satur::sigmoid{}, p.w, p.b, m);
  satur::layer_attribution const together = satur::attribute(satur::sigmoid{}, p.w, p.b, m, p.z);
  CHECK(apart.units[0].variance == doctest::Approx(2e4).epsilon(0.1));
  CHECK(together.units[0].variance < 1e-20);
  CHECK(together.units[0].cause == satur::cause::unknown); // a large weight without saturation
  CHECK(apart.units[1].variance == doctest::Approx(18.0).epsilon(0.1));
  CHECK(together.units[1].variance == doctest::Approx(36.0).epsilon(0.1));
}

TEST_CASE("attribute: inputs near the largest double have a finite mean") {
  std::vector<double> const a{1.7e308, 0.25, 1.7e308, 0.5, 1.6e308, 0.75};
  satur::input_moments const m = satur::moments_of_inputs(a, 2);
  CHECK(m.mean[0] == doctest::Approx(1.7e308 / 3.0 * 2.0 + 1.6e308 / 3.0).epsilon(1e-13));
  CHECK(m.mean[1] == 0.5);
  CHECK(m.variance[1] == doctest::Approx(0.125 / 3.0));
}

TEST_CASE_TEMPLATE("attribute: every fix reaches its prediction", A, satur::sigmoid, satur::tanh, satur::softsign) {
  A const act{};
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    CAPTURE(seed);
    {
      layer l(1.2, -6.0, 0.0, 1.0, seed);
      satur::layer_attribution const why = l.why(act);
      check_reached(act, l, why.now); // the prediction for the present state
      satur::cure const best = why.cure();
      CHECK(best.what == satur::remedy::recenter);
      satur::recenter(l.p.b, l.p.z);
      check_reached(act, l, *best.predicted);
    }
    {
      layer l(25.0, 0.0, 0.2, 1.0, seed);
      satur::layer_attribution const why = l.why(act);
      check_reached(act, l, why.now);
      satur::cure const best = why.cure();
      CHECK(best.what == satur::remedy::rescale);
      satur::rescale(l.p.w, l.p.b, best.factor);
      check_reached(act, l, *best.predicted);
      CHECK(satur::observe(act, l.p.z).z.variance() == doctest::Approx(1.0).epsilon(0.1));
    }
  }
}

TEST_CASE("diagnose: every fix reaches its prediction") {
  for (double const bias : {0.0, -6.0}) {
    layer l(bias == 0.0 ? 20.0 : 1.0, bias, 0.0, 1.0);
    satur::monitor mon;
    mon["fc"].observe(satur::tanh{}, l.p.z);
    mon.end_step();
    std::vector<satur::finding> const found = satur::diagnose(mon);
    REQUIRE(found.size() == 1);
    if (found[0].cure.what == satur::remedy::rescale) {
      satur::rescale(l.p.w, l.p.b, found[0].cure.factor);
    } else {
      satur::recenter(l.p.b, l.p.z);
    }
    check_reached(satur::tanh{}, l, *found[0].cure.predicted);
  }
}

TEST_CASE("lsuv_step: z of the same inputs has the target standard deviation") {
  layer l(7.0, 0.3, 0.5, 1.0);
  double const before = std::sqrt(satur::observe(satur::tanh{}, l.p.z).variance_z());
  double const factor = satur::lsuv_step(l.p.w, l.p.b, l.p.z, 0.8);
  CHECK(factor == doctest::Approx(0.8 / before).epsilon(1e-12));
  l.run();
  CHECK(satur::observe(satur::tanh{}, l.p.z).stddev_z() == doctest::Approx(0.8).epsilon(1e-12));
  std::vector<double> const same(samples * units, 3.0);
  std::vector<double> const untouched = l.p.w;
  CHECK_THROWS_AS(satur::lsuv_step(l.p.w, l.p.b, same), std::invalid_argument);
  CHECK(l.p.w == untouched);
}

TEST_CASE("recenter: listed units alone, and units out of range or without a mean") {
  std::vector<double> const z{1.0, 10.0, -4.0, 0.5, 3.0, 20.0, -6.0, 0.5}; // means 2, 15, -5, 0.5
  std::vector<float> b{0.5f, 0.25f, 1.0f, -1.0f};
  satur::recenter(b, z, std::vector<std::size_t>{2, 0});
  CHECK(b == std::vector<float>{-1.5f, 0.25f, 6.0f, -1.0f});
  satur::recenter(b, z, std::vector<std::size_t>{}); // none is none
  CHECK(b == std::vector<float>{-1.5f, 0.25f, 6.0f, -1.0f});
  satur::recenter(b, z);
  CHECK(b == std::vector<float>{-3.5f, -14.75f, 11.0f, -1.5f});

  std::vector<float> const before = b;
  CHECK_THROWS_WITH_AS(satur::recenter(b, z, std::vector<std::size_t>{0, 4}),
                       "satur::recenter: unit is 4; allowed: 0 to 3", std::out_of_range);
  CHECK_THROWS_AS(satur::recenter(b, std::vector<double>(6, 1.0), std::vector<std::size_t>{0}), satur::shape_error);
  CHECK_THROWS_AS(satur::recenter(b, std::vector<double>{}, std::vector<std::size_t>{0}), satur::shape_error);
  std::vector<double> spoiled = z;
  spoiled[1] = std::nan("");
  CHECK_THROWS_AS(satur::recenter(b, spoiled, std::vector<std::size_t>{0, 1}), std::invalid_argument);
  CHECK(b == before);                                       // nothing is changed by an error
  satur::recenter(b, spoiled, std::vector<std::size_t>{0}); // the unit without a mean is not asked for
  CHECK(b[0] == before[0] - 2.0f);
}

TEST_CASE("recenter: what a cure asks for in each of its layers, all units where it lists none") {
  std::vector<double> const z{1.0, 10.0, -4.0, 3.0, 20.0, -6.0}; // means 2, 15, -5
  satur::cure asked{.what = satur::remedy::recenter};
  auto const biases = [&](std::size_t k) {
    std::vector<double> b(3);
    satur::recenter(b, z, asked, k);
    return b;
  };
  std::vector<double> const all{-2.0, -15.0, 5.0};
  CHECK(biases(0) == all);
  CHECK(biases(1) == all);
  asked.units = {1};
  CHECK(biases(0) == std::vector<double>{0.0, -15.0, 0.0});
  asked.layer_units = {{1}, {2, 0}, {}};
  CHECK(biases(0) == std::vector<double>{0.0, -15.0, 0.0});
  CHECK(biases(1) == std::vector<double>{-2.0, 0.0, 5.0});
  CHECK(biases(2) == all);
  std::vector<double> first(3);
  satur::recenter(first, z, asked);
  CHECK(first == biases(0));

  asked.what = satur::remedy::rescale;
  CHECK_THROWS_WITH_AS(satur::recenter(first, z, asked),
                       "satur::recenter: cure.what is rescaling; allowed: recentering: see cure.advice",
                       std::invalid_argument);
  CHECK(first == std::vector<double>{0.0, -15.0, 0.0});
}

TEST_CASE("rescale and recenter: float tensors in place, wrong shapes throw") {
  xt::xtensor<float, 2> w = xt::ones<float>({3, 2});
  xt::xtensor<float, 1> b = xt::ones<float>({2});
  satur::rescale(w, b, 0.5);
  CHECK(w == 0.5f * xt::ones<float>({3, 2}));
  CHECK(b == 0.5f * xt::ones<float>({2}));
  satur::recenter(b, std::vector<double>{0.25, -1.0});
  CHECK(b(0) == 0.25f);
  CHECK(b(1) == 1.5f);
  xt::xtensor<float, 2> const turned = xt::ones<float>({2, 3});
  xt::xtensor<float, 2> other = turned;
  CHECK_THROWS_WITH_AS(satur::rescale(other, b, 0.5),
                       "satur::rescale: w has shape (2, 3); expected (inputs, 2), as b has 2 units",
                       satur::shape_error);
  CHECK(other == turned);
  auto strided = xt::view(w, xt::range(0, 3, 2), xt::all());
  CHECK_THROWS_AS(satur::rescale(strided, b, 0.5), satur::shape_error);
  CHECK_THROWS_AS(satur::rescale(w, b, 0.0), std::invalid_argument);
  CHECK_THROWS_AS(satur::rescale(w, b, std::nan("")), std::invalid_argument);
  CHECK_THROWS_AS(satur::recenter(b, std::vector<double>{1.0, 2.0, 3.0}), satur::shape_error);
  CHECK_THROWS_AS(satur::recenter(b, std::vector<double>{1.0, std::nan("")}), std::invalid_argument);
  CHECK(b(0) == 0.25f);
  CHECK_THROWS_AS(static_cast<void>(satur::attribute(satur::tanh{}, w, b, {{1.0}, {1.0}})), satur::shape_error);
  CHECK_THROWS_AS(static_cast<void>(satur::attribute(satur::tanh{}, w, b, {{1.0, std::nan(""), 0.0}, {1.0, 1.0, 1.0}})),
                  std::invalid_argument);
}

TEST_CASE("attribute: saturated share of a normal z on the flat sides") {
  double const beyond = 0.5 * std::erfc(0.5 / std::sqrt(2.0)); // of 5 by N(0, 10^2)
  satur::layer_state const both = satur::state_predictor(satur::tanh{}, satur::z_beyond{5.0})(0.0, 100.0);
  CHECK(both.low == doctest::Approx(beyond));
  CHECK(both.high == doctest::Approx(beyond));
  satur::layer_state const left = satur::state_predictor(satur::relu{}, satur::z_beyond{5.0})(0.0, 100.0);
  CHECK(left.low == doctest::Approx(beyond));
  CHECK(left.high == 0.0);
  CHECK(left.mean_slope == doctest::Approx(0.5));
  satur::layer_state const neither = satur::state_predictor(satur::leaky_relu{}, satur::z_beyond{5.0})(0.0, 100.0);
  CHECK(neither.low == 0.0);
  CHECK(neither.high == 0.0);
}

TEST_CASE("self_repair: Kaldi's term, only for units below the threshold") {
  // Two units of a sigmoid: mean slopes sigmoid'(-6) and 1/4; z (2, 2).
  std::vector<double> const z{-6.0, 0.0, -6.0, 0.0};
  std::vector<double> dz(4, 0.0);
  CHECK(satur::self_repair(satur::sigmoid{}, z, dz, 2, {.scale = 0.1}) == 1);
  double const y = 2.0 / (1.0 + std::exp(6.0)) - 1.0; // 2 sigmoid(-6) - 1
  CHECK(dz[0] == doctest::Approx(0.1 * y));
  CHECK(dz[2] == doctest::Approx(0.1 * y));
  CHECK(dz[1] == 0.0);
  CHECK(dz[3] == 0.0);
  // nnet3's thresholds: 0.05 for sigmoid is 0.2 of its peak, 0.2 for tanh.
  double const at_threshold = std::acosh(1.0 / std::sqrt(0.2)); // tanh' = 0.2
  for (double const beside : {-1e-6, 1e-6}) {
    std::vector<double> const t{at_threshold + beside};
    std::vector<double> d{0.0};
    CHECK(satur::self_repair(satur::tanh{}, t, d, 1) == (beside > 0.0 ? 1u : 0u));
  }
  // relu: off units are drawn up, units that are always on down.
  std::vector<double> const r{-1.0, 1.0, 1.0, -2.0, 2.0, -1.0};
  std::vector<double> d(6, 0.0);
  CHECK(satur::self_repair(satur::relu{}, r, d, 3, {.scale = 0.5}) == 2);
  CHECK(d == std::vector<double>{-0.5, 0.5, 0.0, -0.5, 0.5, 0.0});
  // Its thresholds for relu, 0.05 and 0.95, and its scale, 1e-5: a unit that is on for `on` samples of 100.
  for (int const on : {4, 6, 94, 96}) {
    std::vector<double> relus(100, -1.0);
    std::fill(relus.begin(), relus.begin() + on, 1.0);
    std::vector<double> terms(100, 0.0);
    CHECK(satur::self_repair(satur::relu{}, relus, terms, 1) == (on == 4 || on == 96 ? 1u : 0u));
    CHECK(terms[99] == (on == 4 ? -1e-5 : on == 96 ? 1e-5 : 0.0));
  }
  CHECK_THROWS_AS(satur::self_repair(satur::identity{}, r, d, 3), std::invalid_argument);
  CHECK_THROWS_AS(satur::self_repair(satur::relu{}, r, d, 4), satur::shape_error);
  CHECK_THROWS_AS(satur::self_repair(satur::relu{}, r, dz, 3), satur::shape_error);
  CHECK_THROWS_AS(satur::self_repair(satur::relu{}, r, d, 3, {.scale = -1.0}), std::invalid_argument);
}

TEST_CASE("self_repair: outputs are scaled from their limits to (-1, 1)") {
  std::vector<double> dz(3, 0.25);
  CHECK(satur::self_repair(satur::tanh{}, std::vector<double>{3.0, 4.0, -2.0}, dz, 3, {.scale = 0.5}) == 3);
  CHECK(dz[0] == doctest::Approx(0.25 + 0.5 * std::tanh(3.0)).epsilon(1e-14));
  CHECK(dz[1] == doctest::Approx(0.25 + 0.5 * std::tanh(4.0)).epsilon(1e-14));
  CHECK(dz[2] == doctest::Approx(0.25 - 0.5 * std::tanh(2.0)).epsilon(1e-14));
  dz = {1.0, 2.0};
  satur::hard_tanh const uneven{-0.5, 2.0};
  CHECK(satur::self_repair(uneven, std::vector<double>{-5.0, 5.0}, dz, 2, {.scale = 0.125}) == 2);
  CHECK(dz == std::vector<double>{0.875, 2.125});
}

TEST_CASE("self_repair: repeated steps restore a flat unit") {
  double w = 1.0;
  double b = -9.0; // sigmoid' = 1.2e-4: plain descent would take 1e5 steps
  for (int step = 0; step < 200; ++step) {
    std::vector<double> const z{w * 0.5 + b, w * -0.5 + b};
    std::vector<double> dz(2, 0.0);
    satur::self_repair(satur::sigmoid{}, z, dz, 1, {.scale = 0.1});
    b -= 0.5 * (dz[0] + dz[1]);
  }
  CHECK(satur::sigmoid{}.derivative(b) > 0.04); // it stops at the limit, 0.05
  CHECK(b < 0.0);
}

TEST_CASE("reinitialize_units: only the named units change, the output of the network does not") {
  std::mt19937_64 urbg(9);
  std::vector<float> w(6, 1.0f); // (3, 2)
  std::vector<float> b{5.0f, 6.0f};
  std::vector<float> next{1.0f, 2.0f, 3.0f, 4.0f}; // (2, 2)
  std::size_t const dead[] = {1};
  satur::reinitialize_units(satur::he_normal{}, w, b, next, dead, urbg);
  CHECK(w[0] == 1.0f);
  CHECK(w[2] == 1.0f);
  CHECK(w[4] == 1.0f);
  for (std::size_t const i : {1u, 3u, 5u}) {
    CHECK(w[i] != 1.0f);
    CHECK(w[i] != 0.0f);
  }
  CHECK(b == std::vector<float>{5.0f, 0.0f});
  CHECK(next == std::vector<float>{1.0f, 2.0f, 0.0f, 0.0f});
  std::vector<float> const before = w;
  std::size_t const outside[] = {0, 2};
  CHECK_THROWS_AS(satur::reinitialize_units(satur::he_normal{}, w, b, next, outside, urbg), std::out_of_range);
  CHECK(w == before);
  std::vector<float> none;
  satur::reinitialize_units(satur::zeros{}, w, b, none, dead, urbg);
  CHECK(w[1] == 0.0f);
}

TEST_CASE("attribution: text has counts, worst units and fix") {
  std::ostringstream out;
  out << layer(1.0, -7.0, 0.0, 1.0).why(satur::sigmoid{});
  std::string const text = out.str();
  CAPTURE(text);
  CHECK(text.starts_with("50 sigmoid units, expected "));
  CHECK(text.find("50 by the bias, 0 with their slope\n  unit ") != std::string::npos);
  CHECK(text.find("(bias -7, inputs ") != std::string::npos);
  CHECK(text.find("\n  cure: subtract each unit's mean of z from its bias (satur::recenter); predicted: 8") !=
        std::string::npos);
}

TEST_CASE("attribution: every number in its place") {
  // As above: bias 0.5, 5 from the inputs, variance 18.25, |w|^2 13.
  std::ostringstream out;
  out << satur::attribute(satur::tanh{}, std::vector<double>{2.0, -3.0}, std::vector<double>{0.5},
                          {{1.0, -1.0}, {4.0, 0.25}});
  std::string const text = out.str();
  CAPTURE(text);
  CHECK(text.starts_with("1 tanh unit, expected "));
  CHECK(text.find("; 1 by inputs that are not centered, 0 with their slope\n  unit 0: mean z 5.5 (bias 0.5, "
                  "inputs 5), std z 4.27 (|w| 3.61, inputs 1.18): ") != std::string::npos);
  out.str({});
  out << satur::layer_state{.mean_slope = 0.3, .slope_share = 0.4, .low = 0.1, .high = 0.25};
  CHECK(out.str() == "40.0 % of the peak slope, 35.0 % saturated");
}

TEST_CASE("mean of unit states: every field") {
  satur::detail::mean_state mean;
  mean.add({1.0, 2.0, 3.0, 4.0});
  mean.add({3.0, 6.0, 11.0, 20.0});
  CHECK(mean.mean() == satur::layer_state{2.0, 4.0, 7.0, 12.0});
  mean.add({5.0, 1.0, 1.0, 0.0});
  CHECK(mean.mean() == satur::layer_state{3.0, 3.0, 5.0, 8.0});
}

TEST_CASE("repairs: error messages name the called function, and nothing is changed") {
  using satur_test::refusal;
  double const nan = std::nan("");
  std::vector<double> w{1, 2, 3, 4, 5, 6}; // (3, 2)
  std::vector<double> b{7, 8};
  std::vector<double> odd{1, 2, 3, 4, 5};
  std::vector<double> z{1, 2, 3, 5};
  xt::xtensor<double, 2> wide = xt::ones<double>({3, 4});
  auto strided = xt::view(wide, xt::all(), xt::range(0, 4, 2)); // (3, 2)
  auto column = xt::view(wide, xt::range(0, 2), 1);             // (2)
  std::string const not_w = "w has shape (5); expected (inputs, 2), as b has 2 units";
  std::string const in_pieces = "; expected contiguous row-major memory; copy the view first";

  CHECK(refusal([&] { satur::rescale(w, b, 0.0); }) ==
        "satur::rescale: factor is 0; allowed: a finite number other than 0");
  CHECK(refusal([&] { satur::rescale(odd, b, 2.0); }) == "satur::rescale: " + not_w);
  CHECK(refusal([&] { satur::rescale(strided, b, 2.0); }) == "satur::rescale: w has shape (6)" + in_pieces);
  CHECK(refusal([&] { satur::rescale(w, column, 2.0); }) == "satur::rescale: b has shape (2)" + in_pieces);

  CHECK(refusal([&] { satur::recenter(b, odd); }) == "satur::recenter: z has shape (5); expected (samples, 2)");
  CHECK(refusal([&] { satur::recenter(b, strided); }) == "satur::recenter: z has shape (6)" + in_pieces);
  CHECK(refusal([&] { satur::recenter(column, z); }) == "satur::recenter: b has shape (2)" + in_pieces);
  CHECK(refusal([&] {
          satur::recenter(b, std::vector<double>{1.0, nan});
        }) == "satur::recenter: a unit's mean of z is nan; allowed: finite numbers");

  CHECK(refusal([&] { satur::lsuv_step(w, b, z, -1.0); }) ==
        "satur::lsuv_step: target is -1; allowed: a standard deviation > 0");
  CHECK(refusal([&] {
          satur::lsuv_step(w, b, std::vector<double>{3, 3});
        }) == "satur::lsuv_step: the standard deviation of z is 0; allowed: a finite number > 0: z must vary");
  CHECK(refusal([&] { satur::lsuv_step(odd, b, z); }) == "satur::lsuv_step: " + not_w);
  CHECK(refusal([&] { satur::lsuv_step(w, column, z); }) == "satur::lsuv_step: b has shape (2)" + in_pieces);
  CHECK(refusal([&] {
          satur::lsuv_step(w, b, std::vector<double>{0, 2e10}, 1e-323);
        }).starts_with("satur::lsuv_step: target / the standard deviation of z is "));

  std::vector<double> dz(4, 0.5);
  CHECK(refusal([&] { satur::self_repair(satur::tanh{}, z, dz, 3); }) ==
        "satur::self_repair: z has shape (4); expected (samples, 3)");
  CHECK(refusal([&] { satur::self_repair(satur::tanh{}, z, dz, 0); }) ==
        "satur::self_repair: z has shape (4); expected (samples, 0)");
  CHECK(refusal([&] { satur::self_repair(satur::tanh{}, z, odd, 2); }) ==
        "satur::self_repair: dz has shape (5); expected (4), the size of z");
  CHECK(refusal([&] { satur::self_repair(satur::tanh{}, strided, odd, 2); }) ==
        "satur::self_repair: z has shape (6)" + in_pieces);
  CHECK(refusal([&] { satur::self_repair(satur::tanh{}, w, strided, 2); }) ==
        "satur::self_repair: dz has shape (6)" + in_pieces);
  CHECK(refusal([&] { satur::self_repair(satur::tanh{}, z, dz, 2, {.scale = nan}); }) ==
        "satur::self_repair: scale is nan; allowed: a finite number >= 0");
  CHECK(refusal([&] { satur::self_repair(satur::identity{}, z, dz, 2); }) ==
        "satur::self_repair: activation is identity; allowed: activations with a flat side");
  CHECK(dz == std::vector<double>(4, 0.5));

  std::mt19937_64 urbg(9);
  std::vector<double> next{1, 2, 3, 4};
  std::size_t const outside[] = {0, 2};
  std::size_t const first[] = {0};
  auto const renew = [&](auto& weights, auto& bias, auto& following) {
    satur::reinitialize_units(satur::he_normal{}, weights, bias, following, first, urbg);
  };
  CHECK(refusal([&] { renew(odd, b, next); }) == "satur::reinitialize_units: " + not_w);
  CHECK(refusal([&] { renew(w, column, next); }) == "satur::reinitialize_units: b has shape (2)" + in_pieces);
  CHECK(refusal([&] { renew(w, b, strided); }) == "satur::reinitialize_units: next_w has shape (6)" + in_pieces);
  CHECK(refusal([&] { renew(w, b, odd); }) ==
        "satur::reinitialize_units: next_w has shape (5); expected (2, outputs): a row for each unit");
  CHECK_THROWS_WITH_AS(satur::reinitialize_units(satur::he_normal{}, w, b, next, outside, urbg),
                       "satur::reinitialize_units: unit is 2; allowed: 0 to 1", std::out_of_range);

  CHECK(refusal([&] { static_cast<void>(satur::moments_of_inputs(odd, 2)); }) ==
        "satur::moments_of_inputs: a has shape (5); expected (samples, 2)");
  CHECK(refusal([&] { static_cast<void>(satur::moments_of_inputs(strided, 2)); }) ==
        "satur::moments_of_inputs: a has shape (6)" + in_pieces);

  satur::input_moments const three{{1, 2, 3}, {4, 5, 6}};
  auto const why = [&](auto const& weights, auto const& bias, satur::input_moments const& given) {
    return refusal([&] { static_cast<void>(satur::attribute(satur::tanh{}, weights, bias, given)); });
  };
  CHECK(why(odd, b, three) == "satur::attribute: " + not_w);
  CHECK(why(strided, b, three) == "satur::attribute: w has shape (6)" + in_pieces);
  CHECK(why(w, column, three) == "satur::attribute: b has shape (2)" + in_pieces);
  CHECK(why(w, b, {{1, 2}, {4, 5, 6}}) == "satur::attribute: input moments has shape (2, 3); expected (3, 3), one mean "
                                          "and one variance for each row of w");
  CHECK(
      why(w, b, {{1, 2, 3}, {4, 5}}).starts_with("satur::attribute: input moments has shape (3, 2); expected (3, 3)"));
  CHECK(why(w, b, {{1, nan, 3}, {4, 5, 6}}) ==
        "satur::attribute (of the input): mean is nan; allowed: a finite number");
  CHECK(why(w, b, {{1, 2, 3}, {4, -5, 6}}).starts_with("satur::attribute (of the input): variance is -5; allowed: "));
  CHECK(
      why(std::vector<double>{1, 2, 3, 4, 5, nan}, b, three).starts_with("satur::attribute: z of unit 1 of 2: mean "));
  CHECK(why(w, std::vector<double>{7, nan}, three) ==
        "satur::attribute: unit 1's mean or variance of z is nan; allowed: finite weights, biases and input moments");
  CHECK(refusal([&] { static_cast<void>(satur::attribute(satur::tanh{}, w, b, three, odd)); }) ==
        "satur::attribute: z has shape (5); expected (samples, 2)");

  CHECK(w == std::vector<double>{1, 2, 3, 4, 5, 6});
  CHECK(b == std::vector<double>{7, 8});
  CHECK(next == std::vector<double>{1, 2, 3, 4});
  CHECK(odd == std::vector<double>{1, 2, 3, 4, 5});
}
