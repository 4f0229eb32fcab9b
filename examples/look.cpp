// Looks back at runs: saved monitors and files of JSON Lines, as tables, side by side, merged, and in any other format.
#include "support/picture.hpp"
#include "support/saved_run.hpp"
#include "support/saved_tables.hpp"

#include <satur/finding/diagnose.hpp>
#include <satur/report/csv.hpp>
#include <satur/report/file/whole_file.hpp>
#include <satur/report/html.hpp>
#include <satur/report/json_lines.hpp>
#include <satur/report/markdown.hpp>
#include <satur/report/tensorboard.hpp>

#include <CLI/CLI.hpp>

#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

struct options {
  std::vector<std::string> files;
  bool compare = false;
  std::string merge;
  std::string csv;
  std::string json_lines;
  std::string markdown;
  std::string html;
  std::string tensorboard;
  std::string svg;

  [[nodiscard]] bool writes() const {
    return !csv.empty() || !json_lines.empty() || !markdown.empty() || !html.empty() || !tensorboard.empty();
  }
  void require_valid() const {
    auto const given = std::to_string(files.size()) + (files.size() == 1 ? " was" : " were") + " given";
    if (compare && (files.size() != 2 || !merge.empty() || writes() || !svg.empty())) {
      throw std::invalid_argument(files.size() != 2 ? "--compare takes two files, " + given
                                                    : "--compare writes no file: give --merge, --csv and the others "
                                                      "in a call of their own");
    }
    if (writes() && files.size() != 1 && merge.empty()) {
      throw std::invalid_argument("a file is written of one run, " + given + ": give one, or --merge OUT as well");
    }
  }
};

void declare(CLI::App& app, options& o) {
  app.add_option("FILE", o.files, "saved monitors (satur::save) and JSON Lines (write_json_lines, json_lines_writer)")
      ->required();
  app.add_flag("--compare", o.compare, "two runs side by side: for each layer A, B and B - A");
  app.add_option("--merge", o.merge, "save one monitor of all that were given: of threads or machines of one run");
  app.add_option("--csv", o.csv, "write the steps as comma-separated values");
  app.add_option("--json-lines", o.json_lines, "write the steps as JSON Lines");
  app.add_option("--markdown", o.markdown, "write the last step and the findings as Markdown (saved monitors)");
  app.add_option("--html", o.html, "write a page for a browser (saved monitors)");
  app.add_option("--tensorboard", o.tensorboard, "write event files into this folder");
  app.add_option("--svg", o.svg, "draw slope, gradient and loss over the steps, a row for each run (saved monitors)");
}

satur::monitor const& monitor_of(support::saved_run const& run, std::string const& option) {
  if (!run.mon) {
    throw std::invalid_argument(option + " needs a saved monitor, and " + run.file +
                                " has JSON Lines: give a file that satur::save wrote");
  }
  return *run.mon;
}

support::saved_run merged(std::vector<support::saved_run> const& runs, std::string const& to) {
  satur::monitor all = monitor_of(runs.front(), "--merge");
  for (std::size_t i = 1; i < runs.size(); ++i) {
    try {
      all += monitor_of(runs[i], "--merge");
    } catch (std::invalid_argument const& error) {
      throw std::invalid_argument(runs[i].mon
                                      ? runs[i].file + " does not merge with " + runs.front().file + ": " + error.what()
                                      : error.what());
    }
  }
  satur::save(all, to);
  return {to, std::move(all), std::nullopt};
}

template <class Format> void write_steps(Format const& format, support::saved_run const& run, std::string const& to) {
  run.mon ? satur::write_lines(format, *run.mon, to) : satur::write_lines(format, *run.lines, to);
}

// The files that were asked for; returns their names.
std::vector<std::string> write(support::saved_run const& run, options const& o) {
  satur::monitor const* const page = o.html.empty() ? nullptr : &monitor_of(run, "--html");
  satur::monitor const* const text = o.markdown.empty() ? nullptr : &monitor_of(run, "--markdown");
  std::vector<std::string> written;
  if (!o.csv.empty()) {
    write_steps(satur::csv_format{}, run, written.emplace_back(o.csv));
  }
  if (!o.json_lines.empty()) {
    write_steps(satur::json_lines_format{}, run, written.emplace_back(o.json_lines));
  }
  if (text != nullptr) {
    satur::write_markdown(*text, written.emplace_back(o.markdown), satur::diagnose(*text));
  }
  if (page != nullptr) {
    satur::write_html(*page, written.emplace_back(o.html), {.title = "satur: " + run.file});
  }
  if (!o.tensorboard.empty()) {
    satur::tensorboard_writer board(written.emplace_back(o.tensorboard));
    run.mon ? board.write(*run.mon) : board.write(*run.lines);
  }
  return written;
}

void look(options const& o) {
  o.require_valid();
  std::vector<support::saved_run> runs;
  for (std::string const& file : o.files) {
    runs.push_back(support::load(file));
  }
  if (o.compare) {
    support::compare(std::cout, runs[0], runs[1]);
    return;
  }
  if (!o.merge.empty()) {
    runs = {merged(runs, o.merge)};
  }
  std::vector<std::string> written = write(runs.front(), o);
  if (!o.svg.empty()) {
    for (support::saved_run const& run : runs) {
      static_cast<void>(monitor_of(run, "--svg"));
    }
    satur::detail::write_whole_file("look", written.emplace_back(o.svg), "the picture", support::picture_of(runs));
  }
  for (std::size_t i = 0; i < runs.size(); ++i) {
    std::cout << (i == 0 ? "" : "\n");
    support::print(std::cout, runs[i]);
  }
  for (std::string const& file : written) {
    std::cout << "written: " << file << '\n';
  }
}

} // namespace

int main(int argc, char** argv) {
  CLI::App app{"Looks back at runs: tables, two runs side by side, several merged, and files in other formats."};
  options o;
  declare(app, o);
  try {
    app.parse(argc, argv);
    look(o);
    return 0;
  } catch (CLI::CallForHelp const& help) {
    return app.exit(help);
  } catch (CLI::ParseError const& error) {
    std::cerr << "satur_look: " << error.what() << "; see --help\n";
  } catch (std::exception const& error) {
    std::cerr << "satur_look: " << error.what() << '\n';
  }
  return 2;
}
