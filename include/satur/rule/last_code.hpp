/// \file rule/last_code.hpp  z * scale at the last code of a quantized layer.
#pragma once

#include "satur/format/limits.hpp"
#include "satur/rule/concept.hpp"
#include "satur/text/number.hpp"

#include <limits>
#include <string>
#include <string_view>

namespace satur { inline namespace SATUR_ABI {

/// Saturated (high) where z * scale >= last: where a layer that rounds down and clips at `last` stores its last code.
/// The low side never saturates. Numbers at the last code that were not clipped count too; `beyond_format` counts what
/// is clipped. Exact for z of float and double. Throws std::invalid_argument if last or scale is not a finite number >
/// 0.
struct last_code {
  static constexpr std::string_view name = "last_code";
  double last = 127.0;
  double scale = 1.0;

  [[nodiscard]] rule_definition definition() const { return {detail::label_of<last_code>, last, scale}; }
  template <class A> [[nodiscard]] rule_limits limits(A const&) const {
    if (!(last > 0.0 && detail::is_finite(last))) {
      detail::bad_parameter("last_code", "last", last, "a finite number > 0, such as 127");
    }
    detail::require_scale("last_code", scale);
    return rule_limits::of_z(-std::numeric_limits<double>::infinity(),
                             detail::largest_with_product_up_to<double>(detail::before(last), scale));
  }
  /// "z >= 127, the last code", "z * 127 >= 127, the last code"
  [[nodiscard]] std::string text() const {
    std::string const scaled = scale == 1.0 ? std::string() : detail::message(" * ", text::number(scale));
    return detail::message("z", scaled, " >= ", text::number(last), ", the last code");
  }
  bool operator==(last_code const&) const = default;
};

}} // namespace satur::SATUR_ABI
