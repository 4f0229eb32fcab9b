// How a layer began: its first step, weights before the first and the last update, and the first step that is not
// finite.
#include "satur/record/origin.hpp"

#include "satur/activation/tanh.hpp"
#include "satur/monitor/shared_monitor.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>
#include <thread>
#include <vector>

namespace {

using satur::layer_origin;
using satur::monitor;
using satur::nonfinite_onset;
using satur::weight_record;

constexpr double infinity = std::numeric_limits<double>::infinity();

std::vector<double> drawn(std::size_t n, std::mt19937_64& urbg, double std = 1.0) {
  std::normal_distribution<double> normal(0.1, std);
  std::vector<double> x(n);
  for (double& e : x) {
    e = normal(urbg);
  }
  return x;
}

/// By plain sums over the finite values.
weight_record weights_by_hand(std::vector<double> const& w) {
  weight_record r;
  double sum = 0.0;
  for (double const e : w) {
    r.nan += std::isnan(e) ? 1u : 0u;
    r.infinite += std::isinf(e) ? 1u : 0u;
    r.count += std::isfinite(e) ? 1u : 0u;
    sum += std::isfinite(e) ? e : 0.0;
  }
  r.mean = sum / static_cast<double>(r.count);
  for (double const e : w) {
    r.variance += std::isfinite(e) ? (e - r.mean) * (e - r.mean) / static_cast<double>(r.count) : 0.0;
  }
  return r;
}
void check_weights(weight_record const& r, std::vector<double> const& w) {
  weight_record const expected = weights_by_hand(w);
  CHECK(r.count == expected.count);
  CHECK(r.nan == expected.nan);
  CHECK(r.infinite == expected.infinite);
  CHECK(r.mean == doctest::Approx(expected.mean).epsilon(1e-12));
  CHECK(r.variance == doctest::Approx(expected.variance).epsilon(1e-12));
  CHECK(r.mean_square() == doctest::Approx(expected.mean * expected.mean + expected.variance).epsilon(1e-12));
  CHECK(r.nonfinite() == (r.nan + r.infinite != 0));
}

constexpr std::size_t rows = 4;
constexpr std::size_t units = 3;
satur::unit_layout const layout = satur::unit_layout::matrix(rows, units);

} // namespace

TEST_CASE("origin: weights before the first and the last update, against plain sums") {
  CHECK(weight_record{}.empty());
  CHECK(std::isnan(weight_record{}.mean_square()));
  std::mt19937_64 urbg(1);
  monitor mon;
  std::vector<double> const dw(40, 0.5);
  std::vector<double> first;
  std::vector<double> last;
  for (int step = 0; step < 6; ++step) {
    last = drawn(40, urbg, 1.0 + step);
    if (step == 5) {
      last[3] = std::nan("");
      last[9] = last[20] = -infinity;
    }
    first = step == 0 ? last : first;
    mon["fc"].observe(satur::tanh{}, last);
    mon["fc"].update(last, dw, -0.1);
    mon.end_step();
  }
  check_weights(mon.at("fc").origin().first_weights, first);
  check_weights(mon.at("fc").origin().weights, last);
  CHECK(mon.at("fc").origin().weights.nan == 1);
  CHECK(mon.at("fc").origin().weights.infinite == 2);
  CHECK(mon.at("fc").origin(satur::phase::eval) == layer_origin{});
}

TEST_CASE("origin: the first step, whatever the history keeps and is sampled") {
  for (satur::history_options const& kept :
       {satur::history_options{}, satur::history_options{.lines = 2, .keeps = satur::history_keeps::newest},
        satur::history_options{.lines = 0}}) {
    monitor mon({.sampling = {.every = 3}, .history = kept});
    for (int step = 0; step < 20; ++step) {
      mon["fc"].observe(satur::tanh{}, std::vector<double>{0.5 + step, -0.5});
      mon.end_step();
    }
    layer_origin const& o = mon.at("fc").origin();
    CHECK(o.first.saturation.max_z() == 0.5);
    CHECK(o.first.saturation.count == 2);
    CHECK(o.sampled == 7); // 0, 3, … 18
    CHECK(o.last_step == 18);
    mon.clear();
    CHECK(mon.at("fc").origin() == layer_origin{});
    while (!mon.sampling_now()) {
      mon.end_step();
    }
    mon["fc"].observe(satur::tanh{}, std::vector<double>{9.0});
    mon.end_step();
    CHECK(mon.at("fc").origin().first.saturation.max_z() == 9.0); // it begins again
  }
}

TEST_CASE("origin: training and evaluation begin by themselves") {
  monitor mon;
  mon["fc"].observe(satur::tanh{}, std::vector<double>{1.0});
  mon.end_step();
  mon.eval();
  mon["fc"].observe(satur::tanh{}, std::vector<double>{2.0, infinity});
  mon.end_step();
  CHECK(mon.at("fc").origin().first.saturation.max_z() == 1.0);
  CHECK_FALSE(mon.at("fc").origin().onset);
  CHECK(mon.at("fc").origin(satur::phase::eval).first.saturation.infinite == 1);
  REQUIRE(mon.at("fc").origin(satur::phase::eval).onset);
  CHECK(mon.at("fc").origin(satur::phase::eval).onset->step == 0);
}

TEST_CASE("origin: the first step that is not finite, and the sampled step before it") {
  for (std::uint64_t const every : {1u, 10u}) {
    for (std::uint64_t const from : {0u, 20u, 23u}) { // from that step on
      CAPTURE(every);
      CAPTURE(from);
      monitor mon({.units = true, .sampling = {.every = every}});
      for (std::uint64_t step = 0; step < 50; ++step) {
        std::vector<double> z(rows * units, 0.5);
        std::vector<double> dz(rows * units, 0.25);
        std::vector<double> w(6, 1.0);
        w[0] = 2.0;
        if (step >= from) {
          z[0 * units + 1] = z[2 * units + 1] = std::nan("");
          z[1 * units + 2] = infinity;
          dz[5] = std::nan("");
          w[1] = w[2] = w[3] = infinity;
        }
        mon["fc"].observe(satur::tanh{}, z, layout);
        mon["fc"].gradient(dz, layout);
        mon["fc"].update(w, std::vector<double>(6, 0.1), -1.0);
        mon.end_step();
      }
      std::uint64_t const seen = (from + every - 1) / every * every; // the first sampled step of these
      nonfinite_onset const expected{.after = seen == 0 ? 0 : seen - every,
                                     .step = seen,
                                     .nan = 2,
                                     .infinite = 1,
                                     .finite = 9,
                                     .gradients = 1,
                                     .weights = 3,
                                     .units = 2,
                                     .first_unit = 1,
                                     .all_alike = false,
                                     .largest_z = 0.5};
      REQUIRE(mon.at("fc").origin().onset);
      CHECK(*mon.at("fc").origin().onset == expected);
      CHECK(expected.in_z());
    }
  }
}

TEST_CASE("origin: units that are alike in the same samples, and gradients alone") {
  monitor mon({.units = true});
  std::vector<double> z(rows * units, 0.5);
  mon["a"].observe(satur::tanh{}, z, layout);
  mon["b"].observe(satur::tanh{}, z, layout);
  std::vector<double> dz(rows * units, -infinity);
  mon["b"].gradient(dz, layout);
  mon.end_step();
  for (std::size_t u = 0; u < units; ++u) {
    z[2 * units + u] = std::nan(""); // sample 2
  }
  mon["a"].observe(satur::tanh{}, z, layout);
  mon.end_step();
  REQUIRE(mon.at("a").origin().onset);
  CHECK(mon.at("a").origin().onset->all_alike);
  CHECK(mon.at("a").origin().onset->units == units);
  CHECK(mon.at("a").origin().onset->after == 0);
  CHECK(mon.at("a").origin().onset->step == 1);
  REQUIRE(mon.at("b").origin().onset);
  CHECK_FALSE(mon.at("b").origin().onset->in_z());
  CHECK(mon.at("b").origin().onset->gradients == rows * units);
  CHECK(mon.at("b").origin().onset->units == 0);
}

TEST_CASE("origin: units over the first 16 samples of the first window, then as they are") {
  std::mt19937_64 urbg(2);
  monitor mon({.units = true});
  std::vector<double> all;
  std::vector<satur::unit_origin> kept;
  for (int step = 0; step < 8; ++step) {
    std::vector<double> const z = drawn(rows * units, urbg);
    all.insert(all.end(), z.begin(), z.end());
    mon["fc"].observe(satur::tanh{}, z, layout);
    mon.end_step();
    layer_origin const& o = mon.at("fc").origin();
    std::size_t const samples = step < 4 ? 4u * (static_cast<std::size_t>(step) + 1) : 16u;
    CHECK(o.unit_samples == samples);
    REQUIRE(o.units.size() == units);
    for (std::size_t u = 0; u < units; ++u) {
      double mean = 0.0;
      double square = 0.0;
      for (std::size_t s = 0; s < samples; ++s) {
        mean += all[s * units + u] / static_cast<double>(samples);
      }
      for (std::size_t s = 0; s < samples; ++s) {
        square += std::pow(all[s * units + u] - mean, 2) / static_cast<double>(samples);
      }
      CHECK(o.units[u].mean_z == doctest::Approx(mean).epsilon(1e-12));
      CHECK(o.units[u].variance_z == doctest::Approx(square).epsilon(1e-12));
    }
  }
  // a new window after one step: the units stay those of the first step
  monitor windows({.units = true});
  for (int step = 0; step < 3; ++step) {
    windows["fc"].observe(satur::tanh{}, std::vector<double>(rows * units, 0.25 * step), layout);
    windows.end_step();
    windows.start_window();
  }
  CHECK(windows.at("fc").origin().unit_samples == rows);
  CHECK(windows.at("fc").origin().units[0].mean_z == 0.0);
  windows["fc"].observe(satur::tanh{}, std::vector<double>(rows * units, 5.0), layout); // a window of two steps
  windows.end_step();
  windows["fc"].observe(satur::tanh{}, std::vector<double>(rows * units, 5.0), layout);
  windows.end_step();
  CHECK(windows.at("fc").origin().unit_samples == rows);
  CHECK(windows.at("fc").origin().units[0].mean_z == 0.0);
  // weights that have changed since: z is no longer that of the start
  monitor trained({.units = true});
  for (int step = 0; step < 3; ++step) {
    trained["fc"].observe(satur::tanh{}, std::vector<double>(rows * units, 1.0 + step), layout);
    trained["fc"].update(std::vector<double>{1.0 + step, -1.0 - step}, std::vector<double>{1.0, 2.0}, -1.0);
    trained.end_step();
  }
  CHECK(trained.at("fc").origin().unit_samples == rows);
  CHECK(trained.at("fc").origin().units[0].mean_z == 1.0);
}

TEST_CASE("origin: merged with another run's") {
  layer_origin a;
  a.weights = {10, 0, 0, 1.0, 2.0};
  a.first_weights = {10, 0, 0, 3.0, 4.0};
  a.sampled = 3;
  a.last_step = 9;
  layer_origin b;
  b.weights = {12, 0, 0, 5.0, 6.0};
  b.first_weights = {8, 1, 0, 7.0, 8.0};
  b.sampled = 2;
  b.last_step = 4;
  b.onset = nonfinite_onset{.after = 2, .step = 4};
  b.units = {{1.0, 2.0}};
  b.unit_samples = 5;
  layer_origin sum = a;
  sum += b;
  CHECK(sum.weights == b.weights); // more values
  CHECK(sum.first_weights == a.first_weights);
  CHECK(sum.sampled == 5);
  CHECK(sum.last_step == 9);
  CHECK(sum.onset == b.onset);
  CHECK(sum.units == b.units);
  CHECK(sum.unit_samples == 5);
  layer_origin earlier;
  earlier.onset = nonfinite_onset{.after = 0, .step = 1};
  earlier.units = {{9.0, 9.0}};
  sum += earlier;
  CHECK(sum.onset->step == 1);
  CHECK(sum.units == b.units); // ours stay
  layer_origin later;
  later.onset = nonfinite_onset{.after = 7, .step = 8};
  sum += later;
  CHECK(sum.onset->step == 1);

  monitor one;
  monitor two;
  one["fc"].observe(satur::tanh{}, std::vector<double>{1.0});
  one.end_step();
  two["fc"].observe(satur::tanh{}, std::vector<double>{2.0, 3.0});
  two.end_step();
  one += two;
  CHECK(one.at("fc").origin().first.saturation.count == 3);
}

TEST_CASE("origin: the data by feature, in training and evaluation") {
  std::mt19937_64 urbg(3);
  monitor mon;
  CHECK(mon.inputs() == nullptr);
  std::vector<double> all;
  for (int step = 0; step < 5; ++step) {
    std::vector<double> x = drawn(rows * units, urbg, 2.0);
    if (step == 3) {
      x[1 * units + 2] = std::nan("");
    }
    all.insert(all.end(), x.begin(), x.end());
    mon.input(x, layout);
    mon.end_step();
  }
  mon.eval();
  mon.input(std::vector<double>(rows * units, 7.0), layout);
  mon.end_step();
  REQUIRE(mon.inputs() != nullptr);
  CHECK(mon.size() == 0); // it is no layer
  REQUIRE(mon.inputs()->units());
  for (std::size_t f = 0; f < units; ++f) {
    double n = 0.0;
    double sum = 0.0;
    double square = 0.0;
    for (std::size_t i = f; i < all.size(); i += units) {
      if (std::isfinite(all[i])) {
        n += 1.0;
        sum += all[i];
        square += all[i] * all[i];
      }
    }
    satur::unit_summary const s = (*mon.inputs()->units())[f];
    CHECK(s.samples == n);
    CHECK(s.z_mean == doctest::Approx(sum / n));
    CHECK(s.z_variance == doctest::Approx(square / n - sum / n * sum / n));
    CHECK(s.nan == (f == 2 ? 1.0 : 0.0));
  }
  CHECK(mon.inputs()->origin().onset->step == 3);
  CHECK(mon.inputs()->origin().onset->first_unit == 2);
  CHECK(mon.inputs()->last(satur::phase::eval).saturation.max_z() == 7.0);
  mon.loss(5.0); // evaluation has no place in the history of the loss
  CHECK(mon.losses().empty());
}

TEST_CASE("origin: data, losses and weights of two threads are those of one monitor with the whole batch") {
  std::mt19937_64 urbg(4);
  satur::monitor_options const options{.units = true};
  monitor whole(options);
  satur::shared_monitor shared(options);
  for (int step = 0; step < 12; ++step) {
    std::vector<double> const x = drawn(2 * rows * units, urbg);
    std::vector<double> w = drawn(6, urbg, 1.0 + step);
    std::vector<double> const dw = drawn(6, urbg);
    auto const both = satur::unit_layout::matrix(2 * rows, units);
    whole.input(x, both);
    whole["fc"].observe(satur::tanh{}, x, both);
    whole["fc"].update(w, dw, -0.1);
    whole.loss(3.0 - 0.1 * step, 2.5);
    whole.end_step();
    auto const part = [&](int half) {
      std::vector<double> const mine(x.begin() + half * std::ptrdiff_t(rows * units),
                                     x.begin() + (half + 1) * std::ptrdiff_t(rows * units));
      monitor& own = shared.local();
      own.input(mine, layout);
      own["fc"].observe(satur::tanh{}, mine, layout);
      own.loss(3.0 - 0.1 * step + (half == 0 ? 0.25 : -0.25), 2.5);
    };
    part(0);
    std::thread other(part, 1);
    other.join();
    shared.local()["fc"].update(w, dw, -0.1);
    shared.end_step();
  }
  monitor const& merged = shared.merged();
  CHECK(merged.losses().seen() == 12);
  CHECK(merged.losses().chance() == 2.5);
  for (std::size_t i = 0; i < 12; ++i) {
    CHECK(merged.losses()[i].mean == doctest::Approx(whole.losses()[i].mean));
    CHECK(merged.losses()[i].first_step == i);
  }
  REQUIRE(merged.inputs() != nullptr);
  satur::saturation const& a = merged.inputs()->last().saturation;
  satur::saturation const& b = whole.inputs()->last().saturation;
  CHECK(a.count == b.count);
  CHECK(a.mean_z() == doctest::Approx(b.mean_z()));
  CHECK(a.variance_z() == doctest::Approx(b.variance_z()));
  for (std::size_t f = 0; f < units; ++f) {
    CHECK((*merged.inputs()->units())[f].z_mean == doctest::Approx((*whole.inputs()->units())[f].z_mean));
    CHECK((*merged.inputs()->units())[f].samples == 2.0 * rows * 12.0);
  }
  layer_origin const& shared_origin = merged.at("fc").origin();
  layer_origin const& whole_origin = whole.at("fc").origin();
  CHECK(shared_origin.first.saturation.count == whole_origin.first.saturation.count);
  CHECK(shared_origin.first_weights == whole_origin.first_weights);
  CHECK(shared_origin.weights == whole_origin.weights);
  CHECK(shared_origin.sampled == 12);
  CHECK(shared_origin.last_step == 11);
}
