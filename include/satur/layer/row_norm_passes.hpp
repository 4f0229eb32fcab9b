/// \file layer/row_norm_passes.hpp  The passes of layer_norm and rms_norm over rows.
///
/// The mean is the sum of a row in double. The variance is the mean square distance from that mean, in double, less the
/// square of what the rounding of the mean to T left (Chan, Golub, LeVeque 1983, equation 1.7). So a mean of 1e4 with a
/// deviation of 1e-2 keeps its digits in float.
#pragma once

#include "satur/config.hpp"
#include "satur/error.hpp"
#include "satur/layer/wide_sums.hpp"
#include "satur/math/arithmetic.hpp"
#include "satur/simd/loop.hpp"
#include "satur/simd/run.hpp"

#include <cmath>
#include <cstddef>
#include <string_view>

namespace satur::inline SATUR_ABI::detail {

/// Throws std::invalid_argument unless epsilon can be added to a variance.
inline void require_epsilon(std::string_view layer, double epsilon) {
  if (!is_finite(epsilon) || epsilon < 0.0) {
    bad_parameter(layer, "epsilon", epsilon, "a finite number >= 0, such as 1e-5");
  }
}

/// Throws shape_error unless x has Rank axes, the last of them `units` long.
template <std::size_t Rank, class Shape>
void require_last_axis(std::string_view function, Shape const& shape, std::size_t units) {
  if (units == 0 || shape.size() != Rank || static_cast<std::size_t>(shape[Rank - 1]) != units) {
    bad_shape(function, "x", shape_text(shape),
              message(count_text(Rank, "axis", "axes"), ", the last of ", count_text(units, "unit")));
  }
}

/// Where a row or a unit lies, and its scale: xhat = (x - (mean + rest)) inverse. `rest` is what rounding the mean to T
/// left.
template <class T> struct norm_position {
  T* mean;
  T* rest;
  T* inverse;
};

/// xhat of one step.
template <class L, class T> SATUR_INLINE L xhat_of(L const& x, L const& mean, L const& rest, L const& inverse) {
  return (math::rounded(x - mean) - rest) * inverse;
}

/// 1/sqrt(variance + epsilon).
template <class S> [[nodiscard]] SATUR_INLINE S inverse_deviation(S variance, S epsilon) {
  return S(1) / std::sqrt((variance < S(0) ? S(0) : variance) + epsilon);
}

/// y = xhat gamma + beta for each row; without Centered the mean is 0 and beta is not read.
template <class T, bool Centered> struct row_norm_pass {
  using S = sum_element<T>;
  std::size_t rows, units;
  T const* x;
  T const* gamma;
  T const* beta;
  S epsilon;
  norm_position<T> at;
  T* y;

  template <class L> SATUR_INLINE void run() const {
    auto const n = static_cast<S>(units);
    for (std::size_t r = 0; r < rows; ++r) {
      T const* const row = x + r * units;
      T* const out = y + r * units;
      T mean(0);
      if constexpr (Centered) {
        wide_sum<L> sum;
        for_each_register<L>(units,
                             [&](std::size_t i, auto part) SATUR_INLINE_LAMBDA { sum.add(part.load(row + i, T(0))); });
        mean = static_cast<T>(sum.total() / n);
      }
      wide_sum<L> distance, square;
      for_each_register<L>(units, [&](std::size_t i, auto part) SATUR_INLINE_LAMBDA {
        L const d = part.load(row + i, mean) - L(mean);
        if constexpr (Centered) {
          distance.add(d);
        }
        square.add_product(d, d);
      });
      S const off = distance.total() / n;
      S const inverse = inverse_deviation(square.total() / n - off * off, epsilon);
      at.mean[r] = mean;
      at.rest[r] = static_cast<T>(off);
      at.inverse[r] = static_cast<T>(inverse);
      L const m(mean), rest(at.rest[r]), scale(at.inverse[r]);
      for_each_register<L>(units, [&](std::size_t i, auto part) SATUR_INLINE_LAMBDA {
        L const xhat = xhat_of<L, T>(part.load(row + i, mean), m, rest, scale);
        L const weight = part.load(gamma + i, T(0));
        if constexpr (Centered) {
          part.store(out + i, math::madd(xhat, weight, part.load(beta + i, T(0))));
        } else {
          part.store(out + i, xhat * weight);
        }
      });
    }
  }
};

/// dx = inverse (g - mean of g - xhat mean of (g xhat)) with g = dy gamma; without Centered the first mean is left out.
/// Adds the sums over rows of dy xhat and of dy to `dgamma` and `dbeta`.
template <class T, bool Centered> struct row_norm_gradient_pass {
  using S = sum_element<T>;
  std::size_t rows, units;
  T const* x;
  T const* dy;
  T const* gamma;
  norm_position<T> at;
  T* dx;
  S* dgamma;
  S* dbeta;

  template <class L> SATUR_INLINE void run() const {
    auto const n = static_cast<S>(units);
    for (std::size_t r = 0; r < rows; ++r) {
      T const* const row = x + r * units;
      T const* const from = dy + r * units;
      T* const out = dx + r * units;
      T const mean = at.mean[r];
      L const m(mean), rest(at.rest[r]), scale(at.inverse[r]);
      wide_sum<L> sum, product;
      for_each_register<L>(units, [&](std::size_t i, auto part) SATUR_INLINE_LAMBDA {
        L const xhat = xhat_of<L, T>(part.load(row + i, mean), m, rest, scale);
        L const d = part.load(from + i, T(0));
        L const g = d * part.load(gamma + i, T(0));
        product.add_product(g, xhat);
        add_products(part, dgamma + i, d, xhat);
        if constexpr (Centered) {
          sum.add(g);
          add_products(part, dbeta + i, d, L(T(1)));
        }
      });
      L const mean_g(static_cast<T>(sum.total() / n));
      L const mean_product(static_cast<T>(product.total() / n));
      for_each_register<L>(units, [&](std::size_t i, auto part) SATUR_INLINE_LAMBDA {
        L const xhat = xhat_of<L, T>(part.load(row + i, mean), m, rest, scale);
        L const g = part.load(from + i, T(0)) * part.load(gamma + i, T(0));
        part.store(out + i, scale * ((Centered ? L(g - mean_g) : g) - xhat * mean_product));
      });
    }
  }
};

} // namespace satur::inline SATUR_ABI::detail
