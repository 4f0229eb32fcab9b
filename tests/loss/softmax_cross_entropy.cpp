// Softmax cross-entropy against long double, at the edges, and what it refuses.
#include <satur/initializer.hpp>
#include <satur/loss.hpp>
#include <satur/tensor/fill.hpp>

#include "support/gradient.hpp"
#include "support/refusal.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

using satur::softmax_cross_entropy;
template <class T> using matrix = xt::xtensor<T, 2>;

namespace {

using satur_test::refusal;

struct exact_row {
  std::vector<long double> p;
  long double loss;
  long double true_gradient; // p[label] - 1, without cancellation
};
template <class T> exact_row exactly(matrix<T> const& z, std::size_t r, std::size_t label) {
  std::size_t const n = z.shape(1);
  long double m = -std::numeric_limits<long double>::infinity();
  for (std::size_t j = 0; j < n; ++j) {
    m = std::max(m, static_cast<long double>(z(r, j)));
  }
  long double sum = 0;
  long double others = 0; // all but the label
  long double not_m = 0;  // all but one largest
  std::vector<long double> p(n);
  for (std::size_t j = 0; j < n; ++j) {
    p[j] = std::exp(static_cast<long double>(z(r, j)) - m);
    sum += p[j];
    others += j == label ? 0.0L : p[j];
  }
  bool skipped = false;
  for (std::size_t j = 0; j < n; ++j) {
    if (!skipped && static_cast<long double>(z(r, j)) == m) {
      skipped = true;
    } else {
      not_m += p[j];
    }
  }
  for (auto& v : p) {
    v /= sum;
  }
  return {p, std::log1p(not_m) + (m - static_cast<long double>(z(r, label))), -others / sum};
}

template <class T> double relative(T got, long double want) {
  return static_cast<double>(std::abs(static_cast<long double>(got) - want) /
                             std::max(std::abs(want), static_cast<long double>(std::numeric_limits<T>::min())));
}

} // namespace

TEST_CASE_TEMPLATE("probabilities, loss and gradient against long double, confident answers included", T, float,
                   double) {
  std::mt19937 g(17);
  double const eps = static_cast<double>(std::numeric_limits<T>::epsilon());
  for (double spread : {0.1, 1.0, 5.0, 20.0}) {
    for (std::size_t classes : {1u, 2u, 10u, 37u}) {
      CAPTURE(spread);
      CAPTURE(classes);
      auto const z = satur::make<T>(satur::normal{3, spread}, {50, classes}, g);
      std::vector<std::size_t> labels(50);
      for (auto& l : labels) {
        l = g() % classes;
      }
      softmax_cross_entropy<T> loss;
      double const got = loss.forward(z, labels);
      auto const& d = loss.backward();
      long double want = 0;
      std::size_t correct = 0;
      // z - m is rounded once, and e turns that absolute error into a relative one.
      double const tolerance = eps * (6 + 6 * spread);
      for (std::size_t r = 0; r < 50; ++r) {
        auto const row = exactly(z, r, labels[r]);
        want += row.loss / 50;
        std::size_t top = 0;
        for (std::size_t j = 0; j < classes; ++j) {
          top = z(r, j) > z(r, top) ? j : top;
          CHECK(relative(loss.probabilities(r, j), row.p[j]) < tolerance);
          CHECK(relative(d(r, j), (j == labels[r] ? row.true_gradient : row.p[j]) / 50) < tolerance);
        }
        correct += top == labels[r];
      }
      CHECK(std::abs(got - static_cast<double>(want)) <= 1e-3 * tolerance + tolerance * static_cast<double>(want));
      CHECK(loss.correct == correct);
    }
  }
}

TEST_CASE_TEMPLATE("a confident answer keeps a loss and a gradient far below the precision of p", T, float, double) {
  // p = 1 to the last digit, 1 - p = 2 e^-60.
  matrix<T> const z{{60, 0, 0}};
  softmax_cross_entropy<T> loss;
  double const got = loss.forward(z, std::array{0});
  CHECK(loss.probabilities(0, 0) == 1);
  CHECK(got == doctest::Approx(2 * std::exp(-60.0)).epsilon(1e-6));
  CHECK(static_cast<double>(loss.backward()(0, 0)) == doctest::Approx(-2 * std::exp(-60.0)).epsilon(1e-6));
}

TEST_CASE_TEMPLATE("gradient by central differences, every logit", T, double) {
  std::mt19937 g(17);
  auto z = satur::make<T>(satur::normal{0, 2}, {4, 5}, g);
  std::vector<std::uint8_t> const labels{0, 4, 2, 2};
  softmax_cross_entropy<T> loss;
  auto const forward = [&] { return loss.forward(z, labels); };
  forward();
  matrix<T> const d = loss.backward();
  CHECK(satur_test::worst_gradient_error(z, d, forward) < 1e-7);
  for (std::size_t r = 0; r < 4; ++r) { // each row of the gradient adds up to nothing
    double sum = 0;
    for (std::size_t j = 0; j < 5; ++j) {
      sum += static_cast<double>(d(r, j));
    }
    CHECK(std::abs(sum) < 1e-16);
  }
}

TEST_CASE_TEMPLATE("large logits, equal logits, ruled-out classes", T, float, double) {
  constexpr T inf = std::numeric_limits<T>::infinity();
  constexpr T most = std::numeric_limits<T>::max();
  softmax_cross_entropy<T> loss;
  CHECK(loss.forward(matrix<T>{{1000, 1000}}, std::array{1}) == doctest::Approx(std::log(2.0)));
  CHECK(loss.correct == 0); // the first of equals is the answer
  CHECK(loss.forward(matrix<T>{{-5, -5, -5, -5}}, std::array{0}) == doctest::Approx(std::log(4.0)));
  CHECK(loss.correct == 1);
  CHECK(loss.forward(matrix<T>{{1000, -1000}}, std::array{1}) == 2000);
  CHECK(loss.backward()(0, 0) == 1);
  CHECK(loss.backward()(0, 1) == -1);
  // The ends of the format.
  CHECK(loss.forward(matrix<T>{{most, -most}}, std::array{0}) == 0);
  CHECK(loss.probabilities == matrix<T>{{1, 0}});
  // A class ruled out has no share; as the label it costs infinity, and says so.
  CHECK(loss.forward(matrix<T>{{0, -inf, 0}}, std::array{0}) == doctest::Approx(std::log(2.0)));
  CHECK(loss.probabilities(0, 1) == 0);
  CHECK(loss.backward()(0, 1) == 0);
  CHECK(loss.forward(matrix<T>{{0, -inf, 0}}, std::array{1}) == std::numeric_limits<double>::infinity());
  CHECK(loss.backward()(0, 1) == -1);
  CHECK(loss.forward(matrix<T>{{7}}, std::array{0}) == 0);
}

TEST_CASE_TEMPLATE("a row without a softmax is NaN everywhere and never a hit", T, float, double) {
  constexpr T inf = std::numeric_limits<T>::infinity();
  constexpr T nan_value = std::numeric_limits<T>::quiet_NaN();
  for (matrix<T> const& bad : {matrix<T>{{nan_value, 0, 1}, {3, 0, 0}}, matrix<T>{{0, nan_value, 1}, {3, 0, 0}},
                               matrix<T>{{nan_value, nan_value, nan_value}, {3, 0, 0}},
                               matrix<T>{{inf, 0, 1}, {3, 0, 0}}, matrix<T>{{inf, inf, -inf}, {3, 0, 0}},
                               matrix<T>{{-inf, -inf, -inf}, {3, 0, 0}}, matrix<T>{{nan_value, inf, 0}, {3, 0, 0}}}) {
    for (int label : {0, 1, 2}) {
      softmax_cross_entropy<T> loss;
      CHECK(std::isnan(loss.forward(bad, std::array{label, 0})));
      auto const& d = loss.backward();
      for (std::size_t j = 0; j < 3; ++j) {
        CHECK(std::isnan(loss.probabilities(0, j)));
        CHECK(std::isnan(d(0, j)));
        CHECK(std::isfinite(loss.probabilities(1, j))); // the healthy row stays readable
        CHECK(std::isfinite(d(1, j)));
      }
      CHECK(loss.correct == 1);
    }
  }
}

TEST_CASE("logits and labels of other kinds") {
  std::mt19937 g(17);
  auto const z = satur::make<float>(satur::normal{}, {6, 3}, g);
  softmax_cross_entropy<float> loss;
  std::vector<long> const labels{0, 1, 2, 0, 1, 2};
  double const want = loss.forward(z, labels);
  CHECK(loss.forward(z, std::vector<std::uint8_t>{0, 1, 2, 0, 1, 2}) == want);
  CHECK(loss.forward(z, xt::xtensor<int, 1>{0, 1, 2, 0, 1, 2}) == want);
  CHECK(loss.forward(z + 0.0f, labels) == want);
  xt::xarray<float> const array = z;
  CHECK(loss.forward(array, labels) == want);
  CHECK(loss.forward(xt::view(z, xt::range(1, 3), xt::all()), std::array{1, 2}) > 0);
  CHECK(loss.probabilities.shape(0) == 2);
}

TEST_CASE("what the loss refuses, and how it says so") {
  std::mt19937 g(17);
  auto const z = satur::make<float>(satur::normal{}, {3, 10}, g);
  softmax_cross_entropy<float> loss;
  CHECK_THROWS_WITH_AS(loss.backward(),
                       "satur::softmax_cross_entropy::backward: nothing to go back from; call forward first",
                       std::logic_error);
  double const good = loss.forward(z, std::array{1, 2, 3});
  matrix<float> const p = loss.probabilities;
  CHECK(refusal([&] {
          loss.forward(z, std::array{1, 12, 3});
        }) == "satur::softmax_cross_entropy::forward: the label of row 1 is 12; allowed: 0 to 9, for logits (3, 10)");
  CHECK(refusal([&] {
          loss.forward(z, std::array{1, 2, -1});
        }) == "satur::softmax_cross_entropy::forward: the label of row 2 is -1; allowed: 0 to 9, for logits (3, 10)");
  CHECK(refusal([&] {
          loss.forward(z, std::array<std::uint8_t, 3>{10, 2, 1});
        }) == "satur::softmax_cross_entropy::forward: the label of row 0 is 10; allowed: 0 to 9, for logits (3, 10)");
  CHECK(
      refusal([&] {
        loss.forward(z, std::array{1, 2});
      }) ==
      "satur::softmax_cross_entropy::forward: labels has shape (2); expected (3), one for each row of logits (3, 10)");
  CHECK(refusal([&] {
          loss.forward(matrix<float>::from_shape({0, 10}), std::vector<int>{});
        }) ==
        "satur::softmax_cross_entropy::forward: logits has shape (0, 10); expected (batch, classes), both at least 1");
  CHECK(refusal([&] {
          loss.forward(xt::xarray<float>::from_shape({3}), std::array{1, 2, 3});
        }).starts_with("satur::softmax_cross_entropy::forward: logits has shape (3)"));
  CHECK(loss.probabilities == p); // nothing has changed
  CHECK(loss.forward(z, std::array{1, 2, 3}) == good);
}
