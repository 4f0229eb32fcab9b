/// \file initializer/sampler_arithmetic.hpp  Constants and steps of the sampler's formulas, each with one correctly
/// rounded result.
#pragma once

#include "satur/config.hpp"
#include "satur/simd/lanes.hpp"
#include "satur/simd/operations.hpp" // math::rounded of lanes: the general one would pass them through

#include <bit>
#include <cstddef>
#include <cstdint>

namespace satur::inline SATUR_ABI::detail {

/// Constants of a floating-point format for the bit operations below.
template <class T> struct sampler_format;
template <> struct sampler_format<float> {
  using word = std::uint32_t;
  static constexpr int digits = 23;              // stored bits of the significand
  static constexpr word integer = 0x4b000000u;   // 2^23: `integer | k` is 2^23 + k for k < 2^23
  static constexpr word one = 0x3f800000u;       // 1
  static constexpr word root_half = 0x3f3504f3u; // sqrt(1/2)
  static constexpr int bias = 127;
  // atanh(s) / s in s^2 on |s| <= (sqrt(2) - 1) / (sqrt(2) + 1), relative error 7e-10
  static constexpr float log[] = {0x1p+0f, 0x1.555588p-2f, 0x1.995786p-3f, 0x1.32704cp-3f};
  // sin(pi y / 4) / y and cos(pi y / 4) in y^2 on 0 <= y <= 1, relative errors 3e-9 and 6e-11
  static constexpr float sin[] = {0x1.921fb6p-1f, -0x1.4abbbap-4f, 0x1.465e92p-9f, -0x1.2d9302p-15f};
  static constexpr float cos[] = {0x1p+0f, -0x1.3bd3ccp-2f, 0x1.03c1dap-6f, -0x1.55c4eap-12f, 0x1.d99f54p-19f};
  static constexpr float two_ln2 = 0x1.62e43p+0f;
};
template <> struct sampler_format<double> {
  using word = std::uint64_t;
  static constexpr int digits = 52;
  static constexpr word integer = 0x4330000000000000u;
  static constexpr word one = 0x3ff0000000000000u;
  static constexpr word root_half = 0x3fe6a09e667f3bcdu;
  static constexpr int bias = 1023;
  // The same three, relative errors 1e-18, 3e-18 and 4e-20.
  static constexpr double log[] = {0x1p+0,
                                   0x1.55555555555aep-2,
                                   0x1.999999997ac3cp-3,
                                   0x1.2492494532f38p-3,
                                   0x1.c71c4fe8cb3b5p-4,
                                   0x1.74669de3de2f3p-4,
                                   0x1.39994e1fe8b0cp-4,
                                   0x1.2f51d4a64f4fbp-4};
  static constexpr double sin[] = {0x1.921fb54442d18p-1,   -0x1.4abbce625be41p-4, 0x1.466bc67758700p-9,
                                   -0x1.32d2cce2d5348p-15, 0x1.50782fca3694ap-22, -0x1.e300639dd9336p-30,
                                   0x1.e3eed4eff207bp-38};
  static constexpr double cos[] = {0x1p+0,
                                   -0x1.3bd3cc9be45dep-2,
                                   0x1.03c1f081b5aaap-6,
                                   -0x1.55d3c7e3c8d5cp-12,
                                   0x1.e1f5068303eddp-19,
                                   -0x1.a6d1ec3d45276p-26,
                                   0x1.f9cc15d33f2f4p-34,
                                   -0x1.b2586b221403ap-42};
  static constexpr double two_ln2 = 0x1.62e42fefa39efp+0;
};

/// Unsigned words of the width of the lanes of L.
template <class L> struct words_of {
  using type = typename sampler_format<L>::word;
};
#if SATUR_HAS_LANES
template <class T, int N> struct words_of<math::lanes<T, N>> {
  using type = math::lanes<typename sampler_format<T>::word, N>;
};
#endif
template <class L> using words_t = typename words_of<L>::type;

/// The same bits, read as elements of U.
template <class U, class V> SATUR_INLINE auto reread(V const& v) {
#if SATUR_HAS_LANES
  if constexpr (math::is_lanes_v<V>) {
    return math::from_bits<U>(v);
  } else
#endif
  {
    return std::bit_cast<U>(v);
  }
}

/// a * b, rounded: never fused with a sum.
template <class L> SATUR_INLINE L product(L const& a, L const& b) { return math::rounded(a * b); }

template <class L, class T, std::size_t N> SATUR_INLINE L polynomial(T const (&c)[N], L const& x) {
  L p(c[N - 1]);
  for (std::size_t i = N - 1; i-- > 0;) {
    p = product(p, x) + L(c[i]);
  }
  return p;
}

/// k - below for an integer k < 2^digits; exact if the result is a multiple of 1/2.
template <class L> SATUR_INLINE L integer_minus(words_t<L> const& k, math::element_t<L> below) {
  using T = math::element_t<L>;
  using format = sampler_format<T>;
  // Rounded here: under -ffast-math the constants of two such differences would be added up first.
  return math::rounded(L(reread<T>(k | words_t<L>(format::integer)) - L(std::bit_cast<T>(format::integer) + below)));
}
/// k + 1/2, exact (2^digits - 1/2 is a number of the format).
template <class L> SATUR_INLINE L midpoint(words_t<L> const& k) {
  return integer_minus<L>(k, math::element_t<L>(-0.5f));
}

} // namespace satur::inline SATUR_ABI::detail
