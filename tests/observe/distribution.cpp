// observe_distribution: against sums in long double, closed forms, every kind of container, and extremes of the types.
// levels: all
#include "satur/observe/distribution.hpp"
#include "satur/array/array_view.hpp"
#include "satur/array/half_span.hpp"

#include "support/elementwise.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <deque>
#include <limits>
#include <random>
#include <span>
#include <sstream>
#include <vector>

namespace {

using satur::distribution;
using satur::observe_distribution;

/// One by one, in long double and in two readings.
template <class T> distribution one_by_one(std::vector<T> const& x) {
  distribution d;
  auto const finite = std::find_if(x.begin(), x.end(), [](T e) { return std::isfinite(e); });
  long double const origin = finite == x.end() ? 0.0L : static_cast<long double>(*finite); // 1e8 costs it digits, too
  long double sum = 0.0L;
  for (T const e : x) {
    if (std::isnan(e)) {
      ++d.nan;
    } else if (std::isinf(e)) {
      ++d.infinite;
    } else {
      ++d.finite.count;
      sum += static_cast<long double>(e) - origin;
      d.zeros += e == T(0);
      d.subnormal += std::fpclassify(e) == FP_SUBNORMAL;
      double const size = std::fabs(static_cast<double>(e));
      d.amax = std::max(d.amax, size);
      if (size != 0.0) {
        d.smallest_nonzero = d.smallest_nonzero == 0.0 ? size : std::min(d.smallest_nonzero, size);
      }
    }
  }
  long double const mean = sum / static_cast<long double>(d.finite.count);
  long double powers[5] = {};
  for (T const e : x) {
    if (std::isfinite(e)) {
      long double const off = static_cast<long double>(e) - origin - mean;
      powers[2] += off * off;
      powers[3] += off * off * off;
      powers[4] += off * off * off * off;
    }
  }
  d.finite.mean = d.finite.count == 0 ? 0.0 : static_cast<double>(origin + mean);
  d.finite.second = static_cast<double>(powers[2]);
  d.finite.third = static_cast<double>(powers[3]);
  d.finite.fourth = static_cast<double>(powers[4]);
  return d;
}
bool both_nan_or_close(double a, double b, double error) {
  return (std::isnan(a) && std::isnan(b)) || std::fabs(a - b) <= error;
}
void check_alike(distribution const& d, distribution const& expected, double relative = 1e-12) {
  CHECK(d.finite.count == expected.finite.count);
  CHECK(d.zeros == expected.zeros);
  CHECK(d.subnormal == expected.subnormal);
  CHECK(d.nan == expected.nan);
  CHECK(d.infinite == expected.infinite);
  CHECK(d.amax == expected.amax);
  CHECK(d.smallest_nonzero == expected.smallest_nonzero);
  CHECK(both_nan_or_close(d.mean(), expected.mean(), 1e-15 * std::fabs(d.mean()) + relative * d.stddev()));
  CHECK(both_nan_or_close(d.variance(), expected.variance(), relative * d.variance()));
  CHECK(both_nan_or_close(d.skewness(), expected.skewness(), relative * (1.0 + std::fabs(d.skewness()))));
  CHECK(both_nan_or_close(d.excess_kurtosis(), expected.excess_kurtosis(), relative * (4.0 + d.excess_kurtosis())));
}
template <class T> std::vector<T> drawn(std::size_t n, double center, double spread, unsigned seed = 1) {
  std::mt19937_64 urbg(seed);
  std::normal_distribution<double> normal;
  std::vector<T> x(n);
  for (T& e : x) {
    double const g = normal(urbg);
    e = static_cast<T>(center + spread * (g + 0.2 * g * g)); // lopsided
  }
  return x;
}
constexpr std::size_t lengths[] = {1, 2, 3, 5, 8, 15, 16, 17, 33, 100, 8191, 8192, 8193, 20000};

} // namespace

TEST_CASE_TEMPLATE("observe_distribution: numbers one by one, any length, at every level", T, float, double) {
  for (auto const level : test::levels()) {
    satur::scoped_level const forced(level);
    for (std::size_t const n : lengths) {
      CAPTURE(static_cast<int>(level));
      CAPTURE(n);
      std::vector<T> x = drawn<T>(n, 0.3, 2.0);
      check_alike(observe_distribution(x), one_by_one(x));
      for (std::size_t i = 1; i < n; i += 5) { // not finite, zero, subnormal
        T const rare[] = {std::numeric_limits<T>::quiet_NaN(),
                          std::numeric_limits<T>::infinity(),
                          T(0),
                          T(-0.0),
                          std::numeric_limits<T>::denorm_min(),
                          -std::numeric_limits<T>::min() / T(2),
                          -std::numeric_limits<T>::infinity(),
                          std::numeric_limits<T>::min()};
        x[i] = rare[i / 5 % 8];
      }
      check_alike(observe_distribution(x), one_by_one(x));
    }
  }
}

TEST_CASE("observe_distribution: kurtosis and skewness of known distributions") {
  std::vector<double> uniform(10001);
  for (std::size_t i = 0; i < uniform.size(); ++i) {
    uniform[i] = static_cast<double>(i);
  }
  double const n = static_cast<double>(uniform.size());
  distribution const u = observe_distribution(uniform);
  CHECK(u.excess_kurtosis() == doctest::Approx(-1.2 * (n * n + 1.0) / (n * n - 1.0)).epsilon(1e-12));
  CHECK(u.excess_kurtosis() == doctest::Approx(-1.2).epsilon(1e-6));
  CHECK(u.variance() == doctest::Approx((n * n - 1.0) / 12.0).epsilon(1e-12));
  CHECK(std::fabs(u.skewness()) < 1e-12);
  CHECK(observe_distribution(std::vector<float>{-3.0f, 3.0f, 3.0f, -3.0f}).excess_kurtosis() == -2.0);

  std::size_t const many = 1 << 16;
  std::vector<float> normal = drawn<float>(many, 5.0, 0.0);
  std::vector<float> laplace(many);
  std::vector<double> exponential(many);
  std::mt19937_64 urbg(3);
  std::normal_distribution<float> gauss(5.0f, 2.0f);
  for (std::size_t i = 0; i < many; ++i) {
    normal[i] = gauss(urbg);
    double const p = (static_cast<double>(i) + 0.5) / static_cast<double>(many);
    laplace[i] = static_cast<float>(p < 0.5 ? std::log(2.0 * p) : -std::log(2.0 * (1.0 - p)));
    exponential[i] = -std::log1p(-p);
  }
  double const error = std::sqrt(24.0 / static_cast<double>(many)); // one standard deviation
  CHECK(std::fabs(observe_distribution(normal).excess_kurtosis()) < 4.0 * error);
  CHECK(std::fabs(observe_distribution(normal).skewness()) < 2.0 * error);
  CHECK(std::fabs(observe_distribution(laplace).excess_kurtosis() - 3.0) < 0.05); // the last quantiles are missing
  CHECK(std::fabs(observe_distribution(laplace).skewness()) < 1e-5);
  CHECK(std::fabs(observe_distribution(exponential).excess_kurtosis() - 6.0) < 0.2);
  CHECK(std::fabs(observe_distribution(exponential).skewness() - 2.0) < 0.02);
}

TEST_CASE("observe_distribution: a large mean costs no digits") {
  for (auto const level : test::levels()) {
    satur::scoped_level const forced(level);
    std::vector<double> x = drawn<double>(20000, 0.0, 1.0);
    for (double& e : x) {
      e = std::round(e * 0x1p20) * 0x1p-20; // so that 1e8 is added exactly
    }
    distribution const at_zero = observe_distribution(x);
    for (double& e : x) {
      e += 1e8;
    }
    check_alike(observe_distribution(x), one_by_one(x), 1e-7);
    CHECK(observe_distribution(x).excess_kurtosis() == doctest::Approx(at_zero.excess_kurtosis()).epsilon(1e-7));
    CHECK(observe_distribution(x).skewness() == doctest::Approx(at_zero.skewness()).epsilon(1e-7));
    std::vector<double> const leaf(x.begin(), x.begin() + 8192); // no merge, no error
    check_alike(observe_distribution(leaf), one_by_one(leaf));

    std::vector<float> coarse(5000);
    std::mt19937_64 urbg(7);
    for (float& e : coarse) { // neighboring floats: the mean lies between two of them
      e = 1e8f + 8.0f * static_cast<float>(urbg() % 16 == 0);
    }
    check_alike(observe_distribution(coarse), one_by_one(coarse));
  }
  // The numbers around which a first guess would be made are outliers.
  std::vector<double> x = drawn<double>(8192, 0.0, 1e-3);
  x.front() = x[4096] = x.back() = 1e6;
  check_alike(observe_distribution(x), one_by_one(x));
}

TEST_CASE("observe_distribution: constants, nothing, and numbers whose powers overflow") {
  auto const undefined = [](distribution const& d) {
    CHECK(d.variance() == 0.0);
    CHECK(std::isnan(d.skewness()));
    CHECK(std::isnan(d.excess_kurtosis()));
  };
  undefined(observe_distribution(std::vector<float>(20000, 0.1f)));
  undefined(observe_distribution(std::vector<double>(20000, 0.1)));
  undefined(observe_distribution(std::vector<double>(100, 1e300)));
  undefined(observe_distribution(std::vector<double>{7.0}));
  distribution const zeros = observe_distribution(std::vector<float>(50, -0.0f));
  undefined(zeros);
  CHECK(zeros.zeros == 50);
  CHECK(zeros.zero_fraction() == 1.0);
  CHECK(zeros.subnormal == 0);
  CHECK(zeros.amax == 0.0);
  CHECK(zeros.smallest_nonzero == 0.0);
  CHECK(std::isnan(zeros.dynamic_range_bits()));

  distribution const none = observe_distribution(std::vector<float>{});
  CHECK(none.empty());
  CHECK(none == distribution{});
  for (double const reading : {none.mean(), none.variance(), none.stddev(), none.skewness(), none.excess_kurtosis(),
                               none.zero_fraction(), none.subnormal_fraction(), none.dynamic_range_bits()}) {
    CHECK(std::isnan(reading));
  }
  double const nan = std::nan("");
  double const infinity = std::numeric_limits<double>::infinity();
  distribution const odd = observe_distribution(std::vector<double>{nan, infinity, -infinity, nan, nan});
  CHECK_FALSE(odd.empty());
  CHECK(odd.count() == 2);
  CHECK(odd.nan == 3);
  CHECK(odd.infinite == 2);
  CHECK(odd.zero_fraction() == 0.0);
  CHECK(std::isnan(odd.mean()));
  CHECK(odd.amax == 0.0);

  double const most = std::numeric_limits<double>::max();
  distribution const huge = observe_distribution(std::vector<double>{most, most, most, -most, nan});
  CHECK(huge.mean() == doctest::Approx(most / 2.0));
  CHECK(std::isinf(huge.variance()));
  CHECK(std::isnan(huge.excess_kurtosis()));
  CHECK(std::isnan(huge.skewness()));
  CHECK(huge.amax == most);
  CHECK(std::isnan(observe_distribution(std::vector<double>{1e-100, -1e-100, 3e-100}).excess_kurtosis())); // never -3
  distribution const tiny = observe_distribution(std::vector<float>{1e-40f, -1e-40f, 1e-40f, -1e-40f});
  CHECK(tiny.subnormal == 4);
  CHECK(tiny.excess_kurtosis() == doctest::Approx(-2.0));
  distribution const wide = observe_distribution(std::vector<float>{3e38f, -3e38f});
  CHECK(wide.excess_kurtosis() == doctest::Approx(-2.0));
  CHECK(observe_distribution(std::vector<float>{1.0f, -8.0f, 0.0f}).dynamic_range_bits() == 3.0);
}

TEST_CASE("observe_distribution: the whole is the sum of its parts, in any order") {
  std::vector<float> x = drawn<float>(30000, 0.5, 3.0);
  x[7] = 0.0f;
  x[20001] = std::numeric_limits<float>::quiet_NaN();
  x[25000] = std::numeric_limits<float>::infinity();
  x[123] = 1e-39f;
  distribution const whole = observe_distribution(x);
  std::span<float const> const all(x);
  std::size_t const cuts[] = {0, 1, 124, 8192, 9000, 29999, 30000};
  distribution forward;
  distribution backward;
  for (std::size_t i = 0; i + 1 < std::size(cuts); ++i) {
    forward += observe_distribution(all.subspan(cuts[i], cuts[i + 1] - cuts[i]));
    std::size_t const k = std::size(cuts) - 2 - i;
    backward += observe_distribution(all.subspan(cuts[k], cuts[k + 1] - cuts[k]));
  }
  check_alike(forward, whole, 1e-13);
  check_alike(backward, whole, 1e-13);
  CHECK(whole + distribution{} == whole);
  CHECK(distribution{} + whole == whole);
  CHECK((whole + whole).count() == 2 * whole.count());
  CHECK((whole + whole).excess_kurtosis() == doctest::Approx(whole.excess_kurtosis()).epsilon(1e-13));
}

TEST_CASE("observe_distribution: every kind of container, and the subnormal numbers of its own type") {
  std::vector<float> const x = drawn<float>(9000, 0.5, 3.0);
  distribution const d = observe_distribution(x);
  CHECK(observe_distribution(std::deque<float>(x.begin(), x.end())) == d);
  CHECK(observe_distribution(std::span<float const>(x)) == d);
  std::vector<std::vector<float>> rows;
  std::vector<float> apart(3 * x.size(), 99.0f);
  for (std::size_t i = 0; i < x.size(); ++i) {
    apart[3 * i] = x[i];
    if (i % 90 == 0) {
      rows.emplace_back(x.begin() + static_cast<std::ptrdiff_t>(i), x.begin() + static_cast<std::ptrdiff_t>(i + 90));
    }
  }
  CHECK(observe_distribution(rows) == d);
  CHECK(observe_distribution(satur::array_view<float const>{apart.data(), {x.size()}, {3}}) == d);
  rows.back().pop_back();
  CHECK_THROWS_WITH_AS(static_cast<void>(observe_distribution(rows)), doctest::Contains("observe_distribution"),
                       satur::shape_error);

  // 2^-24 and 1023 of it are subnormal as float16, 2^-14 is not; as bfloat16 0x007f is the last one, 0x0080 is not.
  std::vector<std::uint16_t> const bits{0x0001, 0x83ff, 0x0400, 0x3c00, 0x0000, 0x8000, 0x007f, 0x0080};
  distribution const half = observe_distribution(satur::as_float16(bits));
  CHECK(half.count() == 8);
  CHECK(half.subnormal == 4);
  CHECK(half.zeros == 2);
  CHECK(half.amax == 1.0);
  CHECK(half.smallest_nonzero == 0x1p-24);
  CHECK(half.dynamic_range_bits() == 24.0);
  distribution const brain = observe_distribution(satur::as_bfloat16(bits));
  CHECK(brain.subnormal == 2); // 0x0001 and 0x007f
  CHECK(brain.zeros == 2);

  std::vector<long double> wide;
  for (float const e : x) {
    wide.push_back(static_cast<long double>(e));
  }
  check_alike(observe_distribution(wide), d);
  using limits = std::numeric_limits<long double>;
  distribution const distant = observe_distribution(std::vector<long double>{
      0.0L, -0.0L, limits::min(), limits::denorm_min(), 2.0L, limits::quiet_NaN(), -limits::infinity()});
  CHECK(distant.count() == 6);
  CHECK(distant.zeros == 2);
  CHECK(distant.subnormal == 1);
  CHECK(distant.nan == 1);
  CHECK(distant.infinite == 1);
  CHECK(distant.amax == 2.0);
  CHECK(distant.smallest_nonzero > 0.0);
}

TEST_CASE("distribution: a line of text") {
  auto const printed = [](distribution const& d) {
    std::ostringstream out;
    out << d;
    return out.str();
  };
  CHECK(printed({}) == "nothing observed");
  CHECK(printed(observe_distribution(std::vector<float>{-1.0f, 1.0f, 0.0f, 4.0f})) ==
        "4 numbers: mean 1, std 1.871, skewness 0.687, excess kurtosis -1; 25.0 % zero, 0 % subnormal; amax 4, "
        "smallest non-zero 1, 2.0 bits of range");
  CHECK(printed(observe_distribution(std::vector<float>{2.0f, 2.0f, std::nanf(""), -INFINITY})) ==
        "3 numbers: mean 2, std 0, skewness -, excess kurtosis -; 0 % zero, 0 % subnormal; amax 2, smallest non-zero "
        "2, 0.0 bits "
        "of range; 1 NaN (in no other number), 1 infinite");
}
