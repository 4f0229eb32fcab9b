// The record of units: every counter and mean against a plain loop, layouts, special values, merging, errors.
#include "satur/diagnostic/observe_units.hpp"

#include "satur/activation/hard_tanh.hpp"
#include "satur/activation/relu.hpp"
#include "satur/activation/sigmoid.hpp"
#include "satur/activation/tanh.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
using satur::unit_layout;
using satur::unit_records;
using satur::unit_summary;

template <class T> std::vector<T> gaussian(std::size_t n, double mean, double stddev, unsigned seed = 1) {
  std::mt19937_64 urbg(seed);
  std::normal_distribution<double> normal(mean, stddev);
  std::vector<T> z(n);
  for (T& e : z) {
    e = static_cast<T>(normal(urbg));
  }
  return z;
}

bool close(double a, double b, double relative = 1e-13) {
  return std::fabs(a - b) <= relative * std::max({std::fabs(a), std::fabs(b), 1e-300});
}

/// One unit in long double, one number after another, from the definitions alone.
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

/// A block in two calls, with whatever is put into z, against the plain loop. Slopes and values of a vectorised
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
    unit_records units;
    std::vector<T> y(z.size());
    std::vector<T> dy(z.size());
    // the first part by observe, the rest by forward
    unit_layout part = layout;
    part.outer = layout.outer / 3;
    std::span<T const> const all(z);
    satur::observe_units(act, all.first(part.size()), part, units, satur::z_beyond{5.0}, level);
    std::size_t const done = part.size();
    part.outer = layout.outer - part.outer;
    satur::forward_units(act, all.subspan(done), std::span(y).subspan(done), part, units, std::span(dy).subspan(done),
                         satur::z_beyond{5.0}, level);
    CHECK(units.size() == layout.units);
    CHECK(units.samples() == layout.samples());
    for (std::size_t u = 0; u < layout.units; ++u) {
      check_unit(units[u], plain[u], tolerance);
    }
    std::vector<T> y_expected(z.size());
    std::vector<T> dy_expected(z.size());
    satur::forward(act, z, y_expected, dy_expected, satur::z_beyond{5.0}, level);
    bool same = true;
    for (std::size_t i = done; i < z.size(); ++i) {
      same = same && (y[i] == y_expected[i] || (std::isnan(y[i]) && std::isnan(z[i])));
      same = same && (dy[i] == dy_expected[i] || (std::isnan(dy[i]) && std::isnan(z[i])));
    }
    CHECK(same);
  }
}

} // namespace

TEST_CASE_TEMPLATE("every counter and mean against a plain loop, at every level and width", T, float, double) {
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

TEST_CASE("many samples of few units, and a unit that is NaN for good") {
  std::vector<double> z = gaussian<double>(3000 * 5, -2.0, 1.0);
  for (std::size_t i = 0; i < 3000; ++i) {
    z[i * 5 + 3] = std::numeric_limits<double>::quiet_NaN();
  }
  check_block(satur::relu{}, z, unit_layout::matrix(3000, 5), 0.0);
}
