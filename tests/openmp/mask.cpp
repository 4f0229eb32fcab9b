// Compiled with OpenMP: a mask gives the same record for any number of threads, that of the gathered numbers.
#include "satur/diagnostic.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <vector>

#include <omp.h>

TEST_CASE("a mask with OpenMP: any number of threads") {
  int const before = omp_get_max_threads();
  std::size_t const units = 64;
  std::size_t const samples = 5 * satur::detail::parallel_elements / units + 11;
  std::vector<float> z(samples * units);
  std::vector<char> keep(samples);
  std::vector<float> rows;
  for (std::size_t s = 0; s < samples; ++s) {
    keep[s] = s % 7 < 4 ? 1 : 0; // more than two blocks of several threads, and some numbers
    for (std::size_t u = 0; u < units; ++u) {
      z[s * units + u] = static_cast<float>(6.0 * std::sin(static_cast<double>(s * units + u)));
      if (keep[s] != 0) {
        rows.push_back(z[s * units + u]);
      }
    }
  }
  omp_set_num_threads(1);
  satur::saturation const expected = satur::observe(satur::sigmoid{}, rows);
  CHECK(rows.size() > 2 * satur::detail::parallel_elements);
  for (int const threads : {1, 2, 5}) {
    CAPTURE(threads);
    omp_set_num_threads(threads);
    satur::array_view<float const> const matrix{z.data(), {samples, units}};
    CHECK(satur::observe(satur::sigmoid{}, matrix, satur::sample_mask{keep}) == expected);
    std::vector<float> y(z.size());
    CHECK(satur::forward(satur::sigmoid{}, matrix, y, satur::sample_mask{keep}) == expected);
    CHECK(y.back() == satur::sigmoid{}.value(z.back()));
  }
  omp_set_num_threads(before);
}
