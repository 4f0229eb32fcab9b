// Merging monitors: exact in counters, in any order; phases apart; snapshots; several threads.
#include "satur/diagnostic.hpp"

#include "support/same_counters.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace {

std::vector<double> draw(std::mt19937_64& urbg, std::size_t n) {
  std::normal_distribution<double> normal(0.5, 4.0);
  std::vector<double> z(n);
  for (double& e : z) {
    e = normal(urbg);
  }
  if (n > 3) {
    z[0] = std::numeric_limits<double>::quiet_NaN();
    z[1] = std::numeric_limits<double>::infinity();
    z[2] = 0.0;
  }
  return z;
}

void check_close(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) {
    CHECK(std::isnan(a) == std::isnan(b));
  } else {
    CHECK(a == doctest::Approx(b).epsilon(1e-13));
  }
}
void check_same(satur::layer_record const& a, satur::layer_record const& b) {
  satur_test::check_same_counters(a, b);
  CHECK(a.update.steps == b.update.steps);
  CHECK(a.update.unusable == b.update.unusable);
  check_close(a.saturation.mean_derivative(), b.saturation.mean_derivative());
  check_close(a.saturation.mean_z(), b.saturation.mean_z());
  check_close(a.saturation.variance_z(), b.saturation.variance_z());
  check_close(a.gradient.rms(), b.gradient.rms());
  if (a.update.steps != 0) {
    check_close(a.update.log10_ratio(), b.update.log10_ratio());
  }
}
void check_same(satur::monitor const& a, satur::monitor const& b) {
  REQUIRE(a.size() == b.size());
  CHECK(a.steps() == b.steps());
  CHECK(a.sampling().sampled == b.sampling().sampled);
  for (satur::layer_monitor const& layer : a) {
    satur::layer_monitor const& other = b.at(layer.name());
    check_same(layer.total(), other.total());
    CHECK(layer.histograms() == other.histograms());
  }
}

} // namespace

TEST_CASE("monitor merge: associative and commutative for random splits, counters exact") {
  std::mt19937_64 urbg(7);
  for (int round = 0; round < 20; ++round) {
    std::vector<satur::monitor> parts;
    for (int i = 0; i < 5; ++i) {
      satur::monitor& mon = parts.emplace_back(satur::monitor_options{.histograms = 1});
      for (std::uint64_t steps = 1 + urbg() % 4; steps != 0; --steps) {
        for (char const* name : {"a", "b", "c"}) {
          if (urbg() % 4 != 0) {
            std::vector<double> const z = draw(urbg, 4 + urbg() % 50);
            mon[name].observe(satur::sigmoid{}, z);
            mon[name].gradient(z);
            mon[name].update(draw(urbg, 3), draw(urbg, 3));
          }
        }
        mon.end_step();
      }
    }
    satur::monitor forward = parts[0];
    for (int i = 1; i < 5; ++i) {
      forward += parts[static_cast<std::size_t>(i)];
    }
    satur::monitor const pairs = (parts[4] + parts[3]) + (parts[2] + (parts[1] + parts[0]));
    check_same(forward, pairs);
    satur::layer_record whole; // of one layer, by hand
    for (satur::monitor const& p : parts) {
      for (satur::layer_monitor const& layer : p) {
        if (layer.name() == "a") {
          whole += layer.total();
        }
      }
    }
    check_same(forward["a"].total(), whole);
  }
}

TEST_CASE("monitor merge: with itself, with an empty one, into a new one") {
  satur::monitor mon;
  mon["a"].observe(satur::tanh{}, std::vector<double>{-9.0, 0.1, 0.3});
  mon.end_step();
  satur::monitor twice = mon;
  twice += twice;
  CHECK(twice.at("a").total().saturation.count == 6);
  CHECK(twice.at("a").total().saturation.slope == (mon + mon).at("a").total().saturation.slope);
  satur::monitor same = mon;
  same += satur::monitor();
  CHECK(same == mon);
  satur::monitor fresh;
  fresh += mon;
  CHECK(fresh.at("a") == mon.at("a"));
  CHECK(fresh.steps() == 1);
  fresh["a"].observe(satur::tanh{}, std::vector<double>{1.0}); // and goes on
  fresh.end_step();
  CHECK(fresh.at("a").history().back().step == 1);
}

TEST_CASE("monitor merge: incompatible monitors throw with a message and nothing changes") {
  satur::monitor a(satur::z_beyond{5.0});
  satur::monitor b(satur::slope_below{});
  CHECK_THROWS_WITH_AS(a += b, doctest::Contains("|z| > 5 with one that counts slope < 2.66 %"), std::invalid_argument);
  satur::monitor c;
  a["x"].observe(satur::tanh{}, std::vector<double>{1.0});
  a["y"].observe(satur::tanh{}, std::vector<double>{1.0});
  c["x"].observe(satur::tanh{}, std::vector<double>{1.0});
  c["y"].observe(satur::relu{}, std::vector<double>{1.0});
  a.end_step();
  c.end_step();
  satur::monitor const before = a;
  CHECK_THROWS_WITH_AS(a += c, doctest::Contains("layer y: "), std::invalid_argument);
  CHECK(a == before);
}

TEST_CASE("monitor: a copy is a snapshot of everything") {
  satur::monitor mon({.histograms = 1});
  auto const step = [&](double z) {
    mon["fc"].observe(satur::sigmoid{}, std::vector<double>{z});
    mon.end_step();
  };
  step(1.0);
  satur::monitor const snapshot = mon;
  CHECK(snapshot == mon);
  step(7.0);
  CHECK_FALSE(snapshot == mon);
  CHECK(snapshot.at("fc").total().saturation.count == 1);
  satur::monitor back = snapshot;
  back["fc"].observe(satur::sigmoid{}, std::vector<double>{7.0});
  back.end_step();
  CHECK(back == mon);
}

TEST_CASE("monitor: training and evaluation are separate and named") {
  satur::monitor mon({.histograms = 1, .sampling = {.every = 2}});
  mon["fc"].observe(satur::sigmoid{}, std::vector<double>{0.0, 0.0});
  mon.eval();
  CHECK(mon.phase() == satur::phase::eval);
  CHECK(mon.sampling_now()); // the first of evaluation
  mon["fc"].observe(satur::sigmoid{}, std::vector<double>{9.0, 9.0, 9.0});
  mon["new in evaluation"].observe(satur::sigmoid{}, std::vector<double>{9.0});
  mon.end_step();
  mon.train(); // the training step was not closed: it goes on
  mon["fc"].observe(satur::sigmoid{}, std::vector<double>{0.0});
  mon.end_step();
  satur::layer_monitor const& fc = mon.at("fc");
  using enum satur::phase;
  CHECK(fc.total().saturation.count == 3);
  CHECK(fc.total().saturation.high == 0);
  CHECK(fc.total(eval).saturation.count == 3);
  CHECK(fc.total(eval).saturation.high == 3);
  CHECK(fc.last(eval).saturation.fraction() == 1.0);
  CHECK(fc.history().size() == 1);
  CHECK(fc.history(eval).size() == 1);
  CHECK(fc.histograms()->z.total() == 3);
  CHECK(fc.histograms(eval)->z.total() == 3);
  CHECK(mon.at("new in evaluation").total().saturation.empty());
  CHECK_FALSE(mon.at("new in evaluation").histograms().has_value());
  CHECK(mon.steps() == 1);
  CHECK(mon.steps(eval) == 1);
  std::ostringstream text;
  text << mon;
  std::size_t const training = text.str().find("training, the last of 1 step");
  std::size_t const evaluation = text.str().find("evaluation, the last of 1 step");
  CHECK(training != std::string::npos);
  CHECK(evaluation != std::string::npos);
  CHECK(training < evaluation);
}

TEST_CASE("monitor: start_window clears windows, clear() keeps only names, options and sampling interval") {
  satur::monitor mon({.histograms = 1, .sampling = {.every = 3}});
  for (int i = 0; i < 4; ++i) {
    mon["fc"].observe(satur::sigmoid{}, std::vector<double>{1.0});
    mon.end_step();
  }
  CHECK(mon.at("fc").histograms()->z.total() == 2);
  mon.start_window();
  CHECK(mon.at("fc").histograms()->z.total() == 0);
  CHECK(mon.at("fc").total().saturation.count == 2);
  mon.clear();
  CHECK(mon.size() == 1);
  CHECK(mon.steps() == 0);
  CHECK(mon.sampling().sampled == 0);
  CHECK(mon.at("fc").total() == satur::layer_record{});
  CHECK(mon.at("fc").last() == satur::layer_record{});
  CHECK(mon.at("fc").history().empty());
  CHECK(mon.options() == satur::monitor_options{.histograms = 1, .sampling = {.every = 3}});
  int sampled = 0; // steps 0 and 3 were; 6 is next, two steps on
  for (int i = 0; i < 3; ++i) {
    sampled += mon.sampling_now() ? 1 << i : 0;
    mon.end_step();
  }
  CHECK(sampled == 1 << 2);
}

TEST_CASE("monitor: layers are found in any order") {
  satur::monitor mon;
  std::vector<std::string> names;
  for (int i = 0; i < 60; ++i) {
    names.push_back("layer " + std::to_string(i));
    static_cast<void>(mon[names.back()]);
  }
  std::mt19937_64 urbg(3);
  for (int round = 0; round < 200; ++round) {
    std::string const& name = names[urbg() % names.size()];
    REQUIRE(mon[name].name() == name);
  }
  CHECK(mon.size() == 60);
}

TEST_CASE("monitor threads: one step gives the records of a single-threaded monitor") {
  satur::monitor_options const options{.histograms = 1, .sampling = {.every = 3}};
  satur::shared_monitor shared(options);
  satur::monitor single(options);
  std::mt19937_64 urbg(11);
  constexpr std::size_t threads = 4;
  for (int step = 0; step < 10; ++step) {
    bool const evaluating = step == 5;
    if (evaluating) {
      shared.eval();
      single.eval();
    }
    std::vector<std::vector<double>> parts;
    for (std::size_t t = 0; t < threads; ++t) {
      parts.push_back(draw(urbg, 50));
    }
    std::vector<std::thread> pool;
    for (std::vector<double> const& z : parts) {
      single["fc1"].observe(satur::sigmoid{}, z);
      single["fc1"].gradient(z);
      single["fc2"].observe(satur::tanh{}, z);
      pool.emplace_back([&] {
        satur::monitor& mine = shared.local();
        mine["fc1"].observe(satur::sigmoid{}, z);
        mine["fc1"].gradient(z);
        shared.local()["fc2"].observe(satur::tanh{}, z);
      });
    }
    for (std::thread& t : pool) {
      t.join();
    }
    int told = 0;
    struct counting {
      int& n;
      void on_step(satur::monitor const&) { ++n; }
    };
    bool const sampled = shared.sampling_now();
    shared.end_step(counting{told});
    CHECK(told == (sampled ? 1 : 0));
    single.end_step();
    if (evaluating) {
      shared.train();
      single.train();
    }
  }
  check_same(shared.merged(), single);
  CHECK(shared.merged().steps() == 9);
  CHECK(shared.merged().steps(satur::phase::eval) == 1);
  for (satur::layer_monitor const& layer : single) {
    satur::layer_monitor const& gathered = shared.merged().at(layer.name());
    check_same(gathered.last(), layer.last());
    check_same(gathered.total(satur::phase::eval), layer.total(satur::phase::eval));
    REQUIRE(gathered.history().size() == layer.history().size());
    CHECK(gathered.history().back().count == layer.history().back().count);
    CHECK(gathered.history().back().step == 6);
  }
  shared.clear();
  CHECK(shared.merged().steps() == 0);
}

TEST_CASE("monitor threads: two activations for one layer throw") {
  satur::shared_monitor shared;
  shared.local()["fc"].observe(satur::tanh{}, std::vector<double>{1.0});
  std::thread([&] { shared.local()["fc"].observe(satur::relu{}, std::vector<double>{1.0}); }).join();
  CHECK(shared.threads() == 2);
  CHECK_THROWS_WITH_AS(shared.end_step(), doctest::Contains("one activation and one rule"), std::invalid_argument);
}

TEST_CASE("monitor: histograms of one block in n select every block in turn") {
  satur::monitor all({.histograms = 1});
  satur::monitor some({.histograms = 4});
  std::vector<float> z(10 * 256 + 100);
  for (std::size_t i = 0; i < z.size(); ++i) {
    z[i] = static_cast<float>(i) * 0.01f - 13.0f;
  }
  std::vector<float> y(z.size());
  std::vector<float> slope(z.size());
  for (int step = 0; step < 4; ++step) {
    if (step == 0) {
      all["fc"].forward(satur::sigmoid{}, z, y, slope);
      all["fc"].gradient(z);
      all["lazy"].observe(satur::sigmoid{}, std::vector<double>(z.begin(), z.end()));
      all.end_step();
    }
    some["fc"].forward(satur::sigmoid{}, z, y, slope);
    some["fc"].gradient(z);
    some["lazy"].observe(satur::sigmoid{}, std::vector<double>(z.begin(), z.end()));
    some.end_step();
    CHECK(some.at("fc").histograms()->z.total() < static_cast<std::uint64_t>(step + 1) * 4 * 256);
  }
  // four steps of a quarter each are all of one step
  CHECK(some.at("fc").histograms() == all.at("fc").histograms());
  CHECK(some.at("lazy").histograms() == all.at("lazy").histograms());
  satur::monitor none;
  none["fc"].observe(satur::sigmoid{}, z);
  CHECK_FALSE(none.at("fc").histograms().has_value());
  none["fc"].draw_histograms(1); // this layer alone
  none["fc"].observe(satur::sigmoid{}, z);
  none["other"].observe(satur::sigmoid{}, z);
  CHECK(none.at("fc").histograms()->z.total() == z.size());
  CHECK_FALSE(none.at("other").histograms().has_value());
}
