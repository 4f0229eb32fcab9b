/// \file simd/load.hpp  Loads and stores: a register of neighbors, of 16-bit numbers, and a request for memory ahead.
#pragma once

#include "satur/simd/lanes.hpp"

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace satur::inline SATUR_ABI::math {

/// `lane_count<Int>` neighbors of 16 bits as std::int32_t, from any alignment; and the low 16 bits of each back.
template <class Int> SATUR_INLINE Int load_16_bits(std::uint16_t const* p) {
#if SATUR_HAS_LANES
  if constexpr (is_lanes_v<Int>) {
    typedef std::uint16_t packed __attribute__((vector_size(2 * lane_count<Int>), aligned(2), may_alias));
    Int r;
    r.raw = __builtin_convertvector(*reinterpret_cast<packed const*>(p), typename Int::raw_type);
    return r;
  } else
#endif
  {
    return Int{*p};
  }
}
template <class Int> SATUR_INLINE void store_16_bits(std::uint16_t* p, Int const& a) {
#if SATUR_HAS_LANES
  if constexpr (is_lanes_v<Int>) {
    typedef std::uint16_t packed __attribute__((vector_size(2 * lane_count<Int>)));
    typedef packed unaligned __attribute__((aligned(2), may_alias));
    *reinterpret_cast<unaligned*>(p) = __builtin_convertvector(a.raw, packed);
  } else
#endif
  {
    *p = static_cast<std::uint16_t>(a);
  }
}

/// Asks for the memory `ahead` numbers after p; there need not be any.
template <class T> SATUR_INLINE void prefetch(T const* p, std::size_t ahead) {
#if SATUR_HAS_EXTENSIONS
  // Through an integer: no such element need exist.
  __builtin_prefetch(reinterpret_cast<void const*>( // NOLINT(performance-no-int-to-ptr)
      reinterpret_cast<std::uintptr_t>(p) + ahead * sizeof(T)));
#else
  static_cast<void>(p), static_cast<void>(ahead);
#endif
}

/// Loads `lane_count<L>` neighbors, from any alignment.
template <class L> SATUR_INLINE L load(element_t<L> const* p) {
  if constexpr (is_lanes_v<L>) {
#if SATUR_HAS_LANES
    return load_lanes<element_t<L>, lane_count<L>>(p);
#endif
  } else {
    return *p;
  }
}
/// The same address, of which the optimizer knows nothing: a load through it is not merged with others. clang 14 to 17
/// put a register that one branch loads, and all load in halves, together from single numbers.
template <class T> SATUR_INLINE T const* apart(T const* p) {
#if SATUR_HAS_ASM && defined(__clang__)
  asm("" : "+r"(p));
#endif
  return p;
}
template <class T>
  requires std::is_arithmetic_v<T>
SATUR_INLINE void store(T* p, T a) {
  *p = a;
}

} // namespace satur::inline SATUR_ABI::math
