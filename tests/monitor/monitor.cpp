// The monitor: what it remembers, what it prints, and that it allocates nothing once it knows its layers.
#include "support/allocation.hpp"

#include "satur/diagnostic.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

namespace {

std::string printed(satur::monitor const& mon) {
  std::ostringstream out;
  out << mon;
  std::istringstream lines(out.str());
  for (std::string line; std::getline(lines, line);) {
    CHECK(line.size() <= 100);
  }
  return out.str();
}

} // namespace

TEST_CASE("monitor: last step and total, layers in order of first use") {
  satur::monitor mon;
  std::vector<float> const z{-6.0f, 0.0f, 6.0f, 7.0f};
  std::vector<float> a(4);
  mon["second"].observe(satur::tanh{}, z);
  mon["first"].forward(satur::sigmoid{}, z, a);
  mon["first"].gradient(std::vector<float>{3.0f, 0.0f, -4.0f, 0.0f});
  CHECK(mon.at("first").current().saturation.count == 4);
  mon.end_step();
  mon["first"].observe(satur::sigmoid{}, std::vector<float>{0.0f});
  mon.end_step();
  CHECK(mon.steps() == 2);
  CHECK(mon.begin()->name() == "second");
  satur::layer_monitor const& first = mon.at("first");
  CHECK(first.last().saturation.count == 1);
  CHECK(first.total().saturation.count == 5);
  CHECK(first.total().saturation.low == 1);
  CHECK(first.total().saturation.high == 2);
  CHECK(first.total().gradient.rms() == doctest::Approx(2.5));
  CHECK(first.total().gradient.zero_fraction() == 0.5);
  CHECK(std::isnan(first.last().gradient.rms()));
  CHECK_THROWS_WITH_AS(static_cast<void>(mon.at("third")), doctest::Contains("second, first"), std::invalid_argument);
  mon.clear();
  CHECK(mon.steps() == 0);
  CHECK(mon.at("first").total().saturation.empty());
}

TEST_CASE("monitor: update:data is log10 of a ratio of standard deviations") {
  satur::monitor mon;
  std::vector<double> const w{1.0, 2.0, 3.0, 4.0};
  std::vector<double> const g{0.5, -0.5, 0.5, -0.5};
  mon["a"].update(w, g, -0.01);
  CHECK(mon.at("a").current().update.log10_ratio() == doctest::Approx(std::log10(0.01 * 0.5 / std::sqrt(1.25))));
  mon["a"].update(w, std::vector<double>(4, 0.0), -0.01); // a step of zero has no ratio
  CHECK(mon.at("a").current().update.unusable == 1);
  CHECK_THROWS_AS(mon["a"].update(w, std::vector<double>(3)), satur::shape_error);
}

TEST_CASE("monitor: the table fits 100 columns and names its rules") {
  std::vector<float> const z(100, -7.0f);
  for (satur::any_rule const& rule : {satur::any_rule(satur::z_beyond{4.5}), satur::any_rule(satur::slope_below{}),
                                      satur::any_rule(satur::output_beyond{})}) {
    satur::monitor mon(rule);
    mon["a layer with a very long name indeed"].observe(satur::centered_sigmoid{}, z);
    mon.end_step();
    CHECK(printed(mon).find(satur::to_text(rule.definition())) != std::string::npos);
  }
  satur::monitor const empty;
  CHECK(printed(empty).find("|z| > 5") != std::string::npos);
}

TEST_CASE("monitor: a network with NaN does not look healthy") {
  satur::monitor mon;
  std::vector<float> const z(64, std::numeric_limits<float>::quiet_NaN());
  mon["fc"].observe(satur::sigmoid{}, z);
  mon["fc"].gradient(z);
  mon.end_step();
  std::string const text = printed(mon);
  CHECK(text.find("not finite") != std::string::npos);
  CHECK(text.find("64 NaN") != std::string::npos);
  std::string const row = text.substr(text.find("fc"), text.find('\n', text.find("fc")) - text.find("fc"));
  CHECK(row.find_first_of("0123456789") == std::string::npos); // no number that could pass for healthy
}

TEST_CASE("monitor: no allocation once the layers are known") {
  satur::monitor mon;
  std::vector<float> z(20000, 0.25f);
  std::vector<float> a(z.size());
  std::vector<float> da(z.size());
  auto const step = [&] {
    mon["fc1"].forward(satur::sigmoid{}, z, a, da);
    mon["fc1"].gradient(da);
    mon["fc1"].update(z, da, -0.1);
    mon["fc2"].observe(satur::tanh{}, z);
    mon.end_step();
  };
  step();
  CHECK(satur_test::allocations_in([&] {
          for (int i = 0; i < 5; ++i) {
            step();
          }
          static_cast<void>(satur::saturated_fraction(z));
        }) == 0);
  CHECK(satur_test::allocations_in([] { ::operator delete(::operator new(16)); }) > 0); // the counter counts
}

TEST_CASE("monitor: no allocation after the first step with formats watched, whatever is drawn or kept") {
  std::vector<float> z(13 * 40);
  std::vector<float> w(256 * 40);
  for (std::vector<float>* const numbers : {&z, &w}) {
    for (std::size_t i = 0; i < numbers->size(); ++i) {
      (*numbers)[i] = 0.01f * static_cast<float>(i % 1000) - 4.0f;
    }
  }
  std::vector<float> y(z.size()), dy(z.size());
  std::vector<char> keep(13, 0);
  auto const layout = satur::unit_layout::matrix(13, 40);
  for (std::size_t const rows : {1u, 5u}) {
    for (std::size_t const histograms : {0u, 1u}) {
      satur::monitor mon({.histograms = histograms,
                          .rows = rows,
                          .formats = satur::watched_formats::all(satur::formats::fp8_e4m3, 100.0)});
      std::size_t kept = 1;
      auto const step = [&] {
        std::fill(keep.begin(), keep.begin() + static_cast<std::ptrdiff_t>(kept), 1);
        kept = kept < 13 ? kept + 1 : kept;
        mon["fc"].forward(satur::tanh{}, z, y, layout);
        mon["fc"].gradient(z, layout);
        mon["fc"].update(w, w, -0.5);
        mon["both"].forward(satur::tanh{}, z, y, dy, layout);
        mon["seen"].observe(satur::tanh{}, z, layout);
        if (rows == 1 && histograms == 0) { // docs/monitor.md: with either, a mask that keeps more may allocate
          mon["kept"].observe(satur::tanh{}, z, satur::sample_mask{keep}, layout);
          mon["kept"].gradient(z, satur::sample_mask{keep}, layout);
        }
        mon.end_step();
      };
      step();
      CHECK(satur_test::allocations_in([&] {
              for (int i = 0; i < 14; ++i) {
                step();
              }
            }) == 0);
      CHECK(mon.at("seen").formats()->total.outputs.count == (rows == 1 ? 15 * 520 : 15 * 40 * 13 / 5));
    }
  }
}

TEST_CASE("monitor: no allocation after the first step with a mask, whatever it keeps") {
  std::vector<float> z(300 * 40, 0.25f);
  std::vector<float> y(z.size()), dy(z.size());
  satur::array_view<float const> const matrix{z.data(), {300, 40}};
  std::vector<char> keep(300, 0);
  satur::monitor mon({.units = true});
  std::size_t kept = 20;
  auto const step = [&] {
    std::fill(keep.begin(), keep.begin() + static_cast<std::ptrdiff_t>(kept), 1);
    kept += 40;
    satur::sample_mask const mask{keep};
    mon["fc"].forward(satur::tanh{}, matrix, y, dy, mask);
    mon["fc"].observe(satur::tanh{}, matrix, mask);
    mon["fc"].gradient(matrix, mask);
    mon.end_step();
  };
  step();
  CHECK(satur_test::allocations_in([&] {
          for (int i = 0; i < 6; ++i) {
            step();
          }
        }) == 0);
}

TEST_CASE("monitor: no allocation after the first step with some rows observed, whichever rows are drawn") {
  std::vector<float> z(13 * 40);
  std::vector<float> w(256 * 40);
  for (std::vector<float>* const numbers : {&z, &w}) {
    for (std::size_t i = 0; i < numbers->size(); ++i) {
      (*numbers)[i] = 0.01f * static_cast<float>(i % 1000) - 4.0f;
    }
  }
  std::vector<float> y(z.size()), dy(z.size());
  auto const layout = satur::unit_layout::matrix(13, 40);
  for (int const start : {0, 3}) { // step 3 observes three of 13 rows, step 5 four
    for (bool const by_unit : {false, true}) {
      satur::monitor mon({.histograms = 1, .units = by_unit, .rows = 5});
      auto const step = [&] {
        mon["fc"].forward(satur::tanh{}, z, y, layout);
        mon["half"].forward(satur::tanh{}, z, y, dy, layout);
        mon["fc"].gradient(z, layout);
        mon["fc"].update(w, w, -0.5);
        mon.input(z, layout);
        mon.end_step();
      };
      for (int i = 0; i < start; ++i) {
        step();
      }
      satur::monitor const copy = mon;
      mon = copy; // a copy has no scratch memory
      step();
      CHECK(satur_test::allocations_in([&] {
              for (int i = 0; i < 10; ++i) {
                step();
              }
            }) == 0);
    }
  }
}
