/// \file rule/plasticine_limits.hpp  The limits of Plasticine's fraction of active units.
#pragma once

#include "satur/activation/concept.hpp"
#include "satur/rule/concept.hpp"

#include <string>
#include <string_view>

namespace satur { inline namespace SATUR_ABI {

/// What Plasticine does not call active, strictly: |output| > 0.99 for the activation named "tanh" (|z| > 2.6467, where
/// the slope is 1.99 % of its peak), output < 0.01 or > 0.99 for the one named "sigmoid" (|z| > 4.5951, 3.96 %).
/// Throws std::invalid_argument for any other activation: for relu the source counts outputs of exactly 0, which is the
/// dormancy definition `off`.
///
/// Source: RLE-Foundation/Plasticine, plasticine/metrics.py, compute_active_units; the limits are of the output.
struct plasticine_limits {
  static constexpr std::string_view name = "plasticine_limits";

  [[nodiscard]] rule_definition definition() const { return {detail::label_of<plasticine_limits>}; }
  template <class A> [[nodiscard]] rule_limits limits(A const& act) const {
    if (name_of(act) == "tanh") {
      return rule_limits::of_output(-0.99, 0.99);
    }
    if (name_of(act) == "sigmoid") {
      return rule_limits::of_output(0.01, 0.99);
    }
    detail::bad_parameter("plasticine_limits", "activation", name_of(act),
                          "sigmoid and tanh; for another take output_beyond, scaled_output_beyond or slope_below");
  }
  [[nodiscard]] std::string text() const { return "output beyond ±0.99 (tanh), 0.01 and 0.99 (sigmoid)"; }
  bool operator==(plasticine_limits const&) const = default;
};

}} // namespace satur::SATUR_ABI
