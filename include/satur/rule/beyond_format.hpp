/// \file rule/beyond_format.hpp  z * scale, rounded to a number format, beyond the largest or the lowest of its
/// numbers.
#pragma once

#include "satur/error.hpp"
#include "satur/format/formats.hpp"
#include "satur/format/rounding.hpp"
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

namespace detail {

/// The largest double z with `beyond(z)` false, where beyond is false for small z and true for large ones; `guess` is
/// close to it. Halves the distance down to two neighboring doubles.
template <class Beyond> [[nodiscard]] double last_inside(Beyond const& beyond, double guess) {
  constexpr double most = (std::numeric_limits<double>::max)();
  guess = std::clamp(guess, -most, most);
  double const margin = std::fabs(guess) * 0x1p-48 + 0x1p-1070;
  double inside = (std::max)(guess - margin, -most);
  double outside = (std::min)(guess + margin, most);
  if (beyond(inside)) {
    inside = -most;
  }
  if (!beyond(outside)) {
    outside = most;
    if (!beyond(most)) {
      return most; // infinity alone is beyond
    }
  }
  for (;;) {
    double const middle = 0.5 * inside + 0.5 * outside;
    if (middle == inside || middle == outside) {
      return inside;
    }
    (beyond(middle) ? outside : inside) = middle;
  }
}

} // namespace detail

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
/// Throws std::invalid_argument if scale is not a finite number > 0, or the format has no name of 1 to 17 bytes, limits
/// or steps that are none, or the name of one of `formats::all()` with other numbers.
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
    double const low = -detail::last_inside([this](double z) { return below(-z); }, -low_tie() / scale);
    double const high = detail::last_inside([this](double z) { return above(z); }, high_tie() / scale);
    if (round_to(format, low_tie()) < format.low_end() && round_to(format, high_tie()) > format.high_end()) {
      constexpr double infinity = std::numeric_limits<double>::infinity(); // the ties are beyond: say where they are
      return {rule_limits::quantity::z, std::nextafter(low, -infinity), std::nextafter(high, infinity), true};
    }
    return rule_limits::of_z(low, high);
  }
  void require_valid() const {
    if (!(scale > 0.0 && detail::is_finite(scale))) {
      detail::bad_parameter("beyond_format", "scale", scale, "a finite number > 0, such as 1");
    }
    bool const in_order = detail::is_finite(format.lowest) && detail::is_finite(format.largest) &&
                          detail::is_finite(format.zero_point) && format.lowest < format.largest;
    bool const steps = format.smallest_subnormal > 0.0 && format.smallest_normal >= format.smallest_subnormal;
    if (!(in_order && steps)) {
      detail::bad_parameter("beyond_format", "format", format.name.view(),
                            "a format with lowest < largest and 0 < smallest_subnormal <= smallest_normal");
    }
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
  [[nodiscard]] bool below(double z) const { return round_to(format, z * scale) < format.low_end(); }
  [[nodiscard]] bool above(double z) const { return round_to(format, z * scale) > format.high_end(); }
  /// Halfway to the number that would follow the lowest and the largest.
  [[nodiscard]] double low_tie() const { return format.low_end() - half_step(format.lowest); }
  [[nodiscard]] double high_tie() const { return format.high_end() + half_step(format.largest); }
  [[nodiscard]] double half_step(double end) const {
    if (format.is_integer() || end == 0.0) {
      return 0.5 * format.smallest_subnormal;
    }
    int exponent = 0;
    std::frexp(end, &exponent);
    return std::ldexp(0.5 * format.smallest_subnormal, (std::max)(exponent - 1 - format.least_exponent(), 0));
  }
};

}} // namespace satur::SATUR_ABI
