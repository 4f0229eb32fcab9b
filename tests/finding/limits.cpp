// Every limit decides: with another value, the finding or its cure is another one. Cures that improve what their
// finding measures by less than the margin are not offered, and the finding says why.
#include "support/slow.hpp"
#include "support/training_run.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace {

using satur::cause;
using satur::finding;
using satur::finding_limits;
using satur::remedy;
using test::training_run;

using names = std::vector<std::string>;

/// The one finding.
finding only(training_run const& run, finding_limits const& limits = {}) {
  std::vector<finding> const found = satur::diagnose(run.mon, limits);
  std::string all;
  for (finding const& f : found) {
    all += f.layer + ": " + std::string(to_text(f.cause)) + "; ";
  }
  INFO(all);
  REQUIRE(found.size() == 1);
  return found[0];
}
bool none(training_run const& run, finding_limits const& limits) { return satur::diagnose(run.mon, limits).empty(); }

/// Multiplies the weights of a layer so that fan-in times their mean square is `gain`.
void set_gain(training_run& run, std::size_t l, double gain) {
  test::plain_layer const& p = run.layers[l];
  double square = 0.0;
  for (double const w : p.w) {
    square += w * w / static_cast<double>(p.out);
  }
  run.scale(l, std::sqrt(gain / square));
}

training_run after(training_run run, std::size_t steps) {
  run.run_to(steps);
  return run;
}
training_run scaled(satur::any_activation const& act, std::size_t depth, double usual, double gain) {
  training_run run(act, depth, usual);
  run.gives_loss = false;
  for (std::size_t l = 0; l < depth; ++l) {
    set_gain(run, l, gain);
  }
  return run;
}
training_run biased(satur::any_activation const& act, double bias, bool by_turns) {
  training_run run(act, 3, 1.0);
  for (std::size_t u = 0; u < run.layers[1].out; ++u) {
    run.layers[1].b[u] = by_turns && u % 2 == 1 ? -bias : bias;
  }
  return run;
}

bool refused(finding const& f) {
  CAPTURE(f.cure.advice);
  return f.cure.what == remedy::none && !f.cure.predicted && !f.cure.effect && f.cure.units.empty() &&
         f.cure.factors.empty() && f.cure.advice.starts_with("nothing that is known helps here: ");
}

} // namespace

TEST_CASE("limits: when the loss fails") {
  finding_limits limits;
  training_run deep(satur::sigmoid{}, 7, 1.0);
  deep.run_to(60);
  CHECK(only(deep).cause == cause::activation);
  limits.failing_losses = 60;
  CHECK(only(deep, limits).cause == cause::activation);
  limits.failing_losses = 61;
  CHECK(none(deep, limits));

  training_run fast(satur::tanh{}, 3, 1.0); // its loss rises at once
  fast.rate = 30.0;
  fast.run_to(12);
  CHECK(only(fast).cause == cause::learning_rate);
  limits = {};
  limits.exploded_loss = 1e6;
  for (finding const& f : satur::diagnose(fast.mon, limits)) {
    CHECK(f.cause != cause::learning_rate);
  }
}

TEST_CASE("limits: how old a run is whose cures start again, and how much its weights have grown") {
  training_run run(satur::tanh{}, 3, 1.0);
  run.scale(1, 5.0);
  run.run_to(10);
  CHECK(only(run).cure.restart);
  finding_limits limits;
  limits.young_losses = 11;
  CHECK(only(run, limits).cure.restart);
  limits.young_losses = 10;
  CHECK_FALSE(only(run, limits).cure.restart);

  training_run grown(satur::tanh{}, 3, 1.0);
  grown.gives_loss = false;
  grown.scale(1, 5.0);
  grown.run_to(2);
  grown.scale(0, 2.5); // mean w^2 is 6 times that of the start
  grown.run_to(4);
  CHECK(only(grown).cure.restart);
  limits = {};
  limits.grown_weights = 7.0;
  CHECK_FALSE(only(grown, limits).cure.restart);
}

TEST_CASE("limits: a loss that stalls below chance") {
  satur::loss_history losses;
  for (std::uint64_t i = 0; i < 200; ++i) {
    losses.add(i, i < 20 ? 2.3 : 2.0, 2.3);
  }
  REQUIRE(judge(losses) == satur::run_state::stalled);
  std::mt19937_64 urbg(1);
  satur::named_record layer{.name = "fc", .record = {}};
  layer.record.saturation = satur::observe(satur::tanh{}, test::standard_normal(4096, urbg, 0.0, 10.0));
  satur::run_record run;
  run.losses = &losses;
  CHECK(satur::diagnose(std::vector{layer}, {}, {}, run).empty());
  finding_limits limits;
  limits.learned_loss = 0.8; // of chance
  std::vector<finding> const found = satur::diagnose(std::vector{layer}, limits, {}, run);
  REQUIRE(found.size() == 1);
  CHECK(found[0].symptom == satur::symptom::saturated_layer);
}

TEST_CASE("limits: sizes of weights") {
  training_run beside(satur::tanh{}, 3, 1.0);
  set_gain(beside, 0, 0.01);
  set_gain(beside, 1, 0.2);
  beside.run_to(10);
  CHECK(only(beside).layers == names{"hidden 1", "hidden 2"});
  finding_limits limits;
  limits.small_gain_beside = 0.15;
  CHECK(only(beside, limits).layers == names{"hidden 1"});

  training_run const shrinks = after(scaled(satur::tanh{}, 5, 1.0, 0.2), 10);
  CHECK(only(shrinks).cause == cause::small_weights);
  limits = {};
  limits.flow_small_gain = 0.15;
  CHECK(only(shrinks, limits).cause == cause::depth);

  training_run const grows = after(scaled(satur::relu{}, 12, 2.0, 5.4), 1);
  CHECK(only(grows).reason.find("fan-in times mean w^2 is 2.7 times what is usual") != std::string::npos);
  limits = {};
  limits.flow_large_gain = 2.8;
  CHECK(only(grows, limits).reason.find("together they make the gradient grow") != std::string::npos);

  training_run const unfit = after(scaled(satur::sigmoid{}, 7, 1.0, 0.045), 10);
  CHECK(only(unfit).cause == cause::small_weights);
  limits = {};
  limits.flow_unfit_gain = 0.04;
  CHECK(only(unfit, limits).cause == cause::activation);

  training_run large(satur::tanh{}, 3, 1.0); // the usual size gives 1.3 times the slope
  set_gain(large, 1, 4.0);
  large.run_to(2);
  CHECK(only(large).cause == cause::weight_norm);
  limits = {};
  limits.gain_costs_slope = 2.5;
  CHECK(none(large, limits));
}

TEST_CASE("limits: the usual rules are not too small, even in a deep net that is still at chance") {
  if (test::left_out_if_slow()) {
    return;
  }
  finding_limits old;
  old.flow_small_gain = 0.4;
  std::size_t told = 0;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    training_run run(satur::tanh{}, 8, 1.0 / 3.0, seed); // U(-1/sqrt n, 1/sqrt n)
    run.rate = 0.01;
    run.run_to(50);
    REQUIRE(judge(run.mon.losses()) == satur::run_state::at_chance);
    CAPTURE(seed);
    CHECK(none(run, {}));
    told += none(run, old) ? 0u : 1u;
  }
  CHECK(told >= 3);
}

TEST_CASE("limits: biases, and dead units that keep their weights") {
  training_run run = biased(satur::relu{}, 6.0, false);
  run.run_to(10);
  auto const told = [&run](finding_limits const& with) { // hidden 3 has dead units behind it
    return only(run, with).layer == "hidden 2";
  };
  finding_limits limits;
  CHECK(told(limits));
  limits.bias_square = 49.0;
  CHECK_FALSE(told(limits));
  limits = {};
  limits.bias_excess = 1e6;
  CHECK_FALSE(told(limits));

  training_run dead(satur::relu{}, 3, 2.0);
  dead.run_to(20);
  for (std::size_t u = 0; u < 15; ++u) {
    dead.layers[1].b[u] = -50.0;
  }
  dead.run_to(40);
  CHECK(only(dead).cure.what == remedy::recenter);
  limits = {};
  limits.recenter_variance = 50.0;
  CHECK(only(dead, limits).cure.what == remedy::reinitialize_units);
}

TEST_CASE("cures: each states what it does to what its finding measures, and is offered only above the margin") {
  struct faulty {
    training_run run;
    remedy what;
    char const* measure;
    double now;
    double after;
  };
  training_run inputs(satur::tanh{}, 3, 1.0);
  inputs.on_data = [](training_run& r) {
    for (double& v : r.x) {
      v *= 50.0;
    }
  };
  training_run one_unit(satur::tanh{}, 3, 1.0);
  for (std::size_t i = 0; i < 24; ++i) {
    one_unit.layers[1].w[i * 24 + 5] *= 100.0;
  }
  training_run small(satur::tanh{}, 3, 1.0);
  set_gain(small, 1, 0.01);
  training_run large(satur::relu{}, 3, 2.0);
  set_gain(large, 1, 32.0);
  for (faulty const& f :
       {faulty{after(biased(satur::tanh{}, 6.0, true), 10), remedy::recenter, "share of the peak slope", 0.0, 0.75},
        {after(biased(satur::relu{}, 30.0, false), 10), remedy::recenter, "means of z, in standard deviations,", 40.0,
         0.125},
        {after(large, 10), remedy::rescale, "distance of fan-in times mean w^2 from the usual, as a factor,", 16.0,
         1.0},
        {after(small, 10), remedy::rescale, "distance of fan-in times mean w^2 from the usual, as a factor,", 100.0,
         1.0},
        {after(one_unit, 10), remedy::reinitialize_units, "largest z of a unit, relative to the median unit,", 177.0,
         1.2},
        {after(inputs, 10), remedy::normalize_inputs, "mean square of the inputs", 2500.0, 1.0},
        {after(scaled(satur::tanh{}, 5, 1.0, 0.2), 10), remedy::rescale,
         "change of the gradient from the last layer to the first, as a factor,", 25.0, 1.2}}) {
    finding const offered = only(f.run);
    CAPTURE(f.measure);
    CHECK(offered.cure.what == f.what);
    REQUIRE(offered.cure.effect);
    satur::predicted_effect const& e = *offered.cure.effect;
    CHECK(e.measure == f.measure);
    CAPTURE(e.now);
    CAPTURE(e.after);
    CHECK(std::fabs(e.now - f.now) <= 0.25 * f.now + 0.05);
    CHECK(e.after == doctest::Approx(f.after).epsilon(0.25));
    CHECK(offered.details().find("the cure is predicted to bring the " + e.measure + " from ") != std::string::npos);

    finding_limits limits;
    double& margin = e.of_slope ? limits.cure_margin : limits.cure_reduction;
    margin = 0.99 * e.improvement();
    CHECK(only(f.run, limits).cure.what == f.what);
    margin = 1.01 * e.improvement();
    CHECK(refused(only(f.run, limits)));
  }
}

TEST_CASE("cures: a unit that starts again gets the inputs of the start") {
  training_run run(satur::gelu{}, 3, 1.0);
  run.rate = 1.0;
  for (std::size_t i = 0; i < 24; ++i) {
    run.layers[1].w[i * 24 + 5] *= 100.0;
  }
  run.run_to(10);
  satur::saturation const& now = run.mon.at("hidden 1").last().saturation;
  REQUIRE(!(now.mean_squared_output() < 100.0)); // the run has spoiled them since
  finding const f = only(run);
  CHECK(f.cause == cause::broken_units);
  CHECK(f.cure.what == remedy::reinitialize_units);
  CHECK(f.cure.restart);
  REQUIRE(f.cure.predicted);
  CHECK(f.cure.predicted->slope_share == doctest::Approx(run.after(f).slope_share).epsilon(0.1));
}

TEST_CASE("cures: a slope below 0 counts as none") {
  training_run const run = after(biased(satur::mish{}, -20.0, false), 10);
  finding const f = only(run);
  REQUIRE(f.now.slope_share < 0.0);
  CHECK(f.cure.what == remedy::recenter);
  CHECK(satur::predicted_effect{"", -0.1, 0.5, true}.improvement() == HUGE_VAL);
  CHECK(satur::predicted_effect{"", 0.2, 0.5, true}.improvement() == 2.5);
  CHECK(satur::predicted_effect{"", 0.5, 0.2}.improvement() == 2.5);
  CHECK(std::isnan(satur::predicted_effect{"", 0.0, 0.0}.improvement()));
}

TEST_CASE("cures: weights that are too small are drawn anew if to rescale them would make the biases too large") {
  training_run run(satur::tanh{}, 3, 1.0);
  for (std::size_t l = 0; l < 4; ++l) {
    set_gain(run, l, 1e-4);
    for (double& b : run.layers[l].b) {
      b = l % 2 == 0 ? 0.1 : -0.1;
    }
  }
  run.run_to(10);
  finding const f = only(run);
  CHECK(f.layers == names{"hidden 1", "hidden 2", "hidden 3", "output"});
  CHECK(f.cause == cause::small_weights);
  CHECK(f.cure.what == remedy::initializer);
  CHECK(f.cure.restart);
  REQUIRE(f.cure.predicted);
  CHECK(f.cure.predicted->slope_share > 0.5);
  CHECK(f.cure.predicted->slope_share == doctest::Approx(run.after(f).slope_share).epsilon(0.1));
  finding_limits limits;
  limits.bias_square = 1e4; // the biases of 0.1 times 100, squared, are 100
  CHECK(only(run, limits).cure.what == remedy::rescale);
  CHECK(only(run, limits).cure.predicted->slope_share < 0.01);
}

TEST_CASE("cures: a recentered unit has the mean that is predicted") {
  training_run run = after(biased(satur::relu{}, 30.0, false), 1);
  finding const f = only(run);
  REQUIRE(f.cure.effect);
  run.layers = run.start;
  run.forward();
  satur::recenter(run.layers[1].b, run.layers[1].z, f.cure);
  run.batch = 4096;
  run.draw();
  run.forward();
  satur::input_moments const z = satur::moments_of_inputs(run.layers[1].z, 24);
  double mean_square = 0.0;
  double variance = 0.0;
  for (std::size_t u = 0; u < 24; ++u) {
    mean_square += z.mean[u] * z.mean[u];
    variance += z.variance[u];
  }
  CHECK(std::sqrt(mean_square / variance) == doctest::Approx(f.cure.effect->after).epsilon(0.4));
}

TEST_CASE("cures: none if nothing helps, and why") {
  // z is the bias: no value of it makes z vary
  training_run constant(satur::tanh{}, 3, 1.0);
  std::fill(constant.layers[0].b.begin(), constant.layers[0].b.end(), 6.0);
  constant.on_data = [](training_run& r) { std::fill(r.x.begin(), r.x.end(), 0.0); };
  constant.run_to(3);
  finding f = only(constant);
  CHECK(f.cause == cause::bias);
  CHECK(refused(f));
  CHECK(f.cure.advice.find("does not vary") != std::string::npos);

  // weights were too large, and are no longer
  training_run shrunk(satur::relu{}, 3, 2.0);
  shrunk.gives_loss = false;
  shrunk.rate = 0.0;
  set_gain(shrunk, 1, 8.0);
  shrunk.step();
  set_gain(shrunk, 1, 2.6);
  shrunk.step();
  f = only(shrunk);
  CHECK(f.cause == cause::weight_norm);
  CHECK(refused(f));
  CHECK(f.cure.advice.find("rescaling would leave the distance") != std::string::npos);

  // dead units behind a layer that puts out nothing
  satur::monitor mon({.units = true});
  std::vector<double> const nothing(4 * 300, 0.0);
  std::vector<double> off(4 * 300);
  for (std::size_t i = 0; i < off.size(); ++i) {
    off[i] = -3.0 - static_cast<double>(i % 4);
  }
  mon["a"].observe(satur::identity{}, nothing, satur::unit_layout::matrix(300, 4));
  mon["b"].observe(satur::relu{}, off, satur::unit_layout::matrix(300, 4));
  mon.end_step();
  std::vector<satur::named_record> records = satur::records_of(mon);
  records[0].units = nullptr; // it is not judged itself
  std::vector<finding> const found = satur::diagnose(records);
  REQUIRE(found.size() == 1);
  CHECK(found[0].layer == "b");
  CHECK(found[0].symptom == satur::symptom::dead_units);
  CHECK(refused(found[0]));
  CHECK(found[0].cure.advice.find("nothing comes in") != std::string::npos);
}
