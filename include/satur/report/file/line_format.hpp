/// \file report/file/line_format.hpp  Any format of one line for a layer and a step: the same loop writes a finished
/// run, and a run as it goes.
#pragma once

#include "satur/monitor/observer.hpp"
#include "satur/report/file/run_file.hpp"
#include "satur/report/history_rows.hpp"

#include <concepts>
#include <cstdint>
#include <ostream>
#include <string>
#include <utility>

namespace satur { inline namespace SATUR_ABI {

/// How the lines of a file are worded: the first line, and the line of one layer in one step. csv_format and
/// json_lines_format are two; docs/extending/output.md writes another.
///
///     static constexpr std::string_view name;                      "csv", for messages
///     std::string head(column_set columns) const;                  the first line, with its '\n'
///     void row(std::string& text, report_row const& row) const;    appends a line, with its '\n'
///
/// and, if it wants them,
///
///     static constexpr char quote;                                 see run_file_options
///     void loss(std::string& text, loss_row const& loss) const;    appends a line
///     void start(std::string& text, std::string_view rule, std::size_t rows) const;    once in each run
template <class F>
concept line_format = requires(F const& format, std::string& text, report_row const& row) {
  std::string_view(F::name);
  { format.head(column_set::all) } -> std::convertible_to<std::string>;
  format.row(text, row);
};

namespace detail {

template <line_format F>
[[nodiscard]] run_file_options options_of(std::string_view writer, existing_file existing) { // refers to `writer`
  run_file_options options{.existing = existing, .writer = writer};
  if constexpr (requires { F::quote; }) {
    options.quote = F::quote;
  }
  return options;
}
template <line_format F> void append_loss(F const& format, std::string& text, loss_row const& loss) {
  if constexpr (requires { format.loss(text, loss); }) {
    format.loss(text, loss);
  }
}
template <line_format F, class M> void append_start(F const& format, std::string& text, M const& mon) {
  if constexpr (requires { format.start(text, std::string_view(), std::size_t{}); }) {
    format.start(text, to_text(mon.rule().definition()), mon.options().rows);
  }
}

/// All that the histories kept: the start, the losses, then layer by layer, training before evaluation.
template <line_format F, class M> void write_run(F const& format, M const& mon, run_file& out) {
  constexpr std::size_t enough = std::size_t{1} << 16;
  std::string text;
  append_start(format, text, mon);
  for (std::size_t i = 0; i < mon.losses().size(); ++i) {
    append_loss(format, text, loss_row(mon.losses()[i]));
  }
  for_each_history_line(mon, [&](report_row const& row) {
    format.row(text, row);
    if (text.size() >= enough) {
      out.write(text, message("the lines up to ", row.layer, ", step ", row.step));
      text.clear();
    }
  });
  out.write(text, "the last lines");
}

} // namespace detail

/// Writes what the histories of a monitor kept into a stream, or into a file, which is replaced. Throws file_error
/// where the stream or the disk takes no more.
template <line_format F, std::same_as<monitor> M> void write_lines(F const& format, M const& mon, std::ostream& to) {
  run_file out(to, format.head(column_set::each_step),
               detail::options_of<F>("write_" + std::string(F::name), existing_file::replace));
  detail::write_run(format, mon, out);
}
template <line_format F, std::same_as<monitor> M>
void write_lines(F const& format, M const& mon, std::string const& to) {
  run_file out(to, format.head(column_set::each_step),
               detail::options_of<F>("write_" + std::string(F::name), existing_file::replace));
  detail::write_run(format, mon, out);
}

/// The same as a run goes: an observer that writes a line for each layer after each sampled step, with all of
/// `monitor_columns`, those too that a history does not keep.
///
///     line_writer<csv_format> to_file(path);
///     for (…) { …; mon.end_step(to_file); }
///
/// Each step is in the file when `end_step` returns: run_file says what that is good for.
template <line_format F> class line_writer {
public:
  /// Throws file_error, see run_file.
  explicit line_writer(std::string const& path, existing_file existing = existing_file::replace, F format = {})
      : format_(std::move(format)),
        out_(path, format_.head(column_set::all), detail::options_of<F>(std::string(F::name) + "_writer", existing)) {}
  explicit line_writer(std::ostream& to, F format = {})
      : format_(std::move(format)),
        out_(to, format_.head(column_set::all),
             detail::options_of<F>(std::string(F::name) + "_writer", existing_file::replace)) {}

  /// Writes the step that was closed last. Throws file_error; then nothing of this step is in the file.
  template <std::same_as<monitor> M> void on_step(M const& mon) {
    text_.clear();
    if (!started_) {
      detail::append_start(format_, text_, mon);
    }
    auto const p = mon.phase();
    if (mon.steps(p) == 0) {
      return;
    }
    std::uint64_t const step = mon.steps(p) - 1;
    std::uint64_t const losses = mon.losses().seen();
    if (p == decltype(p)::train && losses != losses_) {
      detail::append_loss(format_, text_, loss_row(step, mon.losses().last()));
    }
    for (auto const& layer : mon) {
      format_.row(text_, report_row(layer.name(), to_text(p), step, layer.last(p)));
    }
    out_.write(text_, detail::message("step ", step));
    started_ = true;
    losses_ = losses;
  }

  /// See run_file::note.
  [[nodiscard]] std::string const& note() const { return out_.note(); }

private:
  F format_;
  run_file out_;
  std::string text_;
  std::uint64_t losses_ = 0; ///< seen at the last step
  bool started_ = false;
};

}} // namespace satur::SATUR_ABI
