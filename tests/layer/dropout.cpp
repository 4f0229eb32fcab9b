// dropout: what is dropped and what it becomes, the same in backward, evaluation, the ends of p, and its errors.
#include <satur/initializer.hpp>
#include <satur/layer.hpp>
#include <satur/testing.hpp>

#include "support/refusal.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

template <class T> using matrix = xt::xtensor<T, 2>;
using satur::dropout;
using satur::make;
using satur_test::refusal;

template <class M> std::size_t zeros(M const& y) {
  return static_cast<std::size_t>(std::count(y.begin(), y.end(), typename M::value_type(0)));
}

} // namespace

TEST_CASE_TEMPLATE("dropout: a share p is 0, the rest is x/(1 - p)", T, float, double) {
  std::mt19937 g(1);
  auto const x = make<T>(satur::uniform{1.0, 2.0}, {100, 101}, g);
  for (double const p : {0.1, 0.5, 0.9}) {
    dropout<T> layer(p);
    auto const& y = layer.forward(x, g);
    double sum = 0.0;
    std::size_t neither = 0; // 0 nor x/(1 - p)
    for (std::size_t i = 0; i < x.size(); ++i) {
      double const ratio = static_cast<double>(y.data()[i]) / static_cast<double>(x.data()[i]);
      sum += ratio;
      neither += y.data()[i] == T(0) || std::fabs(ratio * (1.0 - p) - 1.0) < 1e-6 ? 0u : 1u;
    }
    CHECK(neither == 0);
    double const n = static_cast<double>(x.size());
    // 5 standard deviations of a binomial share
    CHECK(std::fabs(static_cast<double>(zeros(y)) / n - p) < 5.0 * std::sqrt(p * (1.0 - p) / n));
    CHECK(std::fabs(sum / n - 1.0) < 5.0 * std::sqrt(p / (1.0 - p) / n)); // the mean stays
    // neither rows nor columns share their fate
    for (std::size_t axis = 0; axis < 2; ++axis) {
      for (std::size_t k = 0; k < 100; ++k) {
        std::size_t dropped = 0;
        for (std::size_t i = 0; i < 100; ++i) {
          dropped += (axis == 0 ? y(k, i) : y(i, k)) == T(0) ? 1u : 0u;
        }
        CHECK(std::fabs(static_cast<double>(dropped) / 100.0 - p) < 6.0 * std::sqrt(p * (1.0 - p) / 100.0));
      }
    }
  }
}

TEST_CASE("dropout: the seed decides, a new forward draws anew, evaluation changes nothing") {
  std::mt19937 a(2), b(2), c(3);
  auto const x = matrix<float>(xt::ones<float>({8, 9}));
  dropout<float> one(0.5), two(0.5);
  matrix<float> const first = one.forward(x, a);
  CHECK(two.forward(x, b) == first);
  CHECK(one.forward(x, a) != first);
  CHECK(two.forward(x, b) == one.z());
  CHECK(two.forward(x, c) != first);
  CHECK(one.forward(x) == x);
  CHECK(one.backward(x) == x);
  CHECK(one.forward(x, a) == two.forward(x, b)); // an evaluation in between draws nothing
}

TEST_CASE("dropout: backward drops what forward dropped") {
  std::mt19937 g(4);
  dropout<double> layer(0.3);
  auto const x = make<double>(satur::uniform{1.0, 2.0}, {7, 5}, g);
  auto const dy = make<double>(satur::uniform{1.0, 2.0}, {7, 5}, g);
  matrix<double> const y = layer.forward(x, g);
  matrix<double> const dx = layer.backward(dy);
  CHECK(layer.z() == y);
  for (std::size_t i = 0; i < x.size(); ++i) {
    CHECK(dx.data()[i] == doctest::Approx(dy.data()[i] * y.data()[i] / x.data()[i]));
  }
  CHECK(layer.backward(layer.z()) != dx);
  CHECK(layer.backward(dy) == dx);
}

namespace {
struct of_another_draw : dropout<double> { // backward draws its own mask
  std::mt19937 g{9};
  matrix<double> ones = xt::ones<double>({6, 7});
  using dropout<double>::dropout;
  template <class E> tensor const& backward(E const& dy) {
    this->forward(ones, g);
    return dropout<double>::backward(dy);
  }
};
template <class Layer> satur::testing::report gradients(Layer layer) {
  std::mt19937 g(5);
  auto x = make<double>(satur::normal{}, {6, 7}, g);
  auto const dy = make<double>(satur::normal{}, {6, 7}, g);
  matrix<double> dx = x;
  satur::testing::gradient_check check("dropout");
  check.add("x", x, dx);
  return check.run(
      [&] {
        std::mt19937 same(6); // every forward drops the same numbers
        return xt::sum(layer.forward(x, same) * dy)();
      },
      [&] { dx = layer.backward(dy); });
}
} // namespace

TEST_CASE("dropout: gradient check with a fixed seed, and a mask that is drawn again is found") {
  for (double const p : {0.0, 0.4, 1.0}) {
    auto const r = gradients(dropout<double>(p));
    CHECK_MESSAGE(r.passed(), r.text());
  }
  CHECK(gradients(of_another_draw(0.4)).failed("dL/dx"));
}

TEST_CASE("dropout: p of 0 and 1, NaN, and an empty batch") {
  std::mt19937 g(7), untouched(7);
  float const nan = std::numeric_limits<float>::quiet_NaN();
  matrix<float> const x{{1.0f, nan, 3.0f, std::numeric_limits<float>::infinity()}};
  matrix<float> const ones{{1.0f, 1.0f, 1.0f, 1.0f}};
  dropout<float> none(0.0), all(1.0);
  none.forward(x, g);
  CHECK(g == untouched);
  CHECK(none.z()(0, 0) == 1.0f);
  CHECK(std::isnan(none.z()(0, 1)));
  CHECK(none.backward(ones) == ones);
  CHECK(zeros(all.forward(x, g)) == 4);
  CHECK(zeros(all.backward(ones)) == 4);
  CHECK(zeros(all.forward(matrix<float>(ones))) == 0); // evaluation
  auto const empty = matrix<float>(matrix<float>::from_shape({0, 4}));
  CHECK(all.forward(empty, g).shape(0) == 0);
  CHECK(all.backward(empty).size() == 0);
}

TEST_CASE("dropout: any kind of x, its own arrays, and several axes") {
  std::mt19937 a(8), b(8);
  dropout<double, 3> one, two; // p is 0.5
  auto const x = make<double>(satur::normal{}, {2, 3, 4}, a);
  static_cast<void>(make<double>(satur::normal{}, {2, 3, 4}, b));
  auto const y = one.forward(2.0 * x, a); // an expression
  CHECK(y == two.forward(xt::xtensor<double, 3>(2.0 * x), b));
  one.forward(one.z(), a); // its own output
  two.forward(xt::xtensor<double, 3>(two.z()), b);
  CHECK(one.z() == two.z());
  CHECK(one.backward(one.z()) == two.backward(xt::xtensor<double, 3>(two.z())));
  CHECK(one.saturated_fraction(0.5) == satur::saturated_fraction(one.z(), 0.5));
}

TEST_CASE("dropout: wrong probabilities and shapes are refused") {
  std::mt19937 g(9);
  std::string const message = "; allowed: a probability in [0, 1], such as 0.5";
  CHECK(refusal([] { dropout<float>(-0.1); }) == "satur::dropout: p is -0.1" + message);
  CHECK(refusal([] { dropout<float>(std::nan("")); }) == "satur::dropout: p is nan" + message);
  dropout<float> layer;
  CHECK_THROWS_AS(layer.backward(matrix<float>(xt::ones<float>({1, 2}))), std::logic_error);
  CHECK(refusal([&] {
          layer.forward(xt::xarray<float>::from_shape({2, 3, 4}), g);
        }) == "satur::dropout::forward: x has shape (2, 3, 4); expected 2 axes");
  layer.forward(matrix<float>(xt::ones<float>({1, 2})), g);
  CHECK(refusal([&] {
          layer.backward(matrix<float>(xt::ones<float>({2, 2})));
        }) == "satur::dropout::backward: dz has shape (2, 2); expected (1, 2), the shape of z");
  layer.p = 1.5;
  CHECK(refusal([&] {
          layer.forward(matrix<float>(xt::ones<float>({1, 2})));
        }) == "satur::dropout::forward: p is 1.5" + message);
}
