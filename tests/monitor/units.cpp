// Units in a monitor: opt-in, by shape or by layout, windows, merging, threads, saving and loading.
#include "satur/monitor/file.hpp"
#include "satur/monitor/shared_monitor.hpp"

#include "satur/activation/relu.hpp"

#include "support/monitor_bytes.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <span>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace {

using satur::unit_layout;
using satur::unit_records;

/// The least that has a shape.
struct block {
  std::vector<float> numbers;
  std::vector<std::size_t> extents;
  [[nodiscard]] auto begin() const { return numbers.begin(); }
  [[nodiscard]] auto end() const { return numbers.end(); }
  [[nodiscard]] auto begin() { return numbers.begin(); }
  [[nodiscard]] auto end() { return numbers.end(); }
  [[nodiscard]] float const* data() const { return numbers.data(); }
  [[nodiscard]] float* data() { return numbers.data(); }
  [[nodiscard]] std::size_t size() const { return numbers.size(); }
  [[nodiscard]] std::vector<std::size_t> const& shape() const { return extents; }
};
block gaussian(std::size_t batch, std::size_t width, unsigned seed) {
  std::mt19937_64 urbg(seed);
  std::normal_distribution<float> normal(0.0f, 3.0f);
  block z{std::vector<float>(batch * width), {batch, width}};
  for (float& e : z.numbers) {
    e = normal(urbg);
  }
  return z;
}

using satur_test::loaded;
using satur_test::saved;

satur::monitor two_steps(unsigned seed) {
  satur::monitor mon({.units = true});
  block y = gaussian(8, 5, 0);
  for (unsigned step = 0; step < 2; ++step) {
    block z = gaussian(8, 5, seed + step);
    if (step == 1) {
      z.numbers[2] = std::numeric_limits<float>::quiet_NaN();
    }
    mon["fc1"].forward(satur::relu{}, z, y);
    mon["fc1"].gradient(gaussian(8, 5, seed + 10));
    mon["flat"].observe(satur::relu{}, z.numbers, unit_layout::matrix(4, 10));
    mon["flat"].gradient(z.numbers, unit_layout::matrix(4, 10));
    mon.end_step();
  }
  return mon;
}

} // namespace

TEST_CASE("monitor units: off by default; recorded for z with two axes or a layout") {
  block const z = gaussian(6, 4, 1);
  block y = z;
  block dy = z;
  satur::monitor plain;
  plain["fc1"].forward(satur::relu{}, z, y);
  plain["fc1"].gradient(z);
  CHECK(!plain["fc1"].units());

  satur::monitor mon({.units = true});
  mon["fc1"].forward(satur::relu{}, z, y);
  mon["fc1"].forward(satur::relu{}, z, y, dy);
  mon["fc1"].observe(satur::relu{}, z);
  mon["fc1"].gradient(z);
  REQUIRE(mon["fc1"].units());
  unit_records expected;
  for (int i = 0; i < 3; ++i) {
    satur::observe_units(expected, satur::relu{}, z);
  }
  satur::observe_unit_gradients(expected, z);
  CHECK(*mon["fc1"].units() == expected);
  CHECK(!mon["fc1"].units(satur::phase::eval));

  mon["flat"].forward(satur::relu{}, z.numbers, y.numbers, unit_layout::matrix(6, 4));
  CHECK((*mon["flat"].units())[3].active == expected[3].active / 3);
  mon["vector"].forward(satur::relu{}, z.numbers, y.numbers);
  CHECK(!mon["vector"].units());
  block cube = z;
  cube.extents = {2, 3, 4};
  mon["cube"].observe(satur::relu{}, cube);
  CHECK(!mon["cube"].units());
  mon["cube"].observe(satur::relu{}, cube, unit_layout::of(cube.extents, 1));
  CHECK(mon["cube"].units()->size() == 3);

  mon["other"].record_units(false);
  mon["other"].observe(satur::relu{}, z);
  CHECK(!mon["other"].units());
  CHECK_THROWS_AS(mon["fc1"].observe(satur::relu{}, gaussian(6, 5, 2)), satur::shape_error);
  CHECK_THROWS_WITH_AS(mon["flat"].observe(satur::relu{}, z.numbers, unit_layout::matrix(6, 5)),
                       "satur::observe: z has shape (24); expected 30 numbers, the layout (6, 5) (outer, units, inner)",
                       satur::shape_error);
}

TEST_CASE("monitor units: register padding does not count as a unit") {
  satur::monitor mon({.rule = satur::slope_below{}, .units = true});
  block const on{std::vector<float>(3 * 5, 1.0f), {3, 5}};
  for (int i = 0; i < 2; ++i) {
    mon["fc1"].observe(satur::relu{}, on);
  }
  CHECK(mon["fc1"].units()->saturated_samples() == 0);
  CHECK((*mon["fc1"].units())[4].low == 0);
  block off = on;
  std::fill(off.numbers.begin(), off.numbers.begin() + 2,
            -1.0f); // two of five units on one sample, 3 pads would make 5
  mon["fc1"].observe(satur::relu{}, off);
  CHECK(mon["fc1"].units()->saturated_samples() == 0);
  CHECK((*mon["fc1"].units())[1].low == 1);
}

TEST_CASE("monitor units: unsampled steps, windows, clear()") {
  satur::monitor mon({.units = true, .sampling = {.every = 2}});
  block const z = gaussian(10, 3, 4);
  for (int step = 0; step < 5; ++step) {
    mon["fc1"].observe(satur::relu{}, z);
    mon.end_step();
  }
  CHECK(mon["fc1"].units()->samples() == 30);
  mon.start_window();
  CHECK(mon["fc1"].units()->samples() == 0);
  CHECK(mon["fc1"].units()->lifetime() == 30);
  mon.clear();
  CHECK(mon["fc1"].units()->lifetime() == 0);
  CHECK(!(*mon["fc1"].units())[0].ever_active);
  mon["fc1"].observe(satur::relu{}, z);
  mon.end_step();
}

TEST_CASE("monitor units: the layer record equals the one without units") {
  for (std::size_t const width : {1u, 5u, 16u, 300u, 1100u}) {
    for (bool const odd : {false, true}) {
      satur::monitor with({.units = true});
      satur::monitor without;
      block z = gaussian(70, width, 3);
      for (float& e : z.numbers) {
        e += 2.0f; // no mean of 0
      }
      if (odd) {
        z.numbers[1] = std::numeric_limits<float>::quiet_NaN();
        z.numbers[2] = -std::numeric_limits<float>::infinity();
        z.numbers.back() = std::numeric_limits<float>::infinity();
      }
      block y = z;
      block dy = z;
      block dz = gaussian(70, width, 5);
      for (std::size_t i = 0; i < dz.numbers.size(); i += 3) {
        dz.numbers[i] = i % 2 == 0 ? 0.0f : -0.0f;
      }
      if (odd) {
        dz.numbers[1] = std::numeric_limits<float>::infinity();
        dz.numbers[2] = std::numeric_limits<float>::quiet_NaN();
      }
      for (satur::monitor* const m : {&with, &without}) {
        (*m)["fc1"].gradient(dz);
        (*m)["fc1"].gradient(dz, satur::unit_layout{1, width, 70});
        (*m)["fc1"].forward(satur::relu{}, z, y);
        (*m)["fc1"].forward(satur::relu{}, z, y, dy);
        (*m)["fc1"].observe(satur::relu{}, z);
      }
      satur::saturation const& a = with["fc1"].current().saturation;
      satur::saturation const& b = without["fc1"].current().saturation;
      CHECK(a.count == b.count);
      CHECK(a.low == b.low);
      CHECK(a.high == b.high);
      CHECK(a.nan == b.nan);
      CHECK(a.infinite == b.infinite);
      CHECK(a.lowest_z == b.lowest_z);
      CHECK(a.highest_z == b.highest_z);
      CHECK(a.z.count == b.z.count);
      CHECK(a.title() == b.title());
      CHECK(a.peak_slope == b.peak_slope);
      auto const close = [](double x, double expected) {
        return std::fabs(x - expected) <= 1e-12 * std::fabs(expected);
      };
      CHECK(close(a.mean_z(), b.mean_z()));
      CHECK(close(a.variance_z(), b.variance_z()));
      CHECK(close(a.mean_derivative(), b.mean_derivative()));
      CHECK(close(a.mean_squared_derivative(), b.mean_squared_derivative()));
      CHECK(close(a.mean_output(), b.mean_output()));
      CHECK(close(a.mean_squared_output(), b.mean_squared_output()));
      CHECK(a.slope.count == b.slope.count);
      CHECK(a.output.count == b.output.count);
      CHECK(close(a.variance_derivative(), b.variance_derivative()));
      CHECK(close(a.variance_output(), b.variance_output()));
      satur::gradient_record const& g = with["fc1"].current().gradient;
      satur::gradient_record const& h = without["fc1"].current().gradient;
      CHECK(g.count == h.count);
      CHECK(g.zeros == h.zeros);
      CHECK(g.zeros > 0);
      CHECK(g.nan == h.nan);
      CHECK(g.infinite == h.infinite);
      CHECK(close(g.rms(), h.rms()));
    }
  }
}

TEST_CASE("monitor units: merging, and a failed merge changes nothing") {
  satur::monitor const a = two_steps(1);
  satur::monitor const b = two_steps(2);
  satur::monitor const both = a + b;
  unit_records expected = *a.at("fc1").units();
  expected += *b.at("fc1").units();
  CHECK(*both.at("fc1").units() == expected);
  CHECK(both.at("fc1").units()->samples() == 32);
  satur::monitor wide({.units = true});
  wide["fc1"].observe(satur::relu{}, gaussian(2, 9, 1));
  wide.end_step();
  satur::monitor unchanged = a;
  CHECK_THROWS_AS(unchanged += wide, std::invalid_argument);
  CHECK(unchanged == a);
}

TEST_CASE("monitor units: threads, one after another") {
  satur::shared_monitor shared({.units = true});
  block const first = gaussian(5, 4, 1);
  block second = gaussian(5, 4, 2);
  for (std::size_t i = 0; i < 5; ++i) {
    second.numbers[i * 4] = -1.0f; // unit 0 is off in the second step
  }
  for (block const* const z : std::array<block const*, 2>{&first, &second}) {
    std::thread([&] { shared.local()["fc1"].observe(satur::relu{}, *z); }).join();
    shared.end_step();
  }
  unit_records expected;
  satur::observe_units(expected, satur::relu{}, first);
  satur::observe_units(expected, satur::relu{}, second);
  unit_records const& units = *shared.merged().at("fc1").units();
  CHECK(units.samples() == 10);
  CHECK(units.lifetime() == 10);
  for (std::size_t u = 0; u < 4; ++u) {
    CHECK(units[u].active == expected[u].active);
    CHECK(units[u].silent == expected[u].silent);
  }
  CHECK(units[0].silent >= 5);
}

TEST_CASE("monitor units: saved and loaded, equal and continues equal") {
  satur::monitor mon = two_steps(3);
  REQUIRE((*mon["fc1"].units())[2].nan == 1);
  std::string const bytes = saved(mon);
  satur::monitor again = loaded(bytes);
  CHECK(again == mon);
  CHECK(again.options().units);
  for (satur::monitor* const m : {&mon, &again}) {
    (*m)["fc1"].observe(satur::relu{}, gaussian(3, 5, 9));
    m->end_step();
  }
  CHECK(again == mon);
}

TEST_CASE("monitor units: damaged units throw with a message even with a valid checksum") {
  satur::monitor const mon = two_steps(5);
  std::string const bytes = saved(mon);
  std::mt19937_64 urbg(1);
  int refused = 0;
  for (int i = 0; i < 300; ++i) {
    std::string payload = bytes.substr(40);
    std::uint64_t const word =
        i % 3 == 0 ? urbg() : (i % 3 == 1 ? ~std::uint64_t{0} : std::uint64_t{1} << (urbg() % 64));
    std::memcpy(payload.data() + 8 * (urbg() % (payload.size() / 8)), &word, 8);
    if (i % 7 == 0) {
      payload.resize(urbg() % payload.size());
    }
    satur::detail::byte_writer header;
    header.bytes().append(satur::detail::monitor_magic);
    header.number(satur::detail::newest_format);
    header.number(std::uint64_t{payload.size()});
    header.number(satur::detail::checksum_of(payload));
    header.number(satur::detail::checksum_of(header.bytes()));
    try {
      satur::monitor const m = loaded(header.bytes() + payload);
      static_cast<void>(m == mon);
    } catch (satur::file_error const& error) {
      CHECK(std::string(error.what()).find("expected") != std::string::npos);
      ++refused;
    }
  }
  CHECK(refused > 100);
}

namespace {

/// Counts the elements whose slope was evaluated.
struct counted_act {
  static inline std::uint64_t slopes = 0;
  double value(double z) const { return 0.5 * z; }
  double derivative(double z) const {
    ++slopes;
    return z > 0.0 ? 0.5 : 0.25;
  }
};

} // namespace

TEST_CASE("dy and a layout together; each slope is evaluated once, drawn or not") {
  std::vector<double> z(2 * 8192 + 24);
  for (std::size_t i = 0; i < z.size(); ++i) {
    z[i] = std::sin(static_cast<double>(i)) * 4.0;
  }
  std::vector<double> y(z.size()), dy(z.size());
  auto const layout = satur::unit_layout::matrix(z.size() / 8, 8);
  satur::histogram slopes = satur::histogram::of_slope();
  for (double const e : z) {
    slopes.observe(std::vector<double>{e > 0.0 ? 0.5 : 0.25});
  }
  satur::histogram of_z = satur::histogram::of_z();
  of_z.observe(z);
  satur::saturation const expected = satur::observe(counted_act{}, z);
  satur::unit_records expected_units;
  satur::observe_units(expected_units, counted_act{}, z, layout);

  for (std::size_t const histograms : {0u, 1u, 3u}) {
    for (bool const units : {false, true}) {
      for (int const form : {0, 1, 2, 3}) {
        CAPTURE(histograms);
        CAPTURE(units);
        CAPTURE(form);
        satur::monitor plain({.units = units});
        satur::monitor mon({.histograms = histograms, .units = units});
        auto const run = [&](satur::layer_monitor& layer) {
          counted_act::slopes = 0;
          form == 0   ? layer.forward(counted_act{}, z, y, dy, layout)
          : form == 1 ? layer.forward(counted_act{}, z, y, layout)
          : form == 2 ? layer.observe(counted_act{}, z, layout)
                      : layer.forward(counted_act{}, z, y, dy);
          return counted_act::slopes;
        };
        std::uint64_t const evaluated = run(plain["x"]);
        CHECK(run(mon["x"]) == evaluated);
        CHECK(mon.at("x").current().saturation.count == expected.count);
        CHECK(mon.at("x").current().saturation.high == expected.high);
        CHECK(mon.at("x").units().has_value() == (units && form != 3));
        if (units && form != 3) {
          CHECK(*mon.at("x").units() == expected_units);
        }
        CHECK(mon.at("x").histograms().has_value() == (histograms != 0));
        if (histograms == 1) {
          CHECK(mon.at("x").histograms()->slope == slopes);
          CHECK(mon.at("x").histograms()->z == of_z);
        } else if (histograms == 3) {
          CHECK(mon.at("x").histograms()->slope.total() == mon.at("x").histograms()->z.total());
        }
      }
    }
  }
}
