/// \file activation/hard_sigmoid.hpp
#pragma once

#include "satur/activation/concept.hpp"
#include <array>
#include <limits>

namespace satur { inline namespace SATUR_ABI {

/// f(z) = clip((z + 3)/6, 0, 1); f'(z) = 1/6 for |z| < 3, else 0. Keras 2 used another line: `hard_sigmoid_keras2`.
///
/// Range: f in [0, 1]; f' is 0 or 1/6.
///
/// Saturates: on both sides, exactly, for |z| >= 3. A unit there gets no gradient.
///
/// Special values: f(-inf) = 0, f(inf) = 1, f'(±3) = 0 (as in PyTorch; tests/reference/kinks.csv); NaN gives NaN in
/// both.
///
/// Accuracy: value below 1 ulp, because z + 3 is exact where it cancels; slope 0.5 (docs/accuracy.md).
///
/// Source: the idea is from Courbariaux, Bengio, David 2015; PyTorch and Keras 3 define it with 1/6.
struct hard_sigmoid {
  static constexpr std::string_view name = "hard_sigmoid";
  static constexpr bool flat_left = true;
  static constexpr bool flat_right = true;

  template <class T> [[nodiscard]] SATUR_INLINE constexpr T value(T z) const {
    return math::keep_nan(z, T(math::select(z <= T(-3), T(0), math::select(z >= T(3), T(1), T((z + T(3)) / T(6))))));
  }
  template <class T> [[nodiscard]] SATUR_INLINE constexpr T derivative(T z) const {
    T const flat = math::select(z <= T(-3) || z >= T(3), T(0), z); // NaN stays NaN
    return math::keep_nan(z, T(math::select(z > T(-3) && z < T(3), T(T(1) / T(6)), flat)));
  }

  [[nodiscard]] static constexpr double lower() noexcept { return 0.0; }
  [[nodiscard]] static constexpr double upper() noexcept { return 1.0; }
  [[nodiscard]] static constexpr double peak_slope() noexcept { return 1.0 / 6.0; }
  /// Points at which the slope jumps.
  [[nodiscard]] static constexpr std::array<double, 2> kinks() noexcept { return {-3.0, 3.0}; }

  /// value(z) for a number, a lazy expression for an xtensor expression.
  template <class Z> constexpr decltype(auto) operator()(Z&& z) const {
    return detail::call(*this, std::forward<Z>(z));
  }
  bool operator==(hard_sigmoid const&) const = default;
};

}} // namespace satur::SATUR_ABI
