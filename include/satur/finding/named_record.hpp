/// \file finding/named_record.hpp  A layer's record by name: what diagnose() is given.
#pragma once

#include "satur/record/format_records.hpp"
#include "satur/record/layer.hpp"
#include "satur/record/origin.hpp"
#include "satur/record/units/unit_records.hpp"
#include "satur/rule/any_rule.hpp"

#include <limits>
#include <optional>
#include <string>

namespace satur { inline namespace SATUR_ABI {

/// A layer's record, and what diagnose() compares it with.
struct named_record {
  std::string name;
  layer_record record;
  /// Slope share of the layer before training; NaN: unknown. The layer's slope is compared with this or with that of
  /// z ~ N(0, 1), whichever is larger.
  double initial_slope_share = std::numeric_limits<double>::quiet_NaN();
  /// Variance of z that the initializer should give; NaN: not compared.
  double expected_variance_z = std::numeric_limits<double>::quiet_NaN();
  /// The records of its units, or null: no unit is named then, and none is found dead or shifted.
  unit_records const* units = nullptr;
  /// The rule of the record. Needed for a rule of your own only: without it, no cure has a prediction.
  std::optional<any_rule> rule = std::nullopt;
  /// The first step, the weights, and when z or dL/dz stopped being finite; empty if unknown.
  layer_origin origin{};
  /// What of its numbers leaves number formats, or null; and how the sizes of these numbers are spread, or null: then
  /// what another scale would do is estimated.
  format_losses const* formats = nullptr;
  format_histograms const* sizes = nullptr;
};

}} // namespace satur::SATUR_ABI
