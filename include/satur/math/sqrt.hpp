/// \file math/sqrt.hpp  The square root of a scalar, lanes or a batch, correctly rounded.
#pragma once

#include "satur/config.hpp"
#include "satur/simd/foreign_batch.hpp"
#include "satur/simd/register_pair.hpp"

#include <cmath>
#include <concepts>

namespace satur::inline SATUR_ABI::math {

namespace detail::own {
using std::sqrt;
template <class T> constexpr T generic_sqrt(T const& x) { return sqrt(x); }
} // namespace detail::own

/// sqrt(x).
///
/// Valid types: floating-point types, lanes, batches; other types use their own `sqrt`, found by ADL.
///
/// Accuracy: 0.5 ulp.
///
/// Special values: -0 at -0, NaN for x < 0, inf at inf; NaN gives NaN.
template <std::floating_point T> [[nodiscard]] SATUR_INLINE T sqrt(T x) noexcept { return std::sqrt(x); }

#if SATUR_HAS_LANES
// std::sqrt reports errors in errno, so GCC does not use the vector instruction. Name the instruction instead.
#if __has_builtin(__builtin_elementwise_sqrt)
template <std::floating_point T, int N> [[nodiscard]] SATUR_INLINE lanes<T, N> sqrt(lanes<T, N> const& x) {
  return lanes<T, N>(__builtin_elementwise_sqrt(x.raw));
}
#elif SATUR_HAS_X86_LANES
SATUR_INLINE lanes<float, 4> sqrt(lanes<float, 4> const& x) { return lanes<float, 4>(__builtin_ia32_sqrtps(x.raw)); }
SATUR_INLINE lanes<double, 2> sqrt(lanes<double, 2> const& x) { return lanes<double, 2>(__builtin_ia32_sqrtpd(x.raw)); }
#if SATUR_HAS_WIDE_LANES
SATUR_AVX2 inline lanes<float, 8> sqrt(lanes<float, 8> const& x) {
  return lanes<float, 8>(__builtin_ia32_sqrtps256(x.raw));
}
SATUR_AVX2 inline lanes<double, 4> sqrt(lanes<double, 4> const& x) {
  return lanes<double, 4>(__builtin_ia32_sqrtpd256(x.raw));
}
#if defined(__clang__)
SATUR_AVX512 inline lanes<float, 16> sqrt(lanes<float, 16> const& x) {
  return lanes<float, 16>(__builtin_ia32_sqrtps512(x.raw, 4));
}
SATUR_AVX512 inline lanes<double, 8> sqrt(lanes<double, 8> const& x) {
  return lanes<double, 8>(__builtin_ia32_sqrtpd512(x.raw, 4));
}
#else
SATUR_AVX512 inline lanes<float, 16> sqrt(lanes<float, 16> const& x) {
  return lanes<float, 16>(__builtin_ia32_sqrtps512_mask(x.raw, x.raw, static_cast<unsigned short>(-1), 4));
}
SATUR_AVX512 inline lanes<double, 8> sqrt(lanes<double, 8> const& x) {
  return lanes<double, 8>(__builtin_ia32_sqrtpd512_mask(x.raw, x.raw, static_cast<unsigned char>(-1), 4));
}
#endif
#endif // SATUR_HAS_WIDE_LANES
#else
template <std::floating_point T, int N> [[nodiscard]] SATUR_INLINE lanes<T, N> sqrt(lanes<T, N> const& x) {
  lanes<T, N> r;
  for (int i = 0; i < N; ++i) {
    r.raw[i] = std::sqrt(x.raw[i]);
  }
  return r;
}
#endif
#endif // SATUR_HAS_LANES

template <class L> [[nodiscard]] SATUR_INLINE twin<L> sqrt(twin<L> const& x) { return {sqrt(x.first), sqrt(x.second)}; }
/// Other types use their own `sqrt`, found by ADL.
template <class T>
  requires(!std::is_arithmetic_v<T> && !is_lanes_v<T> && !foreign_batch<T>)
[[nodiscard]] SATUR_INLINE constexpr T sqrt(T const& x) {
  return detail::own::generic_sqrt(x);
}
template <foreign_batch B> [[nodiscard]] SATUR_INLINE B sqrt(B const& x) {
  return through_lanes(x, [](auto const& l) { return math::sqrt(l); });
}

} // namespace satur::inline SATUR_ABI::math
