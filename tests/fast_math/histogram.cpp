// Histograms and phi_B built with -ffast-math, against counts written in this file: the compiler may assume away any
// computed check.
// levels: all
#include "satur/diagnostic.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <cstdint>
#include <vector>

namespace {
float from_bits(std::uint32_t bits) { return std::bit_cast<float>(bits); }
} // namespace

TEST_CASE("histogram with fast math: bins, NaN and infinity at every level") {
  std::vector<float> x;
  for (int round = 0; round < 100; ++round) {
    for (float const e : {from_bits(0x7fc00000), from_bits(0x7f800000), from_bits(0xff800000), 0.0f, -0.0f, 0.375f,
                          -0.3750001f, 5.0f, 40.0f, -40.0f, 1e-30f}) {
      x.push_back(e);
    }
  }
  for (int l = 0; l <= static_cast<int>(satur::math::best_level()); ++l) {
    satur::scoped_level const forced(static_cast<satur::math::simd_level>(l));
    CAPTURE(l);
    satur::histogram z = satur::histogram::of_z(); // 1/8 a bin, 256 below 0
    z.observe(x);
    CHECK(z.nan() == 100);
    CHECK(z.plus_infinite() == 100);
    CHECK(z.minus_infinite() == 100);
    CHECK(z.zeros() == 200);
    CHECK(z.count(256) == 300);
    CHECK(z.count(259) == 100);
    CHECK(z.count(252) == 100); // [-0.5, -0.375)
    CHECK(z.count(296) == 100);
    CHECK(z.below() == 100);
    CHECK(z.above() == 100);
    CHECK(z.lowest() == -40.0);
    CHECK(z.highest() == 40.0);
    satur::histogram g = satur::histogram::of_gradient(); // 2^-80 is bin 0, four to an octave
    g.observe(x);
    CHECK(g.nan() == 100);
    CHECK(g.infinite() == 200);
    CHECK(g.zeros() == 200);
    CHECK(g.count(4 * 78 + 2) == 200); // 0.375 = 1.5 * 2^-2
    CHECK(g.count(4 * 82 + 1) == 100); // 5 = 1.25 * 2^2
    CHECK(g.count(4 * 85 + 1) == 200); // 40 = 1.25 * 2^5
    CHECK(g.below() == 100);
    satur::phi_b p(satur::tanh{}, 3);
    p.observe_output(std::vector<float>{from_bits(0x7fc00000), 1.0f, -1.0f, 0.25f, -0.25f});
    CHECK(p.nan() == 1);
    CHECK(p.count() == 4);
    CHECK(p.value() == 0.5);
  }
}
