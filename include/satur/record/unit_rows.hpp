/// \file record/unit_rows.hpp  How a record of units keeps its numbers, row by row, and how two such are merged.
#pragma once

#include "satur/simd/tail.hpp"
#include "satur/statistics/moments.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace satur::detail {

/// Counts of a unit that are 0 in most layers.
enum unit_rarity : std::uint8_t { of_nan, of_infinite, of_bad_gradients, unit_rarity_count };

/// What is kept of a unit beside its 64 bytes once any unit of the layer saw NaN, infinity, or 2^32 samples. Every
/// count reaches 2^48.
struct unit_rarities {
  std::array<std::uint32_t, unit_rarity_count> rare{};
  std::array<std::uint16_t, unit_rarity_count> rare_carry{}; ///< multiples of 2^32
  std::array<std::uint16_t, 3> carry{};                      ///< of low, high, active
  [[nodiscard]] std::uint64_t count(unit_rarity k) const { return rare[k] + (std::uint64_t{rare_carry[k]} << 32); }
  void add(unit_rarity k, std::uint64_t n) {
    std::uint64_t const sum = count(k) + n;
    rare[k] = static_cast<std::uint32_t>(sum);
    rare_carry[k] = static_cast<std::uint16_t>(sum >> 32);
  }
  bool operator==(unit_rarities const&) const = default;
};
static_assert(sizeof(unit_rarities) == 24);

enum unit_mean : std::uint8_t { of_slope, of_z, of_deviation, of_output, of_magnitude, of_gradient, unit_means };
enum unit_count : std::uint8_t { of_low, of_high, of_active, of_silence, unit_counts };
inline constexpr std::uint32_t never_active = 0xffffffff;
inline constexpr std::uint32_t longest_silence = 0xfffffffe;

inline constexpr std::size_t unit_bytes = unit_means * sizeof(double) + unit_counts * sizeof(std::uint32_t);
static_assert(unit_bytes == 64);

/// x[u] += (y[u] - x[u]) * w over six rows of means: z's variance as Chan, Golub, LeVeque 1983, the gradient's with a
/// weight of its own.
struct unit_merging_pass {
  double* x;
  double const* y;
  std::size_t units;
  double weight;
  double gradient_weight;

  template <class L> SATUR_INLINE void run() {
    // Row by row: rows of 4096 units would push each other out of the first cache.
    for (std::size_t const row : {of_slope, of_output, of_magnitude, of_gradient}) {
      double* const to = x + row * units;
      double const* const from = y + row * units;
      L const w = L(row == of_gradient ? gradient_weight : weight);
      each<L>([&](std::size_t u, std::size_t here) {
        L const mean = load_first<L>(to + u, here, 0.0);
        store_first(to + u, moved_mean(mean, load_first<L>(from + u, here, 0.0), w), here);
      });
    }
    double* const to = x + of_z * units;
    double* const variances = x + of_deviation * units;
    L const w = L(weight);
    each<L>([&](std::size_t u, std::size_t here) {
      L const mean = load_first<L>(to + u, here, 0.0);
      L const other = load_first<L>(y + of_z * units + u, here, 0.0);
      L const v = load_first<L>(variances + u, here, 0.0);
      L const other_v = load_first<L>(y + of_deviation * units + u, here, 0.0);
      store_first(to + u, moved_mean(mean, other, w), here);
      store_first(variances + u, joint_variance(v, other_v, L(other - mean), w), here);
    });
  }

private:
  template <class L, class F> SATUR_INLINE void each(F const& f) const {
    constexpr std::size_t width = static_cast<std::size_t>(math::lane_count<L>);
    std::size_t u = 0;
    for (; u + width <= units; u += width) {
      f(u, width);
    }
    if (u < units) {
      f(u, units - u);
    }
  }
};

} // namespace satur::detail
