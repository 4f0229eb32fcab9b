/// \file layer/recurrent_gru.hpp  One time step of a gru, without its products: forward and backward.
#pragma once

#include "satur/layer/recurrent_lstm.hpp"

namespace satur::inline SATUR_ABI::detail {

// z has rows of 3 * hidden: reset, update, candidate. `side` is what stands beside the reset gate: for a reset after
// the product r = sigmoid(z_r) multiplies side = h_before u_n + its bias, for a reset before it side = r h_before is
// multiplied by u_n.

/// Reset before the product, its first part: side = r h_before.
template <class T> struct gru_reset_pass {
  T const* z;
  T const* h_before;
  T* side;
  std::size_t rows, hidden;

  template <class L> SATUR_INLINE void run() const {
    for (std::size_t r = 0; r < rows; ++r) {
      T const* const gates = z + r * 3 * hidden;
      std::size_t const at = r * hidden;
      for_each_part<L>(0, hidden, [&](std::size_t j, auto part) SATUR_INLINE_LAMBDA {
        L const reset = sigmoid{}.value(part.load(gates + j, T(0)));
        part.store(side + at + j, reset * part.load(h_before + at + j, T(0)));
      });
    }
  }
};

/// h = (1 - a) n + a h_before, a the update gate. With `after`, z_n += r side first.
template <class T> struct gru_forward_pass {
  T* z;
  T const* h_before;
  T const* side;
  T* h;
  std::size_t rows, hidden;
  running_rows runs;
  bool after;

  template <class L> SATUR_INLINE void run() const {
    for (std::size_t r = 0; r < rows; ++r) {
      T* const gates = z + r * 3 * hidden;
      std::size_t const at = r * hidden;
      if (!runs(r)) {
        std::copy_n(h_before + at, hidden, h + at);
        continue;
      }
      for_each_part<L>(0, hidden, [&](std::size_t j, auto part) SATUR_INLINE_LAMBDA {
        L zn = part.load(gates + 2 * hidden + j, T(0));
        if (after) {
          L const reset = sigmoid{}.value(part.load(gates + j, T(0)));
          zn = math::madd(reset, part.load(side + at + j, T(0)), zn);
          part.store(gates + 2 * hidden + j, zn);
        }
        L const update = sigmoid{}.value(part.load(gates + hidden + j, T(0)));
        L const n = tanh{}.value(zn);
        part.store(h + at + j, math::madd(update, L(part.load(h_before + at + j, T(0)) - n), n));
      });
    }
  }
};

/// dL/dz of update and candidate from dL/dh = dy + dh. Afterwards dh is what of dL/dh goes to h_before without a
/// product. With `after` also dL/dz of the reset gate, and dside, the gradient of side.
template <class T> struct gru_backward_pass {
  T const* z;
  T const* h_before;
  T const* side;
  T const* dy;
  T* dh;
  T* dz;
  T* dside;
  std::size_t rows, hidden;
  running_rows runs;
  T limit; ///< of |dL/dz|; 0: none
  bool after;

  template <class L> SATUR_INLINE void run() const {
    for (std::size_t r = 0; r < rows; ++r) {
      T const* const gates = z + r * 3 * hidden;
      T* const to = dz + r * 3 * hidden;
      std::size_t const at = r * hidden;
      if (!runs(r)) {
        std::fill_n(to, 3 * hidden, T(0));
        std::fill_n(dside + at, hidden, T(0));
        for (std::size_t j = 0; j < hidden; ++j) {
          dh[at + j] += dy[at + j];
        }
        continue;
      }
      for_each_part<L>(0, hidden, [&](std::size_t j, auto part) SATUR_INLINE_LAMBDA {
        L const za = part.load(gates + hidden + j, T(0));
        auto const a = gate_at(sigmoid{}, za);
        auto const n = gate_at(tanh{}, L(part.load(gates + 2 * hidden + j, T(0))));
        // 1 - a keeps its digits where a rounds to 1: the slope is a (1 - a).
        L const other = math::select(za > L(T(0)), L(a.slope / a.value), L(L(T(1)) - a.value));
        L const bound = L(limit);
        L const all = part.load(dy + at + j, T(0)) + part.load(dh + at + j, T(0));
        L const dn = clipped(L(all * other * n.slope), bound);
        L const before = part.load(h_before + at + j, T(0));
        part.store(to + hidden + j, clipped(L(all * L(before - n.value) * a.slope), bound));
        part.store(to + 2 * hidden + j, dn);
        if (after) {
          auto const reset = gate_at(sigmoid{}, L(part.load(gates + j, T(0))));
          part.store(to + j, clipped(L(dn * part.load(side + at + j, T(0)) * reset.slope), bound));
          part.store(dside + at + j, dn * reset.value);
        }
        part.store(dh + at + j, all * a.value);
      });
    }
  }
};

/// Reset before the product, the rest: dL/dz of the reset gate, and dh += r dside. dside is 0 in a row that has ended.
template <class T> struct gru_reset_backward_pass {
  T const* z;
  T const* h_before;
  T const* dside;
  T* dh;
  T* dz;
  std::size_t rows, hidden;
  T limit;

  template <class L> SATUR_INLINE void run() const {
    for (std::size_t r = 0; r < rows; ++r) {
      T const* const gates = z + r * 3 * hidden;
      T* const to = dz + r * 3 * hidden;
      std::size_t const at = r * hidden;
      for_each_part<L>(0, hidden, [&](std::size_t j, auto part) SATUR_INLINE_LAMBDA {
        auto const reset = gate_at(sigmoid{}, L(part.load(gates + j, T(0))));
        L const given = part.load(dside + at + j, T(0));
        part.store(to + j, clipped(L(given * part.load(h_before + at + j, T(0)) * reset.slope), L(limit)));
        part.store(dh + at + j, math::madd(given, reset.value, part.load(dh + at + j, T(0))));
      });
    }
  }
};

} // namespace satur::inline SATUR_ABI::detail
