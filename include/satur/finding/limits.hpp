/// \file finding/limits.hpp  The limits above which diagnose() reports a finding, each with its source.
#pragma once

#include "satur/error.hpp"
#include "satur/reading/gradient_flow.hpp"

namespace satur { inline namespace SATUR_ABI {

/// Limits above which diagnose() reports a finding. All comparisons are strict unless the comment says otherwise.
/// Sources stand in brackets; (ours) marks a limit that no publication gives, (tuned) one that was chosen on seeds 1 to
/// 5 of `bench/explain`, which measures how right the findings are with the defaults. "Usual" weights are those of the
/// usual initializer of the activation.
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
  double gain_costs_slope = 1.1; ///< ... that two flat sides make too large only if weights of the usual size give this
                                 ///< times the slope (tuned)
  double input_square = 16.0;    ///< mean square of the inputs: above this they are not standardized (ours)
  double small_gain_beside = 0.28; ///< if one layer's are too small, others are that are below this part of the usual
                                   ///< (ours: below 1/3, which U(-1/sqrt n, 1/sqrt n) has)
  double grown_weights = 4.0;      ///< mean w^2 above this times that of the start: training has changed the weights so
                                   ///< much that a cure starts again (tuned)
  double bias_square = 4.0;        ///< biases are a root if the mean square of the units' means of z is above this ...
  double bias_excess = 4.0;        ///< ... and above this times what the weights make of the inputs' means (both ours)
  double broken_unit = 15.0;       ///< root mean square of a unit's z, divided by that of the median unit (ours)

  // Gradients and the learning rate.
  double shallow_flow = 0.05; ///< gradient of the first layer divided by that of the last: below this, or above 1 /
                              ///< this, if there are too few layers for gradient_limits::consecutive_layers or the loss
                              ///< fails (ours: 5 ratios of 0.5 make 0.03)
  double flow_small_gain =
      0.3; ///< weights make the gradient vanish if the mean gain of the layers that it passes is
           ///< below this part of the usual (ours: below 1/3, which U(-1/sqrt n, 1/sqrt n) has) ...
  double flow_large_gain = 2.5;  ///< ... and explode if it is above this (ours: above 2, He's rule in a tanh net)
  double flow_unfit_gain = 0.05; ///< an activation of peak slope 0.5 or less is what makes it vanish, unless the gain
                                 ///< is below this part of the usual (tuned)
  double update_alarm = -0.5; ///< log10 of the first update against the weights: above it, and if the loss fails, the
                              ///< learning rate is too large (ours; DL4J warns above -2)

  // Number formats: shares of the numbers that are watched.
  double format_to_limit = 0.001; ///< rounded beyond the largest number: a warning (percentiles of 99.9 % and above
                                  ///< are usual for the range of integers: Wu et al. 2020, arXiv 2004.09602) ...
  double format_to_limit_alarm = 0.01; ///< ... and an alarm (ours). In a format of 16 bits one number is an alarm: the
                                       ///< usual conversion makes infinity of it
  double format_to_zero = 0.05;        ///< rounded to zero, of those that are not zero: a warning (Micikevicius et al.
                                       ///< 2018, figure 2: 5 % of gradients that are lost cost accuracy) ...
  double format_to_zero_alarm = 0.5;   ///< ... and an alarm (ours)
  bool format_power_of_two = true;     ///< scales that are advised are powers of two, which change no digit

  // The loss.
  std::size_t failing_losses = 40; ///< a loss that does not fall is a failure from so many losses on (tuned)
  std::size_t young_losses = 100;  ///< before so many, shifted means and depth are no findings, because some healthy
                                   ///< nets learn slowly at first, and cures start again, which costs little (tuned)
  double learned_loss = 0.97;      ///< a loss that stalls below this part of chance is no failure (what `judge` calls
                                   ///< at chance)
  double exploded_loss = 3.0;      ///< at once a failure above this times its start, or chance if that is larger (ours)

  // Cures, and what a finding lists. A cure that improves what the finding measures by less is not offered.
  double cure_margin = 1.05;   ///< a cure of a slope must raise the predicted slope by this factor (ours)
  double cure_reduction = 1.5; ///< a cure of anything else must bring it down by this factor: the size of a shift, a
                               ///< share of dead units, the distance of a size from the usual one (ours)
  double recenter_variance = 0.05; ///< dead units are recentered if their variance of z is above this part of that of a
                                   ///< new unit; otherwise they get new weights (tuned)
  std::size_t worst_units = 5;     ///< units named in a finding
  gradient_limits gradient = {};   ///< gradient flow and exact zeros

  /// Throws std::invalid_argument if a share is outside [0, 1], a factor is below 1, another limit is negative or NaN,
  /// or input_square is not above 0.
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
    share("small_gain_beside", small_gain_beside);
    share("flow_small_gain", flow_small_gain);
    share("flow_unfit_gain", flow_unfit_gain);
    share("learned_loss", learned_loss);
    share("format_to_limit", format_to_limit);
    share("format_to_limit_alarm", format_to_limit_alarm);
    share("format_to_zero", format_to_zero);
    share("format_to_zero_alarm", format_to_zero_alarm);
    auto const factor = [](char const* what, double x) {
      if (detail::is_nan(x) || !(x >= 1.0)) {
        detail::bad_parameter("finding_limits", what, x, "a factor >= 1");
      }
    };
    factor("variance_factor", variance_factor);
    factor("gain_factor", gain_factor);
    factor("small_gain_factor", small_gain_factor);
    factor("broken_unit", broken_unit);
    factor("gain_costs_slope", gain_costs_slope);
    factor("grown_weights", grown_weights);
    factor("bias_excess", bias_excess);
    factor("flow_large_gain", flow_large_gain);
    factor("exploded_loss", exploded_loss);
    factor("cure_margin", cure_margin);
    factor("cure_reduction", cure_reduction);
    if (detail::is_nan(input_square) || !(input_square > 0.0)) {
      detail::bad_parameter("finding_limits", "input_square", input_square, "a number > 0");
    }
    auto const not_negative = [](char const* what, double x) {
      if (detail::is_nan(x) || !(x >= 0.0)) {
        detail::bad_parameter("finding_limits", what, x, "a number >= 0");
      }
    };
    not_negative("shifted_std", shifted_std);
    not_negative("bias_square", bias_square);
    not_negative("recenter_variance", recenter_variance);
  }
  bool operator==(finding_limits const&) const = default;
};

}} // namespace satur::SATUR_ABI
