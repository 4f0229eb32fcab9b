// dropout: what is dropped and what it becomes, the same in backward, evaluation, the ends of p, and its errors.
#include <satur/activation/relu.hpp>
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

TEST_CASE("dropout: with random numbers of its own it drops while it trains, other numbers in each forward") {
  std::mt19937 a(2), b(2), c(3);
  auto const x = matrix<float>(xt::ones<float>({100, 99}));
  dropout<float> one(0.3, a), two(0.3, b), another(0.3, c);
  CHECK(one.training);
  CHECK(one.has_random_numbers());
  CHECK_FALSE(dropout<float>(0.3).has_random_numbers());
  CHECK(a == b); // one key
  CHECK(a != std::mt19937(2));
  matrix<float> const first = one.forward(x);
  CHECK(a == b); // and no more later
  CHECK(two.forward(x) == first);
  CHECK(another.forward(x) != first);
  CHECK(static_cast<double>(zeros(first)) / 9900.0 == doctest::Approx(0.3).epsilon(0.05));
  CHECK(one.backward(x) == first);
  matrix<float> const second = one.forward(x);
  std::size_t both = 0; // dropped by both: independent
  for (std::size_t i = 0; i < x.size(); ++i) {
    both += first.data()[i] == 0.0f && second.data()[i] == 0.0f ? 1u : 0u;
  }
  CHECK(static_cast<double>(both) / 9900.0 == doctest::Approx(0.09).epsilon(0.12)); // 3.7 standard deviations
  two.training = false;
  CHECK(two.forward(x) == x);
  CHECK(two.backward(x) == x);
  two.training = true;
  dropout<float> copy(two);
  CHECK(two.forward(x) == second); // an evaluation draws nothing
  CHECK(copy.forward(x) == second);
  std::mt19937 g(7);
  CHECK(dropout<float>(0.3).forward(x, g) == one.forward(x, c = std::mt19937(7))); // a generator that is given is taken
  CHECK_THROWS_AS(dropout<float>(1.1, a), std::invalid_argument);
}

TEST_CASE("dropout: in training without random numbers it is refused, unless it drops none") {
  matrix<double> const x = xt::ones<double>({3, 4});
  dropout<double> layer(0.5);
  layer.training = true;
  CHECK_THROWS_WITH_AS(
      layer.forward(x),
      "satur::dropout::forward: in training, without random numbers; make the layer with a generator, dropout{p, "
      "generator}, or call forward(x, generator)",
      std::logic_error);
  std::mt19937 g(1);
  CHECK(zeros(layer.forward(x, g)) > 0);
  CHECK_THROWS_AS(layer.forward(x), std::logic_error);
  layer.p = 0.0;
  CHECK(layer.forward(x) == x);
}

TEST_CASE("dropout: in a chain it drops in training and not in evaluation") {
  std::mt19937 g(4);
  satur::sequential net{satur::dense<double>{6, 50, satur::normal{}, g}, dropout<double>{0.4, g}, satur::relu{},
                        satur::dense<double>{50, 2, satur::normal{}, g}};
  auto const x = make<double>(satur::normal{}, {20, 6}, g);
  matrix<double> const dy = xt::ones<double>({20, 2});
  auto& drop = net.layer<1>();
  matrix<double> const y = net.forward(x);
  CHECK(static_cast<double>(zeros(drop.z())) / 1000.0 == doctest::Approx(0.4).epsilon(0.15));
  net.backward(dy);
  auto const& z = drop.z();
  auto const& before = net.layer<0>().z();
  std::size_t kept = 0;
  for (std::size_t i = 0; i < z.size(); ++i) {
    CHECK((z.data()[i] == 0.0 || std::fabs(z.data()[i] * 0.6 - before.data()[i]) < 1e-12));
    kept += z.data()[i] != 0.0 ? 1u : 0u;
  }
  CHECK(kept > 0);
  CHECK(net.forward(x) != y);
  net.eval();
  CHECK(zeros(drop.forward(net.layer<0>().z())) == 0);
  matrix<double> const evaluated = net.forward(x);
  CHECK(net.forward(x) == evaluated);
  net.train();
  CHECK(net.forward(x) != evaluated);
  CHECK(
      refusal([&] {
        satur::sequential{satur::dense<double>{6, 5, satur::normal{}, g}, satur::named("drop 1", dropout<double>{0.4})};
      }) == "satur::sequential: drop 1 has no random numbers, so it would never drop any; make it with a generator: "
            "dropout{p, generator}");
  satur::sequential const none{satur::dense<double>{6, 5, satur::normal{}, g}, dropout<double>{0.0}};
  CHECK(none.names().size() == 2);
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
