/// \file math/half.hpp  Sixteen-bit floating-point storage: conversion to float is exact, conversion from float rounds
/// once.
#pragma once

#include "satur/simd/lanes.hpp"
#include "satur/simd/load.hpp"

namespace satur::inline SATUR_ABI::math {

/// The meaning of sixteen bits. `bfloat16`: the upper half of a float (8 bits of exponent, 7 of fraction). `ieee`:
/// binary16 of IEEE 754 (5 and 10 bits, from 6e-8 to 65504), which GPU libraries call half.
enum class half_format { bfloat16, ieee };

/// The float that the low 16 bits of h stand for, exactly. The other bits of h must be 0. h is a std::int32_t or lanes
/// of it.
///
/// Special values: subnormal numbers, infinities and NaN (with its fraction) are kept.
template <half_format F, class Int> [[nodiscard]] SATUR_INLINE auto float_of_half(Int const& h) {
  if constexpr (F == half_format::bfloat16) {
    return from_bits<float>(Int(h << 16));
  } else {
    Int const sign = Int(h & Int(0x8000)) << 16;
    Int const magnitude = Int(h & Int(0x7fff)) << 13; // in the bit positions of a float; the exponent is 112 too small
    Int const special = select(magnitude >= Int(0x0f800000), Int(112 << 23), Int(0));
    Int const normal = Int(magnitude + Int(112 << 23)) + special;
    // 2^-14 (1 + m) - 2^-14 is the subnormal number 2^-14 m.
    Int const subnormal = bits(from_bits<float>(Int(magnitude + Int(113 << 23))) - from_bits<float>(Int(113 << 23)));
    return from_bits<float>(Int(sign | select(magnitude < Int(0x00800000), subnormal, normal)));
  }
}

/// x as sixteen bits, rounded to nearest, ties to even. x is a float or lanes of it. The result is a std::int32_t or
/// lanes of it, between 0 and 0xffff.
///
/// Special values: too large becomes infinity, NaN becomes the positive quiet NaN; underflow is gradual.
template <half_format F, class L> [[nodiscard]] SATUR_INLINE auto half_of_float(L const& x) {
  using Int = decltype(bits(x));
  Int const all = Int(bits(x) & Int(0x7fffffff));
  auto const nan = all > Int(0x7f800000);
  Int const sign = select(nan, Int(0), Int(Int(bits(x) >> 16) & Int(0x8000))); // the sign of a NaN is unspecified
  if constexpr (F == half_format::bfloat16) {
    Int const magnitude = select(nan, Int(0x7fc00000), all);
    return Int(sign | Int(Int(magnitude + Int(0x7fff) + Int(Int(magnitude >> 16) & Int(1))) >> 16));
  } else {
    Int const magnitude = select(nan, Int(0), all);
    Int const normal = Int(Int(magnitude + Int(0xfff) + Int(Int(magnitude >> 13) & Int(1))) - Int(112 << 23)) >> 13;
    // 1/2 + x: the sum rounds x to a multiple of 2^-24, the smallest subnormal number.
    auto const is_small = magnitude < Int(0x38800000);
    L const sum = from_bits<float>(select(is_small, magnitude, Int(0))) + L(0.5f);
    Int const tiny = Int(bits(sum) - Int(0x3f000000));
    Int const finite = select(is_small, tiny, select(magnitude >= Int(0x47800000), Int(0x7c00), normal));
    return Int(sign | select(nan, Int(0x7e00), finite));
  }
}

} // namespace satur::inline SATUR_ABI::math
