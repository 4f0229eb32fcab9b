// flatten and global pooling: images as rows of units, and back.
#include <satur/initializer.hpp>
#include <satur/layer.hpp>
#include <satur/testing.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <stdexcept>
#include <string>

using satur::flatten;
using satur::global_average_pool2d;
using satur::global_max_pool2d;
using satur::make;

namespace {

template <class T> using matrix = xt::xtensor<T, 2>;
template <class T> using images = xt::xtensor<T, 4>;

template <class F> std::string refusal(F&& f) {
  try {
    f();
  } catch (satur::shape_error const& e) {
    return e.what();
  }
  return "nothing thrown";
}

} // namespace

TEST_CASE_TEMPLATE("flatten: the numbers of a sample in order, and back", T, float, double) {
  std::mt19937 g(1);
  flatten<T> flat;
  for (std::size_t const batch : {2u, 0u, 1u}) {
    auto const x = make<T>(satur::normal{}, {batch, 3, 4, 5}, g);
    matrix<T> const& y = flat.forward(x);
    CHECK(y.shape() == typename matrix<T>::shape_type{batch, 60});
    for (std::size_t n = 0; n < batch; ++n) {
      for (std::size_t u = 0; u < 60; ++u) {
        CHECK(y(n, u) == x(n, u / 20, u / 5 % 4, u % 5));
      }
    }
    CHECK(flat.backward(matrix<T>(y)) == x);
    CHECK(flat.backward(y) == x); // its own output
  }
  flatten<T, 3> sequences;
  CHECK(sequences.forward(xt::xtensor<T, 3>{{{1, 2}, {3, 4}}}) == matrix<T>{{1, 2, 3, 4}});
  flatten<T, 1> numbers;
  CHECK(numbers.forward(xt::xtensor<T, 1>{1, 2, 3}) == matrix<T>{{1}, {2}, {3}});
}

TEST_CASE_TEMPLATE("global pooling: the mean and the first of the largest pixels", T, float, double) {
  T const infinity = std::numeric_limits<T>::infinity();
  T const nan = std::numeric_limits<T>::quiet_NaN();
  images<T> const x{
      {{{1, 2, 3}, {6, 5, 6}}, {{-1, -1, -1}, {-1, -1, -1}}},
      {{{-infinity, -infinity, -infinity}, {-infinity, -infinity, -infinity}}, {{0, nan, 3}, {nan, 9, 9}}}};
  matrix<T> const dy{{6, 12}, {18, 24}};
  global_max_pool2d<T> most;
  most.forward(x);
  CHECK(most.y()(0, 0) == 6);
  CHECK(most.y()(0, 1) == -1);
  CHECK(most.y()(1, 0) == -infinity);
  CHECK(std::isnan(most.y()(1, 1)));
  CHECK(most.backward(dy) == images<T>{{{{0, 0, 0}, {6, 0, 0}}, {{12, 0, 0}, {0, 0, 0}}},
                                       {{{18, 0, 0}, {0, 0, 0}}, {{0, 24, 0}, {0, 0, 0}}}});
  global_average_pool2d<T> mean;
  mean.forward(x);
  CHECK(static_cast<double>(mean.y()(0, 0)) == doctest::Approx(23.0 / 6.0));
  CHECK(mean.y()(0, 1) == -1);
  CHECK(mean.y()(1, 0) == -infinity);
  CHECK(std::isnan(mean.y()(1, 1)));
  CHECK(mean.backward(dy) ==
        images<T>{{{{1, 1, 1}, {1, 1, 1}}, {{2, 2, 2}, {2, 2, 2}}}, {{{3, 3, 3}, {3, 3, 3}}, {{4, 4, 4}, {4, 4, 4}}}});
}

TEST_CASE("flatten and global pooling: gradient checks; used again; batches of 0 and 1") {
  std::mt19937 g(1);
  auto const check = [&](auto layer) {
    for (std::size_t const batch : {2u, 1u}) {
      auto const x = make<double>(satur::normal{}, {batch, 3, 4, 5}, g);
      auto const found = satur::testing::check_gradients(layer, x, {.step = 1e-5});
      CHECK_MESSAGE(found.passed(), found.text());
      CHECK(found.checks > 0);
      CHECK(found.skipped.empty());
    }
    CHECK(layer.forward(images<double>(images<double>::from_shape({0, 3, 4, 5}))).size() == 0);
    CHECK(layer.backward(matrix<double>(layer.y())).size() == 0);
    auto const pixel = make<double>(satur::normal{}, {2, 3, 1, 1}, g);
    CHECK(layer.forward(pixel) == matrix<double>(xt::view(pixel, xt::all(), xt::all(), 0, 0)));
  };
  check(flatten<double>());
  check(global_average_pool2d<double>());
  check(global_max_pool2d<double>());
}

TEST_CASE("flatten and global pooling: wrong shapes are refused, with the name of the layer") {
  flatten<float> flat;
  CHECK_THROWS_AS(flat.backward(matrix<float>{{1}}), std::logic_error);
  CHECK(refusal([&] {
          flat.forward(xt::xarray<float>(xt::zeros<float>({2, 3})));
        }) == "satur::flatten::forward: x has shape (2, 3); expected 4 axes");
  flat.forward(images<float>(xt::zeros<float>({2, 3, 1, 1})));
  CHECK(refusal([&] {
          flat.backward(matrix<float>(xt::zeros<float>({3, 2})));
        }) == "satur::flatten::backward: dy has shape (3, 2); expected (2, 3), the shape of y");
  global_average_pool2d<float> mean;
  CHECK(
      refusal([&] {
        mean.forward(images<float>(xt::zeros<float>({2, 3, 0, 1})));
      }) ==
      "satur::global_average_pool2d::forward: x has shape (2, 3, 0, 1); expected (batch, channels, height, width), of "
      "at least one pixel");
  global_max_pool2d<float> most;
  CHECK(refusal([&] {
          most.forward(images<float>(xt::zeros<float>({2, 3, 2, 0})));
        }).starts_with("satur::global_max_pool2d::forward: x has shape (2, 3, 2, 0)"));
}
