/// \file activation/hard_sigmoid_keras2.hpp
#pragma once

#include "satur/activation/concept.hpp"
#include <array>
#include <limits>

namespace satur { inline namespace SATUR_ABI {

/// f(z) = clip((z + 2.5)/5, 0, 1); f'(z) = 1/5 for |z| < 2.5, else 0. PyTorch and Keras 3 use `hard_sigmoid`.
///
/// Range: f in [0, 1]; f' is 0 or 1/5.
///
/// Saturates: on both sides, exactly, for |z| >= 2.5. A unit there gets no gradient.
///
/// Special values: f(-inf) = 0, f(inf) = 1, f'(±2.5) = 0 (as in PyTorch; tests/reference/kinks.csv); NaN gives NaN in
/// both.
///
/// Accuracy: value below 1 ulp, because z + 2.5 is exact where it cancels; slope 0.5 (docs/accuracy.md).
///
/// Source: Keras 2 (0.2 z + 0.5); Theano before it.
struct hard_sigmoid_keras2 {
  static constexpr std::string_view name = "hard_sigmoid_keras2";
  static constexpr bool flat_left = true;
  static constexpr bool flat_right = true;

  template <class T> [[nodiscard]] SATUR_INLINE constexpr T value(T z) const {
    return math::keep_nan(
        z,
        T(math::select(z <= T(-2.5), T(0), math::select(z >= T(2.5), T(1), T(math::undivided(T(z + T(2.5))) / T(5))))));
  }
  template <class T> [[nodiscard]] SATUR_INLINE constexpr T derivative(T z) const {
    T const flat = math::select(z <= T(-2.5) || z >= T(2.5), T(0), z); // NaN stays NaN
    return math::keep_nan(z, T(math::select(z > T(-2.5) && z < T(2.5), T(T(1) / T(5)), flat)));
  }

  [[nodiscard]] static constexpr double lower() noexcept { return 0.0; }
  [[nodiscard]] static constexpr double upper() noexcept { return 1.0; }
  [[nodiscard]] static constexpr double peak_slope() noexcept { return 1.0 / 5.0; }
  /// Points at which the slope jumps.
  [[nodiscard]] static constexpr std::array<double, 2> kinks() noexcept { return {-2.5, 2.5}; }

  /// value(z) for a number, a lazy expression for an xtensor expression.
  template <class Z> constexpr decltype(auto) operator()(Z&& z) const {
    return detail::call(*this, std::forward<Z>(z));
  }
  bool operator==(hard_sigmoid_keras2 const&) const = default;
};

}} // namespace satur::SATUR_ABI
