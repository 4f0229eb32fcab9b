// Every activation through the one suite, and wrong activations that each part must catch.
#include "support/activation_suite.hpp"
#include "support/activations.hpp"

#include <doctest/doctest.h>

namespace {

void none(test::complaints const& found) {
  for (std::string const& c : found) {
    FAIL_CHECK(c);
  }
  CHECK(found.empty());
}

} // namespace

TEST_CASE("derivatives agree with dual numbers and finite differences") {
  test::for_each_activation([](auto const& act) {
    CAPTURE(act.name);
    none(test::derivative_agrees(act));
  });
}

TEST_CASE_TEMPLATE("limits, monotony, peak slope and flat sides are as stated", T, float, double, long double) {
  test::for_each_activation([](auto const& act) {
    CAPTURE(act.name);
    none(test::facts_hold<T>(act));
  });
}

TEST_CASE_TEMPLATE("NaN, zeros, subnormals, the far tail, no spurious flags", T, float, double) {
  test::for_each_activation([](auto const& act) {
    CAPTURE(act.name);
    none(test::specials_hold<T>(act));
  });
}

TEST_CASE_TEMPLATE("place, length, level and scalar calls give the same bits", T, float, double) {
  test::for_each_activation([](auto const& act) {
    CAPTURE(act.name);
    none(test::places_agree<T>(act));
  });
}

TEST_CASE("kinks take the flat side's slope") {
  CHECK(satur::relu{}.derivative(0.0) == 0.0);
  CHECK(satur::relu{}.derivative(-0.0f) == 0.0f);
  CHECK(satur::leaky_relu{}.derivative(0.0) == 0.01);
  CHECK(satur::leaky_relu{0.2}.derivative(0.0f) == 0.2f);
  CHECK(satur::sparse_sigmoid{}.derivative(-1.0) == 0.0);
  CHECK(satur::sparse_sigmoid{}.derivative(1.0f) == 0.0f);
}

TEST_CASE("odd and even, to the bit") {
  for (float const z : test::points<float>()) {
    CHECK(satur::tanh{}(-z) == -satur::tanh{}(z));
    CHECK(satur::softsign{}(-z) == -satur::softsign{}(z));
    CHECK(satur::centered_sigmoid{}(-z) == -satur::centered_sigmoid{}(z));
    CHECK(satur::arctan{}(-z) == -satur::arctan{}(z));
    CHECK(satur::lecun_tanh{}(-z) == -satur::lecun_tanh{}(z));
    CHECK(satur::tanh_shrink{}(-z) == -satur::tanh_shrink{}(z));
    CHECK(satur::arctan{}.derivative(-z) == satur::arctan{}.derivative(z));
    CHECK(satur::lecun_tanh{}.derivative(-z) == satur::lecun_tanh{}.derivative(z));
    CHECK(satur::tanh_shrink{}.derivative(-z) == satur::tanh_shrink{}.derivative(z));
    CHECK(satur::sigmoid{}.derivative(-z) == satur::sigmoid{}.derivative(z));
    CHECK(satur::tanh{}.derivative(-z) == satur::tanh{}.derivative(z));
  }
  CHECK(std::signbit(satur::tanh{}(-0.0)));
  CHECK(std::signbit(satur::softsign{}(-0.0f)));
  CHECK(std::signbit(satur::centered_sigmoid{}(-0.0)));
  CHECK(std::signbit(satur::arctan{}(-0.0f)));
  CHECK(std::signbit(satur::lecun_tanh{}(-0.0f)));
  CHECK(std::signbit(satur::tanh_shrink{}(-0.0)));
  CHECK(std::signbit(satur::mish{}(-0.0)));
}

TEST_CASE("exact facts") {
  CHECK(satur::sigmoid{}.derivative(5.0) == doctest::Approx(0.006648056670790155).epsilon(1e-15));
  CHECK(satur::sigmoid{}(0.0f) == 0.5f);
  CHECK(satur::tanh{}.derivative(2.5) == 4.0 * satur::sigmoid{}.derivative(5.0));
  CHECK(satur::sigmoid{}.derivative(80.0f) > 0.0f); // y(1-y) is 0 there
  CHECK(satur::sigmoid{}.derivative(103.0f) > 0.0f);
  CHECK(satur::tanh{}.derivative(372.0) > 0.0);
  CHECK(satur::tanh_shrink{}(1e-4f) == doctest::Approx(3.3333333e-13).epsilon(1e-7)); // z - tanh z is 0 or less there
  CHECK(satur::squareplus{}(-5000.0f) == doctest::Approx(1.99999992e-4).epsilon(1e-7));
  CHECK(satur::squareplus{}(-1e30f) == doctest::Approx(1e-30).epsilon(1e-7));
  CHECK(satur::squareplus{1.0}(0.0) == 0.5);
  CHECK(satur::lecun_tanh{}(1.0) == doctest::Approx(1.0).epsilon(1e-4));
  CHECK(satur::lecun_tanh{}.derivative(559.961074) > 0.0); // 0.52 steps of the smallest number
  CHECK(satur::mish{}(satur::mish::minimum_at()) == doctest::Approx(satur::mish::minimum()).epsilon(1e-15));
  CHECK(satur::mish{}(-8.0f) == doctest::Approx(-2.6828e-3).epsilon(1e-3));
  CHECK(satur::exponential{}(88.72283f) < HUGE_VALF);
  CHECK(satur::exponential{}(88.72284f) == HUGE_VALF);
  CHECK(satur::exponential{}(709.782712893384) < HUGE_VAL);
}

// --- wrong activations
// ------------------------------------------------------------------------------------------------

namespace {

struct from_output : satur::sigmoid {
  template <class T> T derivative(T z) const {
    T const y = value(z);
    return y * (T(1) - y);
  }
};
struct wrong_factor : satur::tanh {
  template <class T> T derivative(T z) const { return T(0.999) * satur::tanh::derivative(z); }
};
struct wrong_facts : satur::sigmoid {
  static constexpr bool flat_right = false;
  static constexpr double peak_slope() { return 0.3; }
  static constexpr double upper() { return 0.9; }
};
struct without_peak { // of a slope that has one
  static constexpr bool flat_left = true;
  static constexpr bool flat_right = true;
  template <class T> T value(T z) const { return satur::sigmoid{}.value(z); }
  template <class T> T derivative(T z) const { return satur::sigmoid{}.derivative(z); }
  static constexpr double lower() { return 0.0; }
  static constexpr double upper() { return 1.0; }
};
struct loses_nan : satur::relu {
  template <class T> T value(T z) const { return z > T(0) ? z : T(0); }
};
struct by_place { // depends on how it is called
  static constexpr std::string_view name = "by_place";
  template <class T> T value(T z) const { return satur::math::is_lanes_v<T> ? z + T(1) : z; }
  template <class T> T derivative(T) const { return T(1); }
};

} // namespace

TEST_CASE("the suite finds what is wrong") {
  CHECK_FALSE(test::derivative_agrees(wrong_factor{}).empty());
  CHECK_FALSE(test::derivative_agrees(from_output{}).empty());
  CHECK_FALSE(test::specials_hold<float>(from_output{}).empty());
  CHECK(test::facts_hold<double>(wrong_facts{}).size() >= 3);
  CHECK_FALSE(test::specials_hold<double>(loses_nan{}).empty());
  CHECK(test::facts_hold<double>(without_peak{}).size() == 1);
  if (satur::math::native_bytes > 0) {
    CHECK_FALSE(test::places_agree<float>(by_place{}).empty());
  }
}
