// Spikes of a series: closed forms, a brute-force rereading of every window, and what is not finite.
#include "satur/reading/spike.hpp"
#include "satur/activation/tanh.hpp"
#include "satur/monitor/monitor.hpp"

#include "support/allocation.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>
#include <sstream>
#include <stdexcept>
#include <vector>

namespace {

using satur::spike_detector;
using satur::spike_options;
using satur::spike_state;

/// 1 and 3 by turns: mean 2, standard deviation 1 (divided by the number).
spike_detector after_turns(std::size_t values, spike_options const& options = {}) {
  spike_detector d(options);
  for (std::size_t i = 0; i < values; ++i) {
    static_cast<void>(d.add(i % 2 == 0 ? 1.0 : 3.0));
  }
  return d;
}

} // namespace

TEST_CASE("spike: above mean + 6 std of the 128 values before it, strictly") {
  for (double const value : {8.0, std::nextafter(8.0, 9.0), 100.0, -100.0, 2.0}) {
    CAPTURE(value);
    spike_detector d = after_turns(128);
    satur::spike_verdict const v = d.add(value);
    CHECK(v.mean == 2.0);
    CHECK(v.stddev == 1.0);
    CHECK(v.score() == value - 2.0);
    CHECK(static_cast<bool>(v) == (value > 8.0));
    CHECK(v.state == (value > 8.0 ? spike_state::spike : spike_state::usual));
    CHECK(d.spikes() == (value > 8.0 ? 1 : 0));
    CHECK(d.judged() == 1);
    CHECK(d.seen() == 129);
  }
}

TEST_CASE("spike: nothing is judged before the window is full, or has `least` values") {
  spike_detector d = after_turns(127);
  CHECK(d.add(1e9).state == spike_state::gathering);
  CHECK(std::isnan(after_turns(127).add(1e9).score()));
  CHECK(std::isnan(after_turns(127).spike_share()));
  CHECK(after_turns(128).add(1e9).state == spike_state::spike);
  CHECK(after_turns(9, {.least = 10}).add(1e9).state == spike_state::gathering);
  CHECK(after_turns(10, {.least = 10}).add(1e9).state == spike_state::spike);
  CHECK(after_turns(10, {.window = 10}).add(1e9).state == spike_state::spike);
  CHECK(after_turns(4, {.deviations = 2.5, .least = 2}).add(4.5).state == spike_state::usual);
  CHECK(after_turns(4, {.deviations = 2.5, .least = 2}).add(4.6).state == spike_state::spike);
}

TEST_CASE("spike: the share of spikes is of the judged values") {
  spike_detector d = after_turns(128);
  CHECK(d.add(100.0));
  CHECK_FALSE(d.add(2.0));
  CHECK_FALSE(d.add(1.0));
  CHECK_FALSE(d.add(3.0));
  CHECK(d.judged() == 4);
  CHECK(d.spike_share() == 0.25);
}

TEST_CASE("spike: a spike joins the window, and one as large after it is none") {
  spike_detector d = after_turns(128);
  CHECK(d.add(50.0));
  // 128 values: 63.5 pairs of 1 and 3 less the first 1, and 50. Of a window with 50 once, 50 is 11.2 std above.
  CHECK(d.add(50.0));
  for (int i = 0; i < 4; ++i) {
    static_cast<void>(d.add(50.0));
  }
  CHECK_FALSE(d.add(50.0)); // six in 128: sqrt(122/6) = 4.5 std
  CHECK(d.add(500.0));
}

TEST_CASE("spike: every verdict is that of the window read anew, by another formula") {
  std::mt19937_64 urbg(3);
  std::normal_distribution<double> normal(5.0, 2.0);
  for (std::size_t const window : {2u, 3u, 17u, 128u}) {
    for (std::size_t const least : {std::size_t{0}, std::size_t{2}}) {
      spike_detector d({.window = window, .deviations = 2.0, .least = least});
      std::vector<double> finite;
      std::uint64_t spikes = 0;
      for (int i = 0; i < 600; ++i) {
        double const x = i % 37 == 5 ? std::nan("") : i % 41 == 7 ? 1e3 : normal(urbg);
        satur::spike_verdict const v = d.add(x);
        if (std::isnan(x)) {
          CHECK(v.state == spike_state::nonfinite);
          continue;
        }
        std::size_t const n = finite.size() < window ? finite.size() : window;
        if (n < (least == 0 ? window : least)) {
          CHECK(v.state == spike_state::gathering);
        } else {
          long double sum = 0;
          long double square = 0;
          for (std::size_t k = finite.size() - n; k < finite.size(); ++k) {
            sum += static_cast<long double>(finite[k]);
            square += static_cast<long double>(finite[k]) * static_cast<long double>(finite[k]);
          }
          long double const mean = sum / static_cast<long double>(n);
          long double const variance = square / static_cast<long double>(n) - mean * mean;
          bool const is_spike = x > static_cast<double>(mean + 2 * std::sqrt(variance));
          CHECK(v.mean == doctest::Approx(static_cast<double>(mean)).epsilon(1e-12));
          CHECK(v.stddev == doctest::Approx(static_cast<double>(std::sqrt(variance))).epsilon(1e-6));
          CHECK(static_cast<bool>(v) == is_spike);
          spikes += is_spike ? 1 : 0;
        }
        finite.push_back(x);
      }
      CHECK(d.spikes() == spikes);
      CHECK(spikes > 10);
      CHECK(d.seen() == finite.size());
      CHECK(d.nonfinite() == 600 - finite.size());
    }
  }
}

TEST_CASE("spike: NaN and infinity are counted and join no window") {
  spike_detector d = after_turns(128);
  spike_detector const before = d;
  for (double const x :
       {std::nan(""), std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()}) {
    satur::spike_verdict const v = d.add(x);
    CHECK(v.state == spike_state::nonfinite);
    CHECK_FALSE(v);
    CHECK(std::isnan(v.score()));
  }
  CHECK(d.nonfinite() == 3);
  CHECK(d.seen() == 128);
  CHECK_FALSE(d == before);
  CHECK(d.add(9.0).mean == 2.0);
  CHECK(d.spikes() == 1);
}

TEST_CASE("spike: a constant series has none, at any size, and numbers near the largest double overflow nothing") {
  for (double const x : {0.0, 0.1, -3.0, 1e-300, 1e300}) {
    CAPTURE(x);
    spike_detector d;
    for (int i = 0; i < 128; ++i) {
      static_cast<void>(d.add(x));
    }
    CHECK(d.add(x + std::fabs(x)).state == spike_state::usual);
    CHECK(d.spikes() == 0);
  }
  spike_detector large({.window = 4});
  for (double const x : {1e308, 1.1e308, 1.2e308, 1.3e308}) {
    static_cast<void>(large.add(x));
  }
  CHECK(large.add(1.4e308).mean == doctest::Approx(1.15e308));
}

TEST_CASE("spike: a regular value, which allocates when it is made") {
  spike_detector fresh;
  spike_detector const young = after_turns(5);
  spike_detector of_young = young;
  CHECK(satur_test::allocations_in([&] {
          for (int i = 0; i < 300; ++i) {
            static_cast<void>(fresh.add(i));
            static_cast<void>(of_young.add(i));
          }
        }) == 0);
  spike_detector a = after_turns(130);
  spike_detector b = a;
  CHECK(a == b);
  CHECK(static_cast<bool>(a.add(70.0)) == static_cast<bool>(b.add(70.0)));
  CHECK(a == b);
  CHECK(satur_test::allocations_in([&] {
          for (int i = 0; i < 300; ++i) {
            static_cast<void>(a.add(i));
          }
          a.clear();
        }) == 0);
  CHECK(a == spike_detector());
  CHECK_FALSE(b == a);
  CHECK_FALSE(spike_detector() == spike_detector({.window = 64}));
}

TEST_CASE("spike: options out of range throw, and say what is allowed") {
  auto const refused = [](spike_options const& o, char const* words) {
    CHECK_THROWS_WITH_AS(static_cast<void>(spike_detector(o)), doctest::Contains(words), std::invalid_argument);
  };
  refused({.window = 1}, "window is 1");
  refused({.window = 0}, "window is 0");
  refused({.window = 10, .least = 11}, "least is 11");
  refused({.least = 1}, "least is 1");
  refused({.deviations = 0.0}, "deviations is 0");
  refused({.deviations = std::nan("")}, "deviations is nan");
  refused({.deviations = std::numeric_limits<double>::infinity()}, "deviations is inf");
}

TEST_CASE("spike: text") {
  spike_detector d = after_turns(128);
  static_cast<void>(d.add(100.0));
  static_cast<void>(d.add(2.0));
  std::ostringstream out;
  out << d;
  CHECK(out.str() == "spikes: 1 of 2 values is above mean + 6 std of the last 128");
  static_cast<void>(d.add(std::nan("")));
  std::ostringstream more;
  more << d;
  CHECK(more.str() == "spikes: 1 of 2 values is above mean + 6 std of the last 128; not finite: 1");
}

namespace {

/// docs/monitor.md shows this one.
struct spike_watch {
  spike_detector loss;
  spike_detector share;
  satur::verdict on_step(satur::monitor const& mon) {
    bool const of_loss = static_cast<bool>(loss.add(mon.losses().last()));
    bool const of_share = static_cast<bool>(share.add(mon.at("fc1").last().saturation.fraction()));
    return of_loss || of_share ? satur::verdict::stop : satur::verdict::go_on;
  }
};

} // namespace

TEST_CASE("spike: as an observer of a monitor, of its loss and of a layer's saturated share") {
  for (bool const of_loss : {false, true}) {
    satur::monitor mon;
    spike_watch watch;
    for (int step = 0; step < 140 && !mon.stop_requested(); ++step) {
      bool const now = step == 135;
      std::vector<float> z(100, 0.5f);
      for (int i = 0; i < (now && !of_loss ? 60 : step % 4); ++i) {
        z[static_cast<std::size_t>(i)] = 9.0f;
      }
      mon["fc1"].observe(satur::tanh{}, z);
      mon.loss(now && of_loss ? 7.0 : 1.0 + 0.1 * (step % 3));
      mon.end_step(watch);
    }
    CHECK(mon.steps() == 136);
    CHECK(watch.loss.spikes() == (of_loss ? 1 : 0));
    CHECK(watch.share.spikes() == (of_loss ? 0 : 1));
  }
}
