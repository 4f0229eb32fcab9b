// The truncated normal: moments against a computation in 40 digits, and samples.
// levels: all
#include <satur/initializer/concept.hpp>
#include <satur/initializer/he.hpp>
#include <satur/initializer/normal_window.hpp>
#include <satur/initializer/truncated_normal.hpp>
#include <satur/initializer/variance_scaling.hpp>

#include "initializer/refused_fill.hpp"
#include "support/refusal.hpp"
#include "support/statistics.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <span>
#include <vector>

using namespace satur_test;
using satur::detail::normal_window;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr satur::fans any_fans{1, 1};

template <class T, class Rule>
std::vector<T> filled(Rule const& rule, std::size_t n, satur::fans f = any_fans, std::uint64_t seed = 42) {
  std::mt19937_64 g(seed);
  std::vector<T> w(n);
  satur::fill(rule, std::span<T>(w), f, g);
  return w;
}
template <class T> std::span<T const> view(std::vector<T> const& x) { return x; }

} // namespace

TEST_CASE("normal window: mass, mean and variance against 40 digits") {
  struct row {
    double low, high, mass, mean, variance;
  };
  // mpmath 1.2.1, integrals in 40 digits.
  row const rows[] = {
      {-2, 2, 0.9544997361036415856, 0, 0.77374130354992324718},
      {-inf, inf, 1, 0, 1},
      {-1, 3, 0.83999484803691285406, 0.28278611072715400772, 0.61614173535782929613},
      {0, inf, 0.5, 0.79788456080286535588, 0.36338022763241865692},
      {1, 1.0009765625, 0.00023618415504891354203, 1.0004882017383389848, 7.9472853380884274341e-8},
      {5, inf, 2.8665157187919391167e-7, 5.1865039671258421156, 0.032696434617112225345},
      {-37, -30, 4.9067139271481870595e-198, -30.033259667433677037, 0.0011037715118900910011},
      {36.5, inf, 5.5447257130748445538e-292, 36.527356284475012415, 0.00074725036176906288932},
      {-0.0009765625, 0.001953125, 0.0011687756547979370627, 0.00048828090075413443927, 7.1525553266832732712e-7},
      {-100, 100, 1, 0, 1},
      {8, 8.5, 6.12616522604975094e-16, 8.1137359894965232339, 0.01052574035836485483},
  };
  for (row const& r : rows) {
    CAPTURE(r.low);
    CAPTURE(r.high);
    auto const w = normal_window::between(r.low, r.high);
    // Far out, the rounding of z^2/2 in the exponent changes the mass.
    CHECK(std::abs(w.mass / r.mass - 1) < (std::abs(r.mean) > 8 ? 3e-13 : 3e-15));
    CHECK(std::abs(w.mean - r.mean) < 2e-15 * std::max(1.0, std::abs(r.mean)));
    CHECK(std::abs(w.variance / r.variance - 1) < 4e-15);
    auto const mirrored = normal_window::between(-r.high, -r.low);
    CHECK(mirrored.mean == doctest::Approx(-w.mean).epsilon(1e-15));
  }
  CHECK(std::sqrt(normal_window::between(-2, 2).variance) ==
        doctest::Approx(satur::variance_scaling::deviation_within_2).epsilon(1e-15));
}

TEST_CASE("normal quantile: against 40 digits and against erfc") {
  struct row {
    double p, z;
  };
  row const rows[] = {{0.5, 0},
                      {0.3, 0.52440051270804078404},
                      {0.075, 1.4395314709384559153},
                      {0.07, 1.4757910281791707352},
                      {1e-5, 4.2648907939228246285},
                      {1.3e-11, 6.6676114565107408386},
                      {1e-20, 9.2623400897984075737},
                      {1e-300, 37.047096299361199237}};
  for (row const& r : rows) {
    CAPTURE(r.p);
    CHECK(std::abs(satur::detail::portable_quantile::of_tail<double>(r.p) - r.z) <= 1e-15 * std::max(r.z, 0.5));
  }
  double worst = 0;
  for (double z = 0.001; z < 37; z *= 1.01) {
    double const back = satur::detail::portable_quantile::of_tail<double>(std::erfc(z / std::sqrt(2.0)) / 2);
    worst = std::max(worst, std::abs(back - z) / std::max(z, 1.0));
  }
  CHECK(worst < 2e-15);
  // The code without the far-tail branch gives the same numbers down to the start of the far tail.
  std::size_t different = 0;
  for (double p = 0.5; p >= satur::detail::portable_quantile::far_tail; p *= 0.999) {
    different += satur::detail::portable_quantile::of_tail<double, false>(p) !=
                 satur::detail::portable_quantile::of_tail<double, true>(p);
  }
  CHECK(different == 0);
}

TEST_CASE_TEMPLATE("truncated normal: samples follow the distribution and stay within the bounds", T, float, double) {
  struct window {
    double center, spread, low, high; // the bounds in deviations
  };
  window const windows[] = {{0, 1, -2, 2}, {0.5, 0.1, -1, 3}, {0, 0.02, 1, 1.5}, {-3, 2, -inf, -1}, {0, 1, 5, inf}};
  std::size_t const n = 500'000;
  double const root_n = std::sqrt(static_cast<double>(n));
  for (window const& k : windows) {
    CAPTURE(k.low);
    CAPTURE(k.high);
    satur::truncated_normal_deviations const counted{k.center, k.spread, k.low, k.high};
    satur::truncated_normal_absolute const valued{k.center, k.spread, k.center + k.spread * k.low,
                                                  k.center + k.spread * k.high};
    CHECK(valued.mean(any_fans) == doctest::Approx(counted.mean(any_fans)).epsilon(1e-13));
    CHECK(valued.stddev(any_fans) == doctest::Approx(counted.stddev(any_fans)).epsilon(1e-13));
    auto const w = filled<T>(counted, n);
    auto const v = filled<T>(valued, n);
    double worst = 0;
    for (std::size_t i = 0; i < n; ++i) {
      worst = std::max(worst, std::abs(static_cast<double>(w[i] - v[i])));
    }
    CHECK(worst <= 1e-6 * std::max(1.0, std::abs(k.center)));
    CHECK(std::ranges::all_of(
        v, [&](T x) { return static_cast<double>(x) >= valued.low && static_cast<double>(x) <= valued.high; }));
    // The distribution function by erfc, from the side that does not cancel.
    double const side = k.low + k.high > 0 ? 1 : -1;
    double const near = side > 0 ? k.low : -k.high;
    double const far = side > 0 ? k.high : -k.low;
    double const all = normal_cdf(-near) - normal_cdf(-far);
    auto const cdf = [&](double x) {
      double const beyond = (normal_cdf(-near) - normal_cdf(-side * (x - k.center) / k.spread)) / all;
      return side > 0 ? beyond : 1 - beyond;
    };
    CHECK(kolmogorov_smirnov(view(v), cdf) < 1.95);
    auto const m = moments_of(view(v));
    double const stddev = valued.stddev(any_fans);
    CHECK(std::abs(m.mean - valued.mean(any_fans)) < 5 * stddev / root_n);
    // The standard error of a variance is sqrt((kurtosis - 1) / n) of it.
    CHECK(std::abs(m.variance / (stddev * stddev) - 1) < 5 * std::sqrt(m.kurtosis - 1) / root_n);
  }
}

TEST_CASE_TEMPLATE("variance_scaling: every law has the stated standard deviation and its bounds", T, float, double) {
  satur::fans const f{300, 100};
  std::size_t const n = 500'000;
  double const root_n = std::sqrt(static_cast<double>(n));
  struct row {
    satur::scaling_law law;
    double kurtosis; // exact
    double error_2;  // n times the variance of a sample's kurtosis, from the moments up to the 8th
    double bound;    // in deviations
  };
  // Truncated: mpmath, 40 digits.
  row const rows[] = {{satur::scaling_law::normal, 3, 24, inf},
                      {satur::scaling_law::uniform, 1.8, 1152.0 / 875, std::sqrt(3.0)},
                      {satur::scaling_law::truncated_normal, 2.3655367171296490, 3.848239344, 2 / 0.87962566103423978}};
  for (row const& r : rows) {
    satur::variance_scaling const rule{2, satur::fan_mode::fan_in, r.law};
    CAPTURE(static_cast<int>(r.law));
    double const stddev = 0.0816496580927726033; // sqrt(2/300)
    CHECK(rule.stddev(f) == doctest::Approx(stddev).epsilon(1e-15));
    auto const w = filled<T>(rule, n, f);
    auto const m = moments_of(view(w));
    CHECK(std::abs(m.mean) < 5 * stddev / root_n);
    CHECK(std::abs(m.variance / (stddev * stddev) - 1) < 5 * std::sqrt(r.kurtosis - 1) / root_n);
    CHECK(std::abs(m.kurtosis - r.kurtosis) < 5 * std::sqrt(r.error_2) / root_n);
    double const most =
        std::abs(static_cast<double>(*std::ranges::max_element(w, {}, [](T x) { return std::abs(x); })));
    CHECK(most <= r.bound * stddev * (1 + 1e-15));
    CHECK(most > std::min(r.bound, 4.0) * stddev * 0.999);
  }
}

TEST_CASE("variance_scaling: fan modes") {
  satur::fans const f{400, 100};
  auto const stddev = [&](satur::fan_mode mode) { return satur::variance_scaling{1, mode}.stddev(f); };
  CHECK(stddev(satur::fan_mode::fan_in) == doctest::Approx(0.05).epsilon(1e-15));
  CHECK(stddev(satur::fan_mode::fan_out) == doctest::Approx(0.1).epsilon(1e-15));
  CHECK(stddev(satur::fan_mode::fan_avg) == doctest::Approx(0.0632455532033675867).epsilon(1e-15));     // sqrt(1/250)
  CHECK(stddev(satur::fan_mode::fan_geo_avg) == doctest::Approx(0.0707106781186547524).epsilon(1e-15)); // sqrt(1/200)
  CHECK(satur::he_normal{0, 1, satur::fan_mode::fan_out}.stddev(f) == doctest::Approx(0.141421356237309505));
  CHECK(satur::he_uniform{0, 1, satur::fan_mode::fan_out}.stddev(f) == doctest::Approx(0.141421356237309505));
  CHECK(satur::variance_scaling{2}.stddev(f) == satur::he_normal{}.stddev(f));
}

TEST_CASE("truncated normal: golden bits at every instruction set") {
  CHECK(hash_of_bits(view(filled<double>(satur::truncated_normal_deviations{}, 100'000))) == 0xc9e8abd3198b4f18u);
  CHECK(hash_of_bits(view(filled<float>(satur::truncated_normal_deviations{0.1, 2, -1, 3}, 100'000))) ==
        0x58ed53f58ac77a1du);
  CHECK(hash_of_bits(view(filled<double>(satur::truncated_normal_absolute{0, 1, 5, inf}, 10'000))) ==
        0xd2a4f22e942ec569u);
  using satur::math::simd_level;
  std::vector<double> x(3000);
  satur::detail::truncated_law const law{0.1, 2, -1.9, 6.1, 0.158655253931457, 0.839994848036913, 0.00134989803163009};
  satur::detail::law_pass<double, satur::detail::truncated_law> pass{law, {{1, 2, 3, 4}}, 77, x};
  pass.template run<double>();
  auto const want = x;
  for (simd_level level : {simd_level::baseline, simd_level::avx2, simd_level::avx512}) {
    if (level <= satur::math::best_level()) {
      satur::math::run<double>(pass, level);
      CHECK(x == want);
    }
  }
}

TEST_CASE("truncated normal: spread 0, bounds out of reach, a window of three numbers") {
  // Spread 0 gives the mean, for any type and any bounds.
  CHECK(filled<float>(satur::truncated_normal_deviations{0.1, 0}, 3) == std::vector<float>(3, 0.1f));
  CHECK(satur::truncated_normal_deviations{0.1, 0, 1, 2}.stddev(any_fans) == 0);
  CHECK(filled<float>(satur::variance_scaling{0}, 3) == std::vector<float>(3, 0.0f));
  // PyTorch's defaults with a small spread: the bounds are never reached.
  CHECK(satur::truncated_normal_absolute{0, 0.02}.stddev(any_fans) == doctest::Approx(0.02).epsilon(1e-15));
  // A window that holds three numbers of the type: only these are drawn.
  double const step = std::numeric_limits<double>::epsilon();
  auto const narrow = filled<double>(satur::truncated_normal_absolute{0, 1, 1, 1 + 2 * step}, 1000);
  CHECK(std::ranges::all_of(narrow, [step](double x) { return x >= 1 && x <= 1 + 2 * step; }));
  CHECK(filled<long double>(satur::truncated_normal_deviations{}, 100).size() == 100);
  auto const wide = filled<long double>(satur::truncated_normal_deviations{}, 100);
  auto const same = filled<double>(satur::truncated_normal_deviations{}, 100);
  CHECK(std::equal(wide.begin(), wide.end(), same.begin(),
                   [](long double a, double b) { return a == static_cast<long double>(b); }));
}

TEST_CASE("truncated normal: bounds that hold one number of the type, or none") {
  // Spread 0 with infinite bounds: 0 times infinity is not computed.
  CHECK(filled<float>(satur::truncated_normal_deviations{0.1, 0, -inf, inf}, 3) == std::vector<float>(3, 0.1f));
  CHECK(filled<double>(satur::truncated_normal_deviations{-0.3, 0, 1, inf}, 3) == std::vector<double>(3, -0.3));
  // The spread is below an ulp of the mean: both bounds are the mean.
  CHECK(filled<double>(satur::truncated_normal_deviations{3, 1e-20, -1, 2}, 3) == std::vector<double>(3, 3.0));
  CHECK(filled<float>(satur::truncated_normal_deviations{3, 1e-20, -1, 2}, 3) == std::vector<float>(3, 3.0f));
  // The window holds one number of the type, at either end or inside.
  std::vector<float> const ones(9, 1.0f);
  CHECK(filled<float>(satur::truncated_normal_absolute{0, 1, 1, 1.00000005}, 9) == ones);
  CHECK(filled<float>(satur::truncated_normal_absolute{0, 1, 0.99999998, 1}, 9) == ones);
  CHECK(filled<float>(satur::truncated_normal_absolute{0, 1, 0.99999998, 1.00000005}, 9) == ones);
}

TEST_CASE("truncated normal: invalid arguments throw and nothing is written") {
  auto const said = [](auto const& rule, satur::fans f = any_fans) { return satur_test::refused_fill(rule, f); };
  using by_deviations = satur::truncated_normal_deviations;
  using by_values = satur::truncated_normal_absolute;
  CHECK(said(by_deviations{0, 1, 2, 2}) ==
        "satur::truncated_normal_deviations: the bounds are 2 and 2; allowed: the first below the second");
  CHECK(said(by_deviations{0, 1, not_a_number, 2}) ==
        "satur::truncated_normal_deviations: the bounds are nan and 2; allowed: the first below the second");
  CHECK(said(by_deviations{0, 1, 38, 40}) ==
        "satur::truncated_normal_deviations: the bounds 38 and 40 keep nothing of the normal; allowed: a window that "
        "reaches within 37 standard deviations of the mean");
  CHECK(said(by_deviations{1, 1e-8, 1, 2}) ==
        "satur::truncated_normal_deviations: no number of the type lies between the bounds 1.00000001 and 1.00000002; "
        "allowed: bounds further apart, or a wider type");
  CHECK(said(by_deviations{0.1, 1e-20, -2, 2})
            .starts_with("satur::truncated_normal_deviations: no number of the type "
                         "lies between the bounds 0.1 and 0.1; allowed: "));
  CHECK(said(by_deviations{0, 1, -40, -38})
            .starts_with("satur::truncated_normal_deviations: the bounds -40 and -38 "
                         "keep nothing of the normal; allowed: "));
  CHECK(said(by_deviations{0, 1, 37, 38}) == "nothing thrown");
  CHECK(said(by_deviations{0, 1, -38, -37}) == "nothing thrown");
  CHECK(
      said(by_deviations{1e300, 1}).starts_with("satur::truncated_normal_deviations: mean is 1e+300; allowed: a mag"));
  CHECK(
      said(by_deviations{0, 1e300}).starts_with("satur::truncated_normal_deviations: spread is 1e+300; allowed: a m"));
  CHECK(said(by_values{1e300, 1e300, -1e300, 3e300})
            .starts_with("satur::truncated_normal_absolute: mean is 1e+300; allowed: a mag"));
  CHECK(said(by_values{0, 1e300, -1e300, 1e300})
            .starts_with("satur::truncated_normal_absolute: spread is 1e+300; allowed: a mag"));
  CHECK(said(by_values{0, 1e300, 1e-30, 2e-30}).starts_with("satur::truncated_normal_absolute: ")); // not a window of Z
  CHECK(said(by_values{not_a_number, 1}) == "satur::truncated_normal_absolute: mean is nan; allowed: a finite number");
  CHECK(said(by_deviations{0, -1}) ==
        "satur::truncated_normal_deviations: spread is -1; allowed: a finite number >= 0");
  CHECK(said(by_deviations{inf, 1}) == "satur::truncated_normal_deviations: mean is inf; allowed: a finite number");
  CHECK(said(by_values{0, 0}) == "satur::truncated_normal_absolute: spread is 0; allowed: a finite number > 0");
  CHECK(said(by_values{0, not_a_number}) ==
        "satur::truncated_normal_absolute: spread is nan; allowed: a finite number > 0");
  CHECK(said(by_values{0, 0.02, 1, 2}) ==
        "satur::truncated_normal_absolute: the bounds 1 and 2 keep nothing of the normal; allowed: a window that "
        "reaches within 37 standard deviations of the mean");
  CHECK(said(by_values{0, 1, 1, 0}) ==
        "satur::truncated_normal_absolute: the bounds are 1 and 0; allowed: the first below the second");
  CHECK(said(by_values{1, 1, 1.00000001, 1.00000002}) ==
        "satur::truncated_normal_absolute: no number of the type lies between the bounds 1.00000001 and 1.00000002; "
        "allowed: bounds further apart, or a wider type");
  CHECK(said(satur::variance_scaling{-1}) == "satur::variance_scaling: scale is -1; allowed: a finite number >= 0");
  CHECK(said(satur::variance_scaling{not_a_number}) ==
        "satur::variance_scaling: scale is nan; allowed: a finite number >= 0");
  CHECK(said(satur::variance_scaling{}, {0, 1}) ==
        "satur::variance_scaling: fans are (in 0, out 1); allowed: both at least 1");
  CHECK(said(satur::variance_scaling{1, static_cast<satur::fan_mode>(9)}) ==
        "satur::variance_scaling: mode is 9; allowed: fan_in, fan_out, fan_avg or fan_geo_avg");
  CHECK(said(satur::variance_scaling{1, satur::fan_mode::fan_in, static_cast<satur::scaling_law>(9)}) ==
        "satur::variance_scaling: law is 9; allowed: normal, uniform or truncated_normal");
}
