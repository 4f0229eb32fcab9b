// sqrt: correctly rounded at every level.
// levels: all
#include "satur/math/sqrt.hpp"

#include "support/elementwise.hpp"

namespace {

struct sqrt_of {
  template <class T> SATUR_INLINE T operator()(T const& x) const { return satur::math::sqrt(x); }
};

} // namespace

TEST_CASE_TEMPLATE("sqrt: within 0.5 ulp", T, float, double) {
  // the truth in long double is off by 2^-11 ulp of a double
  test::check_function<T>(
      sqrt_of{}, [](auto x) { return std::sqrt(x); }, {2.0, 3.0, 0.25, 1e-40, 1e-310, 1e30, 1e300}, 0.5005, 0.5005);
}

TEST_CASE_TEMPLATE("sqrt: bits of the C library, in lanes too", T, float, double) {
  std::vector<T> z = test::hard_points<T>({4.0, 2.0, 0.1, 1e-30});
  test::append_sweep(z);
  std::vector<T> expected;
  for (T const x : z) {
    expected.push_back(std::sqrt(x));
  }
  for (test::simd_level const level : test::levels()) {
    CHECK(test::differing(test::in_lanes<false>(sqrt_of{}, z, level), expected) == 0);
  }
  CHECK(std::signbit(satur::math::sqrt(T(-0.0))));
  CHECK(std::isnan(satur::math::sqrt(T(-1))));
  CHECK(satur::math::sqrt(std::numeric_limits<T>::infinity()) == std::numeric_limits<T>::infinity());
}
