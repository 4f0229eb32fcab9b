// Compiled with OpenMP: initial weights have the same bits for any number of threads.
#include <satur/initializer.hpp>

#include "support/statistics.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include <omp.h>

namespace {

constexpr std::size_t long_enough = 3 * satur::detail::parallel_elements + 4711;

template <class T> std::uint64_t hash_with(int threads, auto const& rule) {
  omp_set_num_threads(threads);
  std::mt19937_64 g(42);
  std::vector<T> w(long_enough);
  satur::fill(rule, w, {long_enough, 1}, g);
  return satur_test::hash_of_bits(std::span<T const>(w));
}

} // namespace

TEST_CASE("fill with OpenMP: any number of threads") {
  int const before = omp_get_max_threads();
  auto const check = [](auto const& rule) {
    std::uint64_t const narrow = hash_with<float>(1, rule);
    std::uint64_t const wide = hash_with<double>(1, rule);
    for (int const threads : {2, 3, 8}) {
      CAPTURE(threads);
      CHECK(hash_with<float>(threads, rule) == narrow);
      CHECK(hash_with<double>(threads, rule) == wide);
    }
  };
  check(satur::normal{0.1, 2});
  check(satur::uniform{-0.3, 1.7});
  check(satur::truncated_normal_deviations{});
  check(satur::sparse{1e-5, 1});
  omp_set_num_threads(before);
}

TEST_CASE("fill with OpenMP: the bits of a file without OpenMP") {
  // The golden values of tests/initializer, in a fill long enough for several threads.
  std::mt19937_64 g(42);
  std::vector<float> w(long_enough);
  satur::fill(satur::normal{}, w, {1, 1}, g);
  CHECK(satur_test::hash_of_bits(std::span<float const>(w).first(100'000)) == 0xc09c62669d995a87u);
}
