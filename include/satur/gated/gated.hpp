/// \file gated/gated.hpp  y = a gate(b), with a and b the two halves of a row.
#pragma once

#include "satur/gated/gate_saturation.hpp"
#include "satur/gated/pass.hpp"
#include "satur/gated/shape.hpp"

#include <type_traits>
#include <vector>

namespace satur { inline namespace SATUR_ABI {

/// y = a g(b): a is the first half of a row, b the second, as in PyTorch's glu. dL/da = g(b) dL/dy and dL/db = a g'(b)
/// dL/dy. Gate is any activation. x: (…, 2 n), y: (…, n).
///
/// Saturates: if the gate is closed, no gradient reaches a or b. If g is flat and open, no gradient reaches b.
///
/// Special values: those of g and of the product (0 times inf is NaN).
///
/// Accuracy: that of the gate plus one rounding (two in dL/db).
///
/// Source: Dauphin, Fan, Auli, Grangier 2017; other gates: Shazeer 2020.
template <class Gate> struct gated {
  Gate gate{};
  bool operator==(gated const&) const = default;
};

namespace detail {

template <class G> inline constexpr bool is_gated_v = false;
template <class Gate> inline constexpr bool is_gated_v<gated<Gate>> = true;

} // namespace detail

/// y = a g(b) for each row of x. y has half of the last axis of x. A row is the last axis, or `row_length` numbers
/// (both halves). Throws shape_error if the shapes do not match.
template <class Gate, detail::numbers X, class Y>
  requires activation<Gate, detail::value_t<X>> && detail::shaped<X> && detail::numbers<std::remove_cvref_t<Y>>
void apply(gated<Gate> const& act, X const& x, Y&& y) {
  detail::gated_apply(act.gate, x, y, detail::gate_shape_of("apply", x));
}
template <class Gate, detail::numbers X, class Y>
  requires activation<Gate, detail::value_t<X>> && detail::numbers<std::remove_cvref_t<Y>>
void apply(gated<Gate> const& act, X const& x, Y&& y, std::size_t row_length) {
  detail::gated_apply(act.gate, x, y, detail::gate_shape_of("apply", x, row_length));
}

/// dx = dL/dx from x and dy = dL/dy. Both halves use one evaluation of the gate. dx may be x.
template <class Gate, detail::numbers X, detail::numbers D, class Y>
  requires activation<Gate, detail::value_t<X>> && detail::shaped<X> && detail::numbers<std::remove_cvref_t<Y>>
void pullback(gated<Gate> const& act, X const& x, D const& dy, Y&& dx) {
  detail::gated_pullback(act.gate, x, dy, dx, detail::gate_shape_of("pullback", x));
}
template <class Gate, detail::numbers X, detail::numbers D, class Y>
  requires activation<Gate, detail::value_t<X>> && detail::numbers<std::remove_cvref_t<Y>>
void pullback(gated<Gate> const& act, X const& x, D const& dy, Y&& dx, std::size_t row_length) {
  detail::gated_pullback(act.gate, x, dy, dx, detail::gate_shape_of("pullback", x, row_length));
}

/// Returns the record of the gates and writes nothing.
template <class Gate, detail::numbers X>
  requires activation<Gate, detail::value_t<X>> && detail::shaped<X>
[[nodiscard]] gate_saturation observe(gated<Gate> const& act, X const& x, gate_within const& rule = {}) {
  return detail::gated_forward(act.gate, x, static_cast<std::vector<detail::value_t<X>>*>(nullptr),
                               detail::gate_shape_of("observe", x), rule);
}
template <class Gate, detail::numbers X>
  requires activation<Gate, detail::value_t<X>>
[[nodiscard]] gate_saturation observe(gated<Gate> const& act, X const& x, std::size_t row_length,
                                      gate_within const& rule = {}) {
  return detail::gated_forward(act.gate, x, static_cast<std::vector<detail::value_t<X>>*>(nullptr),
                               detail::gate_shape_of("observe", x, row_length), rule);
}

/// y = a g(b), and returns the record, both from one evaluation of the gate. Throws std::invalid_argument if y overlaps
/// x.
template <class Gate, detail::numbers X, class Y>
  requires activation<Gate, detail::value_t<X>> && detail::shaped<X> && detail::numbers<std::remove_cvref_t<Y>>
gate_saturation forward(gated<Gate> const& act, X const& x, Y&& y, gate_within const& rule = {}) {
  auto const shape = detail::gate_shape_of("forward", x);
  detail::require_half("forward", "y", y, x, shape);
  detail::require_own_memory(y, x);
  return detail::gated_forward(act.gate, x, detail::address_of(y), shape, rule);
}
template <class Gate, detail::numbers X, class Y>
  requires activation<Gate, detail::value_t<X>> && detail::numbers<std::remove_cvref_t<Y>>
gate_saturation forward(gated<Gate> const& act, X const& x, Y&& y, std::size_t row_length,
                        gate_within const& rule = {}) {
  auto const shape = detail::gate_shape_of("forward", x, row_length);
  detail::require_half("forward", "y", y, x, shape);
  detail::require_own_memory(y, x);
  return detail::gated_forward(act.gate, x, detail::address_of(y), shape, rule);
}

}} // namespace satur::SATUR_ABI
