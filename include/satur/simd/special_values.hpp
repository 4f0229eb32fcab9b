/// \file simd/special_values.hpp  NaN, infinity and magnitude by their bits, for scalars and lanes; and NaN through a
/// formula where the compiler may assume that there is none.
#pragma once

#include "satur/simd/lanes.hpp"

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

namespace satur::inline SATUR_ABI::detail {

/// NaN and infinity by their bits: right under -ffast-math too, and no comparison raises a flag.
template <class T> struct special_bits;
template <> struct special_bits<float> {
  static constexpr std::int32_t magnitude = 0x7fffffff;
  static constexpr std::int32_t infinity = 0x7f800000;
};
template <> struct special_bits<double> {
  static constexpr std::int64_t magnitude = 0x7fffffffffffffff;
  static constexpr std::int64_t infinity = 0x7ff0000000000000;
};
template <class L> SATUR_INLINE auto is_nan(L const& x) {
  using B = special_bits<math::element_t<L>>;
  using Int = decltype(math::bits(x));
  return (math::bits(x) & Int(B::magnitude)) > Int(B::infinity);
}
template <class L> SATUR_INLINE auto is_infinite(L const& x) {
  using B = special_bits<math::element_t<L>>;
  using Int = decltype(math::bits(x));
  return (math::bits(x) & Int(B::magnitude)) == Int(B::infinity);
}
/// 0 or -0. A comparison with 0 takes subnormal numbers for it where the processor does (the start-up code of
/// -ffast-math asks it to, in the whole process).
template <class L> SATUR_INLINE auto is_zero(L const& x) {
  using B = special_bits<math::element_t<L>>;
  using Int = decltype(math::bits(x));
  return (math::bits(x) & Int(B::magnitude)) == Int(0);
}
/// Fraction and exponent of a long double, without the sign.
struct long_double_bits {
  static constexpr bool is_extended =
      std::numeric_limits<long double>::digits == 64; // x87, with an explicit first digit
  static constexpr bool is_quad = std::numeric_limits<long double>::digits == 113;
  std::uint64_t exponent; ///< all bits set: NaN or infinity
  std::uint64_t fraction; ///< 0 for infinity
  std::uint64_t largest;  ///< the exponent with all bits set

  explicit long_double_bits(long double x) {
    if constexpr (is_extended || is_quad) {
      std::uint64_t words[2] = {};
      std::memcpy(words, &x, is_quad ? 16 : 10);
      constexpr bool big = std::endian::native == std::endian::big;
      std::uint64_t const high = words[big ? 0 : 1];
      std::uint64_t const low = words[big ? 1 : 0];
      largest = 0x7fffu;
      exponent = (is_quad ? high >> 48 : high) & largest;
      fraction = is_quad ? low | (high & 0xffffffffffffu) : low & 0x7fffffffffffffffu;
    } else { // a double, or two of them, of which the first says it
      double const first = static_cast<double>(x);
      auto const all = static_cast<std::uint64_t>(math::bits(first));
      largest = 0x7ffu;
      exponent = (all >> 52) & largest;
      fraction = all & 0xfffffffffffffu;
    }
  }
};
inline bool is_nan(long double x) {
  long_double_bits const b(x);
  return b.exponent == b.largest && b.fraction != 0;
}
inline bool is_infinite(long double x) {
  long_double_bits const b(x);
  return b.exponent == b.largest && b.fraction == 0;
}
inline bool is_zero(long double x) { return x == 0.0L; }

/// The number >= 0 that has these bits, as double. Under a flag that makes 0 of subnormal numbers, a subnormal float
/// would be 0 if it were converted.
template <class T, class Bits> [[nodiscard]] SATUR_INLINE double double_of_bits(Bits bits) {
  if constexpr (std::same_as<T, float>) {
    if (bits < math::bits((std::numeric_limits<float>::min)())) {
      return static_cast<double>(bits) * 0x1p-149;
    }
  }
  return static_cast<double>(math::from_bits<T>(bits));
}

/// |x|, by its bits where it has them.
template <class W> SATUR_INLINE W magnitude_of(W const& x) {
  if constexpr (math::real_lanes<W>) {
    using Int = decltype(math::bits(x));
    using T = math::element_t<W>;
    return math::from_bits<T>(Int(math::bits(x) & Int(special_bits<T>::magnitude)));
  } else {
    return x < W(0) ? W(-x) : x;
  }
}

template <class T> [[nodiscard]] SATUR_INLINE bool is_finite_number(T x) { return !(is_nan(x) || is_infinite(x)); }
template <class T> [[nodiscard]] SATUR_INLINE T finite_or_zero(T x) { return is_finite_number(x) ? x : T(0); }

} // namespace satur::inline SATUR_ABI::detail

namespace satur::inline SATUR_ABI::math {

/// f where z is a number, NaN where z is NaN.
///
/// Every formula of the library carries NaN by itself, so this is f. Under -ffast-math, -Ofast and -ffinite-math-only
/// the compiler is free to answer a comparison with NaN either way, and to swap the operands of a minimum: there NaN is
/// seen by the bits of z. Not for dual numbers and for batches of another library.
template <class T> [[nodiscard]] SATUR_INLINE constexpr T keep_nan([[maybe_unused]] T const& z, T const& f) {
#if SATUR_FINITE_MATH
  if (!std::is_constant_evaluated()) {
    if constexpr (real_lanes<T>) {
      using E = element_t<T>;
      using B = satur::detail::special_bits<E>;
      using Int = decltype(bits(z));
      return from_bits<E>(Int(select((bits(z) & Int(B::magnitude)) > Int(B::infinity), bits(z), bits(f))));
    } else if constexpr (std::same_as<T, long double>) {
      return satur::detail::is_nan(z) ? z : f;
    }
  }
#endif
  return f;
}

/// z, and f, for a formula that compares with the largest number: under the same flags the compiler may leave that
/// comparison out. `finite_part(z)` is the largest number, with its sign, where z is infinite (or NaN), and
/// `at_infinity(z, limit, f)` is `limit` there.
template <class T> [[nodiscard]] SATUR_INLINE constexpr T finite_part(T const& z) {
#if SATUR_FINITE_MATH
  if constexpr (real_lanes<T>) {
    using E = element_t<T>;
    using B = satur::detail::special_bits<E>;
    using Int = decltype(bits(z));
    Int const size = Int(bits(z) & Int(B::magnitude));
    Int const kept = select(size < Int(B::infinity), size, Int(B::infinity - 1));
    return from_bits<E>(Int(kept | Int(bits(z) - size)));
  }
#endif
  return z;
}
template <class T>
[[nodiscard]] SATUR_INLINE constexpr T at_infinity([[maybe_unused]] T const& z, [[maybe_unused]] T const& limit,
                                                   T const& f) {
#if SATUR_FINITE_MATH
  if constexpr (real_lanes<T>) {
    using E = element_t<T>;
    using B = satur::detail::special_bits<E>;
    using Int = decltype(bits(z));
    auto const finite = Int(bits(z) & Int(B::magnitude)) < Int(B::infinity);
    return from_bits<E>(Int(select(finite, bits(f), bits(limit))));
  }
#endif
  return f;
}

} // namespace satur::inline SATUR_ABI::math
