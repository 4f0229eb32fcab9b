/// \file activation/hard_sigmoid.hpp
#pragma once

#include "satur/activation/concept.hpp"
#include <array>
#include <limits>

namespace satur { inline namespace SATUR_ABI {

/// f(z) = clip(alpha z + beta, 0, 1); f'(z) = alpha where 0 < alpha z + beta < 1, else 0. By default alpha = 1/6 and
/// beta = 1/2: clip((z + 3)/6, 0, 1). 2^-60 <= alpha <= 2^60, |beta| <= 2^60. Keras 2 used another line:
/// `hard_sigmoid_keras2`; ONNX's HardSigmoid is `hard_sigmoid{0.2, 0.5}`.
///
/// Range: f in [0, 1]; f' is 0 or alpha.
///
/// Saturates: on both sides, exactly; by default for |z| >= 3. A unit there gets no gradient.
///
/// Special values: f(-inf) = 0, f(inf) = 1, f' = 0 at both kinks (as in PyTorch; tests/reference/kinks.csv); NaN gives
/// NaN in both.
///
/// Accuracy: by default value below 1 ulp, because z + 3 is exact where it cancels, and slope 0.5 (docs/accuracy.md).
/// With other parameters alpha z + beta is rounded once, after alpha and beta are rounded to T.
///
/// Source: the idea is from Courbariaux, Bengio, David 2015; PyTorch and Keras 3 define it with 1/6; ONNX with alpha
/// and beta.
struct hard_sigmoid {
  static constexpr std::string_view name = "hard_sigmoid";
  static constexpr bool flat_left = true;
  static constexpr bool flat_right = true;

  double alpha = 1.0 / 6.0;
  double beta = 0.5;

  template <class T> [[nodiscard]] SATUR_INLINE constexpr T value(T z) const {
    if (is_default()) {
      return math::keep_nan(
          z, T(math::select(z <= T(-3), T(0), math::select(z >= T(3), T(1), T(math::undivided(T(z + T(3))) / T(6))))));
    }
    if constexpr (math::foreign_batch<T>) { // the compiler may fuse its products into sums
      return math::through_lanes(z, [this](auto const& l) { return this->value(l); });
    } else {
      T const line = line_at(z, beta);
      return math::keep_nan(z, T(math::select(line <= T(0), T(0), math::select(line >= T(1), T(1), line))));
    }
  }
  template <class T> [[nodiscard]] SATUR_INLINE constexpr T derivative(T z) const {
    if (is_default()) {
      T const flat = math::select(z <= T(-3) || z >= T(3), T(0), z); // NaN stays NaN
      return math::keep_nan(z, T(math::select(z > T(-3) && z < T(3), T(T(1) / T(6)), flat)));
    }
    if constexpr (math::foreign_batch<T>) {
      return math::through_lanes(z, [this](auto const& l) { return this->derivative(l); });
    } else {
      T const above_low = line_at(z, beta);
      T const above_high = line_at(z, beta - 1.0); // the line itself may round to 1 before it is 1
      T const flat = math::select(above_low <= T(0) || above_high >= T(0), T(0), z); // NaN stays NaN
      return math::keep_nan(z,
                            T(math::select(above_low > T(0) && above_high < T(0), math::parameter_as<T>(alpha), flat)));
    }
  }

  [[nodiscard]] static constexpr double lower() noexcept { return 0.0; }
  [[nodiscard]] static constexpr double upper() noexcept { return 1.0; }
  [[nodiscard]] constexpr double peak_slope() const noexcept { return alpha; }
  /// Points at which the slope jumps.
  [[nodiscard]] constexpr std::array<double, 2> kinks() const noexcept { return {-beta / alpha, (1.0 - beta) / alpha}; }

  /// Throws std::invalid_argument if a parameter is out of range.
  constexpr void require_valid() const {
    if (!(alpha >= 0x1p-60 && alpha <= 0x1p60)) {
      detail::bad_parameter("hard_sigmoid", "alpha", alpha, "a number from 2^-60 to 2^60");
    }
    if (!(beta >= -0x1p60 && beta <= 0x1p60)) {
      detail::bad_parameter("hard_sigmoid", "beta", beta, "a number from -2^60 to 2^60");
    }
  }

  /// value(z) for a number, a lazy expression for an xtensor expression.
  template <class Z> constexpr decltype(auto) operator()(Z&& z) const {
    return detail::call(*this, std::forward<Z>(z));
  }
  bool operator==(hard_sigmoid const&) const = default;

private:
  [[nodiscard]] constexpr bool is_default() const noexcept { return alpha == 1.0 / 6.0 && beta == 0.5; }
  /// alpha z + offset, rounded once. Far outside only its sign is right, so that a large z does not overflow.
  template <class T> [[nodiscard]] SATUR_INLINE constexpr T line_at(T const& z, double offset) const {
    T const first = math::parameter_as<T>((-1.0 - beta) / alpha);
    T const last = math::parameter_as<T>((2.0 - beta) / alpha);
    T const kept = math::select(z < first, first, math::select(z > last, last, z));
    return math::fma(math::parameter_as<T>(alpha), kept, math::parameter_as<T>(offset));
  }
};

}} // namespace satur::SATUR_ABI
