/// \file finding/layer_case.hpp  What diagnose() knows of one layer: its record, its activation, its expected readings.
#pragma once

#include "satur/activation/named.hpp"
#include "satur/finding/expectation.hpp"
#include "satur/finding/finding.hpp"
#include "satur/finding/limits.hpp"
#include "satur/reading/decayed_units.hpp"
#include "satur/reading/dormancy.hpp"
#include "satur/reading/unit_axes.hpp"
#include "satur/reading/unit_readings.hpp"
#include "satur/record/layer.hpp"

#include <cmath>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace satur { inline namespace SATUR_ABI {

/// A layer's record, and what diagnose() compares it with.
struct named_record {
  std::string name;
  layer_record record;
  /// Slope share of the layer before training; NaN: unknown. The layer's slope is compared with this or with that of
  /// z ~ N(0, 1), whichever is larger.
  double initial_slope_share = std::numeric_limits<double>::quiet_NaN();
  /// Variance of z that the initializer should give; NaN: not compared.
  double expected_variance_z = std::numeric_limits<double>::quiet_NaN();
  /// The records of its units, or null: no unit is named then, and none is found dead or shifted.
  unit_records const* units = nullptr;
  /// The rule of the record. Needed for a rule of your own only: without it, no cure has a prediction.
  std::optional<any_rule> rule = std::nullopt;
};

#if !SATUR_COMPILED
namespace detail {

/// What a diagnosis knows of one layer.
struct layer_case {
  std::string name;
  layer_record record;
  layer_case const* before;  ///< the layer that feeds this one, or null
  double initial;            ///< slope share at the start; NaN if unknown
  double healthy = 1.0;      ///< slope share to compare with
  double expected_variance;  ///< of z; NaN if unknown
  unit_records const* units; ///< null if not recorded
  bool can_saturate = true;
  bool flat_left = false;
  bool flat_right = false;
  bool centered_outputs = true;
  std::optional<state_predictor> predictor; ///< empty if the activation or the rule is unknown
  layer_state now;                          ///< measured

  layer_case(named_record const& r, layer_case const* layer_before, std::span<any_activation const> given)
      : name(r.name), record(r.record), before(layer_before), initial(r.initial_slope_share),
        expected_variance(r.expected_variance_z),
        units(r.units != nullptr && r.units->samples() != 0 ? r.units : nullptr) {
    saturation const& s = record.saturation;
    if (s.empty()) {
      return;
    }
    std::optional<any_activation> act;
    for (any_activation const& a : given) {
      if (s.activation == a.name) {
        act = a;
      }
    }
    if (!act) {
      act = activation_named(s.activation);
    }
    if (act) {
      can_saturate = act->can_saturate();
      flat_left = act->flat_left;
      flat_right = act->flat_right;
      centered_outputs = !(act->lower() >= 0.0);
      any_rule const rule = r.rule && r.rule->definition() == s.rule ? *r.rule : any_rule::of(s.rule);
      if (can_saturate && rule.can_count()) {
        predictor.emplace(std::move(*act), rule);
      }
    }
    now = {s.mean_derivative(), s.slope_share(), flat_left ? s.low_fraction() : 0.0,
           flat_right ? s.high_fraction() : 0.0};
    double const usual = predictor ? (*predictor)(0.0, 1.0).slope_share : 1.0;
    healthy = initial > usual ? initial : usual; // do not compare against a layer that started saturated
  }

  [[nodiscard]] bool has_activation() const { return !record.saturation.empty() && can_saturate; }

  /// Number of z that are saturated on a flat side.
  [[nodiscard]] double flat_low() const { return flat_left ? static_cast<double>(record.saturation.low) : 0.0; }
  [[nodiscard]] double flat_high() const { return flat_right ? static_cast<double>(record.saturation.high) : 0.0; }
  /// Their share. A quotient of counts: the sum of two rounded shares may exceed a decimal limit that it equals.
  [[nodiscard]] double saturated() const {
    return (flat_low() + flat_high()) / static_cast<double>(record.saturation.count);
  }
  /// Shares of them on the left and on the right; NaN if there are none.
  [[nodiscard]] double left_share() const { return flat_low() / (flat_low() + flat_high()); }
  [[nodiscard]] double right_share() const { return flat_high() / (flat_low() + flat_high()); }

  [[nodiscard]] finding finding_of(satur::symptom what, satur::severity how_bad) const {
    finding f;
    f.layer = name;
    f.symptom = what;
    f.severity = how_bad;
    f.rule = record.saturation.rule;
    f.now = now;
    return f;
  }

  /// Whether its slope share fell by more than the limits allow.
  [[nodiscard]] bool lost_its_slope(finding_limits const& limits) const {
    return has_activation() &&
           (healthy - now.slope_share > limits.slope_excess || now.slope_share < limits.slope_left * healthy);
  }

  /// Expected readings of z times a factor; empty if the activation is unknown.
  [[nodiscard]] std::optional<layer_state> expected_times(double factor) const {
    return expected(record.saturation.mean_z() * factor, record.saturation.variance_z() * factor * factor);
  }

  /// Expected readings for z ~ N(mean, variance); empty if the activation is unknown or a number is not finite.
  [[nodiscard]] std::optional<layer_state> expected(double mean, double variance) const {
    if (!predictor || !is_finite(mean) || !is_finite(variance)) {
      return {};
    }
    return (*predictor)(mean, variance);
  }

  /// Expected readings with each unit at mean 0 and its own variance. Without records of units: the layer as a whole,
  /// whose variance includes that between units.
  [[nodiscard]] std::optional<layer_state> expected_recentered() const {
    if (units == nullptr) {
      return expected(0.0, record.saturation.variance_z());
    }
    mean_state all;
    bool any = false;
    for (std::size_t u = 0; u < units->size(); ++u) {
      if (std::optional<layer_state> const one = expected(0.0, (*units)[u].variance_z()); one) {
        all.add(*one);
        any = true;
      }
    }
    return any ? std::optional(all.mean()) : std::nullopt;
  }

  /// Variance of z of a unit with new weights: the one that the caller expects, or else that of He's initializer (one
  /// flat side) or LeCun's (two) over the layer's inputs. Unknown inputs count as having mean square 1.
  [[nodiscard]] double variance_of_new_unit() const {
    if (!is_nan(expected_variance)) {
      return expected_variance;
    }
    double const gain = flat_left != flat_right ? 2.0 : 1.0;
    bool const fed = before != nullptr && !before->record.saturation.empty();
    return gain * (fed ? before->record.saturation.mean_squared_output() : 1.0);
  }
};

/// The cure `recenter`.
[[nodiscard]] inline satur::cure recentering(layer_case const& l) {
  return {remedy::recenter, std::numeric_limits<double>::quiet_NaN(),
          message("subtract the mean of z from the bias (satur::recenter)",
                  l.centered_outputs ? "" : ", or an activation with centered outputs, such as tanh"),
          l.expected_recentered()};
}

} // namespace detail
#endif

}} // namespace satur::SATUR_ABI
