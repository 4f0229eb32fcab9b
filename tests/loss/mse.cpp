// The mean squared error against its formula, by gradient checks.
#include <satur/initializer.hpp>
#include <satur/loss.hpp>
#include <satur/tensor/fill.hpp>
#include <satur/testing.hpp>

#include "support/plain_losses.hpp"
#include "support/refusal.hpp"
#include "support/relative.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>

namespace {

using satur::mse;
using satur::reduction;
template <class T> using matrix = xt::xtensor<T, 2>;

} // namespace

TEST_CASE_TEMPLATE("mse: the formula, all reductions, weighted or not", T, float, double) {
  std::mt19937 g(2);
  auto const y = satur::make<T>(satur::normal{0, 2}, {5, 3}, g);
  auto const target = satur::make<T>(satur::normal{1, 2}, {5, 3}, g);
  auto const w = satur::make<T>(satur::uniform{0.0, 2.0}, {5, 3}, g);
  double const eps = static_cast<double>(std::numeric_limits<T>::epsilon());
  for (reduction const reduce : {reduction::mean, reduction::sum, reduction::none}) {
    for (bool const weighted : {false, true}) {
      mse<T> loss{{.reduce = reduce}};
      double const got = weighted ? loss.forward(y, target, w) : loss.forward(y, target);
      long double total = 0;
      for (std::size_t i = 0; i < y.size(); ++i) {
        auto const each = static_cast<long double>(weighted ? w.data()[i] : T(1));
        auto const at = static_cast<long double>(y.data()[i]), aim = static_cast<long double>(target.data()[i]);
        long double const want = satur_test::plain::squared_error(at, aim, each);
        total += want;
        CHECK(loss.losses.data()[i] == satur_test::relative(static_cast<double>(want), 1e-15));
        long double const slope = 2 * each * (at - aim) / (reduce == reduction::mean ? 15 : 1);
        double const error = std::abs(static_cast<double>(static_cast<long double>(loss.backward().data()[i]) - slope));
        CHECK(error <= 2 * eps * std::abs(static_cast<double>(slope)));
      }
      CHECK(got == satur_test::relative(static_cast<double>(reduce == reduction::mean ? total / 15 : total), 1e-14));
    }
  }
}

TEST_CASE("mse: the gradient check") {
  std::mt19937 g(6);
  auto y = satur::make<double>(satur::normal{0, 2}, {4, 3}, g);
  auto const target = satur::make<double>(satur::normal{0, 2}, {4, 3}, g);
  auto const w = satur::make<double>(satur::uniform{0.0, 2.0}, {4, 3}, g);
  for (reduction const reduce : {reduction::mean, reduction::sum, reduction::none}) {
    for (bool const weighted : {false, true}) {
      mse<double> loss{{.reduce = reduce}};
      auto const forward = [&] { return weighted ? loss.forward(y, target, w) : loss.forward(y, target); };
      matrix<double> dy = y;
      satur::testing::gradient_check check("mse");
      check.add("y", y, dy);
      auto const r = check.run(forward, [&] { dy = loss.backward(); });
      CHECK_MESSAGE(r.passed(), r.text());
      satur::testing::gradient_check own("a function of the losses");
      own.add("y", y, dy);
      auto const q = own.run(
          [&] {
            forward();
            return xt::sum(xt::sqrt(1.0 + loss.losses))();
          },
          [&] { dy = loss.backward(0.5 / xt::sqrt(1.0 + loss.losses)); });
      CHECK_MESSAGE(q.passed(), q.text());
    }
  }
}

TEST_CASE("mse: a series, special values, an empty batch, errors") {
  mse<double, 1> loss;
  xt::xtensor<double, 1> const y{1, 2, 4};
  CHECK(loss.forward(y, xt::xtensor<double, 1>{1, 1, 1}) == doctest::Approx(10.0 / 3));
  // its own gradient, (0, 2/3, 2), as outputs
  CHECK(loss.forward(loss.backward(), y) == doctest::Approx((1.0 + 16.0 / 9 + 4.0) / 3));
  CHECK(std::isnan(loss.forward(xt::xtensor<double, 1>{std::nan("")}, xt::xtensor<double, 1>{1})));
  CHECK(loss.forward(xt::xtensor<double, 1>{std::nan("")}, xt::xtensor<double, 1>{1}, xt::xtensor<double, 1>{0}) ==
        0.0);
  CHECK(loss.backward()(0) == 0.0);
  xt::xtensor<double, 1> const empty = xt::xtensor<double, 1>::from_shape({0});
  CHECK(std::isnan(loss.forward(empty, empty)));
  CHECK(loss.backward().size() == 0);
  mse<double> other;
  CHECK_THROWS_WITH_AS(other.backward(), "satur::mse::backward: no forward pass to differentiate; call forward first",
                       std::logic_error);
  CHECK(satur_test::refusal([&] {
          other.forward(matrix<double>{{1, 2}}, matrix<double>{{1}});
        }) == "satur::mse::forward: target has shape (1, 1); expected (1, 2), the shape of y");
}
