/// \file report/html/options.hpp  What a page shows beside the monitor itself.
#pragma once

#include "satur/activation/any_activation.hpp"
#include "satur/finding/finding.hpp"
#include "satur/monitor/options.hpp"
#include "satur/theory/predict.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace satur { inline namespace SATUR_ABI {

/// What a page shows beside the monitor itself.
struct html_options {
  std::string title = "Training run";
  std::string description = {}; ///< one paragraph below the title: the network, the data, the command
  /// What theory expected of the layers before training, in their order; shown beside what was measured in the first
  /// sampled step.
  std::optional<theory::prediction> prediction = std::nullopt;
  /// Activations of your own, or with other parameters: their curves are drawn behind the histograms.
  std::span<any_activation const> activations = {};
  /// The findings to show; by default those of `diagnose(mon, {}, activations)`.
  std::optional<std::vector<finding>> findings = std::nullopt;
  satur::phase phase = satur::phase::train; ///< whose records are shown
};

}} // namespace satur::SATUR_ABI
