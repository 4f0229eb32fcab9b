/// \file rule/beyond_format.hpp  z * scale, rounded to a number format, beyond the largest or the lowest of its
/// numbers.
#pragma once

#include "satur/error.hpp"
#include "satur/format/formats.hpp"
#include "satur/format/limits.hpp"
#include "satur/rule/concept.hpp"
#include "satur/text/number.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace satur { inline namespace SATUR_ABI {

/// Saturated where z * scale, rounded to the format as if it had no bound, lies beyond its largest number (high) or its
/// lowest (low): where a conversion saturates, or makes infinity or NaN. 464 of fp8_e4m3 is not: it is a tie, and ties
/// to even give 448. 65520 of float16 is: the tie goes to 65536. The product is rounded to double, as by `format_loss`;
/// exact for z of float and double.
///
///     observe(act, z, beyond_format{formats::float16});
///     observe(act, z, beyond_format{formats::with_zero_point(formats::uint8, 128), 20.0});
///
/// In a record it is named "beyond_format", a space and the name of the format, with the scale and the zero point as
/// its numbers. So a format of your own works as a rule of your own does: loaded from a file it is known by name and
/// numbers until `monitor::use_rule` was given the rule itself.
///
/// Throws what `format_limits` throws of the format and the scale, and std::invalid_argument if the format's name has
/// not 1 to 17 bytes, or is that of one of `formats::all()` with other numbers.
struct beyond_format {
  static constexpr std::string_view name = "beyond_format";
  satur::format format = formats::float16;
  double scale = 1.0;

  [[nodiscard]] rule_definition definition() const {
    std::array<char, prefix.size() + label::capacity> text{};
    std::string_view const format_name = format.name;
    std::copy(prefix.begin(), prefix.end(), text.begin());
    std::copy(format_name.begin(), format_name.end(), text.begin() + prefix.size());
    return {label(std::string_view(text.data(), prefix.size() + format_name.size())), scale, format.zero_point};
  }
  /// The rule of a definition; nothing if it names no format of `formats::all()`.
  [[nodiscard]] static std::optional<beyond_format> from(rule_definition const& d) {
    std::string_view const whole = d.name;
    if (whole.starts_with(prefix)) {
      for (satur::format const& f : formats::all()) {
        if (f.name == whole.substr(prefix.size())) {
          return beyond_format{formats::with_zero_point(f, d.second), d.first};
        }
      }
    }
    return std::nullopt;
  }
  /// Whether the format is one of `formats::all()`, with any zero point.
  [[nodiscard]] bool in_library() const {
    std::optional<beyond_format> const known = from(definition());
    return known && known->format == format;
  }

  template <class A> [[nodiscard]] rule_limits limits(A const&) const {
    require_valid();
    auto const inside = format_limits<double>::of(format, scale);
    if (upper_edge(format).inclusive && lower_edge(format).inclusive) { // the ties are beyond: say where they are
      constexpr double infinity = std::numeric_limits<double>::infinity();
      return {rule_limits::quantity::z, std::nextafter(inside.low, -infinity), std::nextafter(inside.high, infinity),
              true};
    }
    return rule_limits::of_z(inside.low, inside.high);
  }
  void require_valid() const {
    detail::require_scale("beyond_format", scale);
    detail::require_format("beyond_format", format);
    if (format.name.empty() || format.name.size() > label::capacity - prefix.size()) {
      detail::bad_parameter("beyond_format", "the format's name", format.name.view(), "1 to 17 bytes");
    }
    if (from(definition()) && !in_library()) {
      detail::bad_parameter("beyond_format", "format", format.name.view(),
                            "that of satur::formats, or another name for a format of your own");
    }
  }
  /// "z rounds beyond float16 (-65504 to 65504)", "z * 4 + 128 rounds beyond uint8 (0 to 255)"
  [[nodiscard]] std::string text() const {
    std::string const scaled = scale == 1.0 ? "z" : detail::message("z * ", text::number(scale));
    std::string const moved =
        format.zero_point == 0.0 ? scaled : detail::message(scaled, " + ", text::number(format.zero_point));
    return detail::message(moved, " rounds beyond ", format.name.view(), " (", text::significant(format.lowest, 5),
                           " to ", text::significant(format.largest, 5), ")");
  }
  bool operator==(beyond_format const&) const = default;

private:
  static constexpr std::string_view prefix = "beyond_format ";
};

}} // namespace satur::SATUR_ABI
