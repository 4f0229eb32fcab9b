/// \file observe/gradient_magnitudes.hpp  The mean |dL/dz| of each unit, in a record of its own: what gra_ma asks for.
///
///     unit_records gradients;                            // beside the record of z
///     observe_gradient_magnitudes(gradients, dz);        // dL/dz of shape (batch, units), after each backward pass
///     find_dormant(gradients, gra_ma{0.01});
#pragma once

#include "satur/activation/identity.hpp"
#include "satur/observe/masked_units.hpp"
#include "satur/observe/units.hpp"

#include <string_view>

namespace satur { inline namespace SATUR_ABI {

namespace detail {
/// dL/dz takes the place of z, so that a record has its moments; the name keeps it apart from records of z.
struct gradient_as_z : satur::identity {
  static constexpr std::string_view name = gradient_record_name;
};
} // namespace detail

/// Adds a block dL/dz to a record that holds nothing else: of each unit `mean_magnitude()` is the mean |dL/dz| of its
/// finite numbers, `mean_z()` and `variance_z()` are the moments of dL/dz. Another 64 bytes a unit, and a pass that
/// costs as much as `observe_units`; the record of z keeps the mean square alone. Any gradient of (rows, units) may be
/// given, also that of the weights (inputs, units). Throws shape_error if dz has not the layout's size, or the record
/// another number of units; std::invalid_argument if the record has seen z.
template <detail::numbers G>
void observe_gradient_magnitudes(unit_records& units, G const& dz, unit_layout const& layout) {
  observe_units(units, detail::gradient_as_z{}, dz, layout);
}
/// The units along the last axis of dz.
template <detail::shaped G>
  requires detail::numbers<G>
void observe_gradient_magnitudes(unit_records& units, G const& dz) {
  observe_units(units, detail::gradient_as_z{}, dz);
}
/// Of the samples that the mask keeps.
template <detail::numbers G>
void observe_gradient_magnitudes(unit_records& units, G const& dz, sample_mask const& mask, unit_layout const& layout) {
  observe_units(units, detail::gradient_as_z{}, dz, mask, layout);
}
template <detail::shaped G>
  requires detail::numbers<G>
void observe_gradient_magnitudes(unit_records& units, G const& dz, sample_mask const& mask) {
  observe_units(units, detail::gradient_as_z{}, dz, mask);
}

}} // namespace satur::SATUR_ABI
