/// \file initializer/sampler.hpp  Uniform and normal numbers with the same bits on every platform, compiler, flag and
/// standard library.
///
/// The standard distributions differ between standard libraries, and std::log and std::cos differ between versions.
/// Here every step is an IEEE operation with one correctly rounded result (+ - * / sqrt, bit shifts), and no product is
/// fused with the following sum (math::rounded). Requirements: float and double are IEEE binary32 and binary64,
/// evaluated as such, rounding to nearest; no -ffast-math, under which normal floats may differ in their last digits.
#pragma once

#include "satur/array/threads.hpp"
#include "satur/config.hpp"
#include "satur/initializer/box_muller.hpp"
#include "satur/initializer/philox.hpp"
#include "satur/initializer/sampler_arithmetic.hpp"
#include "satur/math/arithmetic.hpp"
#include "satur/simd/lanes.hpp"
#include "satur/simd/load.hpp"

#include <algorithm>
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
