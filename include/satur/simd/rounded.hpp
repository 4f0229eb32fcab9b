/// \file simd/rounded.hpp  A value as it was rounded, nothing more.
#pragma once

#include "satur/config.hpp"
#include "satur/simd/lanes.hpp"

#include <type_traits>

namespace satur::inline SATUR_ABI::math {

// Where `rounded` holds its number: in the registers that computed it, or in memory.
#if defined(__SSE2_MATH__)
#define SATUR_ROUNDED_IN "+x"
#elif defined(__aarch64__)
#define SATUR_ROUNDED_IN "+w"
#else
#define SATUR_ROUNDED_IN "+m"
#endif

/// Returns x. Keeps the compiler from looking through x: a product that passes here is rounded before it is added to
/// anything (GCC fuses across statements by default), and -ffast-math cannot cancel `e - ((1 + e) - 1)`. Costs
/// nothing on x86-64 and aarch64, elsewhere a store and a load.
template <class T>
  requires std::is_floating_point_v<T>
[[nodiscard]] SATUR_INLINE constexpr T rounded(T x) noexcept {
  if (std::is_constant_evaluated()) {
    return x;
  }
#if SATUR_HAS_ASM
  if constexpr (sizeof(T) <= sizeof(double)) {
    asm("" : SATUR_ROUNDED_IN(x));
  }
#endif
  return x;
}

/// A type that is not a built-in float (a dual number) passes unchanged. Lanes are rounded by the overloads of
/// operations.hpp; without that header they are refused here.
template <class T>
  requires(!std::is_floating_point_v<T> && !is_lanes_v<T>)
[[nodiscard]] SATUR_INLINE constexpr T rounded(T const& x) {
  return x;
}

} // namespace satur::inline SATUR_ABI::math
