// Gains, fixed points, the critical line and trajectories against the shared tables and closed forms.
#include "support/shared_table.hpp"

#include "satur/activation.hpp"
#include "satur/theory.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <map>
#include <numbers>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

namespace theory = satur::theory;
using rows = std::vector<std::vector<std::string>>;

struct erf_scaled {
  static constexpr std::string_view name = "erf_scaled";
  double value(double z) const { return std::erf(0.88622692545275801365 * z); }
  double derivative(double z) const { return std::exp(-0.78539816339744830962 * z * z); }
  static double peak_slope() { return 1.0; }
};

double number(std::string const& cell) { return std::strtod(cell.c_str(), nullptr); }
double off(double got, double exact) {
  return got == exact ? 0.0 : std::fabs(got - exact) / std::max(std::fabs(exact), 1e-12);
}

template <class F> void for_each_of_the_tables(F f) {
  f(satur::tanh{}, "tanh");
  f(erf_scaled{}, "erf_scaled");
  f(satur::hard_tanh{}, "hard_tanh");
  f(satur::sigmoid{}, "sigmoid");
  f(satur::centered_sigmoid{}, "centered_sigmoid");
  f(satur::relu{}, "relu");
  f(satur::leaky_relu{}, "leaky_relu");
  f(satur::elu{}, "elu");
  f(satur::selu{}, "selu");
  f(satur::gelu{}, "gelu");
  f(satur::silu{}, "silu");
  f(satur::softplus{}, "softplus");
}

} // namespace

TEST_CASE("the mean-field table: q*, chi, depth scales, c*") {
  rows const table = test::shared_table("mean_field.csv");
  std::size_t used = 0;
  std::size_t correlations = 0;
  for_each_of_the_tables([&](auto const& act, std::string const& name) {
    for (auto const& row : table) {
      if (row[0] != name) {
        continue;
      }
      CAPTURE(name);
      CAPTURE(row[2]);
      CAPTURE(row[3]);
      ++used;
      double const w = number(row[2]);
      double const b = number(row[3]);
      theory::variance_map const map(act, w, b);
      theory::variance_limit const limit = theory::fixed_point(map);
      using kind = theory::limit_kind;
      kind const expected = row[4] == "ok"         ? kind::finite
                            : row[4] == "zero"     ? kind::zero
                            : row[4] == "marginal" ? kind::any
                                                   : kind::infinite;
      CHECK(limit.kind == expected);
      double const q = limit.kind == kind::zero       ? theory::vanishing_variance
                       : limit.kind == kind::infinite ? theory::endless_variance
                                                      : limit.variance;
      if (expected == kind::finite) {
        CHECK(off(limit.variance, number(row[6])) < 1e-9);
        CHECK(off(theory::depth_scale(map.chi_q(q)), number(row[9])) < 1e-8);
        CHECK(off(theory::depth_scale(map.chi_1(q)), number(row[10])) < 1e-8);
        CHECK(off(2.0 * theory::probability_above(5.0, 0.0, q), number(row[13])) < 1e-8);
        CHECK(off(theory::moments(act, 0.0, q).mean_derivative, number(row[14])) < 1e-9);
      }
      CHECK(off(map.chi_1(q), number(row[7])) < 1e-9);
      CHECK(off(map.chi_q(q), number(row[8])) < 1e-9);
      if (expected == kind::finite && number(row[7]) > 1.0 && used % 8 == 0) { // each costs 10 ms
        ++correlations;
        theory::steady_state const s = theory::settle(act, w, b);
        CHECK(std::fabs(s.correlation - number(row[11])) < 1e-9);
        CHECK(off(s.correlation_depth(), number(row[12])) < 1e-7);
      }
    }
  });
  CHECK((table.empty() || used == 948));
  CHECK((table.empty() || correlations > 10));
}

TEST_CASE("the critical table") {
  rows const table = test::shared_table("mean_field_critical.csv");
  std::size_t used = 0;
  for_each_of_the_tables([&](auto const& act, std::string const& name) {
    for (auto const& row : table) {
      if (row[0] != name) {
        continue;
      }
      CAPTURE(name);
      CAPTURE(row[2]);
      ++used;
      double const b = number(row[2]);
      auto const found = theory::critical_points(act, b);
      if (row[3] == "0") {
        CHECK(found.empty());
        CHECK_THROWS_AS((void)theory::critical_weight_variance(act, b), std::domain_error);
        continue;
      }
      REQUIRE(found.size() == 1);
      CHECK(off(theory::critical_weight_variance(act, b), number(row[4])) < 1e-9);
      CHECK(off(found[0].weight_variance, number(row[4])) < 1e-9);
      if (row[5] != "any") {
        CHECK(off(found[0].variance, number(row[5])) < 1e-9);
        CHECK(off(found[0].chi_q, number(row[6])) < 1e-9);
        bool const unstable = row[9].find("unstable") == 0;
        CHECK((b == 0.0 || found[0].stable == !unstable));
      }
    }
  });
  CHECK((table.empty() || used == 60));
}
