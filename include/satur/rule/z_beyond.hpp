/// \file rule/z_beyond.hpp  |z| > threshold.
#pragma once

#include "satur/rule/concept.hpp"
#include "satur/text/number.hpp"

#include <string>
#include <string_view>

namespace satur { inline namespace SATUR_ABI {

/// Saturated where |z| > threshold, strictly: z = ±threshold is not. low: z < -threshold, high: z > threshold. The
/// comparison is exact for float z too: a threshold that is no float is not rounded to one.
/// The classic rule is z_beyond{5.0}: it leaves a sigmoid 2.66 % of its peak slope but a tanh 0.018 %.
/// Throws std::invalid_argument if threshold is NaN, negative or infinite.
struct z_beyond {
  static constexpr std::string_view name = "z_beyond";
  double threshold = 5.0;

  [[nodiscard]] rule_definition definition() const { return {detail::label_of<z_beyond>, threshold}; }
  void require_valid() const {
    if (!(threshold >= 0.0 && detail::is_finite(threshold))) {
      detail::bad_parameter("z_beyond", "threshold", threshold, "a finite number >= 0, such as 5");
    }
  }
  template <class A> [[nodiscard]] rule_limits limits(A const&) const {
    require_valid();
    return rule_limits::of_z(-threshold, threshold);
  }
  /// "|z| > 5"
  [[nodiscard]] std::string text() const { return detail::message("|z| > ", text::number(threshold)); }
  bool operator==(z_beyond const&) const = default;
};

}} // namespace satur::SATUR_ABI
