/// \file layer/batch_norm_passes.hpp  The passes of batch_norm: sums of each unit over the batch, and one formula for
/// each number with coefficients of its unit.
///
/// Units that are neighbors in memory, as in a matrix, fill a register; else a register holds numbers of one unit, as
/// the pixels of a channel.
#pragma once

#include "satur/array/unit_layout.hpp"
#include "satur/config.hpp"
#include "satur/layer/row_norm_passes.hpp"
#include "satur/layer/wide_sums.hpp"
#include "satur/math/arithmetic.hpp"
#include "satur/simd/loop.hpp"
#include "satur/simd/run.hpp"

#include <cstddef>

namespace satur::inline SATUR_ABI::detail {

/// f(index of the first number, its unit, part) for every step. Neighbors: the units are neighbors in memory.
template <class L, bool Neighbors, class F> SATUR_INLINE void for_each_norm_step(unit_layout const& l, F const& f) {
  if constexpr (Neighbors) {
    for (std::size_t o = 0; o < l.outer; ++o) {
      for_each_register<L>(l.units, [&](std::size_t u, auto part) SATUR_INLINE_LAMBDA { f(o * l.units + u, u, part); });
    }
  } else {
    for (std::size_t k = 0; k < l.outer * l.units; ++k) {
      for_each_register<L>(l.inner, [&](std::size_t i, auto part)
                                        SATUR_INLINE_LAMBDA { f(k * l.inner + i, k % l.units, part); });
    }
  }
}

/// The coefficient of a step's unit, or of its units.
template <class L, bool Neighbors, class Part, class T>
SATUR_INLINE L unit_coefficient(Part const& part, T const* coefficients, std::size_t unit) {
  if constexpr (Neighbors) {
    return part.load(coefficients + unit, T(0));
  } else {
    return L(coefficients[unit]);
  }
}

/// Adds to first[u] the sum of a, and to second[u] that of a b, over the numbers of unit u, with (a, b) = terms(index,
/// unit, part). Padding must give a = 0.
template <class L, bool Neighbors, class S, class Terms>
SATUR_INLINE void add_norm_sums(unit_layout const& l, S* first, S* second, Terms const& terms) {
  using T = math::element_t<L>;
  if constexpr (Neighbors) {
    for_each_norm_step<L, true>(l, [&](std::size_t at, std::size_t u, auto part) SATUR_INLINE_LAMBDA {
      two_found<L> const t = terms(at, u, part);
      add_products(part, first + u, t.first, L(T(1)));
      add_products(part, second + u, t.first, t.second);
    });
  } else {
    for (std::size_t u = 0; u < l.units; ++u) {
      wide_sum<L> a, product;
      for (std::size_t o = 0; o < l.outer; ++o) {
        std::size_t const begin = (o * l.units + u) * l.inner;
        for_each_register<L>(l.inner, [&](std::size_t i, auto part) SATUR_INLINE_LAMBDA {
          two_found<L> const t = terms(begin + i, u, part);
          a.add(t.first);
          product.add_product(t.first, t.second);
        });
      }
      first[u] += a.total();
      second[u] += product.total();
    }
  }
}

/// Runs the pass's run_over<L, Neighbors>().
template <class Pass> struct batch_norm_kernel {
  Pass const& pass;
  template <class L> SATUR_INLINE void run() const {
    if (pass.layout.inner == 1) {
      pass.template run_over<L, true>();
    } else {
      pass.template run_over<L, false>();
    }
  }
};
template <class T, class Pass> void run_batch_norm(Pass const& pass) {
  batch_norm_kernel<Pass> const kernel{pass};
  math::run<T>(kernel);
}

/// first[u] += sum of (x - mean), second[u] += sum of (x - mean)^2.
template <class T> struct batch_moments_pass {
  using S = sum_element<T>;
  unit_layout layout;
  T const* x;
  T const* mean;
  S* first;
  S* second;

  template <class L, bool Neighbors> SATUR_INLINE void run_over() const {
    add_norm_sums<L, Neighbors>(layout, first, second,
                                [this](std::size_t at, std::size_t u, auto part) SATUR_INLINE_LAMBDA {
                                  L const m = unit_coefficient<L, Neighbors>(part, mean, u);
                                  L const d = part.load(x + at, Neighbors ? T(0) : mean[u]) - m;
                                  return two_found<L>{d, d};
                                });
  }
};

/// y = xhat gamma + beta.
template <class T> struct batch_norm_pass {
  unit_layout layout;
  T const* x;
  norm_position<T const> at;
  T const* gamma;
  T const* beta;
  T* y;

  template <class L, bool Neighbors> SATUR_INLINE void run_over() const {
    for_each_norm_step<L, Neighbors>(layout, [this](std::size_t i, std::size_t u, auto part) SATUR_INLINE_LAMBDA {
      auto const unit = [&](T const* p) SATUR_INLINE_LAMBDA { return unit_coefficient<L, Neighbors>(part, p, u); };
      L const xhat = xhat_of<L, T>(part.load(x + i, T(0)), unit(at.mean), unit(at.rest), unit(at.inverse));
      part.store(y + i, math::madd(xhat, unit(gamma), unit(beta)));
    });
  }
};

/// first[u] += sum of dy, second[u] += sum of dy xhat.
template <class T> struct batch_norm_sums_pass {
  using S = sum_element<T>;
  unit_layout layout;
  T const* x;
  T const* dy;
  norm_position<T const> at;
  S* first;
  S* second;

  template <class L, bool Neighbors> SATUR_INLINE void run_over() const {
    add_norm_sums<L, Neighbors>(
        layout, first, second, [this](std::size_t i, std::size_t u, auto part) SATUR_INLINE_LAMBDA {
          auto const unit = [&](T const* p) SATUR_INLINE_LAMBDA { return unit_coefficient<L, Neighbors>(part, p, u); };
          L const xhat = xhat_of<L, T>(part.load(x + i, T(0)), unit(at.mean), unit(at.rest), unit(at.inverse));
          return two_found<L>{part.load(dy + i, T(0)), xhat};
        });
  }
};

/// dx = scale (dy - mean of dy - xhat mean of (dy xhat)); without ThroughStatistics dx = scale dy.
template <class T, bool ThroughStatistics> struct batch_norm_gradient_pass {
  unit_layout layout;
  T const* x;
  T const* dy;
  norm_position<T const> at;
  T const* scale;
  T const* mean_dy;
  T const* mean_product;
  T* dx;

  template <class L, bool Neighbors> SATUR_INLINE void run_over() const {
    for_each_norm_step<L, Neighbors>(layout, [this](std::size_t i, std::size_t u, auto part) SATUR_INLINE_LAMBDA {
      auto const unit = [&](T const* p) SATUR_INLINE_LAMBDA { return unit_coefficient<L, Neighbors>(part, p, u); };
      L const d = part.load(dy + i, T(0));
      if constexpr (ThroughStatistics) {
        L const xhat = xhat_of<L, T>(part.load(x + i, T(0)), unit(at.mean), unit(at.rest), unit(at.inverse));
        part.store(dx + i, unit(scale) * ((d - unit(mean_dy)) - xhat * unit(mean_product)));
      } else {
        part.store(dx + i, unit(scale) * d);
      }
    });
  }
};

} // namespace satur::inline SATUR_ABI::detail
