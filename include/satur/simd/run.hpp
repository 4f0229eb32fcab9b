/// \file simd/run.hpp  Starts a kernel at an instruction set that is chosen when the program runs.
#pragma once

#include "satur/simd/lanes.hpp"
#include "satur/simd/level.hpp"

#include <concepts>

namespace satur::inline SATUR_ABI::math {

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

/// Runs `kernel.template run<L>()` with L the lanes of T at `Level`, in code compiled for that level; at the compiled
/// level if the binary does not hold it, or holds a better one.
template <class T, simd_level Level, class Kernel> void run_at(Kernel& kernel) {
#if SATUR_HAS_DISPATCH
  if constexpr ((std::same_as<T, float> || std::same_as<T, double>)&&Level > compiled_level) {
    if constexpr (Level == simd_level::avx512) {
      return detail::run_avx512<T>(kernel);
    } else {
      return detail::run_avx2<T>(kernel);
    }
  }
#endif
  detail::run_compiled<T>(kernel);
}

/// The same at a level chosen at run time, which the processor must have.
template <class T, class Kernel> void run(Kernel& kernel, simd_level level) {
  switch (level) {
  case simd_level::avx512:
    return run_at<T, simd_level::avx512>(kernel);
  case simd_level::avx2:
    return run_at<T, simd_level::avx2>(kernel);
  case simd_level::baseline:
    return run_at<T, simd_level::baseline>(kernel);
  }
}
/// The same at `active_level()`.
template <class T, class Kernel> void run(Kernel& kernel) { run<T>(kernel, active_level()); }

/// After a kernel that satur::compiled holds for lanes of T, outside all namespaces and with its full name.
#define SATUR_COMPILED_PASS(T, ...) SATUR_COMPILED_TEMPLATE(void satur::math::run<T, __VA_ARGS__>(__VA_ARGS__&))

} // namespace satur::inline SATUR_ABI::math
