// The logistic function, tanh and their slopes against the C library in a wider type, at every level.
// levels: all
#include "satur/math/logistic.hpp"

#include "support/dual.hpp"
#include "support/elementwise.hpp"

namespace {

struct logistic_value {
  template <class T> SATUR_INLINE T operator()(T const& z) const { return satur::math::logistic(z).value; }
};
struct logistic_slope {
  template <class T> SATUR_INLINE T operator()(T const& z) const { return satur::math::logistic(z).slope; }
};
struct tanh_of {
  template <class T> SATUR_INLINE T operator()(T const& z) const { return satur::math::tanh(z); }
};
struct tanh_slope {
  template <class T> SATUR_INLINE T operator()(T const& z) const { return satur::math::hyperbolic_tangent(z).slope; }
};

/// Points at which results round to 1, become subnormal, and become 0.
std::vector<double> bends() {
  return {1e-20,   1e-5,    0.1,     0.3465735903, 0.5,     1.0,     5.0,    9.011,   16.64,   17.329,
          19.062,  37.43,   43.668,  51.6,         52.0,    87.3366, 88.722, 103.28,  103.972, 104.5,
          354.198, 372.22,  372.57,  373.0,        708.396, 709.79,  744.44, 745.133, 746.5,   1e10,
          1e19,    0x1p-12, 0x1p-27, 0.6931471806, 1.0397,  2.0,     3.0,    1e300,   22.0,    30.0};
}

} // namespace

TEST_CASE_TEMPLATE("logistic and its slope: below 1.5 ulp", T, float, double) {
  test::check_function<T>(
      logistic_value{},
      [](auto z) {
        auto const e = std::exp(-std::fabs(z));
        return z < 0 ? e / (1 + e) : 1 / (1 + e);
      },
      bends(), 1.5, 1.5);
  test::check_function<T>(
      logistic_slope{},
      [](auto z) {
        auto const e = std::exp(-std::fabs(z));
        return e / ((1 + e) * (1 + e));
      },
      bends(), 1.5, 1.5);
}

TEST_CASE_TEMPLATE("tanh and its slope: below 2 ulp", T, float, double) {
  test::check_function<T>(
      tanh_of{}, [](auto z) { return std::tanh(z); }, bends(), 2.0, 2.0);
  test::check_function<T>(
      tanh_slope{},
      [](auto z) {
        auto const e = std::exp(-2 * std::fabs(z));
        return 4 * e / ((1 + e) * (1 + e));
      },
      bends(), 2.0, 2.0);
}

TEST_CASE_TEMPLATE("logistic and tanh: ±inf, NaN and ±0", T, float, double, long double) {
  T const infinity = std::numeric_limits<T>::infinity();
  CHECK(satur::math::logistic(-infinity).value == T(0));
  CHECK(satur::math::logistic(infinity).value == T(1));
  CHECK(satur::math::logistic(infinity).slope == T(0));
  CHECK(satur::math::logistic(T(0)).value == T(0.5));
  CHECK(satur::math::logistic(T(-0.0)).slope == T(0.25));
  CHECK(satur::math::tanh(infinity) == T(1));
  CHECK(satur::math::tanh(-infinity) == T(-1));
  CHECK(std::signbit(satur::math::tanh(T(-0.0))));
  CHECK_FALSE(std::signbit(satur::math::tanh(T(0))));
  CHECK(satur::math::half_tangent(T(0), 1).slope == T(0.25));
  CHECK(satur::math::half_tangent(infinity, 1).value == T(1));
}

TEST_CASE("logistic and tanh: long double within a few ulp") {
  for (long double const z : {-11000.0L, -40.0L, -5.0L, -0.3L, -1e-12L, 1e-12L, 0.7L, 2.0L, 30.0L}) {
    CAPTURE(z);
    long double const e = std::exp(-std::fabs(z));
    CHECK(test::ulp_error(satur::math::logistic(z).slope, e / ((1 + e) * (1 + e))) <= 4.0);
    CHECK(test::ulp_error(satur::math::logistic(z).value, z < 0 ? e / (1 + e) : 1 / (1 + e)) <= 4.0);
    CHECK(test::ulp_error(satur::math::tanh(z), std::tanh(z)) <= 4.0);
  }
}

TEST_CASE("logistic and tanh: the slope equals the derivative of dual numbers") {
  for (double const z : {-30.0, -5.0, -0.7, 0.0, 0.1, 2.0, 9.0, 35.0}) {
    CAPTURE(z);
    test::dual const x = test::dual::variable(z);
    CHECK(test::ulp_error(satur::math::logistic(x).value.d, static_cast<long double>(satur::math::logistic(z).slope)) <=
          4.0);
    CHECK(test::ulp_error(satur::math::tanh(x).d, static_cast<long double>(satur::math::hyperbolic_tangent(z).slope)) <=
          4.0);
  }
}

namespace {
struct slope_from_value { // the usual form
  template <class T> SATUR_INLINE T operator()(T const& z) const {
    T const s = satur::math::logistic(z).value;
    return s * (T(1) - s);
  }
};
} // namespace

TEST_CASE("self-test: the sweep detects the false zeros of s(1-s)") {
  std::vector<float> const z = test::hard_points<float>(bends());
  auto const truth = [](double x) {
    double const e = std::exp(-std::fabs(x));
    return e / ((1 + e) * (1 + e));
  };
  test::seen const s = test::try_function(slope_from_value{}, truth, z);
  CHECK(s.false_zeros > 0);
  CHECK(s.worst > 1e6);
}
