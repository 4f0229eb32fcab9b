/// \file record/origin.hpp  How a layer began: its first step, its weights, and when it stopped being finite.
#pragma once

#include "satur/record/layer.hpp"
#include "satur/record/units/unit_records.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

namespace satur { inline namespace SATUR_ABI {

/// The weights of a layer before an update. A merge keeps the record of more weights.
struct weight_record {
  std::uint64_t count = 0; ///< finite values
  std::uint64_t nan = 0;
  std::uint64_t infinite = 0;
  double mean = 0.0;      ///< of the finite values
  double variance = 0.0;  ///< population variance of the finite values
  std::uint64_t size = 0; ///< all weights, if only some of them were read (`monitor_options::rows`)

  /// All weights, read or not.
  [[nodiscard]] std::uint64_t whole() const {
    std::uint64_t const read = count + nan + infinite;
    return size > read ? size : read;
  }
  /// Mean of w^2; NaN if no weights were seen.
  [[nodiscard]] double mean_square() const {
    return count == 0 ? std::numeric_limits<double>::quiet_NaN() : mean * mean + variance;
  }
  [[nodiscard]] bool nonfinite() const { return nan != 0 || infinite != 0; }
  [[nodiscard]] bool empty() const { return count + nan + infinite == 0; }
  weight_record& operator+=(weight_record const& o) {
    if (o.whole() > whole()) {
      *this = o;
    }
    return *this;
  }
  bool operator==(weight_record const&) const = default;
};

/// The first sampled step in which z or dL/dz of a layer was NaN or infinite.
struct nonfinite_onset {
  std::uint64_t after = 0;      ///< the sampled step before it; equal to `step` if it is the first sampled step
  std::uint64_t step = 0;       ///< the step in which it was seen
  std::uint64_t nan = 0;        ///< z that are NaN
  std::uint64_t infinite = 0;   ///< z that are infinite
  std::uint64_t finite = 0;     ///< z that are finite
  std::uint64_t gradients = 0;  ///< dL/dz that are NaN or infinite
  std::uint64_t weights = 0;    ///< weights that are NaN or infinite in that step
  std::uint64_t units = 0;      ///< units with such z; 0 if units are not recorded
  std::uint64_t first_unit = 0; ///< the first of them
  bool all_alike = false;       ///< all units of the layer have such z in the same number of samples
  double largest_z = 0.0; ///< largest finite |z|; 0 if there is none, or if it was saved in an older format than 8

  [[nodiscard]] bool in_z() const { return nan != 0 || infinite != 0; }
  nonfinite_onset& operator+=(nonfinite_onset const& o) { return *this = o.step < step ? o : *this; }
  bool operator==(nonfinite_onset const&) const = default;
};

/// z of one unit in the first samples.
struct unit_origin {
  double mean_z = 0.0;
  double variance_z = 0.0; ///< population variance
  bool operator==(unit_origin const&) const = default;
};

/// How a layer began: what its totals and its last step no longer show. A regular, mergeable value. Of the weights, a
/// merge keeps the record of more weights, of two onsets the earlier one, and of the units those that it has.
struct layer_origin {
  static constexpr std::uint64_t enough_samples = 16; ///< samples after which `units` stays as it is

  layer_record first;                   ///< the first sampled step
  weight_record weights;                ///< before the last recorded update
  weight_record first_weights;          ///< before the first recorded update
  std::optional<nonfinite_onset> onset; ///< empty if all was finite
  std::vector<unit_origin> units{};     ///< each unit over the first samples, one step at least; empty if not recorded
  std::uint64_t unit_samples = 0;       ///< how many samples that are
  std::uint64_t sampled = 0;            ///< sampled steps
  std::uint64_t last_step = 0;          ///< the last of them
  std::uint64_t rows = 1;               ///< one row in so many of a batch was observed, at the least; 1: all of them

  /// Closes sampled step `number`: `now` is its record, `records` the units of the window or null. Keeps the first
  /// step, the units of the first samples, and the first step with values that are not finite.
  void close_step(std::uint64_t number, layer_record const& now, unit_records const* records) {
    // Only while the weights have about the size of the start (mean square within 25 %), in the first window.
    double const size = weights.mean_square() / first_weights.mean_square();
    bool const as_it_was = sampled == 0 || weights.count == 0 || (size > 0.8 && size < 1.25);
    if (records != nullptr && unit_samples < enough_samples && as_it_was && !now.saturation.nonfinite() && !onset &&
        records->samples() == records->lifetime() && records->samples() > unit_samples) {
      units.resize(records->size());
      for (std::size_t u = 0; u < units.size(); ++u) {
        unit_summary const s = (*records)[u];
        units[u] = {s.z_mean, s.z_variance};
      }
      unit_samples = records->samples();
    }
    std::uint64_t const before = sampled == 0 ? number : last_step;
    if (sampled == 0) {
      first = now;
    }
    ++sampled;
    last_step = number;
    if (!now.nonfinite() || onset) {
      return;
    }
    saturation const& z = now.saturation;
    onset = nonfinite_onset{.after = before,
                            .step = number,
                            .nan = z.nan,
                            .infinite = z.infinite,
                            .finite = z.count - z.infinite,
                            .gradients = now.gradient.nan + now.gradient.infinite,
                            .weights = weights.nan + weights.infinite,
                            .largest_z = z.z.count == 0 ? 0.0 : (std::max)(-z.lowest_z, z.highest_z)};
    if (records == nullptr || records->size() == 0 || !onset->in_z()) {
      return;
    }
    auto const bad_samples = [records](std::size_t u) { return (*records)[u].nan + (*records)[u].infinite; };
    onset->all_alike = true;
    for (std::size_t u = 0; u < records->size(); ++u) {
      bool const bad = bad_samples(u) > 0.0;
      onset->first_unit = bad && onset->units == 0 ? u : onset->first_unit;
      onset->units += bad ? 1u : 0u;
      onset->all_alike = onset->all_alike && bad_samples(u) == bad_samples(0);
    }
  }
  layer_origin& operator+=(layer_origin const& o) {
    first += o.first;
    weights += o.weights;
    first_weights += o.first_weights;
    if (o.onset) {
      onset ? * onset += *o.onset : onset.emplace(*o.onset);
    }
    if (units.empty()) {
      units = o.units;
      unit_samples = o.unit_samples;
    }
    sampled += o.sampled;
    last_step = o.last_step > last_step ? o.last_step : last_step;
    rows = o.rows > rows ? o.rows : rows;
    return *this;
  }
  bool operator==(layer_origin const&) const = default;
};

}} // namespace satur::SATUR_ABI
