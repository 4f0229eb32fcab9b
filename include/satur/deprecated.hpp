/// \file deprecated.hpp  Old names, for one minor version. docs/migration.md lists them with their new names.
///
/// Old names of the findings are in satur/finding/deprecated.hpp and those of satur/testing.hpp in that folder, so that
/// this header stays as light as satur/diagnostic.hpp. Old enumerators stand in their enumeration.
#pragma once

#include "satur/monitor.hpp"
#include "satur/observe/fraction.hpp"
#include "satur/observe/observe.hpp"
#include "satur/observe/units.hpp"
#include "satur/reading.hpp"
#include "satur/report/json_lines.hpp"

#include <concepts>
#include <cstddef>
#include <ostream>
#include <span>
#include <string_view>
#include <type_traits>

namespace satur { inline namespace SATUR_ABI {

// *_options say how something is done, *_limits where a verdict changes.

using sampling [[deprecated("use sampling_options")]] = sampling_options;

// Text: `to_text(x)` for what is described in words, and the stream comes last.

template <class X>
  requires requires(X const& x) { to_text(x); }
[[deprecated("use to_text(x)")]] [[nodiscard]] constexpr auto describe(X const& x) {
  return to_text(x);
}

[[deprecated("use to_text(phase)")]] [[nodiscard]] constexpr std::string_view name_of(phase p) { return to_text(p); }

[[deprecated("use write_history(mon, out)")]] inline void write_history(std::ostream& out, monitor const& mon) {
  write_history(mon, out);
}

[[deprecated("use print_percentiles(reading, percentiles, out)")]] inline void print_percentiles(
    std::ostream& out, unit_reading const& reading, unit_percentiles const& p) {
  print_percentiles(reading, p, out);
}

// Units: the record that is changed comes first, dy after y, then the layout and the rule.

template <class A, detail::numbers Z, saturation_rule<A> Rule = z_beyond>
  requires activation<A, detail::value_t<Z>>
[[deprecated("use observe_units(units, act, z, layout, rule)")]] void observe_units(A const& act, Z const& z,
                                                                                    unit_layout const& layout,
                                                                                    unit_records& units,
                                                                                    Rule const& rule = Rule{}) {
  observe_units(units, act, z, layout, rule);
}
template <class A, detail::shaped Z, saturation_rule<A> Rule = z_beyond>
  requires detail::numbers<Z> && activation<A, detail::value_t<Z>>
[[deprecated("use observe_units(units, act, z, rule)")]] void observe_units(A const& act, Z const& z,
                                                                            unit_records& units,
                                                                            Rule const& rule = Rule{}) {
  observe_units(units, act, z, rule);
}
template <class A, std::floating_point T, saturation_rule<A> Rule = z_beyond>
  requires activation<A, T>
[[deprecated(
    "use observe_units(units, act, std::span(z, batch * width), unit_layout::matrix(batch, width), rule)")]] void
observe_units(A const& act, T const* z, std::size_t batch, std::size_t width, unit_records& units,
              Rule const& rule = Rule{}) {
  observe_units(units, act, std::span<T const>(z, batch * width), unit_layout::matrix(batch, width), rule);
}

template <class A, detail::numbers Z, class Y, saturation_rule<A> Rule = z_beyond>
  requires activation<A, detail::value_t<Z>> && detail::numbers<std::remove_cvref_t<Y>>
[[deprecated("use forward_units(units, act, z, y, layout, rule)")]] void forward_units(A const& act, Z const& z, Y&& y,
                                                                                       unit_layout const& layout,
                                                                                       unit_records& units,
                                                                                       Rule const& rule = Rule{}) {
  forward_units(units, act, z, y, layout, rule);
}
template <class A, detail::shaped Z, class Y, saturation_rule<A> Rule = z_beyond>
  requires detail::numbers<Z> && activation<A, detail::value_t<Z>> && detail::numbers<std::remove_cvref_t<Y>>
[[deprecated("use forward_units(units, act, z, y, rule)")]] void forward_units(A const& act, Z const& z, Y&& y,
                                                                               unit_records& units,
                                                                               Rule const& rule = Rule{}) {
  forward_units(units, act, z, y, rule);
}
template <class A, detail::numbers Z, class Y, class D, saturation_rule<A> Rule = z_beyond>
  requires activation<A, detail::value_t<Z>> && detail::numbers<std::remove_cvref_t<Y>> &&
           detail::numbers<std::remove_cvref_t<D>>
[[deprecated("use forward_units(units, act, z, y, dy, layout, rule)")]] void forward_units(A const& act, Z const& z,
                                                                                           Y&& y,
                                                                                           unit_layout const& layout,
                                                                                           unit_records& units, D&& dy,
                                                                                           Rule const& rule = Rule{}) {
  forward_units(units, act, z, y, dy, layout, rule);
}
template <class A, detail::shaped Z, class Y, class D, saturation_rule<A> Rule = z_beyond>
  requires detail::numbers<Z> && activation<A, detail::value_t<Z>> && detail::numbers<std::remove_cvref_t<Y>> &&
           detail::numbers<std::remove_cvref_t<D>>
[[deprecated("use forward_units(units, act, z, y, dy, rule)")]] void forward_units(A const& act, Z const& z, Y&& y,
                                                                                   unit_records& units, D&& dy,
                                                                                   Rule const& rule = Rule{}) {
  forward_units(units, act, z, y, dy, rule);
}

template <detail::numbers G>
[[deprecated("use observe_unit_gradients(units, dz, layout)")]] void observe_unit_gradients(G const& dz,
                                                                                            unit_layout const& layout,
                                                                                            unit_records& units) {
  observe_unit_gradients(units, dz, layout);
}
template <detail::shaped G>
  requires detail::numbers<G>
[[deprecated("use observe_unit_gradients(units, dz)")]] void observe_unit_gradients(G const& dz, unit_records& units) {
  observe_unit_gradients(units, dz);
}

// A pointer and a size are a std::span.

template <class A, std::floating_point T, saturation_rule<A> Rule = z_beyond>
  requires activation<A, T>
[[deprecated("use observe(act, std::span(z, n), rule)")]] [[nodiscard]] saturation observe(A const& act, T const* z,
                                                                                           std::size_t n,
                                                                                           Rule const& rule = Rule{}) {
  return observe(act, std::span<T const>(z, n), rule);
}
template <std::floating_point T>
[[deprecated("use saturated_fraction(std::span(z, n), threshold)")]] [[nodiscard]] double saturated_fraction(
    T const* z, std::size_t n, double threshold = 5.0) {
  return saturated_fraction(std::span<T const>(z, n), threshold);
}

}} // namespace satur::SATUR_ABI

namespace satur::inline SATUR_ABI::rules {

template <class A> void print_presets(A const& act, std::ostream& out); // rule/presets.hpp, which need not be included
template <class A> [[deprecated("use print_presets(act, out)")]] void print_presets(std::ostream& out, A const& act) {
  print_presets(act, out);
}

} // namespace satur::inline SATUR_ABI::rules
