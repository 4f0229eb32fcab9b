/// \file simd/special_values.hpp  NaN, infinity and magnitude by their bits, for scalars and lanes.
#pragma once

#include "satur/simd/lanes.hpp"

#include <cmath>
#include <cstdint>

namespace satur::detail {

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
inline bool is_nan(long double x) { return std::isnan(x); }
inline bool is_infinite(long double x) { return std::isinf(x); }

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

} // namespace satur::detail
