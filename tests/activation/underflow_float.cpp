// No activation makes a subnormal number in float that neither value nor slope is: by the flags of the processor.
// levels: all
#include "support/underflow.hpp"

TEST_CASE("underflow: no needless subnormal number in float") { test::check_needless_subnormals<float>(); }

TEST_CASE("levels: every activation in lanes agrees with calls for one float") {
  test::check_lanes_against_calls<float>();
}

namespace {

/// The usual formulas: e^-z is subnormal at z = 90, where value and slope are 1 and 0.
struct usual_logistic {
  template <class T> SATUR_INLINE T value(T z) const { return T(1) / (T(1) + satur::math::exp(T(-z))); }
  template <class T> SATUR_INLINE T derivative(T z) const { return value(z) * (T(1) - value(z)); }
};
/// Makes a subnormal number at z > 1 and does not use it for its result.
struct wasteful_line {
  template <class T> SATUR_INLINE T value(T z) const {
    T const tiny = satur::math::rounded(T(1e-30f) * satur::math::select(z > T(1), T(1e-12f), T(1)));
    return z + tiny;
  }
  template <class T> SATUR_INLINE T derivative(T) const { return T(1); }
};

} // namespace

TEST_CASE("underflow: in passes over an array, the last elements included") {
  if (std::string const reason = test::no_underflow_flags(); !reason.empty()) {
    MESSAGE("skipped: " << reason);
    return;
  }
  std::vector<float> z = test::numbers_to_saturate<float>(1.0);
  for (test::simd_level const level : test::levels()) {
    satur::scoped_level const at(level);
    CAPTURE(satur::math::to_text(level));
    test::seen_intervals seen = test::needless_in_passes<float>(satur::sigmoid{}, z);
    CHECK_MESSAGE(seen.count() == 0, "sigmoid:" << seen.text());
    seen = test::needless_in_passes<float>(satur::gelu_tanh{}, z);
    CHECK_MESSAGE(seen.count() == 0, "gelu_tanh:" << seen.text());
  }
}

TEST_CASE("self-test: underflow and subnormal operands are detected, at the right z") {
  if (!test::no_underflow_flags().empty()) {
    return;
  }
  std::vector<float> const z = test::numbers_to_saturate<float>(1.0);
  for (test::simd_level const level : test::levels()) {
    CHECK(test::needless_in_lanes<float>(usual_logistic{}, z, level).count() > 20);
    test::seen_intervals const seen = test::needless_in_lanes<float>(wasteful_line{}, z, level);
    CHECK(seen.count() == static_cast<std::size_t>(std::count_if(z.begin(), z.end(), [](float x) { return x > 1; })));
  }
  CHECK(test::needless_in_calls<float>(wasteful_line{}, z).count() > 100);
  CHECK(test::needless_in_passes<float>(wasteful_line{}, z).count() > 100);
  CHECK(test::needless_in_lanes<float>(satur::relu{}, z, satur::math::best_level()).count() == 0);
}
