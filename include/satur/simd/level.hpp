/// \file simd/level.hpp  The instruction sets that one binary can hold, which of them the processor has, and which one
/// passes over arrays use.
#pragma once

#include "satur/error.hpp"

#include <atomic>
#include <string_view>

/// Outside of the ABI namespace: one setting for a whole process, whatever its files were compiled for.
namespace satur::process {
inline constexpr int no_forced_level = -1;
inline std::atomic<int> forced_level{no_forced_level}; ///< set by use_level alone
} // namespace satur::process

namespace satur::inline SATUR_ABI::math {

/// The instruction sets that one binary can hold, weakest first.
enum class simd_level { baseline, avx2, avx512 };
[[nodiscard]] constexpr std::string_view to_text(simd_level level) {
  return level == simd_level::avx512 ? "avx512" : level == simd_level::avx2 ? "avx2" : "baseline";
}

#if SATUR_HAS_WIDE_LANES
// noclone: g++ 13 makes a copy that takes a register by value in place of an address, which code for another
// instruction set passes elsewhere. It calls these functions from there if a user's formula is not SATUR_INLINE.
#if defined(__GNUC__) && !defined(__clang__)
#define SATUR_NOCLONE __attribute__((noclone))
#else
#define SATUR_NOCLONE
#endif
#define SATUR_AVX512 __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma"))) SATUR_NOCLONE
#define SATUR_AVX2 __attribute__((target("avx2,fma"))) SATUR_NOCLONE
#endif

/// Bytes of the widest register that the file was compiled for: what a scalar call's neighbors would use.
#if !SATUR_HAS_LANES
inline constexpr int native_bytes = 0;
#elif !SATUR_HAS_WIDE_LANES
inline constexpr int native_bytes = 16;
#elif defined(__AVX512F__) && defined(__AVX512VL__) && defined(__AVX512DQ__) && defined(__AVX512BW__)
inline constexpr int native_bytes = 64;
#elif defined(__AVX2__) && defined(__FMA__)
inline constexpr int native_bytes = 32;
#else
inline constexpr int native_bytes = 16;
#endif

/// The level that the file was compiled for.
inline constexpr simd_level compiled_level = native_bytes == 64   ? simd_level::avx512
                                             : native_bytes == 32 ? simd_level::avx2
                                                                  : simd_level::baseline;

/// The best level that this processor has and this binary holds. Asks the processor, keeps no state.
[[nodiscard]] inline simd_level best_level() noexcept {
#if SATUR_HAS_DISPATCH
  if constexpr (compiled_level == simd_level::avx512) {
    return simd_level::avx512;
  } else {
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512bw")) {
      return simd_level::avx512;
    }
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
      return simd_level::avx2;
    }
    return simd_level::baseline;
  }
#else
  return compiled_level;
#endif
}

/// The level that passes over arrays run at: the best one, or what `use_level` asked for. A file that was compiled for
/// a better one runs at that.
[[nodiscard]] inline simd_level active_level() noexcept {
  int const forced = process::forced_level.load(std::memory_order_relaxed);
  return forced == process::no_forced_level ? best_level() : static_cast<simd_level>(forced);
}

} // namespace satur::inline SATUR_ABI::math

namespace satur { inline namespace SATUR_ABI {

using math::simd_level;

/// Makes every pass of the process run at `level` from now on: to compare instruction sets, or to rule one out. The one
/// setting that the library has; it is not meant to be changed while passes run. Throws std::invalid_argument if the
/// processor lacks the level, or the binary does not hold it.
inline void use_level(simd_level level) {
  if (level > math::best_level()) {
    detail::bad_parameter("use_level", "level", to_text(level),
                          detail::message("levels up to ", to_text(math::best_level()),
                                          ", the best that this processor has and this binary holds"));
  }
  process::forced_level.store(static_cast<int>(level), std::memory_order_relaxed);
}
/// Undoes `use_level`: the best level of the processor again.
inline void use_best_level() { process::forced_level.store(process::no_forced_level, std::memory_order_relaxed); }

/// `use_level` until the end of a scope; then what was before.
class scoped_level {
public:
  explicit scoped_level(simd_level level) : before_(process::forced_level.load(std::memory_order_relaxed)) {
    use_level(level);
  }
  scoped_level(scoped_level const&) = delete;
  scoped_level& operator=(scoped_level const&) = delete;
  ~scoped_level() { process::forced_level.store(before_, std::memory_order_relaxed); }

private:
  int before_;
};

}} // namespace satur::SATUR_ABI
