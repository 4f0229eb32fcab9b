/// \file layer/recurrent_lstm.hpp  One time step of an lstm, without its products: forward and backward.
#pragma once

#include "satur/activation/sigmoid.hpp"
#include "satur/activation/tanh.hpp"
#include "satur/config.hpp"
#include "satur/math/arithmetic.hpp"
#include "satur/simd/loop.hpp"
#include "satur/simd/run.hpp"

#include <algorithm>
#include <cstddef>

namespace satur::inline SATUR_ABI::detail {

/// Value and slope of an activation; NaN gives NaN.
template <class A, class L> SATUR_INLINE math::value_and_slope<L> gate_at(A const& act, L const& z) {
  return math::keep_nan(z, act.evaluate(z));
}
/// x within [-limit, limit], NaN as it is; x if limit is 0.
template <class L> SATUR_INLINE L clipped(L const& x, L const& limit) {
  L const least = math::select(x < -limit, L(-limit), x);
  return math::select(limit > L(0), L(math::select(least > limit, limit, least)), x);
}

/// Which rows of a batch are still within their sequence.
struct running_rows {
  std::size_t const* ends; ///< of each row; null: every row runs
  std::size_t step;
  [[nodiscard]] SATUR_INLINE bool operator()(std::size_t row) const { return ends == nullptr || step < ends[row]; }
};

/// c = f c_before + i g and h = o tanh(c). z has rows of 4 * hidden: input, forget, candidate, output.
template <class T> struct lstm_forward_pass {
  T const* z;
  T const* c_before;
  T const* h_before;
  T* c;
  T* h;
  std::size_t rows, hidden;
  running_rows runs;

  template <class L> SATUR_INLINE void run() const {
    for (std::size_t r = 0; r < rows; ++r) {
      T const* const gates = z + r * 4 * hidden;
      std::size_t const at = r * hidden;
      if (!runs(r)) {
        std::copy_n(c_before + at, hidden, c + at);
        std::copy_n(h_before + at, hidden, h + at);
        continue;
      }
      for_each_part<L>(0, hidden, [&](std::size_t j, auto part) SATUR_INLINE_LAMBDA {
        L const i = sigmoid{}.value(part.load(gates + j, T(0)));
        L const f = sigmoid{}.value(part.load(gates + hidden + j, T(0)));
        L const g = tanh{}.value(part.load(gates + 2 * hidden + j, T(0)));
        L const o = sigmoid{}.value(part.load(gates + 3 * hidden + j, T(0)));
        L const now = math::madd(f, part.load(c_before + at + j, T(0)), L(i * g));
        part.store(c + at + j, now);
        part.store(h + at + j, o * tanh{}.value(now));
      });
    }
  }
};

/// dL/dz from dL/dh = dy + dh and dL/dc = dc. Afterwards dc is dL/dc_before, and dh what of dL/dh goes to h_before
/// without a product: 0, or all of it in a row that has ended. The slopes come from z.
template <class T> struct lstm_backward_pass {
  T const* z;
  T const* c_before;
  T const* c;
  T const* dy;
  T* dh;
  T* dc;
  T* dz;
  std::size_t rows, hidden;
  running_rows runs;
  T limit; ///< of |dL/dz|; 0: none

  template <class L> SATUR_INLINE void run() const {
    for (std::size_t r = 0; r < rows; ++r) {
      T const* const gates = z + r * 4 * hidden;
      T* const to = dz + r * 4 * hidden;
      std::size_t const at = r * hidden;
      if (!runs(r)) {
        std::fill_n(to, 4 * hidden, T(0));
        for (std::size_t j = 0; j < hidden; ++j) {
          dh[at + j] += dy[at + j];
        }
        continue;
      }
      for_each_part<L>(0, hidden, [&](std::size_t j, auto part) SATUR_INLINE_LAMBDA {
        auto const i = gate_at(sigmoid{}, L(part.load(gates + j, T(0))));
        auto const f = gate_at(sigmoid{}, L(part.load(gates + hidden + j, T(0))));
        auto const g = gate_at(tanh{}, L(part.load(gates + 2 * hidden + j, T(0))));
        auto const o = gate_at(sigmoid{}, L(part.load(gates + 3 * hidden + j, T(0))));
        auto const y = gate_at(tanh{}, L(part.load(c + at + j, T(0))));
        L const bound = L(limit);
        L const all = part.load(dy + at + j, T(0)) + part.load(dh + at + j, T(0));
        L const cell = math::madd(L(all * o.value), y.slope, part.load(dc + at + j, T(0)));
        part.store(to + j, clipped(L(cell * g.value * i.slope), bound));
        part.store(to + hidden + j, clipped(L(cell * part.load(c_before + at + j, T(0)) * f.slope), bound));
        part.store(to + 2 * hidden + j, clipped(L(cell * i.value * g.slope), bound));
        part.store(to + 3 * hidden + j, clipped(L(all * y.value * o.slope), bound));
        part.store(dc + at + j, cell * f.value);
        part.store(dh + at + j, L(T(0)));
      });
    }
  }
};

} // namespace satur::inline SATUR_ABI::detail
