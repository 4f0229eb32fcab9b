// Deprecated names and argument orders give the results of the new ones.
#include "satur/diagnostic.hpp"

#include <doctest/doctest.h>

#include <span>
#include <vector>

#if defined(__GNUC__) || defined(__clang__)
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
#endif

TEST_CASE("deprecated: old argument orders of the unit functions, and pointers with sizes") {
  using rows = std::vector<std::vector<double>>;
  satur::tanh const act;
  satur::z_beyond const rule{1.5};
  auto const layout = satur::unit_layout::matrix(2, 3);
  std::vector<double> const flat{-4.0, 0.5, 1.0, 2.0, -0.25, 6.0};
  rows const z{{-4.0, 0.5, 1.0}, {2.0, -0.25, 6.0}};
  std::vector<double> y(6), dy(6), old_y(6), old_dy(6);
  rows row_y(2, std::vector<double>(3)), row_dy = row_y;

  satur::unit_records units, ruled, old_units, old_ruled;
  satur::observe_units(units, act, z);
  satur::observe_units(old_units, act, z);
  CHECK(units == old_units);
  satur::observe_units(units, act, z);
  satur::observe_units(act, z, old_units);
  CHECK(units == old_units);
  satur::observe_units(ruled, act, flat, layout, rule);
  satur::observe_units(act, flat, layout, old_ruled, rule);
  CHECK(ruled == old_ruled);
  satur::observe_units(ruled, act, flat, layout, rule);
  satur::observe_units(act, flat.data(), 2, 3, old_ruled, rule);
  CHECK(ruled == old_ruled);

  satur::forward_units(ruled, act, flat, y, layout, rule);
  satur::forward_units(act, flat, old_y, layout, old_ruled, rule);
  CHECK(ruled == old_ruled);
  CHECK(y == old_y);
  satur::forward_units(ruled, act, flat, y, dy, layout, rule);
  satur::forward_units(act, flat, old_y, layout, old_ruled, old_dy, rule);
  CHECK(ruled == old_ruled);
  CHECK(dy == old_dy);
  satur::forward_units(act, z, row_y, old_units);
  satur::forward_units(act, z, row_y, old_units, row_dy);
  satur::forward_units(units, act, z, row_y);
  satur::forward_units(units, act, z, row_y);
  CHECK(units == old_units);
  CHECK(row_dy[1][2] == dy[5]);

  satur::observe_unit_gradients(units, z);
  satur::observe_unit_gradients(units, flat, layout);
  satur::observe_unit_gradients(z, old_units);
  satur::observe_unit_gradients(flat, layout, old_units);
  CHECK(units == old_units);

  CHECK(satur::observe(act, flat.data(), 5, rule) == satur::observe(act, std::span(flat).first(5), rule));
  CHECK(satur::saturated_fraction(flat.data(), 5, 1.5) == 0.4);
}
