/// \file record/update.hpp  How far the steps moved the weights of one layer.
#pragma once

#include "satur/statistics/moments.hpp"

#include <cstdint>
#include <limits>

namespace satur { inline namespace SATUR_ABI {

/// How far a step moved the weights: log10(std(step) / std(weights)). About -3 is healthy (Karpathy, makemore part 3).
struct update_record {
  std::uint64_t steps = 0;    ///< steps with a finite ratio
  std::uint64_t unusable = 0; ///< steps without one: NaN, infinity, constant weights or a step of zero
  compensated_sum log_ratio;  ///< sum over steps of log10(std(step) / std(weights))

  /// Mean over the steps of log10(std(step) / std(weights)); NaN where there was none.
  [[nodiscard]] double log10_ratio() const {
    return steps == 0 ? std::numeric_limits<double>::quiet_NaN() : log_ratio.value() / static_cast<double>(steps);
  }
  update_record& operator+=(update_record const& o) {
    steps += o.steps;
    unusable += o.unusable;
    log_ratio += o.log_ratio;
    return *this;
  }
  bool operator==(update_record const&) const = default;
};

}} // namespace satur::SATUR_ABI
