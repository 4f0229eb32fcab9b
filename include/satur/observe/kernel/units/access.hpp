/// \file observe/kernel/units/access.hpp  How the passes over units get at a record, and make room at the first block.
#pragma once

#include "satur/math/least_count.hpp"
#include "satur/record/units/unit_records.hpp"

namespace satur::inline SATUR_ABI::detail {

/// What gets at the parts of a record.
struct unit_access {
  static unit_store& store(unit_records& r) { return r.store_; }
  static void add_samples(unit_records& r, std::uint64_t samples, std::uint64_t saturated) {
    r.store_.samples += samples;
    r.store_.lifetime += samples;
    r.saturated_samples_ += saturated;
  }

  /// Makes room at the first block; throws where a later one does not fit.
  static void prepare(char const* function, unit_records& r, unit_layout const& layout, char const* what = "z") {
    if (r.size() == 0) {
      if (layout.units != 0) {
        r.store_.size_for(layout.units);
      }
    } else if (layout.units != r.size()) {
      bad_shape(function, what, layout_text(layout), message(count_text(r.size(), "unit"), ", as the record has"));
    }
  }
  static void prepare(char const* function, unit_records& r, unit_layout const& layout, rule_definition const& rule,
                      label const& activation, double peak_slope) {
    if (r.lifetime() != 0 && (!(r.rule_ == rule) || r.activation_ != activation || r.peak_slope_ != peak_slope)) {
      detail::raise(std::invalid_argument(message("satur::", function, ": the record is of ", r.title(),
                                                  ", the block of ", activation, " (", to_text(rule),
                                                  "); give each activation and rule a record of its own")));
    }
    prepare(function, r, layout);
    r.rule_ = rule;
    r.activation_ = activation;
    r.peak_slope_ = peak_slope;
  }
  /// The least number of saturated units that makes a sample saturated.
  static std::size_t needed_units(unit_records const& r) {
    return static_cast<std::size_t>(math::least_count(r.options_.sample_share, r.size()));
  }
};

} // namespace satur::inline SATUR_ABI::detail
