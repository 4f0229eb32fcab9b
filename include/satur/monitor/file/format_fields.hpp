/// \file monitor/file/format_fields.hpp  What is saved of number formats and of what leaves them, in order.
#pragma once

#include "satur/monitor/file/unit_fields.hpp"
#include "satur/record/format_records.hpp"

#if !SATUR_COMPILED
namespace satur::inline SATUR_ABI::detail {

/// Lists as those of `record_access`, since format 6.
struct format_access : unit_record_access {
  template <class Archive, class R> static void watched(Archive& ar, R& r) {
    for (layer_numbers const which : format_losses::each) {
      auto& one = r.of(which);
      bool const there = one.is_set();
      if constexpr (Archive::reading) {
        one = {}; // a layer begins with the formats of its monitor
      }
      if_any(ar, there, [&] {
        format(ar, one.format);
        ar.number(one.scale);
        if constexpr (Archive::reading) {
          ar.require(one.is_set(), "a format with a name");
        }
      });
    }
    if constexpr (Archive::reading) {
      with_words_of([&ar](char const* words) { ar.fail(message("formats that are watched (", words, ")")); },
                    [&r] { r.require_valid(); });
    }
  }
  template <class Archive, class R> static void losses(Archive& ar, R& r) {
    for (auto* const losses : {&r.current, &r.last, &r.total}) {
      for (layer_numbers const which : format_losses::each) {
        auto& one = losses->of(which);
        if_any(ar, !one.empty(), [&] { loss(ar, one); });
      }
    }
    for (layer_numbers const which : format_losses::each) {
      auto& sizes = r.sizes.of(which);
      if_any(ar, sizes.has_value(), [&] {
        if constexpr (Archive::reading) {
          sizes.emplace(format_histograms::of_sizes());
        }
        fields(ar, *sizes);
      });
    }
  }
  /// Whether there is one, and then f().
  template <class Archive, class F> static void if_any(Archive& ar, bool there, F const& f) {
    ar.number(there);
    if (there) {
      f();
    }
  }

private:
  template <class Archive, class R> static void format(Archive& ar, R& r) {
    all(ar, r.name, r.lowest, r.largest, r.smallest_normal, r.smallest_subnormal, r.bits);
    ar_enum(ar, r.codes, static_cast<std::uint8_t>(satur::format::coding::integer), "a kind of codes of a format");
    ar.number(r.zero_point);
  }
  template <class Archive, class R> static void loss(Archive& ar, R& r) {
    format(ar, r.format);
    all(ar, r.scale, r.count, r.to_limit, r.to_low_limit, r.before_rounding, r.to_zero, r.subnormal, r.zeros, r.nan,
        r.infinite, r.amax, r.smallest_nonzero, r.noise_count, r.noise, r.power);
    if constexpr (Archive::reading) {
      ar.require(!r.empty() && r.to_limit <= r.count && r.to_low_limit <= r.to_limit && r.before_rounding <= r.count &&
                     r.zeros <= r.count && r.to_zero <= r.count - r.zeros && r.subnormal <= r.count &&
                     r.infinite <= r.count && r.noise_count <= r.count,
                 "counters of what leaves a format that are no more than their count");
    }
  }
};

} // namespace satur::inline SATUR_ABI::detail
#endif
