// The record: counters against a brute-force count, merging, special values, boundaries, containers, bad input.
// levels: all
#include "satur/diagnostic.hpp"

#include "support/gaussian.hpp"
#include "support/relative.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <deque>
#include <limits>
#include <list>
#include <numbers>
#include <random>
#include <span>
#include <sstream>
#include <vector>

namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

using satur_test::gaussian;

bool close(double a, double b, double relative = 1e-13) {
  return std::fabs(a - b) <= relative * std::max(std::fabs(a), std::fabs(b));
}

void check_same(satur::saturation const& a, satur::saturation const& b) {
  CHECK(a.count == b.count);
  CHECK(a.low == b.low);
  CHECK(a.high == b.high);
  CHECK(a.nan == b.nan);
  CHECK(a.infinite == b.infinite);
  CHECK(close(a.mean_derivative(), b.mean_derivative()));
  CHECK(close(a.mean_squared_derivative(), b.mean_squared_derivative()));
  CHECK(close(a.variance_z(), b.variance_z()));
  CHECK(std::fabs(a.mean_z() - b.mean_z()) <= 1e-13 * a.stddev_z() + 1e-15 * std::fabs(a.mean_z()));
  CHECK(close(a.mean_output(), b.mean_output()));
  CHECK(a.min_z() == b.min_z());
  CHECK(a.max_z() == b.max_z());
}

} // namespace

TEST_CASE_TEMPLATE("saturation: counters and sums against a long double loop, at every level and block boundary", T,
                   float, double) {
  satur::sigmoid const act;
  for (std::size_t const n : {1u, 15u, 127u, 128u, 129u, 8191u, 8192u, 8193u, 16385u}) {
    std::vector<T> z = gaussian<T>(n, 1.0, 4.0);
    if (n > 100) {
      z[3] = std::numeric_limits<T>::quiet_NaN();
      z[n - 1] = static_cast<T>(-infinity);
      z[n / 2] = static_cast<T>(infinity);
    }
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    std::uint64_t finite = 0;
    std::uint64_t seen = 0;
    long double slope = 0;
    long double output = 0;
    long double sum = 0;
    for (T const e : z) {
      if (std::isnan(e)) {
        continue;
      }
      ++seen;
      low += e < T(-5);
      high += e > T(5);
      long double const x = std::exp(-std::fabs(static_cast<long double>(e)));
      slope += x / ((1 + x) * (1 + x));
      if (std::isfinite(e)) {
        ++finite;
        sum += static_cast<long double>(e);
        output += 1 / (1 + std::exp(-static_cast<long double>(e)));
      }
    }
    long double squares = 0;
    for (T const e : z) {
      if (std::isfinite(e)) {
        long double const d = static_cast<long double>(e) - sum / static_cast<long double>(finite);
        squares += d * d;
      }
    }
    for (int l = 0; l <= static_cast<int>(satur::math::best_level()); ++l) {
      satur::scoped_level const forced(static_cast<satur::math::simd_level>(l));
      CAPTURE(n);
      CAPTURE(l);
      satur::saturation const s = satur::observe(act, z, satur::z_beyond{});
      CHECK(s.count == seen);
      CHECK(s.low == low);
      CHECK(s.high == high);
      CHECK(s.nan == n - seen);
      CHECK(s.infinite == seen - finite);
      double const digits = sizeof(T) == 4 ? 1e-7 : 1e-14;
      CHECK(close(s.mean_derivative(), static_cast<double>(slope / static_cast<long double>(seen)), digits));
      if (finite > 1) {
        CHECK(close(s.mean_output(), static_cast<double>(output / static_cast<long double>(finite)), digits));
        CHECK(close(s.mean_z(), static_cast<double>(sum / static_cast<long double>(finite)), 1e-12));
        CHECK(close(s.variance_z(), static_cast<double>(squares / static_cast<long double>(finite)), 1e-12));
      }
    }
  }
}

TEST_CASE("saturation: the merge of the parts in any order equals the whole") {
  std::vector<float> z = gaussian<float>(50000, 2.0, 3.0);
  z[100] = static_cast<float>(none);
  satur::saturation const whole = satur::observe(satur::tanh{}, z);
  std::mt19937 urbg(3);
  for (int round = 0; round < 20; ++round) {
    std::vector<std::size_t> cuts{0, z.size()};
    for (int i = 0; i < 7; ++i) {
      cuts.push_back(urbg() % z.size());
    }
    std::sort(cuts.begin(), cuts.end());
    std::vector<satur::saturation> parts;
    for (std::size_t i = 1; i < cuts.size(); ++i) {
      parts.push_back(
          satur::observe(satur::tanh{}, std::span<float const>(z.data() + cuts[i - 1], cuts[i] - cuts[i - 1])));
    }
    std::shuffle(parts.begin(), parts.end(), urbg);
    satur::saturation merged;
    for (satur::saturation const& p : parts) {
      merged += p;
    }
    check_same(whole, merged);
    check_same(parts[0] + (parts[1] + parts[2]), (parts[2] + parts[0]) + parts[1]);
  }
}

TEST_CASE("saturation: merging records of different rules or activations throws") {
  std::vector<float> const z{1.0f};
  satur::saturation a = satur::observe(satur::tanh{}, z);
  CHECK_THROWS_WITH_AS(a += satur::observe(satur::tanh{}, z, satur::z_beyond{2.5}),
                       doctest::Contains("cannot merge a record of tanh (|z| > 5) with one of tanh (|z| > 2.5)"),
                       std::invalid_argument);
  CHECK_THROWS_AS(a += satur::observe(satur::sigmoid{}, z), std::invalid_argument);
  CHECK(a.count == 1);
  satur::saturation empty;
  empty += a;
  CHECK(empty == a);
  a = {};
  CHECK(a.empty());
}

TEST_CASE("moments: merge without cancellation, worked examples") {
  satur::moments a{100, 0.0, 100.0};
  a += satur::moments{100, 3.0, 100.0};
  CHECK(a.variance() == 3.25);
  CHECK(a.mean == 1.5);
  satur::moments b{100, 0.0, 100.0};
  b += satur::moments{100, 1.0, 300.0};
  CHECK(b.variance() == 2.25);
  CHECK(b.mean == 0.5);
}

TEST_CASE("saturation: variance around a large mean, 1e7 + 0.2 ± 0.1") {
  std::vector<double> z{10000000.2};
  for (int i = 0; i < 500; ++i) {
    z.push_back(10000000.1);
    z.push_back(10000000.3);
  }
  satur::saturation const s = satur::observe(satur::identity{}, z);
  CHECK(close(s.stddev_z(), 0.1 * std::sqrt(1000.0 / 1001.0), 1e-8)); // the data themselves are rounded to 2e-9
  CHECK(close(s.mean_z(), 10000000.2, 1e-15));
}

TEST_CASE("compensated_sum: keeps what a double sum loses") {
  satur::compensated_sum sum;
  sum += 1e16;
  for (int i = 0; i < 1000; ++i) {
    sum += 1.0;
  }
  sum += -1e16;
  CHECK(sum.value() == 1000.0);
}

TEST_CASE("z_beyond: strict, and a threshold between two floats is compared exactly") {
  std::vector<float> const z{5.0f, -5.0f, std::nextafter(5.0f, 6.0f), std::nextafter(-5.0f, -6.0f)};
  satur::saturation const s = satur::observe(satur::sigmoid{}, z);
  CHECK(s.low == 1);
  CHECK(s.high == 1);
  // 0.1f is above 0.1, so it lies beyond the double threshold 0.1, on both sides
  std::vector<float> const tenth{0.1f, -0.1f, std::nextafter(0.1f, 0.0f)};
  CHECK(satur::saturated_fraction(tenth, 0.1) == doctest::Approx(2.0 / 3.0));
  CHECK(satur::observe(satur::sigmoid{}, tenth, satur::z_beyond{0.1}).low == 1);
}

TEST_CASE("saturation: empty, NaN-only and infinite-only input") {
  satur::saturation const nothing = satur::observe(satur::sigmoid{}, std::vector<float>{});
  CHECK(std::isnan(nothing.fraction()));
  CHECK(std::isnan(nothing.mean_derivative()));
  CHECK(std::isnan(nothing.min_z()));
  CHECK(std::isnan(satur::saturated_fraction(std::vector<float>{})));
  std::vector<double> const broken(5, none);
  satur::saturation const s = satur::observe(satur::sigmoid{}, broken);
  CHECK(s.nan == 5);
  CHECK(s.count == 0);
  CHECK(std::isnan(s.fraction()));
  CHECK(std::isnan(satur::saturated_fraction(broken)));
  std::vector<double> const far{infinity, -infinity, infinity};
  satur::saturation const f = satur::observe(satur::sigmoid{}, far);
  CHECK(f.infinite == 3);
  CHECK(f.high == 2);
  CHECK(f.low == 1);
  CHECK(f.fraction() == 1.0);
  CHECK(f.mean_derivative() == 0.0);
  CHECK(std::isnan(f.mean_z()));
  CHECK(std::isnan(f.mean_output()));
}

TEST_CASE("saturation: P(|z| > 5) and mean slope of Gaussian z agree with theory") {
  struct law {
    double stddev, share, slope;
  };
  for (law const& l : {law{2.0, 0.01242, 0.15143}, law{5.0, 0.31731, 0.07514}}) {
    std::size_t const n = 1000000;
    satur::saturation const s = satur::observe(satur::sigmoid{}, gaussian<float>(n, 0.0, l.stddev));
    CHECK(std::fabs(s.fraction() - l.share) < 5.0 * std::sqrt(l.share / static_cast<double>(n)) + 5e-6);
    CHECK(std::fabs(s.mean_derivative() - l.slope) < 5e-4);
    // slope_saturation of a sigmoid is the mean of tanh^2(z/2) (JETNET 3.0)
    satur::saturation const t = satur::observe(satur::centered_sigmoid{}, gaussian<float>(n, 0.0, l.stddev));
    CHECK(close(s.slope_saturation(), 4.0 * t.mean_squared_output(), 1e-6));
  }
}

TEST_CASE("saturation: the mean slope in the tail is not zero") {
  std::vector<float> const z(1000, -80.0f);
  CHECK(satur::mean_derivative(satur::sigmoid{}, z) == satur_test::relative(std::exp(-80.0), 1e-6));
  std::vector<double> const far(10, 700.0);
  CHECK(satur::mean_derivative(satur::sigmoid{}, far) == satur_test::relative(std::exp(-700.0), 1e-12));
}

TEST_CASE("slope and output rules: against a plain count") {
  std::vector<float> const z = gaussian<float>(20000, 0.5, 3.0);
  auto const check = [&](auto const& act, auto const& rule, auto low, auto high) {
    CAPTURE(act.name);
    std::uint64_t lows = 0;
    std::uint64_t highs = 0;
    for (float const e : z) {
      lows += low(e);
      highs += high(e);
    }
    satur::saturation const s = satur::observe(act, z, rule);
    CHECK(s.low == lows);
    CHECK(s.high == highs);
    satur::saturation const any = satur::observe(act, z, satur::any_rule(rule));
    CHECK(any.low == lows);
    CHECK(any.high == highs);
    CHECK(any.rule == s.rule);
    CHECK(lows + highs > 0);
  };
  auto const slope_rule = [&](auto const& act, double ratio) {
    check(
        act, satur::slope_below{ratio},
        [&](float e) { return static_cast<double>(act.derivative(e)) < ratio * act.peak_slope() && e <= 0.0f; },
        [&](float e) { return static_cast<double>(act.derivative(e)) < ratio * act.peak_slope() && e > 0.0f; });
  };
  slope_rule(satur::sigmoid{}, 0.3);
  slope_rule(satur::tanh{}, 0.0266);
  slope_rule(satur::relu{}, 0.5);
  check(
      satur::sigmoid{}, satur::output_beyond{0.1, 0.9},
      [](float e) { return static_cast<double>(satur::sigmoid{}(e)) < 0.1; },
      [](float e) { return static_cast<double>(satur::sigmoid{}(e)) > 0.9; });
  // |z| = 2.5 of a tanh has the slope of 5 of a sigmoid
  CHECK(satur::observe(satur::tanh{}, std::vector<double>{2.5001, 2.4999}, satur::slope_below{}).high == 1);
  CHECK(satur::observe(satur::sigmoid{}, std::vector<double>{5.0001, 4.9999}, satur::slope_below{}).high == 1);
}

TEST_CASE("observe: the same bits from any container") {
  std::vector<float> const z = gaussian<float>(10000, 0.0, 4.0);
  satur::saturation const s = satur::observe(satur::sigmoid{}, z);
  CHECK(satur::observe(satur::sigmoid{}, std::span<float const>(z)) == s);
  CHECK(satur::observe(satur::sigmoid{}, std::deque<float>(z.begin(), z.end())) == s);
  CHECK(satur::observe(satur::sigmoid{}, std::list<float>(z.begin(), z.end())) == s);
  std::vector<float> y(z.size());
  std::deque<float> dy(z.size());
  std::list<float> ly(z.size());
  CHECK(satur::forward(satur::sigmoid{}, z, y, dy) == s);
  CHECK(satur::forward(satur::sigmoid{}, std::list<float>(z.begin(), z.end()), ly) == s);
  CHECK(std::equal(ly.begin(), ly.end(), y.begin()));
  CHECK(dy[77] == satur::observe(satur::sigmoid{}, std::array<float, 1>{z[77]}).mean_derivative());
  std::vector<long double> const wide{-6.0L, 0.0L, 6.0L};
  CHECK(satur::observe(satur::sigmoid{}, wide).fraction() == doctest::Approx(2.0 / 3.0));
  std::vector<float> in_place = z;
  satur::apply(satur::sigmoid{}, in_place, in_place);
  CHECK(in_place == y);
}

namespace {
struct least { // no name and no facts: the minimum of an activation
  template <class T> T value(T z) const { return satur::math::tanh(z); }
  template <class T> T derivative(T z) const { return T(1) - satur::math::tanh(z) * satur::math::tanh(z); }
};
} // namespace

TEST_CASE("observe: an activation with only value and derivative") {
  std::vector<float> const z = gaussian<float>(1000, 0.0, 2.0);
  std::vector<float> y(z.size());
  satur::saturation const s = satur::forward(least{}, z, y, satur::slope_below{0.1});
  CHECK(s.activation == "activation");
  CHECK(std::isnan(s.slope_share())); // no peak slope is stated
  CHECK(satur::peak_slope_of(least{}) == doctest::Approx(1.0).epsilon(1e-9));
  CHECK(s.low + s.high == satur::observe(satur::tanh{}, z, satur::slope_below{0.1}).low +
                              satur::observe(satur::tanh{}, z, satur::slope_below{0.1}).high);
  CHECK(y[5] == satur::tanh{}(z[5]));
}

TEST_CASE("observe: invalid input throws with a message") {
  std::vector<float> const z(10);
  std::vector<float> short_y(9);
  std::vector<float> shared(10);
  CHECK_THROWS_WITH_AS(satur::forward(satur::sigmoid{}, z, short_y),
                       doctest::Contains("y has shape (9); expected (10)"), satur::shape_error);
  CHECK_THROWS_WITH_AS(satur::forward(satur::sigmoid{}, shared, shared), doctest::Contains("shares memory with z"),
                       std::invalid_argument);
  for (double const bad : {none, -1.0, infinity}) {
    CHECK_THROWS_WITH_AS(static_cast<void>(satur::observe(satur::sigmoid{}, z, satur::z_beyond{bad})),
                         doctest::Contains("a finite number >= 0"), std::invalid_argument);
    CHECK_THROWS_AS(static_cast<void>(satur::saturated_fraction(z, bad)), std::invalid_argument);
    CHECK_THROWS_AS(static_cast<void>(satur::observe(satur::sigmoid{}, std::vector<float>{}, satur::z_beyond{bad})),
                    std::invalid_argument);
  }
  for (double const bad : {none, 0.0, 1.5}) {
    CHECK_THROWS_AS(static_cast<void>(satur::observe(satur::sigmoid{}, z, satur::slope_below{bad})),
                    std::invalid_argument);
  }
  CHECK_THROWS_WITH_AS(static_cast<void>(satur::observe(satur::sigmoid{}, z, satur::output_beyond{0.9, 0.1})),
                       doctest::Contains("(0.9, 0.1)"), std::invalid_argument);
}

TEST_CASE("rules: text") {
  CHECK(satur::to_text(satur::z_beyond{}.definition()) == "|z| > 5");
  CHECK(satur::to_text(satur::slope_below{}.definition()) == "slope < 2.66 % of its peak");
  CHECK(satur::to_text(satur::output_beyond{}.definition()) == "output < 0.1 or > 0.9");
}
