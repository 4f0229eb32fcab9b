// A mask: the record of the kept samples gathered by hand, bit for bit; results everywhere; wrong lengths refused.
#include "satur/array/sample_mask.hpp"

#include "satur/activation/relu.hpp"
#include "satur/activation/sigmoid.hpp"
#include "satur/activation/tanh.hpp"
#include "satur/array/array_view.hpp"
#include "satur/array/half_span.hpp"
#include "satur/monitor.hpp"
#include "satur/observe/masked.hpp"
#include "satur/observe/masked_units.hpp"
#include "satur/rule/output_beyond.hpp"
#include "satur/rule/slope_below.hpp"
#include "support/refusal.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <list>
#include <string>
#include <vector>

namespace {

using satur::array_view;
using satur::sample_mask;
using satur::unit_layout;

template <class T> std::vector<T> numbers(std::size_t n) {
  std::vector<T> z(n);
  for (std::size_t i = 0; i < n; ++i) {
    z[i] = static_cast<T>(std::sin(0.7 * static_cast<double>(i)) * 8.0 + 0.3);
  }
  return z;
}
/// About two thirds are kept, in runs and alone.
std::vector<int> entries(std::size_t n) {
  std::vector<int> keep(n);
  for (std::size_t i = 0; i < n; ++i) {
    keep[i] = i * i % 7 < 3 ? static_cast<int>(256 * (i % 5 + 1)) : i % 11 == 0 ? -1 : 0; // no bit of the first byte
  }
  return keep;
}
/// The rows of (samples, units) that are kept, one after the other.
template <class T, class K> std::vector<T> gathered(std::vector<T> const& z, K const& keep) {
  std::vector<T> rows;
  std::size_t const units = z.size() / keep.size();
  for (std::size_t s = 0; s < keep.size(); ++s) {
    for (std::size_t u = 0; u < units; ++u) {
      if (keep[s] != 0) {
        rows.push_back(z[s * units + u]);
      }
    }
  }
  return rows;
}
template <class T> array_view<T const> matrix(std::vector<T> const& z, std::size_t units) {
  return {z.data(), {z.size() / units, units}};
}

} // namespace

TEST_CASE("sample_mask: entries of any width") {
  std::array<bool, 3> const in_bool{true, false, true};
  std::vector<char> const in_char{1, 0, 7};
  std::vector<std::int64_t> const in_64{std::int64_t{1} << 40, 0, -1};
  for (sample_mask const& mask : {sample_mask{in_bool}, sample_mask{in_char}, sample_mask{in_64}}) {
    CHECK(mask.size() == 3);
    CHECK(mask.kept() == 2);
    CHECK((mask[0] && !mask[1] && mask[2]));
  }
  CHECK(sample_mask{std::array<int, 0>{}}.kept() == 0);
  std::array<int, 6> const apart{1, 0, 1, 0, 1, 0};
  CHECK(satur_test::refusal([&] {
          sample_mask{array_view<int const>{apart.data(), {3}, {2}}};
        }) ==
        "satur::sample_mask: the mask has shape (3); expected row-major memory without gaps; copy the view first");
}

TEST_CASE_TEMPLATE("observe with a mask: the record of the gathered rows, bit for bit", T, float, double) {
  for (std::size_t const samples : {1u, 2u, 37u, 1500u}) { // 1500 * 17 numbers: several leaves
    for (std::size_t const units : {1u, 3u, 17u}) {
      CAPTURE(samples);
      CAPTURE(units);
      std::vector<T> z = numbers<T>(samples * units);
      z[z.size() / 2] = std::numeric_limits<T>::quiet_NaN();
      z[z.size() / 3] = std::numeric_limits<T>::infinity();
      std::vector<int> const keep = entries(samples);
      std::vector<T> const rows = gathered(z, keep);
      auto const check = [&](auto const& act, auto const& rule) {
        CHECK(satur::observe(act, matrix(z, units), sample_mask{keep}, rule) == satur::observe(act, rows, rule));
      };
      check(satur::sigmoid{}, satur::z_beyond{5.0});
      check(satur::tanh{}, satur::slope_below{0.1});
      check(satur::sigmoid{}, satur::output_beyond{0.1, 0.9});

      std::vector<int> const single = entries(z.size()); // one entry for each number
      CHECK(satur::observe(satur::sigmoid{}, z, sample_mask{single}) ==
            satur::observe(satur::sigmoid{}, gathered(z, single)));
      CHECK(satur::observe(satur::sigmoid{}, matrix(z, units), sample_mask{single}) ==
            satur::observe(satur::sigmoid{}, gathered(z, single)));
    }
  }
}

TEST_CASE("observe with a mask: any container, in the order of its indices") {
  std::size_t const samples = 40;
  std::size_t const units = 6;
  std::vector<float> const z = numbers<float>(samples * units);
  std::vector<int> const keep = entries(samples);
  satur::saturation const expected = satur::observe(satur::sigmoid{}, gathered(z, keep));

  std::vector<float> columns(z.size());
  std::vector<std::vector<float>> rows(samples);
  for (std::size_t s = 0; s < samples; ++s) {
    for (std::size_t u = 0; u < units; ++u) {
      columns[u * samples + s] = z[s * units + u];
      rows[s].push_back(z[s * units + u]);
    }
  }
  array_view<float const> const by_column{columns.data(), {samples, units}, {1, samples}};
  CHECK(satur::observe(satur::sigmoid{}, by_column, sample_mask{keep}) == expected);
  CHECK(satur::observe(satur::sigmoid{}, rows, sample_mask{keep}) == expected);
  array_view<float const> const sequence{z.data(), {5, 8, units}}; // (time, batch, units)
  CHECK(satur::observe(satur::sigmoid{}, sequence, sample_mask{keep}) == expected);

  std::vector<int> const single = entries(z.size());
  std::list<float> const list(z.begin(), z.end());
  CHECK(satur::observe(satur::sigmoid{}, list, sample_mask{single}) ==
        satur::observe(satur::sigmoid{}, gathered(z, single)));
}

TEST_CASE("observe with a mask: 16-bit numbers as their floats") {
  std::vector<std::uint16_t> bits(30 * 4);
  std::vector<float> z(bits.size());
  for (std::size_t i = 0; i < bits.size(); ++i) {
    bits[i] = static_cast<std::uint16_t>(0x3f00u + 37u * i % 0x300u + (i % 2 == 0 ? 0x8000u : 0u));
    z[i] = satur::as_bfloat16(bits)[i];
  }
  std::vector<int> const single = entries(bits.size());
  CHECK(satur::observe(satur::tanh{}, satur::as_bfloat16(bits), sample_mask{single}) ==
        satur::observe(satur::tanh{}, gathered(z, single)));

  std::vector<std::uint16_t> y(bits.size());
  std::vector<std::uint16_t> expected(bits.size());
  satur::forward(satur::tanh{}, satur::as_bfloat16(bits), satur::as_bfloat16(expected));
  CHECK(satur::forward(satur::tanh{}, satur::as_bfloat16(bits), satur::as_bfloat16(y), sample_mask{single}) ==
        satur::observe(satur::tanh{}, gathered(z, single)));
  CHECK(y == expected);
}

TEST_CASE("observe with a mask: parts merge to the whole, and nothing kept is nothing seen") {
  std::vector<double> const z = numbers<double>(60);
  std::vector<char> const none(20, 0);
  satur::saturation const nothing = satur::observe(satur::sigmoid{}, matrix(z, 3), sample_mask{none});
  CHECK(nothing == satur::observe(satur::sigmoid{}, std::vector<double>{}));
  CHECK(nothing.count == 0);
  CHECK(std::isnan(nothing.fraction()));

  std::vector<int> const keep = entries(20);
  std::vector<int> others(20);
  for (std::size_t i = 0; i < 20; ++i) {
    others[i] = keep[i] == 0 ? 1 : 0;
  }
  satur::saturation both = satur::observe(satur::sigmoid{}, matrix(z, 3), sample_mask{keep});
  both += satur::observe(satur::sigmoid{}, matrix(z, 3), sample_mask{others});
  satur::saturation const all = satur::observe(satur::sigmoid{}, z);
  CHECK(both.count == all.count);
  CHECK(both.low == all.low);
  CHECK(both.high == all.high);
  CHECK(both.mean_derivative() == doctest::Approx(all.mean_derivative()).epsilon(1e-14));
}

TEST_CASE("forward with a mask: results everywhere, the record of what is kept") {
  std::vector<double> const z = numbers<double>(45 * 5);
  std::vector<int> const keep = entries(45);
  std::vector<double> y(z.size());
  std::vector<double> dy(z.size());
  std::vector<double> expected_y(z.size());
  std::vector<double> expected_dy(z.size());
  satur::forward(satur::sigmoid{}, z, expected_y, expected_dy);
  satur::saturation const expected = satur::observe(satur::sigmoid{}, gathered(z, keep), satur::z_beyond{3.0});

  CHECK(satur::forward(satur::sigmoid{}, matrix(z, 5), y, sample_mask{keep}, satur::z_beyond{3.0}) == expected);
  CHECK(y == expected_y);
  y.assign(y.size(), 0.0);
  CHECK(satur::forward(satur::sigmoid{}, matrix(z, 5), y, dy, sample_mask{keep}, satur::z_beyond{3.0}) == expected);
  CHECK(y == expected_y);
  CHECK(dy == expected_dy);
}

TEST_CASE("a mask of a wrong length is refused, before anything is written") {
  std::vector<float> const z(12, 1.0f);
  std::vector<float> y(12, -1.0f);
  std::vector<char> const five(5, 1);
  auto const refused = [&](auto&& f) {
    CHECK_THROWS_AS(f(), satur::shape_error);
    return satur_test::refusal(f);
  };
  CHECK(refused([&] { static_cast<void>(satur::observe(satur::relu{}, matrix(z, 3), sample_mask{five})); }) ==
        "satur::observe: the mask has shape (5); expected (4), one entry for each sample, or (12), one for each number "
        "of z, which has shape (4, 3)");
  std::vector<char> const four(4, 1);
  CHECK(refused([&] { static_cast<void>(satur::observe(satur::relu{}, z, sample_mask{four})); }) ==
        "satur::observe: the mask has shape (4); expected (12), one entry for each number of z; for one a sample give "
        "it a shape, as array_view{p, {samples, units}} does");
  CHECK(refused([&] {
          satur::forward(satur::relu{}, matrix(z, 3), y, sample_mask{five});
        }).starts_with("satur::forward: the mask"));
  CHECK(satur_test::refusal([&] {
          satur::forward(satur::relu{}, matrix(z, 3), y, sample_mask{four}, satur::z_beyond{-1.0});
        }) != "nothing thrown");
  CHECK(refused([&] {
          std::vector<float> few(3);
          satur::forward(satur::relu{}, matrix(z, 3), few, sample_mask{four});
        }).starts_with("satur::forward: y has shape (3)"));
  satur::unit_records units;
  CHECK(refused([&] { satur::forward_units(units, satur::relu{}, matrix(z, 3), y, sample_mask{five}); }) ==
        "satur::forward_units: the mask has shape (5); expected (4), one entry for each sample of (4, 3)");
  std::vector<char> const twelve(12, 1); // a unit counts samples
  CHECK(refused([&] {
          satur::observe_units(units, satur::relu{}, matrix(z, 3), sample_mask{twelve});
        }).starts_with("satur::observe_units: the mask has shape (12)"));
  CHECK(refused([&] {
          satur::observe_unit_gradients(units, matrix(z, 3), sample_mask{five});
        }).starts_with("satur::observe_unit_gradients: the mask has shape (5)"));
  CHECK(units.size() == 0);
  CHECK(y == std::vector<float>(12, -1.0f));

  std::vector<float> own(z);
  CHECK(satur_test::refusal([&] {
          satur::forward(satur::relu{}, matrix(own, 3), own, sample_mask{four});
        }).starts_with("satur::forward: y shares memory with z"));
  CHECK(own == z);
}

TEST_CASE_TEMPLATE("units with a mask: the records of the gathered rows, bit for bit", T, float, double) {
  for (std::size_t const samples : {3u, 2600u}) { // more than two strips of samples
    for (std::size_t const units : {1u, 5u, 33u}) {
      CAPTURE(samples);
      CAPTURE(units);
      std::vector<T> z = numbers<T>(samples * units);
      z[z.size() / 2] = std::numeric_limits<T>::quiet_NaN();
      std::vector<int> const keep = entries(samples);
      std::vector<T> const rows = gathered(z, keep);
      satur::unit_records expected;
      satur::unit_records found;
      for (int block = 0; block < 2; ++block) {
        satur::observe_units(expected, satur::tanh{}, matrix(rows, units), satur::slope_below{0.2});
        satur::observe_unit_gradients(expected, matrix(rows, units));
        satur::observe_units(found, satur::tanh{}, matrix(z, units), sample_mask{keep}, satur::slope_below{0.2});
        satur::observe_unit_gradients(found, matrix(z, units), sample_mask{keep});
      }
      CHECK(found == expected);

      std::vector<T> y(z.size());
      std::vector<T> dy(z.size());
      std::vector<T> expected_y(z.size());
      std::vector<T> expected_dy(z.size());
      satur::forward(satur::tanh{}, z, expected_y, expected_dy);
      satur::unit_records with_y;
      satur::forward_units(with_y, satur::tanh{}, matrix(z, units), y, sample_mask{keep}, satur::slope_below{0.2});
      satur::observe_unit_gradients(with_y, matrix(z, units), sample_mask{keep});
      y[z.size() / 2] = expected_y[z.size() / 2] = T(0); // NaN
      CHECK(y == expected_y);
      satur::forward_units(with_y, satur::tanh{}, matrix(z, units), y, dy, sample_mask{keep}, satur::slope_below{0.2});
      satur::observe_unit_gradients(with_y, matrix(z, units), sample_mask{keep});
      dy[z.size() / 2] = expected_dy[z.size() / 2] = T(0);
      CHECK(dy == expected_dy);
      CHECK(with_y == expected);
    }
  }
}

TEST_CASE("units with a mask: channels first, a sample is a pixel") {
  std::size_t const channels = 3;
  unit_layout const layout = unit_layout::nchw(4, channels, 2, 5);
  std::vector<float> const z = numbers<float>(layout.size());
  std::vector<int> const keep = entries(layout.samples());
  std::vector<float> rows;
  for (std::size_t n = 0; n < 4; ++n) {
    for (std::size_t pixel = 0; pixel < 10; ++pixel) {
      for (std::size_t c = 0; keep[n * 10 + pixel] != 0 && c < channels; ++c) {
        rows.push_back(z[(n * channels + c) * 10 + pixel]);
      }
    }
  }
  satur::unit_records expected;
  satur::observe_units(expected, satur::sigmoid{}, matrix(rows, channels));
  satur::observe_unit_gradients(expected, matrix(rows, channels));
  satur::unit_records found;
  satur::observe_units(found, satur::sigmoid{}, z, sample_mask{keep}, layout);
  satur::observe_unit_gradients(found, z, sample_mask{keep}, layout);
  CHECK(found == expected);

  satur::monitor mon({.units = true});
  mon["conv"].observe(satur::sigmoid{}, z, sample_mask{keep}, layout);
  mon["conv"].gradient(z, sample_mask{keep}, layout);
  satur::monitor of_rows({.units = true});
  of_rows["conv"].observe(satur::sigmoid{}, matrix(rows, channels));
  of_rows["conv"].gradient(matrix(rows, channels));
  CHECK(mon == of_rows);
}

TEST_CASE("units with a mask that keeps nothing: the units are known, and nothing was seen") {
  std::vector<float> const z(12, 9.0f);
  std::vector<char> const none(4, 0);
  satur::unit_records units;
  satur::observe_units(units, satur::relu{}, matrix(z, 3), sample_mask{none});
  satur::observe_unit_gradients(units, matrix(z, 3), sample_mask{none});
  CHECK(units.size() == 3);
  CHECK(units.empty());
}

TEST_CASE("a monitor with a mask records what it records of the gathered rows") {
  std::size_t const units = 7;
  std::vector<float> const z = numbers<float>(90 * units);
  std::vector<int> const keep = entries(90);
  std::vector<float> const rows = gathered(z, keep);
  std::vector<float> y(z.size());
  std::vector<float> dy(z.size());
  std::vector<float> expected_y(z.size());
  std::vector<float> expected_dy(z.size());
  satur::forward(satur::tanh{}, z, expected_y, expected_dy);
  for (std::size_t const row_in : {1u, 4u}) {
    CAPTURE(row_in);
    satur::monitor_options const options{.histograms = 1, .units = true, .rows = row_in, .sampling = {.every = 2}};
    satur::monitor mon(options);
    satur::monitor expected(options);
    for (int step = 0; step < 5; ++step) {
      y.assign(y.size(), 9.0f);
      dy.assign(dy.size(), 9.0f);
      mon["fc1"].forward(satur::tanh{}, matrix(z, units), y, sample_mask{keep});
      CHECK(y == expected_y);
      mon["fc1"].forward(satur::tanh{}, matrix(z, units), y, dy, sample_mask{keep});
      CHECK(dy == expected_dy);
      mon["fc1"].observe(satur::tanh{}, matrix(z, units), sample_mask{keep});
      mon["fc1"].gradient(matrix(z, units), sample_mask{keep});
      mon["flat"].observe(satur::relu{}, z, sample_mask{entries(z.size())});
      mon.end_step();
      for (int call = 0; call < 3; ++call) {
        expected["fc1"].observe(satur::tanh{}, matrix(rows, units));
      }
      expected["fc1"].gradient(matrix(rows, units));
      expected["flat"].observe(satur::relu{}, gathered(z, entries(z.size())));
      expected.end_step();
    }
    CHECK(mon == expected);
  }
  satur::monitor mon;
  std::vector<char> const five(5, 1);
  CHECK_THROWS_AS(mon["fc1"].observe(satur::tanh{}, matrix(z, units), sample_mask{five}), satur::shape_error);
  CHECK_THROWS_AS(mon["fc1"].gradient(matrix(z, units), sample_mask{five}), satur::shape_error);
  CHECK_THROWS_AS(mon["fc1"].forward(satur::tanh{}, matrix(z, units), y, sample_mask{five}), satur::shape_error);
  CHECK(mon["fc1"].current().saturation.count == 0);
}
