/// \file finding/limits.hpp  The limits above which diagnose() reports a finding, each with its source.
#pragma once

#include "satur/error.hpp"
#include "satur/reading/gradient_flow.hpp"

namespace satur { inline namespace SATUR_ABI {

/// Limits above which diagnose() reports a finding. All comparisons are strict unless the comment says otherwise.
/// Sources stand in brackets; (ours) marks a limit that no publication gives.
struct finding_limits {
  double slope_excess = 0.5; ///< slope_saturation above that of the start, or above that of z ~ N(0, 1) (ours)
  double slope_left = 0.1;   ///< or the slope share below this part of the initial one. It is for one-sided activations
                             ///< such as relu, where half the units are off in a healthy layer (ours)
  double saturated_share = 0.5;   ///< share of units saturated by the rule (DeepDiagnosis, ICSE 2022; SageMaker: 50 %)
  double one_sided = 0.9;         ///< share of the saturated ones on one side (Glorot and Bengio 2010, figure 2) ...
  double one_sided_least = 0.05;  ///< ... if at least this share of all units is saturated (ours)
  double dead_warning = 0.1;      ///< share of dead units: a warning (usual practice)
  double dead_alarm = 0.5;        ///< share of dead units: an alarm
  double dead_on = 0.95;          ///< a unit is dead if it is saturated on at least this share of its samples
  std::size_t dead_samples = 256; ///< with fewer samples no unit is called dead: it may be active rarely (ours)
  double shifted_std = 2.0;       ///< a unit's mean of z is shifted if |mean z| > 2 std z (ours) ...
  double shifted_share = 0.5;     ///< ... in more than this share of the units
  double variance_factor = 2.0;   ///< variance of z divided by the expected one: above this, or below 1 / this (ours)
  double shallow_flow = 0.05;  ///< gradient of the first layer divided by that of the last, if there are too few layers
                               ///< for gradient_limits::consecutive_layers (ours: 5 ratios of 0.5 make 0.03)
  std::size_t worst_units = 5; ///< units named in a finding
  gradient_limits gradient;    ///< gradient flow and update sizes

  /// Throws std::invalid_argument if a share is outside [0, 1], shifted_std is negative or variance_factor is below 1.
  void require_valid() const {
    auto const share = [](char const* what, double x) {
      if (!(x >= 0.0 && x <= 1.0)) {
        detail::bad_parameter("finding_limits", what, x, "a share in [0, 1]");
      }
    };
    share("slope_excess", slope_excess);
    share("slope_left", slope_left);
    share("saturated_share", saturated_share);
    share("one_sided", one_sided);
    share("one_sided_least", one_sided_least);
    share("dead_warning", dead_warning);
    share("dead_alarm", dead_alarm);
    share("dead_on", dead_on);
    share("shifted_share", shifted_share);
    share("shallow_flow", shallow_flow);
    if (!(shifted_std >= 0.0)) {
      detail::bad_parameter("finding_limits", "shifted_std", shifted_std, "a number >= 0");
    }
    if (!(variance_factor >= 1.0)) {
      detail::bad_parameter("finding_limits", "variance_factor", variance_factor, "a factor >= 1");
    }
  }
  bool operator==(finding_limits const&) const = default;
};

}} // namespace satur::SATUR_ABI
