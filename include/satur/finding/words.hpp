/// \file finding/words.hpp  Symptoms, causes and cures by name: what a finding is made of.
#pragma once

#include "satur/config.hpp"

#include <cstdint>
#include <string_view>

namespace satur { inline namespace SATUR_ABI {

/// What is seen.
enum class symptom : std::uint8_t {
  nonfinite,           ///< NaN or infinity in the data, in z or in dL/dz
  saturated_layer,     ///< the slope is lost, or most units are saturated by the rule
  one_sided,           ///< most of the saturated units are on one side
  dead_units,          ///< units that are off, or saturated, on (nearly) all samples
  mean_shift,          ///< z of most units hardly depends on the input
  vanishing_gradient,  ///< dL/dz shrinks from layer to layer, backward
  exploding_gradient,  ///< dL/dz grows from layer to layer, backward
  zero_gradient,       ///< most of dL/dz is exactly 0
  poor_initialization, ///< the variance of z is not the one that the initializer should give
  update_too_large,    ///< a step changes the weights by too much, and the loss rises or stalls
  update_too_small,    ///< a step changes the weights by too little; diagnose() does not report it
  signal_lost,         ///< z hardly differs between samples, or shrinks from layer to layer
  signal_grows,        ///< z grows from layer to layer, or is far larger than it should be
  equal_units,         ///< units of a layer compute the same number
  odd_units,           ///< a few units differ from all others of the layer by far
  odd_inputs,          ///< the inputs are not of mean 0 and variance 1
  wrong_gradient,      ///< dL/dz does not fit the slopes
  rising_loss,         ///< the loss rises, or is not finite
  leaves_format,       ///< numbers of a layer are too large or too small for the number format that is watched
  poor_initialisation [[deprecated("use poor_initialization")]] = poor_initialization
};
[[nodiscard]] constexpr std::string_view to_text(symptom s) {
  switch (s) {
  case symptom::nonfinite:
    return "not finite";
  case symptom::saturated_layer:
    return "saturated";
  case symptom::one_sided:
    return "saturated on one side";
  case symptom::dead_units:
    return "dead units";
  case symptom::mean_shift:
    return "mean shift";
  case symptom::vanishing_gradient:
    return "vanishing gradient";
  case symptom::exploding_gradient:
    return "exploding gradient";
  case symptom::zero_gradient:
    return "gradient mostly zero";
  case symptom::poor_initialization:
    return "poor initialization";
  case symptom::update_too_large:
    return "update too large";
  case symptom::update_too_small:
    return "update too small";
  case symptom::signal_lost:
    return "signal too small";
  case symptom::signal_grows:
    return "signal too large";
  case symptom::equal_units:
    return "equal units";
  case symptom::odd_units:
    return "odd units";
  case symptom::odd_inputs:
    return "inputs not standardized";
  case symptom::wrong_gradient:
    return "wrong gradient";
  case symptom::rising_loss:
    return "rising loss";
  case symptom::leaves_format:
    return "outside the number format";
  }
  return "unknown";
}

/// Side of the activation. left, the low side: z far below 0. right, the high side: z far above 0.
enum class side : std::uint8_t { none, left, right, both };
[[nodiscard]] constexpr std::string_view to_text(side s) {
  return s == side::left    ? "on the low side"
         : s == side::right ? "on the high side"
         : s == side::both  ? "on both sides"
                            : "";
}

/// note: informational, training may be healthy; diagnose() gives none. warning: learning is slowed. alarm: learning
/// stopped or will stop.
enum class severity : std::uint8_t { note, warning, alarm };
[[nodiscard]] constexpr std::string_view to_text(severity s) {
  return s == severity::note ? "note" : s == severity::warning ? "warning" : "alarm";
}

/// The root cause. z has mean m = sum w_i E a_i + b and variance v = w' Cov(a) w.
enum class cause : std::uint8_t {
  unknown,
  bias,        ///< b moves z off the slope
  input_mean,  ///< the inputs are not centered: sum w_i E a_i moves z off the slope
  mean,        ///< the mean of z; only weights and inputs can tell which of the two
  weight_norm, ///< weights too large
  input_scale, ///< the inputs are too large, or one of them is
  spread,      ///< the variance of z; only weights and inputs can tell which of the two
  slope,       ///< of a gradient: the slopes of the activations
  small_weights,
  learning_rate,     ///< too large: the loss fails
  upstream,          ///< another layer, or the loss
  nonfinite_data,    ///< NaN or infinity came in with the data
  nonfinite_weights, ///< a weight or a bias is NaN or infinite
  overflow,          ///< finite data and weights, results beyond the largest number
  identical_units,   ///< units with the same weights: they get the same gradient and stay the same
  broken_units,      ///< a few units have weights or biases that are off by far
  depth,             ///< each layer shrinks, or grows, the gradient a little, and there are many
  activation,        ///< the activation's slope is too small for the depth, whatever the weights are
  logits,            ///< the last layer's z are too large for the loss
  backward,          ///< the caller's dL/dz leaves out the slope f'(z)
  format_scale,      ///< the scale of a number format: too large, or too small
  format_outliers,   ///< a few numbers far larger than the others fix the scale of a number format
  format_range,      ///< numbers that span more octaves than their format
  large_weights = weight_norm
};
[[nodiscard]] constexpr std::string_view to_text(cause c) {
  switch (c) {
  case cause::unknown:
    return "unknown";
  case cause::bias:
    return "the bias";
  case cause::input_mean:
    return "inputs that are not centered";
  case cause::mean:
    return "the mean of z";
  case cause::weight_norm:
    return "weights too large";
  case cause::input_scale:
    return "inputs too large";
  case cause::spread:
    return "the spread of z";
  case cause::slope:
    return "the slopes of the activations";
  case cause::small_weights:
    return "weights too small";
  case cause::learning_rate:
    return "learning rate too large";
  case cause::upstream:
    return "another layer";
  case cause::nonfinite_data:
    return "data that are not finite";
  case cause::nonfinite_weights:
    return "weights that are not finite";
  case cause::overflow:
    return "overflow";
  case cause::identical_units:
    return "identical units";
  case cause::broken_units:
    return "single units";
  case cause::depth:
    return "the depth";
  case cause::activation:
    return "the activation";
  case cause::logits:
    return "logits too large";
  case cause::backward:
    return "the backward pass";
  case cause::format_scale:
    return "the scale";
  case cause::format_outliers:
    return "a few outliers";
  case cause::format_range:
    return "a range wider than the format";
  }
  return "unknown";
}

/// What to do about it.
enum class remedy : std::uint8_t {
  none,
  recenter,                 ///< b -= mean z, unit by unit (`recenter`)
  rescale,                  ///< w and b times a factor (`rescale`, `lsuv_step`), in each of `finding::layers`
  normalize_inputs,         ///< inputs of mean 0 and variance 1, feature by feature
  zero_centered_activation, ///< tanh instead of sigmoid
  normalization_layer,      ///< batch or layer normalization
  initializer,              ///< new weights, from the usual rule of the activation, in each of `finding::layers`
  reinitialize_units,       ///< new weights for `cure::units` (`reinitialize_units`)
  learning_rate,            ///< times a factor, from the last good weights
  clean_data,               ///< leave out, or fill in, the values of the data that are not finite
  gradient_code,            ///< multiply dL/da by f'(z) in the backward pass
  format_scale,             ///< another scale of a number format: `cure::factors`, in each of `finding::layers`
  recentre [[deprecated("use recenter")]] = recenter,
  normalise_inputs [[deprecated("use normalize_inputs")]] = normalize_inputs,
  zero_centred_activation [[deprecated("use zero_centered_activation")]] = zero_centered_activation,
  normalisation_layer [[deprecated("use normalization_layer")]] = normalization_layer,
  reinitialise_units [[deprecated("use reinitialize_units")]] = reinitialize_units
};
/// As the subject of a sentence: "recentering".
[[nodiscard]] constexpr std::string_view to_text(remedy r) {
  switch (r) {
  case remedy::none:
    return "no cure";
  case remedy::recenter:
    return "recentering";
  case remedy::rescale:
    return "rescaling";
  case remedy::normalize_inputs:
    return "standardizing the inputs";
  case remedy::zero_centered_activation:
    return "another activation";
  case remedy::normalization_layer:
    return "a normalization layer";
  case remedy::initializer:
  case remedy::reinitialize_units:
    return "drawing new weights";
  case remedy::learning_rate:
    return "a smaller learning rate";
  case remedy::clean_data:
    return "cleaning the data";
  case remedy::gradient_code:
    return "correcting the backward pass";
  case remedy::format_scale:
    return "another scale";
  }
  return "unknown";
}

}} // namespace satur::SATUR_ABI
