// Value and slope just below, at, and just above each kink, against numbers written in this file.
#include "satur/activation.hpp"

#include "support/ulp.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>

namespace {

/// Near a kink, with u the distance to the next number: the value is v + v_u u + v_uu u^2, the slope s + s_u u.
struct side {
  double v = 0.0;
  double v_u = 0.0;
  double s = 0.0;
  double s_u = 0.0;
  double v_uu = 0.0;
};

template <class T, class A> void compare(A const& act, T z, long double u, side const& expected) {
  CAPTURE(z);
  auto const wide = [](double x) { return static_cast<long double>(x); };
  long double const value = wide(expected.v) + wide(expected.v_u) * u + wide(expected.v_uu) * u * u;
  long double const slope = wide(expected.s) + wide(expected.s_u) * u;
  CHECK(test::ulp_error(act.value(z), value) <= 1.0);
  CHECK(test::ulp_error(act.derivative(z), slope) <= 1.0);
  CHECK_FALSE(test::false_zero(act.value(z), value));
}

template <class T, class A>
void check_in(A const& act, double kink, side const& below, side const& at, side const& above) {
  T const z = static_cast<T>(kink);
  T const left = std::nextafter(z, -std::numeric_limits<T>::infinity());
  T const right = std::nextafter(z, std::numeric_limits<T>::infinity());
  compare(act, left, static_cast<long double>(z) - static_cast<long double>(left), below);
  compare(act, z, 0.0L, at);
  compare(act, right, static_cast<long double>(right) - static_cast<long double>(z), above);
}

template <class A> void check(A const& act, double kink, side const& below, side const& at, side const& above) {
  CAPTURE(std::string(act.name));
  CAPTURE(kink);
  check_in<float>(act, kink, below, at, above);
  check_in<double>(act, kink, below, at, above);
}

template <class A, std::size_t N> void states(A const& act, double const (&kinks)[N]) {
  CAPTURE(std::string(act.name));
  auto const stated = act.kinks();
  REQUIRE(stated.size() == N);
  for (std::size_t i = 0; i < N; ++i) {
    CHECK(stated[i] == kinks[i]);
  }
}

constexpr side zero{};

} // namespace

TEST_CASE("kinks: activations with a kink at 0") {
  check(satur::relu{}, 0.0, zero, zero, {.v_u = 1, .s = 1});
  check(satur::relu6{}, 0.0, zero, zero, {.v_u = 1, .s = 1});
  check(satur::leaky_relu{0.75}, 0.0, {.v_u = -0.75, .s = 0.75}, {.s = 0.75}, {.v_u = 1, .s = 1});
  check(satur::leaky_relu{-2.0}, 0.0, {.v_u = 2, .s = -2}, {.s = -2}, {.v_u = 1, .s = 1});
  check(satur::prelu{0.75}, 0.0, {.v_u = -0.75, .s = 0.75}, {.s = 0.75}, {.v_u = 1, .s = 1});
  check(satur::elu{2.0}, 0.0, {.v_u = -2, .s = 2}, {.s = 2}, {.v_u = 1, .s = 1});
  check(satur::elu{0.75}, 0.0, {.v_u = -0.75, .s = 0.75}, {.s = 0.75}, {.v_u = 1, .s = 1});
  double const l = 1.0507009873554805;
  double const la = 1.7580993408473769;
  check(satur::selu{}, 0.0, {.v_u = -la, .s = la}, {.s = la}, {.v_u = l, .s = l});
  check(satur::selu{2.0, 3.0}, 0.0, {.v_u = -6, .s = 6}, {.s = 6}, {.v_u = 3, .s = 3});
  // no kink for any alpha, and no false zero next to 0
  check(satur::celu{2.0}, 0.0, {.v_u = -1, .s = 1}, {.s = 1}, {.v_u = 1, .s = 1});
  check(satur::celu{0.25}, 0.0, {.v_u = -1, .s = 1}, {.s = 1}, {.v_u = 1, .s = 1});
}

TEST_CASE("kinks: clipped lines") {
  check(satur::relu6{}, 6.0, {.v = 6, .v_u = -1, .s = 1}, {.v = 6}, {.v = 6});
  check(satur::hard_tanh{}, -1.0, {.v = -1}, {.v = -1}, {.v = -1, .v_u = 1, .s = 1});
  check(satur::hard_tanh{}, 1.0, {.v = 1, .v_u = -1, .s = 1}, {.v = 1}, {.v = 1});
  check(satur::hard_tanh{-2.0, 0.5}, -2.0, {.v = -2}, {.v = -2}, {.v = -2, .v_u = 1, .s = 1});
  check(satur::hard_tanh{-2.0, 0.5}, 0.5, {.v = 0.5, .v_u = -1, .s = 1}, {.v = 0.5}, {.v = 0.5});
  double const sixth = 1.0 / 6.0;
  check(satur::hard_sigmoid{}, -3.0, zero, zero, {.v_u = sixth, .s = sixth});
  check(satur::hard_sigmoid{}, 3.0, {.v = 1, .v_u = -sixth, .s = sixth}, {.v = 1}, {.v = 1});
  check(satur::hard_sigmoid{0.25, 0.75}, -3.0, zero, zero, {.v_u = 0.25, .s = 0.25});
  check(satur::hard_sigmoid{0.25, 0.75}, 1.0, {.v = 1, .v_u = -0.25, .s = 0.25}, {.v = 1}, {.v = 1});
  check(satur::hard_sigmoid_keras2{}, -2.5, zero, zero, {.v_u = 0.2, .s = 0.2});
  check(satur::hard_sigmoid_keras2{}, 2.5, {.v = 1, .v_u = -0.2, .s = 0.2}, {.v = 1}, {.v = 1});
  check(satur::sparse_sigmoid{}, -1.0, zero, zero, {.v_u = 0.5, .s = 0.5});
  check(satur::sparse_sigmoid{}, 1.0, {.v = 1, .v_u = -0.5, .s = 0.5}, {.v = 1}, {.v = 1});
}

TEST_CASE("kinks: clipped parabolas") {
  // z (z + 3)/6: at -3 + u it is -u/2 + u^2/6, at 3 - u it is 3 - 3u/2 + u^2/6
  check(satur::hard_swish{}, -3.0, zero, zero, {.v_u = -0.5, .s = -0.5, .s_u = 1.0 / 3.0, .v_uu = 1.0 / 6.0});
  check(satur::hard_swish{}, 3.0, {.v = 3, .v_u = -1.5, .s = 1.5, .s_u = -1.0 / 3.0, .v_uu = 1.0 / 6.0},
        {.v = 3, .s = 1}, {.v = 3, .v_u = 1, .s = 1});
  // (z + 1)^2/4: its slope has no jump
  check(satur::sparse_plus{}, -1.0, zero, zero, {.s_u = 0.5, .v_uu = 0.25});
  check(satur::sparse_plus{}, 1.0, {.v = 1, .v_u = -1, .s = 1, .s_u = -0.5, .v_uu = 0.25}, {.v = 1, .s = 1},
        {.v = 1, .v_u = 1, .s = 1});
}

TEST_CASE("kinks: shrink activations and threshold") {
  for (double const w : {0.5, 1.25}) {
    check(satur::soft_shrink{w}, -w, {.v_u = -1, .s = 1}, zero, zero);
    check(satur::soft_shrink{w}, w, zero, zero, {.v_u = 1, .s = 1});
    check(satur::hard_shrink{w}, -w, {.v = -w, .v_u = -1, .s = 1}, zero, zero);
    check(satur::hard_shrink{w}, w, zero, zero, {.v = w, .v_u = 1, .s = 1});
  }
  check(satur::hard_shrink{1.5, 0.5}, -1.5, {.v = -1, .v_u = -1, .s = 1}, zero, zero);
  check(satur::hard_shrink{1.5, 0.5}, 1.5, zero, zero, {.v = 1, .v_u = 1, .s = 1});
  check(satur::threshold{}, 1.0, zero, zero, {.v = 1, .v_u = 1, .s = 1});
  check(satur::threshold{0.5, -3.0}, 0.5, {.v = -3}, {.v = -3}, {.v = 0.5, .v_u = 1, .s = 1});
  check(satur::threshold{-0.5, 0.25}, -0.5, {.v = 0.25}, {.v = 0.25}, {.v = -0.5, .v_u = 1, .s = 1});
}

TEST_CASE("kinks: stated positions") {
  states(satur::relu{}, {0.0});
  states(satur::leaky_relu{}, {0.0});
  states(satur::prelu{}, {0.0});
  states(satur::elu{2.0}, {0.0});
  states(satur::selu{}, {0.0});
  states(satur::relu6{}, {0.0, 6.0});
  states(satur::hard_tanh{}, {-1.0, 1.0});
  states(satur::hard_tanh{-2.0, 0.5}, {-2.0, 0.5});
  states(satur::hard_sigmoid{}, {-3.0, 3.0});
  states(satur::hard_sigmoid{0.25, 0.75}, {-3.0, 1.0});
  states(satur::hard_sigmoid_keras2{}, {-2.5, 2.5});
  states(satur::hard_swish{}, {-3.0, 3.0});
  states(satur::sparse_sigmoid{}, {-1.0, 1.0});
  states(satur::soft_shrink{1.25}, {-1.25, 1.25});
  states(satur::hard_shrink{1.25}, {-1.25, 1.25});
  states(satur::threshold{-0.5, 0.25}, {-0.5});
  CHECK_FALSE(satur::has_kinks<satur::celu>); // smooth for every alpha
}
