// sqrt(x^2 + b) and its rounding error against a wider type: together they have about twice the digits.
#include "satur/math/root_of_sum.hpp"

#include "satur/activation/squareplus.hpp"
#include "satur/testing/points.hpp"

#include "support/ulp.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace {

/// The worst error of root + residual/(2 root), relative to the root, and of the root alone, in ulp.
struct worst_of_root {
  long double both = 0.0L;
  double root = 0.0;
};
template <class T> worst_of_root over(std::vector<T> const& x, std::vector<T> const& b) {
  worst_of_root w;
  for (T const z : x) {
    for (T const c : b) {
      auto const h = satur::math::root_of_sum(z, c);
      auto const x_wide = static_cast<long double>(z);
      auto const root = static_cast<long double>(h.root);
      long double const exact = std::sqrt(x_wide * x_wide + static_cast<long double>(c));
      long double const got = root + static_cast<long double>(h.residual) / (2.0L * root);
      w.both = std::max(w.both, std::fabs(got - exact) / exact);
      w.root = std::max(w.root, test::ulp_error(h.root, exact));
    }
  }
  return w;
}
template <class T> std::vector<T> everyday() {
  std::vector<T> x;
  for (T const z : satur::testing::random_points<T>(4000, 5, -40.0, 40.0)) {
    if (std::fabs(z) > T(1e-6) && std::fabs(z) < T(1e6)) {
      x.push_back(z);
    }
  }
  return x;
}

} // namespace

TEST_CASE("root_of_sum: twice the digits with its residual, 1.5 ulp without") {
  worst_of_root const f = over<float>(everyday<float>(), {0.3f, 1.0f, 4.0f, 77.7f});
  CHECK(f.both < 0x1p-44L);
  CHECK(f.root < 1.5);
  worst_of_root const d = over<double>(everyday<double>(), {0.3, 1.0, 4.0, 77.7});
  CHECK(d.both < (std::numeric_limits<long double>::digits == 64 ? 0x1p-61L : 0x1p-51L)); // the truth's own error
  CHECK(d.root < 1.5);
}

TEST_CASE_TEMPLATE("squareplus: below 1 ulp", T, float, double) {
  satur::squareplus const act;
  double value = 0.0;
  double slope = 0.0;
  for (T const z : satur::testing::random_points<T>(40000, 9, -40.0, 40.0)) {
    if (std::isfinite(z) && std::fabs(z) < T(1e6)) {
      auto const x = static_cast<long double>(z);
      long double const h = std::sqrt(x * x + 4.0L);
      long double const low = 2.0L / (h + std::fabs(x));
      auto const got = act.evaluate(z);
      value = std::max(value, test::ulp_error(got.value, x < 0.0L ? low : x + low));
      slope = std::max(slope, test::ulp_error(got.slope, x < 0.0L ? low / h : 1.0L - low / h));
    }
  }
  CHECK(value < 1.0);
  CHECK(slope < 1.0);
}
