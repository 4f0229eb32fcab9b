/// \file simd/lanes.hpp  Vectors of lanes, and the masks that their comparisons give.
///
/// A formula is written once, `template <class T> T f(T z)`, and runs for a scalar and for `lanes<float, 16>` alike.
/// The width of a lanes type stands for an instruction set: 64 bytes mean AVX-512, 32 bytes AVX2 with FMA, 16 bytes
/// what the file was compiled for.
#pragma once

#include "satur/config.hpp"
#include "satur/simd/level.hpp"

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace satur::inline SATUR_ABI::math {

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
template <> struct signed_of_size<4> {
  using type = std::int32_t;
};
template <> struct signed_of_size<8> {
  using type = std::int64_t;
};
/// std::bit_cast; without optimization too it is no call.
template <class To, class From> SATUR_INLINE constexpr To same_bits(From const& x) {
#if SATUR_HAS_EXTENSIONS
  return __builtin_bit_cast(To, x);
#else
  return std::bit_cast<To>(x);
#endif
}
} // namespace detail

/// float for `lanes<float, 16>` and for `float`.
template <class L> using element_t = typename detail::lane_traits<L>::element;
/// 16 for `lanes<float, 16>`, 1 for a scalar.
template <class L> inline constexpr int lane_count = detail::lane_traits<L>::count;
template <class L> inline constexpr bool is_lanes_v = detail::lane_traits<L>::is_lanes;

/// float or double, alone or as lanes: what the project's own exp, tanh… are written for.
template <class T>
concept real_lanes = std::same_as<element_t<T>, float> || std::same_as<element_t<T>, double>;

/// The bits of a scalar as a signed integer of the same width, and back; lanes have the same two.
SATUR_INLINE constexpr std::int32_t bits(float a) { return detail::same_bits<std::int32_t>(a); }
SATUR_INLINE constexpr std::int64_t bits(double a) { return detail::same_bits<std::int64_t>(a); }
template <class T>
  requires std::floating_point<T>
SATUR_INLINE constexpr T from_bits(typename detail::signed_of_size<sizeof(T)>::type a) {
  return detail::same_bits<T>(a);
}

/// m ? a : b. Both sides are computed: neither may raise what the other does not.
template <class T> SATUR_INLINE constexpr T select(bool m, T const& a, T const& b) { return m ? a : b; }

#if SATUR_HAS_LANES
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
    requires std::is_arithmetic_v<U>
  SATUR_INLINE lanes(U s) : raw(raw_type{} + static_cast<T>(s)) {} // NOLINT: a constant reads as T(1) or as 1
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
  SATUR_INLINE friend lanes operator&(lanes const& a, lanes const& b)
    requires std::integral<T>
  {
    return lanes(raw_type(a.raw & b.raw));
  }
  SATUR_INLINE friend lanes operator|(lanes const& a, lanes const& b)
    requires std::integral<T>
  {
    return lanes(raw_type(a.raw | b.raw));
  }
  SATUR_INLINE friend lanes operator^(lanes const& a, lanes const& b)
    requires std::integral<T>
  {
    return lanes(raw_type(a.raw ^ b.raw));
  }
  SATUR_INLINE friend lanes operator<<(lanes const& a, int n)
    requires std::integral<T>
  {
    return lanes(raw_type(a.raw << n));
  }
  SATUR_INLINE friend lanes operator>>(lanes const& a, int n) // arithmetic for signed T
    requires std::integral<T>
  {
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
#if SATUR_HAS_WIDE_LANES
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
  using Int = lanes<typename detail::signed_of_size<sizeof(T)>::type, N>;
  return Int((typename Int::raw_type)a.raw);
}
template <class T, class Int, int N> SATUR_INLINE lanes<T, N> from_bits(lanes<Int, N> const& a) {
  return lanes<T, N>((typename lanes<T, N>::raw_type)a.raw);
}
/// A mask of T lanes as a mask for the integer or floating lanes of the same width.
template <class U, class T, int N> SATUR_INLINE lanes_mask<U, N> mask_cast(lanes_mask<T, N> const& m) {
  return lanes_mask<U, N>((typename lanes_mask<U, N>::raw_type)m.raw);
}
/// -1 where set, 0 elsewhere: subtract it to count.
template <class T, int N> SATUR_INLINE auto as_integer(lanes_mask<T, N> const& m) {
  using Int = lanes<typename lanes_mask<T, N>::bit_type, N>;
  return Int(m.raw);
}

template <class T, int N> SATUR_INLINE lanes<T, N> load_lanes(T const* p) {
  lanes<T, N> r; // assigned, not constructed from: a reference to the loaded vector would be misaligned
  r.raw = *reinterpret_cast<typename lanes<T, N>::unaligned_type const*>(p);
  return r;
}
template <class T, int N> SATUR_INLINE void store(T* p, lanes<T, N> const& a) {
  *reinterpret_cast<typename lanes<T, N>::unaligned_type*>(p) = a.raw;
}
#endif // SATUR_HAS_LANES

} // namespace satur::inline SATUR_ABI::math
