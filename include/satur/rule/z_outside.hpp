/// \file rule/z_outside.hpp  z below one limit or above another.
#pragma once

#include "satur/rule/concept.hpp"
#include "satur/text/number.hpp"

#include <string>
#include <string_view>

namespace satur { inline namespace SATUR_ABI {

/// Saturated where z < low or z > high, strictly: for limits that are not symmetric. Exact for float z. A limit may be
/// infinite: that side never saturates. Throws std::invalid_argument if a limit is NaN or low > high.
struct z_outside {
  static constexpr std::string_view name = "z_outside";
  double low = -5.0;
  double high = 5.0;

  [[nodiscard]] rule_definition definition() const { return {detail::label_of<z_outside>, low, high}; }
  template <class A> [[nodiscard]] rule_limits limits(A const&) const { return rule_limits::of_z(low, high); }
  /// "z < -9 or > 8"
  [[nodiscard]] std::string text() const {
    return detail::message("z < ", text::number(low), " or > ", text::number(high));
  }
  bool operator==(z_outside const&) const = default;
};

}} // namespace satur::SATUR_ABI
