/// \file simd/widen.hpp  Lanes of float as lanes of double, and back.
#pragma once

#include "satur/simd/lanes.hpp"

namespace satur::inline SATUR_ABI::math {

#if SATUR_HAS_LANES
namespace detail {

// Halves of float lanes as double lanes: the sums of a pass are kept in double. (g++ to 14 takes conversions in pieces,
// down to single lanes, unless it is told the instruction.)
typedef float half_of_16 __attribute__((vector_size(32)));
typedef float half_of_8 __attribute__((vector_size(16)));
typedef float half_of_4 __attribute__((vector_size(8)));
#if SATUR_HAS_WIDE_LANES && !defined(__clang__)
SATUR_AVX512 inline lanes<double, 8> widen(half_of_16 const& half) {
  return lanes<double, 8>((lanes<double, 8>::raw_type)__builtin_ia32_cvtps2pd512_mask(
      half, lanes<double, 8>::raw_type{}, (unsigned char)-1, 4));
}
SATUR_AVX2 inline lanes<double, 4> widen(half_of_8 const& half) {
  return lanes<double, 4>((lanes<double, 4>::raw_type)__builtin_ia32_cvtps2pd256(half));
}
#else
SATUR_INLINE lanes<double, 8> widen(half_of_16 const& half) {
  return lanes<double, 8>(__builtin_convertvector(half, lanes<double, 8>::raw_type));
}
SATUR_INLINE lanes<double, 4> widen(half_of_8 const& half) {
  return lanes<double, 4>(__builtin_convertvector(half, lanes<double, 4>::raw_type));
}
#endif
SATUR_INLINE lanes<double, 8> widen_low(lanes<float, 16> const& a) {
  return widen(__builtin_shufflevector(a.raw, a.raw, 0, 1, 2, 3, 4, 5, 6, 7));
}
SATUR_INLINE lanes<double, 8> widen_high(lanes<float, 16> const& a) {
  return widen(__builtin_shufflevector(a.raw, a.raw, 8, 9, 10, 11, 12, 13, 14, 15));
}
SATUR_INLINE lanes<double, 4> widen_low(lanes<float, 8> const& a) {
  return widen(__builtin_shufflevector(a.raw, a.raw, 0, 1, 2, 3));
}
SATUR_INLINE lanes<double, 4> widen_high(lanes<float, 8> const& a) {
  return widen(__builtin_shufflevector(a.raw, a.raw, 4, 5, 6, 7));
}
#if SATUR_HAS_X86_LANES && !defined(__clang__)
SATUR_INLINE lanes<double, 2> widen_low(lanes<float, 4> const& a) {
  return lanes<double, 2>((lanes<double, 2>::raw_type)__builtin_ia32_cvtps2pd(a.raw));
}
SATUR_INLINE lanes<double, 2> widen_high(lanes<float, 4> const& a) {
  return lanes<double, 2>(
      (lanes<double, 2>::raw_type)__builtin_ia32_cvtps2pd(__builtin_shufflevector(a.raw, a.raw, 2, 3, 2, 3)));
}
#else
SATUR_INLINE lanes<double, 2> widen_low(lanes<float, 4> const& a) {
  return lanes<double, 2>(
      __builtin_convertvector(__builtin_shufflevector(a.raw, a.raw, 0, 1), lanes<double, 2>::raw_type));
}
SATUR_INLINE lanes<double, 2> widen_high(lanes<float, 4> const& a) {
  return lanes<double, 2>(
      __builtin_convertvector(__builtin_shufflevector(a.raw, a.raw, 2, 3), lanes<double, 2>::raw_type));
}
#endif
/// N floats in memory as double.
template <int N> SATUR_INLINE lanes<double, N> load_widened(float const* p) {
#if SATUR_HAS_X86_LANES && !defined(__clang__)
  if constexpr (N == 2) { // both as the bits of one double, in half a register
    typedef double two_floats __attribute__((aligned(alignof(float)), may_alias));
    lanes<double, 2>::raw_type const both = {*reinterpret_cast<two_floats const*>(p), 0.0};
    return widen_low(lanes<float, 4>((lanes<float, 4>::raw_type)both));
  } else
#endif
  {
    typename lanes<float, N>::raw_type const h = *reinterpret_cast<typename lanes<float, N>::unaligned_type const*>(p);
    if constexpr (N == 2) {
      return lanes<double, 2>(__builtin_convertvector(h, lanes<double, 2>::raw_type));
    } else {
      return widen(h);
    }
  }
}
// Both halves rounded to float again.
SATUR_INLINE lanes<float, 16> narrow(lanes<double, 8> const& low, lanes<double, 8> const& high) {
  half_of_16 const a = __builtin_convertvector(low.raw, half_of_16);
  half_of_16 const b = __builtin_convertvector(high.raw, half_of_16);
  return lanes<float, 16>(__builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
}
SATUR_INLINE lanes<float, 8> narrow(lanes<double, 4> const& low, lanes<double, 4> const& high) {
  half_of_8 const a = __builtin_convertvector(low.raw, half_of_8);
  half_of_8 const b = __builtin_convertvector(high.raw, half_of_8);
  return lanes<float, 8>(__builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7));
}
SATUR_INLINE lanes<float, 4> narrow(lanes<double, 2> const& low, lanes<double, 2> const& high) {
#if SATUR_HAS_X86_LANES && !defined(__clang__)
  half_of_8 const a = __builtin_ia32_cvtpd2ps(low.raw);
  half_of_8 const b = __builtin_ia32_cvtpd2ps(high.raw);
  return lanes<float, 4>(__builtin_shufflevector(a, b, 0, 1, 4, 5));
#else
  half_of_4 const a = __builtin_convertvector(low.raw, half_of_4);
  half_of_4 const b = __builtin_convertvector(high.raw, half_of_4);
  return lanes<float, 4>(__builtin_shufflevector(a, b, 0, 1, 2, 3));
#endif
}
} // namespace detail
#endif // SATUR_HAS_LANES

} // namespace satur::inline SATUR_ABI::math
