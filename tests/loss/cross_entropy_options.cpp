// The options of softmax cross-entropy against PyTorch's formulas written out, by gradient checks, and with the digits
// of a confident answer.
#include <satur/initializer.hpp>
#include <satur/loss.hpp>
#include <satur/tensor/fill.hpp>
#include <satur/testing.hpp>

#include "support/plain_losses.hpp"
#include "support/refusal.hpp"
#include "support/relative.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace {

using satur::cross_entropy_options;
using satur::reduction;
using satur::softmax_cross_entropy;
using satur_test::refusal;
template <class T> using matrix = xt::xtensor<T, 2>;
constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();
constexpr double inf = std::numeric_limits<double>::infinity();

/// All combinations of what the options hold, for 4 classes.
template <class F> void each_option(F const& f) {
  for (reduction const reduce : {reduction::mean, reduction::sum, reduction::none}) {
    for (double const smoothing : {0.0, 0.1, 1.0}) {
      for (bool const weighted : {false, true}) {
        for (std::int64_t const ignored : {-1, 2, 7}) {
          cross_entropy_options o{.reduce = reduce, .ignore_index = ignored, .label_smoothing = smoothing};
          if (weighted) {
            o.class_weights = {0.5, 2.0, 1.0, 0.0};
          }
          CAPTURE(static_cast<int>(reduce));
          CAPTURE(smoothing);
          CAPTURE(weighted);
          CAPTURE(ignored);
          f(o);
        }
      }
    }
  }
}
std::vector<long> labels_for(cross_entropy_options const& o) {
  return {0, 3, 1, static_cast<long>(*o.ignore_index), 2, 1, static_cast<long>(*o.ignore_index)};
}

} // namespace

TEST_CASE_TEMPLATE("cross entropy options: PyTorch's formulas, all combinations", T, float, double) {
  std::mt19937 g(3);
  auto const z = satur::make<T>(satur::normal{0, 3}, {7, 4}, g);
  std::vector<satur_test::plain::numbers> rows(7);
  for (std::size_t r = 0; r < 7; ++r) {
    for (std::size_t c = 0; c < 4; ++c) {
      rows[r].push_back(static_cast<long double>(z(r, c)));
    }
  }
  double const tolerance = 20 * static_cast<double>(std::numeric_limits<T>::epsilon());
  each_option([&](cross_entropy_options const& o) {
    std::vector<long> const labels = labels_for(o);
    satur_test::plain::cross_entropy plain{
        static_cast<long>(*o.ignore_index), static_cast<long double>(o.label_smoothing), {}};
    for (double const w : o.class_weights) {
      plain.weight.push_back(static_cast<long double>(w));
    }
    softmax_cross_entropy<T> loss(o);
    double const got = loss.forward(z, labels);
    long double const want = o.reduce == reduction::mean ? plain.mean(rows, labels) : plain.sum(rows, labels);
    CHECK(got == satur_test::relative(static_cast<double>(want), tolerance));
    CHECK(loss.counted == (*o.ignore_index == 2 ? 4 : 5));
    REQUIRE(loss.losses.size() == 7);
    for (std::size_t r = 0; r < 7; ++r) {
      CHECK(loss.losses[r] == satur_test::relative(static_cast<double>(plain.row(rows[r], labels[r])), tolerance));
    }
    CHECK(loss.losses[3] == 0.0);
    for (std::size_t c = 0; c < 4; ++c) {
      CHECK(loss.backward()(3, c) == T(0)); // ignored
      CHECK(loss.probabilities(3, c) > T(0));
    }
  });
}

TEST_CASE("cross entropy options: the gradient check of every combination") {
  std::mt19937 g(4);
  auto z = satur::make<double>(satur::normal{0, 1.5}, {7, 4}, g);
  each_option([&](cross_entropy_options const& o) {
    std::vector<long> const labels = labels_for(o);
    softmax_cross_entropy<double> loss(o);
    matrix<double> dz = z;
    satur::testing::gradient_check check("softmax_cross_entropy");
    check.add("logits", z, dz);
    auto const r = check.run([&] { return loss.forward(z, labels); }, [&] { dz = loss.backward(); });
    CHECK_MESSAGE(r.passed(), r.text());
    // and of a loss of the user's own: sum of c_r l_r^2
    satur::testing::gradient_check own("a function of the rows' losses");
    own.add("logits", z, dz);
    std::vector<double> given(7);
    auto const q = own.run(
        [&] {
          loss.forward(z, labels);
          double sum = 0;
          for (std::size_t k = 0; k < 7; ++k) {
            sum += (0.3 + static_cast<double>(k)) * loss.losses[k] * loss.losses[k];
          }
          return sum;
        },
        [&] {
          for (std::size_t k = 0; k < 7; ++k) {
            given[k] = 2 * (0.3 + static_cast<double>(k)) * loss.losses[k];
          }
          dz = loss.backward(given);
        });
    CHECK_MESSAGE(q.passed(), q.text());
  });
}

TEST_CASE("cross entropy options: the gradient by dual numbers, exactly") {
  using satur::testing::dual;
  matrix<double> const z{{0.3, -1.2, 2.5}, {4.0, 0.1, -0.7}};
  std::vector<int> const labels{1, 0};
  std::array const w{0.5, 3.0, 1.25};
  softmax_cross_entropy<double> loss{{.label_smoothing = 0.2, .class_weights = {w.begin(), w.end()}}};
  loss.forward(z, labels);
  auto const formula = [&](std::vector<dual> const& v) {
    dual total = 0.0;
    double weights = 0;
    for (std::size_t r = 0; r < 2; ++r) {
      dual sum = 0.0;
      for (std::size_t c = 0; c < 3; ++c) {
        sum += exp(v[3 * r + c]);
      }
      for (std::size_t c = 0; c < 3; ++c) {
        double const target = 0.2 / 3 + (static_cast<int>(c) == labels[r] ? 0.8 : 0.0);
        total -= w[c] * target * log(exp(v[3 * r + c]) / sum);
      }
      weights += w[static_cast<std::size_t>(labels[r])];
    }
    return total / weights;
  };
  auto const r = satur::testing::check_gradients(formula, z, loss.backward(), {.tolerance = 1e-13});
  CHECK_MESSAGE(r.passed(), r.text());
}

TEST_CASE_TEMPLATE("cross entropy options: loss and gradient keep their digits", T, float, double) {
  double const tolerance = 8 * static_cast<double>(std::numeric_limits<T>::epsilon());
  matrix<T> const z{{60, 0, 0}};
  double const q = std::exp(-60.0); // of each of the others
  softmax_cross_entropy<T> weighted{{.reduce = reduction::sum, .class_weights = {3.0, 1.0, 1.0}}};
  CHECK(weighted.forward(z, std::array{0}) == satur_test::relative(3 * 2 * q, tolerance));
  CHECK(static_cast<double>(weighted.backward()(0, 0)) == satur_test::relative(-3 * 2 * q, tolerance));
  CHECK(static_cast<double>(weighted.backward()(0, 1)) == satur_test::relative(3 * q, tolerance));
  // A smoothing as small as what is left of p: p - target has no digit of it in either type.
  double const e = 3 * std::exp(-59.0);
  softmax_cross_entropy<T> smoothed{{.label_smoothing = e}};
  double const at_0 = 2 * e / 3 - 2 * q; // (1 - 2 q) - (1 - 2 e / 3)
  CHECK(smoothed.forward(z, std::array{0}) == satur_test::relative(2 * q + 2 * e / 3 * 60, tolerance));
  CHECK(static_cast<double>(smoothed.backward()(0, 0)) == satur_test::relative(at_0, tolerance));
  CHECK(static_cast<double>(smoothed.backward()(0, 1)) == satur_test::relative(q - e / 3, tolerance));
  // The same where the answer is wrong.
  CHECK(smoothed.forward(z, std::array{1}) == satur_test::relative(60.0, tolerance));
  CHECK(static_cast<double>(smoothed.backward()(0, 0)) == satur_test::relative(1.0, tolerance));
  CHECK(static_cast<double>(smoothed.backward()(0, 1)) == satur_test::relative(-1.0, tolerance));
  // The largest logit has all of the target's weight by its class weight, but for 2 e / 3.
  softmax_cross_entropy<T> both{{.reduce = reduction::sum, .label_smoothing = 1.0, .class_weights = {3.0, e, e}}};
  both.forward(z, std::array{0});
  CHECK(static_cast<double>(both.backward()(0, 0)) == satur_test::relative(2 * e / 3 - 2 * q, tolerance));
}

TEST_CASE("cross entropy options: all rows ignored, no weight, an empty batch") {
  matrix<double> const z{{1, 2, nan_value}, {3, inf, 5}};
  matrix<double> const none = xt::zeros<double>({2, 3});
  softmax_cross_entropy<double> loss{{.ignore_index = -100}};
  CHECK(std::isnan(loss.forward(z, std::array{-100, -100})));
  CHECK(loss.backward() == none);
  CHECK(loss.counted == 0);
  CHECK(loss.correct == 0);
  loss.options.mean_of_none = 0.0;
  CHECK(loss.forward(z, std::array{-100, -100}) == 0.0);
  CHECK(loss.backward() == none);
  loss.options.reduce = reduction::sum;
  loss.options.mean_of_none = 5.0;
  CHECK(loss.forward(z, std::array{-100, -100}) == 0.0);
  CHECK(loss.backward() == none);
  // A NaN or infinity in an ignored row does not reach the loss.
  matrix<double> const half{{1, 2, nan_value}, {3, 4, 5}};
  loss.options.reduce = reduction::mean;
  CHECK(loss.forward(half, std::array{-100, 2}) == doctest::Approx(std::log1p(std::exp(-1.0) + std::exp(-2.0))));
  CHECK(loss.correct == 1);
  CHECK(loss.backward()(0, 2) == 0.0);
  // Labels whose class has weight 0
  loss.options = {.class_weights = {0.0, 1.0, 1.0}};
  CHECK(std::isnan(loss.forward(half, std::array{0, 0})));
  CHECK(loss.backward() == none);
  CHECK(loss.counted == 2);
  loss.options.label_smoothing = 0.5; // a row has a loss, but the mean has no weight
  CHECK(std::isnan(loss.forward(half, std::array{0, 0})));
  CHECK(loss.backward() == none);
  CHECK(loss.losses[1] > 0.0);
  // batch 0
  softmax_cross_entropy<double> fresh;
  CHECK(std::isnan(fresh.forward(matrix<double>::from_shape({0, 3}), std::vector<int>{})));
  CHECK(fresh.backward().shape(0) == 0);
  CHECK(fresh.backward().shape(1) == 3);
  CHECK(fresh.forward(matrix<double>{{0, 0}}, std::array{1}) == doctest::Approx(std::log(2.0)));
}

TEST_CASE_TEMPLATE("cross entropy options: infinite logits with smoothing", T, float, double) {
  T const low = -std::numeric_limits<T>::infinity();
  softmax_cross_entropy<T> loss{{.label_smoothing = 0.3}};
  matrix<T> const z{{0, low, 0}};
  CHECK(loss.forward(z, std::array{0}) == inf); // it asks for a share of the excluded class
  CHECK(static_cast<double>(loss.backward()(0, 1)) == doctest::Approx(-0.1));
  loss.options.class_weights = {1.0, 0.0, 1.0}; // of weight 0: none
  CHECK(loss.forward(z, std::array{0}) == satur_test::relative((0.7 + 0.2) * std::log(2.0), 1e-6));
  CHECK(loss.backward()(0, 1) == T(0));
}

TEST_CASE("cross entropy options: they are read by forward, and a used object equals a new one") {
  std::mt19937 g(5);
  auto const z = satur::make<float>(satur::normal{0, 2}, {5, 4}, g);
  auto const other = satur::make<float>(satur::normal{0, 2}, {3, 4}, g);
  std::vector<int> const labels{0, 1, 2, 3, 0};
  cross_entropy_options const o{.label_smoothing = 0.1, .class_weights = {1, 2, 3, 4}};
  softmax_cross_entropy<float> a(o);
  softmax_cross_entropy<float> b(o);
  a.options = {};
  a.forward(other, std::array{1, 1, 1});
  a.options = o;
  CHECK(a.forward(z, labels) == b.forward(z, labels));
  a.options = {}; // backward belongs to the last forward
  CHECK(a.backward() == b.backward());
  CHECK(a.losses == b.losses);
  softmax_cross_entropy<float> const copy = a;
  CHECK(copy.losses == a.losses);
}

TEST_CASE("cross entropy options: wrong ones are refused") {
  matrix<float> const z{{1, 2}, {3, 4}};
  auto const with = [&](cross_entropy_options const& o) {
    softmax_cross_entropy<float> loss(o);
    return refusal([&] { loss.forward(z, std::array{0, 1}); });
  };
  std::string const place = "satur::softmax_cross_entropy::forward: ";
  CHECK(with({.label_smoothing = -0.1}) == place + "label_smoothing is -0.1; allowed: 0 to 1");
  CHECK(with({.label_smoothing = 1.5}) == place + "label_smoothing is 1.5; allowed: 0 to 1");
  CHECK(with({.label_smoothing = nan_value}) == place + "label_smoothing is nan; allowed: 0 to 1");
  CHECK(with({.class_weights = {1, 2, 3}}) ==
        place + "class_weights has shape (3); expected (2), one for each class, or none");
  CHECK(with({.class_weights = {1, -2}}) == place + "class_weights[1] is -2; allowed: a finite number >= 0");
  CHECK(with({.class_weights = {inf, 2}}) == place + "class_weights[0] is inf; allowed: a finite number >= 0");
  CHECK(with({.class_weights = {1, nan_value}}) == place + "class_weights[1] is nan; allowed: a finite number >= 0");
  softmax_cross_entropy<float> loss{{.ignore_index = -1}};
  CHECK(refusal([&] {
          loss.forward(z, std::array{0, -2});
        }) == place + "the label of row 1 is -2; allowed: 0 to 1, or ignore_index -1, for logits (2, 2)");
  loss.options.ignore_index = 255;
  CHECK(loss.forward(z, std::array<std::uint8_t, 2>{0, 255}) > 0.0);
  CHECK(loss.counted == 1);
  loss.options.ignore_index = -1; // no unsigned number is it
  CHECK(refusal([&] { loss.forward(z, std::array<std::uint64_t, 2>{0, ~std::uint64_t{0}}); }) != "nothing thrown");
  CHECK(refusal([&] { loss.backward(std::array{1.0}); }) ==
        "satur::softmax_cross_entropy::backward: row_gradients has shape (1); expected (2), one for each row");
}
