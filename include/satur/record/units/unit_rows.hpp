/// \file record/units/unit_rows.hpp  The counters of a unit beside its statistics, and the merge of two records' rows.
#pragma once

#include "satur/record/units/unit_statistics.hpp"

namespace satur::inline SATUR_ABI::detail {

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

enum unit_count : std::uint8_t { of_low, of_high, of_active, of_silence, unit_counts };
inline constexpr std::uint32_t never_active = 0xffffffff;
inline constexpr std::uint32_t longest_silence = 0xfffffffe;

inline constexpr std::size_t unit_bytes = unit_statistics.size() * sizeof(double) + unit_counts * sizeof(std::uint32_t);
static_assert(unit_bytes == 64);

/// The statistics y of all units join x; every unit of a record has seen as many numbers. Both hold rows of `units`.
struct unit_merging_pass {
  double* x;
  double const* y;
  std::size_t units;
  unit_sizes share; ///< of y

  template <class L> SATUR_INLINE void run() {
    // Row by row: rows of 4096 units would push each other out of the first cache.
    for (std::size_t row = 0; row < unit_statistics.size(); ++row) {
      if (is_mean(row)) {
        join_row<L>(row);
      }
    }
  }

private:
  template <class L> SATUR_INLINE void join_row(std::size_t row) {
    double* const mean = x + row * units;
    double* const variance = has_variance(row) ? mean + units : nullptr;
    double const* const other = y + row * units;
    L const w = L(share[unit_statistics[row].over]);
    for_each_register<L>(units, [&](std::size_t u, auto part) SATUR_INLINE_LAMBDA {
      L const other_variance = variance != nullptr ? part.load(other + units + u, 0.0) : L(0.0);
      join_statistic(part, mean + u, variance != nullptr ? variance + u : nullptr, part.load(other + u, 0.0),
                     other_variance, w);
    });
  }
};

} // namespace satur::inline SATUR_ABI::detail
