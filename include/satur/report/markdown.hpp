/// \file report/markdown.hpp  The state of a run as Markdown, for issues and pull requests.
#pragma once

#include "satur/monitor/columns.hpp"
#include "satur/monitor/observer.hpp"
#include "satur/report/file/run_file.hpp"

#include <algorithm>
#include <array>
#include <concepts>
#include <ostream>
#include <sstream>
#include <string>
#include <string_view>

namespace satur { inline namespace SATUR_ABI {

namespace detail {

/// A name as code: nothing in it is Markdown, a mention or a link. In a table, where code does not hide a '|', that is
/// "\\|".
[[nodiscard]] inline std::string markdown_code(std::string_view name, bool in_table) {
  std::size_t longest = 0; // run of backticks
  std::size_t run = 0;
  std::string inside;
  for (char const c : name) {
    run = c == '`' ? run + 1 : 0;
    longest = (std::max)(longest, run);
    inside += c == '|' && in_table ? "\\|" : std::string(1, static_cast<unsigned char>(c) < 0x20 ? ' ' : c);
  }
  if (inside.empty()) {
    return {};
  }
  std::string const fence(longest + 1, '`');
  bool const padded = inside.front() == '`' || inside.back() == '`';
  return fence + (padded ? " " : "") + inside + (padded ? " " : "") + fence;
}

/// Text whose characters all stand for themselves. Lines after the first one are indented as those of a list item.
[[nodiscard]] inline std::string markdown_text(std::string_view text) {
  std::string escaped;
  bool begins = false; // a line, whose own indentation goes
  for (char const c : text) {
    begins = begins && c == ' ';
    if (std::string_view("\\`*_{}[]<>#|~@!&$").find(c) != std::string_view::npos) {
      escaped += '\\';
    }
    escaped += begins ? "" : c == '\n' ? "\n  " : std::string(1, c);
    begins = begins || c == '\n';
  }
  return escaped;
}

/// The table of one phase's last step, and what its columns mean.
template <class M, class Phase> [[nodiscard]] std::string markdown_table(M const& mon, Phase p) {
  std::string head = "| layer | activation |";
  std::string line = "|---|---|";
  std::string notes;
  for (monitor_column const& column : monitor_columns) {
    if (column.cell.width != 0) {
      head += ' ' + std::string(column.cell.head) + " |";
      line += "--:|";
      notes += column.cell.note.empty() ? "" : "; " + markdown_text(column.cell.note);
    }
  }
  std::string rows;
  std::string broken;
  for (auto const& layer : mon) {
    layer_record const& r = layer.last(p);
    rows += "| " + markdown_code(layer.name(), true) + (r.nonfinite() ? " **!** | " : " | ") +
            markdown_text(r.saturation.activation.view()) + " |";
    for (monitor_column const& column : monitor_columns) {
      if (column.cell.width != 0) {
        rows += ' ' + markdown_text(column.cell.text(column.read(r))) + " |";
      }
    }
    rows += '\n';
    if (r.nonfinite()) {
      broken += message("\n**!** ", markdown_code(layer.name(), false), " is not finite: z has ", r.saturation.nan,
                        " NaN and ", r.saturation.infinite, " infinite, dL/dz has ", r.gradient.nan, " NaN and ",
                        count_text(r.gradient.infinite, "infinite value"), '\n');
    }
  }
  return head + '\n' + line + '\n' + rows + "\nsaturated: " + markdown_code(to_text(mon.rule().definition()), false) +
         notes + '\n' + broken;
}

template <class M, class Findings> [[nodiscard]] std::string markdown_of(M const& mon, Findings const& findings) {
  using phase_t = decltype(mon.phase());
  std::ostringstream words; // what is printed by operator<<
  std::string text;
  if (!mon.losses().empty()) {
    words << mon.losses();
    text += markdown_text(words.str().substr(0, words.str().find('\n'))) + "\n\n";
  }
  for (phase_t const p : {phase_t::train, phase_t::eval}) {
    if (p == phase_t::train || mon.steps(p) != 0) {
      text += message(p == phase_t::train ? "" : "\n", to_text(p), ", the last of ", count_text(mon.steps(p), "step"),
                      ":\n\n", markdown_table(mon, p));
      if (mon.sampling(p).sampled != mon.sampling(p).seen) {
        text += message("\nsampled: ", mon.sampling(p).sampled, " of ", count_text(mon.sampling(p).seen, "step"), '\n');
      }
    }
  }
  if (mon.options().rows > 1) {
    text += message("\nobserved: one row in ", mon.options().rows, " of each batch\n");
  }
  char const* separator = "\n- ";
  for (auto const& found : findings) {
    if constexpr (std::convertible_to<decltype(found), std::string_view>) {
      text += separator + markdown_text(found);
    } else {
      words.str({});
      words << found;
      text += separator + markdown_text(words.str());
    }
    text += '\n';
    separator = "- ";
  }
  return text;
}

} // namespace detail

/// The last step of each phase as a table, a row for each layer, with the columns of `saturation_table`; what the
/// columns mean, the loss, which layers are not finite, and the findings, if they are handed over (or any list of texts
/// or of things that print). To a stream, or a file, which is replaced. Throws file_error where it takes no more.
///
///     write_markdown(mon, std::cout, diagnose(mon));
template <std::same_as<monitor> M, class Findings = std::array<std::string_view, 0>>
void write_markdown(M const& mon, std::ostream& to, Findings const& findings = {}) {
  run_file(to, {}, {.writer = "write_markdown"}).write(detail::markdown_of(mon, findings), "the page");
}
template <std::same_as<monitor> M, class Findings = std::array<std::string_view, 0>>
void write_markdown(M const& mon, std::string const& to, Findings const& findings = {}) {
  run_file(to, {}, {.writer = "write_markdown"}).write(detail::markdown_of(mon, findings), "the page");
}

}} // namespace satur::SATUR_ABI
