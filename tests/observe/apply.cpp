// apply with y and dy: one evaluation, same bits as forward, any container, in place.
#include "satur/activation/tanh.hpp"
#include "satur/observe.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <deque>
#include <limits>
#include <vector>

namespace {
template <class T> bool same_bits(std::vector<T> const& a, std::vector<T> const& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
}
} // namespace

TEST_CASE_TEMPLATE("apply: y and dy have the bits of forward", T, float, double) {
  for (std::size_t const n : {0u, 1u, 7u, 1000u, 20001u}) {
    std::vector<T> z(n);
    for (std::size_t i = 0; i < n; ++i) {
      z[i] = static_cast<T>(std::sin(0.1 * static_cast<double>(i)) * 30.0);
    }
    if (n > 5) {
      z[3] = std::numeric_limits<T>::infinity();
      z[4] = std::numeric_limits<T>::quiet_NaN();
    }
    std::vector<T> y(n), dy(n), expected_y(n), expected_dy(n);
    satur::forward(satur::tanh{}, z, expected_y, expected_dy);
    satur::apply(satur::tanh{}, z, y, dy);
    CHECK(same_bits(y, expected_y));
    CHECK(same_bits(dy, expected_dy));
    std::deque<T> const scattered(z.begin(), z.end());
    std::deque<T> y_there(n), dy_there(n);
    satur::apply(satur::tanh{}, scattered, y_there, dy_there);
    CHECK(same_bits(std::vector<T>(y_there.begin(), y_there.end()), expected_y));
    CHECK(same_bits(std::vector<T>(dy_there.begin(), dy_there.end()), expected_dy));
    satur::apply(satur::tanh{}, z, z, dy); // in place
    CHECK(same_bits(z, expected_y));
    CHECK(same_bits(dy, expected_dy));
  }
}

TEST_CASE("apply: different sizes throw and nothing is written") {
  std::vector<float> const z{1.0f, 2.0f};
  std::vector<float> y{9.0f, 9.0f};
  std::vector<float> dy{9.0f};
  CHECK_THROWS_AS(satur::apply(satur::tanh{}, z, y, dy), satur::shape_error);
  CHECK_THROWS_AS(satur::apply(satur::tanh{}, z, dy, y), satur::shape_error);
  CHECK(y == std::vector<float>{9.0f, 9.0f});
}
