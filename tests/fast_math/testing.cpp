// The property suite under -ffast-math: it sees NaN and infinity, and finds no fault where there is none.
#include "fast_math/bits.hpp"

#include "satur/activation.hpp"
#include "satur/testing.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <concepts>
#include <limits>
#include <string>

namespace {

using satur::testing::check_activation;
using satur::testing::check_options;
using satur::testing::report;
using satur::testing::ulp_error;

check_options const scalar_only{.passes = false};

void finds(report const& r, std::string const& property) {
  CAPTURE(property);
  CAPTURE(r.text());
  CHECK(r.failed(property));
}

/// softsign, and what the members below spoil.
struct sound {
  template <std::floating_point T> T value(T z) const { return satur::softsign{}.value(z); }
  template <std::floating_point T> T derivative(T z) const { return satur::softsign{}.derivative(z); }
};
struct drops_nan : sound {
  template <std::floating_point T> T value(T z) const { return test::is_nan(z) ? T(0) : sound::value(z); }
  template <std::floating_point T> T derivative(T z) const { return test::is_nan(z) ? T(0) : sound::derivative(z); }
};
struct no_limit : sound {
  template <std::floating_point T> static bool at(T z) { return test::kind_of(z) == test::kind::infinite; }
  template <std::floating_point T> T value(T z) const { return at(z) ? test::nan_of<T>() : sound::value(z); }
  template <std::floating_point T> T derivative(T z) const {
    return at(z) ? test::infinity_of<T>(false) : sound::derivative(z);
  }
};
struct breaks_at_four : sound {
  template <std::floating_point T> static bool at(T z) { return z == T(4) || z == T(-4); }
  template <std::floating_point T> T value(T z) const { return at(z) ? test::infinity_of<T>(z < 0) : sound::value(z); }
  template <std::floating_point T> T derivative(T z) const { return at(z) ? test::nan_of<T>() : sound::derivative(z); }
};

template <class T> void check_special_values() {
  CAPTURE(sizeof(T));
  finds(check_activation<T>(drops_nan{}, scalar_only), "NaN goes through the value");
  finds(check_activation<T>(drops_nan{}, scalar_only), "NaN goes through the slope");
  finds(check_activation<T>(no_limit{}, scalar_only), "a limit at infinity, of the value");
  finds(check_activation<T>(no_limit{}, scalar_only), "a limit at infinity, of the slope");
  finds(check_activation<T>(breaks_at_four{}, scalar_only), "a finite z has a finite value");
  finds(check_activation<T>(breaks_at_four{}, scalar_only), "a finite z has a finite slope");
  report const r = check_activation<T>(sound{}, scalar_only);
  CAPTURE(r.text());
  for (char const* const property : {"NaN", "a limit", "a finite z has"}) {
    CHECK_FALSE(r.failed(property));
  }
}

} // namespace

TEST_CASE("property suite, -ffast-math: NaN that is lost, and NaN and infinity that should not be, are found") {
  check_special_values<float>();
  check_special_values<double>();
  check_special_values<long double>();
}

TEST_CASE("ulp_error, -ffast-math: NaN and infinity are equal only to themselves") {
  auto const nan = test::nan_of<float>();
  auto const high = test::infinity_of<float>(false);
  auto const low = test::infinity_of<float>(true);
  auto const wide = [](float x) { return static_cast<long double>(x); };
  auto const infinite = [](double x) { return test::kind_of(x) == test::kind::infinite; };
  CHECK(ulp_error(nan, wide(nan)) == 0.0);
  CHECK(infinite(ulp_error(nan, 1.0L)));
  CHECK(infinite(ulp_error(1.0f, wide(nan))));
  CHECK(infinite(ulp_error(nan, wide(high))));
  CHECK(ulp_error(high, wide(high)) == 0.0);
  CHECK(ulp_error(low, wide(low)) == 0.0);
  CHECK(ulp_error(high, 1e300L) == 0.0); // rounds to it
  CHECK(infinite(ulp_error(high, wide(low))));
  CHECK(infinite(ulp_error(low, 1e300L)));
  CHECK(infinite(ulp_error(high, 1.0L)));
  CHECK(infinite(ulp_error(1.0f, wide(high))));
  CHECK(infinite(ulp_error(std::numeric_limits<float>::max(), wide(high))));
  CHECK(ulp_error(1.0f, 1.0L + 0x1p-24L) == 0.5);
  CHECK(ulp_error(-2.0f, 2.0L) == 16777216.0);
}
