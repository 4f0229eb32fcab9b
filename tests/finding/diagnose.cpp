// diagnose() finds each symptom in a network that is built to have it, and none in healthy networks.
#include "satur/finding.hpp"

#include "support/activations.hpp"
#include "support/plain_net.hpp"
#include "support/refusal.hpp"
#include "support/slow.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace {

using satur::symptom;

constexpr std::size_t width = 64;
constexpr std::size_t batch = 64;

/// The findings of one network after one step, with gradients of 1/batch each from above.
template <class A, class I>
std::vector<satur::finding> findings_of(A const& act, I const& init, std::size_t depth, std::uint64_t seed,
                                        double bias = 0.0, double input_scale = 1.0, double rate = 0.0,
                                        std::size_t samples = batch) {
  std::mt19937_64 urbg(seed);
  test::plain_net net(act, samples, std::vector<std::size_t>(depth + 1, width), init, urbg);
  for (test::plain_layer& l : net.layers) {
    std::fill(l.b.begin(), l.b.end(), bias);
  }
  std::vector<double> const x = test::standard_normal(samples * width, urbg, 0.0, input_scale);
  std::vector<double> const da = test::standard_normal(samples * width, urbg, 0.0, 1.0 / double(samples));
  satur::monitor mon;
  net.step(mon, x, da, rate);
  return satur::diagnose(test::records_of(mon, net));
}

std::set<symptom> symptoms(std::vector<satur::finding> const& found) {
  std::set<symptom> all;
  for (satur::finding const& f : found) {
    all.insert(f.symptom);
  }
  return all;
}

std::string text(std::vector<satur::finding> const& found) {
  std::ostringstream out;
  for (satur::finding const& f : found) {
    out << f << '\n';
  }
  return out.str();
}

satur::named_record record_of(satur::saturation const& s, std::string name = "fc") {
  satur::named_record r;
  r.name = std::move(name);
  r.record.saturation = s;
  return r;
}

struct own_activation { // unknown by name
  static constexpr std::string_view name = "own";
  double value(double z) const { return std::tanh(z); }
  double derivative(double z) const { return 1.0 / (std::cosh(z) * std::cosh(z)); }
};

} // namespace

TEST_CASE("diagnose: no finding for healthy networks, 100 seeds each") {
  if (test::left_out_if_slow()) {
    return;
  }
  std::map<std::string, std::size_t> alarms;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    // The rates make steps of about a thousandth of the weights.
    auto const count = [&](char const* net, std::vector<satur::finding> const& found) {
      INFO(net << ", seed " << seed << "\n" << text(found));
      CHECK(found.empty());
      alarms[net] += found.size();
    };
    count("tanh, glorot", findings_of(satur::tanh{}, satur::glorot_uniform{}, 4, seed, 0.0, 1.0, 0.002));
    count("relu, he", findings_of(satur::relu{}, satur::he_normal{}, 4, seed, 0.0, 1.0, 0.002, 256));
    count("selu, lecun", findings_of(satur::selu{}, satur::lecun_normal{}, 4, seed, 0.0, 1.0, 0.002));
    count("gelu, he", findings_of(satur::gelu{}, satur::he_normal{}, 4, seed, 0.0, 1.0, 0.002));
    count("sigmoid, one layer", findings_of(satur::sigmoid{}, satur::glorot_uniform{}, 1, seed, 0.0, 1.0, 0.01));
  }
  CHECK(alarms.size() == 5);
}

TEST_CASE("diagnose: every faulty network shows its own symptom and no other") {
  struct row {
    char const* net;
    std::vector<satur::finding> found;
    std::set<symptom> expected;
  };
  std::vector<row> const rows{
      {"tanh, weights ten times too large",
       findings_of(satur::tanh{}, satur::glorot_normal{10.0}, 3, 1),
       {symptom::saturated_layer}},
      {"sigmoid, all biases -7",
       findings_of(satur::sigmoid{}, satur::glorot_normal{}, 1, 2, -7.0),
       {symptom::saturated_layer}},
      {"sigmoid, some units left",
       findings_of(satur::sigmoid{}, satur::glorot_normal{2.0}, 1, 2, -2.2),
       {symptom::one_sided}},
      {"relu, all off",
       findings_of(satur::relu{}, satur::he_normal{}, 1, 3, -20.0, 1.0, 0.0, 256),
       {symptom::dead_units}},
      {"sigmoid, seven layers by glorot",
       findings_of(satur::sigmoid{}, satur::glorot_normal{}, 7, 4),
       {symptom::vanishing_gradient}},
      {"tanh, weights a third",
       findings_of(satur::tanh{}, satur::glorot_normal{0.3}, 7, 5),
       {symptom::vanishing_gradient}},
      {"relu, weights too large",
       findings_of(satur::relu{}, satur::he_normal{0.0, 3.0}, 7, 6, 0.0, 1.0, 0.0, 256),
       {symptom::signal_grows}},
      {"tanh, a large rate, no loss that rises",
       findings_of(satur::tanh{}, satur::glorot_normal{}, 1, 7, 0.0, 1.0, 10.0),
       {}},
      {"tanh, a small rate, no loss that stalls",
       findings_of(satur::tanh{}, satur::glorot_normal{}, 1, 8, 0.0, 1.0, 1e-5),
       {}},
      {"inputs of 1e308", findings_of(satur::tanh{}, satur::glorot_normal{}, 2, 9, 0.0, 1e308), {symptom::nonfinite}},
  };
  for (row const& r : rows) {
    INFO(r.net << "\n" << text(r.found));
    CHECK(symptoms(r.found) == r.expected);
  }
}

TEST_CASE("diagnose: built-in causes are named (mean, weights, inputs)") {
  auto const of_first = [](std::vector<satur::finding> const& found) {
    REQUIRE_FALSE(found.empty());
    return found.front();
  };
  satur::finding const mean = of_first(findings_of(satur::sigmoid{}, satur::glorot_normal{}, 1, 2, -7.0));
  CHECK(mean.cause == satur::cause::mean);
  CHECK(mean.side == satur::side::left);
  CHECK(mean.severity == satur::severity::alarm);
  CHECK(mean.cure.what == satur::remedy::recenter);
  // mean z = -7: the median of the slope is sigmoid'(-7)/peak = 0.36 %; centered, z ~ N(0, 1) leaves 82.7 %.
  CHECK(mean.cure.predicted->slope_share == doctest::Approx(0.826).epsilon(0.05));

  std::vector<satur::finding> const found = findings_of(satur::tanh{}, satur::glorot_normal{10.0}, 3, 1);
  INFO(text(found));
  REQUIRE(found.size() == 1); // one root in three layers
  CHECK(found[0].cause == satur::cause::weight_norm);
  CHECK(found[0].layers.back() == "hidden 3");
  CHECK(found[0].cure.factors.back() == doctest::Approx(0.1).epsilon(0.15)); // the factor 10 that is built in
  CHECK(found[0].side == satur::side::both);

  // Inputs of standard deviation 12, made by a relu layer whose weights are right.
  satur::saturation before = satur::observe(satur::relu{}, std::vector<double>{0.0, 16.0, 20.0, 0.0});
  std::mt19937_64 urbg(3);
  satur::saturation after = satur::observe(satur::tanh{}, test::standard_normal(1000, urbg, 0.0, 12.0));
  std::vector<satur::named_record> const chain{record_of(before, "a"), record_of(after, "b")};
  std::vector<satur::finding> const of_chain = satur::diagnose(chain);
  INFO(text(of_chain));
  REQUIRE(of_chain.size() == 1);
  CHECK(of_chain[0].layer == "b");
  CHECK(of_chain[0].cause == satur::cause::input_scale);
}

TEST_CASE("diagnose: vanishing and saturation are distinguished") {
  std::vector<satur::finding> const quiet = findings_of(satur::sigmoid{}, satur::glorot_normal{}, 7, 4);
  REQUIRE_FALSE(quiet.empty());
  satur::finding const& flow = quiet.back();
  CHECK(flow.layer == "hidden 1");
  CHECK(flow.symptom == symptom::vanishing_gradient);
  CHECK(flow.severity == satur::severity::alarm);
  CHECK(flow.limit == satur::gradient_limits{}.vanishing_ratio);
  CHECK(flow.cause == satur::cause::activation); // no weights make a slope of 1/4 keep the gradient
  CHECK(flow.cure.what == satur::remedy::zero_centered_activation);
  // chi = E s'^2 = 0.056, the root of it is 0.237 (theory.md, section 7)
  CHECK(std::pow(flow.value, 1.0 / 6.0) == doctest::Approx(0.237).epsilon(0.1));

  std::mt19937_64 urbg(1); // here the slope is lost
  test::plain_net net(satur::sigmoid{}, batch, std::vector<std::size_t>(4, width), satur::glorot_normal{}, urbg);
  for (test::plain_layer& l : net.layers) {
    std::fill(l.b.begin(), l.b.end(), -6.0);
  }
  satur::monitor mon;
  net.step(mon, test::standard_normal(batch * width, urbg), test::standard_normal(batch * width, urbg));
  std::vector<satur::finding> const flat = satur::diagnose(mon);
  INFO(text(flat));
  REQUIRE(flat.size() == 1); // the gradient that vanishes is what follows from the layers that lost their slope
  CHECK(flat[0].symptom == symptom::saturated_layer);
  CHECK(flat[0].layer == "hidden 1");
  std::set<std::string> told(flat[0].layers.begin(), flat[0].layers.end());
  for (satur::consequence const& c : flat[0].behind) {
    told.insert(c.layer);
  }
  CHECK(told == std::set<std::string>{"hidden 1", "hidden 2", "hidden 3"});
}

TEST_CASE("diagnose: a slope that falls from its start without |z| > 5") {
  std::mt19937_64 urbg(5);
  std::vector<double> const sliding = test::standard_normal(4000, urbg, -2.6, 0.3); // the main job's top layer
  satur::named_record r = record_of(satur::observe(satur::sigmoid{}, sliding), "hidden 4");
  r.initial_slope_share = 0.957;
  std::vector<satur::finding> const found = satur::diagnose(std::span(&r, 1));
  REQUIRE(found.size() == 1);
  CHECK(found[0].symptom == symptom::saturated_layer);
  CHECK(found[0].severity == satur::severity::warning);
  CHECK(found[0].side == satur::side::left);
  CHECK(found[0].now.saturated() == 0.0);
  CHECK(found[0].cure.what == satur::remedy::recenter);
  CHECK(found[0].cure.advice.find("tanh") != std::string::npos); // a sigmoid's outputs are not centered
  r.initial_slope_share = 0.5;                                   // it never had more; but z ~ N(0, 1) would have 82.7 %
  CHECK(satur::diagnose(std::span(&r, 1)).size() == 1);
  satur::finding_limits patient;
  patient.slope_excess = 0.7;
  CHECK(satur::diagnose(std::span(&r, 1), patient).empty());
}

TEST_CASE("diagnose: limits are strict if their source is") {
  // DeepDiagnosis: a layer alarm above 0.5 saturated; its own rule is inclusive.
  satur::named_record r = record_of(
      satur::observe(satur::hard_tanh{-9.0, 9.0}, std::vector<double>{5.0, -5.0, 1.0, -1.0}, satur::z_at_least{5.0}));
  CHECK(r.record.saturation.fraction() == 0.5);
  CHECK(satur::diagnose(std::span(&r, 1)).empty());
  r = record_of(satur::observe(satur::hard_tanh{-9.0, 9.0}, std::vector<double>{5.0, -5.0, 5.0, -5.0, 1.0},
                               satur::z_at_least{5.0}));
  CHECK(satur::diagnose(std::span(&r, 1)).size() == 1);
  r = record_of(satur::observe(satur::hard_tanh{-9.0, 9.0}, std::vector<double>{5.0, -5.0, 5.0, -5.0, 1.0}));
  CHECK(satur::diagnose(std::span(&r, 1)).empty()); // z = ±5 is not beyond 5

  // AUTOTRAINER and DeepDiagnosis: 0.7 of the gradient zero is a finding, less is none.
  satur::named_record g;
  g.name = "fc";
  g.record.gradient.count = 10;
  g.record.gradient.zeros = 7;
  g.record.gradient.square += 1.0;
  CHECK(symptoms(satur::diagnose(std::span(&g, 1))) == std::set{symptom::zero_gradient});
  g.record.gradient.zeros = 6;
  CHECK(satur::diagnose(std::span(&g, 1)).empty());

  // Twice, or half, the variance that was expected.
  for (auto const& at : {std::pair{1.0, 0u}, {1.9, 0u}, {2.2, 1u}, {0.55, 0u}, {0.45, 1u}}) {
    double const variance = at.first;
    satur::named_record v = record_of(satur::observe(satur::tanh{}, std::vector<double>{-1.0, 1.0}));
    v.expected_variance_z = 1.0 / variance;
    CAPTURE(variance);
    std::vector<satur::finding> const found = satur::diagnose(std::span(&v, 1));
    REQUIRE(found.size() == at.second);
    if (!found.empty()) {
      CHECK(found[0].symptom == symptom::poor_initialization);
      CHECK(found[0].value == doctest::Approx(variance));
      CHECK(found[0].limit == (variance > 1.0 ? 2.0 : 0.5));
      CHECK(found[0].cure.factor * found[0].cure.factor == doctest::Approx(1.0 / variance));
    }
  }
}

TEST_CASE("diagnose: a share equal to its decimal limit is not above it") {
  auto const diagnosed = [](std::size_t low, std::size_t high, std::size_t count, satur::finding_limits const& t) {
    std::vector<double> z(count, 0.25);
    std::fill_n(z.begin(), low, -6.0);
    std::fill_n(z.begin() + static_cast<std::ptrdiff_t>(low), high, 6.0);
    satur::named_record const r = record_of(satur::observe(satur::hard_tanh{-9.0, 9.0}, z));
    return satur::diagnose(std::span(&r, 1), t);
  };
  // 0.1 + 0.2 > 0.3 in double
  satur::finding_limits share;
  share.saturated_share = 0.3;
  CHECK(diagnosed(1, 2, 10, share).empty());
  REQUIRE(diagnosed(1, 3, 10, share).size() == 1);
  CHECK(diagnosed(1, 3, 10, share)[0].value == 0.4);
  // 7 of 100 samples are 0.07 of them, although 0.07 * 100 > 7 in double
  satur::finding_limits dead;
  dead.dead_on = 0.07;
  dead.dead_samples = 1;
  for (std::size_t const saturated : {6u, 7u}) {
    std::vector<double> z(100, 0.25);
    std::fill_n(z.begin(), saturated, 6.0);
    satur::unit_records units;
    satur::observe_units(units, satur::hard_tanh{-9.0, 9.0}, z, satur::unit_layout::matrix(100, 1));
    satur::named_record r = record_of(satur::observe(satur::hard_tanh{-9.0, 9.0}, z));
    r.units = &units;
    CHECK(symptoms(satur::diagnose(std::span(&r, 1), dead)).count(symptom::dead_units) == (saturated == 7 ? 1u : 0u));
  }
  // the share of one side: for every split of 100 numbers, against whole numbers
  satur::finding_limits side;
  side.saturated_share = 1.0;
  for (std::size_t nine = 51; nine < 100; ++nine) {
    side.one_sided = static_cast<double>(nine) / 100.0;
    CAPTURE(nine);
    CHECK(diagnosed(nine, 100 - nine, 300, side).empty());
    CHECK(diagnosed(nine + 1, 99 - nine, 300, side).size() == 1);
  }
}

TEST_CASE("diagnose: a slope below that of z ~ N(0, 1), and below a part of its start") {
  double const usual = satur::theory::moments(satur::tanh{}, 0.0, 1.0).mean_derivative;
  satur::named_record r = record_of(satur::observe(satur::tanh{}, std::vector<double>{-2.0, 2.0}));
  std::vector<satur::finding> found = satur::diagnose(std::span(&r, 1));
  REQUIRE(found.size() == 1);
  CHECK(found[0].value == doctest::Approx(usual - satur::tanh{}.derivative(2.0)).epsilon(1e-9));
  CHECK(found[0].limit == 0.5);
  CHECK(found[0].severity == satur::severity::warning);

  // 90 % at the start; a tenth of it is left, or a little less
  satur::finding_limits patient;
  patient.slope_excess = 0.99;
  for (double const left : {0.091, 0.089}) {
    double const z = std::acosh(1.0 / std::sqrt(left)); // tanh' is `left` there
    r = record_of(satur::observe(satur::tanh{}, std::vector<double>{-z, z}));
    r.initial_slope_share = 0.9;
    found = satur::diagnose(std::span(&r, 1), patient);
    CAPTURE(left);
    REQUIRE(found.size() == (left < 0.09 ? 1u : 0u));
    if (!found.empty()) {
      CHECK(found[0].severity == satur::severity::alarm);
    }
  }
}

TEST_CASE("diagnose: a side is named if nine in ten of the saturated are on it") {
  for (double const sign : {-1.0, 1.0}) {
    for (int const others : {2, 10}) { // of 100, on the other side; 60 are on this one
      std::vector<double> z(100, 0.0);
      std::fill(z.begin(), z.begin() + 60, sign * 6.0);
      std::fill(z.begin() + 60, z.begin() + 60 + others, -sign * 6.0);
      satur::named_record r = record_of(satur::observe(satur::tanh{}, z));
      std::vector<satur::finding> const found = satur::diagnose(std::span(&r, 1));
      REQUIRE(found.size() == 1);
      CHECK(found[0].side == (others == 10 ? satur::side::both : sign < 0.0 ? satur::side::left : satur::side::right));
      CHECK(found[0].limit == 0.5);
    }
  }
}

TEST_CASE("diagnose: no fix after overflow, limit 0 for NaN") {
  satur::named_record r = record_of(satur::observe(satur::tanh{}, std::vector<double>{1e200, -1e200, 1e200, -1e200}));
  CHECK_FALSE(satur::detail::is_finite(r.record.saturation.variance_z()));
  std::vector<satur::finding> found = satur::diagnose(std::span(&r, 1));
  REQUIRE(found.size() == 1);
  CHECK(found[0].symptom == symptom::saturated_layer);
  CHECK(found[0].cure.what == satur::remedy::none);
  double const nan = std::numeric_limits<double>::quiet_NaN();
  r = record_of(
      satur::observe(satur::tanh{}, std::vector<double>{nan, 0.0, nan, std::numeric_limits<double>::infinity()}));
  found = satur::diagnose(std::span(&r, 1));
  REQUIRE(found.size() == 1);
  CHECK(found[0].value == 3.0);
  CHECK(found[0].limit == 0.0);
}

TEST_CASE("diagnose: either test of gradient flow is enough") {
  auto const of = [](std::vector<double> const& rms) { // of the layers, the first one is nearest to the input
    std::vector<satur::named_record> records;
    for (double const x : rms) {
      satur::named_record r = record_of(satur::observe(satur::tanh{}, std::vector<double>{-0.5, 0.5}),
                                        "layer " + std::to_string(records.size()));
      r.record.gradient.count = 1;
      r.record.gradient.square += x * x;
      records.push_back(std::move(r));
    }
    return satur::diagnose(records);
  };
  struct row {
    std::vector<double> rms;
    std::set<symptom> expected;
  };
  for (row const& r : std::vector<row>{
           {{32, 16, 8, 4, 2, 1}, {symptom::exploding_gradient}},              // five ratios of 2
           {{31, 16, 8, 4, 2, 1}, {}},                                         // four
           {{100, 99, 98, 97, 96, 1}, {symptom::exploding_gradient}},          // 100 from the last to the first
           {{1, 2, 4, 8, 16, 32}, {symptom::vanishing_gradient}},              // five of 1/2
           {{1e-5, 1e-5, 1e-5, 1e-5, 1e-5, 1}, {symptom::vanishing_gradient}}, // 1e-5 from the last to the first
           {{1, 1, 1, 1, 1, 1}, {}}}) {
    CAPTURE(r.rms[0]);
    CHECK(symptoms(of(r.rms)) == r.expected);
  }
}

TEST_CASE("diagnose: new weights assume mean square 1 for unknown inputs") {
  std::vector<double> z(1000 * 4, 50.0);
  for (std::size_t k = 0; k < z.size(); ++k) {
    z[k] += double(k % 4); // units that differ
  }
  satur::unit_records units;
  satur::observe_units(units, satur::tanh{}, z, satur::unit_layout::matrix(1000, 4));
  satur::named_record r = record_of(satur::observe(satur::tanh{}, z));
  r.units = &units;
  std::vector<satur::finding> const found = satur::diagnose(std::span(&r, 1));
  auto const f = std::find_if(found.begin(), found.end(),
                              [](satur::finding const& one) { return one.symptom == symptom::dead_units; });
  REQUIRE(f != found.end());
  CHECK(f->value == 1.0);
  REQUIRE(f->cure.predicted);
  double const usual = satur::theory::moments(satur::tanh{}, 0.0, 1.0).mean_derivative;
  CHECK(f->cure.predicted->slope_share == doctest::Approx(usual).epsilon(1e-9));
}

TEST_CASE("diagnose: the start is the first sampled step, whatever the history keeps") {
  std::vector<double> const z{-0.5, 0.5};
  for (satur::history_options const& kept :
       {satur::history_options{}, satur::history_options{.lines = 2, .keeps = satur::history_keeps::newest},
        satur::history_options{.lines = 0}}) {
    satur::monitor mon({.history = kept});
    for (int step = 0; step < 5; ++step) {
      mon["fc"].observe(satur::tanh{}, step == 0 ? z : std::vector<double>{-2.0, 2.0});
      mon.end_step();
    }
    std::vector<satur::named_record> const records = satur::records_of(mon);
    REQUIRE(records.size() == 1);
    CHECK(records[0].initial_slope_share == doctest::Approx(satur::tanh{}.derivative(0.5)));
    CHECK(records[0].origin.first.saturation.max_z() == 0.5);
  }
}

TEST_CASE("diagnose: activations known by name, given by the caller, or unknown") {
  test::for_each_activation([](auto const& act) {
    CAPTURE(act.name);
    auto const known = satur::activation_named(act.name);
    REQUIRE(known);
    CHECK(known->name == act.name);
    CHECK(known->value(0.7) == satur::detail::value_at(act, 0.7));
    CHECK(known->derivative(-0.7) == satur::detail::slope_at(act, -0.7));
    CHECK(known->peak_slope() == satur::peak_slope_of(act));
  });
  CHECK_FALSE(satur::activation_named("no such"));

  satur::named_record r = record_of(satur::observe(own_activation{}, std::vector<double>(100, 4.0)));
  std::vector<satur::finding> found = satur::diagnose(std::span(&r, 1));
  CHECK(found.empty()); // it states no peak slope, and what side is flat is not known

  std::vector<satur::any_activation> const given{own_activation{}};
  CHECK(given[0].flat_left);
  CHECK(given[0].flat_right);
  CHECK(given[0].peak_slope() == doctest::Approx(1.0));
  satur::saturation far = satur::observe(own_activation{}, std::vector<double>(100, 6.0));
  r = record_of(far);
  found = satur::diagnose(std::span(&r, 1), {}, given);
  REQUIRE(found.size() == 1);
  CHECK(found[0].side == satur::side::right);

  // A leaky relu is not flat, whatever its slope: nothing saturates.
  std::vector<satur::any_activation> const leaky{satur::leaky_relu{0.5}};
  r = record_of(satur::observe(satur::leaky_relu{0.5}, std::vector<double>(100, -50.0)));
  CHECK(satur::diagnose(std::span(&r, 1), {}, leaky).empty());
}

TEST_CASE("diagnose: no finding for empty layers, only the non-finite finding for NaN and infinity") {
  CHECK(satur::diagnose(satur::monitor{}).empty());
  satur::named_record r;
  r.name = "fc";
  CHECK(satur::diagnose(std::span(&r, 1)).empty());
  double const nan = std::numeric_limits<double>::quiet_NaN();
  r = record_of(satur::observe(satur::sigmoid{}, std::vector<double>{nan, -90.0, -90.0}), "first");
  std::vector<satur::named_record> const both{r, record_of(satur::observe(satur::sigmoid{}, std::vector<double>{nan}))};
  std::vector<satur::finding> const found = satur::diagnose(both);
  REQUIRE(found.size() == 1);
  CHECK(found[0].symptom == symptom::nonfinite);
  CHECK(found[0].layer == "first");
  CHECK(found[0].behind == std::vector<satur::consequence>{{"fc", symptom::nonfinite}});
  r = record_of(satur::observe(satur::sigmoid{}, std::vector<double>(4, -9.0))); // constant: a variance of zero
  CHECK(satur::diagnose(std::span(&r, 1)).size() == 1);
}

TEST_CASE("finding: text has numbers, cause and fix; thresholds out of range throw") {
  std::string const words = text(findings_of(satur::sigmoid{}, satur::glorot_normal{}, 1, 2, -7.0));
  CHECK(words.starts_with("[alarm] hidden 1: saturated on the low side: "));
  CHECK(words.find("|z| > 5: 97") != std::string::npos);
  CHECK(words.find("; cause: the mean of z\n") != std::string::npos);
  CHECK(
      words.find("\n  cure: subtract each unit's mean of z from its bias (satur::recenter), or take an activation with "
                 "centered outputs, such as tanh; predicted: 8") != std::string::npos);
  CHECK(std::count(words.begin(), words.end(), '\n') == 2); // two lines a finding
  using limits = satur::finding_limits;
  auto const refused = [](double limits::*which, double x) {
    limits t;
    t.*which = x;
    return satur_test::refusal([&] { static_cast<void>(satur::diagnose(satur::monitor{}, t)); });
  };
  std::pair<char const*, double limits::*> const shares[] = {
      {"slope_excess", &limits::slope_excess},       {"slope_left", &limits::slope_left},
      {"saturated_share", &limits::saturated_share}, {"one_sided", &limits::one_sided},
      {"one_sided_least", &limits::one_sided_least}, {"dead_warning", &limits::dead_warning},
      {"dead_alarm", &limits::dead_alarm},           {"dead_on", &limits::dead_on},
      {"shifted_share", &limits::shifted_share},     {"shallow_flow", &limits::shallow_flow}};
  for (auto const& [name, share] : shares) {
    std::string const begin = std::string("satur::finding_limits: ") + name + " is ";
    CHECK(refused(share, -0.1) == begin + "-0.1; allowed: a share in [0, 1]");
    CHECK(refused(share, 1.1) == begin + "1.1; allowed: a share in [0, 1]");
    CHECK(refused(share, std::nan("")) == begin + "nan; allowed: a share in [0, 1]");
    CHECK(refused(share, 0.0) == "nothing thrown");
    CHECK(refused(share, 1.0) == "nothing thrown");
  }
  CHECK(refused(&limits::variance_factor, 0.5) ==
        "satur::finding_limits: variance_factor is 0.5; allowed: a factor >= 1");
  CHECK(refused(&limits::variance_factor, 1.0) == "nothing thrown");
  CHECK(refused(&limits::shifted_std, -1.0) == "satur::finding_limits: shifted_std is -1; allowed: a number >= 0");
}

TEST_CASE("diagnose: observers are notified and may stop the run") {
  struct listener {
    std::vector<std::string> heard;
    satur::verdict on_finding(satur::finding const& f) {
      heard.push_back(f.layer);
      return f.severity == satur::severity::alarm ? satur::verdict::stop : satur::verdict::go_on;
    }
  } ear;
  satur::monitor mon;
  mon["fc"].observe(satur::sigmoid{}, std::vector<double>(8, 40.0));
  mon.end_step();
  mon.tell_findings(satur::diagnose(mon), ear);
  CHECK(ear.heard == std::vector<std::string>{"fc"});
  CHECK(mon.stop_requested());
}

TEST_CASE("diagnose: names dead units, shifted units and the worst units of a saturated layer") {
  std::mt19937_64 urbg(12);
  test::plain_net net(satur::relu{}, 256, {width, width}, satur::he_normal{}, urbg);
  for (std::size_t const u : {3u, 17u, 40u}) {
    net.layers[0].b[u] = -60.0;
  }
  std::vector<double> const x = test::standard_normal(256 * width, urbg);
  satur::monitor mon;
  net.step(mon, x, x);
  std::vector<satur::finding> found = satur::diagnose(test::records_of(mon, net)); // 3 of 64 are single units
  REQUIRE(found.size() == 1);
  CHECK(found[0].symptom == symptom::odd_units);
  CHECK(found[0].cause == satur::cause::broken_units);
  CHECK(found[0].cure.units == std::vector<std::size_t>{3, 17, 40});
  for (std::size_t const u : {5u, 6u, 7u, 8u}) {
    net.layers[0].b[u] = -60.0;
  }
  net.layers[0].units = {};
  net.step(mon, x, x);
  found = satur::diagnose(test::records_of(mon, net));
  INFO(text(found));
  REQUIRE(found.size() == 1);
  CHECK(found[0].symptom == symptom::dead_units);
  CHECK(found[0].severity == satur::severity::warning);
  CHECK(found[0].value == 7.0 / 64.0);
  CHECK(found[0].cause == satur::cause::mean); // neither weights nor inputs were handed over
  CHECK(found[0].cure.what == satur::remedy::recenter);
  std::vector<std::size_t> named;
  for (satur::unit_evidence const& u : found[0].units) {
    named.push_back(u.unit);
    CHECK(u.reading == 0.0);
    CHECK(u.side == satur::side::left);
  }
  CHECK(named == std::vector<std::size_t>{3, 5, 6, 7, 8});
  // the cure works: these units answer again, and no other bias moves
  CHECK(found[0].cure.units == std::vector<std::size_t>{3, 5, 6, 7, 8, 17, 40});
  satur::layer_state const predicted = *found[0].cure.predicted;
  CHECK(predicted.slope_share > found[0].now.slope_share + 0.04);
  test::plain_layer cured = net.layers[0];
  satur::recenter(cured.b, cured.z, found[0].cure);
  test::affine(cured, x, 256);
  for (std::size_t u = 0; u < width; ++u) {
    bool const dead = std::count(found[0].cure.units.begin(), found[0].cure.units.end(), u) != 0;
    CHECK(std::fabs(cured.b[u]) < (dead ? 1.0 : 1e-300));
  }
  satur::saturation const after = satur::observe(satur::relu{}, cured.z);
  CHECK(after.slope_share() == doctest::Approx(predicted.slope_share).epsilon(0.1));
  CHECK(std::fabs(after.low_fraction() - predicted.low) < 0.02);
  // too few samples to call a unit dead
  satur::unit_records few;
  satur::observe_units(few, satur::relu{}, std::span(net.layers[0].z).first(255 * width),
                       satur::unit_layout::matrix(255, width));
  std::vector<satur::named_record> records = test::records_of(mon, net);
  records[0].units = &few;
  CHECK(satur::diagnose(records).empty());

  // Every unit at its own offset, the layer as a whole centered: saturated means, narrow spreads.
  std::vector<double> z(batch * width);
  std::vector<double> const noise = test::standard_normal(batch * width, urbg, 0.0, 0.3);
  for (std::size_t k = 0; k < z.size(); ++k) {
    z[k] = (k % width < width / 2 ? 1.5 : -1.5) + noise[k];
  }
  satur::unit_records shifted;
  satur::observe_units(shifted, satur::tanh{}, z, satur::unit_layout::matrix(batch, width));
  satur::named_record r = record_of(satur::observe(satur::tanh{}, z));
  CHECK(satur::diagnose(std::span(&r, 1)).empty()); // not visible without records of units
  r.units = &shifted;
  found = satur::diagnose(std::span(&r, 1));
  INFO(text(found));
  REQUIRE(found.size() == 1);
  CHECK(found[0].symptom == symptom::mean_shift);
  CHECK(found[0].value == 1.0);
  CHECK(found[0].units.size() == 5);
  for (satur::unit_evidence const& u : found[0].units) {
    CHECK(u.side == (u.unit < width / 2 ? satur::side::right : satur::side::left));
  }
  CHECK(found[0].cure.what == satur::remedy::recenter);
  // tanh' over N(0, 0.3^2) is 1 - 0.09 + 2 0.0081 - ...: 0.92
  CHECK(found[0].cure.predicted->slope_share == doctest::Approx(0.92).epsilon(0.02));
}

TEST_CASE("diagnose: new weights for dead units reach the prediction for any inputs") {
  std::mt19937_64 urbg(21);
  std::size_t const samples = 512;
  test::plain_net net(satur::tanh{}, samples, {width, width, width}, satur::lecun_normal{}, urbg);
  std::vector<std::size_t> dead;
  for (std::size_t u = 0; u < width; u += 2) {
    net.layers[1].b[u] = u % 4 == 0 ? 30.0 : -30.0;
    dead.push_back(u);
  }
  std::vector<double> const x = test::standard_normal(samples * width, urbg, 0.0, 1.5);
  satur::monitor mon;
  net.step(mon, x, x);
  std::vector<satur::finding> const found = satur::diagnose(test::records_of(mon, net));
  INFO(text(found));
  auto const f = std::find_if(found.begin(), found.end(),
                              [](satur::finding const& one) { return one.symptom == symptom::dead_units; });
  REQUIRE(f != found.end());
  CHECK(f->value == 0.5);
  CHECK(f->now.saturated() == 0.5);
  satur::layer_state const predicted = *f->cure.predicted;
  std::vector<double> next;
  satur::reinitialize_units(satur::lecun_normal{}, net.layers[1].w, net.layers[1].b, next, dead, urbg);
  test::affine(net.layers[1], net.layers[0].a, samples);
  satur::saturation const cured = satur::observe(satur::tanh{}, net.layers[1].z);
  CHECK(cured.slope_share() == doctest::Approx(predicted.slope_share).epsilon(0.03));
  CHECK(cured.slope_share() > 1.8 * f->now.slope_share);
  CHECK(predicted.saturated() < 1e-3);
  CHECK(cured.fraction() < 1e-3);
  // the variance that the caller expects is used
  std::vector<satur::named_record> records = test::records_of(mon, net);
  records[1].expected_variance_z = 100.0;
  for (satur::finding const& one : satur::diagnose(records)) {
    if (one.symptom == symptom::dead_units) {
      CHECK(one.cure.predicted->slope_share < predicted.slope_share - 0.2);
    }
  }
}

TEST_CASE("diagnose: names units if the monitor records them") {
  satur::monitor mon({.units = true});
  std::vector<double> const z{-9.0, 0.0, -9.0, 0.5, -9.0, -0.5};
  std::size_t const rows = 300;
  std::vector<double> block;
  for (std::size_t i = 0; i < rows / 3; ++i) {
    block.insert(block.end(), z.begin(), z.end()); // unit 0 is saturated, unit 1 is not
  }
  std::vector<double> a(block.size());
  mon["fc"].forward(satur::sigmoid{}, block, a, satur::unit_layout::matrix(rows, 2));
  mon.end_step();
  std::vector<satur::finding> const found = satur::diagnose(mon);
  INFO(text(found));
  REQUIRE(found.size() == 1); // that the saturated z are on one side is the same fault
  REQUIRE(found[0].symptom == symptom::dead_units);
  CHECK(found[0].value == 0.5);
  CHECK(found[0].severity == satur::severity::warning); // an alarm is above one half
  CHECK(found[0].units.size() == 1);
  CHECK(found[0].units[0].unit == 0);
}

TEST_CASE("finding: z is described as it is now, else as it was at the start") {
  satur::named_record r = record_of(satur::observe(satur::relu{}, std::vector<double>{-2.0, 2.0}));
  r.origin.first.saturation = satur::observe(satur::relu{}, std::vector<double>{-3.0, 3.0});
  auto const words = [&] { return satur::detail::spread_text(satur::detail::layer_case(r, nullptr, {})); };
  CHECK(words() == "z has standard deviation 2; ");
  r.record.saturation = satur::observe(satur::relu{}, std::vector<double>{std::nan("")});
  CHECK(words() == "z had standard deviation 3 at the start; ");
  r.origin.first = {};
  CHECK(words() == "");
}

TEST_CASE("diagnose: no advice to rescale weights if that gives no slope back") {
  // Half of the units are at z = 1 and half at -1: beyond the limit of the rule, with a standard deviation of 1
  // already.
  satur::named_record r =
      record_of(satur::observe(satur::tanh{}, std::vector<double>{-1.0, 1.0}, satur::z_beyond{0.5}));
  std::vector<satur::finding> const found = satur::diagnose(std::vector<satur::named_record>{r});
  REQUIRE(found.size() == 1);
  CHECK(found[0].symptom == symptom::saturated_layer);
  CHECK(found[0].cause == satur::cause::spread);
  CHECK(found[0].cure.what == satur::remedy::none);
  CHECK(found[0].cure.advice ==
        "nothing that is known helps here: rescaling would leave the share of the peak slope at "
        "0.606, it is 0.606");
}

TEST_CASE("finding: every number in its place") {
  auto const first = [](std::vector<satur::named_record> const& records, symptom what) {
    for (satur::finding const& f : satur::diagnose(records)) {
      if (f.symptom == what) {
        return f;
      }
    }
    FAIL("no such finding");
    return satur::finding{};
  };
  // 60 % left, 10 % right; z has mean -2.9 and variance 18.09, the inputs mean square 1.
  std::vector<double> z(100, 0.0);
  std::fill(z.begin(), z.begin() + 60, -6.0);
  std::fill(z.begin() + 60, z.begin() + 70, 7.0);
  satur::named_record const before =
      record_of(satur::observe(satur::relu{}, std::vector<double>{0.0, 0.0, 0.0, 2.0}), "a");
  satur::named_record after = record_of(satur::observe(satur::tanh{}, z), "b");
  satur::finding f = first({before, after}, symptom::saturated_layer);
  CHECK(f.layer == "b");
  CHECK(f.now.low == 0.6);
  CHECK(f.now.high == 0.1);
  CHECK(f.evidence == "30.0 % of the peak slope is left, 60.6 % for z ~ N(0, 1); |z| > 5: 60.0 % low, 10.0 % high");
  CHECK(f.reason == "fan-in times mean w^2 is 18.1, 1 is usual for tanh; this is an inference from z: hand over the "
                    "weights (layer_monitor::update)");
  CHECK(f.cause == satur::cause::weight_norm);
  CHECK(f.value == doctest::Approx(18.09));
  CHECK(f.cure.factor == doctest::Approx(1.0 / std::sqrt(18.09)));
  CHECK(f.cure.advice == "multiply w and b by 0.235 (satur::rescale)");
  after.initial_slope_share = 0.875;
  f = first({before, after}, symptom::saturated_layer);
  CHECK(f.evidence.starts_with("30.0 % of the peak slope is left, 87.5 % at the start; "));
  std::fill(z.begin(), z.end(), -7.0);
  std::fill(z.begin(), z.begin() + 30, -8.0);
  f = first({before, record_of(satur::observe(satur::tanh{}, z), "b")}, symptom::saturated_layer);
  CHECK(f.reason == "z has root mean square mean 7.3 and standard deviation 0.458");

  satur::named_record r = record_of(satur::observe(
      satur::tanh{}, std::vector<double>{std::nan(""), HUGE_VAL, -HUGE_VAL, std::nan(""), std::nan(""), 0.5}));
  r.record.gradient.nan = 4;
  r.record.gradient.infinite = 5;
  f = first({r}, symptom::nonfinite);
  CHECK(f.evidence == "3 NaN and 2 infinite z, 9 dL/dz that are not finite");
  CHECK(f.value == 14.0);

  r = record_of(satur::observe(satur::tanh{}, std::vector<double>{-0.5, 0.5}));
  r.expected_variance_z = 0.05;
  f = first({r}, symptom::poor_initialization);
  CHECK(f.evidence == "z has variance 0.25, 5 times the expected 0.05");
  CHECK(f.cause == satur::cause::large_weights);
  r.expected_variance_z = 2.5;
  f = first({r}, symptom::poor_initialization);
  CHECK(f.evidence == "z has variance 0.25, 0.1 times the expected 2.5");
  CHECK(f.cause == satur::cause::small_weights);

  r = record_of(satur::observe(satur::tanh{}, std::vector<double>{-0.25, 0.25}));
  r.record.gradient.count = 8;
  r.record.gradient.zeros = 7;
  f = first({r}, symptom::zero_gradient);
  CHECK(f.evidence == "87.5 % of dL/dz is exactly 0");
  CHECK(f.severity == satur::severity::warning);
  CHECK(f.cause == satur::cause::upstream);
  r.record.gradient.zeros = 8;
  CHECK(first({r}, symptom::zero_gradient).severity == satur::severity::alarm);

  std::vector<satur::named_record> chain;
  for (double const rms : {32.0, 16.0, 8.0, 4.0, 2.0, 1.0}) {
    chain.push_back(record_of(satur::observe(satur::tanh{}, std::vector<double>{-0.5, 0.5}),
                              "layer " + std::to_string(chain.size())));
    chain.back().record.gradient.count = 1;
    chain.back().record.gradient.square += rms * rms;
  }
  f = first(chain, symptom::exploding_gradient);
  CHECK(f.layer == "layer 1"); // whose weights carry it to layer 0
  CHECK(f.layers.front() == f.layer);
  CHECK(f.layers.size() == 5);
  CHECK(f.evidence == "rms dL/dz is 3.20e+01 in layer 0 and 1.00e+00 in layer 5: 2 times from layer to layer");
  CHECK(f.value == 32.0);
  CHECK(f.cure.advice ==
        "weights 0.5 times as large in layer 1 to layer 5 (satur::rescale) would keep the gradient's size");
}

TEST_CASE("finding of units: every number in its place") {
  // Units 0 and 3 of 5 are dead, one on each side; 300 samples.
  std::vector<double> z;
  for (int s = 0; s < 300; ++s) {
    double const sign = s % 2 == 0 ? 1.0 : -1.0;
    z.insert(z.end(), {-9.0 + sign, 0.5 * sign, 0.25 * sign, 7.0 + 0.5 * sign, 0.75 * sign});
  }
  satur::unit_records units;
  satur::observe_units(units, satur::tanh{}, z, satur::unit_layout::matrix(300, 5));
  satur::named_record r = record_of(satur::observe(satur::tanh{}, z));
  r.units = &units;
  std::vector<satur::finding> found = satur::diagnose(std::span(&r, 1));
  auto const of = [&found](symptom what) {
    auto const f =
        std::find_if(found.begin(), found.end(), [what](satur::finding const& one) { return one.symptom == what; });
    REQUIRE(f != found.end());
    return *f;
  };
  satur::finding f = of(symptom::dead_units);
  CHECK(f.evidence == "2 of 5 units are dead (off, or |z| > 5 on 95 % of 300 samples); they were never active");
  CHECK(f.reason == "their z has mean -1 and, within a unit, standard deviation 0.791"); // of 1 and 1/4
  CHECK(f.value == 0.4);
  REQUIRE(f.units.size() == 2);
  CHECK(f.units[0].unit == 0);
  CHECK(f.units[0].side == satur::side::left);
  CHECK(f.units[1].unit == 3);
  CHECK(f.units[1].side == satur::side::right);
  CHECK(
      f.details().find("units: 0 (2.29e-07 on the low side), 3 (5.13e-06 on the high side): share of the peak slope") !=
      std::string::npos);

  // Means and deviations of four units: 1.5, 0.3; -1, 0.1; 0.75, 0.3; 0.25, 0.5.
  z.clear();
  for (int s = 0; s < 10; ++s) {
    double const sign = s % 2 == 0 ? 1.0 : -1.0;
    z.insert(z.end(), {1.5 + 0.3 * sign, -1.0 + 0.1 * sign, 0.75 + 0.3 * sign, 0.25 + 0.5 * sign});
  }
  satur::unit_records shifted;
  satur::observe_units(shifted, satur::tanh{}, z, satur::unit_layout::matrix(10, 4));
  r = record_of(satur::observe(satur::tanh{}, z));
  r.units = &shifted;
  found = satur::diagnose(std::span(&r, 1));
  f = of(symptom::mean_shift);
  CHECK(f.evidence == "in 3 of 4 units |mean z| > 2 std z over 10 samples: their output hardly depends on the input");
  CHECK(f.value == 0.75);
  CHECK(f.details().find(
            "units: 1 (0.1 on the low side), 0 (0.2 on the high side), 2 (0.4 on the high side), 3 (2 on the "
            "high side): std z / |mean z|") != std::string::npos);
}
