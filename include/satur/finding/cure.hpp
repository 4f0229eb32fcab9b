/// \file finding/cure.hpp  Cures to apply: nothing here happens unless the caller asks for it.
#pragma once

#include "satur/activation/concept.hpp"
#include "satur/activation/identity.hpp"
#include "satur/finding/attribute.hpp"
#include "satur/finding/weights.hpp"
#include "satur/initializer/concept.hpp"
#include "satur/observe/observe.hpp"
#include "satur/rule/z_beyond.hpp"

#include <cmath>
#include <cstddef>
#include <random>
#include <span>
#include <vector>

namespace satur { inline namespace SATUR_ABI {

namespace detail {

/// w *= factor and b *= factor, for the function that was called.
template <class W, class B> void scale_weights(char const* function, W& w, B& b, double factor) {
  auto const bias = memory_of(function, "b", b);
  auto const weights = weights_of(function, w, bias.size());
  using T = std::remove_cvref_t<decltype(weights(0, 0))>;
  T const f = static_cast<T>(factor);
  for (std::size_t i = 0; i < weights.in * weights.units; ++i) {
    weights.data[i] *= f;
  }
  for (auto& e : bias) {
    e *= f;
  }
}

} // namespace detail

/// w *= factor and b *= factor: z of the same inputs is multiplied by it. Any contiguous containers.
/// Throws std::invalid_argument where factor is not finite or 0; nothing is changed then.
template <class W, class B> void rescale(W&& w, B&& b, double factor) {
  if (!detail::is_finite(factor) || factor == 0.0) {
    detail::bad_parameter("rescale", "factor", factor, "a finite number other than 0");
  }
  detail::scale_weights("rescale", w, b, factor);
}

/// b -= the mean of each unit's z, so that with the same inputs each unit's z has mean 0. z is (samples, units),
/// row-major; where the means are known, they are a z of one sample. Throws shape_error where z is empty or its size is
/// no multiple of b's, std::invalid_argument where a mean is not finite; nothing is changed then.
template <class B, class Z> void recenter(B&& b, Z const& z) {
  auto const bias = detail::memory_of("recenter", "b", b);
  input_moments const of_units = detail::moments_of_columns("recenter", "z", z, bias.size());
  for (double const m : of_units.mean) {
    if (!detail::is_finite(m)) {
      detail::bad_parameter("recenter", "a unit's mean of z", m, "finite numbers");
    }
  }
  using T = std::remove_cvref_t<decltype(bias[0])>;
  for (std::size_t j = 0; j < bias.size(); ++j) {
    bias[j] = static_cast<T>(static_cast<double>(bias[j]) - of_units.mean[j]);
  }
}

/// One step of layer-sequential unit-variance initialization (Mishkin, Matas 2016): w and b divided by the standard
/// deviation of z over all units and samples, times `target`. Returns the factor. Throws std::invalid_argument where z
/// is constant or not finite: no factor gives it a variance.
template <class W, class B, class Z> double lsuv_step(W&& w, B&& b, Z const& z, double target = 1.0) {
  if (!(target > 0.0 && detail::is_finite(target))) {
    detail::bad_parameter("lsuv_step", "target", target, "a standard deviation > 0");
  }
  saturation const all = observe(identity{}, z);
  double const std = all.nonfinite() ? std::numeric_limits<double>::quiet_NaN() : all.stddev_z();
  if (!(std > 0.0) || !detail::is_finite(std)) {
    detail::bad_parameter("lsuv_step", "the standard deviation of z", std, "a finite number > 0: z must vary");
  }
  double const factor = target / std;
  if (!detail::is_finite(factor) || factor == 0.0) {
    detail::bad_parameter("lsuv_step", "target / the standard deviation of z", factor, "a finite number other than 0");
  }
  detail::scale_weights("lsuv_step", w, b, factor);
  return factor;
}

/// What Kaldi's nnet3 adds in the loop for units that lost their slope.
struct self_repair_options {
  double scale = 1e-5; ///< of the term, per element (nnet3: self-repair-scale)
  /// Mean slope, as a share of the peak, below which a unit is repaired; 0.2 is nnet3's for sigmoid (0.05 of 0.25) and
  /// tanh (0.2 of 1).
  double slope_share = 0.2;
  double least_active = 0.05; ///< relu and its like, flat on one side: repaired below this mean slope ...
  double most_active = 0.95;  ///< ... and above this one
};

/// Adds Kaldi's repair term to dL/dz, (samples, units) row-major, for the units whose mean slope over this z is under
/// the threshold; returns how many were. An activation with two finite asymptotes gets + scale * y, y scaled to (-1,
/// 1): descent then draws z to the middle. One that is flat on one side gets the scale itself, signed so that descent
/// draws z toward the slope (away from it where the unit is always on). (Povey et al., nnet3, `RepairGradients`; its
/// sign is the other one, as it ascends.) In a loop: on each minibatch, or with twice the scale on half of them, as
/// nnet3 does. Throws shape_error where z and dz differ or are no multiple of units, std::invalid_argument where the
/// activation has no flat side, or an option is out of range.
template <class A, class Z, class D>
std::size_t self_repair(A const& act, Z const& z, D&& dz, std::size_t units, self_repair_options const& options = {}) {
  auto const from = detail::memory_of("self_repair", "z", z);
  auto const to = detail::memory_of("self_repair", "dz", dz);
  using T = std::remove_cvref_t<decltype(to[0])>;
  if (units == 0 || from.size() % units != 0) {
    detail::bad_shape("self_repair", "z", detail::shape_text({from.size()}), detail::message("(samples, ", units, ')'));
  }
  if (from.size() != to.size()) {
    detail::bad_shape("self_repair", "dz", detail::shape_text({to.size()}),
                      detail::message(detail::shape_text({from.size()}), ", the size of z"));
  }
  if (!(options.scale >= 0.0 && detail::is_finite(options.scale))) {
    detail::bad_parameter("self_repair", "scale", options.scale, "a finite number >= 0");
  }
  any_activation const known(act);
  bool const two_sided = detail::is_finite(known.lower()) && detail::is_finite(known.upper());
  if (!two_sided && !known.can_saturate()) {
    detail::bad_parameter("self_repair", "activation", known.name, "activations with a flat side");
  }
  std::size_t const samples = from.size() / units;
  double const peak = known.peak_slope();
  std::vector<double> slope(units);
  for (std::size_t i = 0; i < from.size(); ++i) {
    slope[i % units] += static_cast<double>(detail::slope_at(act, static_cast<T>(from[i])));
  }
  std::size_t repaired = 0;
  double const middle = 0.5 * (known.upper() + known.lower());
  double const half = 0.5 * (known.upper() - known.lower());
  for (std::size_t j = 0; j < units && samples != 0; ++j) {
    double const share = slope[j] / static_cast<double>(samples) / peak;
    double const up = known.flat_left ? -1.0 : 1.0; // descent on it draws z toward the slope
    double constant = 0.0;
    if (two_sided ? !(share < options.slope_share) : !(share < options.least_active || share > options.most_active)) {
      continue;
    }
    if (!two_sided) {
      constant = options.scale * (share < options.least_active ? up : -up);
    }
    ++repaired;
    for (std::size_t s = 0; s < samples; ++s) {
      std::size_t const at = s * units + j;
      double const y =
          two_sided ? (static_cast<double>(detail::value_at(act, static_cast<T>(from[at]))) - middle) / half : 0.0;
      to[at] += static_cast<T>(two_sided ? options.scale * y : constant);
    }
  }
  return repaired;
}

/// New weights for the named units (Sokar et al. 2023, ReDo): incoming weights from the initializer, bias 0, outgoing
/// weights 0, so that the next layer's z changes only by what the old unit gave it. w (inputs, units), next_w (units,
/// outputs), both row-major; an empty next_w is left alone. Takes one key from the generator. Throws std::out_of_range
/// where a unit is not in the layer, shape_error where the sizes do not fit; nothing is changed then.
template <class Init, class W, class B, class N, std::uniform_random_bit_generator G>
void reinitialize_units(Init const& init, W&& w, B&& b, N&& next_w, std::span<std::size_t const> dead, G& generator) {
  auto const bias = detail::memory_of("reinitialize_units", "b", b);
  auto const weights = detail::weights_of("reinitialize_units", w, bias.size());
  auto const next = detail::memory_of("reinitialize_units", "next_w", next_w);
  using T = std::remove_cvref_t<decltype(weights(0, 0))>;
  if (next.size() % bias.size() != 0) {
    detail::bad_shape("reinitialize_units", "next_w", detail::shape_text({next.size()}),
                      detail::message("(", bias.size(), ", outputs): a row for each unit"));
  }
  for (std::size_t const unit : dead) {
    if (unit >= bias.size()) {
      throw std::out_of_range(
          detail::message("satur::reinitialize_units: unit is ", unit, "; allowed: 0 to ", bias.size() - 1));
    }
  }
  std::vector<T> fresh(weights.in * dead.size());
  fill(init, std::span<T>(fresh), fans{weights.in, bias.size()}, generator);
  std::size_t const outputs = next.size() / bias.size();
  for (std::size_t k = 0; k < dead.size(); ++k) {
    std::size_t const unit = dead[k];
    for (std::size_t i = 0; i < weights.in; ++i) {
      weights(i, unit) = fresh[i * dead.size() + k];
    }
    bias[unit] = 0;
    for (std::size_t o = 0; o < outputs; ++o) {
      next[unit * outputs + o] = 0;
    }
  }
}

}} // namespace satur::SATUR_ABI
