// batch_norm against its definition and central differences: units and channels, training and evaluation, the running
// statistics of both conventions, batches of 0 and 1, and its errors.
#include <satur/initializer.hpp>
#include <satur/layer.hpp>
#include <satur/testing.hpp>

#include "support/plain_norm.hpp"
#include "support/refusal.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace {

template <class T, std::size_t N> using tensor = xt::xtensor<T, N>;
using matrix = xt::xtensor<double, 2>;
using satur::batch_norm;
using satur::batch_norm_options;
using satur::make;
using satur::testing::check_gradients;
using satur_test::refusal;

template <class Container> std::vector<long double> numbers(Container const& x) {
  return std::vector<long double>(x.data(), x.data() + x.size());
}
double distance(std::vector<long double> const& a, std::vector<long double> const& b) {
  long double largest = a.size() == b.size() ? 0.0L : std::numeric_limits<long double>::infinity();
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    long double const off = std::fabs(a[i] - b[i]);
    largest = off <= largest ? largest : off;
  }
  return static_cast<double>(largest);
}

template <class T, std::size_t N, class G> batch_norm<T, N> drawn(std::size_t units, batch_norm_options o, G& g) {
  batch_norm<T, N> layer(units, o);
  satur::fill(satur::uniform{0.5, 1.5}, layer.gamma, g);
  satur::fill(satur::normal{}, layer.beta, g);
  satur::fill(satur::normal{}, layer.running_mean, g);
  satur::fill(satur::uniform{0.5, 1.5}, layer.running_variance, g);
  return layer;
}
template <class Layer> test::plain_batch_norm plain(Layer const& layer) {
  auto const& o = layer.options;
  return {static_cast<long double>(o.epsilon),
          static_cast<long double>(o.update_rate),
          o.unbiased_running_variance,
          numbers(layer.gamma),
          numbers(layer.beta),
          numbers(layer.running_mean),
          numbers(layer.running_variance)};
}

/// Several forwards in both modes, each against the definition.
template <class T, std::size_t N>
void check_shapes(std::vector<std::array<std::size_t, N>> const& shapes, batch_norm_options o) {
  std::mt19937 g(2);
  double const tolerance = 40 * static_cast<double>(std::numeric_limits<T>::epsilon());
  auto layer = drawn<T, N>(shapes.front()[1], o, g);
  auto expected = plain(layer);
  for (auto const& shape : shapes) {
    CAPTURE(satur::detail::shape_text(shape));
    auto const x = make<T>(satur::normal{0.5, 2.0}, shape, g);
    std::size_t inner = 1;
    for (std::size_t axis = 2; axis < N; ++axis) {
      inner *= shape[axis];
    }
    layer.training = true;
    auto const trained = expected.train(numbers(x), shape[0], inner);
    CHECK(distance(numbers(layer.forward(x)), trained) <= tolerance);
    CHECK(distance(numbers(layer.running_mean), expected.running_mean) <= tolerance);
    CHECK(distance(numbers(layer.running_variance), expected.running_variance) <= tolerance);
    layer.training = false;
    auto const running = layer.running_mean;
    CHECK(distance(numbers(layer.forward(x)), expected.evaluate(numbers(x), shape[0], inner)) <= tolerance);
    CHECK(layer.running_mean == running);
  }
}

std::vector<batch_norm_options> conventions() {
  return {batch_norm_options::pytorch(), batch_norm_options::keras(0.9), batch_norm_options::onnx(),
          batch_norm_options{.epsilon = 0.1, .update_rate = 0.5, .unbiased_running_variance = false}};
}

} // namespace

TEST_CASE_TEMPLATE("batch_norm: the definition for units and channels, in both modes", T, float, double) {
  for (batch_norm_options const& o : conventions()) {
    check_shapes<T, 2>({{9, 5}, {1, 5}, {0, 5}, {2, 5}}, o);
    check_shapes<T, 2>({{33, 37}, {4, 37}}, o);
    check_shapes<T, 2>({{3, 1}, {1, 1}}, o);
    check_shapes<T, 3>({{4, 3, 19}, {1, 3, 1}, {2, 3, 0}}, o);
    check_shapes<T, 4>({{3, 2, 5, 7}, {1, 2, 1, 1}, {0, 2, 3, 3}, {2, 2, 1, 4}}, o);
    check_shapes<T, 4>({{2, 1, 3, 3}, {1, 1, 2, 2}}, o);
  }
}

TEST_CASE("batch_norm_options: the conventions by their own momentum") {
  CHECK(batch_norm_options::pytorch(0.01).update_rate == doctest::Approx(batch_norm_options::keras(0.99).update_rate));
  CHECK(batch_norm_options::onnx(0.9).update_rate == doctest::Approx(batch_norm_options::pytorch(0.1).update_rate));
  CHECK(batch_norm_options{} == batch_norm_options::pytorch());
  CHECK(batch_norm_options::keras().epsilon == 1e-3);
  CHECK(batch_norm_options::pytorch().unbiased_running_variance);
  CHECK_FALSE(batch_norm_options::keras().unbiased_running_variance);
  CHECK_FALSE(batch_norm_options::onnx().unbiased_running_variance);
  // two numbers, 1 and 3: mean 2, variance 1, unbiased 2
  tensor<double, 2> const x{{1.0}, {3.0}};
  batch_norm<double> torch(1), keras(1, batch_norm_options::keras());
  torch.forward(x);
  keras.forward(x);
  CHECK(torch.running_mean(0) == doctest::Approx(0.2));
  CHECK(torch.running_variance(0) == doctest::Approx(0.9 + 0.1 * 2.0));
  CHECK(keras.running_mean(0) == doctest::Approx(0.02));
  CHECK(keras.running_variance(0) == doctest::Approx(0.99 + 0.01 * 1.0));
}

TEST_CASE("batch_norm: a batch of 1 and an empty batch") {
  batch_norm<double> layer(2);
  layer.beta = {4.0, 5.0};
  tensor<double, 2> const x{{3.0, -3.0}};
  CHECK(layer.forward(x) == tensor<double, 2>{{4.0, 5.0}});
  CHECK(layer.running_mean(0) == doctest::Approx(0.3));
  CHECK(layer.running_variance(0) == 1.0); // one number has no unbiased variance
  CHECK(layer.backward(x) == tensor<double, 2>{{0.0, 0.0}});
  layer.options.unbiased_running_variance = false;
  layer.forward(x);
  CHECK(layer.running_variance(0) == doctest::Approx(0.9));
  auto const mean = layer.running_mean;
  auto const variance = layer.running_variance;
  layer.forward(tensor<double, 2>(tensor<double, 2>::from_shape({0, 2})));
  CHECK(layer.z().size() == 0);
  CHECK(layer.running_mean == mean);
  CHECK(layer.running_variance == variance);
  layer.dgamma.fill(1.0);
  layer.dbeta.fill(1.0);
  CHECK(layer.backward(layer.z()).size() == 0);
  CHECK(layer.dgamma == tensor<double, 1>{0.0, 0.0});
  CHECK(layer.dbeta == tensor<double, 1>{0.0, 0.0});
}

TEST_CASE("batch_norm: a mean of 1e4 with deviation 1e-2 keeps its digits in float") {
  std::mt19937 g(5);
  auto const check = [&]<std::size_t N>(std::array<std::size_t, N> shape) {
    batch_norm<float, N> layer(shape[1], {.epsilon = 1e-9, .update_rate = 1.0});
    auto expected = plain(layer);
    auto const x = make<float>(satur::normal{1e4, 1e-2}, shape, g);
    auto const y = expected.train(numbers(x), shape[0], x.size() / shape[0] / shape[1]);
    CHECK(distance(numbers(layer.forward(x)), y) < 3e-6);
    CHECK(distance(numbers(layer.running_variance), expected.running_variance) < 1e-10);
    layer.training = false; // with the statistics of this batch, but for the unbiased variance
    auto const again = expected.evaluate(numbers(x), shape[0], x.size() / shape[0] / shape[1]);
    CHECK(distance(numbers(layer.forward(x)), again) < 3e-6);
  };
  check(std::array<std::size_t, 2>{200, 5});
  check(std::array<std::size_t, 4>{4, 3, 8, 9});
}

TEST_CASE("batch_norm: gradients of x, gamma and beta, in both modes") {
  std::mt19937 g(6);
  for (batch_norm_options const& o : conventions()) {
    for (bool const training : {true, false}) {
      CAPTURE(training);
      auto units = drawn<double, 2>(5, o, g);
      auto channels = drawn<double, 4>(3, o, g);
      units.training = channels.training = training;
      // forward in training moves the running statistics, which y does not depend on then
      auto const a = check_gradients(units, make<double>(satur::normal{1.0, 2.0}, {6, 5}, g));
      CHECK_MESSAGE(a.passed(), a.text());
      auto const b = check_gradients(channels, make<double>(satur::normal{1.0, 2.0}, {2, 3, 2, 5}, g));
      CHECK_MESSAGE(b.passed(), b.text());
    }
  }
}

namespace {
struct of_evaluation : batch_norm<double> { // backward takes mean and variance for constants
  using batch_norm<double>::batch_norm;
  matrix const& forward(matrix const& x) {
    auto const mean = running_mean;
    auto const variance = running_variance;
    options.update_rate = 1.0;
    options.unbiased_running_variance = false;
    batch_norm<double>::forward(x);
    training = false;
    batch_norm<double>::forward(x); // the same numbers, by the statistics as they are now
    training = true;
    running_mean = mean;
    running_variance = variance;
    return z();
  }
};
struct unbiased_output : batch_norm<double> { // y by the variance that divides by count - 1, backward by the other
  using batch_norm<double>::batch_norm;
  matrix const& forward(matrix const& x) {
    double const n = static_cast<double>(x.shape(0));
    y_ = batch_norm<double>::forward(x) * std::sqrt((n - 1.0) / n);
    return y_;
  }

private:
  matrix y_;
};
} // namespace

TEST_CASE("batch_norm: the gradient check finds constant statistics and the other variance") {
  std::mt19937 g(7);
  auto const x = make<double>(satur::normal{}, {6, 3}, g);
  of_evaluation constant(3);
  unbiased_output unbiased(3);
  auto const a = check_gradients(constant, x);
  CHECK(a.failed("dL/dx"));
  CHECK_FALSE(a.failed("dL/dgamma"));
  CHECK(check_gradients(unbiased, x).failed("dL/dgamma"));
  // and the definition finds a running variance of the other convention
  batch_norm<double> layer(3);
  auto expected = plain(layer);
  expected.unbiased = false;
  static_cast<void>(expected.train(numbers(x), 6, 1));
  layer.forward(x);
  CHECK(distance(numbers(layer.running_variance), expected.running_variance) > 1e-3);
}

TEST_CASE("batch_norm: a backward belongs to its forward, and z stays") {
  std::mt19937 g(8);
  auto layer = drawn<double, 2>(4, {}, g);
  auto other = layer;
  auto const x = make<double>(satur::normal{}, {4, 4}, g);
  auto const dy = make<double>(satur::normal{}, {4, 4}, g);
  CHECK_THROWS_AS(layer.backward(dy), std::logic_error);
  layer.forward(x);
  other.forward(x);
  CHECK(layer.saturated_fraction(0.5) == satur::saturated_fraction(layer.z(), 0.5));
  tensor<double, 2> const z = layer.z();
  layer.training = false; // after the forward: it counts for the next
  layer.running_mean.fill(9.0);
  tensor<double, 2> const dx = layer.backward(dy);
  CHECK(dx == other.backward(dy));
  CHECK(layer.z() == z);
  layer.training = true;
  layer.forward(layer.z());
  other.forward(tensor<double, 2>(z));
  CHECK(layer.z() == other.z());
  CHECK(layer.backward(layer.z()) == other.backward(tensor<double, 2>(other.z())));
  CHECK(layer.z_layout() == satur::unit_layout::matrix(4, 4));
  batch_norm<float, 4> images(3);
  images.forward(tensor<float, 4>(xt::ones<float>({2, 3, 4, 5})));
  CHECK(images.z_layout() == satur::unit_layout::nchw(2, 3, 4, 5));
}

TEST_CASE("batch_norm: what is expected of z for inputs of given moments") {
  std::mt19937 g(9);
  auto layer = drawn<double, 2>(3, {.epsilon = 0.1}, g);
  std::vector<double> const mean{1.0, -2.0, 0.0}, variance{0.5, 2.0, 4.0};
  auto x = make<double>(satur::normal{}, {20000, 3}, g);
  for (std::size_t r = 0; r < x.shape(0); ++r) {
    for (std::size_t u = 0; u < 3; ++u) {
      x(r, u) = mean[u] + std::sqrt(variance[u]) * x(r, u);
    }
  }
  for (bool const training : {false, true}) { // the running statistics are not those of x
    layer.training = training;
    auto const law = layer.z_laws(mean, variance);
    auto const& z = layer.forward(x);
    for (std::size_t u = 0; u < 3; ++u) {
      std::vector<long double> column;
      for (std::size_t r = 0; r < x.shape(0); ++r) {
        column.push_back(static_cast<long double>(z(r, u)));
      }
      auto const seen = test::mean_and_variance_of(column);
      CHECK(law.mean[u] == doctest::Approx(static_cast<double>(seen.mean)).epsilon(0.03));
      CHECK(law.variance[u] == doctest::Approx(static_cast<double>(seen.variance)).epsilon(0.05));
    }
  }
}

TEST_CASE("batch_norm: NaN stays in its unit") {
  batch_norm<float> layer(2);
  tensor<float, 2> const x{{1.0f, std::numeric_limits<float>::quiet_NaN()}, {2.0f, 0.0f}};
  auto const& y = layer.forward(x);
  CHECK(std::isfinite(y(0, 0)));
  CHECK(std::isnan(y(1, 1)));
  CHECK(std::isnan(layer.running_mean(1)));
  CHECK(std::isfinite(layer.running_variance(0)));
}

TEST_CASE("batch_norm: wrong shapes and options are refused") {
  batch_norm<float> layer(3);
  batch_norm<float, 4> images(3);
  CHECK(refusal([&] {
          layer.forward(tensor<float, 2>(xt::zeros<float>({2, 4})));
        }) == "satur::batch_norm::forward: x has shape (2, 4); expected 2 axes, the second of 3 units");
  CHECK(refusal([&] {
          images.forward(tensor<float, 4>(xt::zeros<float>({2, 4, 3, 3})));
        }) == "satur::batch_norm::forward: x has shape (2, 4, 3, 3); expected 4 axes, the second of 3 units");
  layer.running_mean.resize({2});
  CHECK(refusal([&] {
          layer.forward(tensor<float, 2>(xt::zeros<float>({2, 3})));
        }) == "satur::batch_norm::forward: running_mean has shape (2); expected (3), the shape of gamma");
  CHECK(refusal([] { batch_norm<float>(0); }) ==
        "satur::batch_norm: gamma has shape (0); expected (units), at least 1");
  CHECK(refusal([] { batch_norm<float>(2, {.update_rate = 1.5}); }) ==
        "satur::batch_norm: update_rate is 1.5; allowed: a number in [0, 1], such as 0.1");
  images.options.epsilon = std::numeric_limits<double>::quiet_NaN();
  CHECK(refusal([&] {
          images.forward(tensor<float, 4>(xt::zeros<float>({2, 3, 3, 3})));
        }) == "satur::batch_norm::forward: epsilon is nan; allowed: a finite number >= 0, such as 1e-5");
}
