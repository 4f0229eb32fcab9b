// Normal numbers for tests that do not depend on their exact distribution.
#pragma once

#include <cstddef>
#include <random>
#include <vector>

namespace satur_test {

template <class T> std::vector<T> gaussian(std::size_t n, double mean, double stddev, unsigned seed = 1) {
  std::mt19937_64 urbg(seed);
  std::normal_distribution<double> normal(mean, stddev);
  std::vector<T> z(n);
  for (T& e : z) {
    e = static_cast<T>(normal(urbg));
  }
  return z;
}

} // namespace satur_test
