// The record of units: every counter and mean against a plain loop, layouts, special values, merging, errors.
// levels: all
#include "satur/diagnostic.hpp"

#include "satur/activation/hard_tanh.hpp"
#include "satur/activation/relu.hpp"
#include "satur/activation/sigmoid.hpp"
#include "satur/activation/tanh.hpp"
#include "satur/tensor/compat.hpp"

#include "support/gaussian.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>
#include <limits>
#include <random>
#include <span>
#include <vector>

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
using satur::unit_layout;
using satur::unit_records;
using satur::unit_summary;

using satur_test::gaussian;

bool close(double a, double b, double relative = 1e-13) {
  return std::isfinite(a) && std::isfinite(b) &&
         std::fabs(a - b) <= relative * std::max({std::fabs(a), std::fabs(b), 1e-300});
}

/// One unit in long double, one number at a time, by the definitions.
struct plain_unit {
  double samples = 0, low = 0, high = 0, active = 0, nan = 0, infinite = 0, silent = 0;
  std::vector<long double> z, slope, output;

  /// |z| > 5; active: the output is not `off`.
  template <class A, class T> void add(A const& act, T x, T off) {
    if (std::isnan(x)) {
      ++nan;
      ++silent;
      return;
    }
    ++samples;
    low += x < T(-5);
    high += x > T(5);
    bool const on = act.value(x) != off;
    active += on;
    silent = on ? 0 : silent + 1;
    slope.push_back(static_cast<long double>(act.derivative(x)));
    if (std::isinf(x)) {
      ++infinite;
    } else {
      z.push_back(static_cast<long double>(x));
      output.push_back(static_cast<long double>(act.value(x)));
    }
  }
  static double mean(std::vector<long double> const& x) {
    long double sum = 0;
    for (long double const e : x) {
      sum += e;
    }
    return static_cast<double>(sum / static_cast<long double>(x.size()));
  }
  double magnitude() const {
    long double sum = 0;
    for (long double const e : output) {
      sum += std::fabs(e);
    }
    return static_cast<double>(sum / static_cast<long double>(output.size()));
  }
  double variance() const {
    long double sum = 0;
    long double square = 0;
    for (long double const e : z) {
      sum += e;
    }
    long double const m = sum / static_cast<long double>(z.size());
    for (long double const e : z) {
      square += (e - m) * (e - m);
    }
    return static_cast<double>(square / static_cast<long double>(z.size()));
  }
};

void check_unit(unit_summary const& u, plain_unit const& p, double tolerance) {
  CAPTURE(u.unit);
  CHECK(u.samples == p.samples);
  CHECK(u.low == p.low);
  CHECK(u.high == p.high);
  CHECK(u.active == p.active);
  CHECK(u.nan == p.nan);
  CHECK(u.infinite == p.infinite);
  CHECK(u.silent == p.silent);
  if (p.samples > 0) {
    CHECK(close(u.mean_derivative(), plain_unit::mean(p.slope), tolerance));
  } else {
    CHECK(std::isnan(u.mean_derivative()));
    CHECK(std::isnan(u.fraction()));
  }
  if (!p.z.empty()) {
    CHECK(std::fabs(u.mean_z() - plain_unit::mean(p.z)) <= 1e-13 * (1 + std::fabs(u.mean_z()) + u.stddev_z()));
    CHECK(std::fabs(u.variance_z() - p.variance()) <= 1e-12 * (p.variance() + 1e-3));
    CHECK(std::fabs(u.mean_output() - plain_unit::mean(p.output)) <= tolerance * (p.magnitude() + 1e-30));
    CHECK(close(u.mean_magnitude(), p.magnitude(), tolerance));
  } else {
    CHECK(std::isnan(u.mean_z()));
    CHECK(std::isnan(u.mean_output()));
  }
}

std::vector<satur::math::simd_level> levels() {
  std::vector<satur::math::simd_level> all{satur::math::simd_level::baseline};
  for (auto const l : {satur::math::simd_level::avx2, satur::math::simd_level::avx512}) {
    if (l <= satur::math::best_level()) {
      all.push_back(l);
    }
  }
  return all;
}

/// A block in two calls, with special values in z, against the plain loop. Slopes and values of a vectorized
/// activation may differ from the scalar ones by an ulp or two of T.
template <class T, class A> void check_block(A const& act, std::vector<T> const& z, unit_layout const& layout, T off) {
  double const tolerance = std::is_same_v<T, float> ? 4e-7 : 2e-14;
  std::vector<plain_unit> plain(layout.units);
  for (std::size_t o = 0; o < layout.outer; ++o) {
    for (std::size_t i = 0; i < layout.inner; ++i) {
      for (std::size_t u = 0; u < layout.units; ++u) {
        plain[u].add(act, z[(o * layout.units + u) * layout.inner + i], off);
      }
    }
  }
  for (auto const level : levels()) {
    satur::scoped_level const forced(level);
    unit_records units;
    std::vector<T> y(z.size());
    std::vector<T> dy(z.size());
    // the first part by observe, the rest by forward
    unit_layout part = layout;
    part.outer = layout.outer / 3;
    std::span<T const> const all(z);
    satur::observe_units(units, act, all.first(part.size()), part, satur::z_beyond{5.0});
    std::size_t const done = part.size();
    part.outer = layout.outer - part.outer;
    satur::forward_units(units, act, all.subspan(done), std::span(y).subspan(done), std::span(dy).subspan(done), part,
                         satur::z_beyond{5.0});
    CHECK(units.size() == layout.units);
    CHECK(units.samples() == layout.samples());
    for (std::size_t u = 0; u < layout.units; ++u) {
      check_unit(units[u], plain[u], tolerance);
    }
    std::vector<T> y_expected(z.size());
    std::vector<T> dy_expected(z.size());
    satur::apply(act, z, y_expected); // the bits of forward
    satur::apply_derivative(act, z, dy_expected);
    bool same = true;
    for (std::size_t i = done; i < z.size(); ++i) {
      same = same && (y[i] == y_expected[i] || (std::isnan(y[i]) && std::isnan(z[i])));
      same = same && (dy[i] == dy_expected[i] || (std::isnan(dy[i]) && std::isnan(z[i])));
    }
    CHECK(same);
  }
}

} // namespace

TEST_CASE_TEMPLATE("unit_records: counters and means against a plain loop, at every level and width", T, float,
                   double) {
  for (std::size_t const units : {1u, 3u, 16u, 17u, 64u, 250u, 256u, 300u, 1030u}) {
    for (std::size_t const batch : {3u, 10u, 67u}) {
      CAPTURE(units);
      CAPTURE(batch);
      std::vector<T> z = gaussian<T>(batch * units, 1.0, 4.0);
      check_block(satur::sigmoid{}, z, unit_layout::matrix(batch, units), T(0));
      check_block(satur::relu{}, z, unit_layout::matrix(batch, units), T(0));
      z[0] = std::numeric_limits<T>::quiet_NaN();
      z[z.size() / 2] = static_cast<T>(infinity);
      z.back() = static_cast<T>(-infinity);
      check_block(satur::tanh{}, z, unit_layout::matrix(batch, units), T(0));
      check_block(satur::relu{}, z, unit_layout::matrix(batch, units), T(0));
    }
  }
}

TEST_CASE("unit_records: many samples of few units, and a unit that is always NaN") {
  std::vector<double> z = gaussian<double>(3000 * 5, -2.0, 1.0);
  for (std::size_t i = 0; i < 3000; ++i) {
    z[i * 5 + 3] = std::numeric_limits<double>::quiet_NaN();
  }
  check_block(satur::relu{}, z, unit_layout::matrix(3000, 5), 0.0);
}

namespace {

/// Every unit and the layer as a whole against long double. relu of positive numbers: the output is z, the slope 1.
/// The allowed error of a variance: 1e-11, plus the rounding of the mean to double.
template <class T> void check_spread(std::vector<T> const& z, unit_layout const& layout) {
  unit_records units;
  satur::saturation whole;
  satur::detail::units_into("observe_units", satur::relu{}, z, satur::detail::not_wanted, satur::detail::not_wanted,
                            layout, units, satur::z_beyond{5.0}, &whole);
  plain_unit all;
  std::vector<plain_unit> plain(layout.units);
  for (std::size_t i = 0; i < z.size(); ++i) {
    plain[i / layout.inner % layout.units].add(satur::relu{}, z[i], T(0));
    all.add(satur::relu{}, z[i], T(0));
  }
  auto const near = [](double x, double expected, double mean) {
    double const rounding = expected > 0.0 ? std::numeric_limits<double>::epsilon() * mean / std::sqrt(expected) : 0.0;
    return std::fabs(x - expected) <= (1e-11 + rounding) * expected;
  };
  for (std::size_t u = 0; u < layout.units; ++u) {
    CAPTURE(u);
    unit_summary const s = units[u];
    CHECK(s.nan == plain[u].nan);
    CHECK(s.infinite == plain[u].infinite);
    if (!plain[u].slope.empty()) {
      CHECK(close(s.mean_derivative(), plain_unit::mean(plain[u].slope), 1e-15));
    }
    if (!plain[u].z.empty()) {
      double const mean = plain_unit::mean(plain[u].z);
      CHECK(close(s.mean_z(), mean, 1e-15));
      CHECK(close(s.mean_output(), mean, 1e-15));
      CHECK(close(s.mean_magnitude(), mean, 1e-12));
      CHECK(near(s.variance_z(), plain[u].variance(), mean));
    } else {
      CHECK(std::isnan(s.mean_z()));
    }
  }
  double const mean = plain_unit::mean(all.z);
  CHECK(whole.z.count == all.z.size());
  CHECK(whole.output.count == all.z.size());
  CHECK(whole.slope.count == all.slope.size());
  CHECK(close(whole.mean_z(), mean, 1e-15));
  CHECK(close(whole.mean_output(), mean, 1e-15));
  CHECK(close(whole.mean_derivative(), plain_unit::mean(all.slope), 1e-15));
  CHECK(near(whole.variance_z(), all.variance(), mean));
  CHECK(near(whole.variance_output(), all.variance(), mean));
  CHECK(close(units.layer().mean_z(), mean, 1e-15));
  CHECK(near(units.layer().variance_z(), all.variance(), mean));
}

} // namespace

TEST_CASE_TEMPLATE("unit_records: variance around a large mean, non-finite numbers anywhere", T, float, double) {
  double const mean = sizeof(T) == 4 ? 1e12 : 1e8;
  double const spread = sizeof(T) == 4 ? 1e6 : 1e-2;
  T const nan = std::numeric_limits<T>::quiet_NaN();
  T const inf = static_cast<T>(infinity);
  for (std::size_t const batch : {5u, 64u, 700u, 2500u}) {
    for (std::size_t const width : {5u, 20u}) {
      std::vector<T> const columns = gaussian<T>(batch * width, mean, spread, 3);
      std::vector<T> odd = columns; // by sample
      for (std::size_t i = 0; i < batch; ++i) {
        bool const first_tile = i < 64 && i + 2 < batch;
        odd[i * width] = nan; // only NaN
        odd[i * width + 1] =
            first_tile || i == batch / 2 ? inf : odd[i * width + 1]; // no finite number in the first tile
        odd[i * width + 2] = i % 2 == 0 ? nan : odd[i * width + 2];
        odd[i * width + 3] = inf; // only infinity
      }
      odd[4] = nan;
      odd[(batch - 1) * width + 4] = -inf;
      for (std::vector<T> const& z : {columns, odd}) {
        std::vector<T> across(z.size()); // the same with the numbers of a unit contiguous
        for (std::size_t i = 0; i < batch; ++i) {
          for (std::size_t u = 0; u < width; ++u) {
            across[u * batch + i] = z[i * width + u];
          }
        }
        for (satur::math::simd_level const level : levels()) {
          satur::scoped_level const forced(level);
          CAPTURE(batch);
          CAPTURE(width);
          check_spread(z, unit_layout::matrix(batch, width));
          check_spread(across, unit_layout::nchw(1, width, batch, 1));
        }
      }
    }
  }
}

TEST_CASE("unit_records: units with very different means") {
  std::vector<double> z(400 * 6);
  std::vector<double> const noise = gaussian<double>(z.size(), 0.0, 1e-3);
  for (std::size_t i = 0; i < z.size(); ++i) {
    z[i] = std::pow(10.0, static_cast<double>(i % 6)) + noise[i];
  }
  check_spread(z, unit_layout::matrix(400, 6));
}

TEST_CASE("unit_records: near the largest double the mean is correct and the variance is infinity") {
  for (std::size_t const batch : {3u, 900u, 3000u}) {
    for (bool const odd : {false, true}) {
      CAPTURE(batch);
      CAPTURE(odd);
      std::size_t const width = 9;
      std::vector<double> z(batch * width);
      for (std::size_t i = 0; i < batch; ++i) {
        for (std::size_t u = 0; u < width; ++u) {
          z[i * width + u] = u == 0 ? 1.7e308 : (i % 3 == u % 3 ? -1.7e308 : 1.6e308);
        }
        z[i * width + 1] = i < 1024 ? -1.7e308 : 1.7e308; // strips of 1024 samples
        z[i * width + 2] = i % 2 == 0 ? 1e200 : -3e200;   // only their squares overflow
        z[i * width + 3] = 0.25 * static_cast<double>(i % 2);
      }
      if (odd) {
        z[4] = std::numeric_limits<double>::quiet_NaN();
        z[5] = infinity;
      }
      std::vector<plain_unit> plain(width);
      plain_unit all;
      for (std::size_t i = 0; i < z.size(); ++i) {
        plain[i % width].add(satur::relu{}, z[i], 0.0);
        all.add(satur::relu{}, z[i], 0.0);
      }
      for (satur::math::simd_level const level : levels()) {
        satur::scoped_level const forced(level);
        unit_records units;
        unit_records parts;
        satur::saturation whole;
        satur::detail::units_into("observe_units", satur::relu{}, z, satur::detail::not_wanted,
                                  satur::detail::not_wanted, unit_layout::matrix(batch, width), units,
                                  satur::z_beyond{5.0}, &whole);
        for (std::size_t i = 0; i < batch; i += batch / 3) {
          unit_records one;
          satur::observe_units(one, satur::relu{}, std::span(z).subspan(i * width, batch / 3 * width),
                               unit_layout::matrix(batch / 3, width), satur::z_beyond{5.0});
          parts += one;
        }
        for (unit_records const& r : {units, parts}) {
          for (std::size_t u = 0; u < width; ++u) {
            CAPTURE(u);
            double const mean = plain_unit::mean(plain[u].z);
            double const outputs = plain_unit::mean(plain[u].output);
            CHECK(std::fabs(r[u].mean_z() - mean) <= 1e-13 * plain[u].magnitude() + 1e-14 * std::fabs(mean));
            CHECK(std::isfinite(r[u].mean_z()));
            CHECK(close(r[u].mean_output(), outputs));
            CHECK(std::isfinite(r[u].mean_output()));
            CHECK(close(r[u].mean_magnitude(), outputs));
            CHECK(close(r[u].mean_derivative(), plain_unit::mean(plain[u].slope)));
            if (u == 0 || u == 3 || (u == 1 && batch < 1024)) {
              CHECK(close(r[u].variance_z(), u == 3 ? plain[u].variance() : 0.0, 1e-12));
            } else {
              CHECK(r[u].variance_z() == infinity);
            }
          }
          CHECK(std::isfinite(r.layer().mean_z()));
          CHECK(close(r.layer().mean_z(), plain_unit::mean(all.z), 1e-12));
          CHECK(close(r.layer().mean_output(), plain_unit::mean(all.output), 1e-12));
          CHECK(r.layer().variance_z() == infinity);
        }
        CHECK(close(whole.mean_z(), plain_unit::mean(all.z), 1e-12));
        CHECK(std::isfinite(whole.mean_z()));
        CHECK(close(whole.mean_output(), plain_unit::mean(all.output), 1e-12));
        CHECK(close(whole.mean_derivative(), plain_unit::mean(all.slope), 1e-12));
        CHECK(whole.variance_z() == infinity);
        CHECK(whole.variance_output() == infinity);
      }
    }
  }
}

TEST_CASE("unit_records: large numbers in one strip of 1024 samples, and sums that overflow only together") {
  std::vector<double> z(1500 * 2);
  for (std::size_t i = 0; i < 1500; ++i) {
    z[i * 2] = i < 1024 ? 1.5e308 : 3.0;
    z[i * 2 + 1] = i % 2 == 0 ? 0.5 : 2.5;
  }
  z[0] = std::numeric_limits<double>::quiet_NaN(); // from here on each unit has its own counts
  unit_records units;
  satur::saturation whole;
  satur::detail::units_into("observe_units", satur::relu{}, z, satur::detail::not_wanted, satur::detail::not_wanted,
                            unit_layout::matrix(1500, 2), units, satur::z_beyond{5.0}, &whole);
  CHECK(close(units[0].mean_z(), 1.5e308 / 1499.0 * 1023.0));
  CHECK(close(units[0].mean_output(), 1.5e308 / 1499.0 * 1023.0));
  CHECK(close(units[1].mean_z(), 1.5));
  CHECK(close(units[1].mean_output(), 1.5));
  CHECK(close(units[1].mean_magnitude(), 1.5));
  CHECK(close(units[1].variance_z(), 1.0));
  CHECK(close(whole.mean_z(), 1.5e308 / 2999.0 * 1023.0));
  CHECK(whole.mean_derivative() == 1.0);

  std::vector<double> constants(8 * 9, -1.7e307);
  for (std::size_t i = 0; i < 8; ++i) {
    constants[i * 9] = 1.6e307;
  }
  satur::detail::units_into("observe_units", satur::relu{}, constants, satur::detail::not_wanted,
                            satur::detail::not_wanted, unit_layout::matrix(8, 9), units = {}, satur::z_beyond{5.0},
                            &whole);
  CHECK(close(whole.mean_z(), 1.6e307 / 9.0 - 1.7e307 / 9.0 * 8.0));
  CHECK(close(whole.mean_output(), 1.6e307 / 9.0));
  CHECK(close(whole.mean_derivative(), 1.0 / 9.0));
  CHECK(whole.variance_z() == infinity);
}

TEST_CASE("unit_records: the off value is that of the flat side, else 0") {
  std::vector<float> const z{-3.0f, -1.0f, 0.0f, 1.0f, 3.0f};
  check_block(satur::hard_tanh{}, z, unit_layout::matrix(5, 1), -1.0f);
  unit_records units;
  satur::observe_units(units, satur::hard_tanh{}, z, unit_layout::matrix(5, 1));
  CHECK(units[0].active == 3); // 0, 1, 3; -3 and -1 give the value of the flat side
}

TEST_CASE("unit_records: NCHW and NHWC give the same record and the same values") {
  std::size_t const n = 3;
  for (std::size_t const c : {1u, 5u, 16u, 40u}) {
    for (std::size_t const hw : {1u, 6u, 49u, 130u, 784u}) { // 784: a strip of 1024 samples ends within an image
      std::vector<float> const nchw = gaussian<float>(n * c * hw, -1.0, 4.0);
      std::vector<float> nhwc(nchw.size());
      for (std::size_t b = 0; b < n; ++b) {
        for (std::size_t p = 0; p < hw; ++p) {
          for (std::size_t k = 0; k < c; ++k) {
            nhwc[(b * hw + p) * c + k] = nchw[(b * c + k) * hw + p];
          }
        }
      }
      check_block(satur::relu{}, nchw, unit_layout::nchw(n, c, hw, 1), 0.0f);
      unit_records a;
      unit_records b;
      satur::observe_units(a, satur::relu{}, nchw, unit_layout::nchw(n, c, hw, 1));
      satur::observe_units(b, satur::relu{}, nhwc, unit_layout::nhwc(n, hw, 1, c));
      CHECK(a.saturated_samples() == b.saturated_samples());
      satur::observe_unit_gradients(a, nchw, unit_layout::nchw(n, c, hw, 1));
      satur::observe_unit_gradients(b, nhwc, unit_layout::nhwc(n, hw, 1, c));
      for (std::size_t u = 0; u < c; ++u) {
        unit_summary const x = a[u];
        unit_summary const y = b[u];
        CHECK(x.samples == y.samples);
        CHECK(x.active == y.active);
        CHECK(x.low == y.low);
        CHECK(x.high == y.high);
        CHECK(x.silent == y.silent);
        CHECK(close(x.z_mean, y.z_mean, 1e-12));
        CHECK(close(x.output, y.output, 1e-12));
        CHECK(close(x.magnitude, y.magnitude, 1e-12));
        CHECK(close(x.z_variance, y.z_variance, 1e-12));
        CHECK(close(x.mean_slope, y.mean_slope));
        CHECK(close(x.gradient_mean_square, y.gradient_mean_square));
      }
    }
  }
  std::array<int, 4> const shape{2, 7, 3, 5};
  CHECK(unit_layout::of(shape) == unit_layout::nhwc(2, 7, 3, 5));
  CHECK(unit_layout::of(shape, 1) == unit_layout::nchw(2, 7, 3, 5));
  CHECK(unit_layout::of(shape, 0) == unit_layout{1, 2, 105});
  CHECK_THROWS_WITH_AS(static_cast<void>(unit_layout::of(shape, 4)),
                       "satur::unit_layout::of: axis is 4; allowed: an axis of the shape (2, 7, 3, 5), counted from 0",
                       std::invalid_argument);
}

TEST_CASE("unit_records: the units sum to the record of the layer") {
  for (std::size_t const width : {1u, 10u, 256u}) {
    std::size_t const batch = 200;
    std::vector<float> z = gaussian<float>(batch * width, 0.5, 4.0, 7);
    z[3] = static_cast<float>(infinity);
    z[7] = std::numeric_limits<float>::quiet_NaN();
    satur::saturation const whole = satur::observe(satur::tanh{}, z);
    unit_records units;
    satur::observe_units(units, satur::tanh{}, z, unit_layout::matrix(batch, width));
    unit_summary const layer = units.layer();
    CHECK(layer.samples == static_cast<double>(whole.count));
    CHECK(layer.low == static_cast<double>(whole.low));
    CHECK(layer.high == static_cast<double>(whole.high));
    CHECK(layer.nan == static_cast<double>(whole.nan));
    CHECK(layer.infinite == static_cast<double>(whole.infinite));
    CHECK(close(layer.mean_derivative(), whole.mean_derivative()));
    CHECK(close(layer.mean_output(), whole.mean_output(), 1e-12));
    CHECK(close(layer.mean_z(), whole.mean_z(), 1e-12));
    CHECK(close(layer.variance_z(), whole.variance_z(), 1e-12));
    CHECK(layer.slope_share() == layer.mean_derivative());
  }
}

TEST_CASE("unit_records: merging any split in any order, counters exact, means to the last bits") {
  std::size_t const width = 37;
  std::size_t const batch = 600;
  for (unsigned seed = 1; seed <= 8; ++seed) {
    std::mt19937_64 urbg(seed);
    std::vector<double> z = gaussian<double>(batch * width, 3.0, 5.0, seed);
    if (seed % 2 == 0) {
      for (int i = 0; i < 20; ++i) {
        z[urbg() % z.size()] = std::numeric_limits<double>::quiet_NaN();
        z[urbg() % z.size()] = infinity;
      }
    }
    auto const record = [&](std::size_t from, std::size_t to) {
      unit_records r;
      std::span<double const> const part(z.data() + from * width, (to - from) * width);
      satur::observe_units(r, satur::relu{}, part, unit_layout::matrix(to - from, width));
      satur::observe_unit_gradients(r, part, unit_layout::matrix(to - from, width));
      return r;
    };
    std::size_t const a = 1 + urbg() % 300;
    std::size_t const b = a + 1 + urbg() % 200;
    unit_records const all = record(0, batch);
    std::array<unit_records, 3> const parts{record(0, a), record(a, b), record(b, batch)};
    auto const check = [&](unit_records const& merged, bool in_order) {
      CHECK(merged.samples() == all.samples());
      CHECK(merged.lifetime() == all.lifetime());
      CHECK(merged.gradient_samples() == all.gradient_samples());
      CHECK(merged.saturated_samples() == all.saturated_samples());
      for (std::size_t u = 0; u < width; ++u) {
        unit_summary const x = merged[u];
        unit_summary const y = all[u];
        CHECK(x.samples == y.samples);
        CHECK(x.low == y.low);
        CHECK(x.high == y.high);
        CHECK(x.active == y.active);
        CHECK(x.nan == y.nan);
        CHECK(x.infinite == y.infinite);
        CHECK(x.bad_gradients == y.bad_gradients);
        if (in_order) {
          CHECK(x.silent == y.silent);
        }
        CHECK(close(x.mean_slope, y.mean_slope));
        CHECK(close(x.z_mean, y.z_mean, 1e-12));
        CHECK(close(x.z_variance, y.z_variance, 1e-12));
        CHECK(close(x.output, y.output));
        CHECK(close(x.magnitude, y.magnitude));
        CHECK(close(x.gradient_mean_square, y.gradient_mean_square));
      }
    };
    check(parts[0] + parts[1] + parts[2], false);
    check(parts[2] + parts[0] + parts[1], false);
    check(parts[1] + (parts[2] + parts[0]), false);
    CHECK((parts[0] + parts[1])[5].silent == (parts[1] + parts[0])[5].silent);
    unit_records ordered;
    for (unit_records const& p : parts) {
      ordered.follow(p);
    }
    check(ordered, true);
  }
}

TEST_CASE("unit_records: regular value") {
  std::vector<double> const z = gaussian<double>(60, 0.0, 3.0);
  unit_records a;
  satur::observe_units(a, satur::relu{}, z, unit_layout::matrix(10, 6));
  unit_records b = a;
  CHECK(a == b);
  CHECK(b + unit_records{} == a);
  CHECK(unit_records{} + a == a);
  b += b;
  CHECK(b.samples() == 20);
  CHECK(b[0].active == 2 * a[0].active);
  CHECK(b[0].z_variance == a[0].z_variance);
  CHECK(!(a == b));
  b = {};
  CHECK(b.empty());
  CHECK(b.size() == 0);
  CHECK(unit_records::bytes_a_unit <= 64);
  CHECK(a.bytes() == 6 * 64);
}

TEST_CASE("unit_records: start_window keeps only the silences") {
  std::vector<float> const z{1, -1, 1, -1, -1, -1}; // unit 0 is active twice, then off; unit 1 is never active
  unit_records units;
  satur::observe_units(units, satur::relu{}, z, unit_layout::matrix(3, 2));
  CHECK(units[0].active == 2);
  CHECK(units[0].silent == 1);
  CHECK(units[1].silent == 3);
  CHECK(!units[1].ever_active);
  units.start_window();
  CHECK(units.samples() == 0);
  CHECK(units.size() == 2);
  CHECK(units.empty());
  CHECK(std::isnan(units[0].fraction()));
  std::vector<float> const silent{-1, -1, -2, -3};
  satur::observe_units(units, satur::relu{}, silent, unit_layout::matrix(2, 2));
  CHECK(units[0].active == 0);
  CHECK(units[0].silent == 3);
  CHECK(units[1].silent == 5);
  CHECK(units.lifetime() == 5);
  unit_records first;
  unit_records later;
  satur::observe_units(first, satur::relu{}, z, unit_layout::matrix(3, 2));
  satur::observe_units(later, satur::relu{}, silent, unit_layout::matrix(2, 2));
  CHECK((first + later)[0].silent == 1); // in parallel
  first.follow(later);
  CHECK(first[0].silent == 3); // in sequence
  CHECK(first[1].silent == 5);
  CHECK(units.samples() == 2);
}

TEST_CASE("unit_records: 10^9 samples keep their digits, counters above 2^32") {
  // 0.1 streamed in blocks, then doubled with itself to 2^30 samples: a plain double sum would have a relative error of
  // 1e-8
  std::size_t const block = 1 << 10;
  std::vector<double> const z(block, 0.1);
  unit_records constant;
  for (int i = 0; i < 1 << 10; ++i) {
    satur::observe_units(constant, satur::relu{}, z, unit_layout::matrix(block, 1));
  }
  for (int i = 0; i < 10; ++i) {
    constant += constant;
  }
  CHECK(constant.samples() == std::uint64_t{1} << 30);
  CHECK(constant[0].mean_z() == 0.1);
  CHECK(close(constant[0].mean_output(), 0.1, 1e-13)); // summed in blocks of 1024
  CHECK(constant[0].variance_z() == 0.0);
  CHECK(constant[0].active == std::exp2(30));

  // A million random numbers, one sample at a time, against sums in long double.
  std::mt19937_64 urbg(3);
  std::normal_distribution<double> normal(10.0, 2.0);
  unit_records random;
  long double sum = 0;
  long double square = 0;
  long double gradient = 0;
  int const n = 1 << 19;
  for (int i = 0; i < n; ++i) {
    double const x = normal(urbg);
    sum += static_cast<long double>(x);
    square += static_cast<long double>(x - 10.0) * static_cast<long double>(x - 10.0);
    gradient += static_cast<long double>(x) * static_cast<long double>(x);
    satur::observe_units(random, satur::relu{}, std::span(&x, 1), unit_layout::matrix(1, 1));
    satur::observe_unit_gradients(random, std::span(&x, 1), unit_layout::matrix(1, 1));
  }
  long double const mean = sum / n;
  double const variance = static_cast<double>(square / n - (mean - 10) * (mean - 10));
  CHECK(close(random[0].mean_z(), static_cast<double>(mean), 1e-13));
  CHECK(close(random[0].variance_z(), variance, 1e-12));
  CHECK(close(random[0].gradient_sum_of_squares(), static_cast<double>(gradient), 1e-12));
  // Doubled to 2^34 samples: more than 32 bits count.
  unit_records many = random;
  for (int i = 0; i < 15; ++i) {
    many += many;
  }
  CHECK(many[0].active == random[0].active * std::exp2(15));
  CHECK(many[0].active > std::exp2(33));
  CHECK(many[0].high == random[0].high * std::exp2(15));
  CHECK(close(many[0].mean_z(), random[0].mean_z(), 1e-15));
  CHECK(close(many[0].variance_z(), random[0].variance_z(), 1e-14));
  double const one = 1.0;
  satur::observe_units(many, satur::relu{}, std::span(&one, 1), unit_layout::matrix(1, 1));
  CHECK(many[0].active == random[0].active * std::exp2(15) + 1);
}

TEST_CASE("unit_records: 10^6 units below 100 MB, with NaN too; counts of NaN above 2^32") {
  std::size_t const many = 1000000;
  std::vector<float> z(many, 1.0f);
  z[3] = std::numeric_limits<float>::quiet_NaN();
  unit_records units;
  satur::observe_units(units, satur::relu{}, z, unit_layout::matrix(1, many));
  CHECK(units[3].nan == 1);
  CHECK(units.bytes() < 100000000);

  std::vector<double> const bad{std::numeric_limits<double>::quiet_NaN(), infinity, 1.0};
  unit_records rare;
  satur::observe_units(rare, satur::relu{}, bad, unit_layout::matrix(1, 3));
  satur::observe_unit_gradients(rare, bad, unit_layout::matrix(1, 3));
  for (int i = 0; i < 34; ++i) {
    rare += rare;
  }
  CHECK(rare[0].nan == std::exp2(34));
  CHECK(rare[0].samples == 0.0);
  CHECK(rare[1].infinite == std::exp2(34));
  CHECK(rare[1].high == std::exp2(34));
  CHECK(rare[1].bad_gradients == std::exp2(34));
  CHECK(rare[2].active == std::exp2(34));
  CHECK(rare[2].gradients == std::exp2(34));
}

TEST_CASE("unit_records: a silence stops at 2^32 - 2 samples; a never active unit is silent for all") {
  std::vector<float> const one_on{1.0f, -1.0f};
  std::vector<float> const off(2, -1.0f);
  unit_records silent;
  satur::observe_units(silent, satur::relu{}, off, unit_layout::matrix(1, 2));
  for (int i = 0; i < 31; ++i) {
    silent.follow(silent);
  }
  unit_records units;
  satur::observe_units(units, satur::relu{}, one_on, unit_layout::matrix(1, 2));
  units.follow(silent);
  CHECK(units[0].silent == std::exp2(31));
  units.follow(silent);
  CHECK(units[0].silent == std::exp2(32) - 2.0);
  satur::observe_units(units, satur::relu{}, off, unit_layout::matrix(1, 2));
  CHECK(units[0].silent == std::exp2(32) - 2.0);
  CHECK(units[1].silent == std::exp2(32) + 2.0);
  CHECK_FALSE(units[1].ever_active);
  silent.follow(silent); // 2^32 samples, then 2^33, at once
  silent.follow(silent);
  unit_records at_once;
  satur::observe_units(at_once, satur::relu{}, one_on, unit_layout::matrix(1, 2));
  at_once.follow(silent);
  CHECK(at_once[0].silent == std::exp2(32) - 2.0);
}

TEST_CASE("unit_records: half of z at exactly ±5") {
  std::vector<float> const z{5.0f, 0.0f, -5.0f, 0.0f, 5.0f, -5.0f}; // (3, 2)
  unit_records strict;
  satur::observe_units(strict, satur::tanh{}, z, unit_layout::matrix(3, 2));
  CHECK(strict.layer().fraction() == 0.0);
  unit_records inclusive;
  satur::observe_units(inclusive, satur::tanh{}, z, unit_layout::matrix(3, 2), satur::z_at_least{5.0});
  CHECK(inclusive[0].high == 2);
  CHECK(inclusive[0].low == 1);
  CHECK(inclusive[1].low == 1);
  CHECK(inclusive[1].high == 0);
}

TEST_CASE("unit_records: gradients, their sums of squares, exact zeros and NaN") {
  std::size_t const width = 19;
  for (std::size_t const batch : {1u, 7u, 1500u}) {
    std::vector<double> g = gaussian<double>(batch * width, 0.0, 1e-3);
    for (std::size_t i = 0; i < batch; ++i) {
      g[i * width + 4] = 0.0;
      g[i * width + 5] = i == batch - 1 ? 1e-200 : 0.0; // its square is 0 in double
      g[i * width + 6] = -0.0;
    }
    unit_records units;
    satur::observe_unit_gradients(units, g, unit_layout::matrix(batch, width));
    for (std::size_t u = 0; u < width; ++u) {
      long double sum = 0;
      for (std::size_t i = 0; i < batch; ++i) {
        sum += static_cast<long double>(g[i * width + u]) * static_cast<long double>(g[i * width + u]);
      }
      if (u != 5) {
        CHECK(close(units[u].gradient_sum_of_squares(), static_cast<double>(sum)));
      }
      CHECK(units[u].gradients == static_cast<double>(batch));
      CHECK(units[u].gradient_is_zero() == (u == 4 || u == 6));
    }
    g[2] = std::numeric_limits<double>::quiet_NaN();
    g[3] = -infinity;
    satur::observe_unit_gradients(units, g, unit_layout::matrix(batch, width));
    CHECK(units[2].bad_gradients == 1);
    CHECK(units[3].bad_gradients == 1);
    CHECK(units[2].gradients == static_cast<double>(2 * batch - 1));
    CHECK(std::isfinite(units[2].gradient_rms()));
    CHECK(std::isnan(units[0].mean_derivative()));     // no z was seen
    std::vector<float> const f(batch * width, 1e-30f); // their squares are below the smallest float
    unit_records small;
    satur::observe_unit_gradients(small, f, unit_layout::matrix(batch, width));
    CHECK(close(small[0].gradient_rms(), 1e-30, 1e-6));
  }
}

TEST_CASE("unit_records: samples with half the layer saturated, and another share") {
  // rows with 0, 1, 2, 3 and 4 of 4 units beyond 5
  std::vector<float> z;
  for (int row = 0; row < 5; ++row) {
    for (int u = 0; u < 4; ++u) {
      z.push_back(u < row ? (u % 2 == 0 ? 6.0f : -6.0f) : 0.0f);
    }
  }
  for (auto const& [p, expected] : {std::pair{0.5, 3u}, {0.25, 4u}, {0.26, 3u}, {1.0, 1u}, {0.75, 2u}, {1e-9, 4u}}) {
    unit_records units(satur::unit_options{.sample_share = p});
    satur::observe_units(units, satur::sigmoid{}, z, unit_layout::matrix(5, 4));
    CHECK(units.saturated_samples() == expected);
  }
  // 7 of 100 is exactly 7 %, although 0.07 * 100 is rounded
  std::vector<float> hundred(100, 0.0f);
  std::fill(hundred.begin(), hundred.begin() + 7, 9.0f);
  unit_records seven(satur::unit_options{.sample_share = 0.07});
  satur::observe_units(seven, satur::sigmoid{}, hundred, unit_layout::matrix(1, 100));
  CHECK(seven.saturated_samples() == 1);
  // more units than a strip: the counts of a sample are summed over strips
  std::vector<float> wide(3 * 2100, 0.0f);
  std::fill(wide.begin() + 2100, wide.begin() + 2100 + 1050, 9.0f);
  std::fill(wide.begin() + 4200 + 1050, wide.end(), -9.0f);
  unit_records half;
  satur::observe_units(half, satur::sigmoid{}, wide, unit_layout::matrix(3, 2100));
  CHECK(half.saturated_samples() == 2);
}

TEST_CASE("unit_records: error messages state the given and the allowed value") {
  std::vector<float> const z(12, 1.0f);
  unit_records units;
  satur::observe_units(units, satur::relu{}, z, unit_layout::matrix(3, 4));
  CHECK_THROWS_WITH_AS(satur::observe_units(units, satur::relu{}, z, unit_layout::matrix(4, 3)),
                       "satur::observe_units: z has shape (4, 3); expected 4 units, as the record has",
                       satur::shape_error);
  CHECK_THROWS_WITH_AS(satur::observe_units(units, satur::relu{}, z, unit_layout::matrix(4, 4)),
                       "satur::observe_units: z has shape (12); expected 16 numbers, the layout (4, 4) (outer, units, "
                       "inner)",
                       satur::shape_error);
  CHECK_THROWS_WITH_AS(satur::observe_units(units, satur::tanh{}, z, unit_layout::matrix(3, 4)),
                       "satur::observe_units: the record is of relu (|z| > 5), the block of tanh (|z| > 5); give each "
                       "activation and rule a record of its own",
                       std::invalid_argument);
  CHECK_THROWS_AS(satur::observe_units(units, satur::relu{}, z, unit_layout::matrix(3, 4), satur::z_beyond{4.0}),
                  std::invalid_argument);
  CHECK_THROWS_AS(satur::observe_units(units, satur::relu{}, z, unit_layout::matrix(3, 4), satur::z_beyond{-1.0}),
                  std::invalid_argument);
  std::vector<float> y(11);
  CHECK_THROWS_AS(satur::forward_units(units, satur::relu{}, z, y, unit_layout::matrix(3, 4)), satur::shape_error);
  std::vector<float> same = z;
  CHECK_THROWS_AS(satur::forward_units(units, satur::relu{}, same, same, unit_layout::matrix(3, 4)),
                  std::invalid_argument);
  CHECK_THROWS_AS(satur::observe_unit_gradients(units, z, unit_layout::matrix(6, 2)), satur::shape_error);
  CHECK(units.samples() == 3); // nothing changed
  unit_records other;
  satur::observe_units(other, satur::relu{}, z, unit_layout::matrix(2, 6));
  CHECK_THROWS_AS(units += other, satur::shape_error);
  unit_records tanh;
  satur::observe_units(tanh, satur::tanh{}, z, unit_layout::matrix(3, 4));
  CHECK_THROWS_AS(units += tanh, std::invalid_argument);
  unit_records tenth(satur::unit_options{.sample_share = 0.1});
  satur::observe_units(tenth, satur::relu{}, z, unit_layout::matrix(3, 4));
  CHECK_THROWS_AS(units += tenth, std::invalid_argument);
  CHECK_THROWS_WITH_AS(unit_records(satur::unit_options{.sample_share = 0.0}),
                       "satur::unit_options: sample_share is 0; allowed: a share of the layer in (0, 1], such as 0.5",
                       std::invalid_argument);
}

TEST_CASE("unit_records: empty record, and a batch without samples") {
  unit_records units;
  std::vector<double> const none;
  satur::observe_units(units, satur::relu{}, none, unit_layout::matrix(0, 5));
  satur::observe_unit_gradients(units, none, unit_layout::matrix(0, 5));
  CHECK(units.size() == 5);
  CHECK(units.empty());
  CHECK(std::isnan(units[4].fraction()));
  CHECK(std::isnan(units[4].gradient_rms()));
  CHECK(std::isnan(units.layer().mean_z()));
  double const z[6] = {1, 2, 3, 4, 5, 6};
  unit_records pointer;
  satur::observe_units(pointer, satur::relu{}, z, satur::unit_layout::matrix(2, 3));
  CHECK(pointer[2].mean_z() == 4.5);
  std::deque<double> const elsewhere(std::begin(z), std::end(z)); // not contiguous
  std::deque<double> y(6);
  unit_records buffered;
  satur::forward_units(buffered, satur::relu{}, elsewhere, y, unit_layout::matrix(2, 3));
  CHECK(buffered == pointer);
  CHECK(y[5] == 6.0);
}

TEST_CASE("unit_records: long double") {
  std::vector<long double> const z{-6.0L, 1.0L, 2.0L, 7.0L};
  std::vector<long double> y(4);
  unit_records units;
  satur::forward_units(units, satur::relu{}, z, y, unit_layout::matrix(2, 2));
  CHECK(units[0].low == 1);
  CHECK(units[1].high == 1);
  CHECK(units[1].mean_output() == 4.0);
  CHECK(y[3] == 7.0L);
}

TEST_CASE("unit_records: xtensor containers of each layout, an expression, and a wrong shape") {
  xt::xtensor<float, 2> z{{1.0f, -2.0f, 6.0f}, {-1.0f, -3.0f, 7.0f}};
  xt::xtensor<float, 2> y = xt::zeros_like(z);
  xt::xtensor<float, 2> dy = xt::zeros_like(z);
  unit_records units;
  satur::forward_units(units, satur::relu{}, z, y);
  CHECK(units.size() == 3);
  CHECK(units[2].high == 2);
  CHECK(units[0].active == 1);
  CHECK(y(1, 2) == 7.0f);
  satur::forward_units(units, satur::relu{}, z, y, dy);
  CHECK(dy(0, 0) == 1.0f);
  CHECK(dy(0, 1) == 0.0f);
  CHECK(units.samples() == 4);
  satur::observe_unit_gradients(units, dy);
  CHECK(units[1].gradient_is_zero());

  unit_records twice;
  twice += units;
  xt::xtensor<float, 2, xt::layout_type::column_major> columns = z;
  xt::xtensor<float, 2, xt::layout_type::column_major> column_y = xt::zeros_like(z);
  unit_records of_columns;
  satur::forward_units(of_columns, satur::relu{}, columns, column_y);
  satur::forward_units(of_columns, satur::relu{}, z * 1.0f, y, dy);
  satur::observe_unit_gradients(of_columns, dy);
  CHECK(of_columns == twice);
  CHECK(column_y(1, 2) == 7.0f);

  xt::xtensor<float, 4> images = xt::ones<float>({2, 3, 4, 5});
  unit_records channels;
  satur::observe_units(channels, satur::relu{}, images, unit_layout::of(images.shape(), 1));
  CHECK(channels.size() == 3);
  CHECK(channels.samples() == 40);
  unit_records last;
  satur::observe_units(last, satur::relu{}, images);
  CHECK(last.size() == 5);
  CHECK_THROWS_WITH_AS(satur::observe_units(units, satur::relu{}, images),
                       "satur::observe_units: z has shape (24, 5); expected 3 units, as the record has",
                       satur::shape_error);
  xt::xtensor<float, 2> narrow = xt::ones<float>({2, 2});
  CHECK_THROWS_AS(satur::forward_units(units, satur::relu{}, z, narrow), satur::shape_error);
}
