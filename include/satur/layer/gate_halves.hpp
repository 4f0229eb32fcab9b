/// \file layer/gate_halves.hpp  Values and gates in the columns of one matrix: y = (clip(value) + offset) act(gate),
/// and its gradient.
#pragma once

#include "satur/activation/composed.hpp"
#include "satur/activation/concept.hpp"
#include "satur/array/array_view.hpp"
#include "satur/array/chunk.hpp"
#include "satur/config.hpp"
#include "satur/gated/gated.hpp"
#include "satur/layer/gated_options.hpp"
#include "satur/observe/apply.hpp"
#include "satur/simd/loop.hpp"
#include "satur/simd/run.hpp"
#include "satur/theory/units.hpp"

#include <algorithm>
#include <cstddef>
#include <span>
#include <string_view>

namespace satur { inline namespace SATUR_ABI {

/// f(z) = z from low to high, low below and high above; f'(z) = 1 from low to high, both included, else 0. Either limit
/// may be infinite. NaN gives NaN in the value.
///
/// Unlike hard_tanh its slope at the limits is 1, as that of torch.clamp.
struct clamped {
  static constexpr std::string_view name = "clamped";

  double low;
  double high;

  template <class T> [[nodiscard]] SATUR_INLINE constexpr T value(T z) const {
    T const a = math::parameter_as<T>(low);
    T const b = math::parameter_as<T>(high);
    return math::keep_nan(z, T(math::select(z < a, a, math::select(z > b, b, z))));
  }
  template <class T> [[nodiscard]] SATUR_INLINE constexpr T derivative(T z) const {
    T const a = math::parameter_as<T>(low);
    T const b = math::parameter_as<T>(high);
    return math::keep_nan(z, T(math::select(z < a || z > b, T(0), T(1))));
  }

  [[nodiscard]] constexpr double lower() const noexcept { return low; }
  [[nodiscard]] constexpr double upper() const noexcept { return high; }
  [[nodiscard]] static constexpr double peak_slope() noexcept { return 1.0; }
  bool operator==(clamped const&) const = default;
};

/// A gate whose z is cut to at most a limit: composed{G, clamped{-inf, limit}}. Its peak slope, to which shares refer,
/// is that of G without the cut.
template <class Gate> struct cut_gate : composed<Gate, clamped> {
  static constexpr std::string_view name = "cut_gate";

  [[nodiscard]] constexpr double peak_slope() const
    requires has_peak_slope<Gate>
  {
    return this->outer.peak_slope();
  }
  bool operator==(cut_gate const&) const = default;
};

namespace detail {

/// A half of the columns as a matrix (rows, n); `stride` numbers are from one row to the next.
template <class T>
[[nodiscard]] array_view<T const> columns_of(T const* data, std::size_t rows, std::size_t n, std::size_t stride,
                                             column_half half) {
  return {data + (rows == 0 ? 0 : half.first),
          {rows, n},
          {static_cast<std::ptrdiff_t>(stride), static_cast<std::ptrdiff_t>(half.step)}};
}

/// The laws of n of the columns.
[[nodiscard]] inline theory::unit_laws laws_of(theory::unit_laws const& all, std::size_t n, column_half half) {
  theory::unit_laws some;
  for (std::size_t c = 0; c < n; ++c) {
    some.mean.push_back(all.mean[half.first + c * half.step]);
    some.variance.push_back(all.variance[half.first + c * half.step]);
  }
  return some;
}

/// n numbers `step` apart, in place where they are neighbors, else in the buffer.
template <class T> [[nodiscard]] T const* neighbors(T const* from, std::size_t step, std::size_t n, T* buffer) {
  if (step == 1) {
    return from;
  }
  for (std::size_t i = 0; i < n; ++i) {
    buffer[i] = from[i * step];
  }
  return buffer;
}
/// Where to write n numbers that belong `step` apart; put_apart() then spreads them.
template <class T> [[nodiscard]] T* room_for(T* to, std::size_t step, T* buffer) { return step == 1 ? to : buffer; }
template <class T> void put_apart(T const* from, T* to, std::size_t step, std::size_t n) {
  for (std::size_t i = 0; step != 1 && i < n; ++i) {
    to[i * step] = from[i];
  }
}

/// y = (clip(v) + offset) g.
template <class T> struct gate_output_pass {
  T const* v;
  T const* g;
  T* y;
  std::size_t n;
  clamped limits;
  T offset;

  template <class L> SATUR_INLINE void run() const {
    for_each_register<L>(n, [this](std::size_t i, auto part) SATUR_INLINE_LAMBDA {
      part.store(y + i, (limits.value(part.load(v + i, T(0))) + L(offset)) * part.load(g + i, T(0)));
    });
  }
};

/// dv = dy g clip'(v), and db = dy (clip(v) + offset) slope.
template <class T> struct gate_gradient_pass {
  T const* v;
  T const* g;
  T const* slope;
  T const* dy;
  T* dv;
  T* db;
  std::size_t n;
  clamped limits;
  T offset;

  template <class L> SATUR_INLINE void run() const {
    for_each_register<L>(n, [this](std::size_t i, auto part) SATUR_INLINE_LAMBDA {
      L const value = part.load(v + i, T(0));
      L const d = part.load(dy + i, T(0));
      L const open = d * part.load(g + i, T(0));
      part.store(dv + i, math::select(value < L(T(limits.low)) || value > L(T(limits.high)), L(T(0)), open));
      part.store(db + i, d * (limits.value(value) + L(offset)) * part.load(slope + i, T(0)));
    });
  }
};

/// Values and gates of `rows` rows of 2 n columns, with what is done to the values.
template <class T> struct gate_rows {
  std::size_t rows, n;
  column_half value, gate;
  clamped limits;
  T offset;

  /// f(index in the 2 n columns of the first value and of the first gate, index in the n columns, count) by pieces.
  template <class F> void each_piece(F const& f) const {
    for (std::size_t r = 0; r < rows; ++r) {
      for (std::size_t i = 0; i < n; i += block_elements) {
        std::size_t const row = 2 * r * n;
        f(row + value.first + i * value.step, row + gate.first + i * gate.step, r * n + i,
          (std::min)(block_elements, n - i));
      }
    }
  }

  /// y (rows, n) from z (rows, 2 n).
  template <class A> void output(A const& act, T const* z, T* y) const {
    T values[block_elements], gates[block_elements], opened[block_elements];
    each_piece([&](std::size_t at_value, std::size_t at_gate, std::size_t at, std::size_t count) {
      T const* const v = neighbors(z + at_value, value.step, count, static_cast<T*>(values));
      T const* const b = neighbors(z + at_gate, gate.step, count, static_cast<T*>(gates));
      satur::apply(act, std::span<T const>(b, count), std::span<T>(opened, count));
      gate_output_pass<T> const pass{v, opened, y + at, count, limits, offset};
      math::run<T>(pass);
    });
  }

  /// The record of the gates of z after a cut.
  template <class Kind>
  [[nodiscard]] gate_saturation gates_seen(Kind const& kind, T const* z, clamped cut, gate_within const& rule) const {
    rule.require_valid();
    gate_saturation all;
    all.rule = rule;
    T row[2 * block_elements] = {}; // values, which the record does not look at, and gates
    each_piece([&](std::size_t, std::size_t at, std::size_t, std::size_t count) {
      for (std::size_t i = 0; i < count; ++i) {
        row[count + i] = cut.value(z[at + i * gate.step]);
      }
      all += satur::observe(kind, std::span<T const>(row, 2 * count), 2 * count, rule);
    });
    return all;
  }

  /// dz (rows, 2 n) from z and dy (rows, n).
  template <class A> void gradient(A const& act, T const* z, T const* dy, T* dz) const {
    T values[block_elements], gates[block_elements], opened[block_elements], slope[block_elements];
    T dv_buffer[block_elements], db_buffer[block_elements];
    each_piece([&](std::size_t at_value, std::size_t at_gate, std::size_t at, std::size_t count) {
      T const* const v = neighbors(z + at_value, value.step, count, static_cast<T*>(values));
      T const* const b = neighbors(z + at_gate, gate.step, count, static_cast<T*>(gates));
      satur::apply(act, std::span<T const>(b, count), std::span<T>(opened, count), std::span<T>(slope, count));
      T* const dv = room_for(dz + at_value, value.step, static_cast<T*>(dv_buffer));
      T* const db = room_for(dz + at_gate, gate.step, static_cast<T*>(db_buffer));
      gate_gradient_pass<T> const pass{v, opened, slope, dy + at, dv, db, count, limits, offset};
      math::run<T>(pass);
      put_apart(static_cast<T const*>(dv), dz + at_value, value.step, count);
      put_apart(static_cast<T const*>(db), dz + at_gate, gate.step, count);
    });
  }
};

} // namespace detail

}} // namespace satur::SATUR_ABI
