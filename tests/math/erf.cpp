// erf, erfc, the Gaussian's slope and the normal distribution against the C library in a wider type, at every level.
// levels: all
#include "satur/math/erfc.hpp"
#include "satur/math/gate.hpp"

#include "support/dual.hpp"
#include "support/elementwise.hpp"

#include <numbers>

namespace {

struct erf_of {
  template <class T> SATUR_INLINE T operator()(T const& x) const { return satur::math::erf(x); }
};
struct erfc_of {
  template <class T> SATUR_INLINE T operator()(T const& x) const { return satur::math::erfc(x); }
};
struct erf_slope {
  template <class T> SATUR_INLINE T operator()(T const& x) const { return satur::math::detail::erf_and_slope(x).slope; }
};
struct normal_value { // z Phi(z)
  template <class T> SATUR_INLINE T operator()(T const& z) const { return satur::math::normal_gate(z).value; }
};
struct gate_value { // z/(1 + e^-1.7 z), 1.7 the decimal number
  template <class T> SATUR_INLINE T operator()(T const& z) const {
    return satur::math::logistic_gate(z, satur::math::detail::constant_in_two<T>(1.7L, 0.0L), T(-1e4)).value;
  }
};

/// Points at which erf changes its formula, and at which results round to 1, become subnormal, and become 0.
std::vector<double> bends() {
  return {1e-20, 1e-5, 0.01,  0.1,   0.3,   0.47,  0.5,   0.65, 0.8326, 1.0,     1.25,    2.0,     3.0,
          3.92,  5.0,  5.5,   5.92,  6.0,   8.3,   9.19,  9.3,  9.35,   10.05,   10.2,    10.34,   11.0,
          12.9,  13.1, 14.2,  14.37, 14.5,  15.0,  20.0,  26.0, 26.54,  26.62,   27.2,    27.23,   27.3,
          28.0,  37.5, 37.68, 38.4,  38.48, 38.57, 38.68, 39.0, 40.0,   51.0,    61.2,    63.7,    64.0,
          70.6,  100,  416.0, 438.0, 442.0, 447.0, 1e10,  1e19, 1e300,  0x1p-12, 0x1p-27, 0x1p-500};
}

} // namespace

TEST_CASE_TEMPLATE("erf: below 1.3 ulp, its slope below 1.7", T, float, double) {
  test::check_function<T>(
      erf_of{}, [](auto x) { return std::erf(x); }, bends(), 1.3, 1.3);
  // e^-(x^2) in a type with at least 11 more digits, with x^2 split there too
  test::check_function<T>(
      erf_slope{},
      [](auto x) {
        using R = decltype(x);
        R const square = std::fabs(x) < R(200) ? x * x : R(40000);
        R const rest = std::fabs(x) < R(200) ? std::fma(x, x, -square) : R(0);
        return std::isnan(x) ? x : R(2) / std::sqrt(std::numbers::pi_v<R>) * (std::exp(-square) * (R(1) - rest));
      },
      bends(), 1.7, 1.7);
}

TEST_CASE_TEMPLATE("erfc: below 2 ulp, subnormal results included", T, float, double) {
  test::check_function<T>(
      erfc_of{}, [](auto x) { return std::erfc(x); }, bends(), 2.0, 2.0);
}

TEST_CASE_TEMPLATE("z Phi(z): below 2.5 ulp", T, float, double) {
  test::check_function<T>(
      normal_value{},
      [](auto z) {
        using R = decltype(z);
        if (std::isnan(z) || std::fabs(z) > R(100)) {
          return z < R(0) ? R(0) : z;
        }
        R const half = std::numbers::sqrt2_v<R> / R(2);
        R const x = -z * half; // erfc's slope corrects for it
        R const lost = std::fma(-z, half, -x) - z * (R(0.5) - half * half) * std::numbers::sqrt2_v<R>;
        return z * (std::erfc(x) / R(2) - std::exp(-x * x) * lost / std::sqrt(std::numbers::pi_v<R>));
      },
      bends(), 2.5, 2.5);
}

TEST_CASE_TEMPLATE("z times a gate: below 2 ulp", T, float, double) {
  test::check_function<T>(
      gate_value{},
      [](auto z) {
        using R = decltype(z);
        R const b = static_cast<R>(1.7L);
        R const e = std::exp(-b * std::fabs(z));
        return z < R(-10000) ? R(0) : z < R(0) ? z * e / (R(1) + e) : z / (R(1) + e);
      },
      bends(), 2.0, 2.0);
}

TEST_CASE_TEMPLATE("erf and erfc: ±inf, NaN and ±0", T, float, double, long double) {
  T const infinity = std::numeric_limits<T>::infinity();
  CHECK(satur::math::erf(infinity) == T(1));
  CHECK(satur::math::erf(-infinity) == T(-1));
  CHECK(satur::math::erfc(infinity) == T(0));
  CHECK_FALSE(std::signbit(satur::math::erfc(infinity)));
  CHECK(satur::math::erfc(-infinity) == T(2));
  CHECK(satur::math::erfc(T(0)) == T(1));
  CHECK(satur::math::erfc(T(-0.0)) == T(1));
  CHECK(std::signbit(satur::math::erf(T(-0.0))));
  CHECK_FALSE(std::signbit(satur::math::erf(T(0))));
  CHECK(std::isnan(satur::math::erfc(std::numeric_limits<T>::quiet_NaN())));
  CHECK(satur::math::erf(std::numeric_limits<T>::max()) == T(1));
}

TEST_CASE_TEMPLATE("erf: exactly odd", T, float, double) {
  std::vector<T> z = test::hard_points<T>(bends());
  std::size_t differ = 0;
  for (T const x : z) {
    differ += !test::identical(satur::math::erf(T(-x)), T(-satur::math::erf(x)));
  }
  CHECK(differ == 0);
}

TEST_CASE("erf and erfc: long double and dual numbers use their own functions") {
  for (long double const x : {-100.3L, -26.1L, -3.7L, -1e-10L, 0.0L, 0.5L, 1.7L, 9.1L}) {
    CAPTURE(x);
    CHECK(satur::math::erf(x) == std::erf(x));
    CHECK(satur::math::erfc(x) == std::erfc(x));
  }
  // 2/sqrt(pi) e^-(9.1^2), with 9.1 a double; more digits than either type has
  double const z = 9.1;
  long double const square =
      static_cast<long double>(z) * static_cast<long double>(z); // 64 of its 106 bits are correct
  long double const rest = std::fma(static_cast<long double>(z), static_cast<long double>(z), -square);
  long double const exact = 1.128379167095512573896158903121545172L * std::exp(-square) * (1 - rest);
  CHECK(test::ulp_error(satur::math::detail::erf_and_slope(static_cast<long double>(z)).slope, exact) <= 2.0);
  CHECK(test::ulp_error(satur::math::detail::erf_and_slope(test::dual::variable(z)).slope.v, exact) <= 2.0);
  CHECK(test::ulp_error(satur::math::erf(test::dual::variable(z)).d, exact) <= 1.0);
  CHECK(test::ulp_error(satur::math::erfc(test::dual::variable(z)).d, -exact) <= 1.0);
}

namespace {
struct plain_slope { // the usual form
  template <class T> SATUR_INLINE T operator()(T const& x) const {
    return T(1.1283791670955126) * satur::math::exp(T(-x * x));
  }
};
struct from_erf {
  template <class T> SATUR_INLINE T operator()(T const& x) const { return T(1) - satur::math::erf(x); }
};
} // namespace

TEST_CASE("self-test: the sweep detects the false zeros of 1 - erf and the error of a rounded square") {
  std::vector<float> const z = test::hard_points<float>({0.5, 2.0, 4.0, 5.0, 8.3, 9.1});
  CHECK(test::try_function(
            from_erf{}, [](double x) { return std::erfc(x); }, z)
            .false_zeros > 0);
  auto const slope = [](double x) { return 1.1283791670955126 * std::exp(-x * x); };
  CHECK(test::try_function(plain_slope{}, slope, z).worst > 10.0);
}
