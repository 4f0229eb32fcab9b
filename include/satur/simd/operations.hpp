/// \file simd/operations.hpp  What each instruction set does better than the generic operators: a*b+c with one
/// rounding, minimum and maximum, a barrier for `rounded`, and p * 2^n with gradual underflow.
#pragma once

#include "satur/simd/lanes.hpp"
#include "satur/simd/rounded.hpp"

namespace satur::inline SATUR_ABI::math {

#if SATUR_HAS_LANES
// What each level does better than the generic operators: one rounding for a*b+c, a barrier for `rounded`, and
// p * 2^n with gradual underflow. These carry the level's target and are inlined into kernels of that level.
#if defined(__x86_64__)
SATUR_AVX512 inline lanes<float, 16> fused(lanes<float, 16> const& a, lanes<float, 16> const& b,
                                           lanes<float, 16> const& c) {
  return lanes<float, 16>(
      (lanes<float, 16>::raw_type)__builtin_ia32_vfmaddps512_mask(a.raw, b.raw, c.raw, (unsigned short)-1, 4));
}
SATUR_AVX512 inline lanes<double, 8> fused(lanes<double, 8> const& a, lanes<double, 8> const& b,
                                           lanes<double, 8> const& c) {
  return lanes<double, 8>(
      (lanes<double, 8>::raw_type)__builtin_ia32_vfmaddpd512_mask(a.raw, b.raw, c.raw, (unsigned char)-1, 4));
}
SATUR_AVX2 inline lanes<float, 8> fused(lanes<float, 8> const& a, lanes<float, 8> const& b, lanes<float, 8> const& c) {
  return lanes<float, 8>((lanes<float, 8>::raw_type)__builtin_ia32_vfmaddps256(a.raw, b.raw, c.raw));
}
SATUR_AVX2 inline lanes<double, 4> fused(lanes<double, 4> const& a, lanes<double, 4> const& b,
                                         lanes<double, 4> const& c) {
  return lanes<double, 4>((lanes<double, 4>::raw_type)__builtin_ia32_vfmaddpd256(a.raw, b.raw, c.raw));
}
#if defined(__FMA__)
SATUR_INLINE lanes<float, 4> fused(lanes<float, 4> const& a, lanes<float, 4> const& b, lanes<float, 4> const& c) {
  return lanes<float, 4>((lanes<float, 4>::raw_type)__builtin_ia32_vfmaddps(a.raw, b.raw, c.raw));
}
SATUR_INLINE lanes<double, 2> fused(lanes<double, 2> const& a, lanes<double, 2> const& b, lanes<double, 2> const& c) {
  return lanes<double, 2>((lanes<double, 2>::raw_type)__builtin_ia32_vfmaddpd(a.raw, b.raw, c.raw));
}
#endif

SATUR_AVX512 inline lanes<float, 16> rounded(lanes<float, 16> const& a) {
  lanes<float, 16> r = a;
  asm("" : "+v"(r.raw));
  return r;
}
SATUR_AVX512 inline lanes<double, 8> rounded(lanes<double, 8> const& a) {
  lanes<double, 8> r = a;
  asm("" : "+v"(r.raw));
  return r;
}
SATUR_AVX2 inline lanes<float, 8> rounded(lanes<float, 8> const& a) {
  lanes<float, 8> r = a;
  asm("" : "+x"(r.raw));
  return r;
}
SATUR_AVX2 inline lanes<double, 4> rounded(lanes<double, 4> const& a) {
  lanes<double, 4> r = a;
  asm("" : "+x"(r.raw));
  return r;
}
SATUR_INLINE lanes<float, 4> rounded(lanes<float, 4> const& a) {
  lanes<float, 4> r = a;
  asm("" : "+x"(r.raw));
  return r;
}
SATUR_INLINE lanes<double, 2> rounded(lanes<double, 2> const& a) {
  lanes<double, 2> r = a;
  asm("" : "+x"(r.raw));
  return r;
}

#if !defined(__clang__) // clang makes one instruction of the select, g++ does not
// maximum and minimum: one instruction for each width. operation is max or min.
#define SATUR_EXTREMUM(name, operation)                                                                   \
  SATUR_AVX512 inline lanes<float, 16> name(lanes<float, 16> const& a, lanes<float, 16> const& b) {       \
    return lanes<float, 16>((lanes<float, 16>::raw_type)__builtin_ia32_##operation##ps512_mask(           \
        a.raw, b.raw, lanes<float, 16>::raw_type{}, (unsigned short)-1, 4));                              \
  }                                                                                                       \
  SATUR_AVX512 inline lanes<double, 8> name(lanes<double, 8> const& a, lanes<double, 8> const& b) {       \
    return lanes<double, 8>((lanes<double, 8>::raw_type)__builtin_ia32_##operation##pd512_mask(           \
        a.raw, b.raw, lanes<double, 8>::raw_type{}, (unsigned char)-1, 4));                               \
  }                                                                                                       \
  SATUR_AVX2 inline lanes<float, 8> name(lanes<float, 8> const& a, lanes<float, 8> const& b) {            \
    return lanes<float, 8>((lanes<float, 8>::raw_type)__builtin_ia32_##operation##ps256(a.raw, b.raw));   \
  }                                                                                                       \
  SATUR_AVX2 inline lanes<double, 4> name(lanes<double, 4> const& a, lanes<double, 4> const& b) {         \
    return lanes<double, 4>((lanes<double, 4>::raw_type)__builtin_ia32_##operation##pd256(a.raw, b.raw)); \
  }                                                                                                       \
  SATUR_INLINE lanes<float, 4> name(lanes<float, 4> const& a, lanes<float, 4> const& b) {                 \
    return lanes<float, 4>((lanes<float, 4>::raw_type)__builtin_ia32_##operation##ps(a.raw, b.raw));      \
  }                                                                                                       \
  SATUR_INLINE lanes<double, 2> name(lanes<double, 2> const& a, lanes<double, 2> const& b) {              \
    return lanes<double, 2>((lanes<double, 2>::raw_type)__builtin_ia32_##operation##pd(a.raw, b.raw));    \
  }
SATUR_EXTREMUM(maximum, max)
SATUR_EXTREMUM(minimum, min)
#undef SATUR_EXTREMUM
#endif

SATUR_AVX512 inline lanes<float, 16> scale_exponent(lanes<float, 16> const& p, lanes<float, 16> const& n) {
  return lanes<float, 16>((lanes<float, 16>::raw_type)__builtin_ia32_scalefps512_mask(
      p.raw, n.raw, lanes<float, 16>::raw_type{}, (unsigned short)-1, 4));
}
SATUR_AVX512 inline lanes<double, 8> scale_exponent(lanes<double, 8> const& p, lanes<double, 8> const& n) {
  return lanes<double, 8>((lanes<double, 8>::raw_type)__builtin_ia32_scalefpd512_mask(
      p.raw, n.raw, lanes<double, 8>::raw_type{}, (unsigned char)-1, 4));
}
#elif defined(__aarch64__)
SATUR_INLINE lanes<float, 4> fused(lanes<float, 4> const& a, lanes<float, 4> const& b, lanes<float, 4> const& c) {
  lanes<float, 4> r;
  for (int i = 0; i < 4; ++i) {
    r.raw[i] = __builtin_fmaf(a.raw[i], b.raw[i], c.raw[i]);
  }
  return r;
}
SATUR_INLINE lanes<double, 2> fused(lanes<double, 2> const& a, lanes<double, 2> const& b, lanes<double, 2> const& c) {
  lanes<double, 2> r;
  for (int i = 0; i < 2; ++i) {
    r.raw[i] = __builtin_fma(a.raw[i], b.raw[i], c.raw[i]);
  }
  return r;
}
template <class T, int N> SATUR_INLINE lanes<T, N> rounded(lanes<T, N> a) {
  asm("" : "+w"(a.raw));
  return a;
}
#else
template <class T, int N> SATUR_INLINE lanes<T, N> rounded(lanes<T, N> const& a) { return a; }
#endif
#endif // SATUR_HAS_LANES

/// a > b ? a : b, and a < b ? a : b: where b is NaN, b; where only a is NaN, b too.
template <class T> SATUR_INLINE constexpr T maximum(T const& a, T const& b) { return select(a > b, a, b); }
template <class T> SATUR_INLINE constexpr T minimum(T const& a, T const& b) { return select(a < b, a, b); }

/// Whether a*b+c is one instruction with one rounding for this T at the level that its width stands for.
template <class T> inline constexpr bool has_fused_v = false;
#if defined(__FP_FAST_FMAF) || (defined(__FMA__) && defined(__x86_64__)) || defined(__aarch64__)
template <> inline constexpr bool has_fused_v<float> = true;
template <> inline constexpr bool has_fused_v<double> = true;
#endif
#if SATUR_HAS_LANES
template <class T, int N> inline constexpr bool has_fused_v<lanes<T, N>> = has_fused_v<T> || (sizeof(T) * N > 16);
#endif

/// Whether p * 2^n with gradual underflow is one instruction.
template <class T> inline constexpr bool has_scale_v = false;
#if SATUR_HAS_LANES && defined(__x86_64__)
template <class T, int N> inline constexpr bool has_scale_v<lanes<T, N>> = sizeof(T) * N == 64;
#endif

} // namespace satur::inline SATUR_ABI::math
