// layer_norm and rms_norm against their definitions and central differences, with large means, all kinds of dy, and
// their errors.
#include <satur/initializer.hpp>
#include <satur/layer.hpp>
#include <satur/testing.hpp>

#include "support/plain_norm.hpp"
#include "support/refusal.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace {

template <class T> using matrix = xt::xtensor<T, 2>;
using satur::layer_norm;
using satur::make;
using satur::rms_norm;
using satur::testing::check_gradients;
using satur_test::refusal;

template <class Container> std::vector<long double> numbers(Container const& x) {
  return std::vector<long double>(x.data(), x.data() + x.size());
}

/// The largest distance of the layer's output from the definition, over all rows.
template <class Layer, class X> double worst(Layer& layer, X const& x) {
  auto const y = numbers(layer.forward(x));
  auto const all = numbers(x);
  std::size_t const units = layer.units();
  long double largest = y.size() == all.size() ? 0.0L : std::numeric_limits<long double>::infinity();
  for (std::size_t at = 0; at < all.size(); at += units) {
    std::vector<long double> const row(&all[at], &all[at] + units);
    std::vector<long double> expected;
    if constexpr (requires { layer.beta; }) {
      expected = test::plain_layer_norm(row, numbers(layer.gamma), numbers(layer.beta),
                                        static_cast<long double>(layer.epsilon));
    } else {
      expected = test::plain_rms_norm(row, numbers(layer.gamma), static_cast<long double>(layer.epsilon));
    }
    for (std::size_t i = 0; i < units; ++i) {
      long double const off = std::fabs(y[at + i] - expected[i]);
      largest = off <= largest ? largest : off;
    }
  }
  return static_cast<double>(largest);
}

template <class Layer, class G> void draw_parameters(Layer& layer, G& g) {
  layer.each_parameter([&](std::string_view, auto& value, auto&) { satur::fill(satur::uniform{0.5, 1.5}, value, g); });
}

template <class T> T epsilon_of() { return std::numeric_limits<T>::epsilon(); }

} // namespace

TEST_CASE_TEMPLATE("layer_norm, rms_norm: the definition, for every length and number of rows", T, float, double) {
  std::mt19937 g(3);
  double const tolerance = 20 * static_cast<double>(epsilon_of<T>());
  for (std::size_t const units : {1u, 2u, 7u, 16u, 33u, 67u}) {
    layer_norm<T> centered(units);
    rms_norm<T> by_size(units, 1e-3);
    draw_parameters(centered, g);
    draw_parameters(by_size, g);
    for (std::size_t const rows : {3u, 1u, 0u, 5u}) { // the same layer with another batch size
      CAPTURE(units);
      CAPTURE(rows);
      auto const x = make<T>(satur::normal{0.5, 2.0}, {rows, units}, g);
      CHECK(worst(centered, x) <= tolerance);
      CHECK(worst(by_size, x) <= tolerance);
    }
  }
}

TEST_CASE("layer_norm, rms_norm: three axes are the same rows") {
  std::mt19937 g(4);
  layer_norm<double, 3> centered(5);
  rms_norm<double, 3> by_size(5);
  draw_parameters(centered, g);
  draw_parameters(by_size, g);
  auto const x = make<double>(satur::normal{}, {2, 3, 5}, g);
  CHECK(worst(centered, x) < 1e-14);
  CHECK(worst(by_size, x) < 1e-14);
  CHECK(centered.z().shape() == x.shape());
  auto const r = check_gradients(centered, x);
  CHECK_MESSAGE(r.passed(), r.text());
}

TEST_CASE("layer_norm: a mean of 1e4 with deviation 1e-2 keeps its digits in float") {
  std::mt19937 g(5);
  layer_norm<float> layer(300);
  layer.epsilon = 1e-9;
  // x is exact in float; the definition in long double sees the same numbers
  matrix<float> x = make<float>(satur::normal{1e4, 1e-2}, {4, 300}, g);
  CHECK(worst(layer, x) < 3e-6); // y is up to 3; float squares, or a mean rounded to float, are off by 5e-2
  // and the gradient through it
  layer_norm<double> exact(300, 1e-9);
  auto const dy = make<float>(satur::normal{}, {4, 300}, g);
  matrix<double> const wide = xt::cast<double>(x);
  exact.forward(wide);
  matrix<double> const expected = exact.backward(matrix<double>(xt::cast<double>(dy)));
  matrix<float> const& dx = layer.backward(dy);
  double largest = 0.0, off = 0.0;
  for (std::size_t i = 0; i < dx.size(); ++i) {
    largest = std::max(largest, std::fabs(expected.data()[i]));
    off = std::max(off, std::fabs(static_cast<double>(dx.data()[i]) - expected.data()[i]));
  }
  CHECK(off < 1e-5 * largest);
}

TEST_CASE("layer_norm, rms_norm: squares that no float has") {
  matrix<float> const large{{3e30f, -3e30f, 3e30f, -3e30f}};
  layer_norm<float> centered(4);
  rms_norm<float> by_size(4);
  matrix<float> const signs{{1.0f, -1.0f, 1.0f, -1.0f}};
  CHECK(xt::allclose(centered.forward(large), signs));
  CHECK(xt::allclose(by_size.forward(large), signs));
}

TEST_CASE("layer_norm, rms_norm: special rows") {
  double const nan = std::numeric_limits<double>::quiet_NaN();
  layer_norm<double> layer(3);
  layer.beta = {1.0, 2.0, 3.0};
  matrix<double> const x{{7.0, 7.0, 7.0}, {1.0, nan, 2.0}, {-1.0, 0.0, 1.0}};
  auto const& y = layer.forward(x);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(y(0, i) == layer.beta(i)); // a constant row
    CHECK(std::isnan(y(1, i)));      // NaN spreads over its row and no further
    CHECK(std::isfinite(y(2, i)));
  }
  rms_norm<double> by_size(3);
  matrix<double> const zeros{{0.0, 0.0, 0.0}};
  CHECK(by_size.forward(zeros) == zeros);
}

TEST_CASE("layer_norm, rms_norm: gradients of x and every parameter") {
  std::mt19937 g(6);
  for (std::size_t const units : {1u, 2u, 5u, 19u}) {
    for (double const epsilon : {1e-5, 0.3}) {
      CAPTURE(units);
      layer_norm<double> centered(units, epsilon);
      rms_norm<double> by_size(units, epsilon);
      draw_parameters(centered, g);
      draw_parameters(by_size, g);
      auto const x = make<double>(satur::normal{2.0, 1.0}, {3, units}, g);
      auto const a = check_gradients(centered, x);
      CHECK_MESSAGE(a.passed(), a.text());
      auto const b = check_gradients(by_size, x);
      CHECK_MESSAGE(b.passed(), b.text());
    }
  }
}

namespace {
/// dx without a term of its formula, as when the mean, or the variance, is taken for a constant.
template <bool MeanForgotten> struct forgets : layer_norm<double> {
  using layer_norm<double>::layer_norm;
  matrix<double> const& forward(matrix<double> const& x) {
    x_ = x;
    return layer_norm<double>::forward(x);
  }
  matrix<double> const& backward(matrix<double> const& dy) {
    dx_ = layer_norm<double>::backward(dy);
    double const n = static_cast<double>(units());
    for (std::size_t r = 0; r < dy.shape(0); ++r) {
      double term = 0.0;
      for (std::size_t i = 0; i < units(); ++i) {
        double const xhat = (x_(r, i) - mean()(r)) * inverse_deviation()(r);
        term += dy(r, i) * gamma(i) * (MeanForgotten ? 1.0 : xhat) / n;
      }
      for (std::size_t i = 0; i < units(); ++i) {
        double const xhat = (x_(r, i) - mean()(r)) * inverse_deviation()(r);
        dx_(r, i) += inverse_deviation()(r) * term * (MeanForgotten ? 1.0 : xhat);
      }
    }
    return dx_;
  }

private:
  matrix<double> x_, dx_;
};
struct without_gamma : rms_norm<double> { // dx of a layer whose scale is 1
  using rms_norm<double>::rms_norm;
  matrix<double> const& backward(matrix<double> const& dy) {
    rms_norm<double>::backward(dy);
    auto const kept = gamma;
    auto const gradient = dgamma;
    gamma.fill(1.0);
    auto const& dx = rms_norm<double>::backward(dy);
    gamma = kept;
    dgamma = gradient;
    return dx;
  }
};
} // namespace

TEST_CASE("layer_norm, rms_norm: the gradient check finds a forgotten mean, variance and scale") {
  std::mt19937 g(7);
  auto const x = make<double>(satur::normal{}, {3, 6}, g);
  forgets<true> mean(6);
  forgets<false> variance(6);
  without_gamma scale(6);
  draw_parameters(mean, g);
  draw_parameters(variance, g);
  draw_parameters(scale, g);
  CHECK(check_gradients(mean, x).failed("dL/dx"));
  CHECK(check_gradients(variance, x).failed("dL/dx"));
  CHECK(check_gradients(scale, x).failed("dL/dx"));
  CHECK_FALSE(check_gradients(mean, x).failed("dL/dgamma"));
}

TEST_CASE_TEMPLATE("layer_norm, rms_norm: an empty batch, own arrays, and z after backward", L, layer_norm<double>,
                   rms_norm<double>) {
  std::mt19937 g(8);
  L layer(4);
  CHECK(layer.z().size() == 0);
  CHECK(std::isnan(layer.saturated_fraction()));
  auto const x = make<double>(satur::normal{}, {4, 4}, g);
  auto const dy = make<double>(satur::normal{}, {4, 4}, g);
  CHECK_THROWS_AS(layer.backward(dy), std::logic_error);
  layer.forward(x);
  CHECK(layer.saturated_fraction(0.5) == satur::saturated_fraction(layer.z(), 0.5));
  matrix<double> const z = layer.z();
  matrix<double> const dx = layer.backward(dy);
  CHECK(layer.z() == z);
  CHECK(layer.backward(0.5 * (dy + dy)) == dx);           // an expression
  layer.forward(xt::view(x, xt::range(2, 3), xt::all())); // a row has the same bits alone
  CHECK(layer.z() == xt::view(z, xt::range(2, 3), xt::all()));
  CHECK(layer.backward(xt::view(dy, xt::range(2, 3), xt::all())) == xt::view(dx, xt::range(2, 3), xt::all()));
  layer.forward(x);
  L other(4);
  other.forward(matrix<double>(z));
  layer.forward(layer.z()); // the layer's own output is copied first
  CHECK(layer.z() == other.z());
  CHECK(layer.backward(dx) == other.backward(dx));
  CHECK(layer.backward(layer.z()) == other.backward(matrix<double>(other.z())));
  layer.forward(matrix<double>(matrix<double>::from_shape({0, 4})));
  CHECK(layer.z().shape(0) == 0);
  CHECK(layer.backward(layer.z()).size() == 0);
  layer.each_parameter([](std::string_view, auto const&, auto const& gradient) {
    CHECK(std::all_of(gradient.begin(), gradient.end(), [](double v) { return v == 0.0; }));
  });
}

TEST_CASE_TEMPLATE("layer_norm, rms_norm: what is expected of z for inputs of given moments", L, layer_norm<double>,
                   rms_norm<double>) {
  std::mt19937 g(9);
  constexpr std::size_t units = 400, rows = 2000;
  L layer(units, 0.2);
  draw_parameters(layer, g);
  auto const mean = make<double>(satur::normal{0.5, 1.0}, {units}, g);
  auto const variance = make<double>(satur::uniform{0.5, 2.0}, {units}, g);
  auto x = make<double>(satur::normal{}, {rows, units}, g);
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t u = 0; u < units; ++u) {
      x(r, u) = mean(u) + std::sqrt(variance(u)) * x(r, u);
    }
  }
  auto const& z = layer.forward(x);
  auto const law = layer.z_laws(mean, variance);
  REQUIRE(law.units() == units);
  double worst_mean = 0.0, variances = 0.0;
  for (std::size_t u = 0; u < units; ++u) {
    std::vector<long double> column;
    for (std::size_t r = 0; r < rows; ++r) {
      column.push_back(static_cast<long double>(z(r, u)));
    }
    auto const seen = test::mean_and_variance_of(column);
    worst_mean = std::max(worst_mean, std::fabs(static_cast<double>(seen.mean) - law.mean[u]));
    variances += static_cast<double>(seen.variance) / law.variance[u] / units;
  }
  CHECK(worst_mean < 0.15); // 5 deviations of a mean of 2000 z of deviation 1.3
  CHECK(variances == doctest::Approx(1.0).epsilon(0.02));
  CHECK_THROWS_AS(static_cast<void>(layer.z_laws(std::vector<double>(3), 1.0)), satur::shape_error);
}

TEST_CASE("layer_norm, rms_norm: wrong shapes and parameters are refused") {
  layer_norm<float> layer(3);
  rms_norm<float, 3> deep(3);
  CHECK(refusal([&] {
          layer.forward(matrix<float>::from_shape({2, 4}));
        }) == "satur::layer_norm::forward: x has shape (2, 4); expected 2 axes, the last of 3 units");
  CHECK(refusal([&] {
          deep.forward(xt::xarray<float>::from_shape({2, 3}));
        }) == "satur::rms_norm::forward: x has shape (2, 3); expected 3 axes, the last of 3 units");
  layer.forward(matrix<float>(xt::zeros<float>({2, 3})));
  CHECK(refusal([&] {
          layer.backward(matrix<float>(xt::zeros<float>({3, 3})));
        }) == "satur::layer_norm::backward: dz has shape (3, 3); expected (2, 3), the shape of z");
  layer.beta.resize({2});
  CHECK(refusal([&] {
          layer.forward(matrix<float>(xt::zeros<float>({2, 3})));
        }) == "satur::layer_norm::forward: beta has shape (2); expected (3), the shape of gamma");
  CHECK(refusal([] { layer_norm<float>(0); }) ==
        "satur::layer_norm: gamma has shape (0); expected (units), at least 1");
  CHECK(refusal([] { rms_norm<float>(2, -1.0); }) ==
        "satur::rms_norm: epsilon is -1; allowed: a finite number >= 0, such as 1e-5");
}
