/// \file report/json_lines.hpp  The history of a monitor as JSON Lines: one object a line, for any plotting program.
#pragma once

#include "satur/monitor/columns.hpp"
#include "satur/report/history_rows.hpp"
#include "satur/text/number.hpp"

#include <ostream>
#include <string>
#include <string_view>

namespace satur { inline namespace SATUR_ABI {

#if !SATUR_COMPILED
namespace detail {

/// The shortest digits that read back as the same number; JSON has no NaN and no infinity: null.
[[nodiscard]] inline std::string json_number(double x) { return is_finite(x) ? text::number(x) : "null"; }

/// A string of bytes; those that are UTF-8 stay so.
[[nodiscard]] inline std::string json_string(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string quoted = "\"";
  for (char const c : text) {
    auto const byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (byte < 0x20) {
      quoted += "\\u00";
      quoted += digits[byte >> 4];
      quoted += digits[byte & 15];
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

} // namespace detail
#endif

/// One line for each step that a layer's history kept, layer by layer, training before evaluation: `layer`, `phase`,
/// `step`, and those of `monitor_columns` that a history keeps:
///
///     {"layer":"fc1","phase":"training","step":0,"count":32768,"low":12,"high":9,"nonfinite":0,"low_fraction":0.00037,
///      "high_fraction":0.00027,"mean_slope":0.21,"slope_share":0.84,"gradient_rms":0.0012,"log10_update":-3.1}
///
/// (without the line break). What was not seen is null. Digits do not depend on the stream's locale or format.
SATUR_COMPILED_FUNCTION void write_history(monitor const& mon, std::ostream& out)
#if SATUR_COMPILED
    ;
#else
{
  detail::for_each_history_line(mon, [&](layer_monitor const& layer, phase p, history_line const& line) {
    std::string object = "{\"layer\":" + detail::json_string(layer.name()) +
                         ",\"phase\":" + detail::json_string(to_text(p)) + ",\"step\":" + text::number(line.step);
    for (monitor_column const& column : monitor_columns) {
      if (column.read_line != nullptr) {
        object += ',' + detail::json_string(column.name) + ':' + detail::json_number(column.read_line(line));
      }
    }
    out << object + "}\n";
  });
}
#endif

}} // namespace satur::SATUR_ABI
