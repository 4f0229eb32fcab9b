// The loss in bounded memory: against plain sums over every length, and the judgement of series of each kind.
#include "satur/monitor/loss_history.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <sstream>
#include <vector>

namespace {

using satur::loss_block;
using satur::loss_history;
using satur::run_state;

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// The block that holds losses[from, to), by plain sums.
void check_block(loss_block const& b, std::vector<double> const& losses, std::size_t from, std::size_t to) {
  double n = 0.0;
  double sum = 0.0;
  double square = 0.0;
  for (std::size_t i = from; i < to; ++i) {
    if (std::isfinite(losses[i])) {
      n += 1.0;
      sum += losses[i];
    }
  }
  for (std::size_t i = from; i < to; ++i) {
    square += std::isfinite(losses[i]) ? std::pow(losses[i] - sum / n, 2) : 0.0;
  }
  CHECK(b.first_step == 10 * from);
  CHECK(static_cast<double>(b.count) == n);
  CHECK(b.count + b.nonfinite == to - from);
  if (n > 0.0) {
    CHECK(b.mean == doctest::Approx(sum / n).epsilon(1e-12));
    CHECK(std::fabs(b.deviations - square) <= 1e-10 * (1.0 + square));
    CHECK(std::fabs(b.error() - (n < 2.0 ? 0.0 : std::sqrt(square / (n - 1.0) / n))) <= 1e-10);
  }
}

template <class F> loss_history history_of(std::size_t n, double chance, F const& loss) {
  loss_history h;
  for (std::size_t i = 0; i < n; ++i) {
    h.add(i, loss(static_cast<double>(i)), chance);
  }
  return h;
}

} // namespace

TEST_CASE("loss history: blocks of equal length, against plain sums, for 1 to 5000 losses") {
  std::mt19937_64 urbg(3);
  std::normal_distribution<double> normal(2.0, 0.5);
  std::vector<double> losses;
  loss_history h;
  CHECK(h.empty());
  CHECK(h.size() == 0);
  CHECK(std::isnan(h.last()));
  std::size_t length = 1;
  for (std::size_t n = 1; n <= 5000; ++n) {
    losses.push_back(n % 97 == 0 ? not_a_number : n % 101 == 0 ? HUGE_VAL : normal(urbg));
    h.add(10 * (n - 1), losses.back());
    if ((n - 1) / length == 64) {
      length *= 2; // 64 full blocks become 32
    }
    std::size_t const blocks = (n + length - 1) / length;
    REQUIRE(h.size() == blocks);
    REQUIRE(h.seen() == n);
    if (n < 200 || n % 111 == 0) {
      CAPTURE(n);
      for (std::size_t i = 0; i < blocks; ++i) {
        check_block(h[i], losses, i * length, std::min((i + 1) * length, n));
      }
      check_block(h.between(0.0, 1.0), losses, 0, n);
      check_block(h.start(), losses, 0, std::min(length, n));
      std::size_t const first = static_cast<std::size_t>(0.8 * static_cast<double>(blocks));
      check_block(h.between(0.8, 1.0), losses, first * length, n);
      std::size_t const middle = static_cast<std::size_t>(0.4 * static_cast<double>(blocks));
      std::size_t const end = static_cast<std::size_t>(std::ceil(0.6 * static_cast<double>(blocks)));
      check_block(h.between(0.4, 0.6), losses, middle * length, std::min(end * length, n));
    }
  }
  CHECK(h.nonfinite());
  CHECK(h.nonfinite_step() == 960); // the 97th
  CHECK(sizeof(h) < 64 * sizeof(loss_block) + 128);
}

TEST_CASE("loss history: the last loss, chance, and clear") {
  loss_history h;
  h.add(0, 3.0);
  CHECK(std::isnan(h.chance()));
  h.add(1, 2.0, 2.25);
  h.add(2, not_a_number); // chance is kept
  CHECK(h.chance() == 2.25);
  CHECK(std::isnan(h.last()));
  CHECK(h.nonfinite_step() == 2);
  loss_history const copy = h;
  CHECK(copy == h); // NaN equals NaN
  h.add(3, 1.0);
  CHECK(h.last() == 1.0);
  CHECK_FALSE(copy == h);
  h.clear();
  CHECK(h.empty());
  CHECK_FALSE(h.nonfinite());
  CHECK(std::isnan(h.last()));
  CHECK(h.chance() == 2.25);
  h.add(7, 4.0);
  CHECK(h.start().first_step == 7);
  CHECK(h.start().mean == 4.0);
}

TEST_CASE("loss history: another run's losses follow") {
  loss_history a = history_of(3, not_a_number, [](double i) { return i; });
  loss_history const b = history_of(2, 1.5, [](double i) { return i == 0.0 ? 8.0 : not_a_number; });
  a += b;
  CHECK(a.seen() == 5);
  CHECK(a.chance() == 1.5);
  CHECK(a.between(0.0, 1.0).mean == doctest::Approx((0.0 + 1.0 + 2.0 + 8.0) / 4.0));
  CHECK(a.between(0.0, 1.0).nonfinite == 1);
  CHECK(a.nonfinite());
}

TEST_CASE("loss history: a run is judged by its series") {
  double const chance = std::log(10.0);
  std::mt19937_64 urbg(4);
  std::normal_distribution<double> noise(0.0, 0.1);
  auto const of = [&](std::size_t n, auto const& loss) { return judge(history_of(n, chance, loss)); };
  for (std::size_t const n : {40u, 300u, 5000u}) {
    CAPTURE(n);
    double const end = static_cast<double>(n);
    CHECK(of(n, [&](double i) { return 2.3 - 1.5 * i / end; }) == run_state::learning);
    CHECK(of(n, [&](double i) { return 2.3 - 1.5 * i / end + noise(urbg); }) == run_state::learning);
    CHECK(of(n, [&](double) { return chance; }) == run_state::at_chance);
    CHECK(of(n, [&](double) { return chance + noise(urbg); }) == run_state::at_chance);
    CHECK(of(n, [&](double i) { return 2.3 + 3.0 * i / end; }) == run_state::diverging);
    CHECK(of(n, [&](double i) { return i < 0.5 * end ? 1.0 : 2.0; }) == run_state::diverging); // above its best
    CHECK(of(n, [&](double i) { return i + 1.0 == end ? not_a_number : 2.3 - i / end; }) == run_state::diverging);
    CHECK(of(n, [&](double i) { return i + 1.0 == end ? HUGE_VAL : 2.3 - i / end; }) == run_state::diverging);
    CHECK(of(n, [&](double i) { return 2.3 * std::exp(-20.0 * i / end); }) == run_state::converged);
    CHECK(of(n, [&](double i) { return i < 0.1 * end ? 2.3 : 1.7; }) == run_state::stalled);
    CHECK(of(n, [&](double i) { return i < 0.2 * end ? 3.0 : i < 0.7 * end ? 0.5 : 1.2; }) == run_state::diverging);
    // far above chance: it rises in leaps from the first losses on, or it falls toward chance and is not there yet
    CHECK(of(n, [&](double i) { return i < 0.05 * end ? 3.0 : i < 0.1 * end ? 40.0 : 11.0; }) == run_state::diverging);
    CHECK(of(n, [&](double i) { return 30.0 - 20.0 * i / end; }) == run_state::learning);
    // from far above chance down to it: nothing is learned
    CHECK(of(n, [&](double i) { return chance + 500.0 * std::exp(-60.0 * i / end); }) == run_state::at_chance);
    // and from there to half of it, or below
    CHECK(of(n, [&](double i) { return 0.6 * chance + 500.0 * std::exp(-60.0 * i / end); }) != run_state::converged);
    CHECK(of(n, [&](double i) { return 0.4 * chance + 500.0 * std::exp(-60.0 * i / end); }) == run_state::converged);
  }
  CHECK(of(9, [](double i) { return 2.3 - 0.1 * i; }) == run_state::unknown);
  CHECK(of(10, [](double i) { return 2.3 - 0.1 * i; }) == run_state::learning);
  CHECK(judge(loss_history{}) == run_state::unknown);
  // without chance a flat loss stalls
  CHECK(judge(history_of(100, not_a_number, [&](double) { return chance; })) == run_state::stalled);
}

TEST_CASE("loss history: text") {
  std::ostringstream out;
  out << history_of(20, 2.5, [](double i) { return 2.0 - 0.05 * i; });
  CHECK(out.str() == "loss 1.05 at the last of 20 steps, 2 at the start: learning");
}
