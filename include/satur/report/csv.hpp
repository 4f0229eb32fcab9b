/// \file report/csv.hpp  A monitor as comma-separated values, one row for each step and layer, for spreadsheets and
/// data frames.
#pragma once

#include "satur/report/file/line_format.hpp"
#include "satur/text/number.hpp"

#include <concepts>
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

/// A header, then a row for each layer and step: `layer`, `phase`, `step`, and the columns. What was not seen is an
/// empty field. Fields are quoted as RFC 4180 has it, lines end in '\n'. Digits do not depend on any locale.
struct csv_format {
  static constexpr std::string_view name = "csv";
  static constexpr char quote = '"';

  [[nodiscard]] std::string head(column_set columns) const {
    std::string text = "layer,phase,step";
    for_each_column(columns, [&](monitor_column const& column) { text += ',' + detail::csv_field(column.name); });
    return text + '\n';
  }
  void row(std::string& text, report_row const& row) const {
    text += detail::csv_field(row.layer);
    text += ',';
    text += row.phase;
    text += ',';
    detail::append_number(text, row.step);
    row.each([&](monitor_column const&, double x) {
      text += ',';
      if (!detail::is_nan(x)) {
        detail::append_number(text, x);
      }
    });
    text += '\n';
  }
};

/// The steps that the histories kept, layer by layer, training before evaluation, with those of `monitor_columns` that
/// a history keeps. To a stream, or a file, which is replaced. Throws file_error where it takes no more. `csv_writer`
/// writes as the run goes.
template <std::same_as<monitor> M> void write_csv(M const& mon, std::ostream& to) {
  write_lines(csv_format{}, mon, to);
}
template <std::same_as<monitor> M> void write_csv(M const& mon, std::string const& to) {
  write_lines(csv_format{}, mon, to);
}

}} // namespace satur::SATUR_ABI
