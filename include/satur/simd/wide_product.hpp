/// \file simd/wide_product.hpp  32 x 32 -> 64 bit products, for a scalar or for lanes: what counter-based generators
/// live on.
#pragma once

#include "satur/config.hpp"
#include "satur/simd/lanes.hpp"

#include <cstdint>

namespace satur::inline SATUR_ABI::math {

/// The 64-bit product of the low halves of a and b; what their high halves hold does not matter.
[[nodiscard]] SATUR_INLINE constexpr std::uint64_t wide_product(std::uint64_t a, std::uint64_t b) noexcept {
  return (a & 0xffffffffu) * (b & 0xffffffffu);
}

#if SATUR_HAS_LANES
// One instruction on x86, which clang finds by itself and g++ does not (it multiplies all 64 bits).
template <int N>
[[nodiscard]] SATUR_INLINE lanes<std::uint64_t, N> wide_product(lanes<std::uint64_t, N> const& a,
                                                                lanes<std::uint64_t, N> const& b) {
  lanes<std::uint64_t, N> const low(std::uint64_t{0xffffffffu});
  return (a & low) * (b & low);
}
#if SATUR_HAS_X86_LANES && !defined(__clang__)
SATUR_INLINE lanes<std::uint64_t, 2> wide_product(lanes<std::uint64_t, 2> const& a, lanes<std::uint64_t, 2> const& b) {
  using raw32 = lanes<std::int32_t, 4>::raw_type;
  using L = lanes<std::uint64_t, 2>;
  return L((L::raw_type)__builtin_ia32_pmuludq128((raw32)a.raw, (raw32)b.raw));
}
#if SATUR_HAS_WIDE_LANES
SATUR_AVX2 inline lanes<std::uint64_t, 4> wide_product(lanes<std::uint64_t, 4> const& a,
                                                       lanes<std::uint64_t, 4> const& b) {
  using raw32 = lanes<std::int32_t, 8>::raw_type;
  using L = lanes<std::uint64_t, 4>;
  return L((L::raw_type)__builtin_ia32_pmuludq256((raw32)a.raw, (raw32)b.raw));
}
SATUR_AVX512 inline lanes<std::uint64_t, 8> wide_product(lanes<std::uint64_t, 8> const& a,
                                                         lanes<std::uint64_t, 8> const& b) {
  using raw32 = lanes<std::int32_t, 16>::raw_type;
  using L = lanes<std::uint64_t, 8>;
  return L((L::raw_type)__builtin_ia32_pmuludq512_mask((raw32)a.raw, (raw32)b.raw, lanes<long long, 8>::raw_type{},
                                                       static_cast<unsigned char>(-1)));
}
#endif
#endif
#endif // SATUR_HAS_LANES

} // namespace satur::inline SATUR_ABI::math
