/// \file testing/mixed_bits.hpp  Well mixed bits: what is drawn does not depend on the standard library.
#pragma once

#include "satur/config.hpp"

#include <cstdint>

namespace satur::inline SATUR_ABI::testing::detail {

/// splitmix64 of a state: as the next number of a generator, and as a hash of an input, for choices that depend on the
/// input alone.
///
/// Source: Steele, Lea, Flood 2014.
[[nodiscard]] constexpr std::uint64_t mixed(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

/// A generator of such bits.
struct mixed_bits {
  std::uint64_t state;
  constexpr std::uint64_t next() {
    std::uint64_t const bits = mixed(state);
    state += 0x9e3779b97f4a7c15u;
    return bits;
  }
  /// In [0, 1).
  constexpr double share() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  /// In [-1, 1), never near 0: a weight that loses no output.
  constexpr double weight() {
    double const u = share();
    return u < 0.5 ? u - 1.0 : u;
  }
};

} // namespace satur::inline SATUR_ABI::testing::detail
