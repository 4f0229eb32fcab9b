/// \file finding/layer_case.hpp  One layer before its diagnosis: its record, what is known of its activation, what to
/// expect.
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

/// A layer's record with what a diagnosis may want beside it.
struct named_record {
  std::string name;
  layer_record record;
  /// Slope share of the layer before training. It is compared with this, or with that of z ~ N(0, 1) where that is
  /// more, or this is NaN.
  double initial_slope_share = std::numeric_limits<double>::quiet_NaN();
  /// Variance of z that the initializer was to give; NaN: not compared.
  double expected_variance_z = std::numeric_limits<double>::quiet_NaN();
  /// Its units, if they were recorded: without them no unit is named, and none is found dead or shifted.
  unit_records const* units = nullptr;
  /// The rule that the record was counted by: needed for a rule of yours, without it no cure of it has a prediction.
  std::optional<any_rule> rule = std::nullopt;
};

namespace detail {

/// What a diagnosis knows of one layer.
struct layer_case {
  std::string name;
  layer_record record;
  layer_case const* before;  ///< the layer that feeds this one; null where there is none
  double initial;            ///< slope share at the start; NaN where not known
  double healthy = 1.0;      ///< slope share to compare with
  double expected_variance;  ///< of z; NaN where not known
  unit_records const* units; ///< null where not recorded
  bool can_saturate = true;
  bool flat_left = false;
  bool flat_right = false;
  bool centered_outputs = true;
  std::optional<state_predictor> predictor; ///< none if the activation or the rule is not known
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
    healthy = initial > usual ? initial : usual; // a layer that was born saturated is no measure
  }

  [[nodiscard]] bool has_activation() const { return !record.saturation.empty() && can_saturate; }

  /// Numbers that are saturated on a flat side.
  [[nodiscard]] double flat_low() const { return flat_left ? static_cast<double>(record.saturation.low) : 0.0; }
  [[nodiscard]] double flat_high() const { return flat_right ? static_cast<double>(record.saturation.high) : 0.0; }
  /// Their share: a quotient of counts, because the sum of two rounded shares may pass a decimal limit that it equals.
  [[nodiscard]] double saturated() const {
    return (flat_low() + flat_high()) / static_cast<double>(record.saturation.count);
  }
  /// Share of them on the left, on the right; NaN where there is none.
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

  /// Whether its slope saturation rose by more than the threshold allows.
  [[nodiscard]] bool lost_its_slope(finding_limits const& limits) const {
    return has_activation() &&
           (healthy - now.slope_share > limits.slope_excess || now.slope_share < limits.slope_left * healthy);
  }

  /// The state that z times a factor would have; nothing where the activation is not known.
  [[nodiscard]] std::optional<layer_state> expected_times(double factor) const {
    return expected(record.saturation.mean_z() * factor, record.saturation.variance_z() * factor * factor);
  }

  /// For z ~ N(mean, variance); nothing where the activation is not known.
  [[nodiscard]] std::optional<layer_state> expected(double mean, double variance) const {
    if (!predictor || !is_finite(mean) || !is_finite(variance)) {
      return {};
    }
    return (*predictor)(mean, variance);
  }

  /// Each unit at mean 0 with its own variance; the layer as a whole where no unit is known, which leaves the spread
  /// between units in.
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

  /// z of a unit with new weights: the variance that the caller expects, or else that of weights of He's rule where one
  /// side is flat and LeCun's where both are, over the inputs (of mean square 1 where they are not known).
  [[nodiscard]] double variance_of_new_unit() const {
    if (!is_nan(expected_variance)) {
      return expected_variance;
    }
    double const gain = flat_left != flat_right ? 2.0 : 1.0;
    bool const fed = before != nullptr && !before->record.saturation.empty();
    return gain * (fed ? before->record.saturation.mean_squared_output() : 1.0);
  }
};

/// Takes each unit's mean off its bias.
[[nodiscard]] inline satur::cure recentering(layer_case const& l) {
  return {remedy::recenter, std::numeric_limits<double>::quiet_NaN(),
          message("take the mean of z off the bias (satur::recenter)",
                  l.centered_outputs ? "" : ", or an activation with centered outputs, such as tanh"),
          l.expected_recentered()};
}

} // namespace detail
}} // namespace satur::SATUR_ABI
