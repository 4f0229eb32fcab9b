/// \file monitor/file/unit_fields.hpp  What is saved of the units of a layer, in order.
#pragma once

#include "satur/monitor/file/fields.hpp"
#include "satur/record/units/unit_records.hpp"

#if !SATUR_COMPILED
namespace satur::inline SATUR_ABI::detail {

/// A list as those of `record_access`, since format 2.
struct unit_record_access : record_access {
  template <class Archive, class R> static void units(Archive& ar, R& r) {
    auto& store = r.store_;
    all(ar, r.options_.sample_share, r.rule_, r.activation_, r.peak_slope_, store.samples, store.gradient_samples,
        r.saturated_samples_, store.lifetime);
    std::size_t n = store.units;
    bool rare = !store.rare.empty();
    if constexpr (Archive::reading) {
      require_valid_rule(ar, r.rule_);
      with_words_of([&ar](char const* words) { ar.fail(words); }, [&r] { r.options_.require_valid(); });
      n = ar.count("units", 8 * (unit_statistics.size() + unit_counts));
      store.size_for(n);
      ar.number(rare);
      store.rare.resize(rare ? n : 0);
    } else {
      all(ar, n, rare);
    }
    for (std::size_t row = 0; row < unit_statistics.size(); ++row) {
      for (std::size_t i = row * n; i < (row + 1) * n; ++i) {
        unit_statistics[row].is_at_least_0() ? ar.nonnegative(store.statistics[i]) : ar.number(store.statistics[i]);
      }
    }
    for (auto& c : store.counts) {
      ar.number(c);
    }
    for (auto& u : store.rare) {
      rarities(ar, u);
    }
    if constexpr (Archive::reading) {
      ar.require(store.samples <= store.lifetime && r.saturated_samples_ <= store.samples &&
                     (n != 0 || store.lifetime == 0),
                 "no more samples of units than were seen");
      ar.require(store.lifetime <= std::uint64_t{1} << 53, "at most 2^53 samples of units"); // as doubles, exact
      for (std::size_t u = 0; u < n; ++u) {
        ar.require(store.has_valid_counts(u), "counters of a unit that are no more than its samples");
      }
    }
  }

private:
  template <class Archive, class R> static void rarities(Archive& ar, R& r) {
    std::array<std::uint64_t, unit_rarity_count> rare{r.count(of_nan), r.count(of_infinite), r.count(of_bad_gradients)};
    std::array<std::uint32_t, 3> carry{r.carry[0], r.carry[1], r.carry[2]};
    all(ar, rare[0], rare[1], rare[2], carry[0], carry[1], carry[2]);
    if constexpr (Archive::reading) {
      for (std::size_t k = 0; k < 3; ++k) {
        ar.require(rare[k] < std::uint64_t{1} << 48 && carry[k] < 1u << 16, "counters of a unit that are below 2^48");
        r.add(static_cast<unit_rarity>(k), rare[k]);
        r.carry[k] = static_cast<std::uint16_t>(carry[k]);
      }
    }
  }
};

} // namespace satur::inline SATUR_ABI::detail
#endif
