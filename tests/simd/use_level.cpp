// use_level: selects the instruction set of passes for the process; levels by name; an unsupported level throws.
// levels: all
#include "satur/observe.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace {

using satur::simd_level;

/// An activation whose value is the width of its register.
struct width {
  template <class T> SATUR_INLINE T value(T) const { return T(satur::math::lane_count<T>); }
  template <class T> SATUR_INLINE T derivative(T) const { return T(0); }
};
float width_of_pass() {
  std::vector<float> const z(4096, 1.0f);
  std::vector<float> y(z.size());
  satur::apply(width{}, z, y);
  return y[0];
}

} // namespace

TEST_CASE("use_level: passes run at the level, also the fused one; use_best_level undoes it") {
  float const best = width_of_pass();
  for (int l = 0; l <= static_cast<int>(satur::math::best_level()); ++l) {
    auto const level = static_cast<simd_level>(l);
    satur::use_level(level);
    CHECK(satur::math::active_level() == level);
    bool const forced = level > satur::math::compiled_level && SATUR_HAS_DISPATCH;
    float const bytes = forced ? (level == simd_level::avx512 ? 64.0f : 32.0f) : float(satur::math::native_bytes);
    float const twins = bytes <= 16.0f ? 1.0f : SATUR_SANITIZED ? 2.0f : 4.0f; // registers side by side
    CHECK((width_of_pass() == twins * bytes / 4.0f || bytes == 0.0f));
    std::vector<float> const z(4096, 1.0f);
    CHECK(satur::observe(width{}, z).mean_output() == width_of_pass());
  }
  satur::use_best_level();
  CHECK(satur::math::active_level() == satur::math::best_level());
  CHECK(width_of_pass() == best);
}

TEST_CASE("scoped_level: the level before it comes back, also a forced one") {
  satur::use_level(simd_level::baseline);
  {
    satur::scoped_level const forced(satur::math::best_level());
    CHECK(satur::math::active_level() == satur::math::best_level());
  }
  CHECK(satur::math::active_level() == simd_level::baseline);
  satur::use_best_level();
}

TEST_CASE("use_level: a level that the processor or the binary lacks throws with its name") {
  if (satur::math::best_level() == simd_level::avx512) {
    return;
  }
  CHECK_THROWS_WITH_AS(satur::use_level(simd_level::avx512), doctest::Contains("use_level: level is avx512; allowed"),
                       std::invalid_argument);
  CHECK(satur::math::active_level() == satur::math::best_level());
}

TEST_CASE("levels: names") {
  CHECK(to_text(simd_level::baseline) == "baseline");
  CHECK(to_text(simd_level::avx2) == "avx2");
  CHECK(to_text(simd_level::avx512) == "avx512");
}
