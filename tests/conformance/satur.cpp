// satur: every activation of CONFORMANCE_NUMBER, float or double, at each instruction set that the processor has.
#include "conformance.hpp"

#include <satur/observe.hpp>
#include <satur/version.hpp>

#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

template <class T, class A> void both(A act) {
  if constexpr (std::is_same_v<A, satur::leaky_relu>) {
    act = conformance::leaky_relu<T>();
  }
  conformance::value<T>(act, "apply", [&](std::span<T const> z, std::span<T> y) { satur::apply(act, z, y); });
  conformance::slope<T>(act, "apply_derivative", [&](std::span<T const> z, std::span<T const> dy, std::span<T> dz) {
    std::vector<T> slope(z.size());
    satur::apply_derivative(act, z, slope);
    for (std::size_t i = 0; i < z.size(); ++i) {
      dz[i] = dy[i] * slope[i];
    }
  });
}

void all(char const* instruction_set) {
  conformance::library("satur", instruction_set, SATUR_VERSION_STRING, "");
  std::apply([](auto const&... act) { (both<CONFORMANCE_NUMBER>(act), ...); }, satur::all_activations{});
}

} // namespace

int main(int argc, char** argv) {
  conformance::arguments(argc, argv);
#if defined(__aarch64__)
  all("NEON");
#else
  satur::simd_level const best = satur::math::best_level();
  for (auto const& [level, name] :
       {std::pair{satur::simd_level::baseline, "SSE2"}, std::pair{satur::simd_level::avx2, "AVX2"},
        std::pair{satur::simd_level::avx512, "AVX-512"}}) {
    if (level <= best) {
      satur::use_level(level);
      all(name);
    } else {
      std::printf("missing\tsatur, %s\tthis processor does not have it\n", name);
    }
  }
#endif
  return 0;
}
