// run(): the lanes that a kernel gets at each level.
// levels: all
#include "satur/simd.hpp"

#include "support/elementwise.hpp"

#include <type_traits>

namespace {

template <class T> struct looks {
  int calls = 0;
  int bytes = 0; // number of lanes, 0 for a scalar

  template <class L> void run() {
    static_assert(std::is_same_v<satur::math::element_t<L>, T>);
    ++calls;
    bytes = satur::math::is_lanes_v<L> ? satur::math::lane_count<L> * static_cast<int>(sizeof(T)) : 0;
  }
};

template <class T> int bytes_at(test::simd_level level) {
  looks<T> kernel;
  satur::math::run<T>(kernel, level);
  CHECK(kernel.calls == 1);
  return kernel.bytes;
}

} // namespace

TEST_CASE_TEMPLATE("dispatch: every supported level runs in its own width", T, float, double) {
  int const width_of[] = {16, 32, 64};
  for (test::simd_level const level : test::levels()) {
    CAPTURE(static_cast<int>(level));
    // levels below the compiled one use the compiled one
    bool const compiled = level <= satur::math::compiled_level || !SATUR_HAS_DISPATCH;
    CHECK(bytes_at<T>(level) == (compiled ? satur::math::native_bytes : width_of[static_cast<int>(level)]));
  }
}

TEST_CASE("dispatch: the best level is at least the compiled one and the last in the list") {
  CHECK(satur::math::best_level() >= satur::math::compiled_level);
  CHECK(test::levels().back() == satur::math::best_level());
  CHECK(test::levels().front() == test::simd_level::baseline);
}

TEST_CASE("dispatch: scalar code runs at every level, supported or not") {
  for (test::simd_level const level : {test::simd_level::baseline, test::simd_level::avx2, test::simd_level::avx512}) {
    CHECK(bytes_at<long double>(level) == 0);
    CHECK(bytes_at<int>(level) == 0);
  }
}

TEST_CASE("dispatch: register width of each level") {
  using namespace satur::math;
  static_assert(native_bytes == 0 || native_bytes == 16 || native_bytes == 32 || native_bytes == 64);
  static_assert((native_bytes == 64) == (compiled_level == simd_level::avx512));
  static_assert((native_bytes == 32) == (compiled_level == simd_level::avx2));
  static_assert(lane_count<float> == 1 && lane_count<double> == 1 && !is_lanes_v<float>);
  static_assert(real_lanes<float> && real_lanes<double> && !real_lanes<long double> && !real_lanes<int>);
#if SATUR_HAS_LANES
  static_assert(lane_count<lanes<float, 16>> == 16 && lane_count<twin<lanes<double, 4>>> == 8);
  static_assert(std::is_same_v<element_t<twin<twin<lanes<float, 8>>>>, float>);
  static_assert(real_lanes<lanes<float, 4>> && real_lanes<twin<lanes<double, 2>>> && !real_lanes<lanes<int, 4>>);
  static_assert(has_fused_v<lanes<float, 8>> && has_fused_v<twin<lanes<double, 8>>>);
  static_assert(has_fused_v<lanes<float, 4>> == has_fused_v<float>);
#endif
}
