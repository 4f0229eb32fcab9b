/// \file simd/rounded.hpp  A value as it was rounded, nothing more.
#pragma once

#include "satur/config.hpp"
#include "satur/simd/lanes.hpp"

#include <type_traits>

namespace satur::inline SATUR_ABI::math {

/// Returns x. Keeps the compiler from looking through x: a product that passes here is rounded before it is added to
/// anything (GCC fuses across statements by default), and -ffast-math cannot cancel `e - ((1 + e) - 1)`. Costs nothing.
template <class T>
  requires std::is_floating_point_v<T>
[[nodiscard]] SATUR_INLINE constexpr T rounded(T x) noexcept {
  if (std::is_constant_evaluated()) {
    return x;
  }
#if defined(__GNUC__) && defined(__x86_64__)
  if constexpr (sizeof(T) <= sizeof(double)) {
    asm("" : "+x"(x));
  }
#elif defined(__GNUC__) && defined(__aarch64__)
  if constexpr (sizeof(T) <= sizeof(double)) {
    asm("" : "+w"(x));
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
