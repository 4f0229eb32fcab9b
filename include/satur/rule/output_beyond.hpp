/// \file rule/output_beyond.hpp  f(z) below one limit or above another.
#pragma once

#include "satur/rule/concept.hpp"
#include "satur/text/number.hpp"

#include <string>
#include <string_view>

namespace satur { inline namespace SATUR_ABI {

/// Saturated where f(z) < low or f(z) > high, strictly: the rule for gates, output_beyond{0.1, 0.9}.
/// Throws std::invalid_argument if a limit is NaN or low > high.
struct output_beyond {
  static constexpr std::string_view name = "output_beyond";
  double low = 0.1;
  double high = 0.9;

  [[nodiscard]] rule_definition definition() const { return {detail::label_of<output_beyond>, low, high}; }
  template <class A> [[nodiscard]] rule_limits limits(A const&) const { return rule_limits::of_output(low, high); }
  /// "output < 0.1 or > 0.9"
  [[nodiscard]] std::string text() const {
    return detail::message("output < ", text::number(low), " or > ", text::number(high));
  }
  bool operator==(output_beyond const&) const = default;
};

}} // namespace satur::SATUR_ABI
