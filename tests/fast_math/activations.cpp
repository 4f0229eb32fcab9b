// NaN and infinity through the value and the slope of every activation, with the flags of this folder.
#include "fast_math/bits.hpp"

#include "satur/observe.hpp"
#include "satur/testing.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <tuple>
#include <vector>

namespace {

/// f'(±inf) of the library's activations, from their definitions: 0 on a flat side, else the slope of the line.
template <class A> double slope_at_end(A const& act, bool left) {
  std::string_view const name = act.name;
  if (left ? act.flat_left : act.flat_right) {
    return 0.0;
  }
  if (name == "exponential") {
    return test::infinity_of<double>(false);
  }
  if (name == "selu") {
    return 1.0507009873554805;
  }
  return left && name == "leaky_relu" ? 0.01 : left && name == "prelu" ? 0.25 : 1.0;
}

/// What f and f' are at NaN, inf or -inf: NaN, or the limits.
struct expected {
  std::string_view name;
  double limits[2];
  double slopes[2];
};

template <class T> SATUR_NOINLINE void check_one(expected const& e, T y, T slope, T z) {
  CAPTURE(e.name);
  CAPTURE(sizeof(T));
  if (test::is_nan(z)) {
    CHECK(test::is_nan(y));
    CHECK(test::is_nan(slope));
    return;
  }
  bool const left = test::is_negative(z);
  CAPTURE(left);
  CHECK(test::is_limit(y, e.limits[left ? 0 : 1]));
  CHECK(test::is_limit(slope, e.slopes[left ? 0 : 1]));
}

template <class A> expected expected_of(A const& act) {
  return {act.name, {act.lower(), act.upper()}, {slope_at_end(act, true), slope_at_end(act, false)}};
}

template <class F> void for_each_activation(F const& f) {
  std::apply([&f](auto const&... act) { (f(act), ...); }, satur::all_activations{});
}

template <class T> std::vector<T> specials() {
  return {test::nan_of<T>(), test::infinity_of<T>(false), test::infinity_of<T>(true)};
}

/// Ordinary numbers with the special ones among them, in the body of the loop and in its tail.
template <class T> std::vector<T> among_numbers() {
  std::vector<T> z(71, T(0.25));
  std::size_t at = 3;
  for (std::size_t round = 0; round < 6; ++round) {
    for (T const x : specials<T>()) {
      z[at] = x;
      at = (at + 11) % z.size();
    }
  }
  return z;
}

template <class T> void scalars() {
  for_each_activation([](auto const& act) {
    for (T const z : specials<T>()) {
      check_one(expected_of(act), act.value(z), act.derivative(z), z);
    }
    // Of a NaN that was computed here the compiler may believe more than of one that it reads.
    T const given = test::nan_of<T>();
    T const value = act.value(T(-given));
    CAPTURE(act.name);
    CHECK(test::is_nan(value));
    T const other = test::nan_of<T>();
    T const slope = act.derivative(T(-other));
    CHECK(test::is_nan(slope));
  });
}

template <class T> void arrays() {
  std::vector<T> const z = among_numbers<T>();
  std::vector<T> y(z.size());
  std::vector<T> dy(z.size());
  for_each_activation([&](auto const& act) {
    satur::apply(act, z, y, dy);
    for (std::size_t i = 0; i < z.size(); ++i) {
      if (test::kind_of(z[i]) != test::kind::number) {
        check_one(expected_of(act), y[i], dy[i], z[i]);
      }
    }
  });
}

} // namespace

TEST_CASE("fast math: NaN and infinity through a scalar call") {
  scalars<float>();
  scalars<double>();
  scalars<long double>();
}
TEST_CASE("fast math: NaN and infinity through an array") {
  arrays<float>();
  arrays<double>();
}

// docs/flags.md says how much of the last digits is lost. Float is compared with double, which takes no approximate
// reciprocals. Subnormal values are 0, and slopes near 0 have lost more, relative to themselves.
TEST_CASE("fast math: values in float are within 2.4 ulp, slopes within 3.4, scalar and in arrays") {
  std::vector<float> z;
  for (int i = -6400; i <= 6400; ++i) {
    z.push_back(static_cast<float>(i) / 256.0f);
  }
  std::vector<float> y(z.size());
  std::vector<float> dy(z.size());
  auto const take = [](double& error, float x, double truth, double from) {
    if (truth > from || truth < -from) {
      error = (std::max)(error, satur::testing::ulp_error(x, static_cast<long double>(truth)));
    }
  };
  for_each_activation([&](auto const& act) {
    CAPTURE(act.name);
    satur::apply(act, z, y, dy);
    double value_errors[2] = {0.0, 0.0};
    double slope_errors[2] = {0.0, 0.0};
    for (std::size_t i = 0; i < z.size(); ++i) {
      double const value = act.value(static_cast<double>(z[i]));
      double const slope = act.derivative(static_cast<double>(z[i]));
      take(value_errors[0], act.value(z[i]), value, 1.2e-38);
      take(value_errors[1], y[i], value, 1.2e-38);
      take(slope_errors[0], act.derivative(z[i]), slope, 0.1);
      take(slope_errors[1], dy[i], slope, 0.1);
    }
    for (int k = 0; k < 2; ++k) {
      CHECK(value_errors[k] <= 2.4);
      CHECK(slope_errors[k] <= 3.4);
    }
  });
}
