// Mathematical functions, rows and gates at NaN and infinity, with the flags of this folder.
#include "fast_math/bits.hpp"

#include "satur/activation/sigmoid.hpp"
#include "satur/gated.hpp"
#include "satur/math.hpp"
#include "satur/rowwise.hpp"
#include "satur/theory.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <vector>

namespace {
/// f(NaN), f(inf) and f(-inf).
template <class T, class F> void check_limits(char const* name, F const& f, double at_infinity, double at_minus) {
  CAPTURE(name);
  CHECK(test::is_nan(f(test::nan_of<T>())));
  // Of a NaN that was computed here the compiler may believe more than of one that it reads: that it equals 0.
  CHECK(test::is_nan(f(T(-test::nan_of<T>()))));
  CHECK(test::is_nan(f(T(test::nan_of<T>() * T(3)))));
  CHECK(test::is_limit(f(test::infinity_of<T>(false)), at_infinity));
  CHECK((test::is_nan(at_minus) ? test::is_nan(f(test::infinity_of<T>(true)))
                                : test::is_limit(f(test::infinity_of<T>(true)), at_minus)));
}
} // namespace

TEST_CASE_TEMPLATE("fast math: functions at NaN and infinity", T, float, double) {
  double const infinity = test::infinity_of<double>(false);
  double const not_a_number = test::nan_of<double>();
  check_limits<T>(
      "exp", [](T x) { return satur::math::exp(x); }, infinity, 0.0);
  check_limits<T>(
      "expm1", [](T x) { return satur::math::expm1(x); }, infinity, -1.0);
  check_limits<T>(
      "log1p", [](T x) { return satur::math::log1p(x); }, infinity, not_a_number);
  check_limits<T>(
      "tanh", [](T x) { return satur::math::tanh(x); }, 1.0, -1.0);
  check_limits<T>(
      "atan", [](T x) { return satur::math::atan(x); }, 1.5707963267948966, -1.5707963267948966);
  check_limits<T>(
      "erf", [](T x) { return satur::math::erf(x); }, 1.0, -1.0);
  check_limits<T>(
      "erfc", [](T x) { return satur::math::erfc(x); }, 0.0, 2.0);
  T volatile edge = T(-1);
  CHECK(test::is_limit(satur::math::log1p(T(edge)), -infinity));
  edge = T(-2);
  CHECK(test::is_nan(satur::math::log1p(T(edge))));
}

TEST_CASE_TEMPLATE("fast math: rows with NaN, masked classes and infinity", T, float, double) {
  T const not_a_number = test::nan_of<T>();
  T const infinity = test::infinity_of<T>(false);
  constexpr std::size_t n = 37;
  std::vector<T> z(5 * n, T(0.5));
  z[7] = not_a_number;
  z[n + 3] = -infinity; // a masked class
  z[2 * n + 36] = infinity;
  for (std::size_t i = 0; i < n; ++i) {
    z[3 * n + i] = -infinity;
  }
  std::vector<T> p(z.size());
  satur::row_saturation const s = satur::forward(satur::softmax{}, z, p, n);
  CHECK(s.rows == 2);
  CHECK(s.nan == 1);
  CHECK(s.infinite == 2);
  CHECK(s.mean_max_probability() == doctest::Approx((1.0 / 36.0 + 1.0 / 37.0) / 2.0).epsilon(1e-6));
  CHECK(s.normalized_entropy() == doctest::Approx(1.0).epsilon(1e-6));
  for (std::size_t i = 0; i < n; ++i) {
    CAPTURE(i);
    CHECK(test::is_nan(p[i]));
    CHECK(static_cast<double>(p[n + i]) == doctest::Approx(i == 3 ? 0.0 : 1.0 / 36.0).epsilon(1e-6));
    CHECK(test::is_nan(p[2 * n + i]));
    CHECK(test::is_nan(p[3 * n + i]));
    CHECK(static_cast<double>(p[4 * n + i]) == doctest::Approx(1.0 / 37.0).epsilon(1e-6));
  }
  std::vector<T> total(5);
  satur::apply(satur::logsumexp{}, z, total, n);
  CHECK(test::is_nan(total[0]));
  CHECK(test::is_limit(total[2], test::infinity_of<double>(false)));
  CHECK(test::is_limit(total[3], test::infinity_of<double>(true)));
  CHECK(static_cast<double>(total[4]) == doctest::Approx(4.110917912644224).epsilon(1e-6));
}

TEST_CASE("fast math: gates of NaN and infinity") {
  std::vector<float> x{1.0f, 1.0f, 1.0f, 1.0f, 0.5f, test::nan_of<float>(), test::infinity_of<float>(true), 9.0f};
  std::vector<float> y(4);
  satur::gate_saturation const s = satur::forward(satur::glu{}, x, y, 8);
  CHECK(s.gate.nan == 1);
  CHECK(s.gate.infinite == 1);
  CHECK(s.closed == 1);
  CHECK(s.open == 1);
  CHECK(test::is_nan(y[1]));
  CHECK(test::is_limit(y[2], 0.0));
}

TEST_CASE("fast math: probabilities of infinite limits") {
  double const infinity = test::infinity_of<double>(false);
  CHECK(satur::theory::probability_above(infinity, 0.0, 1.0) == 0.0);
  CHECK(satur::theory::probability_above(-infinity, 0.0, 1.0) == 1.0);
  CHECK(satur::theory::probability_below(infinity, 0.0, 1.0) == 1.0);
  CHECK_THROWS(static_cast<void>(satur::theory::probability_below(test::nan_of<double>(), 0.0, 1.0)));
}

// The sums that reduce the argument of an exponential must not be joined: that costs 16 ulp. The truth is e^-z/(1 +
// e^-z)^2 to 12 digits.
TEST_CASE("fast math: the slope far out has its digits") {
  float volatile z = 18.0419884f;
  double const slope = static_cast<double>(satur::sigmoid{}.derivative(float(z)));
  CHECK(slope / 1.460373670894e-08 == doctest::Approx(1.0).epsilon(2e-7));
}
