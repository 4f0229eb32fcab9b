// The two passes over rows: a bias added to each row, and the sums of the columns.
// levels: all
#include "satur/layer/bias.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <random>
#include <vector>

namespace {

template <class T> std::vector<T> values(std::size_t count, std::mt19937& g) {
  std::normal_distribution<T> normal;
  std::vector<T> drawn(count);
  for (T& value : drawn) {
    value = normal(g);
  }
  return drawn;
}

} // namespace

TEST_CASE_TEMPLATE("bias and column sums: the same bits at every level", T, float, double) {
  using satur::math::simd_level;
  std::mt19937 g(8);
  for (std::size_t columns : {1u, 3u, 4u, 17u, 64u, 129u}) {
    auto const z = values<T>(9 * columns, g);
    auto const b = values<T>(columns, g);
    std::vector<T> sum = z;
    std::vector<T> total(columns);
    satur::detail::add_bias_pass<T> const add{sum.data(), 9, columns, b.data()};
    satur::detail::column_sum_pass<T> const down{z.data(), 9, columns, total.data()};
    add.template run<T>();
    down.template run<T>();
    auto const want_sum = sum;
    auto const want_total = total;
    for (simd_level level : {simd_level::baseline, simd_level::avx2, simd_level::avx512}) {
      if (level <= satur::math::best_level()) {
        sum = z;
        satur::math::run<T>(add, level);
        satur::math::run<T>(down, level);
        CHECK(sum == want_sum);
        CHECK(total == want_total);
      }
    }
  }
}
