// Monitors of replicas as one: what one monitor that saw all samples of each step would have.
#include "satur/monitor/replicas.hpp"
#include "satur/diagnostic.hpp"

#include "support/same_counters.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

namespace {

constexpr std::size_t replica_count = 3;
constexpr std::size_t rows = 40; // of a replica's part of a batch
constexpr std::size_t units = 5;
satur::monitor_options const everything{
    .histograms = 1, .units = true, .formats = satur::watched_formats::all(satur::formats::float16)};

/// Step `step` of every replica, and the same of one monitor that sees all samples. A replica that `skips` leaves it
/// out, in both.
struct run {
  std::vector<satur::monitor> parts{replica_count, satur::monitor(everything)};
  satur::monitor whole{everything};
  std::mt19937_64 urbg{5};

  void step(std::vector<double> const& loss, std::size_t takes_part = replica_count) {
    std::normal_distribution<double> normal(0.3, 4.0);
    std::vector<double> all;
    std::vector<double> w(60);
    std::vector<double> dw(60);
    for (std::size_t i = 0; i < w.size(); ++i) {
      w[i] = normal(urbg);
      dw[i] = 1e-3 * normal(urbg);
    }
    for (std::size_t r = 0; r < takes_part; ++r) {
      std::vector<double> z(rows * units);
      for (double& e : z) {
        e = normal(urbg);
      }
      z[r] = r == 1 ? std::numeric_limits<double>::quiet_NaN() : std::numeric_limits<double>::infinity();
      auto const layout = satur::unit_layout::matrix(rows, units);
      parts[r]["fc"].observe(satur::sigmoid{}, z, layout);
      parts[r]["fc"].gradient(z, layout);
      parts[r]["fc"].update(w, dw);
      parts[r].input(z, layout);
      parts[r].loss(loss[r], 2.0);
      parts[r].end_step();
      all.insert(all.end(), z.begin(), z.end());
    }
    auto const layout = satur::unit_layout::matrix(takes_part * rows, units);
    whole["fc"].observe(satur::sigmoid{}, all, layout);
    whole["fc"].gradient(all, layout);
    whole["fc"].update(w, dw);
    whole.input(all, layout);
    double sum = 0.0;
    for (std::size_t r = 0; r < takes_part; ++r) {
      sum += loss[r];
    }
    whole.loss(sum / static_cast<double>(takes_part), 2.0);
    whole.end_step();
  }
  [[nodiscard]] satur::monitor merged() const {
    satur::replicas all(parts[0]);
    for (std::size_t r = 1; r < parts.size(); ++r) {
      all += satur::replicas(parts[r]);
    }
    return all.merged();
  }
};

std::uint64_t now = 0;
/// Each reading is 100 later than the one before.
std::uint64_t fake_clock() { return now += 100; }

void check_near(double a, double b) { CHECK(a == doctest::Approx(b).epsilon(1e-12)); }
void check_same(satur::layer_record const& a, satur::layer_record const& b) {
  satur_test::check_same_counters(a, b);
  CHECK(a.update == b.update);
  check_near(a.saturation.mean_derivative(), b.saturation.mean_derivative());
  check_near(a.saturation.mean_z(), b.saturation.mean_z());
  check_near(a.saturation.variance_z(), b.saturation.variance_z());
  check_near(a.saturation.mean_output(), b.saturation.mean_output());
  check_near(a.gradient.rms(), b.gradient.rms());
}

} // namespace

TEST_CASE("replicas: what one monitor has that saw all samples") {
  run r;
  for (int step = 0; step < 7; ++step) {
    double const loss = 2.0 - 0.1 * step;
    r.step({loss, loss - 0.3, loss + 0.2});
  }
  satur::monitor const merged = r.merged();
  CHECK(merged.steps() == 7);
  CHECK(merged.sampling().sampled == 7);
  satur::layer_monitor const& one = r.whole.at("fc");
  satur::layer_monitor const& all = merged.at("fc");
  check_same(all.total(), one.total());
  check_same(all.last(), one.last());
  check_same(all.origin().first, one.origin().first);
  CHECK(all.origin().weights == one.origin().weights);
  CHECK(all.origin().first_weights == one.origin().first_weights);
  CHECK(all.origin().sampled == 7);
  CHECK(all.origin().last_step == 6);
  REQUIRE(one.origin().onset.has_value());
  satur::nonfinite_onset expected = *one.origin().onset;
  CHECK(expected.units == 3);
  expected.units = 1; // each replica has one, and not the same
  CHECK(all.origin().onset == expected);
  CHECK(all.histograms() == one.histograms());
  REQUIRE(all.formats().has_value());
  CHECK(all.formats()->total.z.count == one.formats()->total.z.count);
  CHECK(all.formats()->total.z.to_limit == one.formats()->total.z.to_limit);
  CHECK(all.formats()->last.z.count == one.formats()->last.z.count);
  REQUIRE(all.history().size() == 7);
  for (std::size_t i = 0; i < 7; ++i) {
    satur::history_line const& a = all.history()[i];
    satur::history_line const& b = one.history()[i];
    CHECK(a.step == b.step);
    CHECK(a.count == b.count);
    CHECK(a.low == b.low);
    CHECK(a.high == b.high);
    CHECK(a.nonfinite == b.nonfinite);
    CHECK(a.updates == b.updates);
    CHECK(a.log_update == b.log_update);
    check_near(a.slope, b.slope);
  }
  REQUIRE(all.units()->size() == units);
  CHECK(all.units()->samples() == one.units()->samples());
  for (std::size_t u = 0; u < units; ++u) {
    satur::unit_summary const a = (*all.units())[u];
    satur::unit_summary const b = (*one.units())[u];
    CHECK(a.nan == b.nan);
    CHECK(a.infinite == b.infinite);
    check_near(a.z_mean, b.z_mean);
    check_near(a.z_variance, b.z_variance);
  }
  CHECK(merged.inputs()->total().saturation.count == r.whole.inputs()->total().saturation.count);

  CHECK(merged.losses().seen() == 7);
  CHECK(merged.losses().chance() == 2.0);
  check_near(merged.losses().last(), r.whole.losses().last());
  REQUIRE(merged.losses().size() == r.whole.losses().size());
  for (std::size_t i = 0; i < 7; ++i) {
    check_near(merged.losses()[i].mean, r.whole.losses()[i].mean);
    CHECK(merged.losses()[i].count == 1);
  }
}

TEST_CASE("replicas: the first samples of units are those of all replicas") {
  satur::monitor_options const options{.units = true};
  satur::monitor a(options);
  satur::monitor b(options);
  satur::monitor both(options);
  std::vector<double> const za{1.0, 2.0, 5.0, -2.0};           // 2 samples of 2 units
  std::vector<double> const zb{0.5, 7.0, 3.0, 1.0, -4.0, 2.5}; // 3
  std::vector<double> z = za;
  z.insert(z.end(), zb.begin(), zb.end());
  a["fc"].observe(satur::tanh{}, za, satur::unit_layout::matrix(2, 2));
  b["fc"].observe(satur::tanh{}, zb, satur::unit_layout::matrix(3, 2));
  both["fc"].observe(satur::tanh{}, z, satur::unit_layout::matrix(5, 2));
  for (satur::monitor* const m : {&a, &b, &both}) {
    m->end_step();
  }
  satur::replicas all(a);
  all += satur::replicas(b);
  satur::layer_origin const& got = all.merged().at("fc").origin();
  satur::layer_origin const& want = both.at("fc").origin();
  CHECK(got.unit_samples == 5);
  REQUIRE(got.units.size() == 2);
  for (std::size_t u = 0; u < 2; ++u) {
    check_near(got.units[u].mean_z, want.units[u].mean_z);
    check_near(got.units[u].variance_z, want.units[u].variance_z);
  }
}

TEST_CASE("replicas: where one has values that are not finite in an earlier step, the later ones do not count") {
  satur::monitor early;
  satur::monitor late;
  for (int step = 0; step < 4; ++step) {
    std::vector<double> z{0.5, 1.0, -2.0};
    z[0] = step == 1 ? std::numeric_limits<double>::infinity() : 0.5;
    early["fc"].observe(satur::tanh{}, z);
    z = {0.5, 1.0, -2.0};
    z[1] = z[2] = step == 2 ? std::numeric_limits<double>::quiet_NaN() : 1.0;
    late["fc"].observe(satur::tanh{}, z);
    early.end_step();
    late.end_step();
  }
  REQUIRE(early.at("fc").origin().onset->step == 1);
  REQUIRE(late.at("fc").origin().onset->nan == 2);
  satur::replicas first(early);
  first += satur::replicas(late);
  CHECK(first.merged().at("fc").origin().onset == early.at("fc").origin().onset);
  satur::replicas second(late);
  second += satur::replicas(early);
  CHECK(second.merged().at("fc").origin().onset == early.at("fc").origin().onset);
}

TEST_CASE("replicas: times of sampling add up, steps do not, and one that asks to stop stops the run") {
  std::vector<satur::monitor> parts(2, satur::monitor({.sampling = {.budget = 0.5}}, fake_clock));
  std::vector<double> const z{0.5, 1.0};
  for (int step = 0; step < 20; ++step) {
    for (std::size_t r = 0; r < 2; ++r) {
      for (std::size_t call = 0; call <= 3 * r; ++call) {
        parts[r]["fc"].observe(satur::tanh{}, z);
      }
      parts[r].end_step();
    }
  }
  satur::sampling_record const& first = parts[0].sampling();
  satur::sampling_record const& second = parts[1].sampling();
  REQUIRE(first.record_ns > 0);
  REQUIRE(second.record_ns > first.record_ns);
  REQUIRE(first.step_ns > 0);
  REQUIRE(second.step_ns > 0);
  satur::replicas all(parts[0]);
  all += satur::replicas(parts[1]);
  satur::sampling_record const& both = all.merged().sampling();
  CHECK(both.record_ns == first.record_ns + second.record_ns);
  CHECK(both.step_ns == first.step_ns + second.step_ns);
  CHECK(both.seen == 20);
  CHECK(both.sampled == (std::max)(first.sampled, second.sampled));
  CHECK(!all.merged().stop_requested());

  parts[1].request_stop();
  for (std::size_t r = 0; r < 2; ++r) {
    satur::replicas stopped(parts[r]);
    stopped += satur::replicas(parts[1 - r]);
    CHECK(stopped.merged().stop_requested());
  }
}

TEST_CASE("replicas: one with fewer steps, and one with none") {
  run r;
  r.step({1.0, 1.0, 1.0});
  r.step({1.0, 1.0, 1.0});
  r.step({0.9, 0.7, 0.0}, 2); // the third has no batch left
  r.parts.push_back(satur::monitor(everything));
  satur::monitor const merged = r.merged();
  CHECK(merged.steps() == 3);
  check_same(merged.at("fc").total(), r.whole.at("fc").total());
  check_same(merged.at("fc").last(), r.whole.at("fc").last());
  CHECK(merged.at("fc").formats()->last.z.count == r.whole.at("fc").formats()->last.z.count);
  CHECK(merged.losses().seen() == 3);
  check_near(merged.losses().last(), 0.8);

  satur::replicas empty_first(satur::monitor{everything});
  CHECK(empty_first.with_losses() == 0);
  empty_first += satur::replicas(merged, 2);
  check_same(empty_first.merged().at("fc").total(), merged.at("fc").total());
  CHECK(empty_first.merged().losses() == merged.losses());
  CHECK(empty_first.with_losses() == 2);

  satur::replicas last_behind(r.parts[2]); // the other order of steps
  last_behind += satur::replicas(r.parts[0]);
  CHECK(last_behind.merged().at("fc").last().saturation.count == r.parts[0].at("fc").last().saturation.count);
}

TEST_CASE("replicas: losses that all replicas share stay as they are, also of many steps and a broken one") {
  satur::monitor one;
  for (int step = 0; step < 1000; ++step) {
    one.loss(1.0 / (1.0 + step) + 0.01 * std::sin(7.0 * step), 0.7);
    one.end_step();
  }
  satur::replicas all(one);
  all += satur::replicas(one);
  all += all;
  all += satur::replicas(one);
  CHECK(all.with_losses() == 5);
  CHECK(all.merged().losses() == one.losses());
  CHECK(satur::judge(all.merged().losses()) == satur::judge(one.losses()));

  satur::monitor other = one; // twice as many steps: its blocks are longer
  for (int step = 1000; step < 2000; ++step) {
    other.loss(step == 1500 ? std::numeric_limits<double>::quiet_NaN() : 0.5);
    other.end_step();
  }
  REQUIRE(one.losses()[0].count < other.losses()[0].count);
  satur::replicas longer(one);
  longer += satur::replicas(other);
  satur::loss_history const& l = longer.merged().losses();
  CHECK(l.seen() == 2000);
  CHECK(l.last() == 0.5);
  CHECK(l.nonfinite());
  CHECK(l.nonfinite_step() == 1500);
  REQUIRE(l.size() == other.losses().size());
  std::uint64_t steps = 0;
  for (std::size_t i = 0; i < l.size(); ++i) {
    check_near(l[i].mean, other.losses()[i].mean);
    CHECK(l[i].first_step == other.losses()[i].first_step);
    CHECK(l[i].nonfinite == other.losses()[i].nonfinite);
    steps += l[i].count + l[i].nonfinite;
  }
  CHECK(steps == 2000);
}

TEST_CASE("replicas: the deviations of the mean loss are never below the true ones") {
  std::mt19937_64 urbg(9);
  std::normal_distribution<double> normal;
  satur::monitor a;
  satur::monitor b;
  satur::monitor mean;
  for (int step = 0; step < 640; ++step) {
    double const x = 1.0 + 0.1 * normal(urbg);
    double const y = 1.0 + 0.3 * normal(urbg);
    a.loss(x);
    b.loss(y);
    mean.loss(0.5 * (x + y));
    for (satur::monitor* const m : {&a, &b, &mean}) {
      m->end_step();
    }
  }
  satur::replicas both(a);
  both += satur::replicas(b);
  for (std::size_t i = 0; i < mean.losses().size(); ++i) {
    check_near(both.merged().losses()[i].mean, mean.losses()[i].mean);
    CHECK(both.merged().losses()[i].deviations >= mean.losses()[i].deviations);
    CHECK(both.merged().losses()[i].deviations <= b.losses()[i].deviations);
  }
}

TEST_CASE("replicas: other rules and activations are refused, and nothing changes") {
  satur::monitor a;
  a["fc"].observe(satur::tanh{}, std::vector<double>{1.0});
  a.end_step();
  satur::monitor b;
  b["fc"].observe(satur::relu{}, std::vector<double>{1.0});
  b.end_step();
  satur::replicas all(a);
  CHECK_THROWS_AS(all += satur::replicas(b), std::invalid_argument);
  CHECK_THROWS_AS(all += satur::replicas(satur::monitor(satur::slope_below{})), std::invalid_argument);
  CHECK(all.merged() == a);
}
