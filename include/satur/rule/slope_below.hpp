/// \file rule/slope_below.hpp  |f'(z)| below a share of the peak slope.
#pragma once

#include "satur/activation/peak_slope.hpp"
#include "satur/rule/concept.hpp"
#include "satur/text/number.hpp"

#include <string>
#include <string_view>

namespace satur { inline namespace SATUR_ABI {

/// Saturated where |f'(z)| < ratio * peak slope, strictly: comparable between activations. low: z <= 0, high: z > 0.
/// slope_below{0.02659} marks a sigmoid beyond 5 and a tanh beyond 2.5. An activation that does not state its peak
/// slope has it searched for in every call (`peak_slope_of`). Throws std::invalid_argument if ratio is not in (0, 1].
struct slope_below {
  static constexpr std::string_view name = "slope_below";
  double ratio = 0.02659222668316062; // sigmoid'(5)/sigmoid'(0)

  [[nodiscard]] rule_definition definition() const { return {detail::label_of<slope_below>, ratio}; }
  template <class A> [[nodiscard]] rule_limits limits(A const& act) const {
    if (detail::is_nan(ratio) || !(ratio > 0.0 && ratio <= 1.0)) {
      detail::bad_parameter("slope_below", "ratio", ratio, "a share of the peak slope in (0, 1], such as 0.0266");
    }
    return rule_limits::of_slope(ratio * satur::peak_slope_of(act));
  }
  /// "slope < 2.66 % of its peak"
  [[nodiscard]] std::string text() const {
    return detail::message("slope < ", text::limit_percent(ratio), " % of its peak");
  }
  bool operator==(slope_below const&) const = default;
};

}} // namespace satur::SATUR_ABI
