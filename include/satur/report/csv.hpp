/// \file report/csv.hpp  The history of a monitor as comma-separated values, for spreadsheets and data frames.
#pragma once

#include "satur/monitor/columns.hpp"
#include "satur/report/history_rows.hpp"
#include "satur/text/number.hpp"

#include <ostream>
#include <string>
#include <string_view>

namespace satur { inline namespace SATUR_ABI {

namespace detail {

/// A field of RFC 4180: in quotes, with its quotes doubled, where it holds a comma, a quote or a line break.
[[nodiscard]] inline std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    return std::string(text);
  }
  std::string quoted = "\"";
  for (char const c : text) {
    quoted += c == '"' ? "\"\"" : std::string(1, c);
  }
  return quoted + '"';
}

} // namespace detail

/// A header, then one row for each step that a layer's history kept, layer by layer, training before evaluation:
/// `layer`, `phase`, `step`, and those of `monitor_columns` that a history keeps. What was not seen is an empty field.
/// Fields are quoted as RFC 4180 has it, lines end in '\n'. Digits do not depend on the stream's locale or format.
inline void write_csv(monitor const& mon, std::ostream& out) {
  std::string text = "layer,phase,step";
  for (monitor_column const& column : monitor_columns) {
    if (column.read_line != nullptr) {
      text += ',' + detail::csv_field(column.name);
    }
  }
  out << text + '\n';
  detail::for_each_history_line(mon, [&](layer_monitor const& layer, phase p, history_line const& line) {
    text = detail::csv_field(layer.name()) + ',' + std::string(to_text(p)) + ',' + text::number(line.step);
    for (monitor_column const& column : monitor_columns) {
      if (column.read_line != nullptr) {
        double const x = column.read_line(line);
        text += detail::is_nan(x) ? "," : ',' + text::number(x);
      }
    }
    out << text + '\n';
  });
}

}} // namespace satur::SATUR_ABI
