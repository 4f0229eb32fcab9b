/// \file layer/readings.hpp  The saturation of a layer's last z.
#pragma once

#include "satur/observe/fraction.hpp"
#include "satur/observe/observe.hpp"

namespace satur { inline namespace SATUR_ABI {

/// What a layer with `z()`, its last pre-activations (batch, units), inherits: `struct dense : z_readings<dense<T>>`.
/// Before the first forward nothing was seen: the numbers are NaN and the record is empty.
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

private:
  [[nodiscard]] Layer const& layer() const { return static_cast<Layer const&>(*this); }
};

}} // namespace satur::SATUR_ABI
