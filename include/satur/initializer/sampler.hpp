/// \file initializer/sampler.hpp  Uniform and normal numbers with the same bits on every platform, compiler, flag and
/// standard library.
///
/// The standard distributions differ between standard libraries, and std::log and std::cos differ between versions.
/// Here every step is an IEEE operation with one correctly rounded result (+ - * / sqrt, bit shifts), and no product is
/// fused with the following sum (math::rounded). Requirements: float and double are IEEE binary32 and binary64,
/// evaluated as such, rounding to nearest; no -ffast-math.
#pragma once

#include "satur/array/threads.hpp"
#include "satur/config.hpp"
#include "satur/initializer/philox.hpp"
#include "satur/math/arithmetic.hpp"
#include "satur/math/sqrt.hpp"
#include "satur/simd/lanes.hpp"
#include "satur/simd/load.hpp"
#include "satur/simd/rounded.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <type_traits>

namespace satur { inline namespace SATUR_ABI {

/// Fills memory with random numbers that depend only on a key and on the index of each element. Filling [0, n) gives
/// the same bits as filling [0, k) and [k, n) separately (`first` is the index of out[0]), in any order, on any number
/// of threads. If compiled with OpenMP, long memory is filled by the OpenMP threads.
///
/// float: element i is made from word (i % 256) / 64 of Philox block 64 (i / 256) + i % 64.
/// double: from words 2j and 2j + 1, j = (i % 128) / 64, of block 64 (i / 128) + i % 64 (the first is the low half).
/// Any other floating type gets the double, converted.
struct sampler {
  stream_key key;

  sampler() = default;
  explicit constexpr sampler(stream_key const& k) noexcept : key(k) {}
  /// Draws the key from a generator (draw_key states how many draws).
  template <std::uniform_random_bit_generator G> [[nodiscard]] static sampler from(G& generator) {
    return sampler(draw_key(generator));
  }
  bool operator==(sampler const&) const = default;

  /// Uniform on [low, high): never below low, never equal to high (all elements are low if low == high). Ends that T
  /// cannot represent are rounded inward. Requires low <= high, both finite.
  ///
  /// An element is center + half * s with center = low/2 + high/2, half = high/2 - low/2 and s = ±(k + 1/2) / 2^m,
  /// symmetric about 0. The sign is the top bit of the word; k is the next m = 23 (float) or 52 (double) bits.
  template <std::floating_point T>
  void uniform(std::span<T> out, double low, double high, std::uint64_t first = 0) const;

  /// Normal with this mean and standard deviation, by both results of Box and Muller (Ann. Math. Stat. 29, 1958).
  /// The radius uses 32 bits in float, so |z| is at most 6.77 standard deviations (probability 1.3e-11), and 52 bits in
  /// double (8.58, 1e-17). The angle uses 26 bits in float and 55 in double.
  template <std::floating_point T>
  void normal(std::span<T> out, std::type_identity_t<T> mean, std::type_identity_t<T> stddev,
              std::uint64_t first = 0) const;
};

namespace detail {

/// Constants of a floating-point format for the bit operations below.
template <class T> struct sampler_format;
template <> struct sampler_format<float> {
  using word = std::uint32_t;
  static constexpr int digits = 23;              // stored bits of the significand
  static constexpr word integer = 0x4b000000u;   // 2^23: `integer | k` is 2^23 + k for k < 2^23
  static constexpr word one = 0x3f800000u;       // 1
  static constexpr word root_half = 0x3f3504f3u; // sqrt(1/2)
  static constexpr int bias = 127;
  // atanh(s) / s in s^2 on |s| <= (sqrt(2) - 1) / (sqrt(2) + 1), relative error 7e-10
  static constexpr float log[] = {0x1p+0f, 0x1.555588p-2f, 0x1.995786p-3f, 0x1.32704cp-3f};
  // sin(pi y / 4) / y and cos(pi y / 4) in y^2 on 0 <= y <= 1, relative errors 3e-9 and 6e-11
  static constexpr float sin[] = {0x1.921fb6p-1f, -0x1.4abbbap-4f, 0x1.465e92p-9f, -0x1.2d9302p-15f};
  static constexpr float cos[] = {0x1p+0f, -0x1.3bd3ccp-2f, 0x1.03c1dap-6f, -0x1.55c4eap-12f, 0x1.d99f54p-19f};
  static constexpr float two_ln2 = 0x1.62e43p+0f;
};
template <> struct sampler_format<double> {
  using word = std::uint64_t;
  static constexpr int digits = 52;
  static constexpr word integer = 0x4330000000000000u;
  static constexpr word one = 0x3ff0000000000000u;
  static constexpr word root_half = 0x3fe6a09e667f3bcdu;
  static constexpr int bias = 1023;
  // The same three, relative errors 1e-18, 3e-18 and 4e-20.
  static constexpr double log[] = {0x1p+0,
                                   0x1.55555555555aep-2,
                                   0x1.999999997ac3cp-3,
                                   0x1.2492494532f38p-3,
                                   0x1.c71c4fe8cb3b5p-4,
                                   0x1.74669de3de2f3p-4,
                                   0x1.39994e1fe8b0cp-4,
                                   0x1.2f51d4a64f4fbp-4};
  static constexpr double sin[] = {0x1.921fb54442d18p-1,   -0x1.4abbce625be41p-4, 0x1.466bc67758700p-9,
                                   -0x1.32d2cce2d5348p-15, 0x1.50782fca3694ap-22, -0x1.e300639dd9336p-30,
                                   0x1.e3eed4eff207bp-38};
  static constexpr double cos[] = {0x1p+0,
                                   -0x1.3bd3cc9be45dep-2,
                                   0x1.03c1f081b5aaap-6,
                                   -0x1.55d3c7e3c8d5cp-12,
                                   0x1.e1f5068303eddp-19,
                                   -0x1.a6d1ec3d45276p-26,
                                   0x1.f9cc15d33f2f4p-34,
                                   -0x1.b2586b221403ap-42};
  static constexpr double two_ln2 = 0x1.62e42fefa39efp+0;
};

/// Unsigned words of the width of the lanes of L.
template <class L> struct words_of {
  using type = typename sampler_format<L>::word;
};
#if SATUR_HAS_LANES
template <class T, int N> struct words_of<math::lanes<T, N>> {
  using type = math::lanes<typename sampler_format<T>::word, N>;
};
#endif
template <class L> using words_t = typename words_of<L>::type;

/// The same bits, read as elements of U.
template <class U, class V> SATUR_INLINE auto reread(V const& v) {
#if SATUR_HAS_LANES
  if constexpr (math::is_lanes_v<V>) {
    return math::from_bits<U>(v);
  } else
#endif
  {
    return std::bit_cast<U>(v);
  }
}

/// a * b, rounded: never fused with a sum.
template <class L> SATUR_INLINE L product(L const& a, L const& b) { return math::rounded(a * b); }

template <class L, class T, std::size_t N> SATUR_INLINE L polynomial(T const (&c)[N], L const& x) {
  L p(c[N - 1]);
  for (std::size_t i = N - 1; i-- > 0;) {
    p = product(p, x) + L(c[i]);
  }
  return p;
}

/// k - below for an integer k < 2^digits; exact if the result is a multiple of 1/2.
template <class L> SATUR_INLINE L integer_minus(words_t<L> const& k, math::element_t<L> below) {
  using T = math::element_t<L>;
  using format = sampler_format<T>;
  return reread<T>(k | words_t<L>(format::integer)) - L(std::bit_cast<T>(format::integer) + below);
}
/// k + 1/2, exact (2^digits - 1/2 is a number of the format).
template <class L> SATUR_INLINE L midpoint(words_t<L> const& k) {
  return integer_minus<L>(k, math::element_t<L>(-0.5f));
}

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

/// Laws convert one group of Philox blocks to numbers. in[64 j + l] is word j of block l.
template <class T> struct uniform_law {
  using word = typename sampler_format<T>::word;
  static constexpr std::size_t rows = 16 / sizeof(word);
  T center, half, lowest, highest;

  [[nodiscard]] static uniform_law between(double low, double high) {
    constexpr T infinity = std::numeric_limits<T>::infinity();
    T bottom = static_cast<T>(low);
    T top = static_cast<T>(high);
    if (low < high) {
      bottom = static_cast<double>(bottom) < low ? std::nextafter(bottom, infinity) : bottom;
      top = static_cast<double>(top) > high ? std::nextafter(top, -infinity) : top;
      if (bottom > top) { // no number of the type lies between
        bottom = top = static_cast<T>(low);
      }
    }
    T const below_high = static_cast<double>(top) < high ? top : std::nextafter(top, -infinity);
    return {bottom / 2 + top / 2, top / 2 - bottom / 2, bottom, (std::max)(bottom, below_high)};
  }

  template <class L> SATUR_INLINE void make(word const* in, T* out) const {
    using W = words_t<L>;
    using format = sampler_format<T>;
    constexpr int bits = std::numeric_limits<word>::digits;
    constexpr word sign = word{1} << (bits - 1);
    for (std::size_t i = 0; i < rows * philox_group; i += static_cast<std::size_t>(math::lane_count<L>)) {
      W const w = math::load<W>(in + i);
      L const s = midpoint<L>((w & W(sign - 1)) >> (bits - 1 - format::digits)) *
                  L(T(1) / static_cast<T>(word{1} << format::digits)); // exact
      W const p = reread<word>(product(L(half), s)) ^ (w & W(sign));
      L x = L(center) + reread<T>(p);
      x = math::select(x < L(lowest), L(lowest), x);
      x = math::select(x > L(highest), L(highest), x);
      math::store(out + i, x);
    }
  }
};

template <class T> struct normal_law {
  using word = typename sampler_format<T>::word;
  static constexpr std::size_t rows = 16 / sizeof(word);
  T mean, stddev;

  template <class L> SATUR_INLINE void make(word const* in, T* out) const {
    using W = words_t<L>;
    for (std::size_t j = 0; j < rows; j += 2) {
      for (std::size_t l = 0; l < philox_group; l += static_cast<std::size_t>(math::lane_count<L>)) {
        auto const pair = box_muller<L>(math::load<W>(in + j * philox_group + l),
                                        math::load<W>(in + (j + 1) * philox_group + l), L(mean), L(stddev));
        math::store(out + j * philox_group + l, pair.a);
        math::store(out + (j + 1) * philox_group + l, pair.b);
      }
    }
  }
};

/// Elements [first, first + out.size()) of a law. Whole groups are written in place, the ends through a buffer.
template <class T, class Law> struct law_pass {
  using word = typename Law::word;
  static constexpr std::size_t group = Law::rows * philox_group;
  Law law;
  stream_key key;
  std::uint64_t first;
  std::span<T> out;

  template <class L> SATUR_INLINE void run() const {
    alignas(64) word words[group];
    alignas(64) T buffer[group];
    std::uint64_t n = first / group;
    std::size_t skip = static_cast<std::size_t>(first % group);
    for (std::size_t done = 0; done < out.size(); ++n) {
      std::size_t const count = (std::min)(group - skip, out.size() - done);
      philox_words<L>(key, n * philox_group, words);
      T* const to = count == group ? out.data() + done : buffer;
      law.template make<L>(words, to);
      if (to == buffer) {
        std::copy_n(buffer + skip, count, out.data() + done);
      }
      done += count;
      skip = 0;
    }
  }
};

template <class T, class Law>
void fill_by_law(Law const& law, stream_key const& key, std::uint64_t first, std::span<T> out) {
  over_leaves(out.size(), [&](std::size_t from, std::size_t count) {
    law_pass<T, Law> pass{law, key, first + from, out.subspan(from, count)};
    math::run<T>(pass);
  });
}

/// Other floating types: computed in double, then converted.
template <class T, class Fill> void fill_through_double(std::span<T> out, std::uint64_t first, Fill const& fill) {
  over_leaves(out.size(), [&](std::size_t from, std::size_t count) {
    double buffer[1024];
    for (std::size_t const end = from + count; from < end;) {
      std::size_t const some = (std::min)(std::size(buffer), end - from);
      fill(std::span<double>(buffer, some), first + from);
      std::transform(buffer, buffer + some, out.begin() + static_cast<std::ptrdiff_t>(from),
                     [](double x) { return static_cast<T>(x); });
      from += some;
    }
  });
}

} // namespace detail

template <std::floating_point T>
void sampler::uniform(std::span<T> out, double low, double high, std::uint64_t first) const {
  if constexpr (std::same_as<T, float> || std::same_as<T, double>) {
    detail::fill_by_law(detail::uniform_law<T>::between(low, high), key, first, out);
  } else {
    detail::fill_through_double(out, first,
                                [&](std::span<double> part, std::uint64_t at) { uniform(part, low, high, at); });
  }
}

template <std::floating_point T>
void sampler::normal(std::span<T> out, std::type_identity_t<T> mean, std::type_identity_t<T> stddev,
                     std::uint64_t first) const {
  if constexpr (std::same_as<T, float> || std::same_as<T, double>) {
    detail::fill_by_law(detail::normal_law<T>{mean, stddev}, key, first, out);
  } else {
    detail::fill_through_double(out, first, [&](std::span<double> part, std::uint64_t at) {
      normal<double>(part, static_cast<double>(mean), static_cast<double>(stddev), at);
    });
  }
}

}} // namespace satur::SATUR_ABI
