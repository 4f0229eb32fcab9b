// Philox against the known answers of its authors, and the key drawn from any generator.
// levels: all
#include <satur/initializer/philox.hpp>
#include <satur/simd/run.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <random>

using satur::philox4x32;

TEST_CASE("Philox4x32-10: known-answer vectors of Random123") {
  static_assert(philox4x32::block({0, 0, 0, 0}, {0, 0}) ==
                philox4x32::counter_type{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  static_assert(philox4x32::block({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}) ==
                philox4x32::counter_type{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  static_assert(philox4x32::block({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
                philox4x32::counter_type{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
  // Also at run time.
  philox4x32::counter_type counter{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344};
  CHECK(philox4x32::block(counter, {0xa4093822, 0x299f31d0})[3] == 0x24126ea1);
}

namespace {

/// Returns 0, 1, 2, … from a range of its own.
template <class U, U Low, U High> struct counting {
  using result_type = U;
  U next = Low;
  std::size_t draws = 0;
  static constexpr U min() { return Low; }
  static constexpr U max() { return High; }
  U operator()() {
    ++draws;
    U const value = next;
    next = next == High ? Low : static_cast<U>(next + 1);
    return value;
  }
};

/// Blocks computed in lanes against single blocks.
struct rows_pass {
  satur::stream_key key;
  std::uint64_t first;
  std::uint32_t narrow[4 * 64];
  std::uint64_t wide[2 * 64];
  template <class L> void run() {
    satur::detail::philox_words<L>(key, first, narrow);
    satur::detail::philox_words<L>(key, first, wide);
  }
};

} // namespace

TEST_CASE("draw_key: documented number of draws for generators of any range") {
  counting<std::uint32_t, 0, 0xffffffffu> full;
  CHECK(satur::draw_key(full) == satur::stream_key{{0, 1, 2, 3}});
  CHECK(full.draws == 4);

  counting<std::uint64_t, 0, ~std::uint64_t{0}> wide;
  CHECK(satur::draw_key(wide) == satur::stream_key{{0, 1, 2, 3}});
  CHECK(wide.draws == 4);
  wide.next = 0x0123456789abcdefu; // the halves folded on each other
  CHECK(satur::draw_key(wide).words[0] == (0x01234567u ^ 0x89abcdefu));

  counting<std::uint32_t, 5, 6> bits; // one bit a draw: 5, 6, 5, 6, …
  CHECK(satur::draw_key(bits).words[0] == 0x55555555u);
  CHECK(bits.draws == 4 * 32);

  counting<std::uint8_t, 0, 255> bytes;
  CHECK(satur::draw_key(bytes) == satur::stream_key{{0x00010203, 0x04050607, 0x08090a0b, 0x0c0d0e0f}});
  CHECK(bytes.draws == 16);

  counting<std::uint32_t, 1, 2147483646> lehmer; // std::minstd_rand's range: R = 2^31 - 2
  CHECK(satur::draw_key(lehmer).words[1] == 2u * 2147483646u + 3u);
  CHECK(lehmer.draws == 8);
}

TEST_CASE("draw_key: golden keys of the standard generators") {
  std::mt19937 a(42);
  CHECK(satur::draw_key(a) == satur::stream_key{{1608637542, 3421126067, 4083286876, 787846414}});
  std::mt19937_64 b(42);
  std::mt19937_64 again(42);
  satur::stream_key const key = satur::draw_key(b);
  for (std::uint32_t word : key.words) {
    std::uint64_t const draw = again();
    CHECK(word == static_cast<std::uint32_t>(draw ^ (draw >> 32)));
  }
  std::minstd_rand c(42);
  std::minstd_rand d(43);
  CHECK(satur::draw_key(c) != satur::draw_key(d));
}

TEST_CASE("philox_words: equal to single blocks at every level, across the carry of the counter") {
  using satur::math::simd_level;
  for (std::uint64_t first : {std::uint64_t{0}, std::uint64_t{64}, std::uint64_t{0xffffffc0u}, std::uint64_t{1} << 32,
                              (std::uint64_t{7} << 40) + 128}) {
    for (simd_level level : {simd_level::baseline, simd_level::avx2, simd_level::avx512}) {
      if (level > satur::math::best_level()) {
        continue;
      }
      rows_pass pass{{{1, 2, 3, 4}}, first, {}, {}};
      satur::math::run<float>(pass, level);
      std::size_t wrong = 0;
      for (std::uint64_t l = 0; l < 64; ++l) {
        auto const block = pass.key.block(first + l);
        for (std::size_t j = 0; j < 4; ++j) {
          wrong += pass.narrow[64 * j + l] != block[j];
        }
        wrong += pass.wide[l] != (block[0] | std::uint64_t{block[1]} << 32);
        wrong += pass.wide[64 + l] != (block[2] | std::uint64_t{block[3]} << 32);
      }
      CAPTURE(first);
      CHECK(wrong == 0);
    }
  }
}
