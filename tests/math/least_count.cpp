// The least count of n that reaches a share, against exact ratios of integers.
#include "satur/math/least_count.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <limits>

using satur::math::least_count;

TEST_CASE("least_count: every decimal share of two and three digits") {
  for (std::uint64_t const decimals : {100u, 1000u}) {
    std::uint64_t wrong = 0;
    for (std::uint64_t n = 1; n <= 200; ++n) {
      for (std::uint64_t k = 0; k <= decimals; ++k) {
        std::uint64_t const exact = (k * n + decimals - 1) / decimals;
        wrong += least_count(static_cast<double>(k) / static_cast<double>(decimals), n) != exact;
      }
    }
    CHECK(wrong == 0);
  }
  CHECK(least_count(0.07, 100) == 7);
  CHECK(least_count(0.55, 2'000'000'000) == 1'100'000'000);
}

TEST_CASE("least_count: shares one rounding above and below a decimal one") {
  CHECK(least_count(std::nextafter(0.5, 1.0), 100) == 51);
  CHECK(least_count(std::nextafter(0.5, 0.0), 100) == 50);
  CHECK(least_count(std::nextafter(0.07, 1.0), 100) == 8);
  CHECK(least_count(std::numeric_limits<double>::denorm_min(), 3) == 1);
}

TEST_CASE("least_count: shares 0, 1, negative, above 1 and NaN") {
  constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  CHECK(least_count(0.0, 7) == 0);
  CHECK(least_count(-0.5, 7) == 0);
  CHECK(least_count(std::nan(""), 7) == 0);
  CHECK(least_count(0.5, 0) == 0);
  CHECK(least_count(1.0, 7) == 7);
  CHECK(least_count(HUGE_VAL, 7) == 7);
  CHECK(least_count(1.0, most) == most);
  CHECK(least_count(std::nextafter(1.0, 0.0), most) <= most);
  CHECK(least_count(std::nextafter(1.0, 0.0), most) >= most - (most >> 52));
}
