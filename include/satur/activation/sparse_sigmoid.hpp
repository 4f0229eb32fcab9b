/// \file activation/sparse_sigmoid.hpp
#pragma once

#include "satur/activation/concept.hpp"

#include <array>

namespace satur { inline namespace SATUR_ABI {

/// f(z) = clip((z + 1)/2, 0, 1); f'(z) = 1/2 for |z| < 1, else 0.
///
/// Range: f in [0, 1]; f' is 0 or 1/2.
///
/// Saturates: on both sides, exactly, for |z| >= 1.
///
/// Special values: f(-inf) = 0, f(inf) = 1, f'(±inf) = 0, f'(±1) = 0; NaN gives NaN in both.
///
/// Accuracy: value 0.5 ulp, slope exact (docs/accuracy.md).
///
/// Source: Martins, Astudillo 2016, equation 9 (sparsemax of two classes); Keras's sparse_sigmoid.
struct sparse_sigmoid {
  static constexpr std::string_view name = "sparse_sigmoid";
  static constexpr bool flat_left = true;
  static constexpr bool flat_right = true;

  template <class T> [[nodiscard]] SATUR_INLINE constexpr T value(T z) const {
    T const right = math::select(z >= T(1), T(1), T(T(0.5) * (z + T(1)))); // NaN stays NaN
    return math::keep_nan(z, T(math::select(z <= T(-1), T(0), right)));
  }
  template <class T> [[nodiscard]] SATUR_INLINE constexpr T derivative(T z) const {
    T const outside = math::select(z <= T(-1) || z >= T(1), T(0), z); // NaN stays NaN
    return math::keep_nan(z, T(math::select(z > T(-1) && z < T(1), T(0.5), outside)));
  }

  [[nodiscard]] static constexpr double lower() noexcept { return 0.0; }
  [[nodiscard]] static constexpr double upper() noexcept { return 1.0; }
  [[nodiscard]] static constexpr double peak_slope() noexcept { return 0.5; }
  /// Points at which the slope jumps.
  [[nodiscard]] static constexpr std::array<double, 2> kinks() noexcept { return {-1.0, 1.0}; }

  /// value(z) for a number, a lazy expression for an xtensor expression.
  template <class Z> constexpr decltype(auto) operator()(Z&& z) const {
    return detail::call(*this, std::forward<Z>(z));
  }
  bool operator==(sparse_sigmoid const&) const = default;
};

}} // namespace satur::SATUR_ABI
