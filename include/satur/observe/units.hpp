/// \file observe/units.hpp  What each unit of a layer does, in one pass: observe_units, forward_units,
/// observe_unit_gradients.
///
///     unit_records units;                                       // one a layer
///     forward_units(units, relu{}, z, a);                       // z, a of shape (batch, units); a = relu(z)
///     observe_unit_gradients(units, dz);                        // dL/dz
///     unit_summary const u = units[7];                          // u.active_fraction(), u.gradient_rms(), …
///
/// z may be anything with a shape, its units along the last axis: an xtensor container, view or expression, a range of
/// rows (std::vector<std::vector<float>>), an `array_view` or your own type with an `as_array_view`. Any other numbers
/// (std::vector, std::span, `as_bfloat16`), or units along another axis, need a `unit_layout` after them. Numbers that
/// are not row-major memory are copied first.
#pragma once

#include "satur/array/row_major.hpp"
#include "satur/observe/kernel/units.hpp"
#include "satur/observe/kernel/units/gradients.hpp"
#include "satur/observe/observe.hpp"
#include "satur/rule/z_beyond.hpp"

#include <type_traits>

namespace satur { inline namespace SATUR_ABI {

namespace detail {

/// f(z) where the activation is exactly flat: beyond its first kink, or else beyond its last; 0 where it is not, or
/// states no kinks.
template <class T, class A> [[nodiscard]] T output_when_off(A const& act) {
  if constexpr (has_kinks<A>) {
    auto const kinks = act.kinks();
    if (std::size(kinks) != 0) {
      T const left = static_cast<T>(kinks[0] - 1.0);
      T const right = static_cast<T>(kinks[std::size(kinks) - 1] + 1.0);
      for (T const z : {left, right}) {
        if (slope_at(act, z) == T(0)) {
          return value_at(act, z);
        }
      }
    }
  }
  return T(0);
}

template <class T, class A, class Rule>
void run_units(char const* function, A const& act, T const* z, T* y, T* dy, unit_layout const& layout,
               unit_records& units, Rule const& rule, saturation* whole = nullptr) {
  auto const bound = limits_of<T>(rule, act); // throws, also where there is nothing to see
  saturation const nothing = empty_record(act, rule);
  unit_access::prepare(function, units, layout, nothing.rule, nothing.activation, nothing.peak_slope);
  if (whole != nullptr) {
    *whole = nothing;
  }
  if (layout.size() != 0) {
    unit_pass<T> pass{{evaluator_of<T>(act), z, y, dy, layout}, bound, output_when_off<T>(act), units, whole};
    math::run<T>(pass);
  }
}

/// A result's memory in row-major order; none if the result is not wanted.
template <class T, class Y> struct unit_results : row_major_results<Y> {
  static_assert(std::same_as<value_t<Y>, T>, "satur::forward_units: z, y and dy must hold the same type of number");
  explicit unit_results(Y* y) : row_major_results<Y>(*y) {}
};
template <class T> struct unit_results<T, no_array> {
  explicit unit_results(no_array*) {}
  [[nodiscard]] T* data() const { return nullptr; }
  void finish() const {}
};

/// The body of observe_units and forward_units; y and dy may be null. `whole`, if non-null, receives what `observe`
/// gives of the same numbers.
template <class A, class Z, class Y, class D, class Rule>
void units_into(char const* function, A const& act, Z const& z, Y* y, D* dy, unit_layout const& layout,
                unit_records& units, Rule const& rule, saturation* whole = nullptr) {
  using T = value_t<Z>;
  require_layout(function, "z", z, layout);
  if constexpr (is_array_v<Y>) {
    require_same_shape(function, "y", *y, z);
  }
  if constexpr (is_array_v<D>) {
    require_same_shape(function, "dy", *dy, z);
  }
  row_major_numbers<Z> const from(z);
  unit_results<T, Y> values(y);
  unit_results<T, D> slopes(dy);
  if constexpr (is_array_v<Y>) {
    require_unshared("y", values.data(), from.data(), *y, z, function);
  }
  if constexpr (is_array_v<D>) {
    require_unshared("dy", slopes.data(), from.data(), *dy, z, function);
  }
  run_units<T>(function, act, from.data(), values.data(), slopes.data(), layout, units, rule, whole);
  slopes.finish();
  values.finish();
}

template <class G>
void observe_unit_gradients_into(G const& dz, unit_layout const& layout, unit_records& units,
                                 gradient_record* whole = nullptr) {
  using T = value_t<G>;
  require_layout("observe_unit_gradients", "dz", dz, layout);
  unit_access::prepare("observe_unit_gradients", units, layout, "dz");
  if (layout.size() != 0) {
    row_major_numbers<G> const from(dz);
    unit_gradient_pass<T> pass{from.data(), layout, units, whole};
    math::run<T>(pass);
  }
}

} // namespace detail

/// Adds a block z to the record of its units, laid out as `layout` says; nothing else is stored. Throws shape_error if
/// z has not the layout's size, another number of units than the record, or rows of different length;
/// std::invalid_argument if the rule's numbers are out of range, or the record is of another rule or activation.
template <class A, detail::numbers Z, saturation_rule<A> Rule = z_beyond>
  requires activation<A, detail::value_t<Z>>
void observe_units(unit_records& units, A const& act, Z const& z, unit_layout const& layout,
                   Rule const& rule = Rule{}) {
  detail::units_into("observe_units", act, z, detail::not_wanted, detail::not_wanted, layout, units, rule);
}
/// The units along the last axis of z.
template <class A, detail::shaped Z, saturation_rule<A> Rule = z_beyond>
  requires detail::numbers<Z> && activation<A, detail::value_t<Z>>
void observe_units(unit_records& units, A const& act, Z const& z, Rule const& rule = Rule{}) {
  detail::require_equal_rows("observe_units", "z", z);
  observe_units(units, act, z, unit_layout::of(detail::shape_of(z)), rule);
}

/// y = act(z), and z joins the record of its units: one reading of z. y has z's shape and memory of its own. Throws as
/// `observe_units` and `forward` do.
template <class A, detail::numbers Z, class Y, saturation_rule<A> Rule = z_beyond>
  requires activation<A, detail::value_t<Z>> && detail::numbers<std::remove_cvref_t<Y>>
void forward_units(unit_records& units, A const& act, Z const& z, Y&& y, unit_layout const& layout,
                   Rule const& rule = Rule{}) {
  detail::units_into("forward_units", act, z, detail::address_of(y), detail::not_wanted, layout, units, rule);
}
template <class A, detail::shaped Z, class Y, saturation_rule<A> Rule = z_beyond>
  requires detail::numbers<Z> && activation<A, detail::value_t<Z>> && detail::numbers<std::remove_cvref_t<Y>>
void forward_units(unit_records& units, A const& act, Z const& z, Y&& y, Rule const& rule = Rule{}) {
  detail::require_equal_rows("forward_units", "z", z);
  forward_units(units, act, z, y, unit_layout::of(detail::shape_of(z)), rule);
}
/// And dy = act'(z).
template <class A, detail::numbers Z, class Y, class D, saturation_rule<A> Rule = z_beyond>
  requires activation<A, detail::value_t<Z>> && detail::numbers<std::remove_cvref_t<Y>> &&
           detail::numbers<std::remove_cvref_t<D>>
void forward_units(unit_records& units, A const& act, Z const& z, Y&& y, D&& dy, unit_layout const& layout,
                   Rule const& rule = Rule{}) {
  detail::units_into("forward_units", act, z, detail::address_of(y), detail::address_of(dy), layout, units, rule);
}
template <class A, detail::shaped Z, class Y, class D, saturation_rule<A> Rule = z_beyond>
  requires detail::numbers<Z> && activation<A, detail::value_t<Z>> && detail::numbers<std::remove_cvref_t<Y>> &&
           detail::numbers<std::remove_cvref_t<D>>
void forward_units(unit_records& units, A const& act, Z const& z, Y&& y, D&& dy, Rule const& rule = Rule{}) {
  detail::require_equal_rows("forward_units", "z", z);
  forward_units(units, act, z, y, dy, unit_layout::of(detail::shape_of(z)), rule);
}

/// Adds a block dL/dz to the record of its units.
template <detail::numbers G> void observe_unit_gradients(unit_records& units, G const& dz, unit_layout const& layout) {
  detail::observe_unit_gradients_into(dz, layout, units);
}
/// The units along the last axis of dz.
template <detail::shaped G>
  requires detail::numbers<G>
void observe_unit_gradients(unit_records& units, G const& dz) {
  detail::require_equal_rows("observe_unit_gradients", "dz", dz);
  observe_unit_gradients(units, dz, unit_layout::of(detail::shape_of(dz)));
}

}} // namespace satur::SATUR_ABI
