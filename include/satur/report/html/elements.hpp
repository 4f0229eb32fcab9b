/// \file report/html/elements.hpp  Tables and figures of a page.
#pragma once

#include "satur/report/svg/canvas.hpp"
#include "satur/report/svg/line_chart.hpp"
#include "satur/text/number.hpp"

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace satur::inline SATUR_ABI::detail {

/// A cell: what is read, and the number that it is sorted by.
struct html_cell {
  std::string text;
  double sorted_by = std::numeric_limits<double>::quiet_NaN();
};

/// A table with a caption; `sortable` by a click on a head.
class html_table {
public:
  html_table(std::string_view caption, std::vector<std::string> heads, bool sortable)
      : text_("<div class=\"scroll\"><table" + std::string(sortable ? " class=\"sort\"" : "") + "><caption>" +
              svg::escaped(caption) + "</caption><thead><tr>"),
        sortable_(sortable) {
    for (std::string const& head : heads) {
      text_ += "<th scope=\"col\">" + svg::escaped(head) + "</th>";
    }
    text_ += "</tr></thead><tbody>";
  }
  /// The first cell is the row's name.
  void add(std::string_view name, std::vector<html_cell> const& cells) {
    text_ += "<tr><th scope=\"row\">" + svg::escaped(name) + "</th>";
    for (html_cell const& c : cells) {
      text_ += sortable_ && !is_nan(c.sorted_by) ? "<td data-v=\"" + text::number(c.sorted_by) + "\">" : "<td>";
      text_ += svg::escaped(c.text) + "</td>";
    }
    text_ += "</tr>";
  }
  [[nodiscard]] std::string str() && { return std::move(text_) + "</tbody></table></div>\n"; }

private:
  std::string text_;
  bool sortable_;
};

/// A chart with its caption, and the numbers behind it as a table: at most 24 rows, evenly chosen, the last among them.
[[nodiscard]] inline std::string figure_of(svg::line_chart const& chart, std::string_view caption) {
  std::string page = "<figure><div class=\"scroll wide\">" + chart.draw().str(chart.title) + "</div>" + "<figcaption>" +
                     svg::escaped(caption) + "</figcaption>";
  std::vector<std::string> heads{chart.x_label};
  std::size_t longest = 0;
  for (std::size_t i = 0; i < chart.lines.size(); ++i) {
    heads.push_back(chart.lines[i].name);
    longest = chart.lines[i].x.size() > chart.lines[longest].x.size() ? i : longest;
  }
  if (chart.lines.empty() || chart.lines[longest].x.empty()) {
    return page + "<p class=\"soft\">Nothing was recorded.</p></figure>\n";
  }
  html_table table(chart.title, heads, false);
  std::vector<double> const& x = chart.lines[longest].x;
  std::size_t const rows = x.size() < 24 ? x.size() : 24;
  for (std::size_t r = 0; r < rows; ++r) {
    double const at = x[rows == 1 ? 0 : r * (x.size() - 1) / (rows - 1)];
    std::vector<html_cell> cells;
    for (svg::series const& s : chart.lines) {
      std::string value;
      for (std::size_t k = 0; k < s.x.size(); ++k) {
        value = s.x[k] == at ? text::significant(s.y[k], 4) : value;
      }
      cells.push_back({value});
    }
    table.add(text::number(at), cells);
  }
  return page + "<details><summary>Numbers</summary>" + std::move(table).str() + "</details></figure>\n";
}

/// A picture with its caption, and what it shows in words.
[[nodiscard]] inline std::string figure_of(std::string const& name, std::string const& picture,
                                           std::string_view words) {
  return "<figure><h3>" + svg::escaped(name) + "</h3>" + picture + "<figcaption>" + svg::escaped(words) +
         "</figcaption></figure>\n";
}

} // namespace satur::inline SATUR_ABI::detail
