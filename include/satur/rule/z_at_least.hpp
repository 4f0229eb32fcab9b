/// \file rule/z_at_least.hpp  |z| >= threshold.
#pragma once

#include "satur/rule/concept.hpp"
#include "satur/text/number.hpp"

#include <string>
#include <string_view>

namespace satur { inline namespace SATUR_ABI {

/// Saturated where |z| >= threshold: z = ±threshold is. low: z <= -threshold, high: z >= threshold. Exact for float z.
/// Throws std::invalid_argument if threshold is not a finite number > 0.
struct z_at_least {
  static constexpr std::string_view name = "z_at_least";
  double threshold = 5.0;

  [[nodiscard]] rule_definition definition() const { return {detail::label_of<z_at_least>, threshold}; }
  template <class A> [[nodiscard]] rule_limits limits(A const&) const {
    if (!(threshold > 0.0 && detail::is_finite(threshold))) {
      detail::bad_parameter("z_at_least", "threshold", threshold, "a finite number > 0, such as 5");
    }
    return {rule_limits::quantity::z, -threshold, threshold, true};
  }
  /// "|z| >= 5"
  [[nodiscard]] std::string text() const { return detail::message("|z| >= ", text::number(threshold)); }
  bool operator==(z_at_least const&) const = default;
};

}} // namespace satur::SATUR_ABI
