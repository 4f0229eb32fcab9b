/// \file initializer/variance_scaling.hpp  One formula for most rules: variance scale / n, with n from the fans.
#pragma once

#include "satur/config.hpp"
#include "satur/error.hpp"
#include "satur/initializer/fans.hpp"
#include "satur/initializer/normal_window.hpp"
#include "satur/initializer/sampler.hpp"

#include <cmath>
#include <concepts>
#include <span>
#include <string_view>

namespace satur { inline namespace SATUR_ABI {

/// The law that variance_scaling draws from.
enum class scaling_law {
  normal,          ///< Keras: untruncated_normal
  uniform,         ///< on [-a, a), a = sqrt 3 stddev
  truncated_normal ///< cut at ±2 standard deviations, then widened so that stddev holds after the cut
};

/// Mean 0 and stddev = sqrt(scale / n), n the fan that `mode` selects.
///
///   | scale, mode | rule |
///   |---|---|
///   | 1, fan_in | lecun |
///   | 1, fan_avg | glorot |
///   | 2, fan_in | he |
///
/// Scale: every law has this standard deviation. The normal that is cut at ±2 of its standard deviations is widened to
/// stddev / 0.87962566103423978 first, so that stddev remains after the cut. Then no weight is beyond 2.2737 stddev.
/// Keras and JAX apply that constant here (and in their glorot_normal, he_normal and lecun_normal, which are this rule
/// with a truncated normal), but not in their truncated_normal. PyTorch never does.
///
/// Source: VarianceScaling of Keras; variance_scaling of jax.nn.initializers (which has fan_geo_avg too).
///
/// Throws std::invalid_argument if a fan is 0 or the scale is negative, infinite or NaN.
struct variance_scaling {
  double scale = 1;
  fan_mode mode = fan_mode::fan_in;
  scaling_law law = scaling_law::truncated_normal;

  static constexpr std::string_view name = "variance_scaling";
  /// The standard deviation of N(0, 1) between -2 and 2, with the digits of Keras and JAX.
  static constexpr double deviation_within_2 = 0.87962566103423978;

  [[nodiscard]] constexpr double mean(fans) const noexcept { return 0; }
  [[nodiscard]] double stddev(fans f) const {
    double const n = detail::fan_number(f, mode, name);
    return std::sqrt(detail::checked_scale(scale, name, "scale") / n);
  }

  template <std::floating_point T> void fill(std::span<T> out, fans f, sampler const& random) const {
    double const s = stddev(f);
    detail::checked_as<T>(3 * s, name, "three times the stddev");
    switch (law) {
    case scaling_law::normal:
      return random.normal(out, T(0), static_cast<T>(s));
    case scaling_law::uniform:
      return random.uniform(out, -detail::root_3 * s, detail::root_3 * s);
    case scaling_law::truncated_normal: {
      double const spread = s / deviation_within_2;
      return detail::fill_truncated(out, random, 0, spread, -2, 2, -2 * spread, 2 * spread, name);
    }
    }
    detail::bad_parameter(name, "law", static_cast<int>(law), "normal, uniform or truncated_normal");
  }

  bool operator==(variance_scaling const&) const = default;
};

}} // namespace satur::SATUR_ABI
