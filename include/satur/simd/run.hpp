/// \file simd/run.hpp  Starts a kernel at an instruction set that is chosen when the program runs.
#pragma once

#include "satur/simd/lanes.hpp"
#include "satur/simd/level.hpp"

#include <concepts>

namespace satur::math {

namespace detail {
template <class T, int Bytes> struct register_of {
  using type = T;
};
#if SATUR_HAS_LANES
template <class T, int Bytes>
  requires(Bytes > 0 && (std::same_as<T, float> || std::same_as<T, double>))
struct register_of<T, Bytes> {
  using type = lanes<T, Bytes / static_cast<int>(sizeof(T))>;
};
#endif
template <class T, int Bytes> using register_t = typename register_of<T, Bytes>::type;

// Each level has its own function template, so that no linker can fold one level's code into another's.
template <class T, class Kernel> SATUR_FLATTEN SATUR_NOINLINE void run_compiled(Kernel& kernel) {
  kernel.template run<register_t<T, native_bytes>>();
}
#if SATUR_HAS_DISPATCH
template <class T, class Kernel> SATUR_FLATTEN SATUR_NOINLINE SATUR_AVX2 void run_avx2(Kernel& kernel) {
  kernel.template run<register_t<T, 32>>();
}
template <class T, class Kernel> SATUR_FLATTEN SATUR_NOINLINE SATUR_AVX512 void run_avx512(Kernel& kernel) {
  kernel.template run<register_t<T, 64>>();
}
#endif
} // namespace detail

/// Runs `kernel.template run<L>()` with L the lanes of T at `level`, in code compiled for that level. A level above
/// what the binary holds falls back to the compiled one; the caller answers for a level that the processor lacks.
template <class T, class Kernel> void run(Kernel& kernel, simd_level level) {
#if SATUR_HAS_DISPATCH
  if constexpr (std::same_as<T, float> || std::same_as<T, double>) {
    if constexpr (compiled_level < simd_level::avx512) {
      if (level == simd_level::avx512) {
        return detail::run_avx512<T>(kernel);
      }
    }
    if constexpr (compiled_level < simd_level::avx2) {
      if (level == simd_level::avx2) {
        return detail::run_avx2<T>(kernel);
      }
    }
  }
#endif
  static_cast<void>(level);
  detail::run_compiled<T>(kernel);
}

} // namespace satur::math
