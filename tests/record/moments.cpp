// Means and variances of difficult data: large means, non-finite ends, tails, numbers near the largest double.
// The oracle is the definition, in two passes of long double.
#include "satur/observe/kernel/moments.hpp"
#include "satur/activation/exponential.hpp"
#include "satur/activation/identity.hpp"
#include "satur/activation/sigmoid.hpp"
#include "satur/observe.hpp"
#include "satur/observe/observe.hpp"
#include "satur/reading/slope_interval.hpp"

#include "support/slow.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <list>
#include <random>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double largest = std::numeric_limits<double>::max();

bool close(double a, double b, double relative) {
  return std::isfinite(a) && std::isfinite(b) && std::fabs(a - b) <= relative * std::max(std::fabs(a), std::fabs(b));
}

struct truth {
  double mean;
  double variance;
};
/// Moments of the finite numbers of x by definition, after subtracting the first of them, which is exact in long
/// double.
template <class X> truth truth_of(X const& x) {
  std::vector<long double> off;
  long double first = 0;
  for (auto const e : x) {
    if (std::isfinite(e)) {
      first = off.empty() ? static_cast<long double>(e) : first;
      off.push_back(static_cast<long double>(e) - first);
    }
  }
  long double const n = static_cast<long double>(off.size());
  long double mean = 0;
  for (long double const e : off) {
    mean += e;
  }
  mean /= n;
  long double squares = 0;
  for (long double const e : off) {
    squares += (e - mean) * (e - mean);
  }
  return {static_cast<double>(first + mean), static_cast<double>(squares / n)};
}

/// n numbers evenly spaced around a mean.
template <class T> std::vector<T> around(double mean, double half_width, std::size_t n, unsigned seed = 1) {
  std::mt19937_64 urbg(seed);
  std::uniform_real_distribution<double> off(-half_width, half_width);
  std::vector<T> x(n);
  for (T& e : x) {
    e = static_cast<T>(mean + off(urbg));
  }
  return x;
}

std::vector<satur::math::simd_level> levels() {
  std::vector<satur::math::simd_level> all;
  for (int l = 0; l <= static_cast<int>(satur::math::best_level()); ++l) {
    satur::scoped_level const forced(static_cast<satur::math::simd_level>(l));
    all.push_back(static_cast<satur::math::simd_level>(l));
  }
  return all;
}

/// The allowed relative error of a variance: 1e-11 within one chunk (8192 numbers). Merging chunks and records uses
/// means that are rounded to double. Relative to the standard deviation, that costs what rounding the numbers
/// themselves costs.
double allowed(truth const& t, bool merged) {
  double const rounding = std::numeric_limits<double>::epsilon() * std::fabs(t.mean) / std::sqrt(t.variance);
  return merged ? 1e-11 + rounding : 1e-11;
}

template <class T> satur::moments summary_of(std::vector<T> const& x) {
  satur::detail::array_summary s;
  satur::detail::summarize(x.data(), x.size(), s);
  return s.finite;
}

/// The same numbers as z, as outputs and as gradients.
template <class T> void check_moments(std::vector<T> const& z) {
  truth const t = truth_of(z);
  REQUIRE(t.variance > 0.0);
  double const tolerance = allowed(t, z.size() > satur::detail::leaf_elements);
  for (satur::math::simd_level const level : levels()) {
    satur::scoped_level const forced(level);
    CAPTURE(static_cast<int>(level));
    satur::saturation const s = satur::observe(satur::identity{}, z, satur::z_beyond{});
    CHECK(close(s.variance_z(), t.variance, tolerance));
    CHECK(close(s.variance_output(), t.variance, tolerance));
    CHECK(close(s.mean_z(), t.mean, 1e-15));
    CHECK(close(s.mean_output(), t.mean, 1e-15));
    CHECK(s.z.count == s.output.count);
    CHECK(s.variance_derivative() == 0.0);
    CHECK(satur::observe(satur::identity{}, std::list<T>(z.begin(), z.end()), satur::z_beyond{}) == s);
  }
  satur::moments const m = summary_of(z);
  CHECK(close(m.variance(), t.variance, tolerance));
  CHECK(close(m.mean, t.mean, 1e-15));
}

} // namespace

TEST_CASE_TEMPLATE("moments: variance around a large mean, non-finite numbers anywhere", T, float, double) {
  double const mean = sizeof(T) == 4 ? 1e12 : 1e8;
  double const width = sizeof(T) == 4 ? 1e6 : 1e-2;
  T const nan = static_cast<T>(none);
  T const inf = static_cast<T>(infinity);
  for (std::size_t const n : {3u, 5u, 17u, 1000u, 1001u, 8192u, 9001u}) {
    CAPTURE(n);
    std::vector<T> const z = around<T>(mean, width, n);
    check_moments(z);
    for (auto const& [first, last] : {std::pair{nan, nan}, std::pair{inf, -inf}, std::pair{-inf, nan}}) {
      std::vector<T> ends = z; // of all numbers, and of the second chunk if there is one
      ends.insert(ends.begin(), first);
      ends.push_back(last);
      check_moments(ends);
      if (n > 8193) {
        ends[8192] = last;
        check_moments(ends);
      }
      ends[ends.size() / 2] = first;
      if (n > 5) {
        check_moments(ends);
      }
    }
    std::vector<T> few(n, nan); // two finite numbers among many
    few.push_back(z[0]);
    few.insert(few.end(), n, -inf);
    few.push_back(z[0] + static_cast<T>(width));
    few.insert(few.end(), n / 2, inf);
    check_moments(few);
  }
}

TEST_CASE("moments of sixteen-bit numbers: non-finite numbers anywhere") {
  std::vector<std::uint16_t> bits(1000);
  for (std::size_t i = 0; i < bits.size(); ++i) {
    bits[i] = static_cast<std::uint16_t>(0x7000 + i % 2); // bfloat16: about 1.6e29, one digit apart
  }
  bits.front() = 0x7fc0; // NaN
  bits.back() = 0xff80;  // -inf
  auto const z = satur::as_bfloat16(bits);
  std::vector<float> numbers;
  for (std::size_t i = 0; i < z.size(); ++i) {
    numbers.push_back(z[i]);
  }
  satur::saturation const s = satur::observe(satur::identity{}, z);
  CHECK(s.nan == 1);
  CHECK(s.infinite == 1);
  CHECK(close(s.variance_z(), truth_of(numbers).variance, 1e-12));
  CHECK(close(s.variance_output(), truth_of(numbers).variance, 1e-12));
  CHECK(s == satur::observe(satur::identity{}, numbers));
}

TEST_CASE("moments: variance of output and slope does not cancel, in one pass or merged") {
  std::vector<double> plus_minus(20000);
  for (std::size_t i = 0; i < plus_minus.size(); ++i) {
    plus_minus[i] = 1e9 + (i % 2 == 0 ? 1.0 : -1.0);
  }
  satur::saturation const s = satur::observe(satur::identity{}, plus_minus);
  CHECK(s.variance_output() == doctest::Approx(1.0).epsilon(1e-14));
  CHECK(s.stddev_output() == doctest::Approx(1.0).epsilon(1e-14));
  CHECK(s.mean_output() == 1e9);

  for (double const mean : {25.0, 5.0, -25.0, -100.0}) {
    CAPTURE(mean);
    std::vector<double> const z = around<double>(mean, 0.1, 20000);
    std::vector<double> y(z.size());
    std::vector<double> dy(z.size());
    satur::saturation const whole = satur::forward(satur::sigmoid{}, z, y, dy);
    satur::saturation merged;
    for (std::size_t i = 0; i < z.size(); i += 7) {
      merged +=
          satur::observe(satur::sigmoid{}, std::span<double const>(z.data() + i, std::min<std::size_t>(7, 20000 - i)));
    }
    for (satur::saturation const& r : {whole, merged}) {
      CHECK(close(r.variance_output(), truth_of(y).variance, allowed(truth_of(y), true)));
      CHECK(close(r.variance_derivative(), truth_of(dy).variance, allowed(truth_of(dy), true)));
      CHECK(close(r.stddev_derivative(), std::sqrt(truth_of(dy).variance), 1e-11));
      CHECK(close(r.mean_output(), truth_of(y).mean, 1e-13));
      CHECK(close(r.mean_derivative(), truth_of(dy).mean, 1e-13));
    }
    // |sigmoid'(z)|, uniform z: sigmoid' is exp(-|z|) up to 1e-4 here; the variance is that of exp over an
    // interval
    if (std::fabs(mean) > 20.0) {
      double const h = 0.1;
      double const of_exp = std::sinh(2 * h) / (2 * h) - std::sinh(h) / h * (std::sinh(h) / h);
      CHECK(close(whole.variance_derivative(), of_exp * std::exp(-2 * std::fabs(mean)), 0.05));
      CHECK(close(whole.variance_output(), of_exp * std::exp(-2 * std::fabs(mean)), 0.05));
    }
  }
}

TEST_CASE("moments: mean slope in the tail and over many magnitudes") {
  if (test::left_out_if_slow()) {
    return;
  }
  std::mt19937_64 urbg(3);
  std::uniform_real_distribution<double> tail(60.0, 75.0);
  // How many of 8192 numbers have a slope of 0.25: the first ones, the last ones or those in the middle.
  for (std::size_t const steep : {0u, 1u, 2u, 4096u, 8190u}) {
    for (std::size_t const from : {0u, 2u, 4095u, 8190u}) {
      CAPTURE(steep);
      CAPTURE(from);
      std::vector<double> z(20000);
      for (double& e : z) {
        e = tail(urbg);
      }
      for (std::size_t i = from; i < from + steep && i < 8192; ++i) {
        z[i] = 0.0;
      }
      std::vector<double> y(z.size());
      std::vector<double> dy(z.size());
      satur::saturation const s = satur::forward(satur::sigmoid{}, z, y, dy);
      CHECK(close(s.mean_derivative(), truth_of(dy).mean, 2e-13));
      std::vector<double> squares;
      for (double const d : dy) {
        squares.push_back(d * d);
      }
      CHECK(close(s.mean_squared_derivative(), truth_of(squares).mean, 1e-12));
    }
  }
  // The steep numbers in a record of their own: merging it does not change the digits of the flat ones.
  satur::saturation steep = satur::observe(satur::sigmoid{}, std::vector<double>{0.0});
  for (int i = 0; i < 1000; ++i) {
    steep += satur::observe(satur::sigmoid{}, std::vector<double>(10000, 40.0));
  }
  long double const flat = std::exp(-40.0L) / ((1 + std::exp(-40.0L)) * (1 + std::exp(-40.0L)));
  CHECK(close(steep.mean_derivative(), static_cast<double>((0.25L + 1e7L * flat) / (1e7L + 1)), 1e-13));
  satur::saturation const flat_ones = satur::observe(satur::sigmoid{}, std::vector<double>(10000000, 40.0));
  satur::saturation const one = satur::observe(satur::sigmoid{}, std::vector<double>{0.0});
  CHECK(close((one + flat_ones).mean_derivative(), steep.mean_derivative(), 1e-13));
  CHECK(close((flat_ones + one).mean_derivative(), steep.mean_derivative(), 1e-13));
  satur::saturation many = satur::observe(satur::sigmoid{}, std::vector<double>(1000000, 700.0));
  many += satur::observe(satur::sigmoid{}, std::vector<double>{700.0, 701.0});
  CHECK(close(many.mean_derivative(), static_cast<double>((1000001 * std::exp(-700.0L) + std::exp(-701.0L)) / 1000002),
              1e-13));
}

TEST_CASE("moments: the mean of numbers near the largest double is finite and correct") {
  for (std::vector<double> const& z :
       {std::vector<double>{1.7e308, 1.7e308, 1.6e308}, std::vector<double>{-1.7e308, 1.7e308, 1.6e308},
        std::vector<double>{-1.7e308, -1.7e308, 1.6e308}, std::vector<double>{largest, largest, largest},
        std::vector<double>{-largest, largest}, std::vector<double>(9000, 1.7e308)}) {
    std::vector<double> with_nan = z;
    with_nan.push_back(none);
    std::vector<double> with_infinity = z;
    with_infinity.insert(with_infinity.begin(), infinity);
    for (std::vector<double> const& x : {z, with_nan, with_infinity}) {
      truth const t = truth_of(x);
      for (satur::math::simd_level const level : levels()) {
        satur::scoped_level const forced(level);
        satur::saturation const s = satur::observe(satur::identity{}, x, satur::z_beyond{});
        CHECK(close(s.mean_z(), t.mean, 1e-15));
        CHECK(close(s.mean_output(), t.mean, 1e-15));
        CHECK(s.variance_z() == t.variance); // infinite, or 0
        CHECK(s.variance_output() == t.variance);
        CHECK(s.mean_derivative() == 1.0);
      }
      CHECK(close(summary_of(x).mean, t.mean, 1e-15));
      CHECK(summary_of(x).variance() == t.variance);
      satur::saturation merged;
      satur::moments one_by_one;
      for (double const e : x) {
        merged += satur::observe(satur::identity{}, std::vector<double>{e});
        if (std::isfinite(e)) {
          one_by_one += satur::moments{1, e, 0.0};
        }
      }
      CHECK(close(merged.mean_z(), t.mean, 1e-13));
      CHECK(close(merged.mean_output(), t.mean, 1e-13));
      CHECK(merged.variance_z() == t.variance);
      CHECK(close(one_by_one.mean, t.mean, 1e-13));
    }
  }
  // Squares overflow long before sums do: the result is infinity, never NaN.
  std::vector<double> const far{1e200, -1e200, 3e200};
  CHECK(satur::observe(satur::identity{}, far).variance_z() == infinity);
  CHECK(satur::observe(satur::identity{}, far).mean_squared_output() == infinity);
  CHECK(close(satur::observe(satur::identity{}, far).mean_z(), 1e200, 1e-15));
  CHECK(summary_of(far).variance() == infinity);
  std::vector<float> const floats{3.4e38f, 3.4e38f, -1e38f};
  CHECK(close(satur::observe(satur::identity{}, floats).mean_z(), truth_of(floats).mean, 1e-15));
  CHECK(close(satur::observe(satur::identity{}, floats).variance_output(), truth_of(floats).variance, 1e-15));
}

TEST_CASE("moments: infinite outputs give infinite mean and mean square, and no variance") {
  std::vector<double> const z{800.0, 0.0, 1.0};
  satur::saturation s = satur::observe(satur::exponential{}, z);
  CHECK(s.mean_output() == infinity);
  CHECK(s.mean_squared_output() == infinity);
  CHECK(std::isnan(s.variance_output()));
  CHECK(s.mean_derivative() == infinity);
  CHECK(close(s.mean_z(), 267.0, 1e-15));
  CHECK(s.variance_z() == doctest::Approx(426134.0 / 3.0));
  s += satur::observe(satur::exponential{}, std::vector<double>{0.0, 2.0});
  CHECK(s.mean_output() == infinity);
  CHECK(std::isnan(s.variance_output()));
  satur::saturation const nothing;
  CHECK(std::isnan(nothing.mean_output()));
  CHECK(std::isnan(nothing.mean_squared_output()));
  CHECK(std::isnan(nothing.variance_output()));
  CHECK(std::isnan(nothing.mean_squared_derivative()));
  CHECK(std::isnan(nothing.variance_derivative()));
}

TEST_CASE("saturation: every field of a sum of two records with distinct fields") {
  satur::saturation a;
  a.count = 10;
  a.low = 1;
  a.high = 2;
  a.nan = 3;
  a.infinite = 4;
  a.slope = {10, 2.0, 40.0};
  a.z = {6, -1.0, 5.0};
  a.output = {6, 8.0, 7.0};
  a.lowest_z = -3.0;
  a.highest_z = 1.0;
  a.rule = satur::z_beyond{2.5}.definition();
  a.activation = satur::label("mine");
  a.peak_slope = 9.0;
  satur::saturation b = a;
  b.count = 30;
  b.low = 11;
  b.high = 13;
  b.nan = 17;
  b.infinite = 19;
  b.slope = {30, 4.0, 20.0};
  b.z = {2, 3.0, 6.0};
  b.output = {2, 4.0, 3.0};
  b.lowest_z = -2.0;
  b.highest_z = 5.0;

  for (satur::saturation const& sum : {a + b, b + a}) {
    CHECK(sum.count == 40);
    CHECK(sum.low == 12);
    CHECK(sum.high == 15);
    CHECK(sum.nan == 20);
    CHECK(sum.infinite == 23);
    CHECK(sum.slope == satur::moments{40, 3.5, 90.0}); // (20 + 120) / 40; 40 + 20 + 10 * 1.5^2 + 30 * 0.5^2
    CHECK(sum.z == satur::moments{8, 0.0, 35.0});      // 5 + 6 + 6 + 18
    CHECK(sum.output == satur::moments{8, 7.0, 34.0}); // 7 + 3 + 6 + 18
    CHECK(sum.lowest_z == -3.0);
    CHECK(sum.highest_z == 5.0);
    CHECK(sum.rule == a.rule);
    CHECK(sum.activation == a.activation);
    CHECK(sum.peak_slope == 9.0);
    CHECK(sum.mean_derivative() == 3.5);
    CHECK(sum.mean_squared_derivative() == 14.5); // (10 (4 + 4) + 30 (16 + 2/3)) / 40
    CHECK(sum.mean_squared_output() == 53.25);    // (391 + 35) / 8
    CHECK(sum.variance_output() == 4.25);
    CHECK(sum.slope_share() == 3.5 / 9.0);
  }
  satur::saturation other = b;
  other.peak_slope = 8.0;
  CHECK_THROWS_AS(a += other, std::invalid_argument);
  other = b;
  other.activation = satur::label("another");
  CHECK_THROWS_AS(a += other, std::invalid_argument);
  other = b;
  other.rule.first = 2.0;
  CHECK_THROWS_AS(a += other, std::invalid_argument);
}

TEST_CASE("mean_derivative_interval: keeps the digits of the standard deviation") {
  std::vector<double> z = around<double>(30.0, 1e-6, 1000);
  for (bool const with_nan : {false, true}) {
    if (with_nan) {
      z.front() = z.back() = none;
    }
    std::vector<double> y(z.size());
    std::vector<double> dy(z.size());
    satur::saturation const s = satur::forward(satur::sigmoid{}, z, y, dy);
    double const n = static_cast<double>(s.count);
    truth const t = truth_of(dy);
    CHECK(close(s.variance_derivative(), t.variance, 1e-11));
    satur::interval const i = satur::mean_derivative_interval(s);
    CHECK(close(0.5 * i.width(), 1.959963984540054 * std::sqrt(t.variance / (n - 1.0)), 1e-6));
  }
}
