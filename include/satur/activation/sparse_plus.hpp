/// \file activation/sparse_plus.hpp
#pragma once

#include "satur/activation/concept.hpp"

#include <limits>

namespace satur { inline namespace SATUR_ABI {

/// f(z) = 0 for z <= -1, (z + 1)^2/4 for -1 < z < 1, z for z >= 1; f'(z) = 0, (z + 1)/2, 1.
///
/// Range: f in [0, inf), f' in [0, 1]. The slope is continuous.
///
/// Saturates: on the low side, exactly, for z <= -1.
///
/// Special values: f(-inf) = 0, f(inf) = inf, f'(-inf) = 0, f'(inf) = 1; NaN gives NaN in both.
///
/// Accuracy: value below 1 ulp, slope 0.5 (docs/accuracy.md).
///
/// Source: the integral of `sparse_sigmoid`; Keras's sparse_plus.
struct sparse_plus {
  static constexpr std::string_view name = "sparse_plus";
  static constexpr bool flat_left = true;
  static constexpr bool flat_right = false;

  template <class T> [[nodiscard]] SATUR_INLINE constexpr T value(T z) const {
    if constexpr (math::foreign_batch<T>) {
      return math::through_lanes(z, [this](auto const& l) { return this->value(l); });
    } else {
      auto const inside = z > T(-1) && z < T(1);
      math::split<T> const sum = math::exact_sum(T(1), T(math::select(inside, z, T(0)))); // cannot overflow
      T const half = T(0.5) * sum.value;
      T const square = math::madd(half, half, T(math::rounded(half * sum.rest)));
      return math::keep_nan(z, T(math::select(inside, square, math::select(z <= T(-1), T(0), z)))); // NaN stays NaN
    }
  }
  template <class T> [[nodiscard]] SATUR_INLINE constexpr T derivative(T z) const {
    T const right = math::select(z >= T(1), T(1), T(T(0.5) * (z + T(1))));
    return math::keep_nan(z, T(math::select(z <= T(-1), T(0), right)));
  }

  [[nodiscard]] static constexpr double lower() noexcept { return 0.0; }
  [[nodiscard]] static constexpr double upper() noexcept { return std::numeric_limits<double>::infinity(); }
  [[nodiscard]] static constexpr double peak_slope() noexcept { return 1.0; }

  /// value(z) for a number, a lazy expression for an xtensor expression.
  template <class Z> constexpr decltype(auto) operator()(Z&& z) const {
    return detail::call(*this, std::forward<Z>(z));
  }
  bool operator==(sparse_plus const&) const = default;
};

}} // namespace satur::SATUR_ABI
