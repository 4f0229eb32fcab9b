// Backward of softmax, log_softmax and logsumexp: against the full Jacobian in long double, against finite differences,
// and for p that rounds to 1.
// levels: all
#include <satur/rowwise.hpp>

#include "support/gradient.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace {

template <class T> std::vector<T> numbers(std::size_t n, double spread, unsigned seed) {
  std::mt19937_64 urbg(seed);
  std::normal_distribution<double> normal(0.0, spread);
  std::vector<T> z(n);
  std::generate(z.begin(), z.end(), [&] { return static_cast<T>(normal(urbg)); });
  return z;
}

template <class T> std::vector<long double> probabilities(std::vector<T> const& z) {
  long double const m = static_cast<long double>(*std::max_element(z.begin(), z.end()));
  std::vector<long double> p;
  long double s = 0;
  for (T const e : z) {
    p.push_back(std::exp(static_cast<long double>(e) - m));
    s += p.back();
  }
  for (long double& e : p) {
    e /= s;
  }
  return p;
}

template <class A> constexpr bool is_logarithm = std::is_same_v<A, satur::log_softmax>;

/// J^T dy with every entry of the Jacobian: p_j (delta - p_k), or delta - p_k for the logarithm. The diagonal's 1 - p
/// is the sum of the others.
template <class A, class T> std::vector<long double> by_jacobian(std::vector<T> const& z, std::vector<T> const& dy) {
  std::vector<long double> const p = probabilities(z);
  std::vector<long double> dx(z.size(), 0.0L);
  for (std::size_t j = 0; j < z.size(); ++j) {   // output
    for (std::size_t k = 0; k < z.size(); ++k) { // input
      long double rest = 0;
      for (std::size_t i = 0; i < z.size(); ++i) {
        rest += i == j ? 0.0L : p[i];
      }
      long double const entry = (j == k ? rest : -p[k]) * (is_logarithm<A> ? 1.0L : p[j]);
      dx[k] += static_cast<long double>(dy[j]) * entry;
    }
  }
  return dx;
}

} // namespace

TEST_CASE_TEMPLATE("rowwise gradient: against the full Jacobian", T, float, double) {
  auto const check = [](auto act) {
    using A = decltype(act);
    for (double const spread : {0.5, 3.0, 30.0}) {
      for (std::size_t const n : {1u, 2u, 5u, 16u, 17u, 40u}) {
        std::vector<T> const z = numbers<T>(n, spread, 1);
        std::vector<T> const dy = numbers<T>(n, 1.0, 2);
        std::vector<T> y(n);
        std::vector<T> dx(n);
        satur::apply(act, z, y, n);
        satur::pullback(act, y, dy, dx, n);
        std::vector<long double> const want = by_jacobian<A>(z, dy);
        long double scale = 0; // relative to the summed terms
        std::vector<long double> const p = probabilities(z);
        for (std::size_t k = 0; k < n; ++k) {
          // y = log p was rounded, and e turns an absolute error of y into a relative one of p
          long double const rounding = is_logarithm<A> ? 1 + std::fabs(std::log(p[k])) : 1.0L;
          scale = (is_logarithm<A> ? 3.0L * (p[k] * static_cast<long double>(n) + 1) : 9.0L * p[k]) * rounding;
          CHECK(std::fabs(static_cast<long double>(dx[k]) - want[k]) <=
                scale * static_cast<long double>(std::numeric_limits<T>::epsilon()) +
                    static_cast<long double>(std::numeric_limits<T>::denorm_min()));
        }
      }
    }
  };
  check(satur::softmax{});
  check(satur::log_softmax{});
}

TEST_CASE("rowwise gradient: against central differences") {
  std::vector<double> z = numbers<double>(12, 2.0, 3);
  std::vector<double> const c = numbers<double>(12, 1.0, 4);
  std::vector<double> y(12);
  std::vector<double> dx(12);
  auto const check = [&](auto act) {
    auto const loss = [&] {
      satur::apply(act, z, y, 4);
      double sum = 0;
      for (std::size_t i = 0; i < y.size(); ++i) {
        sum += c[i] * y[i];
      }
      return sum;
    };
    loss();
    satur::pullback(act, y, c, dx, 4);
    CHECK(satur_test::worst_gradient_error(z, dx, loss) < 1e-6);
    loss();
    std::vector<double> in_place = c; // dx may be dy
    satur::pullback(act, y, in_place, in_place, 4);
    CHECK(in_place == dx);
  };
  check(satur::softmax{});
  check(satur::log_softmax{});

  std::vector<double> total(3);
  std::vector<double> const w{1.0, -2.0, 0.5};
  auto const loss = [&] {
    satur::apply(satur::logsumexp{}, z, total, 4);
    return total[0] * w[0] + total[1] * w[1] + total[2] * w[2];
  };
  loss();
  satur::pullback(satur::logsumexp{}, z, w, dx, 4);
  CHECK(satur_test::worst_gradient_error(z, dx, loss) < 1e-6);
}

TEST_CASE_TEMPLATE("rowwise gradient: keeps its digits if p rounds to 1", T, float, double) {
  std::vector<T> const z{60, 0, 0};
  std::vector<T> y(3);
  std::vector<T> dx(3);
  double const small = 2 * std::exp(-60.0);
  satur::apply(satur::softmax{}, z, y, 3);
  CHECK(y[0] == 1);
  satur::pullback(satur::softmax{}, y, std::vector<T>{1, 0, 0}, dx, 3);
  CHECK(static_cast<double>(dx[0]) == doctest::Approx(small).epsilon(1e-6));
  CHECK(static_cast<double>(dx[1]) == doctest::Approx(-small / 2).epsilon(1e-6));
  satur::apply(satur::log_softmax{}, z, y, 3);
  CHECK(static_cast<double>(y[0]) == doctest::Approx(-small).epsilon(1e-6));
  satur::pullback(satur::log_softmax{}, y, std::vector<T>{-1, 0, 0}, dx, 3);
  CHECK(static_cast<double>(dx[0]) == doctest::Approx(-small).epsilon(1e-6));
  CHECK(static_cast<double>(dx[1]) == doctest::Approx(small / 2).epsilon(1e-6));
}

TEST_CASE_TEMPLATE("rowwise gradient: special rows", T, float, double) {
  constexpr T inf = std::numeric_limits<T>::infinity();
  std::vector<T> const z{0, -inf, 0, -inf, -inf, -inf, inf, 0, 0};
  std::vector<T> const dy{1, 5, 0, 1, 2, 3, 1, 2, 3};
  std::vector<T> y(9);
  std::vector<T> dx(9);
  satur::apply(satur::softmax{}, z, y, 3);
  satur::pullback(satur::softmax{}, y, dy, dx, 3);
  CHECK(dx[0] == T(0.25));
  CHECK(dx[1] == 0);
  CHECK(dx[2] == T(-0.25));
  CHECK(std::all_of(dx.begin() + 3, dx.end(), [](T e) { return std::isnan(e); }));
  satur::apply(satur::log_softmax{}, z, y, 3);
  satur::pullback(satur::log_softmax{}, y, dy, dx, 3);
  CHECK(dx[0] == doctest::Approx(-2));
  CHECK(dx[1] == 5);
  CHECK(dx[2] == doctest::Approx(-3));
  CHECK(std::all_of(dx.begin() + 3, dx.end(), [](T e) { return std::isnan(e); }));
  satur::pullback(satur::logsumexp{}, z, std::vector<T>{4, 1, 1}, dx, 3);
  CHECK(dx[0] == 2);
  CHECK(dx[1] == 0);
  CHECK(std::all_of(dx.begin() + 3, dx.end(), [](T e) { return std::isnan(e); }));
}
