// Binary cross-entropy of logits against PyTorch's formula written out, in both tails, by gradient checks.
#include <satur/initializer.hpp>
#include <satur/loss.hpp>
#include <satur/tensor/fill.hpp>
#include <satur/testing.hpp>

#include "support/plain_losses.hpp"
#include "support/refusal.hpp"
#include "support/relative.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using satur::bce_options;
using satur::bce_with_logits;
using satur::reduction;
using satur_test::refusal;
template <class T> using matrix = xt::xtensor<T, 2>;
constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();
constexpr double inf = std::numeric_limits<double>::infinity();

} // namespace

TEST_CASE_TEMPLATE("bce: PyTorch's formula, all options", T, float, double) {
  std::mt19937 g(2);
  auto const z = satur::make<T>(satur::normal{0, 8}, {6, 3}, g);
  matrix<T> y = xt::zeros<T>({6, 3});
  matrix<T> w = xt::zeros<T>({6, 3});
  for (std::size_t i = 0; i < y.size(); ++i) {
    y.data()[i] = i % 3 == 0 ? T(1) : i % 4 == 0 ? T(0.25) : T(0);
    w.data()[i] = T(0.5) * static_cast<T>(i % 5);
  }
  double const eps = static_cast<double>(std::numeric_limits<T>::epsilon());
  for (reduction const reduce : {reduction::mean, reduction::sum, reduction::none}) {
    for (std::vector<double> const& q : {std::vector<double>{}, {2.5}, {0.0, 1.0, 3.0}}) {
      for (bool const weighted : {false, true}) {
        bce_with_logits<T> loss{{.reduce = reduce, .pos_weight = q}};
        double const got = weighted ? loss.forward(z, y, w) : loss.forward(z, y);
        matrix<T> const& d = loss.backward();
        long double total = 0;
        for (std::size_t i = 0; i < z.size(); ++i) {
          auto const at = static_cast<long double>(z.data()[i]), target = static_cast<long double>(y.data()[i]);
          long double const p = q.empty() ? 1.0L : static_cast<long double>(q[q.size() == 1 ? 0 : i % 3]);
          auto const each = static_cast<long double>(weighted ? w.data()[i] : T(1));
          long double const want = satur_test::plain::bce(at, target, p, each);
          total += want;
          CHECK(loss.losses.data()[i] == satur_test::relative(static_cast<double>(want), 4e-16));
          // the page's derivative, one part at a time
          long double const slope = each * ((1 - target) / (1 + std::exp(-at)) - p * target / (1 + std::exp(at))) /
                                    (reduce == reduction::mean ? 18.0L : 1.0L);
          CHECK(std::abs(static_cast<double>(static_cast<long double>(d.data()[i]) - slope)) <=
                2 * eps * std::abs(static_cast<double>(slope)));
        }
        CHECK(got == satur_test::relative(static_cast<double>(reduce == reduction::mean ? total / 18 : total), 1e-14));
      }
    }
  }
}

TEST_CASE_TEMPLATE("bce: loss and gradient keep their digits in both tails", T, float, double) {
  bool const single = sizeof(T) == 4;
  for (double const at : {20.0, 40.0, 80.0, 100.0, 700.0}) {
    CAPTURE(at);
    double const tail = std::exp(-at); // log1p(e^-z) and s(-z), to the last digit
    bce_with_logits<T> loss{{.reduce = reduction::sum}};
    auto const check = [&](double logit, double target, double l, double slope) {
      CHECK(loss.forward(matrix<T>{{static_cast<T>(logit)}}, matrix<T>{{static_cast<T>(target)}}) ==
            satur_test::relative(l, 1e-8));
      double const got = static_cast<double>(loss.backward()(0, 0));
      if (single && std::abs(slope) < 1.2e-38) { // subnormal, or below every float
        CHECK(std::abs(got - slope) <= 0.7e-45);
      } else {
        CHECK(got == satur_test::relative(slope, 1e-7));
      }
    };
    check(at, 1, tail, -tail);
    check(-at, 0, tail, tail);
    check(at, 0, at + tail, 1);
    check(-at, 1, at + tail, -1);
  }
}

TEST_CASE("bce: the gradient check, all options") {
  std::mt19937 g(6);
  auto z = satur::make<double>(satur::normal{0, 2}, {4, 3}, g);
  matrix<double> const y{{0, 1, 1}, {0.5, 0, 1}, {1, 1, 0}, {0, 0.9, 0}};
  matrix<double> const w{{1, 2, 0}, {1, 1, 3}, {0.5, 1, 1}, {2, 2, 2}};
  for (reduction const reduce : {reduction::mean, reduction::sum, reduction::none}) {
    for (bool const weighted : {false, true}) {
      bce_with_logits<double> loss{{.reduce = reduce, .pos_weight = {0.5, 1.0, 4.0}}};
      auto const forward = [&] { return weighted ? loss.forward(z, y, w) : loss.forward(z, y); };
      matrix<double> dz = z;
      satur::testing::gradient_check check("bce_with_logits");
      check.add("z", z, dz);
      auto const r = check.run(forward, [&] { dz = loss.backward(); });
      CHECK_MESSAGE(r.passed(), r.text());
      satur::testing::gradient_check own("a function of the losses");
      own.add("z", z, dz);
      auto const q = own.run(
          [&] {
            forward();
            return xt::sum(loss.losses * loss.losses)();
          },
          [&] { dz = loss.backward(2.0 * loss.losses); });
      CHECK_MESSAGE(q.passed(), q.text());
    }
  }
}

TEST_CASE("bce: special values, weights of 0, an empty batch") {
  bce_with_logits<double> loss{{.reduce = reduction::none}};
  matrix<double> const z{{inf, inf, -inf, -inf, nan_value, nan_value}};
  matrix<double> const y{{1, 0, 1, 0, 1, 0}};
  loss.forward(z, y);
  CHECK(loss.losses(0, 0) == 0.0);
  CHECK(loss.losses(0, 1) == inf);
  CHECK(loss.losses(0, 2) == inf);
  CHECK(loss.losses(0, 3) == 0.0);
  CHECK(std::isnan(loss.losses(0, 4)));
  CHECK(std::isnan(loss.losses(0, 5)));
  matrix<double> const& d = loss.backward();
  CHECK(d(0, 0) == 0.0);
  CHECK(d(0, 1) == 1.0);
  CHECK(d(0, 2) == -1.0);
  CHECK(d(0, 3) == 0.0);
  CHECK(std::isnan(d(0, 4)));
  CHECK(std::isnan(d(0, 5)));
  CHECK(loss.forward(z, y, xt::zeros<double>({1, 6})) == 0.0);
  CHECK(loss.backward() == matrix<double>(xt::zeros<double>({1, 6})));
  loss.options.reduce = reduction::mean;
  CHECK(std::isnan(loss.forward(matrix<double>::from_shape({0, 6}), matrix<double>::from_shape({0, 6}))));
  CHECK(loss.backward().shape(1) == 6);
  CHECK(loss.forward(matrix<double>{{0.0}}, matrix<double>{{1.0}}) == doctest::Approx(std::log(2.0)));
}

TEST_CASE_TEMPLATE("bce: other types, other ranks, its own arrays, and every length", T, float, double) {
  std::mt19937 g(7);
  auto const z = satur::make<T>(satur::normal{0, 3}, {4, 4}, g);
  xt::xtensor<std::uint8_t, 2> bits = xt::zeros<std::uint8_t>({4, 4});
  bits(1, 1) = bits(2, 3) = bits(3, 0) = 1;
  matrix<T> const y = xt::cast<T>(bits);
  bce_with_logits<T> loss;
  double const want = loss.forward(z, y);
  CHECK(loss.forward(z, bits) == want);
  CHECK(loss.forward(T(1) * z, y) == satur_test::relative(want, 1e-15));
  xt::xtensor<T, 3> z3 = xt::xtensor<T, 3>::from_shape({2, 2, 4}), y3 = z3;
  std::copy(z.begin(), z.end(), z3.begin());
  std::copy(y.begin(), y.end(), y3.begin());
  bce_with_logits<T, 3> cube;
  CHECK(cube.forward(z3, y3) == want);
  CHECK(std::equal(cube.losses.begin(), cube.losses.end(), loss.losses.begin()));
  // its own gradient and losses as logits
  bce_with_logits<T> other;
  loss.forward(z, y);
  matrix<T> const copy = loss.backward();
  CHECK(loss.forward(loss.backward(), y) == other.forward(copy, y));
  CHECK(loss.backward() == other.backward());
  xt::xtensor<double, 2> const l = other.losses;
  CHECK(loss.forward(xt::transpose(loss.losses), y) == other.forward(xt::transpose(l), y));
  CHECK(loss.losses == other.losses);
  for (std::size_t n = 1; n < 20; ++n) { // the same bits at every place
    bce_with_logits<T> row;
    matrix<T> const at = T(0.7) * xt::ones<T>({std::size_t{1}, n}), ones = xt::ones<T>({std::size_t{1}, n});
    row.forward(at, ones);
    for (std::size_t i = 0; i < n; ++i) {
      CHECK(row.losses(0, i) == row.losses(0, 0));
    }
  }
}

TEST_CASE("bce: what is wrong is refused, and changes nothing") {
  bce_with_logits<float> loss;
  CHECK_THROWS_WITH_AS(loss.backward(),
                       "satur::bce_with_logits::backward: no forward pass to differentiate; call forward first",
                       std::logic_error);
  matrix<float> const z{{1, -2}};
  matrix<float> const y{{1, 0}};
  loss.forward(z, y);
  matrix<float> const d = loss.backward();
  std::string const place = "satur::bce_with_logits::forward: ";
  CHECK(refusal([&] {
          loss.forward(z, matrix<float>{{1, 0, 1}});
        }) == place + "target has shape (1, 3); expected (1, 2), the shape of z");
  CHECK(refusal([&] { loss.forward(z, y, matrix<float>{{1}}); }) ==
        place + "weights has shape (1, 1); expected (1, 2), the shape of z");
  CHECK(refusal([&] { loss.forward(xt::xtensor<float, 1>{1}, xt::xtensor<float, 1>{1}); }) ==
        place + "z has shape (1); expected 2 axes");
  CHECK(refusal([&] {
          loss.forward(z, matrix<float>{{1, 2}});
        }) == place + "the target of element 1 is 2; allowed: 0 to 1");
  CHECK(refusal([&] {
          loss.forward(z, matrix<float>{{std::nextafter(1.0f, 2.0f), 1}});
        }).starts_with(place + "the target of element 0 is 1.0"));
  CHECK(refusal([&] {
          loss.forward(z, matrix<float>{{1, -std::numeric_limits<float>::denorm_min()}});
        }).starts_with(place + "the target of element 1 is -1"));
  CHECK(refusal([&] {
          loss.forward(z, matrix<float>{{std::nanf(""), 1}});
        }) == place + "the target of element 0 is nan; allowed: 0 to 1");
  CHECK(refusal([&] {
          loss.forward(z, y, matrix<float>{{1, -1}});
        }) == place + "the weight of element 1 is -1; allowed: a finite number >= 0");
  loss.options.pos_weight = {1, 2, 3};
  CHECK(refusal([&] { loss.forward(z, y); }) ==
        place + "pos_weight has shape (3); expected (2), one for each unit, or (1), or none");
  loss.options.pos_weight = {-1};
  CHECK(refusal([&] { loss.forward(z, y); }) == place + "pos_weight is -1; allowed: a finite number >= 0");
  CHECK(loss.backward() == d);
  CHECK(refusal([&] { loss.backward(matrix<float>{{1}}); }) ==
        "satur::bce_with_logits::backward: the gradient of losses has shape (1, 1); expected (1, 2), the shape of "
        "losses");
}
