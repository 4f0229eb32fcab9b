/// \file math/atan.hpp  The arc tangent; one body for scalars and lanes.
#pragma once

#include "satur/math/exp.hpp"

namespace satur::inline SATUR_ABI::math {

namespace detail {

/// atan t = t + t^3 p(t^2) for |t| <= 1/2. p is interpolated in Chebyshev nodes at 60 digits, then rounded.
template <class E> struct atan_constants;
template <> struct atan_constants<float> {
  static constexpr float p[] = {-0x1.555556p-2f, 0x1.9998f2p-3f,  -0x1.247348p-3f,
                                0x1.c2d782p-4f,  -0x1.51538ap-4f, 0x1.5a2b0ep-5f};
  static constexpr float last = 0x1p40f;
  static constexpr float half_pi = 0x1.921fb6p+0f;
  static constexpr float half_pi_rest = -0x1.777a5cp-25f;
};
template <> struct atan_constants<double> {
  static constexpr double p[] = {
      -0x1.5555555555555p-2, 0x1.99999999998e1p-3,  -0x1.2492492488296p-3, 0x1.c71c71c01b24cp-4,  -0x1.745d16026efd7p-4,
      0x1.3b138e6372dcap-4,  -0x1.110ea50256abfp-4, 0x1.e1a7b2562efc5p-5,  -0x1.ad44da04adea3p-5, 0x1.7b20b751c966ap-5,
      -0x1.37d750492dd9bp-5, 0x1.99b4e0c058248p-6,  -0x1.2dfbaab9786efp-7};
  static constexpr double last = 0x1p80;
  static constexpr double half_pi = 0x1.921fb54442d18p+0;
  static constexpr double half_pi_rest = 0x1.1a62633145c07p-54;
};

} // namespace detail

/// atan x.
///
/// Valid types: float, double, lanes; other types use their own `atan`, found by ADL.
///
/// Accuracy: below 1.5 ulp for float and double.
///
/// Special values: ±0 at ±0, ±pi/2 at ±inf; NaN gives NaN.
template <class T> [[nodiscard]] SATUR_INLINE constexpr T atan(T const& x) {
  if constexpr (real_lanes<T>) {
    using E = element_t<T>;
    using C = detail::atan_constants<E>;
    T const size = minimum(T(C::last), magnitude(x)); // where atan has rounded to pi/2 long since
    // atan size = base + atan t, with base one of 0, pi/4, pi/2, and t = n/d
    auto const beyond_first = size > T(E(0.5));
    auto const beyond_last = size > T(2);
    T const n = select(beyond_last, T(-1), select(beyond_first, T(size - T(1)), size));
    T const d = select(beyond_last, size, select(beyond_first, T(size + T(1)), T(1)));
    T const base = select(beyond_last, T(C::half_pi), select(beyond_first, T(E(0.5) * C::half_pi), T(0)));
    T const base_rest =
        select(beyond_last, T(C::half_pi_rest), select(beyond_first, T(E(0.5) * C::half_pi_rest), T(0)));
    T const t = rounded(n / d);
    T const s = rounded(t * t);
    T const bend = madd(rounded(t * s), detail::polynomial(s, C::p), base_rest);
    T const result = base + (t + bend);
    return math::keep_nan(x, with_sign_of(result, x));
  } else if constexpr (foreign_batch<T>) {
    return through_lanes(x, [](auto const& l) { return math::atan(l); });
  } else {
    return detail::generic_atan(x);
  }
}

} // namespace satur::inline SATUR_ABI::math
