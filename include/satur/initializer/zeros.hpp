/// \file initializer/zeros.hpp  All zeros: the usual initial bias.
#pragma once

#include "satur/config.hpp"
#include "satur/initializer/fans.hpp"
#include "satur/initializer/sampler.hpp"

#include <algorithm>
#include <concepts>
#include <span>
#include <string_view>

namespace satur { inline namespace SATUR_ABI {

/// w = 0. As weights it makes all units of a layer equal, and their gradients stay equal.
struct zeros {
  static constexpr std::string_view name = "zeros";
  static constexpr bool uses_fans = false;

  [[nodiscard]] constexpr double mean(fans) const noexcept { return 0; }
  [[nodiscard]] constexpr double stddev(fans) const noexcept { return 0; }

  template <std::floating_point T> void fill(std::span<T> out, fans, sampler const&) const {
    std::ranges::fill(out, T(0));
  }

  bool operator==(zeros const&) const = default;
};

}} // namespace satur::SATUR_ABI
