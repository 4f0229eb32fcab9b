// Every root cause, seeded in a small net whose truth is known: one finding, in the right layer, with a cure that does
// what it predicts.
#include "support/relative.hpp"
#include "support/slow.hpp"
#include "support/training_run.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

namespace {

using satur::cause;
using satur::remedy;
using satur::symptom;
using test::training_run;

constexpr std::size_t width = 24;

training_run tanh_run(std::size_t depth = 3, std::uint64_t seed = 1) { return {satur::tanh{}, depth, 1.0, seed}; }
training_run relu_run(std::size_t depth = 3, std::uint64_t seed = 1) { return {satur::relu{}, depth, 2.0, seed}; }

std::string text(satur::finding const& f) {
  std::ostringstream out;
  out << f;
  return out.str();
}

/// The form of a finding: "[alarm] layer: …", a line with the cure if there is one, the numbers behind it, and no word
/// that is no number.
void check_words(satur::finding const& f) {
  std::string const words = text(f);
  INFO(words << "\n" << f.details());
  CHECK(words.starts_with("[" + std::string(to_text(f.severity)) + "] " + f.layer + ": "));
  CHECK(f.severity != satur::severity::note);
  CHECK(std::count(words.begin(), words.end(), '\n') == (f.cure.advice.empty() ? 0 : 1));
  CHECK((words.find("\n  cure: ") != std::string::npos) == !f.cure.advice.empty());
  CHECK(f.details().find_first_of("0123456789") != std::string::npos);
  CHECK(!f.layers.empty());
  CHECK(f.layers.front() == f.layer);
  for (char const* const odd : {" inf ", " -inf", "inf\n", " nan ", "nan\n", "-nan", "e-3", "e-4", "deviation -"}) {
    CAPTURE(odd);
    CHECK((words + "\n" + f.details() + "\n").find(odd) == std::string::npos);
  }
}

/// Runs so many steps; the one finding.
satur::finding only(training_run& run, std::size_t steps = 10) {
  run.run_to(steps);
  std::vector<satur::finding> const found = run.findings();
  std::string all;
  for (satur::finding const& f : found) {
    check_words(f);
    all += text(f) + "\n";
  }
  INFO(all);
  REQUIRE(found.size() == 1);
  return found[0];
}

/// Slope within 10 %, saturated share within .02, of what the layer measures once the cure is applied.
void check_prediction(training_run const& run, satur::finding const& f) {
  CAPTURE(text(f));
  REQUIRE(f.cure.predicted);
  satur::layer_state const after = run.after(f);
  CHECK(f.cure.predicted->slope_share == doctest::Approx(after.slope_share).epsilon(0.1));
  CHECK(std::fabs(f.cure.predicted->saturated() - after.saturated()) < 0.02);
}

/// The number that follows these words; NaN without them.
double number_after(std::string const& words, std::string const& before) {
  std::size_t const at = words.find(before);
  return at == std::string::npos ? std::nan("") : std::strtod(words.c_str() + at + before.size(), nullptr);
}

bool follows(satur::finding const& f, std::string const& layer) {
  return std::any_of(f.behind.begin(), f.behind.end(), [&](satur::consequence const& c) { return c.layer == layer; });
}

using names = std::vector<std::string>;

} // namespace

TEST_CASE("roots: nets that learn have no finding") {
  if (test::left_out_if_slow()) {
    return;
  }
  struct healthy {
    satur::any_activation act;
    std::size_t depth;
    double gain;
  };
  for (healthy const& h :
       {healthy{satur::tanh{}, 3, 1.0}, healthy{satur::tanh{}, 1, 1.0}, healthy{satur::relu{}, 3, 2.0},
        healthy{satur::relu{}, 1, 2.0}, healthy{satur::gelu{}, 3, 2.0}, healthy{satur::leaky_relu{}, 3, 2.0},
        healthy{satur::identity{}, 2, 1.0}, healthy{satur::sigmoid{}, 1, 1.0}}) {
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      training_run run(h.act, h.depth, h.gain, seed);
      CAPTURE(h.act.name);
      CAPTURE(h.depth);
      CAPTURE(seed);
      for (std::size_t const until : {1u, 5u, 10u, 25u, 50u, 100u}) {
        run.run_to(until);
        for (satur::finding const& f : run.findings()) {
          FAIL_CHECK("step " << until << ": " << f);
        }
      }
      CHECK(run.loss < 0.5 * std::log(4.0)); // it has learned
    }
  }
}

TEST_CASE("roots: NaN in the data, handed over or inferred") {
  auto const spoil = [](training_run& r) {
    if (r.steps == 7) {
      r.x[3 * training_run::features + 2] = std::nan("");
    }
  };
  training_run run = tanh_run();
  run.on_data = spoil;
  satur::finding f = only(run);
  CHECK(f.layer == "data");
  CHECK(f.cause == cause::nonfinite_data);
  CHECK(f.severity == satur::severity::alarm);
  CHECK(f.cure.what == remedy::clean_data);
  CHECK(f.since == satur::step_range{7, 7});
  CHECK(f.evidence == "1 NaN and 0 infinite values arrived in step 7, in feature 2");
  CHECK(f.behind.size() == 4);
  CHECK(f.reason.find("inference") == std::string::npos);

  training_run blind = tanh_run();
  blind.on_data = spoil;
  blind.gives_data = false;
  f = only(blind);
  CHECK(f.layer == "hidden 1");
  CHECK(f.cause == cause::nonfinite_data);
  CHECK(f.cure.what == remedy::clean_data);
  CHECK(f.reason.find("this is an inference") != std::string::npos);
  CHECK(f.reason.find("monitor::input") != std::string::npos);
  CHECK(f.since == satur::step_range{7, 7});
  CHECK(f.behind.size() == 3);
}

TEST_CASE("roots: a weight or a bias that is not finite names its layer and its unit") {
  for (std::size_t const at : {0u, 5u}) { // before the first step, or later
    CAPTURE(at);
    training_run run = tanh_run();
    run.run_to(at);
    run.layers[1].w[5 * width + 7] = std::numeric_limits<double>::infinity();
    satur::finding const f = only(run);
    CHECK(f.layer == "hidden 2");
    CHECK(f.cause == cause::nonfinite_weights);
    REQUIRE(f.units.size() == 1);
    CHECK(f.units[0].unit == 7);
    CHECK(f.cure.units == std::vector<std::size_t>{7});
    CHECK(f.reason == "1 weight is not finite");
    CHECK(f.since == satur::step_range{at, at});
    CHECK(follows(f, "hidden 3"));
    CHECK(follows(f, "output"));
  }
  training_run run = tanh_run();
  run.layers[1].b[9] = std::nan("");
  satur::finding const f = only(run);
  CHECK(f.layer == "hidden 2");
  CHECK(f.cause == cause::nonfinite_weights);
  REQUIRE(f.units.size() == 1);
  CHECK(f.units[0].unit == 9);
}

TEST_CASE("roots: overflow follows from inputs or weights that are too large") {
  training_run inputs = relu_run();
  inputs.on_data = [](training_run& r) {
    for (double& v : r.x) {
      v *= 1e15;
    }
  };
  satur::finding f = only(inputs, 30);
  CHECK(f.layer == "data");
  CHECK(f.cause == cause::input_scale);
  CHECK(f.severity == satur::severity::alarm);
  CHECK(f.cure.what == remedy::normalize_inputs);
  CHECK(f.cure.restart);
  CHECK(f.evidence.find("z or dL/dz is not finite") != std::string::npos);
  CHECK(f.since.has_value());
  CHECK(follows(f, "hidden 1"));

  training_run weights = relu_run();
  weights.scale(1, 1e10);
  f = only(weights, 30);
  CHECK(f.layers == names{"hidden 2"});
  CHECK(f.cause == cause::weight_norm);
  CHECK(f.cure.restart);
  CHECK(f.cure.factor == satur_test::relative(1e-10, 0.1));
}

TEST_CASE("roots: inputs too large for their squares are told without infinity") {
  for (bool const given : {true, false}) {
    training_run run = tanh_run();
    run.gives_data = given;
    run.on_data = [](training_run& r) {
      for (double& v : r.x) {
        v *= 1e200;
      }
    };
    satur::finding const f = only(run, 1);
    CHECK(f.cause == cause::input_scale);
    CHECK(f.layer == (given ? "data" : "hidden 1"));
  }
}

TEST_CASE("roots: inputs of the wrong size or off center") {
  auto const pixels = [](training_run& r) {
    for (double& v : r.x) {
      v = 50.0 * v;
    }
  };
  training_run run = tanh_run();
  run.on_data = pixels;
  satur::finding f = only(run);
  CHECK(f.layer == "data");
  CHECK(f.symptom == symptom::odd_inputs);
  CHECK(f.cause == cause::input_scale);
  CHECK(f.cure.what == remedy::normalize_inputs);
  CHECK(std::sqrt(f.value) == doctest::Approx(50.0).epsilon(0.05));

  training_run blind = tanh_run();
  blind.on_data = pixels;
  blind.gives_data = false;
  f = only(blind);
  CHECK(f.layer == "hidden 1");
  CHECK(f.cause == cause::input_scale);
  CHECK(f.cure.what == remedy::normalize_inputs);
  CHECK(f.evidence.find("this is an inference") != std::string::npos);

  training_run feature = tanh_run();
  feature.on_data = [](training_run& r) {
    for (std::size_t i = 3; i < r.x.size(); i += training_run::features) {
      r.x[i] *= 1000.0;
    }
  };
  f = only(feature);
  CHECK(f.layer == "data");
  CHECK(f.cause == cause::input_scale);
  REQUIRE(f.units.size() == 1);
  CHECK(f.units[0].unit == 3);
  CHECK(f.units[0].reading == doctest::Approx(1000.0).epsilon(0.1));

  training_run shifted = tanh_run();
  shifted.on_data = [](training_run& r) {
    for (double& v : r.x) {
      v += 10.0;
    }
  };
  f = only(shifted);
  CHECK(f.layer == "data");
  CHECK(f.cause == cause::input_mean);
  CHECK(f.value == doctest::Approx(101.0).epsilon(0.05));
}

TEST_CASE("roots: weights too large or too small, in the layers where they are") {
  training_run large = tanh_run();
  large.scale(1, 5.0);
  satur::finding f = only(large);
  CHECK(f.layers == names{"hidden 2"});
  CHECK(f.cause == cause::weight_norm);
  CHECK(f.cure.what == remedy::rescale);
  CHECK(f.cure.factor == doctest::Approx(0.2).epsilon(0.1));
  CHECK(f.side == satur::side::both);
  check_prediction(large, f);

  training_run relu = relu_run();
  relu.scale(1, 5.0);
  f = only(relu);
  CHECK(f.layers == names{"hidden 2"});
  CHECK(f.cause == cause::weight_norm);
  CHECK(f.cure.factor == doctest::Approx(0.2).epsilon(0.1));
  CHECK(f.symptom == symptom::signal_grows); // no factor changes a relu's slope

  training_run all = tanh_run();
  for (std::size_t l = 0; l < 4; ++l) {
    all.scale(l, 5.0);
  }
  f = only(all);
  CHECK(f.layers == names{"hidden 1", "hidden 2", "hidden 3", "output"});
  CHECK(f.cause == cause::weight_norm);
  REQUIRE(f.cure.factors.size() == 4);
  for (double const factor : f.cure.factors) {
    CHECK(factor == doctest::Approx(0.2).epsilon(0.15));
  }
  check_prediction(all, f);

  training_run small = tanh_run();
  small.scale(1, 0.05);
  f = only(small);
  CHECK(f.layers == names{"hidden 2"});
  CHECK(f.cause == cause::small_weights);
  CHECK(f.cure.what == remedy::rescale);
  CHECK(f.cure.factor == doctest::Approx(20.0).epsilon(0.1));
  check_prediction(small, f);
}

namespace {
/// What a run hands over beside z.
struct handed {
  bool gradients, weights, loss, units_and_data;
};
/// A run whose weights are all `scale` times the usual ones.
training_run scaled_run(satur::any_activation const& act, std::size_t depth, double scale, handed const& h) {
  training_run run(act, depth, act.name == satur::relu::name ? 2.0 : 1.0);
  run.gives_gradients = h.gradients;
  run.gives_weights = h.weights;
  run.gives_loss = h.loss;
  run.gives_data = h.units_and_data;
  if (!h.units_and_data) {
    run.mon = satur::monitor{};
  }
  for (std::size_t l = 0; l < run.layers.size(); ++l) {
    run.scale(l, scale);
  }
  return run;
}
} // namespace

TEST_CASE("roots: weights that are too large in all layers are named in all of them, whatever is handed over") {
  struct seeded {
    satur::any_activation act;
    double scale;
    std::size_t depth;
  };
  for (seeded const& s :
       {seeded{satur::sigmoid{}, 6.0, 2}, seeded{satur::sigmoid{}, 10.0, 4}, seeded{satur::sigmoid{}, 6.0, 8},
        seeded{satur::tanh{}, 3.0, 8}, seeded{satur::tanh{}, 6.0, 3}, seeded{satur::relu{}, 3.0, 2},
        seeded{satur::relu{}, 6.0, 4}}) {
    for (unsigned kept = 0; kept < 16; ++kept) {
      handed const h{(kept & 1) != 0, (kept & 2) != 0, (kept & 4) != 0, (kept & 8) != 0};
      training_run run = scaled_run(s.act, s.depth, s.scale, h);
      for (std::size_t const steps : {1u, 10u}) {
        run.run_to(steps);
        std::vector<satur::finding> const found = run.findings();
        CAPTURE(s.act.name);
        CAPTURE(s.scale);
        CAPTURE(s.depth);
        CAPTURE(kept);
        CAPTURE(steps);
        REQUIRE(found.size() == 1);
        satur::finding const& f = found.front();
        INFO(text(f));
        CHECK(f.cause == cause::weight_norm);
        CHECK(f.layers.size() == s.depth + 1);
        CHECK(f.cure.what == remedy::rescale);
        CHECK(f.cure.factors.size() == s.depth + 1);
        for (double const factor : f.cure.factors) { // the output layer has 4 units that tell
          CHECK(factor * s.scale > 0.4);
          CHECK(factor * s.scale < 2.0);
        }
      }
    }
  }
}

TEST_CASE("roots: a net that overflows by itself is not told to have weights that are not finite") {
  for (std::size_t const depth : {4u, 6u, 8u}) {
    for (unsigned kept = 0; kept < 16; ++kept) {
      handed const h{(kept & 1) != 0, (kept & 2) != 0, (kept & 4) != 0, (kept & 8) != 0};
      training_run large = scaled_run(satur::relu{}, depth, 6.0, h);
      training_run fast = scaled_run(satur::relu{}, depth, 1.0, h);
      fast.rate = 1000.0;
      for (std::size_t const steps : {4u, 8u, 20u}) {
        CAPTURE(depth);
        CAPTURE(kept);
        CAPTURE(steps);
        large.run_to(steps);
        for (satur::finding const& f : large.findings()) {
          INFO(text(f));
          CHECK(f.cause == cause::weight_norm);
        }
        fast.run_to(steps);
        for (satur::finding const& f : fast.findings()) {
          INFO(text(f));
          CHECK(f.cause != cause::nonfinite_weights);
          CHECK(f.cause != cause::nonfinite_data);
        }
      }
    }
  }
}

TEST_CASE("roots: weights of the usual size are not called too large, whatever is handed over") {
  for (satur::any_activation const& act :
       {satur::any_activation(satur::tanh{}), satur::any_activation(satur::relu{})}) {
    for (unsigned kept = 0; kept < 16; ++kept) {
      handed const h{(kept & 1) != 0, (kept & 2) != 0, (kept & 4) != 0, (kept & 8) != 0};
      training_run run = scaled_run(act, 3, 1.0, h);
      for (std::size_t const steps : {1u, 10u, 60u}) {
        run.run_to(steps);
        for (satur::finding const& f : run.findings()) {
          CAPTURE(kept);
          CAPTURE(steps);
          INFO(text(f));
          CHECK(f.cause != cause::weight_norm);
          CHECK(f.cause != cause::logits);
        }
      }
    }
  }
}

TEST_CASE("roots: a layer that was saturated before the first faulty one is a root of its own") {
  for (satur::any_activation const& act :
       {satur::any_activation(satur::tanh{}), satur::any_activation(satur::sigmoid{})}) {
    for (bool const with_units : {false, true}) {
      for (std::size_t const second : {1u, 2u}) {
        training_run run(act, 4, 1.0);
        run.gives_data = run.gives_weights = run.gives_loss = false;
        if (!with_units) {
          run.mon = satur::monitor{};
        }
        double const scale = act.name == satur::tanh::name ? 10.0 : 20.0;
        run.scale(0, scale); // without data and weights: large weights or large inputs
        run.scale(second, scale);
        for (std::size_t const steps : {1u, 10u}) {
          run.run_to(steps);
          std::vector<satur::finding> const found = run.findings();
          CAPTURE(act.name);
          CAPTURE(with_units);
          CAPTURE(second);
          CAPTURE(steps);
          REQUIRE(found.size() == 2);
          INFO(text(found[0]));
          INFO(text(found[1]));
          CHECK(found[0].layers == names{"hidden 1"});
          CHECK(found[0].cause == cause::spread);
          CHECK(found[0].cure.what == remedy::rescale);
          CHECK(found[0].cure.factor * scale < 1.5);
          CHECK(found[0].cure.factor * scale > 0.5);
          CHECK(found[1].layer == run.name(second));
          CHECK(found[1].cause == cause::weight_norm);
          CHECK(found[1].behind.empty());
        }
      }
    }
  }
}

TEST_CASE("roots: weights of the output layer are not called too large if its logits are small") {
  for (bool const with_loss : {false, true}) {
    training_run run(satur::tanh{}, 6, 0.09); // z shrinks to a third from layer to layer
    run.gives_loss = with_loss;
    run.scale(6, 3.0);
    for (std::size_t const steps : {1u, 10u, 60u}) {
      run.run_to(steps);
      for (satur::finding const& f : run.findings()) {
        INFO(text(f));
        CHECK(f.cause != cause::logits);
        CHECK(f.cause != cause::weight_norm);
      }
    }
  }
}

TEST_CASE("roots: after a divergence without loss and weights the cure is of the start") {
  training_run run = scaled_run(satur::relu{}, 4, 3.0, {});
  run.run_to(10);
  std::vector<satur::finding> const found = run.findings();
  REQUIRE(found.size() == 1);
  INFO(text(found.front()));
  CHECK(found.front().cause == cause::weight_norm);
  CHECK(found.front().cure.restart);
  CHECK(found.front().cure.factor == doctest::Approx(1.0 / 3.0).epsilon(0.1));
}

TEST_CASE("roots: zero and constant weights are identical units") {
  training_run zero = tanh_run();
  for (std::size_t l = 0; l < 4; ++l) {
    zero.scale(l, 0.0);
  }
  satur::finding f = only(zero);
  CHECK(f.layers.front() == "hidden 1");
  CHECK(f.layers.size() >= 3);
  CHECK(f.cause == cause::identical_units);
  CHECK(f.cure.what == remedy::initializer);
  CHECK(f.cure.factor == 1.0);
  check_prediction(zero, f);

  training_run constant = tanh_run();
  std::fill(constant.layers[1].w.begin(), constant.layers[1].w.end(), 0.1);
  f = only(constant);
  CHECK(f.layers == names{"hidden 2"});
  CHECK(f.cause == cause::identical_units);
  CHECK(f.evidence == "all weights were 0.1 at the start");
  check_prediction(constant, f);
}

TEST_CASE("roots: biases of +6 and -6 by turns are one fault") {
  auto const turn = [](test::plain_layer& l) {
    for (std::size_t u = 0; u < l.out; ++u) {
      l.b[u] = u % 2 == 0 ? 6.0 : -6.0;
    }
  };
  training_run one = tanh_run();
  turn(one.layers[1]);
  satur::finding f = only(one);
  CHECK(f.layers == names{"hidden 2"});
  CHECK(f.cause == cause::bias);
  CHECK(f.side == satur::side::both);
  CHECK(f.cure.what == remedy::recenter);
  CHECK(f.cure.units.size() == width);
  CHECK(f.cure.layer_units.empty());
  CHECK(f.cure.units_of(0) == f.cure.units);
  check_prediction(one, f);
  CHECK(f.symptom == symptom::saturated_layer);
  CHECK(f.severity == satur::severity::alarm);
  // Inputs of tanh units of mean square about 0.4 add a standard deviation of 0.6 to the biases.
  CHECK(number_after(f.reason, "z of a unit began with root mean square mean ") == doctest::Approx(6.0).epsilon(0.05));
  CHECK(number_after(f.reason, " and standard deviation ") == doctest::Approx(0.6).epsilon(0.3));

  training_run mild = tanh_run(); // the means are beyond 2 std z, but more than 5 % of the slope is left
  for (std::size_t u = 0; u < width; ++u) {
    mild.layers[1].b[u] = u % 2 == 0 ? 2.2 : -2.2;
  }
  f = only(mild);
  CHECK(f.layers == names{"hidden 2"});
  CHECK(f.cause == cause::bias);
  CHECK(f.symptom == symptom::mean_shift);
  CHECK(f.severity == satur::severity::warning);
  CHECK(f.evidence == "in 24 of 24 units |mean z| was above 2 std z at the start");
  CHECK(f.value == 1.0);

  training_run all = tanh_run();
  for (std::size_t l = 0; l < 3; ++l) {
    turn(all.layers[l]);
  }
  f = only(all);
  CHECK(f.layers == names{"hidden 1", "hidden 2", "hidden 3"});
  CHECK(f.cause == cause::bias);
  CHECK(f.cure.layer_units.size() == 3);

  training_run some = tanh_run(); // other units in each layer
  std::vector<std::vector<std::size_t>> shifted(2);
  for (std::size_t u = 0; u < 16; ++u) {
    some.layers[0].b[u] = u % 2 == 0 ? 6.0 : -6.0;
    some.layers[2].b[8 + u] = u % 2 == 0 ? 6.0 : -6.0;
    shifted[0].push_back(u);
    shifted[1].push_back(8 + u);
  }
  f = only(some);
  CHECK(f.layers == names{"hidden 1", "hidden 3"});
  CHECK(f.cure.what == remedy::recenter);
  REQUIRE(f.cure.layer_units.size() == 2);
  CHECK(f.cure.units_of(0) == shifted[0]);
  CHECK(f.cure.units == shifted[0]);
  auto const& third = f.cure.units_of(1);
  CHECK(std::includes(third.begin(), third.end(), shifted[1].begin(), shifted[1].end()));
  CHECK(std::find(third.begin(), third.end(), 0u) == third.end());
  CHECK(f.cure.advice.ends_with("from their biases (satur::recenter; `cure.layer_units` has each layer's)"));
  check_prediction(some, f);
  f.layer = "hidden 3";
  CHECK(some.after(f).slope_share > 0.5);
}

TEST_CASE("roots: biases are told if they make an unbounded net overflow or diverge") {
  struct kind {
    satur::any_activation act;
    double gain;
    std::size_t layer;
  };
  std::size_t overflowed = 0;
  std::size_t diverged = 0;
  for (kind const& k : {kind{satur::selu{}, 1.0, 1}, kind{satur::selu{}, 1.0, 0}, kind{satur::elu{}, 2.0, 1},
                        kind{satur::leaky_relu{}, 2.0, 1}, kind{satur::relu{}, 2.0, 1}, kind{satur::softplus{}, 2.0, 1},
                        kind{satur::silu{}, 2.0, 1}, kind{satur::gelu{}, 2.0, 1}, kind{satur::identity{}, 1.0, 1}}) {
    for (double const rate : {0.3, 1.0}) {
      training_run run(k.act, 5, k.gain);
      run.rate = rate;
      for (std::size_t u = 0; u < width; ++u) {
        run.layers[k.layer].b[u] = u % 2 == 0 ? 6.0 : -6.0;
      }
      satur::finding const f = only(run, 10);
      CAPTURE(k.act.name);
      CAPTURE(rate);
      CHECK(f.layers == names{k.layer == 0 ? "hidden 1" : "hidden 2"});
      CHECK(f.cause == cause::bias);
      CHECK(f.cure.what == remedy::recenter);
      CHECK(f.cure.restart);
      bool const nothing_left = run.mon.at("hidden 2").last().saturation.z.count == 0;
      overflowed += nothing_left ? 1u : 0u;
      diverged += !nothing_left && run.loss > 100.0 ? 1u : 0u;
      CHECK(f.since.has_value() == !std::isfinite(run.loss));
    }
  }
  CHECK(overflowed >= 6); // no z of the layer is finite any more
  CHECK(diverged >= 3);
}

TEST_CASE("roots: inputs that make the net overflow are inferred from its first step") {
  training_run blind = relu_run();
  blind.gives_data = false;
  blind.rate = 1.0;
  blind.on_data = [](training_run& r) {
    for (double& v : r.x) {
      v *= 1e100;
    }
  };
  satur::finding const f = only(blind, 10);
  REQUIRE(blind.mon.at("hidden 1").last().saturation.z.count == 0);
  CHECK(f.layer == "hidden 1");
  CHECK(f.cause == cause::input_scale);
  CHECK(f.evidence.find("this is an inference") != std::string::npos);
}

namespace {
double size_of_inputs = 1.0; // on_data takes no state
void enlarge(training_run& r) {
  for (double& v : r.x) {
    v *= size_of_inputs;
  }
}
} // namespace

TEST_CASE("roots: inputs of any size are the cause, also without the data, units or weights") {
  for (double const size : {1e15, 1e150, 1e290}) {
    for (bool const relu : {true, false}) {
      for (int const kept : {0, 1, 2, 3}) { // bit 0: units, bit 1: weights
        bool const weights = (kept & 2) != 0;
        for (std::size_t const steps : {std::size_t{1}, std::size_t{3}}) {
          CAPTURE(size);
          CAPTURE(relu);
          CAPTURE(kept);
          CAPTURE(steps);
          size_of_inputs = size;
          training_run run = relu ? relu_run() : tanh_run();
          run.mon = satur::monitor{satur::monitor_options{.units = (kept & 1) != 0}};
          run.on_data = enlarge;
          run.gives_data = false;
          run.gives_weights = weights;
          run.run_to(steps);
          std::vector<satur::finding> const found = run.findings();
          REQUIRE_FALSE(found.empty());
          satur::finding const& f = found.front();
          CHECK(f.layer == "hidden 1");
          CHECK(f.cause == (weights ? cause::input_scale : cause::spread));
          CHECK(f.cure.what == (weights ? remedy::normalize_inputs : remedy::none));
          CHECK(f.evidence.find(weights ? "this is an inference" : "z of the first step, before any update") !=
                std::string::npos);
          CHECK((f.evidence + f.cure.advice).find("(monitor::input)") != std::string::npos);
          for (satur::finding const& other : found) {
            CHECK(other.cause != cause::learning_rate);
          }
        }
      }
    }
  }
  // a layer of ordinary inputs and large weights, of which neither was handed over: the same words, not the inputs
  training_run weights = relu_run();
  weights.gives_data = false;
  weights.gives_weights = false;
  weights.scale(0, 1e10);
  CHECK(only(weights, 10).cause == cause::spread);
}

TEST_CASE("roots: without the data, biases of the first layer are not taken for large inputs") {
  for (double const b : {6.0, 20.0, 1e4}) {
    for (bool const relu : {true, false}) {
      for (std::size_t const steps : {std::size_t{1}, std::size_t{60}}) {
        CAPTURE(b);
        CAPTURE(relu);
        CAPTURE(steps);
        training_run run = relu ? relu_run() : tanh_run();
        run.gives_data = false;
        for (std::size_t u = 0; u < width; ++u) {
          run.layers[0].b[u] = u % 2 == 0 ? b : -b;
        }
        satur::finding const f = only(run, steps);
        CHECK(f.layers == names{"hidden 1"});
        CHECK(f.cause == cause::mean); // biases, or inputs that are not centered
        CHECK(f.cure.what == remedy::recenter);
        CHECK(f.reason.find("hand over the data (monitor::input) to tell which") != std::string::npos);
      }
    }
  }
}

TEST_CASE("roots: an overflow that the depth alone makes is not told as the learning rate") {
  for (bool const relu : {true, false}) {
    for (std::size_t const steps : {std::size_t{1}, std::size_t{3}}) {
      CAPTURE(relu);
      CAPTURE(steps);
      training_run run(relu ? satur::any_activation(satur::relu{}) : satur::any_activation(satur::identity{}), 40,
                       relu ? 4.0 : 2.0);
      satur::finding const f = only(run, steps);
      CHECK(f.cause == cause::depth);
      CHECK(f.symptom == symptom::signal_grows);
      CHECK(f.layers.size() == 40);
      CHECK(f.cure.what == remedy::rescale);
      CHECK(f.cure.restart);
      CHECK(f.cure.factor == doctest::Approx(std::sqrt(0.5)).epsilon(0.1));
      CHECK((f.severity == satur::severity::alarm) == !std::isfinite(run.loss));
      training_run cured(run.act, 40, relu ? 4.0 : 2.0); // the same net
      for (std::size_t l = 1; l <= 40; ++l) {
        cured.scale(l, f.cure.factors[l - 1]);
      }
      cured.draw();
      cured.forward();
      double square = 0.0;
      for (double const z : cured.layers.back().z) {
        square += z * z / static_cast<double>(cured.layers.back().z.size());
      }
      CHECK(square < 100.0); // 1e10 before
    }
  }
  training_run shallow(satur::identity{}, 4, 2.0); // four ratios of 1.4 are no reason
  shallow.run_to(1);
  CHECK(shallow.findings().empty());
}

TEST_CASE("roots: a run that is watched from its middle") {
  if (test::left_out_if_slow()) {
    return;
  }
  for (bool const chance : {true, false}) {
    for (bool const relu : {true, false}) {
      CAPTURE(chance);
      CAPTURE(relu);
      training_run run = relu ? relu_run() : tanh_run();
      run.watched = false;
      run.gives_chance = chance;
      run.run_to(300);
      run.watched = true;
      run.run_to(400); // the loss is low, and no longer falls
      satur::run_state const state = judge(run.mon.losses());
      CHECK(state == (chance ? satur::run_state::converged : satur::run_state::unknown));
      CHECK(run.mon.losses().start_seen() != chance);
      for (satur::finding const& f : run.findings()) {
        FAIL_CHECK(f);
      }
    }
  }
  // nothing was learned before, either: chance says so
  training_run stuck = tanh_run();
  for (std::size_t l = 0; l < 4; ++l) {
    stuck.scale(l, 0.0);
  }
  stuck.watched = false;
  stuck.run_to(200);
  stuck.watched = true;
  stuck.run_to(300);
  CHECK(judge(stuck.mon.losses()) == satur::run_state::at_chance);
  CHECK(stuck.mon.losses().start_seen());
}

TEST_CASE("roots: a gradient that vanishes by slopes goes behind the layer that lost them") {
  training_run run = tanh_run(4);
  run.gives_loss = false;
  for (std::size_t u = 0; u < width; ++u) {
    run.layers[2].b[u] = u % 2 == 0 ? 8.0 : -8.0;
  }
  satur::finding const f = only(run);
  CHECK(f.layers == names{"hidden 3"});
  CHECK(f.cause == cause::bias);
  CHECK(std::count(f.behind.begin(), f.behind.end(), satur::consequence{"hidden 1", symptom::vanishing_gradient}) == 1);
  check_prediction(run, f);
}

TEST_CASE("roots: one unit with weights a hundred times as large") {
  training_run run = tanh_run();
  for (std::size_t i = 0; i < width; ++i) {
    run.layers[1].w[i * width + 5] *= 100.0;
  }
  satur::finding const f = only(run);
  CHECK(f.layers == names{"hidden 2"});
  CHECK(f.cause == cause::broken_units);
  REQUIRE(f.units.size() == 1);
  CHECK(f.units[0].unit == 5);
  CHECK(f.cure.what == remedy::reinitialize_units);
  CHECK(f.cure.units == std::vector<std::size_t>{5});
  check_prediction(run, f);
}

TEST_CASE("roots: units dead at birth, and units that die") {
  auto const kill = [](training_run& r) {
    for (std::size_t u = 0; u < 15; ++u) {
      r.layers[1].b[u] = -50.0;
    }
  };
  training_run born = relu_run();
  kill(born);
  satur::finding f = only(born);
  CHECK(f.layers == names{"hidden 2"});
  CHECK(f.cause == cause::bias);
  CHECK(f.cure.what == remedy::recenter);
  CHECK_FALSE(f.since.has_value());
  check_prediction(born, f);

  training_run died = relu_run();
  died.run_to(20);
  kill(died);
  f = only(died, 40);
  CHECK(f.layers == names{"hidden 2"});
  CHECK(f.symptom == symptom::dead_units);
  CHECK(f.cause == cause::bias);
  CHECK(f.value == 15.0 / 24.0);
  REQUIRE(f.since.has_value());
  CHECK(f.since->first >= 19);
  CHECK(f.since->last <= 20);
  CHECK(f.evidence.find("last active about step") != std::string::npos);
  CHECK(f.cure.units.size() == 15);
  check_prediction(died, f);
}

TEST_CASE("roots: sigmoid in depth 7 is unfit, whatever its weights are") {
  for (bool const with_loss : {false, true}) {
    training_run run(satur::sigmoid{}, 7, 1.0);
    run.gives_loss = with_loss;
    satur::finding const f = only(run, with_loss ? 60 : 10);
    CHECK(f.layer == "hidden 1");
    CHECK(f.symptom == symptom::vanishing_gradient);
    CHECK(f.cause == cause::activation);
    CHECK(f.cure.what == remedy::zero_centered_activation);
  }
}

TEST_CASE("roots: weights that are too small in all layers of a deep net are those of its first layer too") {
  for (bool const first_too : {true, false}) {
    CAPTURE(first_too);
    training_run run(satur::tanh{}, 8, 1.0);
    for (std::size_t i = first_too ? 0 : 1; i < 8; ++i) {
      for (double& w : run.layers[i].w) {
        w *= 0.3;
      }
    }
    satur::finding const f = only(run, 50);
    CHECK(f.symptom == symptom::vanishing_gradient);
    CHECK(f.cause == cause::small_weights);
    CHECK(f.layer == (first_too ? "hidden 1" : "hidden 2"));
    CHECK(f.layers.size() == (first_too ? 8 : 7));
    CHECK(f.layers.front() == f.layer);
    CHECK(f.cure.what == remedy::rescale);
    REQUIRE(f.cure.factors.size() == f.layers.size());
    for (double const factor : f.cure.factors) {
      CHECK(factor == doctest::Approx(1.0 / 0.3).epsilon(0.15));
    }
  }
}

TEST_CASE("roots: the learning rate is named if the loss rises, and never without it") {
  for (bool const relu : {false, true}) {
    CAPTURE(relu);
    training_run run = relu ? relu_run() : tanh_run();
    run.rate = 30.0;
    satur::finding const f = only(run, 50);
    CHECK(f.layer == "loss");
    CHECK(f.symptom == symptom::rising_loss);
    CHECK(f.cause == cause::learning_rate);
    CHECK(f.cure.what == remedy::learning_rate);
    CHECK(f.cure.factor < 0.1);
    CHECK(f.cure.factor > 0.0);
    CHECK(f.cure.restart);

    training_run silent = relu ? relu_run() : tanh_run();
    silent.rate = 30.0;
    silent.gives_loss = false;
    silent.run_to(1);
    CHECK(silent.mon.at("hidden 1").last().update.log10_ratio() > -0.5);
    CHECK(silent.findings().empty()); // the size of a step alone is no finding
    silent.run_to(50);
    for (satur::finding const& one : silent.findings()) {
      CHECK(one.cause != cause::learning_rate);
      CHECK(one.cure.what != remedy::learning_rate);
    }
    // the same steps of a net that learns
    training_run slow = relu ? relu_run() : tanh_run();
    slow.rate = 1e-6;
    slow.gives_loss = false;
    slow.run_to(50);
    CHECK(slow.findings().empty());
  }
}

TEST_CASE("roots: logits too large for the loss") {
  training_run run = tanh_run();
  run.scale(3, 50.0);
  satur::finding const f = only(run);
  CHECK(f.layers == names{"output"});
  CHECK(f.cause == cause::logits);
  CHECK(f.cure.what == remedy::rescale);
  CHECK(f.cure.factor == doctest::Approx(0.02).epsilon(0.15));
}

TEST_CASE("roots: a backward pass without the slope, where slopes are exactly 0") {
  training_run run = relu_run();
  run.forgets_slope = true;
  satur::finding const f = only(run);
  CHECK(f.layers == names{"hidden 1", "hidden 2", "hidden 3"});
  CHECK(f.symptom == symptom::wrong_gradient);
  CHECK(f.cause == cause::backward);
  CHECK(f.cure.what == remedy::gradient_code);
  for (satur::any_activation const& smooth :
       {satur::any_activation(satur::gelu{}), satur::any_activation(satur::silu{})}) {
    training_run other(smooth, 3, 2.0);
    other.forgets_slope = true;
    other.run_to(10);
    CAPTURE(smooth.name);
    CHECK(other.findings().empty());
  }
}

TEST_CASE("roots: no mean is judged from a batch of two") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    training_run run(satur::tanh{}, 3, 1.0, seed, width, 2);
    run.gives_loss = false;
    for (int step = 0; step < 3; ++step) {
      run.step();
      CHECK(run.findings().empty());
    }
  }
  // Units of means 1 and -1 and standard deviation 0.05: two samples say nothing, eight do.
  for (std::size_t const samples : {2u, 6u, 8u}) {
    std::vector<double> z;
    for (std::size_t s = 0; s < samples; ++s) {
      double const d = s % 2 == 0 ? 0.05 : -0.05;
      z.insert(z.end(), {1.0 + d, -1.0 + d, 1.01 - d, -1.02 - d});
    }
    satur::monitor mon({.units = true});
    mon["fc"].observe(satur::tanh{}, z, satur::unit_layout::matrix(samples, 4));
    mon.end_step();
    CAPTURE(samples);
    std::vector<satur::finding> const found = satur::diagnose(mon);
    REQUIRE(found.size() == (samples < satur::finding_limits{}.least_samples ? 0u : 1u));
    if (!found.empty()) {
      CHECK(found[0].symptom == symptom::mean_shift);
      CHECK(found[0].value == 1.0);
    }
  }
}

TEST_CASE("roots: numbers of any finite size are diagnosed, although their squares overflow") {
  for (satur::any_activation const& act :
       {satur::any_activation(satur::sigmoid{}), satur::any_activation(satur::relu{}),
        satur::any_activation(satur::tanh{})}) {
    for (double const size : {1e-200, 1e100, 1e150, 1e160, 1e200, 1e300, 1e308}) {
      for (bool const with_units : {false, true}) {
        for (bool const with_weights : {false, true}) {
          for (double const center : {0.0, 1.5}) {
            CAPTURE(act.name);
            CAPTURE(size);
            CAPTURE(with_units);
            CAPTURE(with_weights);
            CAPTURE(center);
            satur::monitor mon({.units = with_units});
            std::vector<double> z(64 * 8);
            for (std::size_t i = 0; i < z.size(); ++i) {
              z[i] = size * (center + 0.25 * std::cos(double(i * i + 1)));
            }
            for (int step = 0; step < 3; ++step) {
              mon.loss(1.0);
              for (char const* layer : {"fc1", "fc2", "fc3"}) {
                mon[layer].observe(act, z, satur::unit_layout::matrix(64, 8));
                mon[layer].gradient(z, satur::unit_layout::matrix(64, 8));
                if (with_weights) {
                  mon[layer].update(z, std::vector<double>(z.size(), 1e-3 * size));
                }
              }
              mon.end_step();
            }
            std::ostringstream out;
            CHECK_NOTHROW(for (satur::finding const& f : satur::diagnose(mon)) { out << f << '\n'; });
            CHECK(out.str().find("inf ") == std::string::npos);
            CHECK(out.str().find("nan") == std::string::npos);
          }
        }
      }
    }
  }
}
