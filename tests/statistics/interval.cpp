// Intervals: the exact table, closed forms of the tails, and coverage.
#include "support/shared_table.hpp"

#include "satur/diagnostic.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>
#include <sstream>
#include <vector>

namespace {

bool close(double a, double b, double relative) { return std::fabs(a - b) <= relative * std::fabs(b); }

std::vector<double> gaussian(std::size_t n, double stddev, unsigned seed) {
  std::mt19937_64 urbg(seed);
  std::normal_distribution<double> normal(0.0, stddev);
  std::vector<double> z(n);
  for (double& e : z) {
    e = normal(urbg);
  }
  return z;
}

} // namespace

TEST_CASE("quantiles: values of printed tables") {
  namespace d = satur::detail;
  CHECK(close(d::normal_quantile(0.025), 1.9599639845400542355, 1e-15));
  CHECK(close(d::normal_quantile(0.005), 2.5758293035489007610, 1e-15));
  CHECK(d::student_quantile(1.0, 0.025) == doctest::Approx(std::tan(0.475 * 3.14159265358979324)).epsilon(1e-12));
  CHECK(d::student_quantile(2.0, 0.025) == doctest::Approx(0.95 / std::sqrt(2.0 * 0.975 * 0.025)).epsilon(1e-12));
  CHECK(d::student_quantile(10.0, 0.025) == doctest::Approx(2.22813885196).epsilon(1e-10));
  CHECK(d::student_quantile(1e7, 0.025) == doctest::Approx(1.9599639845).epsilon(1e-6));
}

TEST_CASE("tails: closed forms and exact sums") {
  namespace d = satur::detail;
  for (double const x : {1e-8, 0.1, 0.5, 1.0, 3.0, 10.0, 100.0, 600.0}) {
    CAPTURE(x);
    CHECK(close(d::gamma_tails(1.0, x).upper, std::exp(-x), 1e-13));
    CHECK(close(d::gamma_tails(0.5, x).upper, std::erfc(std::sqrt(x)), 1e-12));
    CHECK(close(d::gamma_tails(0.5, x).lower, std::erf(std::sqrt(x)), 1e-13));
    CHECK(close(d::chi_square_tails(2.0, x).upper, std::exp(-0.5 * x), 1e-13));
  }
  // Q(a, x) for an integer a is a Poisson sum, I_x(a, b) a binomial one. Summed in long double, from the largest term
  // on.
  for (int const a : {3, 40, 1000, 20000}) {
    for (double const spread : {-3.0, -0.5, 0.0, 0.5, 3.0}) {
      double const x = a + spread * std::sqrt(static_cast<double>(a));
      if (!(x > 0.0)) {
        continue;
      }
      long double sum = 0.0L;
      for (int k = 0; k < a; ++k) {
        sum += std::exp(static_cast<long double>(k) * std::log(static_cast<long double>(x)) -
                        static_cast<long double>(x) - std::lgamma(static_cast<long double>(k) + 1.0L));
      }
      CAPTURE(a);
      CAPTURE(x);
      CHECK(close(d::gamma_tails(a, x).upper, static_cast<double>(sum), 1e-12));
      CHECK(close(d::gamma_tails(a, x).lower, static_cast<double>(1.0L - sum), 1e-11));
    }
  }
  for (int const n : {5, 60, 3000}) {
    for (double const x : {0.2, 0.5, 0.71}) {
      int const a = n / 2 + 1;
      long double sum = 0.0L; // P(at least a of n)
      for (int k = a; k <= n; ++k) {
        auto const c = [](int i) { return std::lgamma(static_cast<long double>(i) + 1.0L); };
        sum += std::exp(c(n) - c(k) - c(n - k) + k * std::log(static_cast<long double>(x)) +
                        (n - k) * std::log1p(-static_cast<long double>(x)));
      }
      CAPTURE(n);
      CAPTURE(x);
      CHECK(close(d::beta_tails(a, n - a + 1, x, 1.0 - x).lower, static_cast<double>(sum), 1e-12));
    }
  }
  CHECK(close(d::beta_tails(1.0, 7.0, 0.3, 0.7).lower, 1.0 - std::pow(0.7, 7.0), 1e-14));
  CHECK(close(d::beta_tails(7.0, 1.0, 0.3, 0.7).lower, std::pow(0.3, 7.0), 1e-13));
  CHECK(close(d::f_tails(2.0, 8.0, 3.0).upper, std::pow(1.0 + 2.0 * 3.0 / 8.0, -4.0), 1e-13)); // F(2, d) is a power
  CHECK(close(d::student_tail(1.0, 2.0), 0.5 - std::atan(2.0) / 3.14159265358979324, 1e-13));
}

TEST_CASE("Wilson's interval: exact table") {
  for (auto const& row : test::shared_table("wilson.csv")) {
    satur::interval const i =
        satur::wilson(std::stoull(row[0]), std::stoull(row[1]), std::strtod(row[2].c_str(), nullptr));
    CAPTURE(row[0]);
    CAPTURE(row[1]);
    CHECK(std::fabs(i.low - std::strtod(row[3].c_str(), nullptr)) <= 1e-14 * i.low);
    CHECK(std::fabs(i.high - std::strtod(row[4].c_str(), nullptr)) <= 1e-14 * i.high);
  }
}

TEST_CASE("Wilson's interval: k = 0, k = n, no observations, invalid input") {
  double const z2 = 1.9599639845400542355 * 1.9599639845400542355;
  satur::interval const none = satur::wilson(0, 10);
  CHECK(none.low == 0.0);
  CHECK(none.high == doctest::Approx(z2 / (10.0 + z2)).epsilon(1e-14));
  CHECK(satur::wilson(10, 10).high == 1.0);
  CHECK(satur::wilson(9, 10).high == doctest::Approx(1.0 - satur::wilson(1, 10).low).epsilon(1e-14));
  CHECK(satur::wilson(10, 10).low == doctest::Approx(1.0 - none.high).epsilon(1e-14));
  CHECK(satur::wilson(3, 1000).low == doctest::Approx(0.0010207838811386189).epsilon(1e-13));
  satur::interval const nothing = satur::wilson(0, 0);
  CHECK(std::isnan(nothing.estimate));
  CHECK(std::isnan(nothing.low));
  CHECK_FALSE(nothing.contains(0.5));
  CHECK_THROWS_WITH_AS(static_cast<void>(satur::wilson(3, 2)), doctest::Contains("k <= n"), std::invalid_argument);
  CHECK_THROWS_AS(static_cast<void>(satur::wilson(1, 2, 1.0)), std::invalid_argument);
  CHECK_THROWS_AS(static_cast<void>(satur::wilson(1, 2, std::nan(""))), std::invalid_argument);
}

TEST_CASE("Wilson's interval: coverage of 95 %, summed exactly") {
  double mean = 0.0;
  int const n = 40;
  for (int step = 1; step < 100; ++step) {
    double const p = step / 100.0;
    double chance = std::pow(1.0 - p, n);
    for (unsigned k = 0; k <= unsigned(n); ++k) {
      if (satur::wilson(k, unsigned(n)).contains(p)) {
        mean += chance / 99.0;
      }
      chance *= (n - k) / (k + 1.0) * p / (1.0 - p);
    }
  }
  CHECK(mean > 0.945);
  CHECK(mean < 0.96);
}

TEST_CASE("intervals of a record: P(|z| > 5) and E sigmoid' at two variances") {
  struct exact {
    double stddev, fraction, slope;
  };
  for (exact const e : {exact{2.0, 0.01242, 0.15143}, exact{5.0, 0.31731, 0.07514}}) {
    satur::saturation const s = satur::observe(satur::sigmoid{}, gaussian(400000, e.stddev, 7));
    satur::interval const share = satur::fraction_interval(s, 0.9999);
    CHECK(share.estimate == s.fraction());
    CHECK(share.contains(e.fraction));
    CHECK(share.width() < 0.006);
    satur::interval const slope = satur::mean_derivative_interval(s, 0.9999);
    CHECK(slope.contains(e.slope));
    CHECK(slope.width() < 0.0015);
    satur::slope_range const range = satur::slope_range_of(satur::sigmoid{});
    satur::interval const bernstein = satur::bernstein_interval(s, range, 0.9999);
    satur::interval const hoeffding = satur::hoeffding_interval(s, range, 0.9999);
    CHECK(bernstein.contains(e.slope));
    CHECK(hoeffding.contains(e.slope));
    CHECK(bernstein.width() > slope.width());
    CHECK(hoeffding.width() > slope.width());
  }
}

TEST_CASE("Hoeffding and Bernstein intervals: hand-computed values, clipped to the range") {
  satur::saturation s;
  s.count = 100;
  s.slope = {100, 0.1, 0.396}; // variance 0.00396; sample variance 0.004
  satur::slope_range const range{0.0, 0.25};
  CHECK(satur::hoeffding_interval(s, range).width() == doctest::Approx(2.0 * 0.0339526).epsilon(1e-5));
  double const l = std::log(80.0);
  double const reach = std::sqrt(2.0 * 0.004 * l / 100.0) + 7.0 * 0.25 * l / (3.0 * 99.0);
  CHECK(satur::bernstein_interval(s, range).high == doctest::Approx(0.1 + reach).epsilon(1e-9));
  CHECK(satur::mean_derivative_interval(s).width() ==
        doctest::Approx(2.0 * 1.959963984540054 * std::sqrt(0.004 / 100.0)).epsilon(1e-9));
  satur::saturation one;
  one.count = 1;
  one.slope = {1, 0.2, 0.0};
  CHECK(satur::bernstein_interval(one, range).low == 0.0);
  CHECK(satur::bernstein_interval(one, range).high == 0.25);
  CHECK(std::isnan(satur::mean_derivative_interval(one).low));
  CHECK(std::isnan(satur::mean_derivative_interval(satur::saturation{}).estimate));
  CHECK(std::isnan(satur::hoeffding_interval(satur::saturation{}, range).low));
  double const infinity = std::numeric_limits<double>::infinity();
  for (satur::slope_range const& bad : {satur::slope_range{1.0, 1.0},
                                        {1.0, 0.0},
                                        {-infinity, 1.0},
                                        {0.0, infinity},
                                        {std::nan(""), 1.0},
                                        {0.0, std::nan("")}}) {
    CHECK_THROWS_WITH_AS(static_cast<void>(satur::hoeffding_interval(s, bad)),
                         doctest::Contains("hoeffding_interval: range"), std::invalid_argument);
    CHECK_THROWS_WITH_AS(static_cast<void>(satur::bernstein_interval(s, bad)),
                         doctest::Contains("bernstein_interval: range"), std::invalid_argument);
  }
  for (double const level : {0.0, 1.0, std::nan("")}) {
    CHECK_THROWS_AS(static_cast<void>(satur::hoeffding_interval(s, range, level)), std::invalid_argument);
    CHECK_THROWS_AS(static_cast<void>(satur::bernstein_interval(s, range, level)), std::invalid_argument);
    CHECK_THROWS_AS(static_cast<void>(satur::mean_derivative_interval(s, level)), std::invalid_argument);
    CHECK_THROWS_AS(static_cast<void>(satur::clustered_interval({}, level)), std::invalid_argument);
  }

  CHECK(satur::slope_range_of(satur::sigmoid{}).low == 0.0);
  CHECK(satur::slope_range_of(satur::sigmoid{}).high == 0.25);
  satur::slope_range const gelu = satur::slope_range_of(satur::gelu{}); // odd around (0, 1/2)
  CHECK(gelu.low == doctest::Approx(1.0 - 1.128904145185154786).epsilon(1e-12));
  CHECK(gelu.high == doctest::Approx(1.128904145185154786).epsilon(1e-12));
}

TEST_CASE("clustered interval: design effect") {
  CHECK(satur::clustering{64.0, 1.0}.design_effect() == 64.0);
  CHECK(satur::clustering{64.0, 0.0}.design_effect() == 1.0);
  CHECK(satur::clustering{11.0, 0.5}.design_effect() == 6.0);
  CHECK_THROWS_AS(static_cast<void>(satur::clustering{0.5, 0.0}.design_effect()), std::invalid_argument);
  CHECK_THROWS_AS(static_cast<void>(satur::clustering{2.0, 1.5}.design_effect()), std::invalid_argument);

  // 64 identical inputs count as one.
  satur::interval const worth_one = satur::wilson(320, 640, satur::clustering{64.0, 1.0});
  satur::interval const ten = satur::wilson(5, 10);
  CHECK(worth_one.low == doctest::Approx(ten.low));
  CHECK(worth_one.high == doctest::Approx(ten.high));
  CHECK(worth_one.effective == doctest::Approx(10.0));
  CHECK(satur::wilson(5, 10, satur::clustering{}).high == doctest::Approx(ten.high));
  satur::saturation const s = satur::observe(satur::sigmoid{}, gaussian(6400, 3.0, 1));
  CHECK(satur::mean_derivative_interval(s, satur::clustering{64.0, 1.0}).width() ==
        doctest::Approx(8.0 * satur::mean_derivative_interval(s).width()));
  satur::interval const slope =
      satur::mean_derivative_interval(s, satur::clustering{33.0, 0.25}); // each counts a ninth
  CHECK(slope.effective == doctest::Approx(6400.0 / 9.0));
  CHECK_FALSE(slope.independent);
  CHECK(slope.estimate == s.mean_derivative());
  CHECK(0.5 * (slope.low + slope.high) == doctest::Approx(s.mean_derivative()));
  CHECK(satur::mean_derivative_interval(s).effective == 6400.0);
  CHECK(satur::mean_derivative_interval(s).independent);

  // By hand: p = 12/40, the squares 4 + 0 + 9 + 1, so p (1 - p) / (4/3 14/1600) = 18
  // observations count, and fewer by Student's t.
  satur::interval const four =
      satur::clustered_interval(std::vector<satur::cluster_count>{{1, 10}, {3, 10}, {6, 10}, {2, 10}, {0, 0}}, 0.95);
  double const z = 1.959963984540054;
  double const t = 3.182446305284263; // with 3 degrees of freedom
  double const n = 18.0 * (z / t) * (z / t);
  double const middle = (0.3 + z * z / (2.0 * n)) / (1.0 + z * z / n);
  double const reach = z * std::sqrt(0.3 * 0.7 / n + z * z / (4.0 * n * n)) / (1.0 + z * z / n);
  CHECK(four.estimate == 0.3);
  CHECK(four.effective == doctest::Approx(n).epsilon(1e-12));
  CHECK(four.low == doctest::Approx(middle - reach).epsilon(1e-12));
  CHECK(four.high == doctest::Approx(middle + reach).epsilon(1e-12));
  CHECK(four.level == 0.95);

  std::vector<satur::cluster_count> const all_or_nothing{{100, 100}, {0, 100}, {100, 100}, {0, 100}, {0, 0}};
  CHECK(satur::intraclass_correlation(all_or_nothing) == doctest::Approx(1.0));
  // By hand: between 0.5, within 1/6, four to a cluster: (1/2 - 1/6) / (1/2 + 3/6).
  CHECK(satur::intraclass_correlation(std::vector<satur::cluster_count>{{2, 4}, {4, 4}}) == doctest::Approx(1.0 / 3.0));
  satur::interval const stuck = satur::clustered_interval(all_or_nothing);
  CHECK(stuck.estimate == 0.5);
  CHECK(stuck.effective < 4.0);
  CHECK(stuck.width() > 0.6);
  satur::interval const none = satur::clustered_interval(std::vector<satur::cluster_count>(10, {0, 1000}));
  CHECK(none.low == 0.0);
  CHECK(none.high > satur::wilson(0, 10).high); // ten samples give ten observations
  satur::interval const all = satur::clustered_interval(std::vector<satur::cluster_count>(10, {1000, 1000}));
  CHECK(all.high == 1.0);
  CHECK(all.low == doctest::Approx(1.0 - none.high).epsilon(1e-14)); // also ten, not ten thousand
  CHECK(all.effective == doctest::Approx(none.effective).epsilon(1e-14));
  CHECK(all.estimate == 1.0);
  satur::interval const alike = satur::clustered_interval(std::vector<satur::cluster_count>(10, {50, 100}));
  CHECK(alike.width() >= satur::wilson(500, 1000).width()); // never more than independent
  satur::interval const one = satur::clustered_interval(std::vector<satur::cluster_count>{{3, 100}});
  CHECK(one.low == 0.0);
  CHECK(one.high == 1.0);
  CHECK(std::isnan(satur::clustered_interval({}).low));
  CHECK(std::isnan(satur::intraclass_correlation(std::vector<satur::cluster_count>{{1, 2}})));
  CHECK_THROWS_AS(static_cast<void>(satur::intraclass_correlation(std::vector<satur::cluster_count>{{1, 2}, {3, 2}})),
                  std::invalid_argument);
  CHECK_THROWS_AS(static_cast<void>(satur::clustered_interval(std::vector<satur::cluster_count>{{3, 2}, {1, 2}})),
                  std::invalid_argument);
}

TEST_CASE("units with offsets: coverage of the clustered and of the independent interval") {
  // z = offset of the unit N(0, 16) + N(0, 1): over all units z is N(0, 17).
  double const truth = std::erfc(5.0 / std::sqrt(34.0));
  std::mt19937_64 urbg(11);
  std::normal_distribution<double> normal;
  int const rounds = 300;
  int held = 0;
  int held_by_independence = 0;
  double correlation = 0.0;
  for (int round = 0; round < rounds; ++round) {
    std::vector<satur::cluster_count> units(40);
    std::uint64_t k = 0;
    for (satur::cluster_count& unit : units) {
      double const offset = 4.0 * normal(urbg);
      unit.count = 64;
      for (int i = 0; i < 64; ++i) {
        unit.saturated += std::fabs(offset + normal(urbg)) > 5.0;
      }
      k += unit.saturated;
    }
    held += satur::clustered_interval(units).contains(truth);
    held_by_independence += satur::wilson(k, 40 * 64).contains(truth);
    correlation += satur::intraclass_correlation(units) / rounds;
  }
  CHECK(held > 0.91 * rounds);
  CHECK(held_by_independence < 0.5 * rounds);
  CHECK(correlation > 0.6);
  CHECK(correlation < 0.9);
}

TEST_CASE("interval: text states its assumption") {
  std::ostringstream out;
  out << satur::wilson(500, 1000) << '\n'
      << satur::wilson(320, 640, satur::clustering{64.0, 1.0}) << '\n'
      << satur::wilson(0, 0);
  CHECK(out.str() == "0.5 (95 %: 0.4691 to 0.5309, were units x inputs independent)\n"
                     "0.5 (95 %: 0.2366 to 0.7634, worth 10 independent observations)\n"
                     "- (95 %: - to -, were units x inputs independent)");
}
