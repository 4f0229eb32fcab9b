/// \file record/units/unit_window.hpp  What a group of units did in a window of steps.
#pragma once

#include "satur/config.hpp"

#include <cstdint>
#include <limits>

namespace satur { inline namespace SATUR_ABI {

/// One group of units in one window: counters and a sum, so that cells of two threads or machines add. The readers are
/// NaN where nothing was seen.
struct unit_cell {
  std::uint64_t count = 0;     ///< units x samples in which z was not NaN
  std::uint64_t saturated = 0; ///< of them, by the rule of the layer
  double slope = 0.0;          ///< sum of f'(z); not finite where one was not, and until the next `start_window`

  [[nodiscard]] double mean_derivative() const {
    return count == 0 ? std::numeric_limits<double>::quiet_NaN() : slope / static_cast<double>(count);
  }
  [[nodiscard]] double fraction() const {
    return count == 0 ? std::numeric_limits<double>::quiet_NaN()
                      : static_cast<double>(saturated) / static_cast<double>(count);
  }
  unit_cell& operator+=(unit_cell const& o) {
    count += o.count;
    saturated += o.saturated;
    slope += o.slope;
    return *this;
  }
  bool operator==(unit_cell const&) const = default;
};

/// A window: sampled steps that follow each other, by their numbers, both included.
struct unit_window {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::uint64_t steps = 0; ///< sampled ones
  bool operator==(unit_window const&) const = default;
};

}} // namespace satur::SATUR_ABI
