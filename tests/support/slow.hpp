// For cases that train or draw many nets: they take minutes without optimization or with sanitizers, and find nothing
// there that the optimized builds do not.
#pragma once

#include <doctest/doctest.h>

namespace test {

#if !defined(__OPTIMIZE__) || defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool runs_slowly = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool runs_slowly = true;
#else
inline constexpr bool runs_slowly = false;
#endif
#else
inline constexpr bool runs_slowly = false;
#endif

/// Whether the case is to be left; it says so.
inline bool left_out_if_slow() {
  if (runs_slowly) {
    MESSAGE("skipped: it takes minutes without optimization or with sanitizers");
  }
  return runs_slowly;
}

} // namespace test
