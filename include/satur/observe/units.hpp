/// \file observe/units.hpp  What each unit of a layer does, in one pass: observe_units, forward_units,
/// observe_unit_gradients.
///
///     unit_records units;                                       // one a layer
///     forward_units(relu{}, z, a, units);                       // z, a of shape (batch, units); a = relu(z)
///     observe_unit_gradients(dz, units);                        // dL/dz
///     unit_summary const u = units[7];                          // u.active_fraction(), u.gradient_rms(), …
///
/// z may be anything with a shape (an xtensor container, view or expression), its units along the last axis; or any
/// other range (std::vector, std::span) or shape with a `unit_layout` after it. A range that is not row-major memory is
/// copied first.
#pragma once

#include "satur/array/row_major.hpp"
#include "satur/observe/kernel/units.hpp"
#include "satur/observe/kernel/units/gradients.hpp"
#include "satur/observe/observe.hpp"
#include "satur/rule/z_beyond.hpp"

#include <span>
#include <vector>

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

template <class A, class Z, class Y, class D, class Rule>
void forward_units_into(A const& act, Z const& z, Y& y, D* dy, unit_layout const& layout, unit_records& units,
                        Rule const& rule, saturation* whole = nullptr) {
  using T = value_t<Z>;
  static_assert(std::same_as<value_t<Y>, T> && std::same_as<value_t<D>, T>,
                "satur::forward_units: z, y and dy must hold the same type of number");
  require_layout("forward_units", "z", z, layout);
  require_same_shape("forward_units", "y", y, z);
  row_major_numbers<Z> const from(z);
  row_major_results<Y> values(y);
  require_apart<T>("y", values.data(), from.data(), layout.size(), "forward_units");
  if (dy != nullptr) {
    require_same_shape("forward_units", "dy", *dy, z);
    row_major_results<D> slopes(*dy);
    require_apart<T>("dy", slopes.data(), from.data(), layout.size(), "forward_units");
    run_units<T>("forward_units", act, from.data(), values.data(), slopes.data(), layout, units, rule, whole);
    slopes.finish();
  } else {
    run_units<T>("forward_units", act, from.data(), values.data(), static_cast<T*>(nullptr), layout, units, rule,
                 whole);
  }
  values.finish();
}

template <class A, class Z, class Rule>
void observe_units_into(A const& act, Z const& z, unit_layout const& layout, unit_records& units, Rule const& rule,
                        saturation* whole = nullptr) {
  using T = value_t<Z>;
  require_layout("observe_units", "z", z, layout);
  row_major_numbers<Z> const from(z);
  run_units<T>("observe_units", act, from.data(), static_cast<T*>(nullptr), static_cast<T*>(nullptr), layout, units,
               rule, whole);
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

/// Adds a block z to the record of its units; nothing else is stored. Throws shape_error where z has not the layout's
/// size, or another number of units than the record; std::invalid_argument where the rule's numbers are out of range,
/// or the record is of another rule or activation.
template <class A, detail::numbers Z, saturation_rule<A> Rule = z_beyond>
  requires activation<A, detail::value_t<Z>>
void observe_units(A const& act, Z const& z, unit_layout const& layout, unit_records& units,
                   Rule const& rule = Rule{}) {
  detail::observe_units_into(act, z, layout, units, rule);
}
/// The units along the last axis of z.
template <class A, detail::numbers Z, saturation_rule<A> Rule = z_beyond>
  requires activation<A, detail::value_t<Z>> && detail::has_shape<Z>
void observe_units(A const& act, Z const& z, unit_records& units, Rule const& rule = Rule{}) {
  observe_units(act, z, unit_layout::of(z.shape()), units, rule);
}
template <class A, std::floating_point T, saturation_rule<A> Rule = z_beyond>
  requires activation<A, T>
void observe_units(A const& act, T const* z, std::size_t batch, std::size_t width, unit_records& units,
                   Rule const& rule = Rule{}) {
  observe_units(act, std::span<T const>(z, batch * width), unit_layout::matrix(batch, width), units, rule);
}

/// y = act(z), and z joins the record of its units: one reading of z. y has z's shape and memory of its own. Throws as
/// `observe_units` and `forward` do.
template <class A, detail::numbers Z, class Y, saturation_rule<A> Rule = z_beyond>
  requires activation<A, detail::value_t<Z>> && detail::numbers<std::remove_cvref_t<Y>>
void forward_units(A const& act, Z const& z, Y&& y, unit_layout const& layout, unit_records& units,
                   Rule const& rule = Rule{}) {
  detail::forward_units_into(act, z, y, static_cast<std::remove_reference_t<Y>*>(nullptr), layout, units, rule);
}
template <class A, detail::numbers Z, class Y, saturation_rule<A> Rule = z_beyond>
  requires activation<A, detail::value_t<Z>> && detail::numbers<std::remove_cvref_t<Y>> && detail::has_shape<Z>
void forward_units(A const& act, Z const& z, Y&& y, unit_records& units, Rule const& rule = Rule{}) {
  forward_units(act, z, y, unit_layout::of(z.shape()), units, rule);
}
/// And dy = act'(z).
template <class A, detail::numbers Z, class Y, class D, saturation_rule<A> Rule = z_beyond>
  requires activation<A, detail::value_t<Z>> && detail::numbers<std::remove_cvref_t<Y>> &&
           detail::numbers<std::remove_cvref_t<D>>
void forward_units(A const& act, Z const& z, Y&& y, unit_layout const& layout, unit_records& units, D&& dy,
                   Rule const& rule = Rule{}) {
  detail::forward_units_into(act, z, y, std::addressof(dy), layout, units, rule);
}
template <class A, detail::numbers Z, class Y, class D, saturation_rule<A> Rule = z_beyond>
  requires activation<A, detail::value_t<Z>> && detail::numbers<std::remove_cvref_t<Y>> &&
           detail::numbers<std::remove_cvref_t<D>> && detail::has_shape<Z>
void forward_units(A const& act, Z const& z, Y&& y, unit_records& units, D&& dy, Rule const& rule = Rule{}) {
  forward_units(act, z, y, unit_layout::of(z.shape()), units, dy, rule);
}

/// Adds a block dL/dz to the record of its units.
template <detail::numbers G> void observe_unit_gradients(G const& dz, unit_layout const& layout, unit_records& units) {
  detail::observe_unit_gradients_into(dz, layout, units);
}
template <detail::numbers G>
  requires detail::has_shape<G>
void observe_unit_gradients(G const& dz, unit_records& units) {
  observe_unit_gradients(dz, unit_layout::of(dz.shape()), units);
}

}} // namespace satur::SATUR_ABI
