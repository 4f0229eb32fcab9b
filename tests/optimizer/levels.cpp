// levels: all
// The passes of optimizers at every instruction set: every length, no write beyond it.
#include <satur/optimizer.hpp>

#include "support/weights.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

namespace {
template <class T> using weights = satur_test::plain_weights<T>;
} // namespace

TEST_CASE_TEMPLATE("optimizers: every length at every level, no write beyond it", T, float, double) {
  using satur::math::simd_level;
  weights<T> const all(72, 72, 7);
  double const eps = static_cast<double>(std::numeric_limits<T>::epsilon());
  for (simd_level const level : {simd_level::baseline, simd_level::avx2, simd_level::avx512}) {
    if (level > satur::math::best_level()) {
      continue;
    }
    for (std::size_t n = 0; n <= 70; ++n) {
      std::vector<T> w = all.w, v = all.b, m = all.b, s(72, T(0.5));
      satur::detail::sgd_pass<T> const pass{w.data(), all.dw.data(), v.data(), n,   T(0.1),
                                            T(0.9),   T(0.75),       T(0.01),  true};
      satur::math::run<T>(pass, level);
      std::vector<T> plain = all.w, a = all.w;
      satur::detail::sgd_pass<T> const without{plain.data(), all.dw.data(), nullptr, n,    T(0.1),
                                               T(0),         T(1),          T(0.01), false};
      satur::math::run<T>(without, level);
      satur::detail::adam_pass<T> const third{a.data(), all.dw.data(), m.data(), s.data(), n,      T(0.1), T(0.9),
                                              T(0.1),   T(0.99),       T(0.01),  T(2),     T(0.1), T(0),   T(0.5)};
      satur::math::run<T>(third, level);
      double worst = 0;
      for (std::size_t i = 0; i < n; ++i) {
        double const at = static_cast<double>(all.w[i]);
        double const g = static_cast<double>(all.dw[i]) + 0.01 * at;
        double const moved = 0.9 * static_cast<double>(all.b[i]) + 0.75 * g;
        worst = std::max(worst, std::abs(static_cast<double>(v[i]) - moved));
        worst = std::max(worst, std::abs(static_cast<double>(w[i]) - (at - 0.1 * (g + 0.9 * moved))));
        worst = std::max(worst, std::abs(static_cast<double>(plain[i]) - (at - 0.1 * g)));
        double const d = static_cast<double>(all.dw[i]);
        double const mean = 0.9 * static_cast<double>(all.b[i]) + 0.1 * d, square = 0.99 * 0.5 + 0.01 * d * d;
        worst = std::max(worst, std::abs(static_cast<double>(m[i]) - mean));
        worst = std::max(worst, std::abs(static_cast<double>(s[i]) - square));
        worst = std::max(worst,
                         std::abs(static_cast<double>(a[i]) - (0.5 * at - 0.1 * mean / (2 * std::sqrt(square) + 0.1))));
      }
      CHECK(worst <= 4 * eps);
      auto const end = static_cast<std::ptrdiff_t>(n);
      CHECK(std::equal(w.begin() + end, w.end(), all.w.begin() + end));
      CHECK(std::equal(plain.begin() + end, plain.end(), all.w.begin() + end));
      CHECK(std::equal(a.begin() + end, a.end(), all.w.begin() + end));
      CHECK(std::equal(v.begin() + end, v.end(), all.b.begin() + end));
      CHECK(std::equal(m.begin() + end, m.end(), all.b.begin() + end));
      CHECK(std::all_of(s.begin() + end, s.end(), [](T x) { return x == T(0.5); }));
    }
  }
}
