/// \file initializer/philox.hpp  The counter-based generator of all initializers, and the key drawn from the caller's
/// generator.
#pragma once

#include "satur/config.hpp"
#include "satur/simd/lanes.hpp"
#include "satur/simd/load.hpp"
#include "satur/simd/wide_product.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <random>

namespace satur { inline namespace SATUR_ABI {

/// Philox4x32-10: 128 random bits as a function of a 128-bit counter and a 64-bit key. It has no state, so any block
/// can be computed directly. A tensor can be filled in any order, in parts, by any number of threads.
///
/// Source: J. Salmon, M. Moraes, R. Dror, D. Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011, section 3.3.
/// The tests use the known-answer vectors of the Random123 distribution.
struct philox4x32 {
  using counter_type = std::array<std::uint32_t, 4>;
  using key_type = std::array<std::uint32_t, 2>;

  static constexpr std::uint32_t multiplier[2] = {0xD2511F53u, 0xCD9E8D57u};
  static constexpr std::uint32_t weyl[2] = {0x9E3779B9u, 0xBB67AE85u};
  static constexpr int rounds = 10;

  [[nodiscard]] static constexpr counter_type block(counter_type c, key_type k) noexcept {
    for (int round = 0; round < rounds; ++round) {
      std::uint64_t const p0 = std::uint64_t{multiplier[0]} * c[0];
      std::uint64_t const p1 = std::uint64_t{multiplier[1]} * c[2];
      c = {static_cast<std::uint32_t>(p1 >> 32) ^ c[1] ^ k[0], static_cast<std::uint32_t>(p1),
           static_cast<std::uint32_t>(p0 >> 32) ^ c[3] ^ k[1], static_cast<std::uint32_t>(p0)};
      k = {k[0] + weyl[0], k[1] + weyl[1]};
    }
    return c;
  }
};

/// 128 bits that identify one stream of random numbers. Words 0 and 1 are the key of Philox. Words 2 and 3 are the
/// upper half of its counter; the lower half counts blocks.
struct stream_key {
  std::array<std::uint32_t, 4> words{};
  bool operator==(stream_key const&) const = default;

  [[nodiscard]] constexpr philox4x32::counter_type block(std::uint64_t n) const noexcept {
    return philox4x32::block({static_cast<std::uint32_t>(n), static_cast<std::uint32_t>(n >> 32), words[2], words[3]},
                             {words[0], words[1]});
  }
};

/// Draws a key from any uniform random bit generator. Each of the four words uses the fewest draws that can distinguish
/// 2^32 values. A generator of 32 bits or more needs one draw a word (so 4 in all for std::mt19937 or std::mt19937_64),
/// std::minstd_rand two.
///
/// Let R = max() - min() + 1. A word is the low 32 bits of v ^ (v >> 32). v starts at 0, and every draw x makes it v R
/// + (x - min()) modulo 2^64.
template <std::uniform_random_bit_generator G> [[nodiscard]] stream_key draw_key(G& generator) {
  constexpr std::uint64_t last = static_cast<std::uint64_t>((G::max)()) - static_cast<std::uint64_t>((G::min)());
  static_assert(last > 0, "a generator with a single value holds no randomness");
  constexpr std::uint64_t range = last + 1; // 0 stands for 2^64
  constexpr std::uint64_t enough = std::uint64_t{1} << 32;
  stream_key key;
  for (std::uint32_t& word : key.words) {
    std::uint64_t value = 0;
    std::uint64_t reach = 1; // number of values that the draws so far can distinguish
    do {
      value = value * range + (static_cast<std::uint64_t>(generator()) - static_cast<std::uint64_t>((G::min)()));
      reach = range == 0 || range >= enough ? enough : reach * range;
    } while (reach < enough);
    word = static_cast<std::uint32_t>(value ^ (value >> 32));
  }
  return key;
}

namespace detail {

/// Number of blocks computed together. It fixes which block an element comes from, so it is part of the definition of
/// the samplers and must not change.
inline constexpr std::size_t philox_group = 64;

/// 64-bit lanes of the register size of L, or one 64-bit word.
template <class L> struct wide_of {
  using type = std::uint64_t;
};
#if SATUR_HAS_LANES
template <class T, int N> struct wide_of<math::lanes<T, N>> {
  using type = math::lanes<std::uint64_t, N* static_cast<int>(sizeof(T)) / 8>;
};
#endif

/// One round on lanes with 32-bit words in their low halves. The high halves are ignored.
template <class V> struct philox_lanes {
  V c0, c1, c2, c3;

  SATUR_INLINE void round(V const& m0, V const& m1, V const& k0, V const& k1) {
    V const p0 = math::wide_product(c0, m0);
    V const p1 = math::wide_product(c2, m1);
    c0 = (p1 >> 32) ^ c1 ^ k0;
    c1 = p1;
    c2 = (p0 >> 32) ^ c3 ^ k1;
    c3 = p0;
  }
};

/// Stores the low halves of `even` in out[0], out[2], … and those of `odd` in out[1], out[3], ….
template <class V> SATUR_INLINE void store_alternating(std::uint32_t* out, V const& even, V const& odd) {
  if constexpr (math::is_lanes_v<V>) {
    V const low(std::uint64_t{0xffffffffu});
    // The vector types of the lanes may alias.
    auto* const wide = reinterpret_cast<std::uint64_t*>(out);
    if constexpr (std::endian::native == std::endian::little) {
      math::store(wide, (even & low) | (odd << 32));
    } else {
      math::store(wide, (even << 32) | (odd & low));
    }
  } else {
    out[0] = static_cast<std::uint32_t>(even);
    out[1] = static_cast<std::uint32_t>(odd);
  }
}

/// Fills row j, out[64 j + l], with word j of block first + l (32-bit words: 4 rows), or with its words 2j and 2j + 1
/// as the low and the high half of a 64-bit word (2 rows). `first` is a multiple of the group, so only the low word of
/// the counter changes.
template <class L, class Word> SATUR_INLINE void philox_words(stream_key const& key, std::uint64_t first, Word* out) {
  using V = typename wide_of<L>::type;
  constexpr std::size_t width = sizeof(V) / 8;
  V const m0(std::uint64_t{philox4x32::multiplier[0]});
  V const m1(std::uint64_t{philox4x32::multiplier[1]});
  V const weyl0(std::uint64_t{philox4x32::weyl[0]});
  V const weyl1(std::uint64_t{philox4x32::weyl[1]});
  // Two sets of blocks at a time: even and odd blocks for 32-bit words, else the next `width` blocks.
  constexpr bool alternating = sizeof(Word) == 4;
  alignas(64) std::uint64_t counters[2][(width + 7) / 8 * 8];
  for (std::size_t l = 0; l < width; ++l) {
    counters[0][l] = (first & 0xffffffffu) + (alternating ? 2 * l : l);
    counters[1][l] = counters[0][l] + (alternating ? 1 : width);
  }
  V count_a = math::load<V>(counters[0]);
  V count_b = math::load<V>(counters[1]);
  V const step(std::uint64_t{2 * width});
  V const c1(std::uint64_t{first >> 32});
  V const c2(std::uint64_t{key.words[2]});
  V const c3(std::uint64_t{key.words[3]});
  for (std::size_t l = 0; l < philox_group; l += 2 * width) {
    philox_lanes<V> a{count_a, c1, c2, c3};
    philox_lanes<V> b{count_b, c1, c2, c3};
    V k0(std::uint64_t{key.words[0]});
    V k1(std::uint64_t{key.words[1]});
    for (int round = 0; round < philox4x32::rounds; ++round) {
      a.round(m0, m1, k0, k1);
      b.round(m0, m1, k0, k1);
      k0 = k0 + weyl0;
      k1 = k1 + weyl1;
    }
    if constexpr (alternating) {
      store_alternating(out + l, a.c0, b.c0);
      store_alternating(out + philox_group + l, a.c1, b.c1);
      store_alternating(out + 2 * philox_group + l, a.c2, b.c2);
      store_alternating(out + 3 * philox_group + l, a.c3, b.c3);
    } else {
      V const low(std::uint64_t{0xffffffffu});
      math::store(out + l, (a.c0 & low) | (a.c1 << 32));
      math::store(out + philox_group + l, (a.c2 & low) | (a.c3 << 32));
      math::store(out + l + width, (b.c0 & low) | (b.c1 << 32));
      math::store(out + philox_group + l + width, (b.c2 & low) | (b.c3 << 32));
    }
    count_a = count_a + step;
    count_b = count_b + step;
  }
}

} // namespace detail
}} // namespace satur::SATUR_ABI
