/// \file rule/sagemaker_limits.hpp  The limits of SageMaker Debugger.
#pragma once

#include "satur/activation/concept.hpp"
#include "satur/rule/concept.hpp"

#include <string>
#include <string_view>

namespace satur { inline namespace SATUR_ABI {

/// The limits of SageMaker Debugger's rule SaturatedActivation, strictly: z outside [-9.4999, 9.4999] for the
/// activation named "tanh", outside [-23, 16.99999] for the one named "sigmoid".
/// Throws std::invalid_argument for any other activation: the source has no limits for it.
struct sagemaker_limits {
  static constexpr std::string_view name = "sagemaker_limits";

  [[nodiscard]] rule_definition definition() const { return {detail::label_of<sagemaker_limits>}; }
  template <class A> [[nodiscard]] rule_limits limits(A const& act) const {
    if (name_of(act) == "tanh") {
      return rule_limits::of_z(-9.4999, 9.4999);
    }
    if (name_of(act) == "sigmoid") {
      return rule_limits::of_z(-23.0, 16.99999);
    }
    detail::bad_parameter("sagemaker_limits", "activation", name_of(act),
                          "sigmoid and tanh; for another take z_outside or slope_below");
  }
  [[nodiscard]] std::string text() const { return "z beyond ±9.4999 (tanh), -23 and 16.99999 (sigmoid)"; }
  bool operator==(sagemaker_limits const&) const = default;
};

}} // namespace satur::SATUR_ABI
