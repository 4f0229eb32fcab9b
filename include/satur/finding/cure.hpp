/// \file finding/cure.hpp  Functions that change weights, biases or gradients to cure a finding. diagnose() calls none.
#pragma once

#include "satur/activation/concept.hpp"
#include "satur/activation/identity.hpp"
#include "satur/finding/attribute.hpp"
#include "satur/finding/finding.hpp"
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

/// w *= factor and b *= factor; `function` is named in errors.
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

/// w *= factor and b *= factor, which multiplies z of the same inputs by factor.
///
/// Shapes: w (inputs, units) row-major, b (units); any contiguous containers.
/// Errors: throws shape_error if w and b do not fit, std::invalid_argument if factor is 0 or not finite. Nothing is
/// changed then.
template <class W, class B> void rescale(W&& w, B&& b, double factor) {
  if (!detail::is_finite(factor) || factor == 0.0) {
    detail::bad_parameter("rescale", "factor", factor, "a finite number other than 0");
  }
  detail::scale_weights("rescale", w, b, factor);
}

/// Subtracts from b the mean of z of each listed unit: with the same inputs, its z has mean 0 afterward.
///
/// Shapes: b (units); z (samples, units), row-major. If the means are known, give them as z of one sample.
/// Errors: throws shape_error if z is empty or its size is not a multiple of b's, std::out_of_range if a unit is not in
/// the layer, std::invalid_argument if its mean is not finite. Nothing is changed then.
template <class B, class Z> void recenter(B&& b, Z const& z, std::span<std::size_t const> units) {
  auto const bias = detail::memory_of("recenter", "b", b);
  input_moments const of_units = detail::moments_of_columns("recenter", "z", z, bias.size());
  for (std::size_t const unit : units) {
    if (unit >= bias.size()) {
      detail::raise(
          std::out_of_range(detail::message("satur::recenter: unit is ", unit, "; allowed: 0 to ", bias.size() - 1)));
    }
    if (!detail::is_finite(of_units.mean[unit])) {
      detail::bad_parameter("recenter", "a unit's mean of z", of_units.mean[unit], "finite numbers");
    }
  }
  using T = std::remove_cvref_t<decltype(bias[0])>;
  for (std::size_t const unit : units) {
    bias[unit] = static_cast<T>(static_cast<double>(bias[unit]) - of_units.mean[unit]);
  }
}
/// The same for all units. Errors: as above.
template <class B, class Z> void recenter(B&& b, Z const& z) {
  std::vector<std::size_t> all(detail::memory_of("recenter", "b", b).size());
  for (std::size_t u = 0; u < all.size(); ++u) {
    all[u] = u;
  }
  recenter(b, z, all);
}

/// What a cure asks for in `finding::layers[k]`: the same for the units that it lists for this layer, or for all units
/// where it lists none. Errors: as above; throws std::invalid_argument if the cure is another one than to recenter.
template <class B, class Z> void recenter(B&& b, Z const& z, cure const& asked, std::size_t k = 0) {
  if (asked.what != remedy::recenter) {
    detail::bad_parameter("recenter", "cure.what", to_text(asked.what), "recentering: see cure.advice");
  }
  if (auto const& units = asked.units_of(k); units.empty()) {
    recenter(b, z);
  } else {
    recenter(b, z, units);
  }
}

/// Multiplies w and b by target / std z, with the standard deviation of z over all units and samples, and returns this
/// factor: one step of layer-sequential unit-variance initialization.
///
/// Shapes: w (inputs, units) row-major, b (units), z any shape.
/// Errors: throws std::invalid_argument if target is not a finite number above 0, or if z is constant or not finite: no
/// factor gives it a variance. Nothing is changed then.
/// Source: D. Mishkin, J. Matas, "All you need is a good init", 2016.
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

/// Options of self_repair. The defaults are those of Kaldi's nnet3.
struct self_repair_options {
  double scale = 1e-5; ///< size of the repair term per element (nnet3: self-repair-scale)
  /// A unit is repaired if its mean slope is below this share of the peak slope. nnet3 has 0.2 for sigmoid (0.05 of
  /// 0.25) and tanh (0.2 of 1).
  double slope_share = 0.2;
  double least_active = 0.05; ///< one-sided activations such as relu: repaired below this mean slope ...
  double most_active = 0.95;  ///< ... and above this one
};

/// Adds a repair term to dL/dz of each unit whose mean slope over this z is below the limit of the options. Returns how
/// many units got it. Call it on each minibatch, or with twice the scale on half of them, as nnet3 does.
///
/// Term: for an activation with two finite asymptotes, scale * y with y scaled to (-1, 1): gradient descent then moves
/// z to the middle. For a one-sided activation, scale with a sign: descent moves z toward the slope, or away from it if
/// the unit is always on.
/// Shapes: z and dz (samples, units), row-major.
/// Errors: throws shape_error if z and dz differ in size or their size is not a multiple of units; throws
/// std::invalid_argument if the activation has no flat side, or if scale is negative or not finite.
/// Source: D. Povey et al., Kaldi, nnet3, `RepairGradients`, with the opposite sign: nnet3 ascends.
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
    double const up = known.flat_left ? -1.0 : 1.0; // descent moves z toward the slope
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

/// Gives the listed units new incoming weights from the initializer, bias 0 and outgoing weights 0. The next layer's z
/// changes only by what the old units contributed.
///
/// Shapes: w (inputs, units), b (units), next_w (units, outputs), row-major; next_w may be empty.
/// Randomness: takes one key from the generator.
/// Errors: throws std::out_of_range if a unit is not in the layer, shape_error if the sizes do not fit. Nothing is
/// changed then.
/// Source: G. Sokar et al., "The dormant neuron phenomenon in deep reinforcement learning" (ReDo), 2023.
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
      detail::raise(std::out_of_range(
          detail::message("satur::reinitialize_units: unit is ", unit, "; allowed: 0 to ", bias.size() - 1)));
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
