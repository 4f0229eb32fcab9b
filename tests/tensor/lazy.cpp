// Lazy activations of xtensor expressions have the bits of array passes, use SIMD and keep their parameters.
// levels: all
#include "satur/activation.hpp"
#include "satur/observe.hpp"
#include "satur/simd/level.hpp"
#include "satur/tensor.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

namespace {

template <class T> xt::xtensor<T, 1> some_z(std::size_t n) {
  std::mt19937_64 urbg{7};
  xt::xtensor<T, 1> z = xt::xtensor<T, 1>::from_shape({n});
  for (T& e : z) {
    e = static_cast<T>(static_cast<double>(urbg() >> 11) * 0x1p-53 * 60.0 - 30.0);
  }
  z(3) = std::numeric_limits<T>::infinity();
  z(4) = -std::numeric_limits<T>::infinity();
  z(5) = std::numeric_limits<T>::quiet_NaN();
  z(6) = std::numeric_limits<T>::denorm_min();
  return z;
}

template <class T> bool same_bits(T a, T b) {
  return (std::isnan(a) && std::isnan(b)) || std::memcmp(&a, &b, sizeof(T)) == 0;
}

template <class T, class A> void check_lazy(A const& act) {
  CAPTURE(A::name);
  // Odd lengths, so that xtensor's scalar head and tail run too.
  for (std::size_t const n : {std::size_t{7}, std::size_t{64}, std::size_t{1003}}) {
    xt::xtensor<T, 1> const z = some_z<T>(n);
    xt::xtensor<T, 1> y = xt::zeros<T>({n});
    xt::xtensor<T, 1> dy = xt::zeros<T>({n});
    satur::scoped_level const compiled(satur::math::compiled_level);
    satur::forward(act, z, y, dy);
    xt::xtensor<T, 1> const lazy = satur::value(act, z);
    xt::xtensor<T, 1> const lazy_slope = satur::derivative(act, z);
    xt::xtensor<T, 1> const called = act(z);
    std::size_t differing = 0;
    for (std::size_t i = 0; i < n; ++i) {
      differing += !same_bits(lazy(i), y(i)) + !same_bits(lazy_slope(i), dy(i)) + !same_bits(called(i), y(i));
    }
    CHECK(differing == 0);
  }
}

struct unfit {
  template <class Z> Z operator()(Z const& z) const { return z; }
  template <class B, class U> B simd_apply(B const& z, U) const { return z; }
};

} // namespace

TEST_CASE_TEMPLATE("lazy expression: the bits of the array pass", T, float, double) {
  check_lazy<T>(satur::identity{});
  check_lazy<T>(satur::sigmoid{});
  check_lazy<T>(satur::centered_sigmoid{});
  check_lazy<T>(satur::tanh{});
  check_lazy<T>(satur::softsign{});
  check_lazy<T>(satur::relu{});
  check_lazy<T>(satur::leaky_relu{});
}

TEST_CASE("lazy expression: the functor keeps its parameters") {
  xt::xtensor<double, 1> const z = {-2.0, 3.0};
  xt::xtensor<double, 1> const y = satur::value(satur::leaky_relu{0.3}, z);
  CHECK(y(0) == doctest::Approx(-0.6));
  CHECK(y(1) == 3.0);
  xt::xtensor<double, 1> const dy = satur::derivative(satur::leaky_relu{0.3}, z);
  CHECK(dy(0) == 0.3);
}

TEST_CASE("lazy expression: temporaries are kept, expressions compose, shapes broadcast") {
  xt::xtensor<float, 2> const z = {{1.0f, -2.0f}, {0.5f, 8.0f}};
  auto const make_lazy = [] { return satur::value(satur::tanh{}, xt::xtensor<float, 1>{0.25f, 4.0f}); };
  auto const kept = make_lazy();
  CHECK(kept(0) == satur::tanh{}(0.25f));
  xt::xtensor<float, 2> const composed = 2.0f * satur::value(satur::sigmoid{}, z + 1.0f) - 1.0f;
  CHECK(composed(1, 0) == doctest::Approx(2.0 / (1.0 + std::exp(-1.5)) - 1.0));
  xt::xtensor<float, 2> const sum = satur::value(satur::relu{}, z) + kept;
  CHECK(sum(0, 1) == satur::tanh{}(4.0f));
}

TEST_CASE("lazy expression: integers convert to double, the same functions accept numbers") {
  xt::xtensor<int, 1> const z = {-1, 0, 1};
  xt::xtensor<double, 1> const y = satur::value(satur::sigmoid{}, z);
  CHECK(y(1) == 0.5);
  CHECK(satur::value(satur::sigmoid{}, 0.0f) == 0.5f);
  CHECK(satur::derivative(satur::sigmoid{}, 0.0) == 0.25);
}

namespace {
struct user_template {
  template <class T> T value(T z) const { return T(3) * z; }
  template <class T> T derivative(T) const { return T(3); }
};
struct user_double {
  double value(double z) const { return std::sin(z); }
  double derivative(double z) const { return std::cos(z); }
};
struct user_float {
  template <std::same_as<float> T> T value(T z) const { return std::sin(z); }
  template <std::same_as<float> T> T derivative(T z) const { return std::cos(z); }
};
} // namespace

TEST_CASE("lazy expression: user's activations, in lanes or by element") {
  xt::xtensor<float, 1> const z = some_z<float>(67);
  xt::xtensor<double, 1> const wide = some_z<double>(67);
  xt::xtensor<int, 1> const whole = {-1, 0, 1};
  xt::xtensor<float, 1> const y = satur::value(user_template{}, z);
  xt::xtensor<float, 1> const narrow_sine = satur::value(user_double{}, z);
  xt::xtensor<float, 1> const narrow_cosine = satur::derivative(user_float{}, z);
  xt::xtensor<double, 1> const sine = satur::value(user_double{}, wide);
  xt::xtensor<double, 1> const cosine = satur::derivative(user_double{}, whole);
  std::size_t differing = 0;
  for (std::size_t i = 0; i < z.size(); ++i) {
    differing += !same_bits(y(i), 3.0f * z(i)) + !same_bits(sine(i), std::sin(wide(i)));
    differing += !same_bits(narrow_sine(i), static_cast<float>(std::sin(static_cast<double>(z(i)))));
    differing += !same_bits(narrow_cosine(i), std::cos(z(i)));
  }
  CHECK(differing == 0);
  CHECK(cosine(2) == std::cos(1.0));
  CHECK(satur::value(user_double{}, 1.0f) == static_cast<float>(std::sin(1.0)));
  CHECK(satur::derivative(user_double{}, 1.0) == std::cos(1.0));
}

#ifdef XTENSOR_USE_XSIMD
TEST_CASE_TEMPLATE("lazy expression: xtensor selects SIMD for values and derivatives", T, float, double) {
  using tensor = xt::xtensor<T, 1>;
  using lazy_value = decltype(satur::value(satur::sigmoid{}, std::declval<tensor const&>()));
  using lazy_slope = decltype(satur::derivative(satur::leaky_relu{}, std::declval<tensor const&>()));
  CHECK(xt::has_simd_interface<lazy_value, T>::value);
  CHECK(xt::has_simd_interface<lazy_slope, T>::value);
  CHECK(xt::xassign_traits<tensor, lazy_value>::simd_linear_assign());
  // the check can fail: SIMD is not chosen for a functor with a second template parameter
  using refused = xt::xfunction<unfit, xt::const_xclosure_t<tensor const&>>;
  CHECK_FALSE(xt::has_simd_interface<refused, T>::value);
}
#endif
