// monitor_options::rows: which rows of a batch are observed, that the results are those of all rows, and that what is
// recorded is what another monitor records of those rows alone.
#include "satur/monitor/file.hpp"
#include "satur/monitor/saturation_table.hpp"
#include "satur/monitor/shared_monitor.hpp"

#include "satur/activation/relu.hpp"
#include "satur/activation/tanh.hpp"

#include "support/monitor_bytes.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>
#include <random>
#include <span>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace {

using satur::array_view;
using satur::monitor;
using satur::monitor_options;
using satur::unit_layout;
using satur_test::loaded;
using satur_test::saved;

constexpr float no_number = std::numeric_limits<float>::quiet_NaN();

template <class T> std::vector<T> drawn(std::size_t n, unsigned seed) {
  std::mt19937_64 urbg(seed);
  std::normal_distribution<double> normal(0.0, 4.0);
  std::vector<T> z(n);
  for (T& e : z) {
    e = static_cast<T>(normal(urbg));
  }
  return z;
}
template <class T> std::string bits_of(std::vector<T> const& x) {
  return {reinterpret_cast<char const*>(x.data()), x.size() * sizeof(T)};
}

/// Rows of `length` numbers that step `step` observes, one in n: by a loop over all rows.
template <class T> std::vector<T> picked(std::vector<T> const& z, std::size_t length, std::size_t n, std::size_t step) {
  std::size_t const rows = z.size() / length;
  std::size_t const one_in = rows < n ? rows : n;
  std::vector<T> some;
  for (std::size_t row = 0; row < rows; ++row) {
    if (row % one_in == step % one_in) {
      for (std::size_t i = 0; i < length; ++i) {
        some.push_back(z[row * length + i]);
      }
    }
  }
  return some;
}

void check_same_records(monitor const& a, monitor const& b) {
  REQUIRE(a.size() == b.size());
  for (satur::layer_monitor const& layer : a) {
    CAPTURE(layer.name());
    satur::layer_monitor const& other = b.at(layer.name());
    CHECK(layer.current() == other.current());
    CHECK(layer.last() == other.last());
    CHECK(layer.total() == other.total());
    CHECK(layer.history() == other.history());
    CHECK(layer.units() == other.units());
    CHECK(layer.histograms() == other.histograms());
    CHECK(layer.origin().first == other.origin().first);
    CHECK(layer.origin().units == other.origin().units);
    CHECK(layer.origin().onset == other.origin().onset);
  }
}

} // namespace

TEST_CASE("rows: the records are those of the rows of each step, the results those of all, for any batch and n") {
  for (std::size_t const n : {2u, 3u, 8u, 200u}) {
    for (std::size_t const batch : {1u, 2u, 5u, 8u, 13u, 33u}) {
      for (std::size_t const units : {1u, 17u, 64u}) {
        for (std::size_t const histograms : {0u, 1u}) {
          for (bool const by_unit : {false, true}) {
            CAPTURE(n);
            CAPTURE(batch);
            CAPTURE(units);
            monitor mon({.histograms = histograms, .units = by_unit, .rows = n});
            monitor by_hand({.histograms = histograms, .units = by_unit});
            for (unsigned step = 0; step < 4; ++step) {
              std::vector<float> z = drawn<float>(batch * units, 100 + step);
              z[z.size() / 2] = step == 2 ? no_number : z[z.size() / 2];
              std::vector<float> const dz = drawn<float>(batch * units, 200 + step);
              std::vector<float> y(z.size()), dy(z.size()), expected(z.size()), expected_slope(z.size());
              satur::apply(satur::tanh{}, z, expected, expected_slope);
              std::vector<float> const some = picked(z, units, n, step);
              auto const layout = unit_layout::matrix(batch, units);
              auto const part = unit_layout::matrix(some.size() / units, units);

              array_view<float const> const z2(z.data(), {batch, units});
              mon["both"].forward(satur::tanh{}, z2, array_view<float>(y.data(), {batch, units}),
                                  array_view<float>(dy.data(), {batch, units}));
              CHECK(bits_of(y) == bits_of(expected));
              CHECK(bits_of(dy) == bits_of(expected_slope));
              std::fill(y.begin(), y.end(), -7.0f);
              mon["value"].forward(satur::tanh{}, z, y, layout);
              CHECK(bits_of(y) == bits_of(expected));
              mon["seen"].observe(satur::tanh{}, z, layout);
              mon["seen"].gradient(dz, layout);
              mon["both"].gradient(array_view<float const>(dz.data(), {batch, units}));
              for (char const* const name : {"both", "value", "seen"}) {
                by_hand[name].observe(satur::tanh{}, some, part);
              }
              for (char const* const name : {"seen", "both"}) {
                by_hand[name].gradient(picked(dz, units, n, step), part);
              }
              if (step == 1) {
                check_same_records(mon, by_hand);
              }
              mon.end_step();
              by_hand.end_step();
              check_same_records(mon, by_hand);
            }
            CHECK(mon.at("seen").origin().rows == (std::min)(n, batch));
            CHECK(by_hand.at("seen").origin().rows == 1);
          }
        }
      }
    }
  }
}

TEST_CASE("rows: in n sampled steps every row is observed once, in each phase") {
  for (std::size_t const batch : {3u, 8u, 20u}) {
    monitor mon({.rows = 8, .sampling = {.every = 3}});
    std::vector<double> z(batch);
    std::size_t const one_in = batch < 8 ? batch : 8;
    for (satur::phase const p : {satur::phase::train, satur::phase::eval}) {
      p == satur::phase::train ? mon.train() : mon.eval();
      std::vector<int> seen(batch, 0);
      for (std::size_t step = 0; step < 3 * one_in; ++step) {
        for (std::size_t row = 0; row < batch; ++row) {
          z[row] = std::ldexp(1.0, static_cast<int>(row)); // the sum tells the rows
        }
        mon["fc"].observe(satur::relu{}, z, unit_layout::matrix(batch, 1));
        satur::saturation const& s = mon.at("fc").current(p).saturation;
        if (step % 3 == 0) {
          CHECK(s.count >= batch / one_in);
          auto const sum = static_cast<std::uint64_t>(s.mean_z() * static_cast<double>(s.count) + 0.5);
          for (std::size_t row = 0; row < batch; ++row) {
            seen[row] += static_cast<int>(sum >> row & 1u);
          }
        } else {
          CHECK(s.count == 0);
        }
        mon.end_step();
      }
      CHECK(seen == std::vector<int>(batch, 1));
    }
  }
}

TEST_CASE("rows: a row is an index of the outer axes; numbers without a layout or with one row are observed whole") {
  std::vector<float> const z = drawn<float>(4 * 3 * 6, 1);
  monitor mon({.rows = 2});
  monitor by_unit({.units = true, .rows = 2});
  for (std::size_t step = 0; step < 2; ++step) {
    mon["image"].observe(satur::tanh{}, z, unit_layout::nchw(4, 3, 2, 3));
    mon["pixel"].observe(satur::tanh{}, z, unit_layout::nhwc(4, 2, 3, 3));
    by_unit["image"].observe(satur::tanh{}, z, unit_layout::nchw(4, 3, 2, 3));
    by_unit["pixel"].observe(satur::tanh{}, z, unit_layout::nhwc(4, 2, 3, 3));
    mon["whole"].observe(satur::tanh{}, z);
    mon["whole"].gradient(z);
    mon["one"].observe(satur::tanh{}, z, unit_layout{1, 12, 6});
    mon["cube"].observe(satur::tanh{}, array_view<float const>(z.data(), {4, 3, 6}));
    mon.end_step();
    CHECK(mon.at("image").last().saturation == satur::observe(satur::tanh{}, picked(z, 18, 2, step)));
    CHECK(mon.at("pixel").last().saturation == satur::observe(satur::tanh{}, picked(z, 3, 2, step)));
    CHECK(mon.at("whole").last().saturation.count == z.size());
    CHECK(mon.at("whole").last().gradient.count == z.size());
    CHECK(mon.at("one").last().saturation.count == z.size());
    CHECK(mon.at("cube").last().saturation.count == z.size());
  }
  CHECK(by_unit.at("image").units()->samples() == 2 * 2 * 6); // pixels of two images a step
  CHECK(by_unit.at("pixel").units()->samples() == 2 * 12);
  CHECK(mon.at("whole").origin().rows == 1);
  CHECK(mon.at("one").origin().rows == 1);
  CHECK(mon.at("image").origin().rows == 2);
}

TEST_CASE("rows: any container, and 16-bit numbers, have the same records as row-major memory of float") {
  constexpr std::size_t batch = 11;
  constexpr std::size_t units = 70;
  std::vector<float> z = drawn<float>(batch * units, 3);
  std::vector<std::uint16_t> half(z.size());
  for (std::size_t i = 0; i < z.size(); ++i) { // numbers that bfloat16 has
    z[i] = std::bit_cast<float>(std::bit_cast<std::uint32_t>(z[i]) & 0xffff0000u);
    half[i] = static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(z[i]) >> 16);
  }
  std::vector<float> columns(z.size());
  std::vector<float> gaps(2 * z.size());
  std::vector<std::vector<float>> rows(batch, std::vector<float>(units));
  for (std::size_t i = 0; i < batch; ++i) {
    for (std::size_t j = 0; j < units; ++j) {
      rows[i][j] = columns[j * batch + i] = gaps[2 * (i * units + j)] = z[i * units + j];
    }
  }
  auto const layout = unit_layout::matrix(batch, units);
  for (bool const by_unit : {false, true}) {
    monitor_options const options{.histograms = 1, .units = by_unit, .rows = 4};
    monitor mon(options);
    monitor plain(options);
    for (int step = 0; step < 5; ++step) {
      auto const all = [&](monitor& to, char const* name, auto const& x) {
        to[name].observe(satur::tanh{}, x);
        to[name].gradient(x);
      };
      array_view<float const> const as_columns(columns.data(), {batch, units}, {1, batch});
      array_view<float const> const with_gaps(gaps.data(), {batch, units}, {2 * units, 2});
      all(mon, "columns", as_columns);
      all(mon, "gaps", with_gaps);
      all(mon, "rows", rows);
      mon["half"].observe(satur::tanh{}, satur::as_bfloat16(half), layout);
      mon["half"].gradient(satur::as_bfloat16(half), layout);
      for (char const* const name : {"columns", "gaps", "rows", "half"}) {
        all(plain, name, array_view<float const>(z.data(), {batch, units}));
      }
      std::vector<float> expected(z.size());
      satur::apply(satur::tanh{}, z, expected);
      std::vector<float> y(z.size());
      mon["columns"].forward(satur::tanh{}, as_columns, array_view<float>(y.data(), {batch, units}));
      plain["columns"].forward(satur::tanh{}, z, expected, layout);
      CHECK(bits_of(y) == bits_of(expected));
      std::vector<std::uint16_t> y16(z.size()), expected16(z.size());
      mon["half"].forward(satur::tanh{}, satur::as_bfloat16(half), satur::as_bfloat16(y16), layout);
      plain["half"].forward(satur::tanh{}, z, expected, layout);
      satur::apply(satur::tanh{}, satur::as_bfloat16(half), satur::as_bfloat16(expected16));
      CHECK(y16 == expected16);
      mon.end_step();
      plain.end_step();
    }
    check_same_records(mon, plain);
  }
  monitor wide({.units = true, .rows = 3});
  std::vector<long double> const lz = drawn<long double>(batch * units, 4);
  std::vector<long double> ly(lz.size()), lexpected(lz.size());
  satur::apply(satur::tanh{}, lz, lexpected);
  wide["long"].forward(satur::tanh{}, lz, ly, layout);
  CHECK(ly == lexpected);
  CHECK(wide.at("long").current().saturation == satur::observe(satur::tanh{}, picked(lz, units, 3, 0)));
}

TEST_CASE("rows: histograms of one block in n select every block of every row in turn") {
  constexpr std::size_t batch = 4;
  constexpr std::size_t units = 512; // two blocks of 256
  std::vector<float> z(batch * units);
  for (std::size_t i = 0; i < z.size(); ++i) { // each block in a bin of its own
    z[i] = static_cast<float>(i / 256) + 0.5f;
  }
  monitor mon({.histograms = 2, .rows = 2});
  for (int step = 0; step < 4; ++step) {
    mon["fc"].observe(satur::tanh{}, z, unit_layout::matrix(batch, units));
    mon.end_step();
  }
  satur::histogram const& h = mon.at("fc").histograms()->z;
  CHECK(h.total() == z.size());
  for (std::size_t block = 0; block < 8; ++block) {
    satur::histogram one = satur::layer_histograms{}.z;
    one.observe(std::vector<float>(256, static_cast<float>(block) + 0.5f));
    for (std::size_t bin = 0; bin < h.bins(); ++bin) {
      if (one.count(bin) != 0) {
        CHECK(h.count(bin) == 256);
      }
    }
  }
}

TEST_CASE("rows: an update reads one block of 256 in n, every block in n updates, of weights and of steps") {
  constexpr std::size_t blocks = 64;
  for (std::size_t const updates : {1u, 2u, 3u}) {
    CAPTURE(updates);
    std::vector<float> w(256 * blocks - 56);
    for (std::size_t i = 0; i < w.size(); ++i) {
      w[i] = static_cast<float>(i / 256);
    }
    monitor mon({.updates = updates, .rows = 4});
    std::vector<int> seen(4, 0);
    for (std::size_t step = 0; step < 4 * updates; ++step) {
      std::vector<float> dw(w.size(), 0.0f);
      std::size_t const broken = 256 * (step / updates) + 3; // a block that this update reads
      dw[broken] = no_number;
      mon["fc"].update(w, dw);
      mon.end_step();
      satur::weight_record const& r = mon.at("fc").origin().weights;
      CHECK(r.whole() == w.size());
      CHECK(r.size == w.size());
      if (step % updates == 0) {
        CHECK(mon.at("fc").last().update.unusable == 1);
        std::size_t const first = step / updates;
        double sum = 0.0;
        double count = 0.0;
        for (std::size_t i = 0; i < w.size(); ++i) {
          if (i / 256 % 4 == first) {
            sum += static_cast<double>(w[i]);
            count += 1.0;
          }
        }
        CHECK(static_cast<double>(r.count) == count);
        CHECK(r.mean == doctest::Approx(sum / count));
        ++seen[first];
      }
    }
    CHECK(seen == std::vector<int>(4, 1));
  }
  // The numbers in one block of n are as those of all, here exactly.
  std::vector<double> w(256 * 32), dw(w.size());
  for (std::size_t i = 0; i < w.size(); ++i) {
    w[i] = i % 2 == 0 ? 1.0 : -1.0;
    dw[i] = i % 2 == 0 ? 3.0 : 1.0;
  }
  monitor mon({.rows = 2});
  mon["fc"].update(w, dw, -0.1);
  CHECK(mon.at("fc").current().update.log10_ratio() == doctest::Approx(-1.0));
  CHECK(mon.at("fc").origin().weights.count == w.size() / 2);
  CHECK(mon.at("fc").origin().weights.mean_square() == 1.0);
  // Fewer than 32 blocks are read whole.
  w.resize(256 * 31);
  dw.resize(w.size());
  mon["part"].update(w, dw);
  CHECK(mon.at("part").origin().weights.count == w.size());
  CHECK(mon.at("part").origin().weights.size == 0);
}

TEST_CASE("rows: the data") {
  std::vector<float> const x = drawn<float>(10 * 5, 9);
  monitor mon({.rows = 4});
  monitor by_hand;
  for (std::size_t step = 0; step < 3; ++step) {
    mon.input(array_view<float const>(x.data(), {10, 5}));
    mon.end_step();
    std::vector<float> const some = picked(x, 5, 4, step);
    by_hand.input(some, unit_layout::matrix(some.size() / 5, 5));
    by_hand.end_step();
    CHECK(mon.inputs()->last() == by_hand.inputs()->last());
    CHECK(mon.inputs()->units() == by_hand.inputs()->units());
  }
  CHECK(mon.inputs()->units()->samples() == 3 + 3 + 2);
  CHECK(mon.inputs()->origin().rows == 4);
}

TEST_CASE("rows: saved and loaded, cleared and merged") {
  monitor_options const options{.histograms = 2, .units = true, .rows = 3};
  auto const step = [](monitor& mon, unsigned seed) {
    std::vector<float> const z = drawn<float>(10 * 64, seed);
    std::vector<float> const w = drawn<float>(256 * 64, seed);
    mon["fc"].observe(satur::tanh{}, z, unit_layout::matrix(10, 64));
    mon["fc"].gradient(z, unit_layout::matrix(10, 64));
    mon["fc"].update(w, w, 0.5);
    mon.input(z, unit_layout::matrix(10, 64));
  };
  monitor mon(options);
  step(mon, 1);
  mon.end_step();
  step(mon, 2); // and a step that is being made
  monitor back = loaded(saved(mon));
  CHECK(back == mon);
  CHECK(back.options().rows == 3);
  CHECK(back.inputs()->origin().rows == 3);
  CHECK(back.at("fc").origin().weights == mon.at("fc").origin().weights);
  CHECK(back.at("fc").origin().weights.size == 256 * 64);
  for (monitor* const m : {&mon, &back}) {
    m->end_step();
    step(*m, 3);
    m->end_step();
  }
  CHECK(back == mon);
  CHECK(saved(back) == saved(mon));

  std::uint64_t const before = mon.at("fc").total().saturation.count;
  CHECK(before == (4 + 3 + 3) * 64); // rows 0 3 6 9, 1 4 7, 2 5 8
  mon.clear();
  step(mon, 4);
  CHECK(mon.at("fc").current().saturation.count == 4 * 64); // the fourth turn
  mon.end_step();
  back += mon;
  CHECK(back.at("fc").total().saturation.count == before + 4 * 64);
  CHECK(back.at("fc").units()->samples() == 14);
  CHECK(back.at("fc").units()->gradient_samples() == 14);
  CHECK(back.at("fc").total().gradient.count == before + 4 * 64);
  monitor all({.units = true});
  step(all, 5);
  all.end_step();
  all += mon; // all rows and some
  CHECK(all.at("fc").total().saturation.count == 14 * 64);
  CHECK(all.at("fc").units()->samples() == 14);
  CHECK(all.at("fc").origin().rows == 3);
  CHECK(all.options().rows == 1);
}

TEST_CASE("rows: each thread observes rows of its part, and takes turns like a single monitor") {
  monitor_options const options{.histograms = 2, .updates = 2, .units = true, .rows = 3};
  satur::shared_monitor shared(options);
  monitor by_hand({.histograms = 2, .updates = 2, .units = true});
  constexpr std::size_t units = 256;
  std::vector<float> const w = drawn<float>(100, 5);
  std::uint64_t updates = 0;
  for (unsigned step = 0; step < 7; ++step) {
    std::vector<float> const first = drawn<float>(7 * units, 2 * step);
    std::vector<float> const second = drawn<float>(5 * units, 2 * step + 1);
    auto const part = [&](std::vector<float> const& z) {
      monitor& mine = shared.local();
      auto const layout = unit_layout::matrix(z.size() / units, units);
      mine["fc"].observe(satur::tanh{}, z, layout);
      mine["fc"].gradient(z, layout);
    };
    part(first);
    shared.local()["fc"].update(w, w);
    std::thread other([&] { part(second); });
    other.join();
    shared.end_step();
    updates += step % 2 == 0 ? 1 : 0;
    std::uint64_t expected = 0;
    for (std::vector<float> const* const z : {&first, &second}) {
      expected += picked(*z, units, 3, step).size();
    }
    CAPTURE(step);
    CHECK(shared.merged().at("fc").last().saturation.count == expected);
    CHECK(shared.merged().at("fc").last().gradient.count == expected);
    CHECK(shared.merged().at("fc").total().update.steps == updates); // one step in two, in threads too
    satur::saturation sum = satur::observe(satur::tanh{}, picked(first, units, 3, step));
    sum += satur::observe(satur::tanh{}, picked(second, units, 3, step));
    CHECK(shared.merged().at("fc").last().saturation.low == sum.low);
    CHECK(shared.merged().at("fc").last().saturation.lowest_z == sum.lowest_z);
    CHECK(shared.merged().at("fc").last().saturation.mean_z() == doctest::Approx(sum.mean_z()));
  }
  CHECK(shared.merged().at("fc").origin().rows == 3);
}

TEST_CASE("monitor threads: blocks of histograms and updates take turns as in a single monitor") {
  satur::shared_monitor shared({.histograms = 2});
  std::vector<float> z(2 * 256, 0.5f);
  std::fill(z.begin() + 256, z.end(), 7.5f);
  for (int step = 0; step < 2; ++step) {
    shared.local()["fc"].observe(satur::tanh{}, z);
    shared.end_step();
  }
  satur::histogram const& h = shared.merged().at("fc").histograms()->z;
  CHECK(h.total() == 512);
  CHECK(h.lowest() == 0.5);
  CHECK(h.highest() == 7.5); // the other block in the other step
}

TEST_CASE("rows: refusals are those of all rows") {
  using doctest::Contains;
  CHECK_THROWS_WITH_AS(monitor({.rows = 0}),
                       Contains("monitor_options: rows is 0; allowed: 1 for every row of a batch, 8 for one row in "
                                "eight"),
                       std::invalid_argument);
  for (std::size_t const n : {1u, 4u}) {
    CAPTURE(n);
    monitor mon({.units = true, .rows = n});
    std::vector<float> z(8 * 3, 0.5f);
    std::vector<float> y(8 * 3), few(7 * 3);
    auto const layout = unit_layout::matrix(8, 3);
    CHECK_THROWS_WITH_AS(mon["fc"].forward(satur::tanh{}, z, z, layout), Contains("y shares memory with z"),
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(mon["fc"].forward(satur::tanh{}, z, y, std::span(z).subspan(0), layout),
                         Contains("dy shares memory with z"), std::invalid_argument);
    CHECK_THROWS_AS(mon["fc"].forward(satur::tanh{}, z, few, layout), satur::shape_error);
    CHECK_THROWS_AS(mon["fc"].forward(satur::tanh{}, z, y, few, layout), satur::shape_error);
    CHECK_THROWS_AS(mon["fc"].observe(satur::tanh{}, few, layout), satur::shape_error);
    CHECK_THROWS_AS(mon["fc"].gradient(few, layout), satur::shape_error);
    CHECK(z == std::vector<float>(8 * 3, 0.5f));
    CHECK(mon.at("fc").current() == satur::layer_record{});
    mon["fc"].forward(satur::tanh{}, z, y, layout);
    CHECK_THROWS_WITH_AS(mon["fc"].forward(satur::tanh{}, z, y, unit_layout::matrix(6, 4)),
                         Contains("forward_units: z has shape (6, 4)"), satur::shape_error);
    CHECK_THROWS_WITH_AS(mon["fc"].gradient(z, unit_layout::matrix(6, 4)),
                         Contains("observe_unit_gradients: dz has shape (6, 4)"), satur::shape_error);
  }
}

TEST_CASE("rows: a printed monitor says that it observes some of them") {
  for (std::size_t const n : {1u, 8u}) {
    monitor mon({.rows = n});
    std::ostringstream text;
    text << mon;
    CHECK((text.str().find("observed: one row in 8 of each batch\n") != std::string::npos) == (n == 8));
  }
}
