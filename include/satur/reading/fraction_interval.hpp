/// \file reading/fraction_interval.hpp  Confidence intervals for the saturated share of a record.
#pragma once

#include "satur/record/saturation.hpp"
#include "satur/statistics/interval.hpp"

namespace satur { inline namespace SATUR_ABI {

/// The interval for the saturated share, if units x inputs are independent.
[[nodiscard]] inline interval fraction_interval(saturation const& record, double level = 0.95) {
  return wilson(record.low + record.high, record.count, level);
}
/// The interval for the saturated share, for clustered observations.
[[nodiscard]] inline interval fraction_interval(saturation const& record, clustering const& c, double level = 0.95) {
  return wilson(record.low + record.high, record.count, c, level);
}

}} // namespace satur::SATUR_ABI
