// The history of units: groups and windows against a plain count, windows that become one, merging, memory.
#include "satur/monitor/file.hpp"
#include "satur/monitor/shared_monitor.hpp"

#include "satur/activation/relu.hpp"
#include "satur/activation/sigmoid.hpp"

#include "support/monitor_bytes.hpp"
#include "support/relative.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

using satur::unit_cell;
using satur::unit_layout;
using satur::unit_window;

/// A slope that is infinite at 0.
struct steep_at_zero {
  static constexpr std::string_view name = "steep_at_zero";
  template <class T> T value(T z) const { return z * z; }
  template <class T> T derivative(T z) const { return T(1) / z; }
};
std::vector<double> batch_of(std::size_t rows, std::size_t units, unsigned step) {
  std::mt19937_64 urbg(step + 1);
  std::normal_distribution<double> normal(0.0, 4.0);
  std::vector<double> z(rows * units);
  for (double& e : z) {
    e = normal(urbg);
  }
  z[0] = step % 3 == 0 ? std::numeric_limits<double>::quiet_NaN() : z[0];
  return z;
}
satur::monitor recorded(std::size_t units, unsigned first, unsigned last, satur::history_options const& o,
                        std::size_t rows = 3) {
  satur::monitor mon({.units = true, .history = o});
  for (unsigned step = 0; step < last; ++step) {
    if (step >= first) {
      mon["fc1"].observe(satur::sigmoid{}, batch_of(rows, units, step), unit_layout::matrix(rows, units));
    }
    mon.end_step();
  }
  return mon;
}
/// What units [begin, end) did in steps [first, last], counted plainly.
unit_cell plain(std::size_t units, std::size_t begin, std::size_t end, std::uint64_t first, std::uint64_t last,
                std::size_t rows = 3) {
  unit_cell c;
  for (std::uint64_t step = first; step <= last; ++step) {
    std::vector<double> const z = batch_of(rows, units, static_cast<unsigned>(step));
    for (std::size_t i = 0; i < z.size(); ++i) {
      if (i % units >= begin && i % units < end && z[i] == z[i]) {
        ++c.count;
        c.saturated += std::fabs(z[i]) > 5.0 ? 1 : 0;
        double const e = std::exp(-std::fabs(z[i]));
        c.slope += e / (1.0 + e) / (1.0 + e);
      }
    }
  }
  return c;
}
void check_cells(satur::unit_history const& h, std::size_t units, std::size_t rows = 3) {
  for (std::size_t w = 0; w < h.size(); ++w) {
    for (std::size_t g = 0; g < h.groups(); ++g) {
      CAPTURE(w);
      CAPTURE(g);
      unit_cell const expected =
          plain(units, h.first_unit(g), h.first_unit(g + 1), h.window(w).first, h.window(w).last, rows);
      CHECK(h(w, g).count == expected.count);
      CHECK(h(w, g).saturated == expected.saturated);
      CHECK(h(w, g).slope == satur_test::relative(expected.slope, 1e-12));
    }
  }
}

} // namespace

TEST_CASE("unit history: groups are neighbors, and all units are in one") {
  for (std::size_t const units : {1u, 2u, 5u, 63u, 64u, 65u, 127u, 128u, 1000u}) {
    satur::unit_history const h = recorded(units, 0, 1, {}, 1).at("fc1").unit_history();
    CAPTURE(units);
    REQUIRE(h.groups() == (units < 64 ? units : 64));
    CHECK(h.units() == units);
    CHECK(h.first_unit(0) == 0);
    CHECK(h.first_unit(h.groups()) == units);
    for (std::size_t g = 0; g < h.groups(); ++g) {
      std::size_t const size = h.first_unit(g + 1) - h.first_unit(g);
      CHECK(size >= units / h.groups());
      CHECK(size <= (units + h.groups() - 1) / h.groups());
    }
  }
}

TEST_CASE("unit history: cells are a plain count of their units and steps, for every length of a run") {
  for (unsigned const steps : {1u, 2u, 5u, 6u, 7u, 11u, 12u, 13u, 24u, 40u}) {
    satur::unit_history const h = recorded(7, 0, steps, {.unit_windows = 6, .unit_groups = 3}).at("fc1").unit_history();
    CAPTURE(steps);
    REQUIRE(h.groups() == 3);
    REQUIRE(h.size() >= 1);
    CHECK(h.size() <= 6); // the window that is open is one of them
    std::uint64_t next = 0;
    for (std::size_t w = 0; w < h.size(); ++w) { // every step is in one window
      CHECK(h.window(w).first == next);
      CHECK(h.window(w).steps == h.window(w).last - h.window(w).first + 1);
      CHECK((w + 1 == h.size() || h.window(w).steps == h.window(0).steps));
      next = h.window(w).last + 1;
    }
    CHECK(next == steps);
    check_cells(h, 7);
    CHECK(h.slope_share(0, 1) == h(0, 1).mean_derivative() / 0.25);
  }
}

TEST_CASE("unit history: an odd number of windows, all of them equally long but the last") {
  for (unsigned steps = 1; steps < 45; ++steps) {
    satur::unit_history const h = recorded(4, 0, steps, {.unit_windows = 5, .unit_groups = 2}).at("fc1").unit_history();
    CAPTURE(steps);
    CHECK(h.size() <= 5);
    CHECK((steps < 5 || h.size() >= 3));
    CHECK(h.window(h.size() - 1).last == steps - 1);
    for (std::size_t w = 0; w + 1 < h.size(); ++w) {
      CHECK(h.window(w).steps == h.window(0).steps);
    }
    CHECK(h.window(h.size() - 1).steps <= h.window(0).steps);
    check_cells(h, 4);
  }
}

TEST_CASE("unit history: windows of the monitor do not disturb it") {
  satur::monitor mon({.units = true, .history = {.unit_windows = 4, .unit_groups = 2}});
  for (unsigned step = 0; step < 11; ++step) {
    if (step % 3 == 2) {
      mon.start_window();
    }
    mon["fc1"].observe(satur::sigmoid{}, batch_of(3, 4, step), unit_layout::matrix(3, 4));
    if (step == 7) {
      mon.start_window(); // within a step: what was seen of it stays too
    }
    mon.end_step();
  }
  satur::unit_history const h = mon.at("fc1").unit_history();
  CHECK(h.window(h.size() - 1).last == 10);
  check_cells(h, 4);
}

TEST_CASE("unit history: asked between two steps, it is the same afterwards") {
  satur::monitor mon = recorded(4, 0, 9, {.unit_windows = 4, .unit_groups = 2});
  satur::monitor const copy = mon;
  CHECK(mon.at("fc1").unit_history() == mon.at("fc1").unit_history());
  CHECK(mon == copy);
}

TEST_CASE("unit history: two halves of every batch, merged, are the whole") {
  satur::history_options const o{.unit_windows = 4, .unit_groups = 2};
  for (unsigned const steps : {3u, 4u, 5u, 10u, 11u}) {
    CAPTURE(steps);
    satur::monitor whole({.units = true, .history = o});
    satur::monitor first = whole;
    satur::monitor second = whole;
    for (unsigned step = 0; step < steps; ++step) {
      std::vector<double> const z = batch_of(3, 4, step);
      std::vector<double> const upper(z.begin(), z.begin() + 4);
      std::vector<double> const lower(z.begin() + 4, z.end());
      whole["fc1"].observe(satur::sigmoid{}, z, unit_layout::matrix(3, 4));
      first["fc1"].observe(satur::sigmoid{}, upper, unit_layout::matrix(1, 4));
      second["fc1"].observe(satur::sigmoid{}, lower, unit_layout::matrix(2, 4));
      whole.end_step();
      first.end_step();
      second.end_step();
    }
    satur::monitor merged = first + second;
    satur::unit_history const h = merged.at("fc1").unit_history();
    satur::unit_history const w = whole.at("fc1").unit_history();
    REQUIRE(h.size() == w.size());
    for (std::size_t i = 0; i < h.size(); ++i) {
      CHECK(h.window(i) == w.window(i));
    }
    check_cells(h, 4);
    merged["fc1"].observe(satur::sigmoid{}, batch_of(3, 4, steps), unit_layout::matrix(3, 4)); // and goes on
    merged.end_step();
    unit_cell all;
    satur::unit_history const more = merged.at("fc1").unit_history();
    for (std::size_t i = 0; i < more.size(); ++i) {
      all += more(i, 0);
    }
    CHECK(all.count == plain(4, 0, 2, 0, steps).count);
    CHECK(all.saturated == plain(4, 0, 2, 0, steps).saturated);
  }
}

TEST_CASE("unit history: histories whose windows overlap are one after the other when merged, and lose nothing") {
  for (unsigned const steps : {5u, 8u, 9u, 16u, 17u}) {
    for (std::size_t const windows : {2u, 3u, 8u}) {
      satur::monitor const merged = recorded(4, 0, steps, {.unit_windows = 4, .unit_groups = 2}) +
                                    recorded(4, 2, 11, {.unit_windows = windows, .unit_groups = 2});
      satur::unit_history const h = merged.at("fc1").unit_history();
      CHECK(h.size() <= 4);
      unit_cell all;
      for (std::size_t w = 0; w < h.size(); ++w) {
        CHECK((w == 0 || h.window(w).first > h.window(w - 1).last));
        all += h(w, 0);
      }
      CHECK(all.count == plain(4, 0, 2, 0, steps - 1).count + plain(4, 0, 2, 2, 10).count);
      CHECK(all.saturated == plain(4, 0, 2, 0, steps - 1).saturated + plain(4, 0, 2, 2, 10).saturated);
    }
  }
}

TEST_CASE("unit history: a run and its continuation, merged, are in order and no longer than allowed") {
  satur::history_options const o{.unit_windows = 4, .unit_groups = 2};
  satur::monitor const merged = recorded(4, 0, 7, o) + recorded(4, 8, 21, o);
  satur::unit_history const h = merged.at("fc1").unit_history();
  CHECK(h.size() <= 4);
  unit_cell all;
  for (std::size_t w = 0; w < h.size(); ++w) {
    CHECK((w == 0 || h.window(w).first > h.window(w - 1).last));
    for (std::size_t g = 0; g < h.groups(); ++g) {
      all += h(w, g);
    }
  }
  unit_cell expected = plain(4, 0, 4, 0, 6);
  expected += plain(4, 0, 4, 8, 20);
  CHECK(all.count == expected.count);
  CHECK(all.saturated == expected.saturated);
  CHECK(all.slope == satur_test::relative(expected.slope, 1e-12));
}

TEST_CASE("unit history: merging with a monitor that has none, or has other groups") {
  satur::history_options const o{.unit_windows = 4, .unit_groups = 2};
  satur::monitor const some = recorded(4, 0, 5, o);
  satur::monitor const none = recorded(4, 0, 5, {.unit_windows = 0});
  satur::unit_history const h = (some + none).at("fc1").unit_history();
  REQUIRE(h.size() == some.at("fc1").unit_history().size());
  check_cells(h, 4);
  CHECK((none + some).at("fc1").unit_history().empty());
  satur::monitor mine = some;
  satur::monitor const others = recorded(4, 0, 5, {.unit_windows = 4, .unit_groups = 3});
  CHECK_THROWS_WITH_AS(mine += others,
                       "satur::monitor: layer fc1: satur::unit_history: cannot merge 2 groups of 4 units with 3 of 4; "
                       "record with the same "
                       "history_options::unit_groups",
                       std::invalid_argument);
  CHECK(mine == some);
}

TEST_CASE("unit history: saved and loaded, it is equal and goes on equal") {
  satur::monitor mon = recorded(4, 0, 9, {.unit_windows = 4, .unit_groups = 2});
  mon["fc1"].observe(satur::sigmoid{}, batch_of(3, 4, 9), unit_layout::matrix(3, 4)); // a step that is being made
  satur::monitor again = satur_test::loaded(satur_test::saved(mon));
  CHECK(again == mon);
  for (satur::monitor* m : {&mon, &again}) {
    m->end_step();
  }
  CHECK(again.at("fc1").unit_history() == mon.at("fc1").unit_history());
  check_cells(again.at("fc1").unit_history(), 4);
}

TEST_CASE("unit history: slopes that are not finite are kept, saved and loaded") {
  satur::monitor mon({.units = true, .history = {.unit_windows = 4, .unit_groups = 2}});
  for (int step = 0; step < 3; ++step) {
    mon["fc1"].observe(steep_at_zero{}, std::vector<double>{0.0, 1.0, 4.0, 4.0}, unit_layout::matrix(1, 4));
    mon.end_step();
  }
  CHECK(mon.at("fc1").unit_history()(0, 1).mean_derivative() == 0.25);
  CHECK(satur_test::saved(satur_test::loaded(satur_test::saved(mon))) == satur_test::saved(mon));
}

TEST_CASE("unit history: threads of a shared monitor count once") {
  satur::shared_monitor mon({.units = true, .history = {.unit_windows = 4, .unit_groups = 2}});
  for (unsigned step = 0; step < 6; ++step) {
    mon.local()["fc1"].observe(satur::sigmoid{}, batch_of(3, 4, step), unit_layout::matrix(3, 4));
    mon.end_step();
  }
  check_cells(mon.merged().at("fc1").unit_history(), 4);
  CHECK(mon.merged().at("fc1").unit_history().window(0).first == 0);
}

TEST_CASE("unit history: none without records of units, none in a layer that was not seen, forgotten by clear") {
  satur::monitor plain_monitor;
  plain_monitor["fc1"].observe(satur::relu{}, std::vector<double>{1.0, -1.0});
  plain_monitor.end_step();
  CHECK(plain_monitor.at("fc1").unit_history().empty());
  satur::monitor mon = recorded(4, 0, 9, {.unit_windows = 4, .unit_groups = 2});
  static_cast<void>(mon["other"]);
  CHECK(mon.at("other").unit_history().empty());
  CHECK(mon.at("fc1").unit_history(satur::phase::eval).empty());
  mon.clear();
  CHECK(mon.at("fc1").unit_history().empty());
  mon["fc1"].observe(satur::sigmoid{}, batch_of(3, 4, 0), unit_layout::matrix(3, 4));
  mon.end_step();
  CHECK(mon.at("fc1").unit_history()(0, 0).count == plain(4, 0, 2, 0, 0).count);
}

TEST_CASE("unit history: options that are not possible") {
  CHECK_THROWS_WITH_AS(satur::monitor({.history = {.unit_windows = 1}}),
                       "satur::history_options: unit_windows is 1; allowed: 0 for none, or 2 to 4096",
                       std::invalid_argument);
  CHECK_THROWS_AS(satur::monitor({.history = {.unit_windows = 4097}}), std::invalid_argument);
  CHECK_THROWS_AS(satur::monitor({.history = {.unit_groups = 0}}), std::invalid_argument);
  CHECK_THROWS_AS(satur::monitor({.history = {.unit_groups = 4097}}), std::invalid_argument);
  CHECK_NOTHROW(satur::monitor({.history = {.unit_windows = 4096, .unit_groups = 4096}}));
}
