/// \file atan.hpp  The arc tangent, one body for scalars and lanes.
#pragma once

#include "satur/math/exp.hpp"

namespace satur::inline SATUR_ABI::math {

namespace detail {

/// atan t = t + t^3 p(t^2) for |t| <= tan(pi/8): interpolated in Chebyshev nodes at 60 digits, then rounded.
template <class E> struct atan_constants;
template <> struct atan_constants<float> {
  static constexpr float p[] = {-0x1.555554p-2f, 0x1.99973p-3f, -0x1.242026p-3f, 0x1.b80edep-4f, -0x1.0840fap-4f};
  static constexpr float half_pi = 0x1.921fb6p+0f;
  static constexpr float half_pi_rest = -0x1.777a5cp-25f;
};
template <> struct atan_constants<double> {
  static constexpr double p[] = {-0x1.5555555555555p-2, 0x1.9999999999953p-3,  -0x1.249249248d7cap-3,
                                 0x1.c71c71c30300bp-4,  -0x1.745d165d9ee17p-4, 0x1.3b1392d04b71cp-4,
                                 -0x1.110e875de57ebp-4, 0x1.e19a0439b3b4bp-5,  -0x1.ac7a216389ddfp-5,
                                 0x1.74dbcb5c2167ap-5,  -0x1.1b2e7e3386b79p-5, 0x1.0ac7d2dc4c828p-6};
  static constexpr double half_pi = 0x1.921fb54442d18p+0;
  static constexpr double half_pi_rest = 0x1.1a62633145c07p-54;
};

} // namespace detail

/// atan x. Error: below 1 ulp for float and double. Sign of zero kept, ±pi/2 at ±inf, NaN for NaN. Other types: their
/// own `atan`, found by their argument.
template <class T> [[nodiscard]] SATUR_INLINE constexpr T atan(T const& x) {
  if constexpr (real_lanes<T>) {
    using E = element_t<T>;
    using C = detail::atan_constants<E>;
    constexpr E far = sizeof(E) == 4 ? E(0x1p60) : E(0x1p200); // pi/2 from long before; keeps the remainders in range
    T const size = minimum(T(far), select(x < T(0), T(-x), x));
    // atan size = base + atan t, with base one of 0, pi/4, pi/2, and t = n/d
    auto const beyond_first = size > T(E(0x1.a8279ap-2)); // tan(pi/8)
    auto const beyond_last = size > T(E(0x1.3504f4p+1));  // tan(3 pi/8)
    T const n = select(beyond_last, T(-1), select(beyond_first, T(size - T(1)), size));
    split<T> const sum = exact_sum(size, T(1));
    T const d = select(beyond_last, size, select(beyond_first, sum.value, T(1)));
    T const n_rest = select(beyond_last || size <= T(E(0x1.a8279ap-2)), T(0), T(size - rounded(n + T(1))));
    T const d_rest = select(beyond_first && size <= T(E(0x1.3504f4p+1)), sum.rest, T(0));
    T const base = select(beyond_last, T(C::half_pi), select(beyond_first, T(E(0.5) * C::half_pi), T(0)));
    T const base_rest =
        select(beyond_last, T(C::half_pi_rest), select(beyond_first, T(E(0.5) * C::half_pi_rest), T(0)));
    T const i = rounded(T(1) / d);
    T const t = rounded(n * i);
    T const t_rest = rounded(madd(T(-t), d_rest, fma(T(-t), d, n) + n_rest) * i); // of the quotient
    T const s = rounded(t * t);
    T const bend = madd(rounded(t * s), detail::polynomial(s, C::p), t_rest);
    T const whole = rounded(base + t); // |base| > |t|, or 0
    T const lost = t - rounded(whole - base);
    T const result = whole + (lost + (base_rest + bend));
    return select(x == T(0), x, select(x < T(0), T(-result), result));
  } else if constexpr (foreign_batch<T>) {
    return through_lanes(x, [](auto const& l) { return math::atan(l); });
  } else {
    return detail::generic_atan(x);
  }
}

} // namespace satur::inline SATUR_ABI::math
