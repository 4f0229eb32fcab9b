// Armadillo's matrices as contiguous memory: what docs/bridges.md says.
#include "satur/diagnostic.hpp"

#include <doctest/doctest.h>

#include <armadillo>

#include <cmath>
#include <vector>

namespace {

satur::tanh const act;

arma::fmat filled() { // (units, batch)
  arma::fmat z(7, 30);
  for (arma::uword j = 0; j < z.n_cols; ++j) {
    for (arma::uword i = 0; i < z.n_rows; ++i) {
      z(i, j) = 4.0f * std::sin(0.37f * float(i) + 1.3f * float(j)) + float(i);
    }
  }
  return z;
}

} // namespace

TEST_CASE("all numbers of an Armadillo matrix, without a shape") {
  arma::fmat const z = filled();
  std::vector<float> const flat(z.begin(), z.end());
  CHECK(satur::observe(act, z) == satur::observe(act, flat));
  CHECK(satur::saturated_fraction(z, 3.0) == satur::saturated_fraction(flat, 3.0));
  // A part: (columns, rows), the columns n_rows apart.
  satur::array_view const part{z.colptr(2) + 1, {3, 3}, {z.n_rows, 1}};
  CHECK(satur::observe(act, part) == satur::observe(act, arma::fmat(z.submat(1, 2, 3, 4))));
}

TEST_CASE("a view of its memory has the shape: units, and results in place") {
  arma::fmat const z = filled();
  arma::fmat y(z.n_rows, z.n_cols);
  satur::array_view const columns{z.memptr(), {z.n_cols, z.n_rows}};
  satur::array_view const results{y.memptr(), {z.n_cols, z.n_rows}};
  satur::unit_records units;
  satur::forward_units(units, act, columns, results, satur::z_beyond{3.0});
  REQUIRE(units.size() == 7);
  for (arma::uword i = 0; i < 7; ++i) {
    CHECK(units[i].high == double(arma::accu(z.row(i) > 3.0f)));
    CHECK(units[i].low == double(arma::accu(z.row(i) < -3.0f)));
  }
  CHECK(std::fabs(y(3, 5) - std::tanh(z(3, 5))) < 1e-6f);

  arma::fmat const turned = z.t();
  satur::unit_records same;
  satur::observe_units(same, act,
                       satur::array_view{turned.memptr(), {turned.n_rows, turned.n_cols}, {1, turned.n_rows}},
                       satur::z_beyond{3.0});
  CHECK(same == units);
}
