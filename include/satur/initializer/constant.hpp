/// \file initializer/constant.hpp  All weights have one value.
#pragma once

#include "satur/config.hpp"
#include "satur/initializer/fans.hpp"
#include "satur/initializer/sampler.hpp"

#include <algorithm>
#include <concepts>
#include <span>
#include <string_view>

namespace satur { inline namespace SATUR_ABI {

/// w = value.
///
/// Throws std::invalid_argument if the value is not finite.
struct constant {
  double value = 0;

  static constexpr std::string_view name = "constant";
  static constexpr bool uses_fans = false;

  [[nodiscard]] double mean(fans) const { return detail::checked_finite(value, name, "value"); }
  [[nodiscard]] constexpr double stddev(fans) const noexcept { return 0; }

  template <std::floating_point T> void fill(std::span<T> out, fans f, sampler const&) const {
    std::ranges::fill(out, detail::checked_as<T>(mean(f), name, "value"));
  }

  bool operator==(constant const&) const = default;
};

}} // namespace satur::SATUR_ABI
