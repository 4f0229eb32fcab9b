/// \file finding/limits.hpp  The limits above which diagnose() reports a finding, each with its source.
#pragma once

#include "satur/error.hpp"
#include "satur/reading/gradient_flow.hpp"

namespace satur { inline namespace SATUR_ABI {

/// Limits above which diagnose() reports a finding. All comparisons are strict unless the comment says otherwise.
/// Sources stand in brackets; (ours) marks a limit that no publication gives. `bench/explain` measures how right the
/// findings are with the defaults. "Usual" weights are those of the usual initializer of the activation.
struct finding_limits {
  // Lost slope. The slope share (mean f' / peak slope) is compared with that of the start or of z ~ N(0, 1), whichever
  // is larger.
  double slope_excess = 0.5;     ///< reported if it fell by more than this (ours) ...
  double slope_left = 0.1;       ///< ... or if it is below this part of it, which finds one-sided activations such as
                                 ///< relu, where half of the slope is lost in a healthy layer (ours)
  double saturated_share = 0.5;  ///< share of z saturated by the rule (DeepDiagnosis, ICSE 2022; SageMaker: 50 %);
                                 ///< for one-sided activations halfway between this and 1 (ours)
  double one_sided = 0.9;        ///< share of the saturated ones on one side (Glorot and Bengio 2010, figure 2) ...
  double one_sided_least = 0.05; ///< ... if more than this share of z is saturated (ours)

  // Dead units.
  double dead_warning = 0.1;      ///< share of dead units: a warning (usual practice)
  double dead_alarm = 0.5;        ///< share of dead units: an alarm (ours)
  double dead_on = 0.95;          ///< a unit is dead if it is saturated on at least this share of `dead_samples` (ours)
  std::size_t dead_samples = 256; ///< ... or if it was off for at least as many samples in a row (ours)
  std::size_t dead_layer_samples = 64; ///< as many are enough if more than `dead_alarm` of the layer was off (ours)

  // Means of z.
  std::size_t least_samples = 8; ///< with fewer, no mean of a unit is judged (ours: two samples give mean shifts)
  double shifted_std = 2.0;      ///< a unit's mean of z is shifted if |mean z| is above this times std z (ours) ...
  double shifted_share = 0.5;    ///< ... and the layer's are, if more than this share of its units is (ours)

  // Sizes at the start.
  double variance_factor = 2.0;    ///< variance of z divided by the expected one: above this, or below 1 / this (ours)
  double gain_factor = 3.0;        ///< weights are too large if fan-in times mean w^2 is above this times the usual ...
  double small_gain_factor = 25.0; ///< ... and too small if it is below the usual divided by this (both ours)
  double input_square = 16.0;      ///< mean square of the inputs: above this they are not standardized (ours)
  double broken_unit = 15.0;       ///< root mean square of a unit's z, divided by that of the median unit (ours)

  // Gradients and the learning rate.
  double shallow_flow = 0.05; ///< gradient of the first layer divided by that of the last: below this, or above 1 /
                              ///< this, if there are too few layers for gradient_limits::consecutive_layers or the loss
                              ///< fails (ours: 5 ratios of 0.5 make 0.03)
  double update_alarm = -0.5; ///< log10 of the first update against the weights: above it, and if the loss fails, the
                              ///< learning rate is too large (ours; DL4J warns above -2)

  // Cures, and what a finding lists.
  double cure_margin = 1.05;   ///< a cure of a lost slope or of shifted means must raise the predicted slope by this
                               ///< factor (ours)
  std::size_t worst_units = 5; ///< units named in a finding
  gradient_limits gradient;    ///< gradient flow and exact zeros

  /// Throws std::invalid_argument if a share is outside [0, 1], a factor is below 1, shifted_std is negative or
  /// input_square is not above 0.
  void require_valid() const {
    auto const share = [](char const* what, double x) {
      if (detail::is_nan(x) || !(x >= 0.0 && x <= 1.0)) {
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
    if (detail::is_nan(shifted_std) || !(shifted_std >= 0.0)) {
      detail::bad_parameter("finding_limits", "shifted_std", shifted_std, "a number >= 0");
    }
    auto const factor = [](char const* what, double x) {
      if (detail::is_nan(x) || !(x >= 1.0)) {
        detail::bad_parameter("finding_limits", what, x, "a factor >= 1");
      }
    };
    factor("variance_factor", variance_factor);
    factor("gain_factor", gain_factor);
    factor("small_gain_factor", small_gain_factor);
    factor("broken_unit", broken_unit);
    factor("cure_margin", cure_margin);
    if (detail::is_nan(input_square) || !(input_square > 0.0)) {
      detail::bad_parameter("finding_limits", "input_square", input_square, "a number > 0");
    }
  }
  bool operator==(finding_limits const&) const = default;
};

}} // namespace satur::SATUR_ABI
