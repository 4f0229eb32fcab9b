// A function of one number over many numbers: by scalar calls, in lanes of every level, in register pairs. And the
// numbers to try.
#pragma once

#include "support/ulp.hpp"

#include "satur/simd.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

namespace test {

using satur::math::simd_level;

/// The same number, sign of zero included, or both NaN.
template <class T> bool identical(T a, T b) {
  return (std::isnan(a) && std::isnan(b)) || (a == b && std::signbit(a) == std::signbit(b));
}
template <class T> std::size_t differing(std::vector<T> const& a, std::vector<T> const& b) {
  std::size_t n = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    n += !identical(a[i], b[i]);
  }
  return n;
}

/// Every level that this processor supports, lowest first.
inline std::vector<simd_level> levels() {
  std::vector<simd_level> all;
  for (int l = 0; l <= static_cast<int>(satur::math::best_level()); ++l) {
    all.push_back(static_cast<simd_level>(l));
  }
  return all;
}

/// f over all of z in groups G<L>; the last group is filled up with the last element.
template <class T, bool Twins, class F> struct elementwise_kernel {
  F const& f;
  std::vector<T> const& z;
  std::vector<T>& y;

  template <class L> SATUR_INLINE void run() {
    using G = std::conditional_t<Twins, satur::math::twin<L>, L>;
    constexpr auto width = static_cast<std::size_t>(satur::math::lane_count<G>);
    T from[width];
    T to[width];
    for (std::size_t i = 0; i < z.size(); i += width) {
      for (std::size_t k = 0; k < width; ++k) {
        from[k] = z[std::min(i + k, z.size() - 1)];
      }
      satur::math::store(to, f(satur::math::load_group<G>(from)));
      std::copy(to, to + std::min(width, z.size() - i), y.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
};
template <bool Twins, class T, class F> std::vector<T> in_lanes(F const& f, std::vector<T> const& z, simd_level level) {
  std::vector<T> y(z.size());
  elementwise_kernel<T, Twins, F> kernel{f, z, y};
  satur::math::run<T>(kernel, level);
  return y;
}

/// Special values, and `around` with three neighbors on each side.
template <class T> std::vector<T> hard_points(std::vector<double> const& around) {
  using limits = std::numeric_limits<T>;
  std::vector<T> z;
  for (T const x : {T(0), limits::denorm_min(), limits::min(), limits::epsilon(), T(1), limits::max(),
                    limits::infinity(), limits::quiet_NaN()}) {
    z.push_back(x);
    z.push_back(-x);
  }
  for (double const x : around) {
    T at = static_cast<T>(x);
    for (int i = 0; i < 3; ++i) {
      at = std::nextafter(at, -limits::infinity());
    }
    for (int i = 0; i < 7; ++i) {
      z.push_back(at);
      z.push_back(-at);
      at = std::nextafter(at, limits::infinity());
    }
  }
  return z;
}

/// One float in 16336, including subnormal numbers, infinity and NaN; 2e5 doubles: random bits, ordinary numbers,
/// numbers near 0, and numbers whose exponential is subnormal.
template <class T> void append_sweep(std::vector<T>& z) {
  if constexpr (sizeof(T) == 4) {
    for (std::uint64_t b = 0; b <= 0xffffffffu; b += 1021 * 16) {
      z.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(b)));
    }
  } else {
    std::uint64_t s = 2024;
    auto const next = [&s] { // splitmix64
      std::uint64_t x = s += 0x9e3779b97f4a7c15u;
      x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
      x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
      return x ^ (x >> 31);
    };
    auto const uniform = [&](double low, double high) {
      return low + (high - low) * (static_cast<double>(next() >> 11) * 0x1p-53);
    };
    for (int i = 0; i < 50000; ++i) {
      z.push_back(std::bit_cast<double>(next()));
      z.push_back(uniform(-40.0, 40.0));
      z.push_back(std::ldexp(uniform(-1.0, 1.0), static_cast<int>(next() % 60) - 58));
      z.push_back(i % 2 == 0 ? uniform(-746.0, -708.0) : uniform(-710.0, 710.0));
    }
  }
}

/// A type with enough digits to hold the truth for T.
template <class T> using wider = std::conditional_t<sizeof(T) == 4, double, long double>;

template <class T> double error_in_ulp(T got, wider<T> exact) {
  if constexpr (sizeof(T) == 4) {
    return ulp_error_of_float(got, exact);
  } else {
    return ulp_error(got, exact);
  }
}

/// Errors of a function over z. All are zero or small for a correct function.
struct seen {
  double worst = 0.0; ///< ulp
  double worst_at = 0.0;
  double worst_fused = 0.0; ///< at the levels that have fused multiply-adds
  std::size_t false_zeros = 0;
  std::size_t pairs_differ = 0;   ///< register pairs of L against L, over all levels
  std::size_t scalar_differs = 0; ///< a scalar call against the lanes of the compiled level
};

/// f, for scalars and for lanes, against `reference`, which takes and returns a wider type.
template <class T, class F, class R> seen try_function(F const& f, R const& reference, std::vector<T> const& z) {
  seen s;
  std::vector<wider<T>> exact;
  std::vector<T> scalar;
  for (T const x : z) {
    exact.push_back(reference(static_cast<wider<T>>(x)));
    scalar.push_back(f(x));
  }
  auto const compare = [&](std::vector<T> const& y, bool fused) {
    for (std::size_t i = 0; i < z.size(); ++i) {
      double const error = error_in_ulp(y[i], exact[i]);
      s.worst_fused = fused ? std::max(s.worst_fused, error) : s.worst_fused;
      if (!(error <= s.worst)) {
        s.worst = error;
        s.worst_at = static_cast<double>(z[i]);
      }
      s.false_zeros += y[i] == T(0) && static_cast<T>(exact[i]) != T(0);
    }
  };
  compare(scalar, satur::math::has_fused_v<T>);
  for (simd_level const level : levels()) {
    std::vector<T> const y = in_lanes<false>(f, z, level);
    compare(y, level > simd_level::baseline || satur::math::has_fused_v<T>);
    s.pairs_differ += differing(in_lanes<true>(f, z, level), y);
    if (level == satur::math::compiled_level) {
      s.scalar_differs = differing(scalar, y);
    }
  }
  return s;
}

/// Checks the result of try_function: at most `bound` ulp, or `bound_fused` at levels with fused multiply-adds.
template <class T, class F, class R>
void check_function(F const& f, R const& reference, std::vector<double> const& hard, double bound, double bound_fused) {
  std::vector<T> z = hard_points<T>(hard);
  append_sweep(z);
  seen const s = try_function(f, reference, z);
  CAPTURE(s.worst_at);
  CHECK(s.worst <= bound);
  CHECK(s.worst_fused <= bound_fused);
  CHECK(s.false_zeros == 0);
  CHECK(s.pairs_differ == 0);
  CHECK(s.scalar_differs == 0);
}

} // namespace test
