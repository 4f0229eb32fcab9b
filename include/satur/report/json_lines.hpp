/// \file report/json_lines.hpp  A monitor as JSON Lines: one object a line, for any plotting program.
#pragma once

#include "satur/report/file/line_format.hpp"
#include "satur/text/number.hpp"
#include "satur/text/utf8.hpp"
#include "satur/version.hpp"

#include <concepts>
#include <ostream>
#include <string>
#include <string_view>

namespace satur { inline namespace SATUR_ABI {

namespace detail {

/// Appends the shortest digits that read back as the same number; JSON has no NaN and no infinity: null.
inline void append_json_number(std::string& out, double x) {
  if (is_finite(x)) {
    append_number(out, x);
  } else {
    out += "null";
  }
}

/// A string; a byte that is no UTF-8 becomes U+FFFD.
[[nodiscard]] inline std::string json_string(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string quoted = "\"";
  for (char const c : text::valid_utf8(text)) {
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

/// Rises where a key gets another meaning or goes away; new keys and new kinds of lines do not raise it.
inline constexpr int json_lines_version = 1;

/// The lines of docs/files.md, told apart by their first key:
///
///     {"schema":"satur","version":1,"columns":{"count":"count",…}}     the first line: the columns and their units
///     {"rule":"|z| > 5","rows":1}                                      where a run starts, or goes on
///     {"loss":2.3,"phase":"training","step":0,"steps":1,"nonfinite":0}
///     {"layer":"fc1","phase":"training","step":0,"count":32768,…}      one layer in one step, all columns
///
/// What was not seen, and what is not finite, is null. Digits do not depend on any locale.
struct json_lines_format {
  static constexpr std::string_view name = "json_lines";

  [[nodiscard]] std::string head(column_set columns) const {
    std::string text = "{\"schema\":\"satur\",\"version\":" + text::number(json_lines_version) + ",\"columns\":{";
    char const* comma = "";
    for_each_column(columns, [&](monitor_column const& column) {
      text += comma + detail::json_string(column.name) + ':' + detail::json_string(column.unit);
      comma = ",";
    });
    return text + "}}\n";
  }
  void start(std::string& text, std::string_view rule, std::size_t rows) const {
    text += "{\"rule\":" + detail::json_string(rule) + ",\"rows\":" + text::number(rows) + "}\n";
  }
  void loss(std::string& text, loss_row const& row) const {
    text += "{\"loss\":";
    detail::append_json_number(text, row.loss);
    text += ",\"phase\":\"training\",\"step\":" + text::number(row.step) + ",\"steps\":" + text::number(row.steps) +
            ",\"nonfinite\":" + text::number(row.nonfinite) + "}\n";
  }
  void row(std::string& text, report_row const& row) const {
    text += "{\"layer\":";
    text += detail::json_string(row.layer);
    text += ",\"phase\":\"";
    text += row.phase;
    text += "\",\"step\":";
    detail::append_number(text, row.step);
    row.each([&](monitor_column const& column, double x) {
      text += ",\"";
      text += column.name;
      text += "\":";
      detail::append_json_number(text, x);
    });
    text += "}\n";
  }
};

/// The steps that the histories kept, layer by layer, training before evaluation, behind the first line, the rule and
/// the losses (means of blocks, see loss_history). To a stream, or a file, which is replaced. Throws file_error where
/// it takes no more. `json_lines_writer` writes as the run goes.
template <std::same_as<monitor> M> void write_json_lines(M const& mon, std::ostream& to) {
  write_lines(json_lines_format{}, mon, to);
}
template <std::same_as<monitor> M> void write_json_lines(M const& mon, std::string const& to) {
  write_lines(json_lines_format{}, mon, to);
}

/// The lines of the layers alone, those of write_json_lines.
template <std::same_as<monitor> M> void write_history(M const& mon, std::ostream& out) {
  std::string text;
  detail::for_each_history_line(mon, [&](report_row const& row) {
    text.clear();
    json_lines_format{}.row(text, row);
    out << text;
  });
}

}} // namespace satur::SATUR_ABI
