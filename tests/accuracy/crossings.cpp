// Slopes beside their zero, at every level of this processor: every float and double within 2^12 of it, against MPFR.
#include "support/crossings.hpp"

#include "satur/observe.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <type_traits>
#include <vector>

namespace {

using satur::math::simd_level;

constexpr double limit_of_peak = 0.125; // ulp of the peak slope; the contract allows 1

template <class T, class A> void check_crossing(A const& act, double limit) {
  CAPTURE(act.name);
  CAPTURE(sizeof(T));
  CAPTURE(act.minimum_at());
  std::vector<T> const z = test::beside_crossing<T>(act, 1 << 12);
  std::vector<long double> const exact = test::exact_slopes(act, z);
  CHECK(exact.front() < 0); // the window has the zero in it
  CHECK(exact.back() > 0);
  for (int l = static_cast<int>(satur::math::compiled_level); l <= static_cast<int>(satur::math::best_level()); ++l) {
    CAPTURE(l);
    satur::scoped_level const forced(static_cast<simd_level>(l));
    test::crossing_error const e = test::errors_beside_crossing(act, z, exact);
    CHECK(e.of_peak <= limit);
    CHECK(e.wrong_signs == 0);
  }
}

/// A slope that is computed from rounded parts: off by an ulp of the peak slope.
struct rounded_silu : satur::silu {
  template <class T> [[nodiscard]] SATUR_INLINE constexpr T value(T z) const { return satur::silu::value(z); }
  template <class T> [[nodiscard]] SATUR_INLINE constexpr T derivative(T z) const {
    return (satur::silu::derivative(z) + T(1)) - T(1);
  }
  template <class T> void evaluate(T const&) const = delete;
};

} // namespace

TEST_CASE("slopes beside their zero: every float and double within 2^12 of it has its sign, and an error of 1/8 ulp of "
          "the peak slope at most") {
  test::for_each_crossing([](auto const& act) {
    check_crossing<float>(act, limit_of_peak);
    check_crossing<double>(act, limit_of_peak);
  });
}

TEST_CASE("self-test: the check beside a zero detects a slope that is rounded before it is a difference") {
  rounded_silu const act;
  std::vector<float> const z = test::beside_crossing<float>(act, 1 << 12);
  test::crossing_error const e = test::errors_beside_crossing(act, z, test::exact_slopes(satur::silu{}, z));
  CHECK(e.of_peak > limit_of_peak);
  CHECK(e.of_peak < 1.0); // the contract alone would not see it
}
