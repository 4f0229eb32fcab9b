/// \file initializer/box_muller.hpp  Two normal numbers from two random words, by the method of Box and Muller (Ann.
/// Math. Stat. 29, 1958).
#pragma once

#include "satur/config.hpp"
#include "satur/initializer/sampler_arithmetic.hpp"
#include "satur/math/sqrt.hpp"
#include "satur/simd/lanes.hpp"

#include <bit>
#include <concepts>
#include <limits>

namespace satur::inline SATUR_ABI::detail {

/// -2 log(x / 2^exponent_of_one) for a normal x > 0.
template <class L> SATUR_INLINE L minus_two_log(L const& x, math::element_t<L> exponent_of_one) {
  using T = math::element_t<L>;
  using W = words_t<L>;
  using format = sampler_format<T>;
  using word = typename format::word;
  // x = 2^e m with m in [sqrt(1/2), sqrt(2)): the logarithm is (e - exponent_of_one) ln 2 + log m, log m = 2 atanh s.
  W const shifted = reread<word>(x) + W(format::one - format::root_half);
  L const e = integer_minus<L>(shifted >> format::digits, T(format::bias) + exponent_of_one);
  constexpr word fraction = (word{1} << format::digits) - 1;
  L const m = reread<T>((shifted & W(fraction)) + W(format::root_half));
  L const f = m - L(T(1));
  L const s = f / (L(T(2)) + f);
  L const log_m = product(L(s * L(T(4))), polynomial(format::log, product(s, s))); // twice it; times 4 is exact
  return product(e, L(-format::two_ln2)) - log_m;
}

/// sqrt(-2 log u) for u = (w + 1/2) / 2^32, w + 1/2 rounded to 24 digits (float), or ((w >> 12) + 1/2) / 2^52 (double).
template <class L> SATUR_INLINE L radius(words_t<L> const& w) {
  using T = math::element_t<L>;
  using W = words_t<L>;
  using format = sampler_format<T>;
  using word = typename format::word;
  if constexpr (std::same_as<T, float>) {
    // Two exact halves, one rounding: w + 1/2.
    L const high = integer_minus<L>(w >> 16, 0.0f) * L(65536.0f);
    return math::sqrt(minus_two_log<L>(high + midpoint<L>(w & W(word{0xffffu})), 32));
  } else {
    L const u = reread<T>((w >> 12) | W(format::one)) - L(T(1) - T(0x1p-53));
    return math::sqrt(minus_two_log<L>(u, 0));
  }
}

/// mean + stddev * radius * (cos, sin) of a uniform angle. The angle consists of two sign bits, one bit that swaps cos
/// and sin, and the angle within an eighth of the circle.
template <class L> struct polar_pair {
  L a, b;
};
template <class L>
SATUR_INLINE polar_pair<L> box_muller(words_t<L> const& u, words_t<L> const& v, L const& mean, L const& stddev) {
  using T = math::element_t<L>;
  using W = words_t<L>;
  using format = sampler_format<T>;
  using word = typename format::word;
  constexpr int bits = std::numeric_limits<word>::digits;
  constexpr word sign = word{1} << (bits - 1);
  constexpr word within = (word{1} << (bits - 3)) - 1;
  W const k = (v & W(within)) >> (bits - 3 - format::digits);
  L const y = midpoint<L>(k) * L(T(1) / static_cast<T>(word{1} << format::digits)); // exact
  L const y2 = product(y, y);
  W const sine = reread<word>(product(y, polynomial(format::sin, y2)));
  W const cosine = reread<word>(polynomial(format::cos, y2));
  W const swapped = (sine ^ cosine) & (W(word{0}) - ((v >> (bits - 3)) & W(word{1})));
  L const r = product(radius<L>(u), stddev);
  L const a = product(r, L(reread<T>(cosine ^ swapped)));
  L const b = product(r, L(reread<T>(sine ^ swapped)));
  return {mean + reread<T>(reread<word>(a) ^ (v & W(sign))), mean + reread<T>(reread<word>(b) ^ ((v << 1) & W(sign)))};
}

} // namespace satur::inline SATUR_ABI::detail
