// The loss in bounded memory: against plain sums over every length, and the judgment of series of each kind.
#include "satur/monitor/run_state.hpp"
#include "satur/report/run_summary.hpp"

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
    // no finite loss for a while says nothing of the others
    auto const none = [&](double i) { return i > 0.15 * end && i < 0.45 * end; };
    CHECK(of(n, [&](double i) { return none(i) ? not_a_number : 2.3 - 1.5 * i / end; }) == run_state::learning);
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
  // It rose to three times its start, in noise, and fell to twice: nothing was learned. Below its start, something was.
  auto const fallen_to = [](double last) {
    return [last](double i) {
      double const noisy = static_cast<int>(i) % 2 == 0 ? 1.6 : 0.4;
      return noisy * (i < 20.0 ? 0.3 + 0.045 * i : 1.2 - (1.2 - last) * (i - 20.0) / 30.0);
    };
  };
  CHECK(judge(history_of(50, not_a_number, fallen_to(0.7))) == run_state::unknown);
  CHECK(judge(history_of(50, 1.5, fallen_to(0.7))) == run_state::stalled);
  CHECK(of(50, fallen_to(0.05)) == run_state::learning);
  CHECK(judge(loss_history{}) == run_state::unknown);
}

TEST_CASE("loss history: a run that is watched from its middle") {
  double const chance = std::log(10.0);
  std::mt19937_64 urbg(5);
  std::normal_distribution<double> noise(0.0, 1.0);
  for (std::size_t const n : {10u, 40u, 64u, 300u, 5000u}) {
    CAPTURE(n);
    double const end = static_cast<double>(n);
    for (double const level : {0.001, 0.1, 0.3}) { // of chance
      CAPTURE(level);
      auto const flat = [&](double) { return level * chance * (1.0 + 0.1 * noise(urbg)); };
      for (int k = 0; n > 10 && k < 20; ++k) { // two of ten noisy losses have no error to speak of
        loss_history const known = history_of(n, chance, flat);
        CHECK((judge(known) == run_state::converged || judge(known) == run_state::learning));
        CHECK((!known.start_seen() || (n == 5000 && level == 0.3))); // so many losses may have hidden a high one
        loss_history const blind = history_of(n, not_a_number, flat);
        CHECK(judge(blind) != run_state::stalled);
        CHECK(judge(blind) != run_state::at_chance);
      }
      CHECK(judge(history_of(n, chance, [&](double) { return level * chance; })) == run_state::converged);
      CHECK(judge(history_of(n, not_a_number, [&](double) { return level * chance; })) == run_state::unknown);
      // it rises a little: still far below chance
      loss_history const rises = history_of(n, chance, [&](double i) { return 0.02 + 0.1 * i / end; });
      CHECK(judge(rises) != run_state::diverging);
    }
    // above half of chance it is known not to have learned much, at chance nothing
    CHECK(judge(history_of(n, chance, [&](double) { return 0.6 * chance; })) == run_state::stalled);
    CHECK(judge(history_of(n, chance, [&](double) { return chance; })) == run_state::at_chance);
    CHECK(history_of(n, chance, [&](double) { return chance; }).start_seen());
    // and from low to high it diverges
    CHECK(judge(history_of(n, chance, [&](double i) { return 0.02 + 2.0 * i / end; })) == run_state::diverging);
    // a start that was seen: however fast the loss falls, and however many losses a block joins
    CHECK(history_of(n, chance, [&](double i) { return chance * std::exp(-i / 3.0); }).start_seen());
  }
  // the loss was handed over from step 50 on
  loss_history late;
  for (std::uint64_t i = 50; i < 100; ++i) {
    late.add(i, chance, chance);
  }
  CHECK_FALSE(late.start_seen());
  loss_history few; // the blocks behind the last one hold no loss, so they decide nothing
  for (std::uint64_t i = 0; i < 3; ++i) {
    few.add(i, -2.0, -1.0);
  }
  CHECK_FALSE(few.start_seen());
  CHECK_FALSE(loss_history{}.start_seen());
}

TEST_CASE("loss history: losses below 0, as likelihoods of densities have them") {
  for (double const chance : {not_a_number, 1.5, -1.5}) {
    CAPTURE(chance);
    bool const known = !std::isnan(chance);
    double const start = known ? chance : -1.5;
    for (std::size_t const n : {40u, 300u, 5000u}) {
      CAPTURE(n);
      double const end = static_cast<double>(n);
      auto const of = [&](auto const& loss) { return history_of(n, chance, loss); };
      // it falls, at the end as at the start
      loss_history const falls = of([&](double i) { return start - 6.0 * i / end; });
      CHECK(judge(falls) == run_state::learning);
      CHECK(satur::learned(falls));
      CHECK(falls.start_seen());
      // it is flat where it began, or a little above
      loss_history const flat = of([&](double) { return start; });
      CHECK(judge(flat) == (known ? run_state::at_chance : run_state::unknown));
      CHECK_FALSE(satur::learned(flat));
      CHECK(flat.start_seen());
      CHECK(judge(of([&](double) { return start + 0.3; })) == (known ? run_state::at_chance : run_state::unknown));
      // it rises from its start, or from its lowest
      CHECK(judge(of([&](double i) { return start + 6.0 * i / end; })) == run_state::diverging);
      CHECK(judge(of([&](double i) {
              return i < end / 2 ? start - 4.0 * i / end : start - 2.0 + 6.0 * (i - end / 2) / end;
            })) == run_state::diverging);
      if (known) {
        // it has left chance a little, and far; the second began there already
        CHECK(judge(of([&](double i) { return start - (i < 1.0 ? 0.0 : 0.3); })) == run_state::stalled);
        loss_history const low = of([&](double) { return start - 3.0; });
        CHECK(judge(low) == run_state::converged);
        CHECK_FALSE(low.start_seen());
      }
    }
  }
}

TEST_CASE("loss history: text") {
  std::ostringstream out;
  out << history_of(20, 2.0, [](double i) { return 2.0 - 0.05 * i; });
  CHECK(out.str() == "loss 1.05 at the last of 20 steps, 2 at the start: learning");
  out.str("");
  out << history_of(20, 2.5, [](double i) { return 2.0 - 0.05 * i; });
  CHECK(out.str() == "loss 1.05 at the last of 20 steps, 2 at the first of them (the start was not seen): learning");
  out.str("");
  out << history_of(20, not_a_number, [](double) { return 0.5; });
  CHECK(out.str() == "loss 0.5 at the last of 20 steps, 0.5 at the start: unknown, because the loss is flat or above "
                     "its start, and that of a "
                     "model that knows nothing was not handed over");
}
