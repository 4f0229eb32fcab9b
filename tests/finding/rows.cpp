// Findings from some rows of every batch: they know how many numbers they are from.
#include "support/training_run.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

namespace {

using satur::cause;
using satur::symptom;
using test::training_run;

training_run run_of(satur::any_activation const& act, double gain, std::size_t rows, std::size_t every = 1) {
  training_run run(act, 3, gain);
  run.mon = satur::monitor(satur::monitor_options{.units = true, .rows = rows, .sampling = {.every = every}});
  return run;
}
/// The finding of that symptom, or an empty one.
satur::finding of(training_run const& run, symptom what) {
  for (satur::finding const& f : run.findings()) {
    if (f.symptom == what) {
      return f;
    }
  }
  return {};
}
void kill(training_run& r) {
  for (std::size_t u = 0; u < 15; ++u) {
    r.layers[1].b[u] = -50.0;
  }
}

} // namespace

TEST_CASE("rows: the interval of a saturated share is that of the numbers that were observed") {
  std::vector<float> const z = [] {
    std::vector<float> all(128 * 64);
    std::mt19937_64 urbg(1);
    for (float& e : all) {
      e = static_cast<float>(urbg() % 2000) / 50.0f - 20.0f;
    }
    return all;
  }();
  satur::finding found[2];
  for (std::size_t const i : {0u, 1u}) {
    satur::monitor mon({.rows = i == 0 ? 1u : 8u});
    mon["fc"].observe(satur::tanh{}, z, satur::unit_layout::matrix(128, 64));
    mon.end_step();
    std::vector<satur::named_record> const records = satur::records_of(mon);
    satur::finding_limits limits;
    limits.slope_excess = 1.0; // so that the finding's value is the share
    limits.slope_left = 0.0;
    limits.gain_factor = 1e9;
    std::vector<satur::finding> const all = satur::diagnose(records, limits);
    REQUIRE(all.size() == 1);
    found[i] = all[0];
  }
  CHECK(found[0].symptom == symptom::saturated_layer);
  CHECK(found[0].samples == 128 * 64);
  CHECK(found[1].samples == 16 * 64);
  double const wider = (found[1].value_high - found[1].value_low) / (found[0].value_high - found[0].value_low);
  CHECK(wider == doctest::Approx(std::sqrt(8.0)).epsilon(0.05));
  CHECK(found[1].details().find(", from 1024 numbers") != std::string::npos);
}

TEST_CASE("rows: the gain of weights is that of all of them, though some blocks are read") {
  std::mt19937_64 urbg(2);
  std::normal_distribution<float> normal(0.0f, 0.5f);
  std::vector<float> w(512 * 64);
  for (float& e : w) {
    e = normal(urbg);
  }
  std::vector<float> z(128 * 64);
  for (float& e : z) {
    e = 10.0f * normal(urbg);
  }
  double value[2];
  for (std::size_t const i : {0u, 1u}) {
    satur::monitor mon({.units = true, .rows = i == 0 ? 1u : 8u});
    mon["fc"].observe(satur::tanh{}, z, satur::unit_layout::matrix(128, 64));
    mon["fc"].update(w, w, 1e-3);
    mon.end_step();
    std::vector<satur::finding> const all = satur::diagnose(mon);
    REQUIRE(all.size() == 1);
    CHECK(all[0].cause == cause::weight_norm);
    value[i] = all[0].value;
  }
  CHECK(value[0] == doctest::Approx(512 * 0.25).epsilon(0.02));
  CHECK(value[1] == doctest::Approx(value[0]).epsilon(0.05));
}

TEST_CASE("rows: values that are not finite may have come a step before they were seen, and the finding says so") {
  training_run run = run_of(satur::tanh{}, 1.0, 8);
  run.on_data = [](training_run& r) {
    if (r.steps == 7) { // row 7 is observed in step 7
      r.x[7 * training_run::features + 2] = std::nan("");
    }
  };
  run.run_to(10);
  satur::finding f = of(run, symptom::nonfinite);
  CHECK(f.layer == "data");
  CHECK(f.cause == cause::nonfinite_data);
  CHECK(f.since == satur::step_range{6, 7});
  CHECK(f.evidence == "1 NaN and 0 infinite values arrived between step 6 and step 7, in feature 2, one row in 8 was "
                      "observed");

  for (bool const with_loss : {true, false}) {
    CAPTURE(with_loss);
    training_run other = run_of(satur::tanh{}, 1.0, 8);
    other.gives_loss = with_loss;
    other.on_data = [](training_run& r) {
      if (r.steps == 7) { // row 3 is not
        r.x[3 * training_run::features + 2] = std::nan("");
      }
    };
    other.run_to(10);
    f = of(other, symptom::nonfinite);
    std::ostringstream text;
    text << f << '\n' << f.details();
    CAPTURE(text.str());
    CHECK(f.since == satur::step_range{7, 8});
    CHECK(f.evidence.find(", one row in 8 was observed") != std::string::npos);
    CHECK(f.cause == cause::unknown); // not the learning rate, and not the weights
    CHECK(f.reason == "it came with the step before, in rows that were not observed: one row in 8 was");
    CHECK(text.str().find("observe all rows (monitor_options::rows = 1)") != std::string::npos);
  }

  training_run weight = run_of(satur::tanh{}, 1.0, 8); // and a weight stays the root that it is
  weight.run_to(5);
  weight.layers[1].w[5 * 24 + 7] = std::numeric_limits<double>::infinity();
  weight.run_to(10);
  f = of(weight, symptom::nonfinite);
  CHECK(f.cause == cause::nonfinite_weights);
  CHECK(f.cure.units == std::vector<std::size_t>{7});
  CHECK(f.since == satur::step_range{4, 5});

  training_run rate = run_of(satur::relu{}, 2.0, 8); // and so does the learning rate
  rate.rate = 40.0;
  rate.run_to(60);
  std::vector<satur::finding> const all = rate.findings();
  REQUIRE(all.size() == 1);
  CAPTURE(all[0].evidence);
  CHECK(all[0].cause == cause::learning_rate);
}

TEST_CASE("rows: units are dead after as many observed samples, not after as many samples") {
  constexpr std::size_t batch = 64;
  constexpr std::size_t units = 24;
  for (std::size_t const rows : {1u, 8u}) {
    for (std::size_t const dead : {5u, 15u}) { // most of the layer: fewer samples are enough
      CAPTURE(rows);
      CAPTURE(dead);
      std::size_t const least = dead == 5 ? 256 : 64; // as the limits say
      satur::monitor mon({.units = true, .rows = rows});
      std::mt19937_64 urbg(3);
      std::normal_distribution<float> normal(0.0f, 1.0f);
      for (std::size_t step = 1; step <= least * rows / batch; ++step) {
        std::vector<float> z(batch * units);
        for (std::size_t i = 0; i < z.size(); ++i) {
          z[i] = i % units < dead ? -1.0f - std::fabs(normal(urbg)) : normal(urbg);
        }
        mon["fc"].observe(satur::relu{}, z, satur::unit_layout::matrix(batch, units));
        mon.end_step();
        std::string words;
        for (satur::finding const& f : satur::diagnose(mon)) {
          words += f.symptom == symptom::dead_units ? f.evidence : "";
        }
        CAPTURE(words);
        if (step * batch / rows < least) {
          CHECK(words.empty());
        } else {
          CHECK(words.find(std::to_string(dead) + " of 24 units are dead") == 0);
          CHECK(words.find("on 95 % of " + std::to_string(least) + " samples)") != std::string::npos);
          CHECK(words.find("they were never active") != std::string::npos);
        }
      }
    }
  }
}

TEST_CASE("rows: the step in which units died is about right, with some rows and some steps observed") {
  for (std::size_t const rows : {1u, 4u}) {
    for (std::size_t const every : {1u, 5u}) {
      CAPTURE(rows);
      CAPTURE(every);
      training_run run = run_of(satur::relu{}, 2.0, rows, every);
      run.run_to(100);
      kill(run);
      run.run_to(300);
      satur::finding const f = of(run, symptom::dead_units);
      REQUIRE(f.since.has_value());
      CHECK(std::fabs(static_cast<double>(f.since->first) - 100.0) <= 2.0 * static_cast<double>(every));
    }
  }
}
