/// \file simd/operations.hpp  What each instruction set does better than the generic operators: a*b+c with one
/// rounding, minimum and maximum, a barrier for `rounded`, and p * 2^n with gradual underflow.
#pragma once

#include "satur/simd/lanes.hpp"
#include "satur/simd/rounded.hpp"

#include <concepts>

namespace satur::inline SATUR_ABI::math {

#if SATUR_HAS_EXTENSIONS
/// a*b + c with one rounding, for which there is an instruction if `has_fused_v`.
template <class T>
  requires std::same_as<T, float> || std::same_as<T, double>
SATUR_INLINE constexpr T fused(T a, T b, T c) {
  if constexpr (std::same_as<T, float>) {
    return __builtin_fmaf(a, b, c);
  } else {
    return __builtin_fma(a, b, c);
  }
}
#endif

#if SATUR_HAS_LANES
// What each instruction set does better than the generic operators: one rounding for a*b+c, minimum and maximum, a
// barrier for `rounded`, and p * 2^n with gradual underflow. First the registers of 16 bytes, which every target has.
template <class T, int N>
  requires(N * sizeof(T) <= 16)
SATUR_INLINE lanes<T, N> rounded(lanes<T, N> a) {
  asm("" : SATUR_ROUNDED_IN(a.raw));
  return a;
}
template <class T, int N>
  requires(N * sizeof(T) <= 16)
SATUR_INLINE lanes<T, N> fused(lanes<T, N> const& a, lanes<T, N> const& b, lanes<T, N> const& c) {
#if __has_builtin(__builtin_elementwise_fma)
  return lanes<T, N>(__builtin_elementwise_fma(a.raw, b.raw, c.raw));
#else
  lanes<T, N> r;
  for (int i = 0; i < N; ++i) {
    r.raw[i] = fused(T(a.raw[i]), T(b.raw[i]), T(c.raw[i]));
  }
  return r;
#endif
}

// An operation of one instruction, named by the built-in function for it.
#define SATUR_LANES_OPERATION(attributes, name, T, N, instruction, ...)                              \
  inline attributes lanes<T, N> name(lanes<T, N> const& a, lanes<T, N> const& b) {                   \
    return lanes<T, N>((lanes<T, N>::raw_type)instruction(a.raw, b.raw __VA_OPT__(, ) __VA_ARGS__)); \
  }
#if __has_builtin(__builtin_elementwise_fma) // clang from 16 on; clang 22 has no other name for it
#define SATUR_FUSED(attributes, T, N, ...)                                                                \
  inline attributes lanes<T, N> fused(lanes<T, N> const& a, lanes<T, N> const& b, lanes<T, N> const& c) { \
    return lanes<T, N>(__builtin_elementwise_fma(a.raw, b.raw, c.raw));                                   \
  }
#else
#define SATUR_FUSED(attributes, T, N, instruction, ...)                                                     \
  inline attributes lanes<T, N> fused(lanes<T, N> const& a, lanes<T, N> const& b, lanes<T, N> const& c) {   \
    return lanes<T, N>((lanes<T, N>::raw_type)instruction(a.raw, b.raw, c.raw __VA_OPT__(, ) __VA_ARGS__)); \
  }
#endif
#define SATUR_ROUNDED(attributes, T, N, constraint)             \
  inline attributes lanes<T, N> rounded(lanes<T, N> const& a) { \
    lanes<T, N> r = a;                                          \
    asm("" : constraint(r.raw));                                \
    return r;                                                   \
  }

#if SATUR_HAS_X86_LANES && !defined(__clang__) // clang makes one instruction of the generic code, g++ does not
#define SATUR_EXTREMUM(name, operation)                                                                 \
  SATUR_LANES_OPERATION(__attribute__((always_inline)), name, float, 4, __builtin_ia32_##operation##ps) \
  SATUR_LANES_OPERATION(__attribute__((always_inline)), name, double, 2, __builtin_ia32_##operation##pd)
SATUR_EXTREMUM(maximum, max)
SATUR_EXTREMUM(minimum, min)
#undef SATUR_EXTREMUM
#if defined(__FMA__)
SATUR_FUSED(__attribute__((always_inline)), float, 4, __builtin_ia32_vfmaddps)
SATUR_FUSED(__attribute__((always_inline)), double, 2, __builtin_ia32_vfmaddpd)
#endif
#endif

// The wider registers: these carry their level's target and are inlined into kernels of that level.
#if SATUR_HAS_WIDE_LANES
SATUR_FUSED(SATUR_AVX512, float, 16, __builtin_ia32_vfmaddps512_mask, static_cast<unsigned short>(-1), 4)
SATUR_FUSED(SATUR_AVX512, double, 8, __builtin_ia32_vfmaddpd512_mask, static_cast<unsigned char>(-1), 4)
SATUR_FUSED(SATUR_AVX2, float, 8, __builtin_ia32_vfmaddps256)
SATUR_FUSED(SATUR_AVX2, double, 4, __builtin_ia32_vfmaddpd256)
SATUR_ROUNDED(SATUR_AVX512, float, 16, "+v")
SATUR_ROUNDED(SATUR_AVX512, double, 8, "+v")
SATUR_ROUNDED(SATUR_AVX2, float, 8, "+x")
SATUR_ROUNDED(SATUR_AVX2, double, 4, "+x")
SATUR_LANES_OPERATION(SATUR_AVX512, scale_exponent, float, 16, __builtin_ia32_scalefps512_mask,
                      lanes<float, 16>::raw_type{}, static_cast<unsigned short>(-1), 4)
SATUR_LANES_OPERATION(SATUR_AVX512, scale_exponent, double, 8, __builtin_ia32_scalefpd512_mask,
                      lanes<double, 8>::raw_type{}, static_cast<unsigned char>(-1), 4)
#if !defined(__clang__)
#define SATUR_EXTREMUM(name, operation)                                                        \
  SATUR_LANES_OPERATION(SATUR_AVX512, name, float, 16, __builtin_ia32_##operation##ps512_mask, \
                        lanes<float, 16>::raw_type{}, static_cast<unsigned short>(-1), 4)      \
  SATUR_LANES_OPERATION(SATUR_AVX512, name, double, 8, __builtin_ia32_##operation##pd512_mask, \
                        lanes<double, 8>::raw_type{}, static_cast<unsigned char>(-1), 4)       \
  SATUR_LANES_OPERATION(SATUR_AVX2, name, float, 8, __builtin_ia32_##operation##ps256)         \
  SATUR_LANES_OPERATION(SATUR_AVX2, name, double, 4, __builtin_ia32_##operation##pd256)
SATUR_EXTREMUM(maximum, max)
SATUR_EXTREMUM(minimum, min)
#undef SATUR_EXTREMUM
#define SATUR_INTEGER_EXTREMUM(name, operation)                                                                       \
  SATUR_LANES_OPERATION(SATUR_AVX512, name, std::int32_t, 16, __builtin_ia32_##operation##d512_mask,                  \
                        lanes<std::int32_t, 16>::raw_type{}, static_cast<unsigned short>(-1))                         \
  SATUR_LANES_OPERATION(SATUR_AVX2, name, std::int32_t, 8, __builtin_ia32_##operation##d256)                          \
  inline SATUR_AVX512 lanes<std::int64_t, 8> name(lanes<std::int64_t, 8> const& a, lanes<std::int64_t, 8> const& b) { \
    using raw = lanes<std::int64_t, 8>::raw_type;                                                                     \
    typedef long long eight __attribute__((vector_size(64)));                                                         \
    return lanes<std::int64_t, 8>((raw)__builtin_ia32_##operation##q512_mask((eight)a.raw, (eight)b.raw, eight{},     \
                                                                             static_cast<unsigned char>(-1)));        \
  }
SATUR_INTEGER_EXTREMUM(maximum, pmaxs)
SATUR_INTEGER_EXTREMUM(minimum, pmins)
#undef SATUR_INTEGER_EXTREMUM
#endif
#endif
#undef SATUR_LANES_OPERATION
#undef SATUR_FUSED
#undef SATUR_ROUNDED
#endif // SATUR_HAS_LANES

/// a > b ? a : b, and a < b ? a : b: where b is NaN, b; where only a is NaN, b too.
template <class T> SATUR_INLINE constexpr T maximum(T const& a, T const& b) { return select(a > b, a, b); }
template <class T> SATUR_INLINE constexpr T minimum(T const& a, T const& b) { return select(a < b, a, b); }

/// Whether a*b+c is one instruction with one rounding for this T at the level that its width stands for.
template <class T> inline constexpr bool has_fused_v = false;
#if SATUR_HAS_EXTENSIONS && \
    (defined(__FP_FAST_FMAF) || (defined(__FMA__) && defined(__x86_64__)) || defined(__aarch64__))
template <> inline constexpr bool has_fused_v<float> = true;
template <> inline constexpr bool has_fused_v<double> = true;
#endif
#if SATUR_HAS_LANES
template <class T, int N> inline constexpr bool has_fused_v<lanes<T, N>> = has_fused_v<T> || (sizeof(T) * N > 16);
#endif

/// Whether p * 2^n with gradual underflow is one instruction.
template <class T> inline constexpr bool has_scale_v = false;
#if SATUR_HAS_WIDE_LANES
template <class T, int N> inline constexpr bool has_scale_v<lanes<T, N>> = sizeof(T) * N == 64;
#endif

} // namespace satur::inline SATUR_ABI::math
