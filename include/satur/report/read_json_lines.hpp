/// \file report/read_json_lines.hpp  Reads what write_json_lines or json_lines_writer wrote.
#pragma once

#include "satur/report/file/json_reader.hpp"
#include "satur/report/file/line_format.hpp"
#include "satur/report/json_lines.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <istream>
#include <limits>
#include <ostream>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace satur { inline namespace SATUR_ABI {

/// One layer in one step, as it was read.
struct recorded_row {
  std::size_t layer = 0; ///< index in `recorded_run::layers`
  std::string phase;     ///< "training" or "evaluation"
  std::uint64_t step = 0;
  column_numbers numbers{}; ///< of `monitor_columns`; NaN where the file has none
};

/// A run as a file of JSON Lines has it.
struct recorded_run {
  column_set columns = column_set::each_step; ///< `all` if the file has a column that no history keeps
  std::string rule;                           ///< when a unit counted as saturated
  std::size_t rows = 1;                       ///< one row in that many was observed
  std::vector<std::string> layers;            ///< their names, in the order of the file
  std::vector<loss_row> losses;               ///< by step
  std::vector<recorded_row> lines;            ///< layer by layer, training before evaluation, by step
  std::string note;                           ///< what was left out: the last line if it is not whole; else empty
};

namespace detail {

/// Reads one line after the other; `run` is complete after `finish`. Run is recorded_run: a template, as are those
/// below, so that a file that includes this header compiles it only if it reads.
template <class Run> class json_lines_reader {
public:
  explicit json_lines_reader(std::string_view file) : file_(file) {}

  void line(std::string_view text) {
    json_reader json(file_, ++number_, text);
    recorded_row row;
    row.numbers.fill(std::numeric_limits<double>::quiet_NaN());
    loss_row loss(0, 0.0);
    std::string kind; // the first key
    std::size_t next = 0;
    json.object([&](std::string_view key) {
      if (kind.empty()) {
        kind = key;
        if ((number_ == 1) != (kind == "schema")) {
          json.fail(number_ == 1 ? "\"schema\", the key that begins the first line" : "another key than \"schema\"");
        }
      }
      if (kind == "schema") {
        of_schema(json, key);
      } else if (kind == "rule") {
        of_rule(json, key);
      } else if (kind == "loss") {
        of_loss(json, key, loss);
      } else if (kind == "layer") {
        of_layer(json, key, row, next);
      } else {
        json.skip(); // a kind of lines that a later version added
      }
    });
    json.end();
    if (kind == "loss") {
      run.losses.push_back(loss);
    } else if (kind == "layer") {
      if (row.phase != "training" && row.phase != "evaluation") {
        json.fail("a \"phase\" of training or evaluation in the line");
      }
      run.lines.push_back(std::move(row));
    } else if (kind.empty()) {
      json.fail("a key that says what the line is");
    }
  }

  /// Of a step that is there twice (a resumed run wrote it again) the last stays.
  void finish() {
    if (number_ == 0) {
      json_reader(file_, 1, {}).fail("a first line that begins with {\"schema\":\"satur\"");
    }
    keep_last(run.losses, [](loss_row const& l) { return l.step; });
    keep_last(run.lines, [](recorded_row const& r) { return std::tuple(r.layer, r.phase != "training", r.step); });
  }

  Run run;

private:
  void of_schema(json_reader& json, std::string_view key) {
    if (key == "schema") {
      if (json.string() != "satur") {
        json.fail("the schema \"satur\"");
      }
    } else if (key == "version") {
      if (std::uint64_t const version = json.whole_number(); version != json_lines_version) {
        json.fail(message("version ", json_lines_version, ", which this satur reads, not ", version));
      }
    } else if (key == "columns") {
      json.object([&](std::string_view name) {
        for (monitor_column const& column : monitor_columns) {
          if (column.name == name && column.read_line == nullptr) {
            run.columns = column_set::all;
          }
        }
        json.skip();
      });
    } else {
      json.skip();
    }
  }
  void of_rule(json_reader& json, std::string_view key) {
    if (key == "rule") {
      run.rule = json.string();
    } else if (key == "rows") {
      run.rows = json.whole_number<std::size_t>(1);
    } else {
      json.skip();
    }
  }
  static void of_loss(json_reader& json, std::string_view key, loss_row& loss) {
    if (key == "loss") {
      loss.loss = json.number();
    } else if (key == "step") {
      loss.step = json.whole_number();
    } else if (key == "steps") {
      loss.steps = json.whole_number();
    } else if (key == "nonfinite") {
      loss.nonfinite = json.whole_number();
    } else {
      json.skip();
    }
  }
  /// next: the column that is expected, as they are in the order of `monitor_columns`.
  void of_layer(json_reader& json, std::string_view key, recorded_row& row, std::size_t& next) {
    if (key == "layer") {
      row.layer = place_of(json.string());
    } else if (key == "phase") {
      row.phase = json.string();
    } else if (key == "step") {
      row.step = json.whole_number();
    } else {
      for (std::size_t i = 0; i < monitor_columns.size(); ++i) {
        std::size_t const at = (next + i) % monitor_columns.size();
        if (monitor_columns[at].name == key) {
          row.numbers[at] = json.number();
          next = at + 1;
          return;
        }
      }
      json.skip();
    }
  }
  [[nodiscard]] std::size_t place_of(std::string const& layer) {
    auto const at = std::find(run.layers.begin(), run.layers.end(), layer);
    auto const place = static_cast<std::size_t>(at - run.layers.begin());
    if (at == run.layers.end()) {
      run.layers.push_back(layer);
    }
    return place;
  }
  template <class Line, class Key> static void keep_last(std::vector<Line>& lines, Key const& key) {
    std::stable_sort(lines.begin(), lines.end(), [&](Line const& a, Line const& b) { return key(a) < key(b); });
    std::size_t kept = 0;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (i + 1 == lines.size() || key(lines[i]) != key(lines[i + 1])) {
        if (kept != i) {
          lines[kept] = std::move(lines[i]);
        }
        ++kept;
      }
    }
    lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(kept), lines.end());
  }

  std::string_view file_;
  std::uint64_t number_ = 0; ///< of the line
};

} // namespace detail

/// Reads a run. file: its name, for messages. Keys and kinds of lines that are not known are skipped, so is a last line
/// without its '\n' (the process was killed): `note` says so. Throws file_error if a line is not of the schema: which
/// line and byte, and what was expected.
template <std::same_as<recorded_run> Run = recorded_run>
[[nodiscard]] Run read_json_lines(std::istream& in, std::string const& file = {}) {
  detail::json_lines_reader<Run> reader(file);
  std::uint64_t lines = 0;
  for (std::string text; std::getline(in, text); ++lines) {
    if (in.eof()) {
      reader.run.note = detail::message("line ", lines + 1, " is not whole and was left out: ", text.substr(0, 80));
      break;
    }
    reader.line(text);
  }
  reader.finish();
  return std::move(reader.run);
}
template <std::same_as<recorded_run> Run = recorded_run> [[nodiscard]] Run read_json_lines(std::string const& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) {
    detail::raise(file_error(
        detail::message("satur::read_json_lines: ", file, ": cannot be opened; see whether it is there and readable")));
  }
  return read_json_lines<Run>(in, file);
}

/// Writes what was read in any format of lines: `write_lines(csv_format{}, run, path)`. To a stream, or a file,
/// which is replaced. Throws file_error where it takes no more.
template <line_format F, class To> void write_lines(F const& format, recorded_run const& run, To&& to) {
  run_file out(to, format.head(run.columns),
               detail::options_of<F>("write_" + std::string(F::name), existing_file::replace));
  std::string text;
  if constexpr (requires { format.start(text, std::string_view(), std::size_t{}); }) {
    format.start(text, run.rule, run.rows);
  }
  for (loss_row const& loss : run.losses) {
    detail::append_loss(format, text, loss);
  }
  for (recorded_row const& r : run.lines) {
    format.row(text, report_row(run.layers[r.layer], r.phase, r.step, run.columns, r.numbers));
    if (text.size() >= std::size_t{1} << 16) {
      out.write(text, detail::message("the lines up to ", run.layers[r.layer], ", step ", r.step));
      text.clear();
    }
  }
  out.write(text, "the last lines");
}

}} // namespace satur::SATUR_ABI
