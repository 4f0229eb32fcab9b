/// \file record/update.hpp  How far the steps moved the weights of one layer.
#pragma once

#include "satur/statistics/moments.hpp"
#include "satur/text/number.hpp"

#include <cstdint>
#include <limits>
#include <ostream>

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

/// "update: log10(std(step) / std(weights)) -3.02, steps 100", and how many steps had no ratio.
inline std::ostream& operator<<(std::ostream& out, update_record const& u) {
  out << "update: log10(std(step) / std(weights)) " << text::decimals(u.log10_ratio(), 2) << ", steps "
      << text::number(u.steps);
  if (u.unusable != 0) {
    out << "; without a ratio " << text::number(u.unusable);
  }
  return out;
}

}} // namespace satur::SATUR_ABI
