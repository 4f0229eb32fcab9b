// Exact properties of single activations. suite_float.cpp, suite_double.cpp and suite_long_double.cpp check what all
// share.
#include "satur/diagnostic.hpp"
#include "satur/testing/points.hpp"
#include "support/relative.hpp"

#include <doctest/doctest.h>

#include <cmath>

TEST_CASE("activations: the slope at a kink is that of the flat side") {
  CHECK(satur::relu{}.derivative(0.0) == 0.0);
  CHECK(satur::relu{}.derivative(-0.0f) == 0.0f);
  CHECK(satur::leaky_relu{}.derivative(0.0) == 0.01);
  CHECK(satur::leaky_relu{0.2}.derivative(0.0f) == 0.2f);
  CHECK(satur::sparse_sigmoid{}.derivative(-1.0) == 0.0);
  CHECK(satur::sparse_sigmoid{}.derivative(1.0f) == 0.0f);
}

TEST_CASE("activations: odd and even symmetry is exact") {
  for (float const z : satur::testing::telling_points<float>()) {
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
}

TEST_CASE_TEMPLATE("activations: f(±0) = ±0 keeps its sign, scalar and in lanes", T, float, double) {
  auto const check = [](auto const& act) {
    CAPTURE(std::string(act.name));
    std::vector<T> const z{T(0), T(-0.0), T(0), T(-0.0), T(1)};
    std::vector<T> y(z.size());
    CHECK(!std::signbit(act(T(0))));
    CHECK(std::signbit(act(T(-0.0))));
    satur::apply(act, z, y);
    for (std::size_t i = 0; i < 4; ++i) {
      CHECK(y[i] == T(0));
      CHECK(std::signbit(y[i]) == std::signbit(z[i]));
    }
  };
  check(satur::tanh{});
  check(satur::softsign{});
  check(satur::centered_sigmoid{});
  check(satur::arctan{});
  check(satur::erf{});
  check(satur::lecun_tanh{});
  check(satur::tanh_shrink{});
  check(satur::mish{});
  check(satur::gelu{});
  check(satur::gelu_tanh{});
  check(satur::gelu_quick{});
  check(satur::silu{});
  check(satur::silu{2.0});
}

TEST_CASE("activations: exact values at selected points") {
  CHECK(satur::sigmoid{}.derivative(5.0) == doctest::Approx(0.006648056670790155).epsilon(1e-15));
  CHECK(satur::sigmoid{}(0.0f) == 0.5f);
  CHECK(satur::tanh{}.derivative(2.5) == 4.0 * satur::sigmoid{}.derivative(5.0));
  CHECK(satur::sigmoid{}.derivative(80.0f) > 0.0f); // y(1-y) is 0 there
  CHECK(satur::sigmoid{}.derivative(103.0f) > 0.0f);
  CHECK(satur::tanh{}.derivative(372.0) > 0.0);
  CHECK(satur::tanh_shrink{}(1e-4f) == satur_test::relative(3.33333308e-13, 2e-7)); // z - tanh z is 0 or less
  CHECK(satur::squareplus{}(-5000.0f) == satur_test::relative(1.99999992e-4, 1e-7));
  CHECK(satur::squareplus{}(-1e30f) == satur_test::relative(1e-30, 1e-7));
  CHECK(satur::squareplus{1.0}(0.0) == 0.5);
  CHECK(satur::lecun_tanh{}(1.0) == doctest::Approx(1.0).epsilon(1e-4));
  CHECK(satur::mish{}(satur::mish::minimum_at()) == doctest::Approx(satur::mish::minimum()).epsilon(1e-15));
  CHECK(satur::mish{}(-8.0f) == satur_test::relative(-2.6828e-3, 1e-3));
  CHECK(satur::exponential{}(88.72283f) < HUGE_VALF);
  CHECK(satur::exponential{}(88.72284f) == HUGE_VALF);
  CHECK(satur::exponential{}(709.782712893384) < HUGE_VAL);
}
