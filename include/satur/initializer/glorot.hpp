/// \file initializer/glorot.hpp  The rule of Glorot and Bengio: a compromise that nearly keeps the size of the signal
/// forward and of the gradient backward.
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

/// The scale of both rules: gain sqrt(2 / (n_in + n_out)).
template <class Rule> [[nodiscard]] double glorot_stddev(Rule const& rule, fans f) {
  double const n_in = static_cast<double>(checked(f, Rule::name).in);
  double const n_out = static_cast<double>(f.out);
  checked_scale(rule.gain, Rule::name, "gain");
  return rule.gain * std::sqrt(2 / (n_in + n_out));
}

} // namespace detail

/// w uniform on [-a, a), a = gain sqrt(6 / (in + out)).
///
/// Scale: stddev = a / sqrt 3 = gain sqrt(2 / (in + out)).
///
/// Source: X. Glorot, Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks", AISTATS
/// 2010, equation 16 ("normalized initialization"). Their equation 1, uniform on 1/sqrt(in), is the older rule that it
/// replaces.
///
/// Throws std::invalid_argument if a fan is 0 or the gain is negative, infinite or NaN.
struct glorot_uniform {
  double gain = 1; ///< factor of the scale: 1 for a linear or tanh layer

  static constexpr std::string_view name = "glorot_uniform";

  [[nodiscard]] constexpr double mean(fans) const noexcept { return 0; }
  [[nodiscard]] double stddev(fans f) const { return detail::glorot_stddev(*this, f); }
  [[nodiscard]] double half_width(fans f) const { return detail::root_3 * stddev(f); }

  template <std::floating_point T> void fill(std::span<T> out, fans f, sampler const& random) const {
    double const a = half_width(f);
    detail::checked_as<T>(a, name, "half width");
    random.uniform(out, -a, a);
  }

  bool operator==(glorot_uniform const&) const = default;
};

/// w ~ N(0, stddev^2).
///
/// Scale: stddev = gain sqrt(2 / (in + out)).
///
/// Source: X. Glorot, Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks", AISTATS
/// 2010, equation 12 (the variance).
///
/// Throws std::invalid_argument if a fan is 0 or the gain is negative, infinite or NaN.
struct glorot_normal {
  double gain = 1; ///< factor of the scale: 1 for a linear or tanh layer

  static constexpr std::string_view name = "glorot_normal";

  [[nodiscard]] constexpr double mean(fans) const noexcept { return 0; }
  [[nodiscard]] double stddev(fans f) const { return detail::glorot_stddev(*this, f); }

  template <std::floating_point T> void fill(std::span<T> out, fans f, sampler const& random) const {
    random.normal(out, T(0), detail::checked_as<T>(stddev(f), name, "stddev"));
  }

  bool operator==(glorot_normal const&) const = default;
};

}} // namespace satur::SATUR_ABI
