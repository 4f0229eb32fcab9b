// Which steps a monitor records: every n-th, or what a share of the time pays for, by a clock that the test moves.
#include "satur/diagnostic.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <sstream>
#include <vector>

namespace {

std::uint64_t now = 0;
std::uint64_t per_reading = 0; // what goes by between two readings of the clock
std::uint64_t readings = 0;
std::uint64_t fake_clock() {
  ++readings;
  return now += per_reading;
}

/// Steps of 100 us in which a sampled call of the monitor takes 1500 ns, and any other 500 ns; there are two intervals
/// of them a step: `forward`, and the end of the step.
struct loop {
  satur::monitor mon;
  std::vector<float> z = std::vector<float>(8, 0.5f);
  std::vector<float> a = std::vector<float>(8);
  std::uint64_t sampled_call = 1500;
  std::uint64_t recorded = 0; // what recording cost, by the loop's own account
  std::uint64_t whole = 0;
  std::uint64_t interruption = 0; // within the next call of a step that is not sampled

  explicit loop(satur::sampling_options const& policy) : mon({.sampling = policy}, fake_clock) {}
  bool step(std::uint64_t rest = 100000) {
    bool const sampled = mon.sampling_now();
    per_reading = sampled ? sampled_call : 500 + interruption;
    interruption = sampled ? interruption : 0;
    std::uint64_t const before = now;
    now += rest;
    mon["fc"].forward(satur::sigmoid{}, z, a);
    mon.end_step();
    whole += now - before;
    recorded += sampled ? 2 * (sampled_call - 500) : 0;
    return sampled;
  }
};

} // namespace

TEST_CASE("sampling: every n-th step from the first is recorded, the others only compute") {
  satur::monitor mon({.sampling = {.every = 10}}, fake_clock);
  std::vector<float> const z{-6.0f, -0.25f, 0.0f, 1.5f, 7.0f};
  std::vector<float> expected(z.size());
  std::vector<float> expected_slope(z.size());
  satur::forward(satur::tanh{}, z, expected, expected_slope);
  readings = 0;
  std::uint64_t recorded = 0;
  for (int step = 0; step < 95; ++step) {
    CHECK(mon.sampling_now() == (step % 10 == 0));
    std::vector<float> a(z.size(), -1.0f);
    std::vector<float> b(z.size(), -1.0f);
    std::vector<float> slope(z.size(), -1.0f);
    mon["fc"].forward(satur::tanh{}, z, a);
    mon["fc"].forward(satur::tanh{}, z, b, slope);
    mon["fc"].observe(satur::tanh{}, z);
    mon["fc"].gradient(z);
    mon["fc"].update(z, a);
    mon["fc"].add(satur::observe(satur::tanh{}, z));
    CHECK(a == expected); // bit for bit, sampled or not
    CHECK(b == expected);
    CHECK(slope == expected_slope);
    recorded += mon.at("fc").current().saturation.count;
    mon.end_step();
  }
  CHECK(recorded == 10 * 4 * z.size());
  CHECK(mon.steps() == 95);
  CHECK(mon.sampling().seen == 95);
  CHECK(mon.sampling().sampled == 10);
  CHECK(mon.at("fc").total().saturation.count == recorded);
  CHECK(mon.at("fc").total().gradient.count == 10 * z.size());
  CHECK(mon.at("fc").total().update.steps == 10);
  CHECK(mon.at("fc").last().saturation.count == 4 * z.size()); // of step 90, though 94 was the last
  CHECK(mon.at("fc").history().back().step == 90);
  CHECK(readings == 0); // no budget, no clock
  std::ostringstream text;
  text << mon;
  CHECK(text.str().find("sampled: 10 of 95 steps") != std::string::npos);
}

TEST_CASE("sampling: the cost stays within the budget and uses it") {
  for (double const budget : {0.001, 0.01, 0.1}) {
    CAPTURE(budget);
    loop l({.budget = budget});
    CHECK(l.step()); // the first is always sampled
    for (int i = 1; i < 20000; ++i) {
      if (l.step() && i > 1) { // after each sample but the first all is paid for
        REQUIRE(static_cast<double>(l.recorded) <= budget * static_cast<double>(l.whole - l.recorded));
      }
    }
    double const share = static_cast<double>(l.recorded) / static_cast<double>(l.whole - l.recorded);
    double const most = 2000.0 / 101000.0;         // sampling all steps
    CHECK(share > 0.93 * std::fmin(budget, most)); // a twentieth is kept for what it costs outside of the calls
    CHECK(l.mon.sampling().overhead() == doctest::Approx(1.05 * share).epsilon(0.03));
    CHECK(l.mon.sampling().seen == 20000);
    CHECK(l.mon.sampling().sampled * 2000 == l.recorded);
  }
}

TEST_CASE("sampling: the budget follows the cost, and a pause allows no burst") {
  loop l({.budget = 0.01});
  for (int i = 0; i < 1000; ++i) {
    l.step();
  }
  l.sampled_call = 15500; // fifteen times as dear, from now on
  std::uint64_t const recorded = l.recorded;
  std::uint64_t const whole = l.whole;
  for (int i = 0; i < 20000; ++i) {
    l.step();
  }
  double const share = static_cast<double>(l.recorded - recorded) / static_cast<double>(l.whole - whole);
  CHECK(share < 0.0102); // the first dear sample was not expected
  CHECK(share > 0.0093);

  l.step(std::uint64_t{3600} * 1000000000); // somebody looked at it in a debugger
  int sampled = 0;
  for (int i = 0; i < 100; ++i) {
    sampled += l.step() ? 1 : 0;
  }
  CHECK(sampled <= 6); // two at once, then one in thirty
}

TEST_CASE("sampling: steps that are interrupted do not make recording look cheap") {
  for (std::size_t const from : {0u, 50u}) { // from the first step that is not sampled, or later
    CAPTURE(from);
    loop l({.budget = 0.01});
    for (std::size_t i = 0; i < 20000; ++i) {
      l.interruption = i >= from && i % 40 == from % 40 ? 4000000 : l.interruption; // by another program
      l.step();
    }
    CHECK(l.recorded <= 0.0102 * static_cast<double>(l.whole - l.recorded));
    CHECK(l.mon.sampling().sampled > 5000); // the interruptions are most of the time, and pay for it
  }
}

TEST_CASE("sampling: interval and budget together") {
  loop l({.every = 7, .budget = 0.5}); // the budget would allow every step
  for (int i = 0; i < 70; ++i) {
    CHECK(l.step() == (i % 7 == 0));
  }
}

TEST_CASE("sampling: time between phases is part of no step") {
  loop l({.budget = 0.01});
  for (int i = 0; i < 200; ++i) {
    l.step();
  }
  std::uint64_t const step_ns = l.mon.sampling().step_ns;
  l.mon.eval();
  now += 1000000000;
  l.mon["fc"].observe(satur::sigmoid{}, l.z);
  l.mon.end_step();
  l.mon.train();
  l.step();
  CHECK(l.mon.sampling().step_ns - step_ns < 110000);
  CHECK(l.mon.sampling(satur::phase::eval).seen == 1);
}

TEST_CASE("sampling: options out of range throw with a message") {
  using doctest::Contains;
  auto const make = [](satur::monitor_options const& o) { satur::monitor const mon(o); };
  CHECK_THROWS_WITH_AS(make({.sampling = {.every = 0}}), Contains("every is 0"), std::invalid_argument);
  CHECK_THROWS_WITH_AS(make({.sampling = {.budget = -0.1}}), Contains("budget is -0.1"), std::invalid_argument);
  CHECK_THROWS_WITH_AS(make({.sampling = {.budget = 1.5}}), Contains("[0, 1]"), std::invalid_argument);
  CHECK_THROWS_AS(make({.sampling = {.budget = std::numeric_limits<double>::quiet_NaN()}}), std::invalid_argument);
  CHECK_THROWS_WITH_AS(make({.history = {.lines = 1}}), Contains("lines is 1"), std::invalid_argument);
  CHECK_THROWS_AS(make({.history = {.lines = std::size_t{1} << 40}}), std::invalid_argument);
  CHECK_THROWS_WITH_AS(make({.rule = satur::z_beyond{-1.0}}), Contains("threshold"), std::invalid_argument);
  CHECK_NOTHROW(make({.rule = satur::rules::sagemaker(), .history = {.lines = 0}}));
}

TEST_CASE("sampling: updates are read in one sampled step in n") {
  for (std::size_t const n : {0u, 1u, 3u}) {
    satur::monitor mon({.updates = n, .sampling = {.every = 2}});
    for (int step = 0; step < 20; ++step) {
      mon["fc"].update(std::vector<double>{1.0, 2.0}, std::vector<double>{0.1, 0.3});
      mon["fc"].update(std::vector<double>{1.0}, std::vector<double>{0.1}); // of one value: no ratio
      mon.end_step();
    }
    std::uint64_t const expected = n == 0 ? 0 : n == 1 ? 10 : 4; // of ten sampled steps 0, 3, 6 and 9
    CHECK(mon.at("fc").total().update.steps == expected);
    CHECK(mon.at("fc").total().update.unusable == expected);
  }
}
