/// \file activation/identity.hpp
#pragma once

#include "satur/activation/concept.hpp"

#include <limits>

namespace satur { inline namespace SATUR_ABI {

/// f(z) = z; f'(z) = 1. The activation of a linear output layer.
///
/// Range: all numbers; f' is 1.
///
/// Saturates: never.
///
/// Special values: NaN gives NaN in both.
///
/// Accuracy: exact.
struct identity {
  static constexpr std::string_view name = "identity";
  static constexpr bool flat_left = false;
  static constexpr bool flat_right = false;

  template <class T> [[nodiscard]] SATUR_INLINE constexpr T value(T z) const { return z; }
  template <class T> [[nodiscard]] SATUR_INLINE constexpr T derivative(T z) const {
    return math::keep_nan(z, T(math::select(z == z, T(1), z))); // NaN stays NaN
  }

  [[nodiscard]] static constexpr double lower() noexcept { return -std::numeric_limits<double>::infinity(); }
  [[nodiscard]] static constexpr double upper() noexcept { return std::numeric_limits<double>::infinity(); }
  [[nodiscard]] static constexpr double peak_slope() noexcept { return 1.0; }

  /// value(z) for a number, a lazy expression for an xtensor expression.
  template <class Z> constexpr decltype(auto) operator()(Z&& z) const {
    return detail::call(*this, std::forward<Z>(z));
  }
  bool operator==(identity const&) const = default;
};

}} // namespace satur::SATUR_ABI
