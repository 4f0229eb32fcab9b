/// \file reading/fraction_interval.hpp  How far a record's saturated share can be from the true one.
#pragma once

#include "satur/record/saturation.hpp"
#include "satur/statistics/interval.hpp"

namespace satur { inline namespace SATUR_ABI {

/// Of a record's saturated share, units x inputs taken as independent.
[[nodiscard]] inline interval fraction_interval(saturation const& record, double level = 0.95) {
  return wilson(record.low + record.high, record.count, level);
}
/// Of a record's saturated share, clustered.
[[nodiscard]] inline interval fraction_interval(saturation const& record, clustering const& c, double level = 0.95) {
  return wilson(record.low + record.high, record.count, c, level);
}

}} // namespace satur::SATUR_ABI
