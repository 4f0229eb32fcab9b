// Softmax cross-entropy against long double, with special values, and its errors.
#include <satur/initializer.hpp>
#include <satur/loss.hpp>
#include <satur/tensor/fill.hpp>

#include "support/gradient.hpp"
#include "support/refusal.hpp"
#include "support/relative.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cfenv>
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
  long double others = 0; // all except the label
  long double not_m = 0;  // all except one largest
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

TEST_CASE_TEMPLATE("cross entropy: probabilities, loss and gradient against long double", T, float, double) {
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

TEST_CASE_TEMPLATE("cross entropy: loss and gradient of a confident answer keep their digits", T, float, double) {
  // p rounds to 1; 1 - p = 2 e^-60.
  matrix<T> const z{{60, 0, 0}};
  softmax_cross_entropy<T> loss;
  double const got = loss.forward(z, std::array{0});
  CHECK(loss.probabilities(0, 0) == 1);
  CHECK(got == satur_test::relative(2 * std::exp(-60.0), 1e-6));
  CHECK(static_cast<double>(loss.backward()(0, 0)) == satur_test::relative(-2 * std::exp(-60.0), 1e-6));
}

TEST_CASE_TEMPLATE("cross entropy: gradient against central differences, every logit", T, double) {
  std::mt19937 g(17);
  auto z = satur::make<T>(satur::normal{0, 2}, {4, 5}, g);
  std::vector<std::uint8_t> const labels{0, 4, 2, 2};
  softmax_cross_entropy<T> loss;
  auto const forward = [&] { return loss.forward(z, labels); };
  forward();
  matrix<T> const d = loss.backward();
  CHECK(satur_test::worst_gradient_error(z, d, forward) < 1e-7);
  for (std::size_t r = 0; r < 4; ++r) { // each row of the gradient sums to 0
    double sum = 0;
    for (std::size_t j = 0; j < 5; ++j) {
      sum += static_cast<double>(d(r, j));
    }
    CHECK(std::abs(sum) < 1e-16);
  }
}

TEST_CASE_TEMPLATE("cross entropy: large logits, equal logits, masked classes", T, float, double) {
  constexpr T inf = std::numeric_limits<T>::infinity();
  constexpr T most = std::numeric_limits<T>::max();
  softmax_cross_entropy<T> loss;
  CHECK(loss.forward(matrix<T>{{1000, 1000}}, std::array{1}) == doctest::Approx(std::log(2.0)));
  CHECK(loss.correct == 0); // ties go to the first class
  CHECK(loss.forward(matrix<T>{{-5, -5, -5, -5}}, std::array{0}) == doctest::Approx(std::log(4.0)));
  CHECK(loss.correct == 1);
  CHECK(loss.forward(matrix<T>{{1000, -1000}}, std::array{1}) == 2000);
  CHECK(loss.backward()(0, 0) == 1);
  CHECK(loss.backward()(0, 1) == -1);
  // The largest finite numbers.
  CHECK(loss.forward(matrix<T>{{most, -most}}, std::array{0}) == 0);
  CHECK(loss.probabilities == matrix<T>{{1, 0}});
  // A masked class has probability 0. As the label its loss is infinite.
  CHECK(loss.forward(matrix<T>{{0, -inf, 0}}, std::array{0}) == doctest::Approx(std::log(2.0)));
  CHECK(loss.probabilities(0, 1) == 0);
  CHECK(loss.backward()(0, 1) == 0);
  CHECK(loss.forward(matrix<T>{{0, -inf, 0}}, std::array{1}) == std::numeric_limits<double>::infinity());
  CHECK(loss.backward()(0, 1) == -1);
  CHECK(loss.forward(matrix<T>{{7}}, std::array{0}) == 0);
}

TEST_CASE_TEMPLATE("cross entropy: a row without a softmax is NaN and never a hit", T, float, double) {
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
        CHECK(std::isfinite(loss.probabilities(1, j))); // the other row is unaffected
        CHECK(std::isfinite(d(1, j)));
      }
      CHECK(loss.correct == 1);
    }
  }
}

TEST_CASE("cross entropy: logits and labels of other types") {
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

TEST_CASE("cross entropy: invalid arguments throw with a message") {
  std::mt19937 g(17);
  auto const z = satur::make<float>(satur::normal{}, {3, 10}, g);
  softmax_cross_entropy<float> loss;
  CHECK(loss.counted == 0);
  CHECK(loss.correct == 0);
  CHECK(loss.losses.empty());
  CHECK_THROWS_WITH_AS(loss.backward(),
                       "satur::softmax_cross_entropy::backward: no forward pass to differentiate; call forward first",
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
          loss.forward(matrix<float>::from_shape({3, 0}), std::array{1, 2, 3});
        }) ==
        "satur::softmax_cross_entropy::forward: logits has shape (3, 0); expected (batch, classes), with at least 1 "
        "class");
  CHECK(refusal([&] {
          loss.forward(xt::xarray<float>::from_shape({3}), std::array{1, 2, 3});
        }).starts_with("satur::softmax_cross_entropy::forward: logits has shape (3)"));
  CHECK(loss.probabilities == p); // unchanged
  CHECK(loss.forward(z, std::array{1, 2, 3}) == good);
}

TEST_CASE_TEMPLATE("cross entropy: a reused object equals a new one", T, float, double) {
  constexpr T inf = std::numeric_limits<T>::infinity();
  constexpr T nan_value = std::numeric_limits<T>::quiet_NaN();
  struct batch {
    matrix<T> z;
    std::vector<int> labels;
    std::size_t correct;
  };
  std::vector<batch> const batches{
      {{{3, 1, T(0.5)}, {T(0.25), 2, 1}, {0, 1, 4}}, {0, 1, 0}, 2}, // as many rows as the next input, with other hits
      {{{1, 5, 2}, {7, T(0.5), 6}, {-1, -3, -2}}, {1, 1, 2}, 1},
      {{{1, 5}, {2, 3}, {4, 6}, {8, 7}, {T(0.1), 9}}, {1, 1, 1, 0, 1}, 5},
      {{{nan_value, 1, 2}, {3, 4, 9}}, {2, 2}, 1},
      {{{-inf, -inf, -inf}, {3, inf, 9}, {1, 2, 3}}, {0, 1, 0}, 0},
      {{{0, -inf, 6}}, {1}, 0}};
  auto const same = [](auto x, auto y) { return x == y || (std::isnan(x) && std::isnan(y)); };
  auto const alike = [&](matrix<T> const& x, matrix<T> const& y) {
    return x.shape() == y.shape() && std::equal(x.data(), x.data() + x.size(), y.data(), same);
  };
  for (batch const& first : batches) {
    for (batch const& second : batches) {
      for (bool const backward_between : {false, true}) {
        softmax_cross_entropy<T> used;
        softmax_cross_entropy<T> fresh;
        used.forward(first.z, first.labels);
        if (backward_between) {
          used.backward();
        }
        softmax_cross_entropy<T> const kept = used;
        CHECK(same(used.forward(second.z, second.labels), fresh.forward(second.z, second.labels)));
        CHECK(used.correct == second.correct);
        CHECK(fresh.correct == second.correct);
        CHECK(alike(used.probabilities, fresh.probabilities));
        CHECK(alike(used.backward(), fresh.backward()));
        // A copy is independent; its backward uses its own last forward.
        softmax_cross_entropy<T> copy = kept;
        softmax_cross_entropy<T> again;
        again.forward(first.z, first.labels);
        CHECK(copy.correct == first.correct);
        CHECK(alike(copy.probabilities, again.probabilities));
        CHECK(alike(copy.backward(), again.backward()));
      }
    }
  }
}

TEST_CASE("cross entropy: documented accuracy in float") {
  std::mt19937 g(17);
  double const eps = static_cast<double>(std::numeric_limits<float>::epsilon());
  double worst_p = 0;    // of what is allowed
  double worst_loss = 0; // of what is allowed
  auto const check = [&](matrix<float> const& z, std::size_t label) {
    softmax_cross_entropy<float> loss;
    double const got = loss.forward(z, std::vector<std::size_t>{label});
    auto const exact = exactly(z, 0, label);
    double const largest = static_cast<double>(*std::max_element(z.data(), z.data() + z.size()));
    auto const distance = [&](std::size_t j) { return largest - static_cast<double>(z(0, j)); };
    double mean_distance = 0;
    double most = 0;
    for (std::size_t j = 0; j < z.size(); ++j) {
      mean_distance += static_cast<double>(exact.p[j]) * distance(j);
      most = std::max(most, static_cast<double>(exact.p[j]));
    }
    for (std::size_t j = 0; j < z.size(); ++j) {
      double const allowed = eps * ((distance(j) + mean_distance) / 2 + 2.5);
      worst_p = std::max(worst_p, relative(loss.probabilities(0, j), exact.p[j]) / allowed);
    }
    double const want = static_cast<double>(exact.loss);
    double const allowed = eps * (mean_distance / 2 + 1 - most) + 4e-16 * want;
    worst_loss = std::max(worst_loss, std::abs(got - want) / allowed);
  };
  for (std::size_t classes = 2; classes < 70; ++classes) { // every tail length of every register width
    check(satur::make<float>(satur::normal{0, 3}, {1, classes}, g), classes / 2);
  }
  for (double const spread : {0.01, 1.0, 9.0}) {
    check(satur::make<float>(satur::normal{5, spread}, {1, 4000}, g), 3);
  }
  matrix<float> same_steps = matrix<float>::from_shape({1, 4000}); // equal terms, for which rounding errors add up
  std::fill_n(same_steps.data(), same_steps.size(), 0.3f);
  same_steps(0, 1234) = 0.4f;
  check(same_steps, 1234);
  check(same_steps, 7);
  check({{1000.123f, -0.0123f}}, 1); // their difference is not a float, but the loss keeps its digits
  CHECK(worst_p < 1);
  CHECK(worst_p > 0.1);
  CHECK(worst_loss < 1);
  CHECK(worst_loss > 0.1);
}

TEST_CASE_TEMPLATE("cross entropy: the most negative logit is not a masked class", T, float, double) {
  constexpr T inf = std::numeric_limits<T>::infinity();
  constexpr T least = std::numeric_limits<T>::lowest();
  softmax_cross_entropy<T> loss;
  CHECK(loss.forward(matrix<T>{{least, least}}, std::array{1}) == doctest::Approx(std::log(2.0)).epsilon(1e-15));
  CHECK(loss.probabilities == matrix<T>{{T(0.5), T(0.5)}});
  CHECK(loss.correct == 0);
  CHECK(loss.forward(matrix<T>{{-inf, least, -inf}}, std::array{1}) == 0);
  CHECK(loss.probabilities == matrix<T>{{0, 1, 0}});
  CHECK(loss.correct == 1);
  CHECK(loss.forward(matrix<T>{{0, least}}, std::array{1}) == -static_cast<double>(least));
  CHECK(loss.backward() == matrix<T>{{1, -1}});
}

TEST_CASE_TEMPLATE("cross entropy: rows with infinity raise no FE_INVALID", T, float, double) {
  constexpr T inf = std::numeric_limits<T>::infinity();
  softmax_cross_entropy<T> loss;
  loss.forward(matrix<T>{{1, 2, 3}}, std::array{0}); // memory is allocated
  for (matrix<T> const& z : {matrix<T>{{-inf, -inf, -inf}}, matrix<T>{{inf, 0, 1}}, matrix<T>{{inf, inf, -inf}},
                             matrix<T>{{-inf, 2, -inf}}}) {
    for (int const label : {0, 1, 2}) {
      std::feclearexcept(FE_ALL_EXCEPT);
      loss.forward(z, std::array{label});
      CHECK(std::fetestexcept(FE_INVALID) == 0);
    }
  }
  // The check can fail: inf - inf raises the flag.
  T const volatile x = inf;
  T const volatile y = x - x;
  CHECK(std::isnan(y));
  CHECK(std::fetestexcept(FE_INVALID) != 0);
  std::feclearexcept(FE_ALL_EXCEPT);
}
