// A sweep of float bit patterns and random doubles at every level of this processor: within the contract
// (test::allowed_ulp), no false zero. The target `exhaustive` tries all floats; SATUR_ACCURACY_DOUBLES=10000000
// sets the number of doubles here.
#include "support/activations.hpp"
#include "support/contract.hpp"
#include "support/mpfr.hpp"
#include "support/reference.hpp"
#include "support/ulp.hpp"

#include "satur/diagnostic.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <vector>

namespace {

using satur::math::simd_level;

std::vector<simd_level> levels() {
  std::vector<simd_level> all;
  for (int l = static_cast<int>(satur::math::compiled_level); l <= static_cast<int>(satur::math::best_level()); ++l) {
    all.push_back(static_cast<simd_level>(l));
  }
  return all;
}

struct worst {
  double value = 0.0;
  double slope = 0.0;
  int false_zeros = 0;
};

template <class T, class A, class Truth>
worst sweep(A const& act, std::vector<T> const& z, simd_level level, Truth truth) {
  satur::scoped_level const forced(level);
  std::vector<T> y(z.size());
  std::vector<T> dy(z.size());
  satur::forward(act, z, y, dy);
  worst w;
  for (std::size_t i = 0; i < z.size(); ++i) {
    auto const exact = truth(z[i]);
    w.value = std::max(w.value, test::ulp_error(y[i], static_cast<long double>(exact.value)));
    double const error = test::ulp_error(dy[i], static_cast<long double>(exact.slope));
    w.slope = std::max(w.slope, test::slope_error(act, static_cast<double>(z[i]), error, dy[i],
                                                  static_cast<long double>(exact.slope)));
    w.false_zeros += test::false_zero(y[i], static_cast<long double>(exact.value)) +
                     test::false_zero(dy[i], static_cast<long double>(exact.slope));
  }
  return w;
}

std::vector<float> every_1021st_float() {
  std::vector<float> z;
  for (std::uint64_t b = 0; b < (std::uint64_t{1} << 32); b += 1021) {
    z.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(b)));
  }
  return z;
}

/// Number of random doubles: SATUR_ACCURACY_DOUBLES, by default 100000.
int doubles() {
  char const* const asked = std::getenv("SATUR_ACCURACY_DOUBLES");
  return asked == nullptr ? 100000 : std::atoi(asked);
}

} // namespace

TEST_CASE("float: value and slope of every 1021st bit pattern at every level") {
  std::vector<float> const z = every_1021st_float();
  test::for_each_activation([&](auto const& act) {
    for (simd_level const level : levels()) {
      CAPTURE(act.name);
      CAPTURE(static_cast<int>(level));
      worst const w = sweep(act, z, level,
                            [&](float at) { return test::exact(test::as_held<float>(act), static_cast<double>(at)); });
      CHECK(w.value <= test::allowed_ulp<float>(act));
      CHECK(w.slope <= test::allowed_ulp<float>(act));
      CHECK(w.false_zeros == 0);
    }
  });
}

TEST_CASE("double: value and slope of random bit patterns against MPFR at every level") {
  std::vector<double> z;
  test::random_doubles source{2026};
  for (int i = 0; i < doubles(); ++i) {
    z.push_back(i % 2 == 0 ? source.pattern() : source.where_functions_bend());
  }
  for (double const hard : {0.0, -0.0, 5e-324, -5e-324, 1e-310, 36.7368, -36.7368, 37.43, 708.396, -708.397, 709.78,
                            745.13, -745.13, 745.14, 1e308, -1e308, HUGE_VAL, -HUGE_VAL}) {
    z.push_back(hard);
  }
  test::for_each_activation([&](auto const& act) {
    for (simd_level const level : levels()) {
      CAPTURE(act.name);
      CAPTURE(static_cast<int>(level));
      worst const w = sweep(act, z, level, [&](double at) { return test::mpfr_exact(act, at); });
      CHECK(w.value <= test::allowed_ulp<double>(act));
      CHECK(w.slope <= test::allowed_ulp<double>(act));
      CHECK(w.false_zeros == 0);
    }
  });
}

namespace {
struct slope_from_output { // the usual formula
  template <class T> T value(T z) const { return satur::sigmoid{}.value(z); }
  template <class T> T derivative(T z) const {
    T const y = value(z);
    return y * (T(1) - y);
  }
};
} // namespace

TEST_CASE("self-test: the sweep detects the false zeros of y(1-y)") {
  std::vector<float> const z = {17.5f, 30.0f, 80.0f};
  worst const w = sweep(slope_from_output{}, z, satur::math::best_level(),
                        [](float at) { return test::exact(satur::sigmoid{}, static_cast<double>(at)); });
  CHECK(w.slope > 1000.0);
  CHECK(w.false_zeros == 3);
}
