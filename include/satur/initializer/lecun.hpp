/// \file initializer/lecun.hpp  The rule of LeCun: a pre-activation has the variance of its inputs.
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

/// The scale of both rules: gain sqrt(1 / n_in).
template <class Rule> [[nodiscard]] double lecun_stddev(Rule const& rule, fans f) {
  double const n_in = static_cast<double>(checked(f, Rule::name).in);
  checked_scale(rule.gain, Rule::name, "gain");
  return rule.gain * std::sqrt(1 / n_in);
}

} // namespace detail

/// w uniform on [-a, a), a = gain sqrt(3 / in).
///
/// Scale: stddev = gain / sqrt(in).
///
/// Source: Y. LeCun, L. Bottou, G. Orr, K.-R. Mueller, "Efficient BackProp", 1998, equation 16, with a uniform law.
///
/// Throws std::invalid_argument if a fan is 0 or the gain is negative, infinite or NaN.
struct lecun_uniform {
  double gain = 1; ///< factor of the scale

  static constexpr std::string_view name = "lecun_uniform";

  [[nodiscard]] constexpr double mean(fans) const noexcept { return 0; }
  [[nodiscard]] double stddev(fans f) const { return detail::lecun_stddev(*this, f); }
  [[nodiscard]] double half_width(fans f) const { return detail::root_3 * stddev(f); }

  template <std::floating_point T> void fill(std::span<T> out, fans f, sampler const& random) const {
    double const a = half_width(f);
    detail::checked_as<T>(a, name, "half width");
    random.uniform(out, -a, a);
  }

  bool operator==(lecun_uniform const&) const = default;
};

/// w ~ N(0, stddev^2). The rule to use with selu.
///
/// Scale: stddev = gain / sqrt(in).
///
/// Source: Y. LeCun, L. Bottou, G. Orr, K.-R. Mueller, "Efficient BackProp", 1998, equation 16.
///
/// Throws std::invalid_argument if a fan is 0 or the gain is negative, infinite or NaN.
struct lecun_normal {
  double gain = 1; ///< factor of the scale

  static constexpr std::string_view name = "lecun_normal";

  [[nodiscard]] constexpr double mean(fans) const noexcept { return 0; }
  [[nodiscard]] double stddev(fans f) const { return detail::lecun_stddev(*this, f); }

  template <std::floating_point T> void fill(std::span<T> out, fans f, sampler const& random) const {
    random.normal(out, T(0), detail::checked_as<T>(stddev(f), name, "stddev"));
  }

  bool operator==(lecun_normal const&) const = default;
};

}} // namespace satur::SATUR_ABI
