// Observers in a few lines each: a table every n sampled steps, and the end of a run with its reason.
#include "satur/report/observers/print_every.hpp"
#include "satur/report/observers/stop_when.hpp"

#include "satur/monitor/monitor.hpp"
#include "satur/monitor/shared_monitor.hpp"

#include "support/half_ramp.hpp"
#include "support/refusal.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <limits>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

using satur_test::half_ramp;

constexpr double none = std::numeric_limits<double>::quiet_NaN();

/// A step in which `out_of_4` of four z are flat.
template <class Monitor, class... O> void step(Monitor& mon, std::string_view layer, std::size_t out_of_4, O&... o) {
  std::vector<double> z(4, 0.5);
  for (std::size_t i = 0; i < out_of_4; ++i) {
    z[i] = 9.0;
  }
  mon[layer].observe(half_ramp{}, z);
  mon.end_step(o...);
}

} // namespace

TEST_CASE("print_every: the table every n sampled steps, with the step and the loss") {
  std::ostringstream out;
  satur::print_every table(2, out);
  satur::monitor mon({.sampling = {.every = 4}});
  mon["fc"].observe(half_ramp{}, std::vector<double>{0.5, 7.0});
  mon.end_step(table); // sampled: the first
  CHECK(out.str().empty());
  for (int i = 1; i < 5; ++i) {
    mon.loss(2.5);
    step(mon, "fc", 1, table); // steps 1 to 3 are not sampled
    CHECK(out.str().empty() == (i < 4));
  }
  std::ostringstream expected;
  expected << "training, step 4, loss 2.5:\n" << satur::saturation_table(mon, satur::table_stretch::last_step) << '\n';
  CHECK(out.str() == expected.str());
  CHECK(out.str().find("25.0") != std::string::npos);
  mon.eval();
  step(mon, "fc", 0, table);
  CHECK(out.str() == expected.str()); // evaluation has steps of its own
  for (int i = 1; i < 5; ++i) {
    step(mon, "fc", 2, table);
  }
  CHECK(out.str().substr(expected.str().size()).starts_with("evaluation, step 4:\nlayer "));
}

TEST_CASE("print_every: a shared monitor, and 0 steps") {
  std::ostringstream out;
  satur::print_every table(1, out);
  satur::shared_monitor mon{satur::monitor_options{}};
  mon.local()["a"].observe(half_ramp{}, std::vector<double>{0.5, 7.0});
  mon.end_step(table);
  CHECK(out.str().starts_with("training, step 0:\nlayer "));
  CHECK(satur_test::refusal([&] { satur::print_every(0, out); }) ==
        "satur::print_every: n is 0; allowed: 1 or more sampled steps");
}

TEST_CASE("stop_when: a column below a limit, in any layer, and why") {
  satur::monitor mon;
  satur::stop_when flat("slope_share", {.below = 0.75});
  step(mon, "a", 0, flat);
  step(mon, "a", 1, flat); // 0.75 is not below
  CHECK_FALSE(mon.stop_requested());
  CHECK_FALSE(flat.stopped());
  CHECK(flat.why().empty());
  mon["b"].observe(half_ramp{}, std::vector<double>{9.0, 0.5});
  step(mon, "a", 0, flat);
  CHECK(mon.stop_requested());
  CHECK(flat.stopped());
  CHECK(flat.why() == "step 2 of training: b: slope_share is 0.5, below 0.75");
  step(mon, "a", 4, flat);
  CHECK(flat.why() == "step 2 of training: b: slope_share is 0.5, below 0.75"); // the first
  flat.clear();
  mon.clear();
  CHECK_FALSE(flat.stopped());
  step(mon, "a", 4, flat);
  CHECK(flat.why() == "step 0 of training: a: slope_share is 0, below 0.75");
}

TEST_CASE("stop_when: a number of sampled steps in a row, in the same layer") {
  satur::monitor mon;
  satur::stop_when flat("high", {.above = 1.0, .steps = 2});
  for (std::size_t const high : {2u, 1u, 3u}) {
    step(mon, "a", high, flat);
    CHECK_FALSE(mon.stop_requested());
  }
  mon["b"].observe(half_ramp{}, std::vector<double>{9.0, 9.0, 9.0});
  step(mon, "a", 0, flat); // b for the first time, a no more
  CHECK_FALSE(mon.stop_requested());
  step(mon, "b", 4, flat);
  CHECK(mon.stop_requested());
  CHECK(flat.why() == "step 4 of training: b: high is 4, above 1, for 2 sampled steps in a row");
}

TEST_CASE("stop_when: after clear() the steps in a row are counted anew") {
  satur::monitor mon;
  satur::stop_when flat("high", {.above = 1.0, .steps = 3});
  step(mon, "a", 4, flat);
  step(mon, "a", 4, flat);
  flat.clear();
  step(mon, "a", 4, flat);
  step(mon, "a", 4, flat);
  CHECK_FALSE(flat.stopped());
  step(mon, "a", 4, flat);
  CHECK(flat.stopped());
}

TEST_CASE("stop_when: one layer, one phase, and what was not seen") {
  satur::monitor mon;
  satur::stop_when one("high_fraction", {.above = 0.4, .layer = "b"});
  satur::stop_when tested("high_fraction", {.above = 0.4, .steps = 2, .phase = satur::phase::eval});
  mon["a"].observe(half_ramp{}, std::vector<double>{9.0});
  step(mon, "b", 1, one, tested);
  CHECK_FALSE(mon.stop_requested());
  mon.eval();
  step(mon, "b", 4, one, tested);
  mon.train();
  step(mon, "b", 0, one, tested); // does not end the row of evaluation
  mon.eval();
  CHECK_FALSE(mon.stop_requested());
  step(mon, "b", 4, one, tested);
  CHECK(tested.why() == "step 1 of evaluation: b: high_fraction is 1, above 0.4, for 2 sampled steps in a row");
  CHECK_FALSE(one.stopped());

  satur::monitor unseen;
  satur::stop_when no_gradient("gradient_rms", {.below = 1e9, .above = -1.0});
  step(unseen, "a", 0, no_gradient);
  CHECK_FALSE(unseen.stop_requested());
  unseen["a"].gradient(std::vector<double>{2.0});
  step(unseen, "a", 0, no_gradient);
  CHECK(no_gradient.why() == "step 1 of training: a: gradient_rms is 2, below 1000000000");
}

TEST_CASE("stop_when: any reading of the run or of a layer, and any rule") {
  satur::monitor mon;
  satur::stop_when loss("loss", [](satur::monitor const& m) { return m.losses().last(); }, {.above = 3.0});
  satur::stop_when share("fraction", [](satur::layer_monitor const& l) { return l.last().saturation.fraction(); },
                         {.above = 0.9});
  satur::stop_when named("it is dead", [](satur::layer_monitor const& l) { return l.last().saturation.high == 4; },
                         {.layer = "b"});
  satur::stop_when done("two steps are enough", [](satur::monitor const& m) { return m.steps() >= 2; });
  mon.loss(none);
  mon["b"].observe(half_ramp{}, std::vector<double>{0.5});
  step(mon, "a", 3, loss, share, named, done);
  CHECK_FALSE(mon.stop_requested());
  mon.loss(4.0);
  mon["b"].observe(half_ramp{}, std::vector<double>{9.0, 9.0, 9.0, 9.0});
  step(mon, "a", 3, loss, share, named, done);
  CHECK(mon.stop_requested());
  CHECK(loss.why() == "step 1 of training: loss is 4, above 3");
  CHECK(share.why() == "step 1 of training: b: fraction is 1, above 0.9");
  CHECK(named.why() == "step 1 of training: b: it is dead");
  CHECK(done.why() == "step 1 of training: two steps are enough");
}

TEST_CASE("stop_when: what is wrong is said in words") {
  std::string const unknown = satur_test::refusal([] { satur::stop_when("slope", {.below = 1.0}); });
  CHECK(unknown.starts_with("satur::stop_when: column is slope; allowed: count, low, high, nan, "));
  CHECK(unknown.ends_with(", gradient_rms, log10_update"));
  CHECK(satur_test::refusal([] { satur::stop_when("low", satur::stop_options{}); }) ==
        "satur::stop_when: a limit of 'low' is not given; allowed: below, above, or both");
  CHECK(satur_test::refusal([] { satur::stop_when("low", {.above = 1.0, .steps = 0}); }) ==
        "satur::stop_when: steps is 0; allowed: 1 or more sampled steps in a row");
  auto const of_run = [](satur::monitor const& m) { return m.losses().last(); };
  CHECK(satur_test::refusal([&] { satur::stop_when("loss", of_run, {.above = 1.0, .layer = "a"}); }) ==
        "satur::stop_when: layer is a; allowed: none: 'loss' is read of the whole run");
  auto const rule = [](satur::monitor const&) { return true; };
  CHECK(satur_test::refusal([&] { satur::stop_when("a rule", rule, {.above = 1.0}); }) ==
        "satur::stop_when: a limit of 'a rule' is given; allowed: none: its answer is yes or no");
  satur::monitor mon;
  satur::stop_when misnamed("low", {.above = 1.0, .layer = "fc"});
  std::string const layer = satur_test::refusal([&] { step(mon, "a", 0, misnamed); });
  CHECK(layer == "satur::monitor::at: layer is fc; allowed: a");
}
