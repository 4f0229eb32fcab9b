// A monitor's memory field by field: merged, reset, used twice, in both phases, by several threads.
#include "satur/activation/tanh.hpp"
#include "satur/monitor/shared_monitor.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <limits>
#include <set>
#include <span>
#include <string>
#include <thread>
#include <vector>

namespace {

using satur::phase;
using satur::unit_layout;
constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double none = std::numeric_limits<double>::quiet_NaN();
constexpr std::array<phase, 2> phases{phase::train, phase::eval};

std::uint64_t now = 0;
std::uint64_t fake_clock() { return now += 100; }
void work() { now += 1000000; } // the rest of a step: a budget pays for recording each

satur::monitor_options const everything{.histograms = 1, .units = true, .sampling = {.budget = 1.0}};

/// Adds a block of `samples` samples of three units, its gradients and its updates: each number is scaled by `scale`,
/// and NaN, infinity and 0 are among them.
void record(satur::layer_monitor& layer, std::size_t samples, double scale) {
  std::vector<double> z;
  std::vector<double> dz;
  for (std::size_t i = 0; i < 3 * samples; ++i) {
    double const x = static_cast<double>(i + 1) * scale;
    z.push_back(i % 3 == 0 ? x : i % 3 == 1 ? -4.0 * x : 0.125 * x);
    dz.push_back(i % 4 == 0 ? 0.0 : 0.5 * x);
  }
  z[2] = none;
  z[4] = -infinity;
  dz[1] = none;
  dz[3] = infinity;
  dz[5] = -infinity;
  layer.observe(satur::tanh{}, z, unit_layout::matrix(samples, 3));
  layer.gradient(dz, unit_layout::matrix(samples, 3));
  layer.update(std::vector<double>{1.0, 2.0, 4.0}, std::vector<double>{0.5, 0.25 * scale, 0.125}, -0.125);
  layer.update(std::vector<double>{1.0, 1.0}, std::vector<double>{0.5, 0.25}); // constant weights: no ratio
}

/// Two closed steps and one begun in training, three closed and one begun in evaluation, of as many samples as no other
/// step has.
void train_and_evaluate(satur::monitor& mon, std::size_t samples, double scale) {
  mon.train();
  for (int i = 0; i < 2; ++i) {
    record(mon["fc"], samples++, scale);
    work();
    mon.end_step();
  }
  record(mon["fc"], samples++, scale);
  mon.eval();
  for (int i = 0; i < 3; ++i) {
    record(mon["fc"], samples++, scale);
    work();
    mon.end_step();
  }
  record(mon["fc"], samples++, scale);
}
satur::monitor first_run() {
  satur::monitor mon(everything, fake_clock);
  train_and_evaluate(mon, 2, 1.0);
  return mon;
}
satur::monitor second_run() {
  satur::monitor mon(everything, fake_clock);
  train_and_evaluate(mon, 20, 1.5);
  mon["second only"].observe(satur::tanh{}, std::vector<double>{7.0});
  return mon;
}

template <class R> R sum_of(R a, R const& b) {
  a += b;
  return a;
}

/// All that the layer remembers of the phase.
void check_same(satur::layer_monitor const& a, satur::layer_monitor const& b, phase p) {
  CHECK(a.current(p) == b.current(p));
  CHECK(a.last(p) == b.last(p));
  CHECK(a.total(p) == b.total(p));
  CHECK(a.history(p) == b.history(p));
  CHECK(a.histograms(p) == b.histograms(p));
  CHECK(a.units(p) == b.units(p));
}

void observe(satur::shared_monitor& mon, double z) { mon.local()["fc"].observe(satur::tanh{}, std::vector<double>{z}); }
template <class F> void in_another_thread(F&& f) { std::thread(f).join(); }

} // namespace

TEST_CASE("monitor merge: every record of both phases is summed") {
  satur::monitor const a = first_run();
  satur::monitor const b = second_run();
  satur::layer_monitor const& x = a.at("fc");
  satur::layer_monitor const& y = b.at("fc");
  satur::monitor const sum = a + b;
  for (phase const p : phases) {
    satur::layer_monitor const& layer = sum.at("fc");
    // What is summed up is there, and differs from a default and between the two.
    REQUIRE(x.current(p).update.unusable == 1);
    REQUIRE(x.last(p).gradient.zeros != 0);
    REQUIRE(x.last(p).saturation.nan == 1);
    REQUIRE_FALSE(x.last(p) == y.last(p));
    REQUIRE_FALSE(x.last(p) == x.total(p));
    CHECK(layer.current(p) == sum_of(x.current(p), y.current(p)));
    CHECK(layer.last(p) == sum_of(x.last(p), y.last(p)));
    CHECK(layer.total(p) == sum_of(x.total(p), y.total(p)));
    CHECK(layer.history(p) == sum_of(x.history(p), y.history(p)));
    CHECK(*layer.histograms(p) == sum_of(*x.histograms(p), *y.histograms(p)));
    CHECK(*layer.units(p) == sum_of(*x.units(p), *y.units(p)));
    CHECK(sum.sampling(p) == sum_of(a.sampling(p), b.sampling(p)));
    CHECK(sum.sampling(p).record_ns == a.sampling(p).record_ns + b.sampling(p).record_ns);
    CHECK(a.sampling(p).record_ns != 0);
    CHECK(sum.steps(p) == (p == phase::train ? 4 : 6));
  }
  CHECK(sum.at("second only") == b.at("second only"));
  CHECK(sum.phase() == phase::eval);
  CHECK(sum.size() == 2);
  CHECK((b + a).size() == 2);
  CHECK((b + a).at("fc").last(phase::eval).saturation.count ==
        x.last(phase::eval).saturation.count + y.last(phase::eval).saturation.count);
}

TEST_CASE("monitor: one block in n, the same for any container, all blocks in n steps") {
  std::vector<double> z(20000); // not a whole number of blocks of 256, and more than is read at once from a deque
  for (std::size_t i = 0; i < z.size(); ++i) {
    z[i] = static_cast<double>(i) * 0.003 - 30.0;
  }
  std::deque<double> const scattered(z.begin(), z.end());
  satur::monitor some({.histograms = 3});
  satur::monitor all({.histograms = 1});
  all["memory"].observe(satur::tanh{}, z);
  all.end_step();
  std::uint64_t drawn = 0;
  for (std::size_t step = 0; step < 3; ++step) {
    CAPTURE(step);
    some["memory"].observe(satur::tanh{}, z);
    some["elsewhere"].observe(satur::tanh{}, scattered);
    some["memory"].gradient(z);
    some.end_step();
    satur::layer_histograms const& h = *some.at("memory").histograms();
    CHECK(h.z == some.at("elsewhere").histograms()->z);
    CHECK(h.slope == some.at("elsewhere").histograms()->slope);
    satur::histogram by_hand = satur::histogram::of_z();
    for (std::size_t block = 0; block * 256 < z.size(); ++block) {
      if ((block + step) % 3 == 0) {
        by_hand.observe(
            std::span<double const>(z).subspan(block * 256, std::min<std::size_t>(256, z.size() - block * 256)));
      }
    }
    drawn += by_hand.total();
    CHECK(h.z.total() == drawn);
  }
  CHECK(some.at("memory").histograms()->z == all.at("memory").histograms()->z);
  CHECK(some.at("memory").histograms()->slope == all.at("memory").histograms()->slope);
  CHECK(some.at("memory").histograms()->gradient.total() == z.size());
}

TEST_CASE("monitor merge: a stop request of either monitor is kept") {
  satur::monitor a;
  satur::monitor const b;
  a.request_stop();
  CHECK((a + b).stop_requested());
  CHECK((b + a).stop_requested());
  CHECK_FALSE((b + b).stop_requested());
}

TEST_CASE("monitor merge: windows that only one monitor has") {
  satur::monitor with = first_run();
  satur::monitor without(satur::monitor_options{.sampling = everything.sampling}, fake_clock);
  train_and_evaluate(without, 7, 1.25);
  CHECK((without + with).at("fc").histograms(phase::eval) == with.at("fc").histograms(phase::eval));
  CHECK((with + without).at("fc").histograms() == with.at("fc").histograms());
  CHECK((without + with).at("fc").units() == with.at("fc").units());
  CHECK((with + without).at("fc").units(phase::eval) == with.at("fc").units(phase::eval));
}

TEST_CASE("monitor: clear() clears every record and count of both phases and the stop request") {
  satur::monitor mon = first_run();
  mon.request_stop();
  satur::monitor const before = mon;
  mon.clear();
  satur::layer_monitor const& fc = mon.at("fc");
  for (phase const p : phases) {
    CHECK(fc.current(p) == satur::layer_record{});
    CHECK(fc.last(p) == satur::layer_record{});
    CHECK(fc.total(p) == satur::layer_record{});
    CHECK(fc.history(p).empty());
    CHECK(fc.history(p).seen() == 0);
    CHECK(*fc.histograms(p) == satur::layer_histograms{});
    CHECK(fc.units(p)->size() == 3);
    CHECK(fc.units(p)->empty());
    CHECK(fc.units(p)->lifetime() == 0);
    CHECK(fc.units(p)->saturated_samples() == 0);
    satur::sampling_record expected = before.sampling(p); // the rhythm goes on
    REQUIRE(expected.record_ns != 0);
    REQUIRE(expected.step_ns != 0);
    expected.seen = expected.sampled = expected.record_ns = expected.step_ns = 0;
    CHECK(mon.sampling(p) == expected);
  }
  CHECK_FALSE(mon.stop_requested());
  CHECK(mon.phase() == phase::eval);
  CHECK(mon.options() == before.options());
}

TEST_CASE("monitor: after clear() it records like a new one") {
  for (bool const long_first : {false, true}) {
    CAPTURE(long_first);
    satur::monitor_options const options{.histograms = 1, .units = true};
    satur::monitor used(options);
    satur::monitor fresh(options);
    train_and_evaluate(used, long_first ? 30 : 2, 1.0);
    used.clear();
    for (satur::monitor* const mon : {&used, &fresh}) {
      train_and_evaluate(*mon, long_first ? 2 : 30, 1.5);
    }
    for (phase const p : phases) {
      check_same(used.at("fc"), fresh.at("fc"), p);
      CHECK(used.steps(p) == fresh.steps(p));
    }
    CHECK(used == fresh.operator=(used)); // a copy by assignment is the same in everything
  }
}

TEST_CASE("monitor: windows of the two phases are separate") {
  satur::monitor mon = first_run();
  satur::monitor const before = mon;
  mon.start_window(); // of evaluation
  CHECK(*mon.at("fc").histograms(phase::eval) == satur::layer_histograms{});
  CHECK(mon.at("fc").units(phase::eval)->samples() == 0);
  CHECK(mon.at("fc").units(phase::eval)->lifetime() == before.at("fc").units(phase::eval)->lifetime());
  CHECK(mon.at("fc").histograms() == before.at("fc").histograms());
  CHECK(mon.at("fc").units() == before.at("fc").units());
  for (phase const p : phases) {
    CHECK(mon.at("fc").total(p) == before.at("fc").total(p));
  }
}

TEST_CASE("monitor: time before entering a phase is not part of its steps") {
  satur::monitor mon(satur::monitor_options{.sampling = {.budget = 0.5}}, fake_clock);
  auto const pause = [] { now += 1000000000; };
  for (phase const p : {phase::train, phase::eval, phase::train}) {
    pause();
    p == phase::train ? mon.train() : mon.eval();
    work();
    mon.end_step();
  }
  CHECK(mon.sampling().step_ns > 2000000); // two steps
  CHECK(mon.sampling().step_ns < 2001000);
  CHECK(mon.sampling(phase::eval).step_ns > 1000000);
  CHECK(mon.sampling(phase::eval).step_ns < 1001000);
}

TEST_CASE("monitor: operator== compares every field") {
  satur::monitor const a = first_run();
  satur::monitor b = a;
  CHECK(b == a);
  b.train();
  CHECK_FALSE(b == a);
  b.eval();
  CHECK(b == a);
  b.request_stop();
  CHECK_FALSE(b == a);
  b = a;
  b["fc"].draw_histograms(2);
  CHECK_FALSE(b == a);
  b = a;
  b["fc"].record_units(false);
  CHECK_FALSE(b == a);
  b = a;
  static_cast<void>(b["new"]);
  CHECK_FALSE(b == a);
  b = a;
  b["fc"].gradient(std::vector<double>{1.0});
  CHECK_FALSE(b == a);
  b = a;
  b.start_window();
  CHECK_FALSE(b == a);
}

TEST_CASE("monitor threads: clear() in the middle of a step discards its records") {
  satur::shared_monitor mon(satur::monitor_options{.histograms = 1, .units = true});
  auto const record_block = [&](std::size_t samples) { record(mon.local()["fc"], samples, 1.0); };
  record_block(4);
  in_another_thread([&] { record_block(9); });
  mon.end_step();
  record_block(5);
  in_another_thread([&] { record_block(11); });
  mon.clear();
  CHECK_FALSE(mon.stop_requested());
  record_block(3);
  mon.end_step();
  satur::monitor alone(satur::monitor_options{.histograms = 1, .units = true});
  record(alone["fc"], 3, 1.0);
  alone.end_step();
  check_same(mon.merged().at("fc"), alone.at("fc"), phase::train);
  CHECK(mon.merged().steps() == 1);
}

TEST_CASE("monitor threads: a step begun in one phase stays in that phase") {
  satur::shared_monitor mon;
  observe(mon, 1.0);
  in_another_thread([&] { observe(mon, 2.0); });
  mon.eval();
  CHECK(mon.local().phase() == phase::eval);
  CHECK(mon.local()["fc"].phase() == phase::eval);
  observe(mon, -7.0);
  in_another_thread([&] { mon.local()["late"].observe(satur::tanh{}, std::vector<double>{-8.0, -9.0}); });
  mon.end_step();
  satur::monitor const& merged = mon.merged();
  CHECK(merged.phase() == phase::eval);
  CHECK(merged.at("fc").total(phase::eval).saturation.count == 1);
  CHECK(merged.at("fc").total(phase::eval).saturation.low == 1);
  CHECK(merged.at("late").total(phase::eval).saturation.low == 2);
  CHECK(merged.at("fc").total().saturation.empty());
  mon.train();
  observe(mon, 9.0);
  mon.end_step();
  CHECK(merged.at("fc").total().saturation.count == 3);
  CHECK(merged.at("fc").total().saturation.high == 1);
  CHECK(merged.at("fc").total().saturation.low == 0);
  CHECK(merged.at("fc").total(phase::eval).saturation.count == 1);
  CHECK(merged.steps() == 1);
  CHECK(merged.steps(phase::eval) == 1);
}

TEST_CASE("monitor threads: the time of a step is that of its slowest thread") {
  for (bool const slow_first : {false, true}) {
    CAPTURE(slow_first);
    satur::shared_monitor mon(satur::monitor_options{.sampling = {.budget = 1.0}}, fake_clock);
    mon.train();                       // from here on the time of a step is known
    auto const call = [&](int times) { // 100 ns each
      for (int i = 0; i < times; ++i) {
        observe(mon, 1.0);
      }
    };
    for (std::uint64_t step = 1; step <= 2; ++step) {
      CAPTURE(step);
      call(slow_first ? 3 : 1);
      in_another_thread([&] { // alive while the third one is: each has an id of its own
        call(2);
        in_another_thread([&] { call(slow_first ? 1 : 3); });
      });
      work();
      mon.end_step();                                         // 100 ns too
      CHECK(mon.merged().sampling().record_ns == 420 * step); // 4 calls, and a twentieth
    }
    CHECK(mon.merged().at("fc").total().saturation.count == 12);
  }
}

TEST_CASE("monitor threads: threads with reused ids lose nothing and count nothing twice") {
  satur::monitor_options const options{.histograms = 1, .units = true};
  satur::shared_monitor mon(options);
  satur::monitor alone(options);
  std::set<std::thread::id> ids;
  std::size_t samples = 2;
  for (int step = 0; step < 4; ++step) {
    for (int i = 0; i < 3; ++i) { // one after another, so that the system may reuse the id; a new size each time
      in_another_thread([&] {
        ids.insert(std::this_thread::get_id());
        record(mon.local()["fc"], samples, 1.0);
      });
      record(alone["fc"], samples++, 1.0);
    }
    mon.end_step();
    alone.end_step();
    satur::layer_record const& mine = mon.merged().at("fc").last();
    satur::layer_record const& expected = alone.at("fc").last();
    CHECK(mine.saturation.count == expected.saturation.count);
    CHECK(mine.saturation.high == expected.saturation.high);
    CHECK(mine.saturation.nan == expected.saturation.nan);
    CHECK(mine.gradient.count == expected.gradient.count);
    CHECK(mine.gradient.zeros == expected.gradient.zeros);
    CHECK(mine.update.unusable == expected.update.unusable);
    CHECK(mine.saturation.mean_z() == doctest::Approx(expected.saturation.mean_z()).epsilon(1e-14));
    CHECK(mon.merged().at("fc").histograms()->z == alone.at("fc").histograms()->z);
    CHECK(mon.merged().at("fc").units()->samples() == alone.at("fc").units()->samples());
    CHECK((*mon.merged().at("fc").units())[1].low == (*alone.at("fc").units())[1].low);
  }
  CHECK(mon.threads() == ids.size()); // one record for each id, not for each of the 12 threads
  CHECK(mon.merged().steps() == 4);
}

TEST_CASE("monitor threads: an unsampled step records nothing, also for a thread that joins then") {
  satur::shared_monitor mon(satur::monitor_options{.sampling = {.every = 2}});
  observe(mon, 1.0);
  mon.end_step();
  CHECK_FALSE(mon.sampling_now());
  observe(mon, 2.0);
  in_another_thread([&] { observe(mon, 3.0); });
  mon.end_step();
  CHECK(mon.sampling_now());
  observe(mon, 4.0);
  mon.end_step();
  CHECK(mon.merged().at("fc").total().saturation.count == 2);
  CHECK(mon.merged().at("fc").total().saturation.mean_z() == 2.5);
  CHECK(mon.merged().steps() == 3);
}

TEST_CASE("monitor: an update with a non-finite number has no ratio") {
  std::vector<double> const good{1.0, 2.0, 4.0};
  std::uint64_t unusable = 0;
  satur::monitor mon;
  for (double const bad : {none, infinity, -infinity}) {
    std::vector<double> const broken{1.0, bad, 4.0};
    mon["fc"].update(broken, good);
    CHECK(mon["fc"].current().update.unusable == ++unusable);
    mon["fc"].update(good, broken);
    CHECK(mon["fc"].current().update.unusable == ++unusable);
  }
  mon["fc"].update(good, good);
  CHECK(mon["fc"].current().update.steps == 1);
  CHECK(mon["fc"].current().update.unusable == unusable);
}
