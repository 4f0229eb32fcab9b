/// \file initializer/he.hpp  The rule of He et al. for relu and leaky relu.
#pragma once

#include "satur/config.hpp"
#include "satur/initializer/fans.hpp"
#include "satur/initializer/sampler.hpp"

#include <cmath>
#include <concepts>
#include <span>
#include <string_view>

namespace satur { inline namespace SATUR_ABI {

namespace detail {

/// The scale of both rules: gain sqrt(2 / ((1 + slope^2) n)).
template <class Rule> [[nodiscard]] double he_stddev(Rule const& rule, fans f) {
  double const n = fan_number(f, rule.mode, Rule::name);
  checked_scale(rule.gain, Rule::name, "gain");
  checked_finite(rule.slope, Rule::name, "slope");
  return rule.gain * std::sqrt(2 / ((1 + rule.slope * rule.slope) * n));
}

} // namespace detail

/// w uniform on [-a, a), a = gain sqrt(6 / ((1 + slope^2) n)). n is the fan-in unless `mode` selects another.
///
/// Scale: stddev = gain sqrt(2 / ((1 + slope^2) n)).
///
/// Source: K. He, X. Zhang, S. Ren, J. Sun, "Delving deep into rectifiers", ICCV 2015, equations 10 and 14 (relu,
/// fan-in and fan-out) and 15 (slope): the variance of the paper with a uniform law.
///
/// Throws std::invalid_argument if a fan is 0, the slope is not finite, or the gain is negative, infinite or NaN.
struct he_uniform {
  double slope = 0; ///< slope of the activation for z < 0: 0 for relu, 0.01 for the usual leaky_relu
  double gain = 1;  ///< a further factor of the scale
  fan_mode mode = fan_mode::fan_in;

  static constexpr std::string_view name = "he_uniform";

  [[nodiscard]] constexpr double mean(fans) const noexcept { return 0; }
  [[nodiscard]] double stddev(fans f) const { return detail::he_stddev(*this, f); }
  [[nodiscard]] double half_width(fans f) const { return detail::root_3 * stddev(f); }

  template <std::floating_point T> void fill(std::span<T> out, fans f, sampler const& random) const {
    double const a = half_width(f);
    detail::checked_as<T>(a, name, "half width");
    random.uniform(out, -a, a);
  }

  bool operator==(he_uniform const&) const = default;
};

/// w ~ N(0, stddev^2). n is the fan-in unless `mode` selects another.
///
/// Scale: stddev = gain sqrt(2 / ((1 + slope^2) n)).
///
/// Source: K. He, X. Zhang, S. Ren, J. Sun, "Delving deep into rectifiers", ICCV 2015, equations 10 and 14 (relu,
/// fan-in and fan-out) and 15 (slope).
///
/// Throws std::invalid_argument if a fan is 0, the slope is not finite, or the gain is negative, infinite or NaN.
struct he_normal {
  double slope = 0; ///< slope of the activation for z < 0: 0 for relu, 0.01 for the usual leaky_relu
  double gain = 1;  ///< a further factor of the scale
  fan_mode mode = fan_mode::fan_in;

  static constexpr std::string_view name = "he_normal";

  [[nodiscard]] constexpr double mean(fans) const noexcept { return 0; }
  [[nodiscard]] double stddev(fans f) const { return detail::he_stddev(*this, f); }

  template <std::floating_point T> void fill(std::span<T> out, fans f, sampler const& random) const {
    random.normal(out, T(0), detail::checked_as<T>(stddev(f), name, "stddev"));
  }

  bool operator==(he_normal const&) const = default;
};

}} // namespace satur::SATUR_ABI
