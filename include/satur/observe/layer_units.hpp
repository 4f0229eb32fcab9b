/// \file observe/layer_units.hpp  observe_units of a layer: any type with a member z().
///
/// The units lie along the last axis of z(). If they do not, or z() has no shape, the layer has a member `z_layout()`,
/// which gives the unit_layout of its z.
#pragma once

#include "satur/array/unit_layout.hpp"
#include "satur/observe/layer.hpp"
#include "satur/observe/masked_units.hpp"
#include "satur/observe/units.hpp"

#include <concepts>

namespace satur { inline namespace SATUR_ABI {

namespace detail {
template <class L>
concept states_z_layout = requires(L const& layer) {
  { layer.z_layout() } -> std::same_as<unit_layout>;
};

/// How the units of layer.z() lie.
template <has_z L> [[nodiscard]] unit_layout layout_of_z([[maybe_unused]] L const& layer) {
  if constexpr (states_z_layout<L>) {
    return layer.z_layout();
  } else {
    static_assert(!numbers<z_of<L>> || shaped<z_of<L>>,
                  "satur::observe_units: layer.z() has no shape; give the layer a member z_layout() that returns a "
                  "satur::unit_layout, or call observe_units(units, act, layer.z(), layout)");
    decltype(auto) z = numbers_of(layer);
    require_equal_rows("observe_units", "z", z);
    return unit_layout::of(shape_of(z));
  }
}
} // namespace detail

/// Adds layer.z() to the record of its units; see observe_units(units, act, z, layout, rule).
template <class A, detail::has_z L, saturation_rule<A> Rule = z_beyond>
void observe_units(unit_records& units, A const& act, L const& layer, Rule const& rule = Rule{}) {
  satur::observe_units(units, act, detail::numbers_of(layer), detail::layout_of_z(layer), rule);
}
/// Of the samples that the mask keeps; see sample_mask.
template <class A, detail::has_z L, saturation_rule<A> Rule = z_beyond>
void observe_units(unit_records& units, A const& act, L const& layer, sample_mask const& mask,
                   Rule const& rule = Rule{}) {
  satur::observe_units(units, act, detail::numbers_of(layer), mask, detail::layout_of_z(layer), rule);
}

}} // namespace satur::SATUR_ABI
