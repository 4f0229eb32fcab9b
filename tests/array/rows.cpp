// A range of contiguous rows: rows are samples.
#include "satur/diagnostic.hpp"

#include <doctest/doctest.h>

#include <array>
#include <list>
#include <random>
#include <string>
#include <vector>

namespace {

using rows = std::vector<std::vector<double>>;
constexpr std::size_t batch = 90;
constexpr std::size_t width = 130; // rows cross the ends of chunks

std::vector<double> flat_numbers() {
  std::mt19937 urbg(5);
  std::normal_distribution<double> normal(0.3, 3.0);
  std::vector<double> z(batch * width);
  for (double& e : z) {
    e = normal(urbg);
  }
  return z;
}
rows in_rows(std::vector<double> const& flat) {
  rows z;
  for (std::size_t i = 0; i < flat.size(); i += width) {
    z.emplace_back(flat.begin() + static_cast<std::ptrdiff_t>(i),
                   flat.begin() + static_cast<std::ptrdiff_t>(i + width));
  }
  return z;
}

template <class F> std::string complaint_of(F const& f) {
  try {
    f();
  } catch (satur::shape_error const& e) {
    return e.what();
  }
  return {};
}

satur::sigmoid const act;

} // namespace

TEST_CASE("rows of vectors: same results as the numbers in one vector") {
  std::vector<double> const flat = flat_numbers();
  rows const z = in_rows(flat);
  std::vector<double> flat_y(flat.size()), flat_dy(flat.size());
  satur::saturation const expected = satur::forward(act, flat, flat_y, flat_dy);
  rows y(batch, std::vector<double>(width)), dy = y;

  CHECK(satur::observe(act, z) == expected);
  CHECK(satur::forward(act, z, y, dy) == expected);
  CHECK(y == in_rows(flat_y));
  CHECK(dy == in_rows(flat_dy));
  CHECK(satur::saturated_fraction(z) == satur::saturated_fraction(flat));
  CHECK(satur::mean_derivative(act, z) == expected.mean_derivative());
  satur::apply(act, z, dy);
  CHECK(dy == y);

  auto const layout = satur::unit_layout::matrix(batch, width);
  satur::unit_records units, of_flat;
  satur::forward_units(units, act, z, y, dy);
  satur::observe_unit_gradients(units, dy);
  satur::observe_units(of_flat, act, flat, layout);
  satur::observe_unit_gradients(of_flat, flat_dy, layout);
  CHECK(units == of_flat);
  CHECK(dy == in_rows(flat_dy));

  satur::monitor mon({.units = true});
  mon["rows"].forward(act, z, y);
  mon["rows"].gradient(dy);
  mon["flat"].observe(act, flat, layout);
  mon["flat"].gradient(flat_dy, layout);
  CHECK(mon.at("rows").current() == mon.at("flat").current());
  CHECK(mon.at("rows").units() == of_flat);
}

TEST_CASE("rows of arrays, a list of rows, built-in rows, no rows, empty rows") {
  std::vector<std::array<float, 4>> const z{{-6.0f, 1.0f, 2.0f, 3.0f}, {4.0f, 5.5f, -7.0f, 0.0f}};
  std::list<std::vector<float>> const list{{-6.0f, 1.0f, 2.0f, 3.0f}, {4.0f, 5.5f, -7.0f, 0.0f}};
  float const built_in[2][4] = {{-6.0f, 1.0f, 2.0f, 3.0f}, {4.0f, 5.5f, -7.0f, 0.0f}};
  CHECK(satur::saturated_fraction(z) == 0.375);
  CHECK(satur::observe(act, list) == satur::observe(act, z));
  CHECK(satur::observe(act, built_in) == satur::observe(act, z));
  CHECK(satur::observe(act, rows{}).count == 0);
  CHECK(satur::observe(act, rows(3)).count == 0);
}

TEST_CASE("ragged rows: the error states the row and both lengths, and nothing is written or counted") {
  rows const z{{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}, {7.0, 8.0}};
  rows const whole(3, std::vector<double>(3, 1.0));
  rows y(3, std::vector<double>(3, 99.0));
  rows const untouched = y;
  std::string const row = "row 2 of z has shape (2); expected (3), the length of row 0";
  CHECK(complaint_of([&] { static_cast<void>(satur::observe(act, z)); }) == "satur::observe: " + row);
  CHECK(complaint_of([&] { satur::forward(act, z, y); }) == "satur::forward: " + row);
  CHECK(complaint_of([&] { satur::apply(act, z, y); }) == "satur::apply: " + row);
  CHECK(complaint_of([&] { static_cast<void>(satur::saturated_fraction(z)); }) == "satur::saturated_fraction: " + row);
  CHECK(complaint_of([&] { static_cast<void>(satur::mean_derivative(act, z)); }) == "satur::mean_derivative: " + row);
  CHECK(y == untouched);
  rows short_y = y;
  short_y[1].push_back(99.0);
  rows const short_untouched = short_y;
  CHECK(complaint_of([&] { satur::forward(act, whole, short_y); }) ==
        "satur::forward: row 1 of y has shape (4); expected (3), the length of row 0");
  CHECK(short_y == short_untouched);

  satur::unit_records units;
  CHECK(complaint_of([&] { satur::forward_units(units, act, z, y); }) == "satur::forward_units: " + row);
  CHECK(complaint_of([&] { satur::forward_units(units, act, whole, short_y); }) ==
        "satur::forward_units: row 1 of y has shape (4); expected (3), the length of row 0");
  CHECK(complaint_of([&] {
          satur::observe_unit_gradients(units, z);
        }).starts_with("satur::observe_unit_gradients: row 2"));
  CHECK(units == satur::unit_records{});
  CHECK(short_y == short_untouched);

  satur::monitor mon({.histograms = 1, .units = true});
  satur::layer_monitor& layer = mon["ragged"];
  satur::layer_monitor const before = layer;
  CHECK(complaint_of([&] { layer.forward(act, z, y); }).ends_with(row));
  CHECK(complaint_of([&] { layer.observe(act, z); }).ends_with(row));
  CHECK(complaint_of([&] { layer.gradient(z); }) ==
        "satur::gradient: row 2 of dz has shape (2); expected (3), the length of row 0");
  CHECK(layer == before);
}
