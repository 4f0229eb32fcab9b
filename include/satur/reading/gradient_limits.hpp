/// \file reading/gradient_limits.hpp  Limits for the readings of gradients, updates and the first loss.
#pragma once

#include "satur/config.hpp"

#include <cstddef>

namespace satur { inline namespace SATUR_ABI {

/// Limits at which these readings change their verdict, each with its source.
struct gradient_limits {
  double vanishing_ratio = 1e-3;      ///< flow ratio below it, and ... (AUTOTRAINER; strict)
  double vanishing_first = 1e-4;      ///< ... the first layer's norm below it (AUTOTRAINER; strict)
  double exploding_ratio = 70.0;      ///< flow ratio above it (AUTOTRAINER; strict)
  double shrinking_layer = 0.5;       ///< layer ratio at or below it (TheDeepChecker) ...
  double growing_layer = 2.0;         ///< ... at or above it ...
  std::size_t consecutive_layers = 5; ///< ... in as many ratios in a row
  double zero_share = 0.7;            ///< share of exact zeros at or above it (DeepDiagnosis, AUTOTRAINER)
  double update_high = -2.0;          ///< log10 update:data above it (DL4J; strict)
  double update_low = -4.0;           ///< log10 update:data below it (DL4J; strict)
  double update_target = -3.0;        ///< target of log10 update:data (Karpathy)
  double initial_loss_excess = 1.0;   ///< |initial loss - ln C| above it (satur: logits of standard deviation s cost
                                      ///< s^2/2, so this allows 1.4)
  bool operator==(gradient_limits const&) const = default;
};

}} // namespace satur::SATUR_ABI
