/// \file finding/root/scale.hpp  Weights that were too large or too small from the start.
#pragma once

#include "satur/finding/root/saturated.hpp"
#include "satur/finding/run_case.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#if !SATUR_COMPILED
namespace satur::inline SATUR_ABI::detail {

/// If training has spoiled the weights: changes the cure to one for the weights of the start, which had `gain`.
inline void advise_restart(run_case const& run, finding& f, layer_case const& l, double usual, double gain) {
  if (!run.spoiled() && std::ranges::none_of(run.layers, &layer_case::z_grew)) {
    return;
  }
  double const factor = std::sqrt(usual / gain);
  f.cure.factor = factor;
  f.cure.factors = {factor};
  f.cure.restart = true;
  f.cure.advice = message("start again with w and b times ", text::significant(factor, 3), " (satur::rescale)");
  f.cure.predicted = l.has_activation() ? l.expected_at_start(factor, factor) : std::nullopt;
}

inline constexpr char gain_measure[] = "distance of fan-in times mean w^2 from the usual, as a factor,";

/// Keeps the cure `rescale` if it brings the weights' gain, which is `ratio` times the usual one, nearer to that.
inline void keep_rescale_that_helps(finding& f, double ratio, finding_limits const& limits) {
  keep_cure_that_helps(
      f, {gain_measure, distance_from_usual(ratio), distance_from_usual(ratio * f.cure.factor * f.cure.factor)},
      limits);
}

/// "fan-in times mean w^2 is 25, 1 is usual for tanh"
[[nodiscard]] inline std::string gain_text(layer_case const& l, double gain) {
  return message("fan-in times mean w^2 is ", text::significant(gain, 3), ", ", text::significant(l.usual_gain, 3),
                 " is usual for ", l.act ? l.act->name : std::string("it"));
}

/// "z has standard deviation 4.5; ", of the first step if none is known now.
[[nodiscard]] inline std::string spread_text(layer_case const& l) {
  double const now = l.record.saturation.stddev_z();
  return is_finite(now) ? message("z has standard deviation ", text::significant(now, 3), "; ")
         : is_finite(l.first.stddev_z())
             ? message("z had standard deviation ", text::significant(l.first.stddev_z(), 3), " at the start; ")
             : std::string();
}

/// What is known of the other layers when one is judged.
enum class other_layers : std::uint8_t {
  unknown,
  perhaps_large, ///< nothing: this counts the layers whose weights seem to be too large
  large          ///< most have weights that are too large: the least of the usual rules is what they are compared with
};

/// Weights that were too large from the start.
inline bool find_large_weights(run_case const& run, layer_case const& l, finding_limits const& limits,
                               other_layers others, std::vector<root_finding>& found) {
  bool const beside_others = others == other_layers::large;
  double const at_start = beside_others ? l.first_gain(1.0) : l.first_gain();
  double const gain = l.weights_seen() ? l.gain() : at_start;
  double const usual_size = beside_others && l.weights_seen() ? l.least_usual_gain() : l.usual_gain;
  // z of a few units, whose inputs are alike, tells mean w^2 of a single layer to a factor of about 3 only.
  bool const vague = !l.weights_seen() && others == other_layers::unknown;
  double const limit = (vague ? limits.gain_factor : 1.0) * limits.gain_factor;
  if (!is_above(at_start, limit * usual_size) || !is_finite(at_start)) {
    return false;
  }
  bool const usable = is_finite(gain) && gain > 0.25 * at_start;
  double const factor = std::sqrt(usual_size / (usable ? gain : at_start));
  bool const two_sided = l.has_activation() && l.flat_left && l.flat_right;
  std::optional<layer_state> const after = two_sided ? l.expected_at_start(factor, factor) : std::nullopt;
  if (two_sided && after && !is_nan(l.initial) && !beside_others) {
    // A small peak slope wants larger weights than usual: they are too large only if they cost half of the slope.
    bool const wants_large = l.act && l.act->peak_slope() <= 0.5;
    double const usual = l.expected(0.0, 1.0)->slope_share;
    if (!is_above(after->slope_share, limits.gain_costs_slope * l.initial) ||
        (wants_large && !is_below(l.initial, 0.5 * usual))) {
      return false;
    }
  }
  bool const last = &l == &run.layers.back() && !l.has_activation();
  saturation const& seen = l.first.z.count != 0 ? l.first : l.record.saturation;
  double const square = seen.mean_squared_z();
  if (last && !beside_others && square <= 2.0 * limits.gradient.initial_loss_excess) {
    return false; // of logits s, s^2 / 2 is what the first loss loses: these are small, whatever the weights are
  }
  bool const lost = two_sided && is_below(l.now.slope_share, limits.slope_left * l.healthy);
  finding f = l.finding_of(two_sided ? symptom::saturated_layer : symptom::signal_grows,
                           lost || (two_sided && is_above(l.saturated(), limits.saturated_share)) ? severity::alarm
                                                                                                  : severity::warning,
                           last ? cause::logits : cause::weight_norm);
  if (two_sided) {
    f.side = which_side(l, limits);
    f.evidence = slope_text(l);
    f.reason = gain_text(l, at_start);
  } else {
    f.evidence = message(spread_text(l), gain_text(l, at_start));
    f.reason = last ? message("large logits make the loss certain before anything is learned: their root mean square ",
                              l.first.z.count != 0 ? "was " : "is ", text::significant(std::sqrt(square), 3),
                              l.first.z.count != 0 ? " in the first step" : "")
                    : std::string("the layer multiplies the signal, and the gradient of the layers before it");
  }
  if (!l.weights_seen()) {
    f.reason += l.before == nullptr && is_nan(l.data_square)
                    ? "; this is an inference from z, as if the inputs were standardized: hand over the data "
                      "(monitor::input) and the weights (layer_monitor::update)"
                    : "; this is an inference from z: hand over the weights (layer_monitor::update)";
  }
  f.value = at_start / usual_size;
  f.limit = limit;
  f.samples = static_cast<double>(l.record.saturation.count);
  advise_rescale(f, l, factor);
  advise_restart(run, f, l, usual_size, at_start);
  keep_rescale_that_helps(f, (f.cure.restart || !is_finite(gain) ? at_start : gain) / usual_size, limits);
  if (two_sided && l.units != nullptr) {
    name_units(l, f, limits.worst_units, "share of the peak slope",
               [](unit_summary const& u) { return u.slope_share(); });
  }
  found.push_back({std::move(f), true});
  return true;
}

/// Weights that were too small from the start, and still are.
inline bool find_small_weights(run_case const& run, layer_case const& l, double limit, finding_limits const& limits,
                               std::vector<root_finding>& found) {
  double const at_start = l.first_gain();
  double const gain = l.gain();
  if (!l.weights_seen() || !is_below(at_start, limit * l.least_usual_gain()) || !is_below(gain, 0.25 * l.usual_gain) ||
      !is_above(gain, 0.0)) {
    return false;
  }
  finding f = l.finding_of(symptom::signal_lost, severity::warning, cause::small_weights);
  f.evidence = message(spread_text(l), gain_text(l, gain));
  f.reason = "the layer shrinks the signal, and the gradient of the layers before it";
  f.value = gain / l.usual_gain;
  f.limit = limit;
  if (unit_spread(l.start).mean_square * l.usual_gain / at_start > limits.bias_square) {
    advise_new_weights(run, f, l); // to rescale would make its biases the next fault
    f.cure.effect = {gain_measure, distance_from_usual(gain / l.usual_gain), 1.0};
  } else {
    advise_rescale(f, l, std::sqrt(l.usual_gain / gain));
    advise_restart(run, f, l, l.usual_gain, at_start);
    keep_rescale_that_helps(f, (f.cure.restart ? at_start : gain) / l.usual_gain, limits);
  }
  found.push_back({std::move(f), true});
  return true;
}

/// The variance of z against the one that the caller expects.
inline void find_variance(layer_case const& l, finding_limits const& limits, std::vector<root_finding>& found) {
  double const ratio = l.record.saturation.variance_z() / l.expected_variance;
  if (!is_above(ratio, limits.variance_factor) && !is_below(ratio * limits.variance_factor, 1.0)) {
    return;
  }
  double const factor = 1.0 / std::sqrt(ratio);
  finding f = l.finding_of(symptom::poor_initialization, severity::warning,
                           ratio > 1.0 ? cause::large_weights : cause::small_weights);
  f.value = ratio;
  f.limit = ratio > 1.0 ? limits.variance_factor : 1.0 / limits.variance_factor;
  f.evidence = message("z has variance ", text::significant(l.record.saturation.variance_z(), 3), ", ",
                       text::significant(ratio, 3), " times the expected ", text::significant(l.expected_variance, 3));
  if (is_finite(factor)) {
    advise_rescale(f, l, factor);
    keep_cure_that_helps(
        f, {"distance of the variance of z from the expected, as a factor,", distance_from_usual(ratio), 1.0}, limits);
  }
  found.push_back({std::move(f), true});
}

} // namespace satur::inline SATUR_ABI::detail
#endif
