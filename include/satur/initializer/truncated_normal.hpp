/// \file initializer/truncated_normal.hpp  Normal with its tails cut off. One rule takes the bounds in standard
/// deviations, the other as values. Keras and JAX use the first, PyTorch the second, under nearly the same name.
#pragma once

#include "satur/config.hpp"
#include "satur/error.hpp"
#include "satur/initializer/fans.hpp"
#include "satur/initializer/normal_window.hpp"
#include "satur/initializer/sampler.hpp"

#include <algorithm>
#include <cmath>
#include <concepts>
#include <limits>
#include <span>
#include <stdexcept>
#include <string_view>

namespace satur { inline namespace SATUR_ABI {

namespace detail {

/// Throws std::invalid_argument unless low < high and the window reaches within 37 standard deviations of the mean.
/// `low` and `high` are the bounds as the caller gave them.
inline void check_window(double low, double high, double low_deviations, double high_deviations,
                         std::string_view rule) {
  if (is_nan(low) || is_nan(high) || !(low < high)) {
    detail::raise(std::invalid_argument(message("satur::", rule, ": the bounds are ", number_text(low), " and ",
                                                number_text(high), "; allowed: the first below the second")));
  }
  if (!(low_deviations <= 37 && high_deviations >= -37 && low_deviations < high_deviations)) {
    detail::raise(
        std::invalid_argument(message("satur::", rule, ": the bounds ", number_text(low), " and ", number_text(high),
                                      " keep nothing of the normal; allowed: a window that reaches within 37 "
                                      "standard deviations of the mean")));
  }
}

} // namespace detail

/// w = center + spread Z, Z ~ N(0, 1) kept between `low_deviations` and `high_deviations` (either may be infinite).
/// Keras's TruncatedNormal and JAX's truncated_normal, neither of which corrects for the cut (`variance_scaling` of
/// both does).
///
/// Scale: `spread` is the standard deviation before the cut. `stddev(fans)`, after the cut, is smaller:
/// 0.87962566103423978 spread for the bounds ±2. Mean and standard deviation come from normal_window of
/// normal_window.hpp.
///
/// Throws std::invalid_argument if the mean is not finite, the spread is negative, infinite or NaN, a bound is NaN, the
/// bounds are empty, or both are beyond 37 on one side.
struct truncated_normal_deviations {
  double center = 0; ///< the mean before the cut
  double spread = 1; ///< the standard deviation before the cut
  double low_deviations = -2;
  double high_deviations = 2;

  static constexpr std::string_view name = "truncated_normal_deviations";
  static constexpr bool uses_fans = false;

  [[nodiscard]] double mean(fans) const {
    check();
    return center + spread * detail::normal_window::between(low_deviations, high_deviations).mean;
  }
  [[nodiscard]] double stddev(fans) const {
    check();
    return spread * std::sqrt(detail::normal_window::between(low_deviations, high_deviations).variance);
  }

  template <std::floating_point T> void fill(std::span<T> out, fans, sampler const& random) const {
    check();
    detail::checked_as<T>(center, name, "mean");
    detail::checked_as<T>(spread, name, "spread");
    if (spread == 0) { // the bounds have no meaning then
      std::ranges::fill(out, static_cast<T>(center));
      return;
    }
    double const lowest = center + detail::product(spread, low_deviations);
    double const highest = center + detail::product(spread, high_deviations);
    detail::fill_truncated(out, random, center, spread, low_deviations, high_deviations, lowest, highest, name);
  }

  bool operator==(truncated_normal_deviations const&) const = default;

private:
  void check() const {
    detail::checked_finite(center, name, "mean");
    detail::checked_scale(spread, name, "spread");
    detail::check_window(low_deviations, high_deviations, low_deviations, high_deviations, name);
  }
};

/// w ~ N(center, spread^2) kept between the values `low` and `high` (either may be infinite): never below low, never
/// above high. PyTorch's trunc_normal_, whose bounds a and b are values too. With its defaults ±2 and a spread of 0.02
/// it cuts at 100 standard deviations, so it cuts nothing.
///
/// Scale: `spread` is the standard deviation before the cut. Mean and standard deviation after it come from
/// normal_window of normal_window.hpp.
///
/// Throws std::invalid_argument if the mean is not finite, the spread is not above 0 or not finite, a bound is NaN, the
/// bounds are empty, or both are more than 37 spreads from the mean on one side.
struct truncated_normal_absolute {
  double center = 0; ///< the mean before the cut
  double spread = 1; ///< the standard deviation before the cut
  double low = -2;
  double high = 2;

  static constexpr std::string_view name = "truncated_normal_absolute";
  static constexpr bool uses_fans = false;

  [[nodiscard]] double mean(fans) const {
    check();
    return center + spread * window().mean;
  }
  [[nodiscard]] double stddev(fans) const {
    check();
    return spread * std::sqrt(window().variance);
  }

  template <std::floating_point T> void fill(std::span<T> out, fans, sampler const& random) const {
    check();
    detail::checked_as<T>(center, name, "mean");
    detail::checked_as<T>(spread, name, "spread");
    detail::fill_truncated(out, random, center, spread, deviations(low), deviations(high), low, high, name);
  }

  bool operator==(truncated_normal_absolute const&) const = default;

private:
  [[nodiscard]] double deviations(double x) const { return (x - center) / spread; }
  [[nodiscard]] detail::normal_window window() const {
    return detail::normal_window::between(deviations(low), deviations(high));
  }
  void check() const {
    detail::checked_finite(center, name, "mean");
    if (!detail::is_finite(spread) || spread <= 0) {
      detail::bad_parameter(name, "spread", spread, "a finite number > 0");
    }
    detail::check_window(low, high, deviations(low), deviations(high), name);
  }
};

}} // namespace satur::SATUR_ABI
