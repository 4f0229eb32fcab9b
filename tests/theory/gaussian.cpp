// Gaussian means against the shared table, closed forms and identities.
#include "support/activations.hpp"
#include "support/shared_table.hpp"

#include "satur/theory.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <map>
#include <numbers>
#include <stdexcept>
#include <string>
#include <string_view>

namespace {

namespace theory = satur::theory;

/// erf(sqrt(pi) z/2), a user's struct without facts.
struct erf_scaled {
  static constexpr std::string_view name = "erf_scaled";
  double value(double z) const { return std::erf(0.88622692545275801365 * z); }
  double derivative(double z) const { return std::exp(-0.78539816339744830962 * z * z); }
};

double relative(double got, double exact) { return std::fabs(got - exact) / std::max(std::fabs(exact), 1e-3); }

template <class A> double worst_in_table(A const& act, std::string const& called, std::size_t& used) {
  double worst = 0.0;
  for (auto const& row : test::shared_table("gaussian_moments.csv")) {
    if (row[0] == called) {
      ++used;
      auto const m = theory::moments(act, std::strtod(row[2].c_str(), nullptr), std::strtod(row[3].c_str(), nullptr));
      double const got[] = {m.mean_output, m.mean_squared_output, m.mean_derivative, m.mean_squared_derivative};
      for (std::size_t i = 0; i < 4; ++i) {
        double const error = relative(got[i], std::strtod(row[4 + i].c_str(), nullptr));
        if (error > worst) {
          worst = error;
        }
      }
      CHECK(relative(theory::gaussian_mean(act, m.mean, m.variance), m.mean_output) < 1e-13);
    }
  }
  return worst;
}

bool at_hand() { return !test::shared_table("gaussian_moments.csv").empty(); }

} // namespace

TEST_CASE("moments of every activation agree with the shared table") {
  if (!at_hand()) {
    return;
  }
  std::size_t families = 0;
  auto const check = [&]<class A>(A const& act) {
    std::string const name(A::name);
    std::size_t used = 0;
    double const worst = worst_in_table(act, name == "hard_swish" ? "hard_silu" : name, used);
    CAPTURE(name);
    CAPTURE(worst);
    bool const closed = satur::detail::piecewise<A> || name == "gelu";
    CHECK(worst <= (closed ? 1e-12 : 1e-10));
    if (used > 0) {
      CHECK(used == 36);
      ++families;
    }
  };
  test::for_each_activation(check);
  check(erf_scaled{});
  CHECK(families == 25);
}
