/// \file initializer/normal.hpp  Normal with a given mean and standard deviation.
#pragma once

#include "satur/config.hpp"
#include "satur/initializer/fans.hpp"
#include "satur/initializer/sampler.hpp"

#include <concepts>
#include <span>
#include <string_view>

namespace satur { inline namespace SATUR_ABI {

/// w ~ N(center, spread^2), not truncated. sampler::normal states how far its tails reach.
///
/// Throws std::invalid_argument if the mean is not finite or the standard deviation is negative, infinite or NaN.
struct normal {
  double center = 0; ///< the mean of a weight
  double spread = 1; ///< the standard deviation (not the variance)

  static constexpr std::string_view name = "normal";
  static constexpr bool uses_fans = false;

  [[nodiscard]] double mean(fans) const { return detail::checked_finite(center, name, "mean"); }
  [[nodiscard]] double stddev(fans) const { return detail::checked_scale(spread, name, "stddev"); }

  template <std::floating_point T> void fill(std::span<T> out, fans f, sampler const& random) const {
    random.normal(out, detail::checked_as<T>(mean(f), name, "mean"), detail::checked_as<T>(stddev(f), name, "stddev"));
  }

  bool operator==(normal const&) const = default;
};

}} // namespace satur::SATUR_ABI
