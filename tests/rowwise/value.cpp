// softmax, log_softmax and logsumexp against exact tables and long double, at every instruction set; special
// rows.
// levels: all
#include "satur/simd/level.hpp"
#include <satur/activation.hpp>
#include <satur/rowwise.hpp>

#include "support/exact_row.hpp"
#include "support/ulp.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cfenv>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace {

using satur_test::exact_row;

std::vector<exact_row> const rows = {
#include "reference/rows.inc"
};

std::vector<satur::math::simd_level> levels() {
  using satur::math::simd_level;
  std::vector<simd_level> all{simd_level::baseline};
  for (simd_level const l : {simd_level::avx2, simd_level::avx512}) {
    if (l <= satur::math::best_level()) {
      all.push_back(l);
    }
  }
  return all;
}

template <class T> std::vector<T> as(std::vector<double> const& z) { return std::vector<T>(z.begin(), z.end()); }

template <class T> bool same(std::vector<T> const& a, std::vector<T> const& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](T x, T y) { return x == y || (std::isnan(x) && std::isnan(y)); });
}

/// The truth for a row without special values, in long double.
struct truth {
  std::vector<long double> p;
  std::vector<long double> log_p;
  long double logsumexp;
};
template <class T> truth exactly(T const* z, std::size_t n) {
  std::size_t const top = static_cast<std::size_t>(std::max_element(z, z + n) - z);
  long double const m = static_cast<long double>(z[top]);
  long double others = 0;
  truth t{std::vector<long double>(n), std::vector<long double>(n), 0};
  for (std::size_t j = 0; j < n; ++j) {
    t.p[j] = std::exp(static_cast<long double>(z[j]) - m);
    others += j == top ? 0.0L : t.p[j];
  }
  for (std::size_t j = 0; j < n; ++j) {
    t.p[j] /= 1 + others;
    t.log_p[j] = (static_cast<long double>(z[j]) - m) - std::log1p(others);
  }
  t.logsumexp = m + std::log1p(others);
  return t;
}

template <class T> constexpr double most_ulp = std::is_same_v<T, float> ? 1.5 : 2.5;

} // namespace

TEST_CASE_TEMPLATE("rowwise: exact table", T, float, double) {
  for (auto const level : levels()) {
    satur::scoped_level const forced(level);
    for (exact_row const& row : rows) {
      CAPTURE(row.z[0]);
      CAPTURE(static_cast<int>(level));
      std::vector<T> const z = as<T>(row.z);
      std::vector<T> y(z.size());
      std::vector<T> total(1);
      satur::apply(satur::softmax{}, z, y, z.size());
      for (std::size_t j = 0; j < z.size(); ++j) {
        CHECK(test::ulp_error(y[j], row.p[j]) <= most_ulp<T>);
        CHECK_FALSE(test::false_zero(y[j], row.p[j]));
      }
      satur::apply(satur::log_softmax{}, z, y, z.size());
      for (std::size_t j = 0; j < z.size(); ++j) {
        CHECK(test::ulp_error(y[j], row.log_p[j]) <= most_ulp<T>);
        CHECK_FALSE(test::false_zero(y[j], row.log_p[j]));
      }
      satur::apply(satur::logsumexp{}, z, total, z.size());
      CHECK(test::ulp_error(total[0], row.logsumexp) <= most_ulp<T>);

      satur::row_saturation const s = satur::observe(satur::softmax{}, z, z.size());
      CHECK(s.rows == 1);
      CHECK(s.mean_complement() == doctest::Approx(static_cast<double>(row.complement)).epsilon(1e-14));
      CHECK(s.mean_entropy() == doctest::Approx(static_cast<double>(row.entropy)).epsilon(1e-14));
      CHECK(s.mean_derivative() * static_cast<double>(z.size()) ==
            doctest::Approx(static_cast<double>(row.slope)).epsilon(1e-14));
    }
  }
}

TEST_CASE_TEMPLATE("rowwise: random rows of all lengths against long double; the bits of a row depend only on it", T,
                   float, double) {
  std::mt19937_64 urbg(7);
  double worst_p = 0;
  double worst_log = 0;
  double worst_sum = 0;
  for (auto const level : levels()) {
    satur::scoped_level const forced(level);
    for (double const spread : {0.1, 1.0, 10.0, 100.0, 1e4}) {
      std::normal_distribution<double> normal(0.0, spread);
      for (std::size_t const n : {1u, 2u, 3u, 7u, 15u, 16u, 17u, 33u, 100u, 257u, 1500u}) {
        std::size_t const count = 3;
        std::vector<T> z(n * count);
        std::generate(z.begin(), z.end(), [&] { return static_cast<T>(normal(urbg)); });
        std::vector<T> p(z.size());
        std::vector<T> log_p(z.size());
        std::vector<T> total(count);
        satur::apply(satur::softmax{}, z, p, n);
        satur::apply(satur::log_softmax{}, z, log_p, n);
        satur::apply(satur::logsumexp{}, z, total, n);
        for (std::size_t r = 0; r < count; ++r) {
          truth const t = exactly(z.data() + r * n, n);
          for (std::size_t j = 0; j < n; ++j) {
            worst_p = std::max(worst_p, test::ulp_error(p[r * n + j], t.p[j]));
            worst_log = std::max(worst_log, test::ulp_error(log_p[r * n + j], t.log_p[j]));
          }
          // if m and log s cancel, the error counts in ulp of m
          T const m = *std::max_element(z.data() + r * n, z.data() + (r + 1) * n);
          double const unit =
              static_cast<double>(std::nextafter(std::fabs(m), std::numeric_limits<T>::max()) - std::fabs(m));
          double const off = static_cast<double>(std::fabs(static_cast<long double>(total[r]) - t.logsumexp)) / unit;
          worst_sum = std::max(worst_sum, std::min(off, test::ulp_error(total[r], t.logsumexp)));
        }
        // the last row alone, elsewhere in memory
        std::vector<T> alone(n + 1);
        std::copy(z.end() - static_cast<std::ptrdiff_t>(n), z.end(), alone.begin() + 1);
        std::vector<T> again(n);
        satur::apply(satur::softmax{}, std::span<T const>(alone).subspan(1), again, n);
        CHECK(std::equal(again.begin(), again.end(), p.end() - static_cast<std::ptrdiff_t>(n)));
        // in place
        std::vector<T> in_place = z;
        satur::apply(satur::softmax{}, in_place, in_place, n);
        CHECK(in_place == p);
        in_place = z;
        satur::apply(satur::log_softmax{}, in_place, in_place, n);
        CHECK(in_place == log_p);
        // with a row_saturation
        std::vector<T> fused(z.size());
        satur::forward(satur::softmax{}, z, fused, n);
        CHECK(fused == p);
        satur::forward(satur::log_softmax{}, z, fused, n);
        CHECK(fused == log_p);
      }
    }
  }
  MESSAGE("worst ulp: softmax ", worst_p, ", log_softmax ", worst_log, ", logsumexp ", worst_sum);
  CHECK(worst_p <= most_ulp<T>);
  CHECK(worst_log <= most_ulp<T>);
  CHECK(worst_sum <= most_ulp<T>);
}

TEST_CASE_TEMPLATE("rowwise: AVX2 and AVX-512 give the same bits", T, float, double) {
  if (satur::math::best_level() != satur::math::simd_level::avx512) {
    MESSAGE("this processor has no AVX-512");
    return;
  }
  std::mt19937_64 urbg(8);
  std::normal_distribution<double> normal(0.0, 5.0);
  std::vector<T> z(50 * 123);
  std::generate(z.begin(), z.end(), [&] { return static_cast<T>(normal(urbg)); });
  std::vector<T> a(z.size());
  std::vector<T> b(z.size());
  using satur::math::simd_level;
  auto const at = [](simd_level level, auto const& f) {
    satur::scoped_level const forced(level);
    return f();
  };
  auto const one = at(simd_level::avx2, [&] { return satur::forward(satur::softmax{}, z, a, 123); });
  auto const two = at(simd_level::avx512, [&] { return satur::forward(satur::softmax{}, z, b, 123); });
  CHECK(a == b);
  CHECK(one == two);
  at(simd_level::avx2, [&] { satur::apply(satur::log_softmax{}, z, a, 123); });
  at(simd_level::avx512, [&] { satur::apply(satur::log_softmax{}, z, b, 123); });
  CHECK(a == b);
}

TEST_CASE_TEMPLATE("rowwise: special rows", T, float, double, long double) {
  constexpr T inf = std::numeric_limits<T>::infinity();
  constexpr T nan = std::numeric_limits<T>::quiet_NaN();
  constexpr T most = std::numeric_limits<T>::max();
  struct special {
    std::vector<T> z;
    std::vector<T> p;
    std::vector<T> log_p;
    T total;
  };
  T const half = T(0.5);
  T const log_half = -std::log(T(2));
  for (auto const level : levels()) {
    satur::scoped_level const forced(level);
    for (special const& s : std::vector<special>{
             {{0}, {1}, {0}, 0},
             {{-7}, {1}, {0}, -7},
             {{3, 3}, {half, half}, {log_half, log_half}, T(3) + std::log(T(2))},
             {{0, -inf, 0}, {half, 0, half}, {log_half, -inf, log_half}, std::log(T(2))},
             {{-inf, 5}, {0, 1}, {-inf, 0}, 5},
             {{most, -most}, {1, 0}, {0, -inf}, most},
             {{-most, -inf}, {1, 0}, {0, -inf}, -most},
             {{-inf, -inf}, {nan, nan}, {nan, nan}, -inf},
             {{-inf}, {nan}, {nan}, -inf},
             {{inf, 0}, {nan, nan}, {nan, nan}, inf},
             {{inf, inf, -inf}, {nan, nan, nan}, {nan, nan, nan}, inf},
             {{nan, 0}, {nan, nan}, {nan, nan}, nan},
             {{0, 1, nan}, {nan, nan, nan}, {nan, nan, nan}, nan},
             {{nan, nan}, {nan, nan}, {nan, nan}, nan},
             {{nan, inf, -inf}, {nan, nan, nan}, {nan, nan, nan}, nan},
             {{nan, -inf}, {nan, nan}, {nan, nan}, nan},
         }) {
      CAPTURE(s.z);
      std::vector<T> y(s.z.size());
      std::vector<T> total(1);
      satur::apply(satur::softmax{}, s.z, y, y.size());
      CHECK(same(y, s.p));
      satur::apply(satur::log_softmax{}, s.z, y, y.size());
      CHECK(y.size() == s.log_p.size());
      for (std::size_t j = 0; j < y.size(); ++j) {
        CHECK(((std::isnan(y[j]) && std::isnan(s.log_p[j])) || y[j] == s.log_p[j] ||
               std::fabs(y[j] - s.log_p[j]) < 2 * std::numeric_limits<T>::epsilon()));
      }
      satur::apply(satur::logsumexp{}, s.z, total, y.size());
      CHECK(((std::isnan(s.total) && std::isnan(total[0])) || total[0] == s.total ||
             std::fabs(total[0] - s.total) < 4 * std::numeric_limits<T>::epsilon()));
    }
  }
}

TEST_CASE_TEMPLATE("rowwise: finite logits raise no FE_OVERFLOW and no FE_INVALID", T, float, double) {
  constexpr T most = std::numeric_limits<T>::max();
  for (auto const level : levels()) {
    satur::scoped_level const forced(level);
    std::vector<T> const z{most,    -most,  T(0),    most / 2, -most,    -most,
                           T(-1e4), T(1e4), T(1e30), T(1e30),  T(-1e30), T(1)};
    std::vector<T> y(z.size());
    std::feclearexcept(FE_ALL_EXCEPT);
    satur::row_saturation const s = satur::forward(satur::softmax{}, z, y, 3);
    CHECK(std::fetestexcept(FE_INVALID | FE_OVERFLOW | FE_DIVBYZERO) == 0);
    CHECK(s.rows == 4);
    CHECK(y == std::vector<T>{1, 0, 0, 1, 0, 0, 0, 0, 1, 1, 0, 0});
  }
}

TEST_CASE("rowwise: one row through the members, and constant rows of doubles") {
  std::vector<double> const z{1, 2, 4};
  std::vector<double> y(3);
  satur::softmax{}.value(std::span<double const>(z), std::span<double>(y));
  CHECK(y[0] + y[1] + y[2] == doctest::Approx(1.0).epsilon(1e-15));
  CHECK(y[2] / y[1] == doctest::Approx(std::exp(2.0)));
  CHECK(satur::logsumexp{}.value(std::span<double const>(z)) ==
        doctest::Approx(std::log(std::exp(1.0) + std::exp(2.0) + std::exp(4.0))));
  static_assert(satur::rowwise_activation<satur::softmax, float>);
  static_assert(satur::rowwise_activation<satur::log_softmax, long double>);
  static_assert(!satur::rowwise_activation<satur::sigmoid, float>);
  static_assert(!satur::activation<satur::softmax, float>);
}
