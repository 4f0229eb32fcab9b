// Merging of four moments: against sums in long double over all numbers, and distributions of two values.
#include "satur/statistics/four_moments.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace {

using satur::four_moments;

four_moments one(double x) { return {1, x, 0.0, 0.0, 0.0}; }
four_moments of(std::vector<double> const& x) {
  four_moments m;
  for (double const e : x) {
    m += one(e);
  }
  return m;
}
struct truth {
  long double mean = 0.0L;
  long double powers[5] = {};
  explicit truth(std::vector<double> const& x) {
    for (double const e : x) {
      mean += static_cast<long double>(e);
    }
    mean /= static_cast<long double>(x.size());
    for (double const e : x) {
      long double const d = static_cast<long double>(e) - mean;
      powers[2] += d * d;
      powers[3] += d * d * d;
      powers[4] += d * d * d * d;
    }
  }
};
/// Beside the spread: sums of odd powers may cancel.
void same(four_moments const& m, std::vector<double> const& x, double relative) {
  truth const t(x);
  double const deviation = std::sqrt(static_cast<double>(t.powers[2]) / static_cast<double>(x.size()));
  double const n = static_cast<double>(x.size());
  CHECK(m.count == x.size());
  CHECK(std::fabs(m.mean - static_cast<double>(t.mean)) <= relative * (deviation + std::fabs(m.mean)));
  CHECK(std::fabs(m.second - static_cast<double>(t.powers[2])) <= relative * m.second);
  CHECK(std::fabs(m.third - static_cast<double>(t.powers[3])) <= relative * n * std::pow(deviation, 3) * 10.0);
  CHECK(std::fabs(m.fourth - static_cast<double>(t.powers[4])) <= relative * m.fourth * 10.0);
}
std::vector<double> lopsided(std::size_t n, unsigned seed) {
  std::mt19937_64 urbg(seed);
  std::exponential_distribution<double> draw(0.5);
  std::vector<double> x(n);
  for (double& e : x) {
    e = draw(urbg) - 3.0;
  }
  return x;
}

} // namespace

TEST_CASE("four_moments: numbers joined one by one, by halves and by unequal parts") {
  std::vector<double> const x = lopsided(1000, 1);
  same(of(x), x, 1e-13);
  for (std::size_t const at : {std::size_t{1}, std::size_t{3}, std::size_t{500}, std::size_t{990}}) {
    CAPTURE(at);
    std::vector<double> const first(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(at));
    std::vector<double> const rest(x.begin() + static_cast<std::ptrdiff_t>(at), x.end());
    same(of(first) + of(rest), x, 1e-13);
    same(of(rest) + of(first), x, 1e-13);
  }
}

TEST_CASE("four_moments: groups of equal numbers have the moments of two values") {
  // 3 zeros and a 1: skewness (1 - 2p) / sqrt(pq) and excess kurtosis (1 - 6pq) / pq with p = 1/4
  four_moments const m = four_moments{3, 0.0, 0.0, 0.0, 0.0} + four_moments{1, 1.0, 0.0, 0.0, 0.0};
  CHECK(m.mean == 0.25);
  CHECK(m.variance() == doctest::Approx(3.0 / 16.0).epsilon(1e-15));
  CHECK(m.skewness() == doctest::Approx(0.5 / std::sqrt(3.0 / 16.0)).epsilon(1e-14));
  CHECK(m.excess_kurtosis() == doctest::Approx((1.0 - 6.0 * 3.0 / 16.0) / (3.0 / 16.0)).epsilon(1e-14));
  four_moments const distant = four_moments{3, 1e8, 0.0, 0.0, 0.0} + four_moments{1, 1e8 + 1.0, 0.0, 0.0, 0.0};
  CHECK(distant.skewness() == doctest::Approx(m.skewness()).epsilon(1e-14));
  CHECK(distant.excess_kurtosis() == doctest::Approx(m.excess_kurtosis()).epsilon(1e-14));
  CHECK((m + distant).count == 8);
}

TEST_CASE("four_moments: undefined readings are NaN") {
  four_moments const none;
  CHECK(std::isnan(none.mean_or_nan()));
  CHECK(std::isnan(none.variance()));
  CHECK(std::isnan(none.skewness()));
  CHECK(std::isnan(none.excess_kurtosis()));
  CHECK(none + one(2.0) == one(2.0));
  CHECK(one(2.0) + none == one(2.0));
  four_moments const constant = of({0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1});
  CHECK(constant.mean == 0.1);
  CHECK(constant.variance() == 0.0);
  CHECK(std::isnan(constant.skewness()));
  CHECK(std::isnan(constant.excess_kurtosis()));
  CHECK(std::isnan(of({1e-90, -1e-90, 3e-90}).excess_kurtosis())); // fourth powers are 0
  CHECK(std::isnan(of({1e-80, -1e-80, 3e-80}).excess_kurtosis())); // have few digits
  CHECK(std::isnan(of({1e90, -1e90, 3e90}).excess_kurtosis()));    // and infinite
  CHECK(std::isnan(of({1e90, -1e90, 3e90}).skewness()));
  CHECK(of({1e60, -1e60}).excess_kurtosis() == doctest::Approx(-2.0).epsilon(1e-14));
  CHECK(of({1e-60, -1e-60}).excess_kurtosis() == doctest::Approx(-2.0).epsilon(1e-14));
  four_moments m = of({1.0, 2.0, 4.0});
  four_moments const same_again = m;
  m += m;
  CHECK(m.count == 6);
  CHECK(m.variance() == doctest::Approx(same_again.variance()).epsilon(1e-15));
  CHECK(m.skewness() == doctest::Approx(same_again.skewness()).epsilon(1e-14));
  CHECK(m.excess_kurtosis() == doctest::Approx(same_again.excess_kurtosis()).epsilon(1e-14));
}
