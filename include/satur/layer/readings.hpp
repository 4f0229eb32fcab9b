/// \file layer/readings.hpp  The saturation of a layer's last z, and what its weights let expect.
#pragma once

#include "satur/observe/fraction.hpp"
#include "satur/observe/layer_units.hpp"
#include "satur/observe/masked.hpp"
#include "satur/observe/observe.hpp"
#include "satur/theory/units.hpp"

namespace satur { inline namespace SATUR_ABI {

/// What a layer with `z()`, its last pre-activations (batch, units), inherits: `struct dense : z_readings<dense<T>>`.
/// Before the first forward, and after one of an empty batch, nothing was seen: the numbers are NaN and the record is
/// empty.
///
/// The layer may have two more members, for this class alone:
/// - `unit_layout z_layout() const`, if its units do not lie along the last axis of z;
/// - `theory::unit_laws z_laws(input_mean, input_variance) const`, if its z is not x w + b with the members w (in, out)
///   and b (out).
template <class Layer> class z_readings {
public:
  /// Share of z with |z| > threshold; see satur::saturated_fraction.
  [[nodiscard]] double saturated_fraction(double threshold = 5.0) const {
    return satur::saturated_fraction(layer().z(), threshold);
  }
  /// Mean of act'(z); see satur::mean_derivative.
  template <class A> [[nodiscard]] double mean_derivative(A const& act) const {
    return satur::mean_derivative(act, layer().z());
  }
  /// The whole record; see satur::observe.
  template <class A, saturation_rule<A> Rule = z_beyond>
  [[nodiscard]] saturation observe(A const& act, Rule const& rule = Rule{}) const {
    return satur::observe(act, layer().z(), rule);
  }
  /// The record of the samples that the mask keeps; see sample_mask.
  template <class A, saturation_rule<A> Rule = z_beyond>
  [[nodiscard]] saturation observe(A const& act, sample_mask const& mask, Rule const& rule = Rule{}) const {
    return satur::observe(act, layer().z(), mask, rule);
  }
  /// Adds z to the record of its units; see satur::observe_units.
  template <class A, saturation_rule<A> Rule = z_beyond>
  void observe_units(unit_records& units, A const& act, Rule const& rule = Rule{}) const {
    satur::observe_units(units, act, layer(), rule);
  }
  template <class A, saturation_rule<A> Rule = z_beyond>
  void observe_units(unit_records& units, A const& act, sample_mask const& mask, Rule const& rule = Rule{}) const {
    satur::observe_units(units, act, layer(), mask, rule);
  }
  /// The saturated fraction and the mean slope to expect from the weights as they are, for independent inputs of these
  /// means and variances: one number for all inputs, or one for each. Needs no forward pass. Compare `fraction()` with
  /// saturated_fraction(threshold), `mean_derivative` with mean_derivative(act). Throws as theory::predict does.
  template <class A, detail::number_or_list M = double, detail::number_or_list V = double>
  [[nodiscard]] theory::unit_prediction predicted(A const& act, M const& input_mean = 0.0,
                                                  V const& input_variance = 1.0, double threshold = 5.0) const {
    if constexpr (requires { layer().z_laws(input_mean, input_variance); }) {
      return theory::predicted(layer().z_laws(input_mean, input_variance), act, threshold);
    } else {
      static_assert(
          requires { theory::predict(layer().w, layer().b, input_mean, input_variance); },
          "satur: predicted() needs the layer's members w (in, out) and b (out), or its member "
          "z_laws(input_mean, input_variance), which returns theory::unit_laws");
      return theory::predicted(theory::predict(layer().w, layer().b, input_mean, input_variance), act, threshold);
    }
  }

private:
  [[nodiscard]] Layer const& layer() const { return static_cast<Layer const&>(*this); }
};

}} // namespace satur::SATUR_ABI
