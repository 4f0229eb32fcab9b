/// \file simd/side_by_side.hpp  How many registers a pass computes at a time.
#pragma once

#include "satur/simd/register_pair.hpp"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SATUR_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define SATUR_SANITIZED 1
#endif
#endif
#ifndef SATUR_SANITIZED
#define SATUR_SANITIZED 0
#endif

namespace satur::inline SATUR_ABI::detail {

/// What a pass computes at a time: four registers side by side, so that their chains overlap. Measured on a Zen 4 core
/// with registers of 64 bytes, ns an element of value and slope with one, two, four, eight: sigmoid 0.63 0.50 0.49
/// 0.52, silu 1.28 0.91 0.79 0.98, squareplus 1.11 0.85 0.82 1.40; with registers of 32 bytes on a Zen 5 core, sigmoid
/// with all counters, four are best too.
template <class L> struct group_of {
  using type = L;
};
#if SATUR_HAS_LANES
template <class T, int N>
  requires(sizeof(T) * N > 16)
struct group_of<math::lanes<T, N>> {
  using two = math::twin<math::lanes<T, N>>;
#if SATUR_SANITIZED // every operation is instrumented: more would only take the compiler minutes
  using type = two;
#else
  using type = math::twin<two>;
#endif
};
#endif
template <class L> using side_by_side = typename group_of<L>::type;

} // namespace satur::inline SATUR_ABI::detail
