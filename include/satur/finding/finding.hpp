/// \file finding/finding.hpp  One finding of a diagnosis: symptom, evidence, cause and cure.
#pragma once

#include "satur/finding/expectation.hpp"
#include "satur/rule/all.hpp"
#include "satur/text/label.hpp"
#include "satur/text/number.hpp"

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace satur { inline namespace SATUR_ABI {

enum class symptom : std::uint8_t {
  nonfinite,           ///< NaN or infinity in z or dL/dz
  saturated_layer,     ///< the slope is lost, or most units are saturated by the rule
  one_sided,           ///< most of the saturated units are on one side
  dead_units,          ///< units that are saturated on (nearly) all samples
  mean_shift,          ///< z of most units hardly depends on the input
  vanishing_gradient,  ///< dL/dz shrinks from layer to layer, backward
  exploding_gradient,  ///< dL/dz grows from layer to layer, backward
  zero_gradient,       ///< most of dL/dz is exactly 0
  poor_initialization, ///< the variance of z is not the one that the initializer should give
  update_too_large,    ///< a step changes the weights by too much
  update_too_small,    ///< a step changes the weights by too little
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
  }
  return "unknown";
}

/// Side of the activation: left is z far below 0.
enum class side : std::uint8_t { none, left, right, both };
[[nodiscard]] constexpr std::string_view to_text(side s) {
  return s == side::left ? "on the left" : s == side::right ? "on the right" : s == side::both ? "on both sides" : "";
}

/// note: informational; training may be healthy. warning: learning is slowed. alarm: learning stopped or will stop.
enum class severity : std::uint8_t { note, warning, alarm };
[[nodiscard]] constexpr std::string_view to_text(severity s) {
  return s == severity::note ? "note" : s == severity::warning ? "warning" : "alarm";
}

/// Why z is large: z has mean m = sum w_i E a_i + b and variance v = w' Cov(a) w.
enum class cause : std::uint8_t {
  unknown,
  bias,          ///< mean-driven: by b
  input_mean,    ///< mean-driven: by sum w_i E a_i, inputs that are not centered
  mean,          ///< mean-driven; only weights and inputs can tell which of the two
  weight_norm,   ///< variance-driven: by |w|
  input_scale,   ///< variance-driven: by the size of the inputs
  spread,        ///< variance-driven; only weights and inputs can tell which of the two
  slope,         ///< of a gradient: the slopes of the activations
  small_weights, ///< of a gradient: weights too small to keep its size, with no unit saturated
  large_weights, ///< of a gradient: weights too large
  learning_rate,
  upstream ///< another layer, or the loss
};
[[nodiscard]] constexpr std::string_view to_text(cause c) {
  switch (c) {
  case cause::unknown:
    return "unknown";
  case cause::bias:
    return "mean-driven, by the bias";
  case cause::input_mean:
    return "mean-driven, by inputs that are not centered";
  case cause::mean:
    return "mean-driven";
  case cause::weight_norm:
    return "weight-norm-driven";
  case cause::input_scale:
    return "input-scale-driven";
  case cause::spread:
    return "variance-driven";
  case cause::slope:
    return "the slopes of the activations";
  case cause::small_weights:
    return "small weights";
  case cause::large_weights:
    return "large weights";
  case cause::learning_rate:
    return "learning rate";
  case cause::upstream:
    return "comes from another layer";
  }
  return "unknown";
}

/// What to do about it.
enum class remedy : std::uint8_t {
  none,
  recenter,                 ///< b -= mean z, unit by unit (`recenter`)
  rescale,                  ///< w and b times a factor (`rescale`, `lsuv_step`)
  normalize_inputs,         ///< inputs of mean 0 and variance 1
  zero_centered_activation, ///< tanh instead of sigmoid
  normalization_layer,      ///< batch or layer normalization
  initializer,              ///< another rule for the initial weights, or another gain
  reinitialize_units,       ///< new weights for dead units (`reinitialize_units`)
  learning_rate,            ///< times a factor
  recentre [[deprecated("use recenter")]] = recenter,
  normalise_inputs [[deprecated("use normalize_inputs")]] = normalize_inputs,
  zero_centred_activation [[deprecated("use zero_centered_activation")]] = zero_centered_activation,
  normalisation_layer [[deprecated("use normalization_layer")]] = normalization_layer,
  reinitialise_units [[deprecated("use reinitialize_units")]] = reinitialize_units
};

/// A remedy, its factor, its wording, and its predicted effect.
struct cure {
  remedy what = remedy::none;
  double factor = std::numeric_limits<double>::quiet_NaN(); ///< what to multiply weights or learning rate by; NaN: none
  std::string advice;                                       ///< "multiply w and b by 0.2 (satur::rescale)"
  std::optional<layer_state> predicted; ///< for z normal with the mean and variance that the cure leaves
};

/// A unit that a finding names.
struct unit_evidence {
  std::size_t unit;
  double reading; ///< see finding::unit_reading
  satur::side side = satur::side::none;
};

/// One finding of a diagnosis. Prints as one to four lines: symptom with its evidence, units, cause, cure.
struct finding {
  std::string layer;
  satur::symptom symptom = satur::symptom::nonfinite;
  satur::severity severity = satur::severity::warning;
  satur::side side = satur::side::none;
  double value = std::numeric_limits<double>::quiet_NaN(); ///< the number that crossed its limit; `evidence` names it
  double limit = std::numeric_limits<double>::quiet_NaN();
  rule_definition rule; ///< when a unit counted as saturated
  std::string evidence; ///< the measured numbers, in words
  layer_state now;      ///< measured; NaN if the layer has no activation
  satur::cause cause = satur::cause::unknown;
  std::string reason; ///< the numbers behind the cause, in words
  satur::cure cure;
  std::vector<unit_evidence> units; ///< the worst first
  std::string unit_reading;         ///< the reading in `units`: "mean slope share"

  SATUR_COMPILED_MEMBER friend std::ostream& operator<<(std::ostream& out, finding const& f)
#if SATUR_COMPILED
      ;
#else
  {
    out << '[' << to_text(f.severity) << "] " << f.layer << ": " << to_text(f.symptom);
    if (f.side != satur::side::none) {
      out << ' ' << to_text(f.side);
    }
    out << ": " << f.evidence;
    if (!f.units.empty()) {
      out << "\n  units: ";
      char const* separator = "";
      for (unit_evidence const& u : f.units) {
        out << separator << u.unit << " (" << text::significant(u.reading, 3);
        if (u.side != satur::side::none) {
          out << ' ' << (u.side == satur::side::left ? "left" : u.side == satur::side::right ? "right" : "both");
        }
        out << ')';
        separator = ", ";
      }
      out << ": " << f.unit_reading;
    }
    if (f.cause != satur::cause::unknown) {
      out << "\n  cause: " << to_text(f.cause);
      if (!f.reason.empty()) {
        out << ": " << f.reason;
      }
    }
    if (!f.cure.advice.empty()) {
      out << "\n  cure: " << f.cure.advice;
      if (f.cure.predicted) {
        out << "; predicted: " << *f.cure.predicted;
      }
    }
    return out;
  }
#endif
};

}} // namespace satur::SATUR_ABI
