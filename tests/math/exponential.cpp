// exp, expm1, log1p against the C library in a wider type: within the accuracy stated in their headers, at every level.
// levels: all
#include "satur/math/exp.hpp"
#include "satur/math/expm1.hpp"
#include "satur/math/log1p.hpp"

#include "support/dual.hpp"
#include "support/elementwise.hpp"

#include <numbers>

namespace {

struct exp_of {
  template <class T> SATUR_INLINE T operator()(T const& x) const { return satur::math::exp(x); }
};
struct exp_nonpositive_of {
  template <class T> SATUR_INLINE T operator()(T const& x) const {
    return satur::math::detail::exp_nonpositive(satur::math::negative_magnitude(x));
  }
};
struct expm1_of {
  template <class T> SATUR_INLINE T operator()(T const& x) const { return satur::math::expm1(x); }
};
struct log1p_of {
  template <class T> SATUR_INLINE T operator()(T const& x) const { return satur::math::log1p(x); }
};

/// Points at which the reduction changes its integer, (k + 1/2) ln 2, and at which results leave the range of float and
/// double.
std::vector<double> turning_points() {
  std::vector<double> x = {87.33654475055310,
                           88.02969193111305,
                           88.72283905206835,
                           89.0,
                           103.2789299019278,
                           103.9720770839918,
                           104.0,
                           105.0,
                           708.3964185322641,
                           709.0895657128241,
                           709.7827128933840,
                           710.0,
                           744.4400719213812,
                           745.1332191019412,
                           746.0,
                           1e-8,
                           1e-4,
                           0.1,
                           0.25,
                           1e3};
  for (int k = 0; k < 1076; k += k < 130 ? 1 : 7) {
    x.push_back((k + 0.5) * std::numbers::ln2);
    x.push_back(k * std::numbers::ln2);
  }
  return x;
}

} // namespace

TEST_CASE_TEMPLATE("exp: below 1 ulp with fused multiply-adds, 1.2 without; gradual underflow, no early overflow", T,
                   float, double) {
  auto const truth = [](auto x) { return std::exp(x); };
  test::check_function<T>(exp_of{}, truth, turning_points(), 1.2, 1.0);
  test::check_function<T>(
      exp_nonpositive_of{}, [](auto x) { return std::exp(-std::fabs(x)); }, turning_points(), 1.2, 1.0);
}

TEST_CASE_TEMPLATE("expm1: below 1.2 ulp", T, float, double) {
  test::check_function<T>(
      expm1_of{}, [](auto x) { return std::expm1(x); }, turning_points(), 1.2, 1.2);
}

TEST_CASE_TEMPLATE("log1p: below 1 ulp", T, float, double) {
  std::vector<double> hard = {1.0,
                              std::numbers::sqrt2 - 1,
                              std::numbers::sqrt2 / 2 - 1,
                              0x1p23,
                              0x1p24,
                              0x1p25,
                              0.25,
                              0x1p52,
                              0x1p53,
                              0x1p54,
                              1e300,
                              0x1p-23,
                              0.5,
                              0x1p-24,
                              0x1p-52,
                              0x1p63,
                              0x1p-53,
                              1e30};
  for (int k = 1; k < 70; ++k) {
    hard.push_back(std::ldexp(std::numbers::sqrt2, k) - 1.0);
    hard.push_back(std::ldexp(1.0, -k) - 1.0);
  }
  test::check_function<T>(
      log1p_of{}, [](auto x) { return std::log1p(x); }, hard, 1.0, 1.0);
}

TEST_CASE_TEMPLATE("exp, expm1 and log1p: ±inf, NaN and ±0", T, float, double) {
  T const infinity = std::numeric_limits<T>::infinity();
  CHECK(satur::math::exp(-infinity) == T(0));
  CHECK_FALSE(std::signbit(satur::math::exp(-infinity)));
  CHECK(satur::math::exp(infinity) == infinity);
  CHECK(satur::math::exp(T(0)) == T(1));
  CHECK(satur::math::exp(T(-0.0)) == T(1));
  CHECK(satur::math::expm1(-infinity) == T(-1));
  CHECK(satur::math::expm1(infinity) == infinity);
  CHECK(std::signbit(satur::math::expm1(T(-0.0))));
  CHECK_FALSE(std::signbit(satur::math::expm1(T(0))));
  CHECK(satur::math::log1p(infinity) == infinity);
  CHECK(satur::math::log1p(T(-1)) == -infinity);
  CHECK(std::isnan(satur::math::log1p(std::nextafter(T(-1), T(-2)))));
  CHECK(std::isnan(satur::math::log1p(-infinity)));
  CHECK(std::signbit(satur::math::log1p(T(-0.0))));
  for (T x = std::numeric_limits<T>::denorm_min(); x < std::numeric_limits<T>::epsilon() / T(4); x *= T(3)) {
    REQUIRE(satur::math::expm1(x) == x);
    REQUIRE(satur::math::expm1(-x) == -x);
    REQUIRE(satur::math::log1p(x) == x);
    REQUIRE(satur::math::log1p(-x) == -x);
  }
}

TEST_CASE_TEMPLATE("exp: monotone where the reduction changes its integer", T, float, double) {
  std::size_t falls = 0;
  for (int k = -40; k < 40; ++k) {
    T x = static_cast<T>((k + 0.5) * std::numbers::ln2);
    T const end = x + std::fabs(x) * T(64) * std::numeric_limits<T>::epsilon();
    x -= std::fabs(x) * T(64) * std::numeric_limits<T>::epsilon();
    for (T before = T(0); x < end; x = std::nextafter(x, end)) {
      T const y = satur::math::exp(x);
      falls += y < before;
      before = y;
    }
  }
  CHECK(falls == 0);
}

TEST_CASE("exp, expm1 and log1p: long double and dual numbers use their own functions") {
  for (long double const x : {-11000.0L, -3.0L, -1e-10L, 0.0L, 0.5L, 11000.0L}) {
    CHECK(satur::math::exp(x) == std::exp(x));
    CHECK(satur::math::expm1(x) == std::expm1(x));
  }
  CHECK(satur::math::log1p(1e-15L) == std::log1p(1e-15L));
  test::dual const x = test::dual::variable(0.7);
  CHECK(satur::math::exp(x).d == std::exp(0.7));
  CHECK(satur::math::expm1(x).v == std::expm1(0.7));
  CHECK(satur::math::expm1(x).d == std::exp(0.7));
  CHECK(satur::math::log1p(x).d == 1.0 / 1.7);
}

namespace {
struct without_subnormals { // as in many fast exponentials
  template <class T> SATUR_INLINE T operator()(T const& x) const {
    return satur::math::select(x < T(-87.3f), T(0), satur::math::exp(x));
  }
};
struct by_width { // differs between lanes and scalars
  template <class T> SATUR_INLINE T operator()(T const& x) const {
    return satur::math::exp(x) * T(1.0f + 2e-7f * static_cast<float>(satur::math::lane_count<T>));
  }
};
} // namespace

TEST_CASE("self-test: the sweep detects a false zero and a result that depends on the lanes") {
  std::vector<float> z = test::hard_points<float>(turning_points());
  auto const truth = [](double x) { return std::exp(x); };
  CHECK(test::try_function(without_subnormals{}, truth, z).false_zeros > 0);
  test::seen const s = test::try_function(by_width{}, truth, z);
  CHECK(s.pairs_differ > 0);
  CHECK(s.worst > 1.0);
  if (satur::math::native_bytes > 0) {
    CHECK(s.scalar_differs > 0);
  }
}
