// A finding log remembers since when a finding holds, and how far ahead of the loss it came.
#include "satur/report/finding_log.hpp"
#include "satur/activation/sigmoid.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <sstream>
#include <vector>

namespace {

/// A layer that is saturated from step `from` to step `to`, under a loss that stays at chance from step `flat` on.
satur::finding_log log_of(int steps, int from, int to, int flat, bool with_loss = true, int every = 10,
                          int judged_from = 0) {
  std::vector<double> const good{-1.0, 1.0, 0.5, -0.5};
  std::vector<double> const flat_z{-30.0, -31.0, -32.0, -33.0};
  satur::monitor mon;
  satur::finding_log log;
  for (int step = 0; step < steps; ++step) {
    mon["fc"].observe(satur::sigmoid{}, step >= from && step < to ? flat_z : good);
    if (with_loss) {
      mon.loss(step < flat ? 2.3 - 0.01 * step : 2.3, 2.3);
    }
    mon.end_step();
    if (step + 1 >= judged_from && (step + 1) % every == 0) {
      log.judge(mon);
    }
  }
  return log;
}

} // namespace

TEST_CASE("finding log: first and last step of a finding, without a loss") {
  satur::finding_log const log = log_of(100, 25, 60, 0, false);
  REQUIRE(log.entries().size() == 1);
  CHECK(log.entries()[0].layer == "fc");
  CHECK(log.entries()[0].first_step == 30); // the first judgment after step 25
  CHECK(log.entries()[0].last_step == 60);
  CHECK(log.entries()[0].times == 4); // at 30, 40, 50, 60
  CHECK_FALSE(log.loss_failed_at());
  CHECK_FALSE(log.lead(log.entries()[0]));
  CHECK(log_of(100, 200, 300, 0, false).entries().empty());
}

TEST_CASE("finding log: the lead is counted to the judgment at which the loss failed") {
  satur::finding_log const log = log_of(100, 45, 100, 0); // at chance from the start
  REQUIRE(log.entries().size() >= 1);
  REQUIRE(log.loss_failed_at());
  CHECK(*log.loss_failed_at() == 10);
  CHECK(log.entries()[0].first_step == 50);
  CHECK(*log.lead(log.entries()[0]) == -40);
  satur::logged_finding early = log.entries()[0];
  early.first_step = 3;
  CHECK(*log.lead(early) == 7);
  std::ostringstream out;
  out << log;
  CHECK(out.str().find("fc: ") == 0);
  CHECK(out.str().find(": steps 50 to 100, 40 steps after the loss failed\n") != std::string::npos);
  CHECK_FALSE(log_of(100, 45, 100, 1000).loss_failed_at()); // the loss falls
}

TEST_CASE("finding log: one step after the loss failed") {
  int began = 0; // the first judgment that has the finding, if each step is judged
  for (; log_of(began, 0, 100, 0, true, 1).entries().empty(); ++began) {
    REQUIRE(began < 100);
  }
  std::ostringstream out;
  out << log_of(began, 0, 100, 0, true, 1, began - 1); // the loss is at chance from step 10 on
  CAPTURE(out.str());
  CHECK(out.str().find(", 1 step after the loss failed\n") != std::string::npos);
}

TEST_CASE("finding log: z and gradients outside their formats are two, though the cause has one name") {
  satur::monitor mon({.formats = {.z = {satur::formats::fp8_e4m3, 1e6}, .gradient = {satur::formats::fp8_e4m3, 1e-6}}});
  satur::finding_log log;
  for (int step = 0; step < 2; ++step) {
    mon["fc"].observe(satur::sigmoid{}, std::vector<double>{-1.0, 1.0, 0.5, -0.5});
    mon["fc"].gradient(std::vector<double>{-1.0, 1.0, 0.5, -0.5});
    mon.end_step();
    log.judge(mon);
  }
  REQUIRE(log.entries().size() == 2);
  CHECK(log.entries()[0].numbers == satur::layer_numbers::z);
  CHECK(log.entries()[1].numbers == satur::layer_numbers::gradient);
  CHECK(log.entries()[1].times == 2);
  std::ostringstream out;
  out << log;
  CHECK(out.str() == "fc: z: the scale: steps 1 to 2\nfc: dL/dz: the scale: steps 1 to 2\n");
}
