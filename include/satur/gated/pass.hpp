/// \file gated/pass.hpp  The passes over rows of two halves, piece by piece: values, gradients and counts of the gates.
#pragma once

#include "satur/gated/gate_saturation.hpp"
#include "satur/gated/shape.hpp"
#include "satur/observe/observe.hpp"

#include <algorithm>
#include <concepts>
#include <optional>

namespace satur::inline SATUR_ABI::detail {

inline constexpr std::size_t gate_piece = block_elements;

/// n numbers from `at`, in place where memory allows, else in the buffer.
template <class T, class Z>
[[nodiscard]] T const* numbers_at(T const* data, number_reader<Z>& from, std::size_t at, std::size_t n, T* buffer) {
  if (data != nullptr) {
    return data + at;
  }
  from.read(at, n, buffer);
  return buffer;
}
/// n numbers to `at`.
template <class T, class Y>
void put_numbers(T const* from, T* data, number_writer<Y>& to, std::size_t at, std::size_t n) {
  if (data != nullptr) {
    std::copy_n(from, n, data + at);
  } else {
    to.write(at, n, from);
  }
}

/// Calls f(a, b, at_a, at_y, n) for pieces of all rows. at_a is the index of a in x, at_y the index of the result in y.
template <class X, class F> void for_each_gate_piece(X const& x, gate_shape shape, F&& f) {
  using T = value_t<X>;
  T const* const data = row_major_data(x);
  number_reader<X> a_from(x);
  number_reader<X> b_from(x);
  T a_buffer[gate_piece];
  T b_buffer[gate_piece];
  for (std::size_t r = 0; r < shape.rows; ++r) {
    for (std::size_t i = 0; i < shape.half; i += gate_piece) {
      std::size_t const n = (std::min)(gate_piece, shape.half - i);
      std::size_t const at = 2 * r * shape.half + i;
      T const* const a = numbers_at(data, a_from, at, n, static_cast<T*>(a_buffer));
      T const* const b = numbers_at(data, b_from, at + shape.half, n, static_cast<T*>(b_buffer));
      f(a, b, at, r * shape.half + i, n);
    }
  }
}

/// y = a g. It is one product, so lanes do not change the bits.
template <class T> SATUR_NOINLINE void multiply(T const* a, T const* g, T* y, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    y[i] = a[i] * g[i];
  }
}
template <class T>
SATUR_NOINLINE void gate_gradients(T const* a, T const* dy, T const* g, T const* slope, T* da, T* db, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    T const d = dy[i]; // da may be dy
    T const through = d * a[i];
    da[i] = d * g[i];
    db[i] = through * slope[i];
  }
}

template <class Gate>
concept two_limits = requires(Gate const& g) {
  { g.lower() } -> std::convertible_to<double>;
  { g.upper() } -> std::convertible_to<double>;
};

/// Counts closed and open gates among n.
template <class Gate, class T>
void count_gates(Gate const& gate, T const* b, T const* g, std::size_t n, gate_saturation& record) {
  double lower = 0.0;
  double range = 1.0;
  bool limited = true;
  if constexpr (two_limits<Gate>) {
    limited = is_finite(gate.upper()) && is_finite(gate.lower());
    lower = limited ? gate.lower() : 0.0;
    range = limited ? gate.upper() - gate.lower() : 1.0;
  }
  double const closed = record.rule.share;
  double const open = 1.0 - record.rule.share;
  std::uint64_t closed_count = 0;
  std::uint64_t open_count = 0;
  for (std::size_t i = 0; i < n; ++i) {
    double const x = static_cast<double>(b[i]);
    double const value = static_cast<double>(g[i]);
    double const opening = limited          ? (value - lower) / range
                           : is_infinite(x) ? (x > 0.0 ? 1.0 : 0.0)
                                            : value / (x == 0.0 ? 1.0 : x);
    bool const seen = !is_nan(x) && (limited || x != 0.0);
    closed_count += seen && opening < closed ? 1 : 0;
    open_count += seen && opening > open ? 1 : 0;
  }
  record.closed += closed_count;
  record.open += open_count;
}

template <class Gate, class X, class Y>
[[nodiscard]] gate_saturation gated_forward(Gate const& gate, X const& x, Y* y, gate_shape shape,
                                            gate_within const& rule) {
  using T = value_t<X>;
  static_assert(std::same_as<value_t<Y>, T>, "satur::forward: x and y must hold the same type of number");
  rule.require_valid();
  gate_saturation record;
  record.rule = rule;
  auto const empty = [&] { return empty_record(gate, z_beyond{}); };
  record.gate = empty();
  auto const beyond = limits_of<T>(z_beyond{}, gate);
  auto* const out = y == nullptr ? nullptr : row_major_data(*y);
  std::optional<number_writer<Y>> to;
  if (y != nullptr) {
    to.emplace(*y);
  }
  T g[gate_piece];
  T product[gate_piece];
  for_each_gate_piece(x, shape, [&](T const* a, T const* b, std::size_t, std::size_t at, std::size_t n) {
    observe_arrays(evaluator_of<T>(gate), beyond, plain_arrays<T>{b, g, nullptr}, n, empty, record.gate);
    count_gates(gate, b, static_cast<T const*>(g), n, record);
    if (y != nullptr) {
      multiply(a, static_cast<T const*>(g), static_cast<T*>(product), n);
      put_numbers(static_cast<T const*>(product), out, *to, at, n);
    }
  });
  return record;
}

template <class Gate, class X, class Y> void gated_apply(Gate const& gate, X const& x, Y& y, gate_shape shape) {
  using T = value_t<X>;
  static_assert(std::same_as<value_t<Y>, T>, "satur::apply: x and y must hold the same type of number");
  require_half("apply", "y", y, x, shape);
  require_valid_parameters(gate);
  T* const out = row_major_data(y);
  number_writer<Y> to(y);
  T g[gate_piece];
  for_each_gate_piece(x, shape, [&](T const* a, T const* b, std::size_t, std::size_t at, std::size_t n) {
    mapping_pass<T, Gate, wanted::value> pass{gate, b, g, g, n};
    math::run<T>(pass);
    multiply(a, static_cast<T const*>(g), static_cast<T*>(g), n);
    put_numbers(static_cast<T const*>(g), out, to, at, n);
  });
}

template <class Gate, class X, class D, class Y>
void gated_pullback(Gate const& gate, X const& x, D const& dy, Y& dx, gate_shape shape) {
  using T = value_t<X>;
  static_assert(std::same_as<value_t<D>, T> && std::same_as<value_t<Y>, T>,
                "satur::pullback: all arguments must hold the same type of number");
  require_half("pullback", "dy", dy, x, shape);
  require_same_shape("pullback", "dx", dx, x);
  T const* const from = row_major_data(dy);
  T* const out = row_major_data(dx);
  number_reader<D> dy_from(dy);
  number_writer<Y> to(dx);
  T g[gate_piece];
  T slope[gate_piece];
  T buffer[gate_piece];
  T da[gate_piece];
  T db[gate_piece];
  evaluator<T> const evaluate_gates = evaluator_of<T>(gate);
  for_each_gate_piece(x, shape, [&](T const* a, T const* b, std::size_t at_a, std::size_t at, std::size_t n) {
    evaluate_gates.map(evaluate_gates.act, b, g, slope, n);
    T const* const d = numbers_at(from, dy_from, at, n, static_cast<T*>(buffer));
    gate_gradients(a, d, static_cast<T const*>(g), static_cast<T const*>(slope), static_cast<T*>(da),
                   static_cast<T*>(db), n);
    put_numbers(static_cast<T const*>(da), out, to, at_a, n);
    put_numbers(static_cast<T const*>(db), out, to, at_a + shape.half, n);
  });
}

} // namespace satur::inline SATUR_ABI::detail
