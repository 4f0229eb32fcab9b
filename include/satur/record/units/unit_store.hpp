/// \file record/units/unit_store.hpp  Where a record of units keeps its numbers: rows of statistics and counters,
/// carries, and silences.
#pragma once

#include "satur/record/units/unit_rows.hpp"
#include "satur/simd/run.hpp"

#include <algorithm>
#include <vector>

namespace satur::inline SATUR_ABI::detail {

/// The numbers of all units of a layer, a row for each statistic and counter. A regular value.
struct unit_store {
  std::size_t units = 0;
  std::uint64_t samples = 0;          ///< of the window, those with NaN among them
  std::uint64_t gradient_samples = 0; ///< samples of dL/dz of the window
  std::uint64_t lifetime = 0;         ///< samples of all windows
  std::vector<double> statistics;     ///< unit_statistics.size() rows of `units`
  std::vector<std::uint32_t> counts;  ///< unit_counts rows of `units`
  std::vector<unit_rarities> rare;    ///< empty until a unit needs it

  bool operator==(unit_store const&) const = default;

  [[nodiscard]] std::size_t bytes() const {
    return statistics.size() * sizeof(double) + counts.size() * sizeof(std::uint32_t) +
           rare.size() * sizeof(unit_rarities);
  }
  [[nodiscard]] double& statistic(std::size_t row, std::size_t u) { return statistics[row * units + u]; }
  [[nodiscard]] double statistic(std::size_t row, std::size_t u) const { return statistics[row * units + u]; }
  [[nodiscard]] std::uint32_t* count_row(unit_count c) { return counts.data() + c * units; }
  [[nodiscard]] std::uint32_t const* count_row(unit_count c) const { return counts.data() + c * units; }
  [[nodiscard]] std::uint64_t count(unit_count c, std::size_t u) const {
    std::uint64_t const carry = rare.empty() ? 0 : rare[u].carry[c];
    return count_row(c)[u] + (carry << 32);
  }
  [[nodiscard]] std::uint64_t count(unit_rarity k, std::size_t u) const { return rare.empty() ? 0 : rare[u].count(k); }
  [[nodiscard]] std::uint64_t nan(std::size_t u) const { return count(of_nan, u); }
  [[nodiscard]] std::uint64_t infinite(std::size_t u) const { return count(of_infinite, u); }
  [[nodiscard]] std::uint64_t bad_gradients(std::size_t u) const { return count(of_bad_gradients, u); }
  /// How many numbers of each kind unit u has seen in the window.
  [[nodiscard]] unit_sizes sizes(std::size_t u) const {
    return {static_cast<double>(samples - nan(u)), static_cast<double>(samples - nan(u) - infinite(u)),
            static_cast<double>(gradient_samples - bad_gradients(u))};
  }
  /// Every unit has seen as many numbers, and no counter passes 2^32 with so many samples more.
  [[nodiscard]] bool alike(std::uint64_t more) const { return rare.empty() && samples + more <= never_active; }

  /// No counter of unit u is more than its samples.
  [[nodiscard]] bool has_valid_counts(std::size_t u) const {
    std::uint64_t const most = samples - nan(u);
    return nan(u) <= samples && infinite(u) <= most && bad_gradients(u) <= gradient_samples &&
           count(of_low, u) <= most && count(of_high, u) <= most && count(of_active, u) <= most;
  }

  void add_count(unit_count c, std::size_t u, std::uint64_t n) {
    std::uint64_t const sum = count_row(c)[u] + n;
    count_row(c)[u] = static_cast<std::uint32_t>(sum);
    if (sum >> 32 != 0) {
      std::uint16_t& carry = rarities(u).carry[c];
      carry = static_cast<std::uint16_t>(carry + (sum >> 32));
    }
  }
  void add_count(unit_rarity k, std::size_t u, std::uint64_t n) {
    if (n != 0) {
      rarities(u).add(k, n);
    }
  }

  void size_for(std::size_t n) {
    units = n;
    statistics.assign(unit_statistics.size() * n, 0.0);
    counts.assign(unit_counts * n, 0u);
    std::fill(count_row(of_silence), count_row(of_silence) + n, never_active);
  }
  /// Forgets everything but the silences.
  void start_window() {
    std::fill(statistics.begin(), statistics.end(), 0.0);
    std::fill(counts.data(), count_row(of_silence), 0u);
    rare.clear();
    samples = gradient_samples = 0;
  }
  void clear() {
    start_window();
    std::fill(count_row(of_silence), count_row(of_silence) + units, never_active);
    lifetime = 0;
  }

  /// Another store of as many units; `later`: its samples came after ours.
  void join(unit_store const& o, bool later) {
    bool const same = rare.empty() && o.rare.empty(); // every unit has seen as many numbers
    if (same) {
      unit_sizes const all{static_cast<double>(samples), static_cast<double>(samples),
                           static_cast<double>(gradient_samples)};
      unit_sizes const more{static_cast<double>(o.samples), static_cast<double>(o.samples),
                            static_cast<double>(o.gradient_samples)};
      unit_merging_pass pass{statistics.data(), o.statistics.data(), units, shares_of(more, all)};
      math::run<double>(pass);
    } else {
      for (std::size_t u = 0; u < units; ++u) {
        unit_sizes const more = o.sizes(u);
        join_unit(
            shares_of(more, sizes(u)), [&](std::size_t row) -> double& { return statistic(row, u); },
            [&](std::size_t row) { // a variance rounded as a sum of deviations is, like all merges of earlier versions
              double const n = more[unit_statistics[row].over];
              return is_mean(row) ? o.statistic(row, u) : o.statistic(row, u) * n / n;
            });
        for (unit_rarity const k : {of_nan, of_infinite, of_bad_gradients}) {
          add_count(k, u, o.count(k, u));
        }
      }
    }
    if (same && alike(o.samples)) {
      std::size_t const counters = of_silence * units;
      for (std::size_t i = 0; i < counters; ++i) {
        counts[i] += o.counts[i];
      }
    } else {
      for (std::size_t u = 0; u < units; ++u) {
        for (unit_count const c : {of_low, of_high, of_active}) {
          add_count(c, u, o.count(c, u));
        }
      }
    }
    join_silences(o, later);
    samples += o.samples;
    gradient_samples += o.gradient_samples;
    lifetime += o.lifetime;
  }
  [[nodiscard]] static std::uint32_t longer_silence(std::uint32_t silence, std::uint64_t more) {
    auto const room = static_cast<std::uint32_t>((std::min<std::uint64_t>)(more, longest_silence));
    std::uint32_t const longer = silence < longest_silence - room ? silence + room : longest_silence;
    return silence == never_active ? silence : longer;
  }

private:
  [[nodiscard]] unit_rarities& rarities(std::size_t u) {
    if (rare.empty()) {
      rare.resize(units);
    }
    return rare[u];
  }
  void join_silences(unit_store const& o, bool later) {
    std::uint32_t* const ours = count_row(of_silence);
    std::uint32_t const* const theirs = o.count_row(of_silence);
    for (std::size_t u = 0; u < units; ++u) {
      std::uint32_t const after = theirs[u] != never_active ? theirs[u] : longer_silence(ours[u], o.lifetime);
      ours[u] = later ? after : (std::min)(ours[u], theirs[u]);
    }
  }
};

} // namespace satur::inline SATUR_ABI::detail
