/// \file math/half.hpp  Sixteen-bit floating-point numbers as storage: to float exactly, and back with one rounding.
#pragma once

#include "satur/simd/lanes.hpp"
#include "satur/simd/load.hpp"

namespace satur::math {

/// What sixteen bits mean. `bfloat16`: the upper half of a float (8 bits of exponent, 7 of fraction). `ieee`: binary16
/// of IEEE 754 (5 and 10; from 6e-8 to 65504), which is what GPU libraries call half.
enum class half_format { bfloat16, ieee };

/// The float that the low 16 bits of h stand for, exactly; the others are 0. h is a std::int32_t or lanes of it.
/// Subnormal numbers, infinities and NaN (with its fraction) included.
template <half_format F, class I> [[nodiscard]] SATUR_INLINE auto float_of_half(I const& h) {
  if constexpr (F == half_format::bfloat16) {
    return from_bits<float>(I(h << 16));
  } else {
    I const sign = I(h & I(0x8000)) << 16;
    I const magnitude = I(h & I(0x7fff)) << 13; // at a float's place, the exponent 112 too small
    I const special = select(magnitude >= I(0x0f800000), I(112 << 23), I(0));
    I const normal = I(magnitude + I(112 << 23)) + special;
    // 2^-14 (1 + m) - 2^-14 is the subnormal number 2^-14 m.
    I const subnormal = bits(from_bits<float>(I(magnitude + I(113 << 23))) - from_bits<float>(I(113 << 23)));
    return from_bits<float>(I(sign | select(magnitude < I(0x00800000), subnormal, normal)));
  }
}

/// x as sixteen bits, rounded to nearest, ties to even: too large becomes infinity, NaN the positive quiet NaN, and
/// gradual underflow is kept. x is a float or lanes of it; the result a std::int32_t or lanes of it, between 0 and
/// 0xffff.
template <half_format F, class L> [[nodiscard]] SATUR_INLINE auto half_of_float(L const& x) {
  using I = decltype(bits(x));
  I const all = I(bits(x) & I(0x7fffffff));
  auto const nan = all > I(0x7f800000);
  I const sign = select(nan, I(0), I(I(bits(x) >> 16) & I(0x8000))); // a NaN's sign is anybody's
  if constexpr (F == half_format::bfloat16) {
    I const magnitude = select(nan, I(0x7fc00000), all);
    return I(sign | I(I(magnitude + I(0x7fff) + I(I(magnitude >> 16) & I(1))) >> 16));
  } else {
    I const magnitude = select(nan, I(0), all);
    I const normal = I(I(magnitude + I(0xfff) + I(I(magnitude >> 13) & I(1))) - I(112 << 23)) >> 13;
    // 1/2 + x: the sum rounds x to a multiple of 2^-24, the smallest subnormal number.
    auto const small = magnitude < I(0x38800000);
    L const sum = from_bits<float>(select(small, magnitude, I(0))) + L(0.5f);
    I const tiny = I(bits(sum) - I(0x3f000000));
    I const finite = select(small, tiny, select(magnitude >= I(0x47800000), I(0x7c00), normal));
    return I(sign | select(nan, I(0x7e00), finite));
  }
}

} // namespace satur::math
