/// \file simd.hpp  Vectors of lanes and the run-time choice of instruction set. The only file that names the compiler's
/// vector types, or the shape of another library's SIMD batch.
///
/// A formula is written once, `template <class T> T f(T z)`, and runs for a scalar and for `lanes<float, 16>` alike.
/// The width of a lanes type stands for an instruction set: 64 bytes mean AVX-512, 32 bytes AVX2 with FMA, 16 bytes
/// what the file was compiled for. An array pass is a small kernel that `run` starts at the best level the processor
/// has.
#pragma once

#include "satur/config.hpp"
#include "satur/math/rounded.hpp"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace satur::inline SATUR_ABI::math {

/// The instruction sets that one binary can hold, weakest first.
enum class simd_level { baseline, avx2, avx512 };

template <class T, int N> struct lanes;

namespace detail {
template <class L> struct lane_traits {
  using element = L;
  static constexpr int count = 1;
  static constexpr bool is_lanes = false;
};
template <class T, int N> struct lane_traits<lanes<T, N>> {
  using element = T;
  static constexpr int count = N;
  static constexpr bool is_lanes = true;
};
template <std::size_t Bytes> struct signed_of_size;
template <> struct signed_of_size<4> { using type = std::int32_t; };
template <> struct signed_of_size<8> { using type = std::int64_t; };
} // namespace detail

/// float for `lanes<float, 16>` and for `float`.
template <class L> using element_t = typename detail::lane_traits<L>::element;
/// 16 for `lanes<float, 16>`, 1 for a scalar.
template <class L> inline constexpr int lane_count = detail::lane_traits<L>::count;
template <class L> inline constexpr bool is_lanes_v = detail::lane_traits<L>::is_lanes;

/// float or double, alone or as lanes: what the project's own exp, tanh… are written for.
template <class T>
concept real_lanes = std::same_as < element_t<T>,
float > || std::same_as<element_t<T>, double>;

/// The bits of a scalar as a signed integer of the same width, and back; lanes have the same two.
SATUR_INLINE constexpr std::int32_t bits(float a) { return __builtin_bit_cast(std::int32_t, a); }
SATUR_INLINE constexpr std::int64_t bits(double a) { return __builtin_bit_cast(std::int64_t, a); }
template <class T>
requires std::floating_point<T> SATUR_INLINE constexpr T from_bits(typename detail::signed_of_size<sizeof(T)>::type a) {
  return __builtin_bit_cast(T, a);
}

/// m ? a : b. Both sides are computed: neither may raise what the other does not.
template <class T> SATUR_INLINE constexpr T select(bool m, T const& a, T const& b) { return m ? a : b; }

#if SATUR_HAS_LANES
#if defined(__x86_64__)
#define SATUR_AVX512 __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")))
#define SATUR_AVX2 __attribute__((target("avx2,fma")))
#endif

/// N booleans, each as wide as the lane it belongs to (all bits set or none).
template <class T, int N> struct lanes_mask {
  using bit_type = typename detail::signed_of_size<sizeof(T)>::type;
  typedef bit_type raw_type __attribute__((vector_size(N * sizeof(T))));
  raw_type raw;

  lanes_mask() = default;
  SATUR_INLINE explicit lanes_mask(raw_type const& r) : raw(r) {}
  SATUR_INLINE lanes_mask(lanes_mask const& o) : raw(o.raw) {}
  SATUR_INLINE lanes_mask& operator=(lanes_mask const& o) {
    raw = o.raw;
    return *this;
  }
  SATUR_INLINE friend lanes_mask operator&(lanes_mask const& a, lanes_mask const& b) {
    return lanes_mask(a.raw & b.raw);
  }
  SATUR_INLINE friend lanes_mask operator|(lanes_mask const& a, lanes_mask const& b) {
    return lanes_mask(a.raw | b.raw);
  }
  SATUR_INLINE friend lanes_mask operator!(lanes_mask const& a) { return lanes_mask(~a.raw); }
  SATUR_INLINE friend lanes_mask operator&&(lanes_mask const& a, lanes_mask const& b) { return a & b; }
  SATUR_INLINE friend lanes_mask operator||(lanes_mask const& a, lanes_mask const& b) { return a | b; }
};

/// N values of T in one register. The copy constructor is user-provided on purpose: such a class is passed by address
/// whatever the instruction set, so a call that is not inlined between code for AVX-512 and code for SSE2 stays
/// correct.
template <class T, int N> struct lanes {
  typedef T raw_type __attribute__((vector_size(N * sizeof(T))));
  typedef raw_type unaligned_type __attribute__((aligned(alignof(T)), may_alias));
  using mask = lanes_mask<T, N>;
  raw_type raw;

  lanes() = default;
  SATUR_INLINE explicit lanes(raw_type const& r) : raw(r) {}
  template <class U>
    requires std::is_arithmetic_v<U> SATUR_INLINE lanes(U s)
        : raw(raw_type{} + static_cast<T>(s)) {} // NOLINT: a constant reads as T(1) or as 1
    SATUR_INLINE lanes(lanes const& o) : raw(o.raw) {}
    SATUR_INLINE lanes& operator=(lanes const& o) {
      raw = o.raw;
      return *this;
    }

    SATUR_INLINE friend lanes operator+(lanes const& a, lanes const& b) { return lanes(raw_type(a.raw + b.raw)); }
    SATUR_INLINE friend lanes operator-(lanes const& a, lanes const& b) { return lanes(raw_type(a.raw - b.raw)); }
    SATUR_INLINE friend lanes operator*(lanes const& a, lanes const& b) { return lanes(raw_type(a.raw * b.raw)); }
    SATUR_INLINE friend lanes operator/(lanes const& a, lanes const& b) { return lanes(raw_type(a.raw / b.raw)); }
    SATUR_INLINE friend lanes operator-(lanes const& a) { return lanes(raw_type(-a.raw)); }
    SATUR_INLINE friend lanes operator+(lanes const& a) { return a; }
    SATUR_INLINE lanes& operator+=(lanes const& o) { return *this = *this + o; }
    SATUR_INLINE lanes& operator-=(lanes const& o) { return *this = *this - o; }
    SATUR_INLINE lanes& operator*=(lanes const& o) { return *this = *this * o; }
    SATUR_INLINE lanes& operator/=(lanes const& o) { return *this = *this / o; }

    // Integer lanes only (the compiler refuses them for float).
    SATUR_INLINE friend lanes operator&(lanes const& a, lanes const& b) requires std::integral<T> {
      return lanes(raw_type(a.raw & b.raw));
    }
    SATUR_INLINE friend lanes operator|(lanes const& a, lanes const& b) requires std::integral<T> {
      return lanes(raw_type(a.raw | b.raw));
    }
    SATUR_INLINE friend lanes operator^(lanes const& a, lanes const& b) requires std::integral<T> {
      return lanes(raw_type(a.raw ^ b.raw));
    }
    SATUR_INLINE friend lanes operator<<(lanes const& a, int n) requires std::integral<T> {
      return lanes(raw_type(a.raw << n));
    }
    SATUR_INLINE friend lanes operator>>(lanes const& a, int n) // arithmetic for signed T
        requires std::integral<T> {
      return lanes(raw_type(a.raw >> n));
    }

    /// One lane, for tests and for reductions that are not in a loop.
    SATUR_INLINE T operator[](int i) const { return raw[i]; }
};

// Comparisons and selections of the wide levels carry their target: g++ gives a comparison the boolean type of the
// function that it is written in, and takes one of a narrower target lane by lane ever after.
#define SATUR_LANES_COMPARISON(attributes, T, N, op)                                           \
  inline attributes lanes_mask<T, N> operator op(lanes<T, N> const& a, lanes<T, N> const& b) { \
    return lanes_mask<T, N>((lanes_mask<T, N>::raw_type)(a.raw op b.raw));                     \
  }
#define SATUR_LANES_COMPARISONS(attributes, T, N)                                                               \
  inline attributes lanes<T, N> select(lanes_mask<T, N> const& m, lanes<T, N> const& a, lanes<T, N> const& b) { \
    return lanes<T, N>((lanes<T, N>::raw_type)(m.raw ? a.raw : b.raw));                                         \
  }                                                                                                             \
  SATUR_LANES_COMPARISON(attributes, T, N, <)                                                                   \
  SATUR_LANES_COMPARISON(attributes, T, N, <=)                                                                  \
  SATUR_LANES_COMPARISON(attributes, T, N, >)                                                                   \
  SATUR_LANES_COMPARISON(attributes, T, N, >=)                                                                  \
  SATUR_LANES_COMPARISON(attributes, T, N, ==)                                                                  \
  SATUR_LANES_COMPARISON(attributes, T, N, !=)
#if defined(__x86_64__)
SATUR_LANES_COMPARISONS(SATUR_AVX512, float, 16)
SATUR_LANES_COMPARISONS(SATUR_AVX512, double, 8)
SATUR_LANES_COMPARISONS(SATUR_AVX512, std::int32_t, 16)
SATUR_LANES_COMPARISONS(SATUR_AVX512, std::int64_t, 8)
SATUR_LANES_COMPARISONS(SATUR_AVX2, float, 8)
SATUR_LANES_COMPARISONS(SATUR_AVX2, double, 4)
SATUR_LANES_COMPARISONS(SATUR_AVX2, std::int32_t, 8)
SATUR_LANES_COMPARISONS(SATUR_AVX2, std::int64_t, 4)
#endif
SATUR_LANES_COMPARISONS(__attribute__((always_inline)), float, 4)
SATUR_LANES_COMPARISONS(__attribute__((always_inline)), double, 2)
SATUR_LANES_COMPARISONS(__attribute__((always_inline)), std::int32_t, 4)
SATUR_LANES_COMPARISONS(__attribute__((always_inline)), std::int64_t, 2)
#undef SATUR_LANES_COMPARISONS
#undef SATUR_LANES_COMPARISON

template <class T, int N>
SATUR_INLINE lanes<T, N> select(lanes_mask<T, N> const& m, lanes<T, N> const& a, std::type_identity_t<T> b) {
  return select(m, a, lanes<T, N>(b));
}
template <class T, int N>
SATUR_INLINE lanes<T, N> select(lanes_mask<T, N> const& m, std::type_identity_t<T> a, lanes<T, N> const& b) {
  return select(m, lanes<T, N>(a), b);
}

/// The bits of each lane as a signed integer of the same width, and back.
template <class T, int N> SATUR_INLINE auto bits(lanes<T, N> const& a) {
  using I = lanes<typename detail::signed_of_size<sizeof(T)>::type, N>;
  return I((typename I::raw_type)a.raw);
}
template <class T, class I, int N> SATUR_INLINE lanes<T, N> from_bits(lanes<I, N> const& a) {
  return lanes<T, N>((typename lanes<T, N>::raw_type)a.raw);
}
/// A mask of T lanes as a mask for the integer or floating lanes of the same width.
template <class U, class T, int N> SATUR_INLINE lanes_mask<U, N> mask_cast(lanes_mask<T, N> const& m) {
  return lanes_mask<U, N>((typename lanes_mask<U, N>::raw_type)m.raw);
}
/// -1 where set, 0 elsewhere: subtract it to count.
template <class T, int N> SATUR_INLINE auto as_integer(lanes_mask<T, N> const& m) {
  using I = lanes<typename lanes_mask<T, N>::bit_type, N>;
  return I(m.raw);
}

template <class T, int N> SATUR_INLINE lanes<T, N> load_lanes(T const* p) {
  lanes<T, N> r; // assigned, not constructed from: a reference to the loaded vector would be misaligned
  r.raw = *reinterpret_cast<typename lanes<T, N>::unaligned_type const*>(p);
  return r;
}
template <class T, int N> SATUR_INLINE void store(T* p, lanes<T, N> const& a) {
  *reinterpret_cast<typename lanes<T, N>::unaligned_type*>(p) = a.raw;
}

namespace detail {

// Halves of float lanes as double lanes: the sums of a pass are kept in double. (g++ 12 takes eight conversions in four
// pieces unless it is told the instruction.)
#if defined(__x86_64__) && !defined(__clang__)
SATUR_AVX512 inline lanes<double, 8> widen(float __attribute__((vector_size(32))) const& half) {
  return lanes<double, 8>((lanes<double, 8>::raw_type)__builtin_ia32_cvtps2pd512_mask(
      half, lanes<double, 8>::raw_type{}, (unsigned char)-1, 4));
}
SATUR_AVX2 inline lanes<double, 4> widen(float __attribute__((vector_size(16))) const& half) {
  return lanes<double, 4>((lanes<double, 4>::raw_type)__builtin_ia32_cvtps2pd256(half));
}
#else
SATUR_INLINE lanes<double, 8> widen(float __attribute__((vector_size(32))) const& half) {
  return lanes<double, 8>(__builtin_convertvector(half, lanes<double, 8>::raw_type));
}
SATUR_INLINE lanes<double, 4> widen(float __attribute__((vector_size(16))) const& half) {
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
SATUR_INLINE lanes<double, 2> widen_low(lanes<float, 4> const& a) {
  return lanes<double, 2>(
      __builtin_convertvector(__builtin_shufflevector(a.raw, a.raw, 0, 1), lanes<double, 2>::raw_type));
}
SATUR_INLINE lanes<double, 2> widen_high(lanes<float, 4> const& a) {
  return lanes<double, 2>(
      __builtin_convertvector(__builtin_shufflevector(a.raw, a.raw, 2, 3), lanes<double, 2>::raw_type));
}
/// N floats in memory as double.
template <int N> SATUR_INLINE lanes<double, N> load_widened(float const* p) {
  typename lanes<float, N>::raw_type const h = *reinterpret_cast<typename lanes<float, N>::unaligned_type const*>(p);
  if constexpr (N == 2) {
    return lanes<double, 2>(__builtin_convertvector(h, lanes<double, 2>::raw_type));
  } else {
    return widen(h);
  }
}
// Both halves rounded to float again.
SATUR_INLINE lanes<float, 16> narrow(lanes<double, 8> const& low, lanes<double, 8> const& high) {
  typedef float half __attribute__((vector_size(32)));
  half const a = __builtin_convertvector(low.raw, half);
  half const b = __builtin_convertvector(high.raw, half);
  return lanes<float, 16>(__builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
}
SATUR_INLINE lanes<float, 8> narrow(lanes<double, 4> const& low, lanes<double, 4> const& high) {
  typedef float half __attribute__((vector_size(16)));
  half const a = __builtin_convertvector(low.raw, half);
  half const b = __builtin_convertvector(high.raw, half);
  return lanes<float, 8>(__builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7));
}
SATUR_INLINE lanes<float, 4> narrow(lanes<double, 2> const& low, lanes<double, 2> const& high) {
  typedef float half __attribute__((vector_size(8)));
  half const a = __builtin_convertvector(low.raw, half);
  half const b = __builtin_convertvector(high.raw, half);
  return lanes<float, 4>(__builtin_shufflevector(a, b, 0, 1, 2, 3));
}
} // namespace detail

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
SATUR_AVX512 inline lanes<float, 16> maximum(lanes<float, 16> const& a, lanes<float, 16> const& b) {
  return lanes<float, 16>((lanes<float, 16>::raw_type)__builtin_ia32_maxps512_mask(
      a.raw, b.raw, lanes<float, 16>::raw_type{}, (unsigned short)-1, 4));
}
SATUR_AVX512 inline lanes<double, 8> maximum(lanes<double, 8> const& a, lanes<double, 8> const& b) {
  return lanes<double, 8>((lanes<double, 8>::raw_type)__builtin_ia32_maxpd512_mask(
      a.raw, b.raw, lanes<double, 8>::raw_type{}, (unsigned char)-1, 4));
}
SATUR_AVX2 inline lanes<float, 8> maximum(lanes<float, 8> const& a, lanes<float, 8> const& b) {
  return lanes<float, 8>((lanes<float, 8>::raw_type)__builtin_ia32_maxps256(a.raw, b.raw));
}
SATUR_AVX2 inline lanes<double, 4> maximum(lanes<double, 4> const& a, lanes<double, 4> const& b) {
  return lanes<double, 4>((lanes<double, 4>::raw_type)__builtin_ia32_maxpd256(a.raw, b.raw));
}
SATUR_INLINE lanes<float, 4> maximum(lanes<float, 4> const& a, lanes<float, 4> const& b) {
  return lanes<float, 4>((lanes<float, 4>::raw_type)__builtin_ia32_maxps(a.raw, b.raw));
}
SATUR_INLINE lanes<double, 2> maximum(lanes<double, 2> const& a, lanes<double, 2> const& b) {
  return lanes<double, 2>((lanes<double, 2>::raw_type)__builtin_ia32_maxpd(a.raw, b.raw));
}
SATUR_AVX512 inline lanes<float, 16> minimum(lanes<float, 16> const& a, lanes<float, 16> const& b) {
  return lanes<float, 16>((lanes<float, 16>::raw_type)__builtin_ia32_minps512_mask(
      a.raw, b.raw, lanes<float, 16>::raw_type{}, (unsigned short)-1, 4));
}
SATUR_AVX512 inline lanes<double, 8> minimum(lanes<double, 8> const& a, lanes<double, 8> const& b) {
  return lanes<double, 8>((lanes<double, 8>::raw_type)__builtin_ia32_minpd512_mask(
      a.raw, b.raw, lanes<double, 8>::raw_type{}, (unsigned char)-1, 4));
}
SATUR_AVX2 inline lanes<float, 8> minimum(lanes<float, 8> const& a, lanes<float, 8> const& b) {
  return lanes<float, 8>((lanes<float, 8>::raw_type)__builtin_ia32_minps256(a.raw, b.raw));
}
SATUR_AVX2 inline lanes<double, 4> minimum(lanes<double, 4> const& a, lanes<double, 4> const& b) {
  return lanes<double, 4>((lanes<double, 4>::raw_type)__builtin_ia32_minpd256(a.raw, b.raw));
}
SATUR_INLINE lanes<float, 4> minimum(lanes<float, 4> const& a, lanes<float, 4> const& b) {
  return lanes<float, 4>((lanes<float, 4>::raw_type)__builtin_ia32_minps(a.raw, b.raw));
}
SATUR_INLINE lanes<double, 2> minimum(lanes<double, 2> const& a, lanes<double, 2> const& b) {
  return lanes<double, 2>((lanes<double, 2>::raw_type)__builtin_ia32_minpd(a.raw, b.raw));
}
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

/// `lane_count<I>` neighbours of 16 bits as std::int32_t, from any alignment; and the low 16 bits of each back.
template <class I> SATUR_INLINE I load_16_bits(std::uint16_t const* p) {
#if SATUR_HAS_LANES
  if constexpr (is_lanes_v<I>) {
    typedef std::uint16_t packed __attribute__((vector_size(2 * lane_count<I>), aligned(2), may_alias));
    I r;
    r.raw = __builtin_convertvector(*reinterpret_cast<packed const*>(p), typename I::raw_type);
    return r;
  } else
#endif
  {
    return I{*p};
  }
}
template <class I> SATUR_INLINE void store_16_bits(std::uint16_t* p, I const& a) {
#if SATUR_HAS_LANES
  if constexpr (is_lanes_v<I>) {
    typedef std::uint16_t packed __attribute__((vector_size(2 * lane_count<I>)));
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
#if defined(__GNUC__) || defined(__clang__)
  // Through an integer: no such element need exist.
  __builtin_prefetch(reinterpret_cast<void const*>( // NOLINT(performance-no-int-to-ptr)
      reinterpret_cast<std::uintptr_t>(p) + ahead * sizeof(T)));
#else
  static_cast<void>(p), static_cast<void>(ahead);
#endif
}

/// Loads `lane_count<L>` neighbours, from any alignment.
template <class L> SATUR_INLINE L load(element_t<L> const* p) {
  if constexpr (is_lanes_v<L>) {
#if SATUR_HAS_LANES
    return load_lanes<element_t<L>, lane_count<L>>(p);
#endif
  } else {
    return *p;
  }
}
template <class T>
requires std::is_arithmetic_v<T> SATUR_INLINE void store(T* p, T a) { *p = a; }

/// Bytes of the widest register that the file was compiled for: what a scalar call's neighbours would use.
#if !SATUR_HAS_LANES
inline constexpr int native_bytes = 0;
#elif defined(__AVX512F__) && defined(__AVX512VL__) && defined(__AVX512DQ__) && defined(__AVX512BW__)
inline constexpr int native_bytes = 64;
#elif defined(__AVX2__) && defined(__FMA__)
inline constexpr int native_bytes = 32;
#else
inline constexpr int native_bytes = 16;
#endif

/// The level that needs no question at run time.
inline constexpr simd_level compiled_level = native_bytes == 64   ? simd_level::avx512
                                             : native_bytes == 32 ? simd_level::avx2
                                                                  : simd_level::baseline;

/// The best level that this processor has and this binary holds. Asks the processor, keeps no state.
[[nodiscard]] inline simd_level best_level() noexcept {
#if SATUR_HAS_DISPATCH
  if constexpr (compiled_level == simd_level::avx512) {
    return simd_level::avx512;
  } else {
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512bw")) {
      return simd_level::avx512;
    }
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
      return simd_level::avx2;
    }
    return simd_level::baseline;
  }
#else
  return compiled_level;
#endif
}

namespace detail {
template <class T, int Bytes> struct register_of { using type = T; };
#if SATUR_HAS_LANES
template <class T, int Bytes>
  requires(Bytes > 0 && (std::same_as<T, float> || std::same_as<T, double>))
struct register_of<T, Bytes> {
  using type = lanes<T, Bytes / static_cast<int>(sizeof(T))>;
};
#endif
template <class T, int Bytes> using register_t = typename register_of<T, Bytes>::type;

// Each level has its own function template, so that no linker can fold one level's code into another's.
template <class T, class Kernel> SATUR_FLATTEN SATUR_NOINLINE void run_compiled(Kernel& kernel) {
  kernel.template run<register_t<T, native_bytes>>();
}
#if SATUR_HAS_DISPATCH
template <class T, class Kernel> SATUR_FLATTEN SATUR_NOINLINE SATUR_AVX2 void run_avx2(Kernel& kernel) {
  kernel.template run<register_t<T, 32>>();
}
template <class T, class Kernel> SATUR_FLATTEN SATUR_NOINLINE SATUR_AVX512 void run_avx512(Kernel& kernel) {
  kernel.template run<register_t<T, 64>>();
}
#endif
} // namespace detail

/// Runs `kernel.template run<L>()` with L the lanes of T at `level`, in code compiled for that level. A level above
/// what the binary holds falls back to the compiled one; the caller answers for a level that the processor lacks.
template <class T, class Kernel> void run(Kernel& kernel, simd_level level) {
#if SATUR_HAS_DISPATCH
  if constexpr (std::same_as<T, float> || std::same_as<T, double>) {
    if constexpr (compiled_level < simd_level::avx512) {
      if (level == simd_level::avx512) {
        return detail::run_avx512<T>(kernel);
      }
    }
    if constexpr (compiled_level < simd_level::avx2) {
      if (level == simd_level::avx2) {
        return detail::run_avx2<T>(kernel);
      }
    }
  }
#endif
  static_cast<void>(level);
  detail::run_compiled<T>(kernel);
}

/// A SIMD batch of another library, known by its shape (xsimd 8 to 14 fit): value_type, size, loads and stores.
template <class B>
concept foreign_batch = requires(B const b, typename B::value_type* p) {
  typename B::batch_bool_type;
  typename B::arch_type;
  { B::size } -> std::convertible_to<std::size_t>;
  b.store_unaligned(p);
  B::load_unaligned(p);
};

/// f over the lanes of a foreign batch, through our own lanes, so that the result has the same bits as an array pass.
template <foreign_batch B, class F> SATUR_INLINE B through_lanes(B const& b, F const& f) {
  using T = typename B::value_type;
  constexpr int bytes = static_cast<int>(B::size * sizeof(T));
  using L = detail::register_t<T, (bytes < native_bytes ? bytes : native_bytes)>;
  alignas(64) T buffer[B::size];
  b.store_unaligned(buffer);
  for (std::size_t i = 0; i < B::size; i += static_cast<std::size_t>(lane_count<L>)) {
    store(buffer + i, f(load<L>(buffer + i)));
  }
  return B::load_unaligned(buffer);
}

} // namespace satur::inline SATUR_ABI::math
