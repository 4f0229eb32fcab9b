/// \file observe/kernel/unit_access.hpp  How the passes over units get at a record: room at the first block, and
/// additions.
#pragma once

#include "satur/math/least_count.hpp"
#include "satur/record/unit_records.hpp"

namespace satur::detail {

/// What gets at the parts of a record.
struct unit_access {
  static double* mean(unit_records& r, unit_mean m, std::size_t u) { return r.means_.data() + m * r.units_ + u; }
  static std::uint32_t* count(unit_records& r, unit_count c, std::size_t u) {
    return r.counts_.data() + c * r.units_ + u;
  }
  /// No counter can pass 2^32 with so many samples more, and every unit has seen as many numbers.
  static bool alike(unit_records const& r, std::uint64_t more) {
    return r.rarities_.empty() && r.samples_ + more <= never_active;
  }
  static void add_count(unit_records& r, unit_count c, std::size_t u, std::uint64_t n) { r.add_count(c, u, n); }
  static std::uint32_t longer_silence(std::uint32_t silence, std::uint64_t more) {
    return unit_records::longer_silence(silence, more);
  }
  static void add_unit(unit_records& r, std::size_t u, std::uint64_t samples, std::uint64_t nan, std::uint64_t infinite,
                       double slope, moments const& z, double output, double magnitude) {
    unit_records::unit_sizes const before{r.samples_ - r.nan(u), r.samples_ - r.nan(u) - r.infinite(u)};
    r.move_means(u, before, {samples - nan, samples - nan - infinite}, slope, z, output, magnitude);
    if (nan + infinite != 0) {
      unit_rarities& rare = r.rarities(u);
      rare.add(of_nan, nan);
      rare.add(of_infinite, infinite);
    }
  }
  static void add_samples(unit_records& r, std::uint64_t samples, std::uint64_t saturated) {
    r.samples_ += samples;
    r.lifetime_ += samples;
    r.saturated_samples_ += saturated;
  }
  static void add_gradient(unit_records& r, std::size_t u, std::uint64_t samples, std::uint64_t bad,
                           double mean_square) {
    r.move_gradient(u, r.gradient_samples_ - r.bad_gradients(u), samples - bad, mean_square);
    if (bad != 0) {
      r.rarities(u).add(of_bad_gradients, bad);
    }
  }
  static void add_gradient_samples(unit_records& r, std::uint64_t samples) { r.gradient_samples_ += samples; }

  /// Makes room at the first block; throws where a later one does not fit.
  static void prepare(char const* function, unit_records& r, unit_layout const& layout, char const* what = "z") {
    if (r.units_ == 0) {
      if (layout.units != 0) {
        r.size_for(layout.units);
      }
    } else if (layout.units != r.units_) {
      bad_shape(function, what, layout_text(layout), message(r.units_, " units, as the record has"));
    }
  }
  static void prepare(char const* function, unit_records& r, unit_layout const& layout, rule_definition const& rule,
                      label const& activation, double peak_slope) {
    if (r.lifetime_ != 0 && (!(r.rule_ == rule) || r.activation_ != activation || r.peak_slope_ != peak_slope)) {
      throw std::invalid_argument(message("satur::", function, ": the record is of ", r.title(), ", the block of ",
                                          activation, " (", to_text(rule),
                                          "); give each activation and rule a record of its own"));
    }
    prepare(function, r, layout);
    r.rule_ = rule;
    r.activation_ = activation;
    r.peak_slope_ = peak_slope;
  }
  /// The least number of saturated units that makes a sample saturated.
  static std::size_t needed_units(unit_records const& r) {
    return static_cast<std::size_t>(math::least_count(r.options_.sample_share, r.units_));
  }
};

} // namespace satur::detail
