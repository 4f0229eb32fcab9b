// atan and sqrt(x^2 + b) against the C library in a wider type: within the accuracy stated in their headers, at every
// level. levels: all
#include "satur/math/atan.hpp"
#include "satur/math/root_of_sum.hpp"

#include "support/dual.hpp"
#include "support/elementwise.hpp"

#include <numbers>

namespace {

struct atan_of {
  template <class T> SATUR_INLINE T operator()(T const& x) const { return satur::math::atan(x); }
};

/// tan(pi/8), 1, tan(3 pi/8), where the reduction changes, and where the result reaches pi/2.
std::vector<double> const turning_points = {std::numbers::sqrt2 - 1.0,
                                            0.25,
                                            0.5,
                                            1.0,
                                            2.0,
                                            std::numbers::sqrt2 + 1.0,
                                            1e-8,
                                            1e-4,
                                            1e4,
                                            1.7e7,
                                            3.4e7,
                                            1e16,
                                            0x1p60,
                                            0x1p200};

/// Over the documented range, with and without the residual.
template <bool Used> struct root_of {
  template <class T> SATUR_INLINE T operator()(T const& x) const {
    auto const h = satur::math::root_of_sum(x, T(4));
    return Used ? h.root + T(0.5) * (h.residual / h.root) : h.root;
  }
};
template <class T> std::vector<T> squarable() {
  T const limit = sizeof(T) == 4 ? T(0x1p60) : T(0x1p495);
  std::vector<T> all = test::hard_points<T>({2.0, 1.0, 0.1, 1e-30, 1e10, 3e7, 1.5e4});
  test::append_sweep(all);
  std::vector<T> x;
  for (T const at : all) {
    if (std::fabs(at) <= limit) {
      x.push_back(at);
    }
  }
  return x;
}

} // namespace

TEST_CASE_TEMPLATE("atan: below 1 ulp", T, float, double) {
  test::check_function<T>(
      atan_of{}, [](auto x) { return std::atan(x); }, turning_points, 1.0, 1.0);
}

TEST_CASE_TEMPLATE("atan: ±inf, NaN and ±0", T, float, double) {
  T const infinity = std::numeric_limits<T>::infinity();
  CHECK(satur::math::atan(infinity) == static_cast<T>(std::numbers::pi / 2));
  CHECK(satur::math::atan(-infinity) == -static_cast<T>(std::numbers::pi / 2));
  CHECK(satur::math::atan(std::numeric_limits<T>::max()) == static_cast<T>(std::numbers::pi / 2));
  CHECK(std::signbit(satur::math::atan(T(-0.0))));
  CHECK_FALSE(std::signbit(satur::math::atan(T(0))));
  CHECK(std::isnan(satur::math::atan(std::numeric_limits<T>::quiet_NaN())));
}

TEST_CASE_TEMPLATE("root_of_sum with b = 4: below 1 ulp, nearly exact with its residual", T, float, double) {
  auto const truth = [](auto x) { return std::sqrt(x * x + 4); };
  std::vector<T> const x = squarable<T>();
  test::seen const plain = test::try_function(root_of<false>{}, truth, x);
  CHECK(plain.worst < 1.0);
  CHECK(plain.worst > 0.51); // the residual is not 0
  test::seen const whole = test::try_function(root_of<true>{}, truth, x);
  CHECK(whole.worst < 0.51);
  CHECK(plain.pairs_differ + plain.scalar_differs + whole.pairs_differ + whole.scalar_differs == 0);
}

TEST_CASE("atan: long double and dual numbers use their own functions") {
  for (long double const x : {-3.0L, -1e-10L, 0.0L, 0.5L, 1e4000L}) {
    CHECK(satur::math::atan(x) == std::atan(x));
  }
  test::dual const x = test::dual::variable(0.7);
  CHECK(satur::math::atan(x).v == std::atan(0.7));
  CHECK(satur::math::atan(x).d == doctest::Approx(1.0 / 1.49).epsilon(1e-15));
  CHECK(satur::math::sqrt(x).v == std::sqrt(0.7));
  CHECK(satur::math::sqrt(x).d == doctest::Approx(0.5 / std::sqrt(0.7)).epsilon(1e-15));
  CHECK(satur::math::root_of_sum(x, test::dual(4.0)).root.d == doctest::Approx(0.7 / std::sqrt(4.49)).epsilon(1e-15));
}

namespace {
struct without_low_digits { // pi/2 as one number and a rounded quotient
  template <class T> SATUR_INLINE T operator()(T const& x) const {
    T const y = satur::math::atan(T(T(1) / x));
    return satur::math::select(x < T(0), T(T(-1.5707963267948966) - y), T(T(1.5707963267948966) - y));
  }
};
} // namespace

TEST_CASE("self-test: the sweep detects an inaccurate arc tangent") {
  CHECK(test::try_function(
            without_low_digits{}, [](double x) { return std::atan(x); },
            std::vector<float>{0.01f, 0.03f, 0.3f, 2.0f, 1e-3f})
            .worst > 2.0);
}
