// Compiled with OpenMP: observe_format gives the same record for any number of threads, the bits of the noise too.
#include "satur/format.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include <omp.h>

TEST_CASE("observe_format with OpenMP: any number of threads") {
  int const before = omp_get_max_threads();
  std::vector<float> x(3 * satur::detail::parallel_elements + 4711);
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = static_cast<float>(300.0 * std::sin(static_cast<double>(i)) * std::cos(0.37 * static_cast<double>(i)));
  }
  x[7] = x.back() = std::numeric_limits<float>::quiet_NaN();
  x[x.size() / 2] = std::numeric_limits<float>::infinity();
  auto const observed = [&] { return satur::observe_format(satur::formats::fp8_e4m3, x, 1.7, {.noise = true}); };
  omp_set_num_threads(1);
  satur::format_loss const one = observed();
  CHECK(one.count == x.size() - 2);
  CHECK(one.to_limit != 0);
  for (int const threads : {2, 3, 8}) {
    CAPTURE(threads);
    omp_set_num_threads(threads);
    CHECK(observed() == one);
  }
  omp_set_num_threads(before);
}
