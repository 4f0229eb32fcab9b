/// \file initializer/uniform.hpp  Uniform on a given interval.
#pragma once

#include "satur/config.hpp"
#include "satur/initializer/fans.hpp"
#include "satur/initializer/sampler.hpp"

#include <concepts>
#include <span>
#include <stdexcept>
#include <string_view>

namespace satur { inline namespace SATUR_ABI {

/// w uniform on [low, high): never below low, never equal to high (all weights are low if low == high).
///
/// Scale: mean (low + high)/2, standard deviation (high - low)/sqrt 12.
///
/// Throws std::invalid_argument unless both ends are finite and low <= high.
struct uniform {
  double low = -1;
  double high = 1;

  static constexpr std::string_view name = "uniform";
  static constexpr bool uses_fans = false;

  [[nodiscard]] double mean(fans) const {
    check();
    return low / 2 + high / 2;
  }
  [[nodiscard]] double half_width(fans) const {
    check();
    return high / 2 - low / 2;
  }
  [[nodiscard]] double stddev(fans f) const { return half_width(f) / detail::root_3; }

  template <std::floating_point T> void fill(std::span<T> out, fans, sampler const& random) const {
    check();
    detail::checked_as<T>(low, name, "low");
    detail::checked_as<T>(high, name, "high");
    random.uniform(out, low, high);
  }

  bool operator==(uniform const&) const = default;

private:
  void check() const {
    detail::checked_finite(low, name, "low");
    detail::checked_finite(high, name, "high");
    if (low > high) {
      detail::raise(
          std::invalid_argument(detail::message("satur::", name, ": low is ", detail::number_text(low), ", high is ",
                                                detail::number_text(high), "; allowed: low <= high")));
    }
  }
};

}} // namespace satur::SATUR_ABI
