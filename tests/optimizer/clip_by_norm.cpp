// The norm of all gradients, and its limit.
#include <satur/initializer.hpp>
#include <satur/layer.hpp>
#include <satur/optimizer.hpp>

#include "support/refusal.hpp"
#include "support/relative.hpp"
#include "support/weights.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>
#include <tuple>
#include <vector>

namespace {

template <class T> using weights = satur_test::plain_weights<T>;

/// As torch.nn.utils.clip_grad_norm_ defines it: the norm of the norms of all gradients.
template <class T> long double norm_of(weights<T> const& layer) {
  long double sum = 0;
  for (auto const* const all : {&layer.dw, &layer.db}) {
    for (T const g : *all) {
      sum += static_cast<long double>(g) * static_cast<long double>(g);
    }
  }
  return std::sqrt(sum);
}

} // namespace

TEST_CASE_TEMPLATE("clip_by_norm: the norm of all layers together, and gradients of that norm", T, float, double) {
  weights<T> a(1000, 7, 1), b(33, 2, 2);
  weights<T> const before_a = a, before_b = b;
  double const norm = std::sqrt(static_cast<double>(norm_of(a) * norm_of(a) + norm_of(b) * norm_of(b)));
  double const eps = static_cast<double>(std::numeric_limits<T>::epsilon());
  CHECK(satur::gradient_norm(std::tie(a, b)) == satur_test::relative(norm, 1e-13));
  CHECK(satur::gradient_norm(a) == satur_test::relative(static_cast<double>(norm_of(a)), 1e-13));
  CHECK(satur::clip_by_norm(std::tie(a, b), norm * 1.001) == satur_test::relative(norm, 1e-13));
  CHECK(a.dw == before_a.dw); // it is within the limit
  CHECK(satur::clip_by_norm(std::tie(a, b), 0.25) == satur_test::relative(norm, 1e-13));
  CHECK(satur::gradient_norm(std::tie(a, b)) == satur_test::relative(0.25, 2 * eps));
  for (std::size_t i = 0; i < a.dw.size(); ++i) {
    CHECK(static_cast<double>(a.dw[i]) ==
          satur_test::relative(static_cast<double>(before_a.dw[i]) * 0.25 / norm, 2 * eps));
  }
  CHECK(static_cast<double>(b.db[1]) ==
        satur_test::relative(static_cast<double>(before_b.db[1]) * 0.25 / norm, 2 * eps));
  CHECK(a.w == before_a.w);
  satur::clip_by_norm(b, 0.0);
  CHECK(b.dw == std::vector<T>(33, T(0)));
  CHECK(satur::clip_by_norm(b, 1.0) == 0.0);
  CHECK(satur::clip_by_norm(a, std::numeric_limits<double>::infinity()) > 0.0);
}

TEST_CASE("clip_by_norm: squares that overflow or underflow") {
  weights<double> a(2, 1, 1);
  a.dw = {3e200, 4e200};
  a.db = {0};
  CHECK(satur::clip_by_norm(a, 5.0) == satur_test::relative(5e200, 1e-15));
  CHECK(a.dw[0] == satur_test::relative(3.0, 1e-15));
  a.dw = {3e-200, 4e-200};
  CHECK(satur::clip_by_norm(a, 5e-201) == satur_test::relative(5e-200, 1e-15));
  CHECK(a.dw[1] == satur_test::relative(4e-201, 1e-15));
  for (double const size : {1e200, 1e-200}) { // the sign of the largest does not matter
    a.dw = {-3 * size, -4 * size};
    CHECK(satur::gradient_norm(a) == satur_test::relative(5 * size, 1e-15));
    CHECK(satur::clip_by_norm(a, 0.05 * size) == satur_test::relative(5 * size, 1e-15));
    CHECK(a.dw[1] == satur_test::relative(-0.04 * size, 1e-15));
  }
  weights<float> f(2, 1, 1);
  f.dw = {3e30f, 4e30f};
  f.db = {0};
  CHECK(satur::gradient_norm(f) == satur_test::relative(5e30, 1e-6));
}

TEST_CASE("clip_by_norm: NaN and infinity change nothing, and are returned") {
  weights<float> a(3, 1, 1);
  a.dw = {1, std::numeric_limits<float>::infinity(), 3};
  CHECK(satur::clip_by_norm(a, 0.1) == std::numeric_limits<double>::infinity());
  CHECK(a.dw[2] == 3.0f);
  a.db = {std::numeric_limits<float>::quiet_NaN()};
  CHECK(std::isnan(satur::clip_by_norm(a, 0.1)));
  CHECK(a.dw[0] == 1.0f);
  std::mt19937 g(1);
  satur::dense<float> fc{3, 2, satur::glorot_normal{}, g};
  CHECK(satur::clip_by_norm(fc, 1.0) == 0.0);
  CHECK(satur_test::refusal([&] { satur::clip_by_norm(a, -1.0); }) ==
        "satur::clip_by_norm: max_norm is -1; allowed: a number >= 0");
  CHECK(satur_test::refusal([&] { satur::clip_by_norm(a, std::nan("")); }) ==
        "satur::clip_by_norm: max_norm is nan; allowed: a number >= 0");
}
