/// \file finding/layer_case.hpp  What diagnose() knows of one layer: its records, its activation, its expected
/// readings.
#pragma once

#include "satur/finding/activation_facts.hpp"
#include "satur/finding/evidence/start_outputs.hpp"
#include "satur/finding/evidence/unit_spread.hpp"
#include "satur/finding/finding.hpp"
#include "satur/finding/limits.hpp"
#include "satur/finding/named_record.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace satur { inline namespace SATUR_ABI {

#if !SATUR_COMPILED
namespace detail {

/// What a diagnosis knows of one layer.
struct layer_case : activation_facts {
  std::string name;
  layer_record record;
  weight_record weights;
  weight_record first_weights;
  saturation first;               ///< of the first step; empty if unknown
  std::vector<unit_origin> start; ///< z of each unit in the first samples; empty if unknown
  std::uint64_t start_samples;    ///< how many samples that are
  std::uint64_t sampled, rows;    ///< sampled steps, 0 if unknown; one row in `rows` of a batch was observed
  std::optional<nonfinite_onset> onset;
  layer_case const* before;     ///< the layer that feeds this one, or null
  double initial, first_update; ///< slope share at the start, log10 of the first update's size; NaN if unknown
  double healthy = 1.0;         ///< slope share to compare with
  double expected_variance;     ///< of z; NaN if unknown
  double data_square = std::numeric_limits<double>::quiet_NaN(); ///< mean square of the data, for the first layer
  unit_records const* units;                                     ///< null if not recorded
  layer_state now;                                               ///< measured

  layer_case(named_record const& r, layer_case const* layer_before, std::span<any_activation const> given)
      : activation_facts(r.record.saturation, r.rule, given), name(r.name), record(r.record), weights(r.origin.weights),
        first_weights(r.origin.first_weights), first(r.origin.first.saturation), start(r.origin.units),
        start_samples(r.origin.unit_samples), sampled(r.origin.sampled), rows(r.origin.rows), onset(r.origin.onset),
        before(layer_before), initial(r.initial_slope_share), first_update(r.origin.first.update.log10_ratio()),
        expected_variance(r.expected_variance_z),
        units(r.units != nullptr && r.units->samples() != 0 ? r.units : nullptr) {
    saturation const& s = record.saturation;
    if (s.count + s.nan == 0) {
      return;
    }
    now = {s.mean_derivative(), s.slope_share(), flat_left ? s.low_fraction() : 0.0,
           flat_right ? s.high_fraction() : 0.0};
    double const usual = predictor ? (*predictor)(0.0, 1.0).slope_share : 1.0;
    healthy = is_above(initial, usual) ? initial : usual; // do not compare against a layer that started saturated
  }

  /// True if the layer has an activation that can saturate.
  [[nodiscard]] bool has_activation() const { return !record.saturation.empty() && can_saturate; }
  [[nodiscard]] bool has_z() const { return record.saturation.z.count != 0; }
  [[nodiscard]] std::size_t size() const { return units != nullptr ? units->size() : 0; }

  /// z that are saturated on a flat side.
  [[nodiscard]] double flat_low() const { return flat_left ? double(record.saturation.low) : 0.0; }
  [[nodiscard]] double flat_high() const { return flat_right ? double(record.saturation.high) : 0.0; }
  /// Their share. A quotient of counts: the sum of two rounded shares may exceed a decimal limit that it equals.
  [[nodiscard]] double saturated() const { return (flat_low() + flat_high()) / double(record.saturation.count); }
  /// Shares of them on the low and on the high side; NaN if there are none.
  [[nodiscard]] double left_share() const { return flat_low() / (flat_low() + flat_high()); }
  [[nodiscard]] double right_share() const { return flat_high() / (flat_low() + flat_high()); }

  /// Mean square of what comes in, or came in in the first step; NaN if unknown.
  [[nodiscard]] double square_in(bool at_start = false) const {
    if (before == nullptr) {
      return data_square;
    }
    saturation const& s = at_start && before->first.z.count != 0 ? before->first : before->record.saturation;
    return s.z.count != 0 ? s.mean_squared_output() : std::numeric_limits<double>::quiet_NaN();
  }
  /// Mean over units of the variance of z over samples, in the last step; without records of units, the variance of z
  /// over all of them.
  [[nodiscard]] double variance_within() const {
    unit_spread const of_units(units);
    double const drift = drift_of_units();
    return of_units.units > 0.0 ? of_units.variance * drift * drift : record.saturation.variance_z();
  }
  /// Variance over samples of the numbers that come in, or their mean square if units are not recorded; NaN if unknown.
  [[nodiscard]] double variance_in() const {
    if (before == nullptr || !before->has_z() || before->units == nullptr || units == nullptr) {
      return square_in();
    }
    double const variance = square_in() - unit_spread(before->units).output_square;
    return variance > 1e-9 * square_in() ? variance : square_in(); // else it cancels
  }
  /// Fan-in times the mean square of a weight: from the weights if they were seen and the number of units is known,
  /// else from the variances of z and of the inputs; NaN if neither is known. unknown_data: the mean square of the
  /// data, if they were not handed over.
  [[nodiscard]] double gain(double unknown_data = std::numeric_limits<double>::quiet_NaN()) const {
    bool const unknown = before == nullptr && is_nan(data_square);
    return weights.count != 0 && size() != 0 ? gain_of(weights)
           : has_z()                         ? variance_within() / (unknown ? unknown_data : variance_in())
                                             : std::numeric_limits<double>::quiet_NaN();
  }
  /// The same before training: from the weights of the first update, or else from z of the first step; as it is now if
  /// neither is known.
  [[nodiscard]] double first_gain(double unknown_data = std::numeric_limits<double>::quiet_NaN()) const {
    if (weights_seen()) {
      return first_weights.count != 0 ? gain_of(first_weights) : gain();
    }
    if (first.z.count == 0 || (before != nullptr && before->first.z.count == 0) ||
        (units != nullptr && start.empty())) {
      return gain(unknown_data);
    }
    double const from_data = is_nan(data_square) ? unknown_data : data_square;
    return start.empty()
               ? first.variance_z() / (before == nullptr ? from_data : before->first.mean_squared_output())
               : unit_spread(start).variance /
                     (before == nullptr ? from_data : start_outputs(*before, before->start).variance_in(before->first));
  }
  /// The least gain that a usual rule gives: Glorot's is below `usual_gain` if the layer is wider than its input.
  [[nodiscard]] double least_usual_gain() const {
    double const out = static_cast<double>(size());
    double const in = static_cast<double>(first_weights.count != 0 ? first_weights.whole() : weights.whole()) / out;
    return (std::min)(2.0 * in / (in + out), usual_gain);
  }
  /// Whether weights were seen, now or at the start, and the number of units is known.
  [[nodiscard]] bool weights_seen() const { return (weights.count != 0 || first_weights.count != 0) && size() != 0; }

  [[nodiscard]] finding finding_of(satur::symptom what, satur::severity how_bad, satur::cause why) const {
    finding f;
    f.layer = name;
    f.layers = {name};
    f.symptom = what;
    f.severity = how_bad;
    f.cause = why;
    f.rule = record.saturation.rule;
    f.now = now;
    return f;
  }

  /// Whether its slope share is, or was at the start, lower than the limits allow.
  [[nodiscard]] bool lost_its_slope(finding_limits const& limits) const { return lost(now.slope_share, limits); }
  [[nodiscard]] bool began_without_slope(finding_limits const& limits) const { return lost(initial, limits); }

  /// Expected readings with each unit's mean times `mean_factor` and its standard deviation times `factor`: mean over
  /// the units, or without records of units, of the layer as a whole. `chosen` limits the change to these units.
  [[nodiscard]] std::optional<layer_state> expected_scaled(double factor, double mean_factor,
                                                           std::vector<std::size_t> const& chosen = {}) const {
    std::vector<unit_origin> laws;
    double const drift = drift_of_units();
    for (std::size_t u = 0; u < size(); ++u) {
      unit_summary const s = (*units)[u];
      laws.push_back({s.mean_z() * drift, s.variance_z() * drift * drift});
    }
    return expected_of(std::move(laws), record.saturation, factor, mean_factor, chosen);
  }
  /// The same for the first samples.
  [[nodiscard]] std::optional<layer_state> expected_at_start(double factor, double mean_factor,
                                                             std::vector<std::size_t> const& chosen = {}) const {
    return expected_of(start, first, factor, mean_factor, chosen);
  }
  /// Whether training has made the weights much larger than they were.
  [[nodiscard]] bool grew(finding_limits const& limits) const {
    return weights.count != 0 && first_weights.count != 0 &&
           weights.mean_square() > limits.grown_weights * first_weights.mean_square();
  }
  /// Whether it has made z far larger.
  [[nodiscard]] bool z_grew() const {
    return is_above(record.saturation.mean_squared_z(), 1e6 * first.mean_squared_z());
  }
  /// The root mean square of z of each unit in the first samples, or else in the window.
  [[nodiscard]] std::vector<double> unit_sizes() const {
    std::vector<double> size_of;
    for (unit_origin const& u : start) {
      size_of.push_back(std::sqrt(u.mean_z * u.mean_z + u.variance_z));
    }
    for (std::size_t u = 0; start.empty() && u < size(); ++u) {
      unit_summary const s = (*units)[u];
      size_of.push_back(std::sqrt(s.z_mean * s.z_mean + s.z_variance));
    }
    return size_of;
  }

  /// The records of units are of a whole window, the record of the layer is of one step: the factor on z from one to
  /// the other.
  [[nodiscard]] double drift_of_units() const {
    double const drift = std::sqrt(record.saturation.mean_squared_z() / unit_spread(units).square());
    return is_finite(drift) && drift > 0.0 ? drift : 1.0;
  }

  /// Variance of z of a unit with new weights: the one that the caller expects, or else that of the usual rule over the
  /// layer's inputs, or over those of the first step. Unknown inputs count as having mean square 1.
  [[nodiscard]] double variance_of_new_unit(bool at_start = false) const {
    if (!is_nan(expected_variance)) {
      return expected_variance;
    }
    double const in = square_in(at_start);
    return usual_gain * (is_finite(in) && in > 0.0 ? in : 1.0);
  }

private:
  [[nodiscard]] bool lost(double slope_share, finding_limits const& limits) const {
    return has_activation() &&
           (is_above(healthy - slope_share, limits.slope_excess) || is_below(slope_share, limits.slope_left * healthy));
  }
  /// laws: z of each unit; empty: those of the whole layer stand for them.
  [[nodiscard]] std::optional<layer_state> expected_of(std::vector<unit_origin> laws, saturation const& whole,
                                                       double factor, double mean_factor,
                                                       std::vector<std::size_t> const& chosen) const {
    if (laws.empty()) {
      return whole.z.count == 0 ? std::optional<layer_state>()
                                : expected(whole.mean_z() * mean_factor, whole.variance_z() * factor * factor);
    }
    std::vector<bool> changed(laws.size(), chosen.empty());
    for (std::size_t const u : chosen) {
      changed[u] = true;
    }
    mean_state all;
    bool any = false;
    for (std::size_t u = 0; u < laws.size(); ++u) {
      std::optional<layer_state> const one =
          changed[u] ? expected(laws[u].mean_z * mean_factor, laws[u].variance_z * factor * factor)
                     : expected(laws[u].mean_z, laws[u].variance_z);
      if (one) {
        all.add(*one);
        any = true;
      }
    }
    return any ? std::optional(all.mean()) : std::nullopt;
  }
  [[nodiscard]] double gain_of(weight_record const& w) const {
    return static_cast<double>(w.whole()) / static_cast<double>(size()) * w.mean_square();
  }
};

} // namespace detail
#endif

}} // namespace satur::SATUR_ABI
