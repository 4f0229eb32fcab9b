// Compiled with OpenMP: a distribution has the same bits for any number of threads.
#include "satur/observe/distribution.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <limits>
#include <random>
#include <vector>

#include <omp.h>

namespace {

template <class T> void check_threads() {
  std::vector<T> x(3 * satur::detail::parallel_elements + 4711); // the last chunk is not full
  std::mt19937_64 urbg(5);
  std::exponential_distribution<double> draw(0.25);
  for (T& e : x) {
    e = static_cast<T>(draw(urbg) - 1.0);
  }
  x[1] = std::numeric_limits<T>::quiet_NaN();
  x[x.size() / 2] = x.back() = std::numeric_limits<T>::infinity();
  int const before = omp_get_max_threads();
  omp_set_num_threads(1);
  satur::distribution const alone = satur::observe_distribution(x);
  CHECK(alone.infinite == 2);
  for (int const threads : {2, 3, 8}) {
    CAPTURE(threads);
    omp_set_num_threads(threads);
    CHECK(satur::observe_distribution(x) == alone);
  }
  omp_set_num_threads(before);
}

} // namespace

TEST_CASE("observe_distribution with OpenMP: any number of threads") {
  check_threads<float>();
  check_threads<double>();
}
