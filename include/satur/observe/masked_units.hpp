/// \file observe/masked_units.hpp  observe_units, forward_units and observe_unit_gradients of the samples that a mask
/// keeps.
///
///     forward_units(units, act, z, y, sample_mask{keep});       // keep: one entry for each sample, 0 is padding
///     observe_unit_gradients(units, dz, sample_mask{keep});
///
/// The records are those of the kept samples gathered into a matrix (samples, units), bit for bit; y is computed
/// everywhere. A mask has one entry for each sample: a unit counts the samples of its layer.
#pragma once

#include "satur/array/kept_numbers.hpp"
#include "satur/array/row_major.hpp"
#include "satur/array/sample_mask.hpp"
#include "satur/observe/masked.hpp"
#include "satur/observe/units.hpp"

#include <algorithm>
#include <cstddef>
#include <span>
#include <type_traits>
#include <vector>

namespace satur { inline namespace SATUR_ABI {

namespace detail {

/// f(block, layout of the block) for the kept samples of x, gathered by as many as a pass joins at a time.
template <class X, class F>
void for_each_kept_strip(X const& x, unit_layout const& layout, sample_mask const& mask, F&& f) {
  using T = value_t<X>;
  row_major_numbers<X> const from(x);
  std::span<T const> const all(from.data(), layout.size());
  std::vector<T> block((std::min)(mask.kept(), strip_samples) * layout.units);
  kept_numbers<std::span<T const>> kept(all, layout, mask);
  while (std::size_t const n = kept.read(block.data(), block.size())) {
    f(static_cast<T const*>(block.data()), unit_layout::matrix(n / layout.units, layout.units));
  }
}

template <class A, class Z, class Rule>
void observe_kept_units(char const* function, unit_records& units, A const& act, Z const& z, unit_layout const& layout,
                        sample_mask const& mask, Rule const& rule) {
  using T = value_t<Z>;
  require_layout(function, "z", z, layout);
  require_samples(function, mask, layout);
  auto const bound = limits_of<T>(rule, act); // throws, also if there is nothing to see
  saturation const nothing = empty_record(act, rule);
  unit_access::prepare(function, units, layout, nothing.rule, nothing.activation, nothing.peak_slope);
  for_each_kept_strip(z, layout, mask, [&](T const* block, unit_layout const& part) {
    unit_pass<T> pass{
        {evaluator_of<T>(act), block, nullptr, nullptr, part}, bound, output_when_off<T>(act), units, nullptr};
    math::run<T>(pass);
  });
}

/// y and dy may be null.
template <class A, class Z, class Y, class D, class Rule>
void forward_kept_units(unit_records& units, A const& act, Z const& z, Y* y, D* dy, unit_layout const& layout,
                        sample_mask const& mask, Rule const& rule) {
  constexpr char const* function = "forward_units";
  require_layout(function, "z", z, layout);
  require_samples(function, mask, layout);
  static_cast<void>(limits_of<value_t<Z>>(rule, act)); // throws before anything is written
  results_into(function, act, z, y, dy);
  observe_kept_units(function, units, act, z, layout, mask, rule);
}

} // namespace detail

/// Adds the samples of z that the mask keeps to the record of its units, laid out as `layout` says. Throws shape_error
/// if the mask has not one entry for each sample; and what `observe_units` throws.
template <class A, detail::numbers Z, saturation_rule<A> Rule = z_beyond>
  requires activation<A, detail::value_t<Z>>
void observe_units(unit_records& units, A const& act, Z const& z, sample_mask const& mask, unit_layout const& layout,
                   Rule const& rule = Rule{}) {
  detail::observe_kept_units("observe_units", units, act, z, layout, mask, rule);
}
/// The units along the last axis of z.
template <class A, detail::shaped Z, saturation_rule<A> Rule = z_beyond>
  requires detail::numbers<Z> && activation<A, detail::value_t<Z>>
void observe_units(unit_records& units, A const& act, Z const& z, sample_mask const& mask, Rule const& rule = Rule{}) {
  detail::require_equal_rows("observe_units", "z", z);
  observe_units(units, act, z, mask, unit_layout::of(detail::shape_of(z)), rule);
}

/// y = act(z) everywhere, and the samples of z that the mask keeps join the record of their units. Throws as
/// `observe_units` with a mask and as `forward` do.
template <class A, detail::numbers Z, class Y, saturation_rule<A> Rule = z_beyond>
  requires activation<A, detail::value_t<Z>> && detail::numbers<std::remove_cvref_t<Y>>
void forward_units(unit_records& units, A const& act, Z const& z, Y&& y, sample_mask const& mask,
                   unit_layout const& layout, Rule const& rule = Rule{}) {
  detail::forward_kept_units(units, act, z, detail::address_of(y), detail::not_wanted, layout, mask, rule);
}
template <class A, detail::shaped Z, class Y, saturation_rule<A> Rule = z_beyond>
  requires detail::numbers<Z> && activation<A, detail::value_t<Z>> && detail::numbers<std::remove_cvref_t<Y>>
void forward_units(unit_records& units, A const& act, Z const& z, Y&& y, sample_mask const& mask,
                   Rule const& rule = Rule{}) {
  detail::require_equal_rows("forward_units", "z", z);
  forward_units(units, act, z, y, mask, unit_layout::of(detail::shape_of(z)), rule);
}
/// And dy = act'(z), everywhere.
template <class A, detail::numbers Z, class Y, class D, saturation_rule<A> Rule = z_beyond>
  requires activation<A, detail::value_t<Z>> && detail::numbers<std::remove_cvref_t<Y>> &&
           detail::numbers<std::remove_cvref_t<D>>
void forward_units(unit_records& units, A const& act, Z const& z, Y&& y, D&& dy, sample_mask const& mask,
                   unit_layout const& layout, Rule const& rule = Rule{}) {
  detail::forward_kept_units(units, act, z, detail::address_of(y), detail::address_of(dy), layout, mask, rule);
}
template <class A, detail::shaped Z, class Y, class D, saturation_rule<A> Rule = z_beyond>
  requires detail::numbers<Z> && activation<A, detail::value_t<Z>> && detail::numbers<std::remove_cvref_t<Y>> &&
           detail::numbers<std::remove_cvref_t<D>>
void forward_units(unit_records& units, A const& act, Z const& z, Y&& y, D&& dy, sample_mask const& mask,
                   Rule const& rule = Rule{}) {
  detail::require_equal_rows("forward_units", "z", z);
  forward_units(units, act, z, y, dy, mask, unit_layout::of(detail::shape_of(z)), rule);
}

/// Adds the samples of dL/dz that the mask keeps to the record of their units.
template <detail::numbers G>
void observe_unit_gradients(unit_records& units, G const& dz, sample_mask const& mask, unit_layout const& layout) {
  using T = detail::value_t<G>;
  detail::require_layout("observe_unit_gradients", "dz", dz, layout);
  detail::require_samples("observe_unit_gradients", mask, layout);
  detail::unit_access::prepare("observe_unit_gradients", units, layout, "dz");
  detail::for_each_kept_strip(dz, layout, mask, [&](T const* block, unit_layout const& part) {
    detail::unit_gradient_pass<T> pass{block, part, units, nullptr};
    math::run<T>(pass);
  });
}
/// The units along the last axis of dz.
template <detail::shaped G>
  requires detail::numbers<G>
void observe_unit_gradients(unit_records& units, G const& dz, sample_mask const& mask) {
  detail::require_equal_rows("observe_unit_gradients", "dz", dz);
  observe_unit_gradients(units, dz, mask, unit_layout::of(detail::shape_of(dz)));
}

}} // namespace satur::SATUR_ABI
