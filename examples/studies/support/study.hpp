// What the studies have in common: options, text, tables and charts on a page and in the terminal, and claims beside
// what was published.
//
//     studies::study s(argc, argv, {.name = "mean_field", .title = "…", .about = "…", .source = "…"},
//                      {{"width", "N", "units in a layer (1000; 4000 with --full)"}});
//     std::size_t const width = s.number("width", s.full() ? 4000 : 1000);
//     s.heading("…");  s.text("…");  s.table(…);  s.chart(…);
//     s.compare("q*", measured, 0.418037, 0.02);               // a number beside the published one
//     s.trend("the first layer saturates first", "layer 1 at step 40", "layer 1", holds);  // decides the exit code
//     return s.finish();                                       // writes the page
#pragma once

#include "support/picture_file.hpp"
#include "support/text.hpp"

#include <satur/report/file/whole_file.hpp>
#include <satur/report/html/assets.hpp>
#include <satur/report/html/elements.hpp>
#include <satur/report/svg/line_chart.hpp>
#include <satur/text.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace studies {

/// What a study is about, in words for its page.
struct about {
  std::string name;                  ///< of the program and of its page
  std::string title;                 ///< a sentence or a question
  std::string text;                  ///< one paragraph: the situation and what is measured
  std::string source;                ///< who published the numbers; empty if nobody did
  std::string against = "published"; ///< what our numbers are compared with; "exact" if theory gives them
};

/// An option beside --html, --svg, --full and --help: `--name VALUE`.
struct option {
  std::string name;  ///< without dashes
  std::string value; ///< what stands for the value in the help
  std::string help;
};

/// A statement, our number, the published one. `holds` is honest: it says whether the two agree.
struct claim {
  std::string text;
  std::string ours;
  std::string published; ///< empty: nothing was published
  bool holds;
  bool decides; ///< the program fails if it does not hold
  std::string note = {};

  [[nodiscard]] std::string verdict() const {
    return published.empty() ? (holds ? "holds" : "does not hold") : (holds ? "agrees" : "differs");
  }
};

class study {
public:
  /// Reads the options. Ends the program with 0 after --help, and with 2 and a message if an option is unknown, has no
  /// value, or has one that is no number where a number is needed.
  study(int argc, char const* const* argv, about const& what, std::vector<option> const& more = {})
      : about_(what), html_("build/studies/" + what.name + ".html") {
    for (int i = 1; i < argc; ++i) {
      std::string const given = argv[i];
      std::string const name = given.starts_with("--") ? given.substr(2) : std::string();
      bool const known = name == "html" || name == "svg" ||
                         std::any_of(more.begin(), more.end(), [&](option const& o) { return o.name == name; });
      if (name == "help") {
        print_help(more);
        std::exit(0);
      } else if (name == "full") {
        full_ = true;
      } else if (!known) {
        fail(given + " is no option of this study; --help lists them");
      } else if (++i == argc) {
        fail(given + " needs a value");
      } else if (name == "html") {
        html_ = argv[i];
      } else if (name == "svg") {
        svg_ = argv[i];
      } else {
        given_[name] = argv[i];
      }
    }
    std::printf("%s\n\n%s", about_.title.c_str(), support::wrapped(about_.text, "").c_str());
    if (!about_.source.empty()) {
      std::printf("%s", support::wrapped("Source: " + about_.source, "").c_str());
    }
    std::printf("Settings: %s\n", settings());
  }

  /// True with --full: the size of the publication, not the smaller one.
  [[nodiscard]] bool full() const { return full_; }
  [[nodiscard]] std::string value(std::string const& name, std::string const& otherwise) const {
    auto const at = given_.find(name);
    return at == given_.end() ? otherwise : at->second;
  }
  /// A whole number of at least 1.
  [[nodiscard]] std::size_t number(std::string const& name, std::size_t otherwise) const {
    auto const at = given_.find(name);
    if (at == given_.end()) {
      return otherwise;
    }
    std::size_t n = 0;
    char const* const end = at->second.data() + at->second.size();
    auto const [rest, error] = std::from_chars(at->second.data(), end, n);
    if (error != std::errc() || rest != end || n == 0) {
      fail("--" + name + ": " + at->second + " is not a whole number above 0");
    }
    return n;
  }

  void heading(std::string const& words) {
    page_ += "<h2>" + satur::svg::escaped(words) + "</h2>\n";
    std::printf("\n== %s\n\n", words.c_str());
  }
  void text(std::string const& words) {
    page_ += "<p>" + satur::svg::escaped(words) + "</p>\n";
    std::printf("%s", support::wrapped(words, "").c_str());
  }
  /// Each row has as many cells as there are heads; the first one names it.
  void table(std::string const& caption, std::vector<std::string> const& heads,
             std::vector<std::vector<std::string>> const& rows) {
    page_ += html(caption, heads, rows);
    print(caption, heads, rows);
  }
  /// The picture with its numbers: on the page; in the terminal at most 12 rows of numbers. A tick of x is a whole
  /// number. The first chart of a study stands above its claims, and is what --svg writes.
  void chart(satur::svg::line_chart const& c, std::string const& caption) {
    std::string const figure = "<h3>" + satur::svg::escaped(c.title) + "</h3>\n" + satur::detail::figure_of(c, caption);
    (first_.empty() ? first_ : page_) += figure;
    if (!svg_.empty() && !drawn_) {
      write(svg_, "the picture", support::picture_file(c.draw(), c.title));
      drawn_ = true;
    }
    std::vector<std::string> heads{c.x_label};
    std::vector<double> at;
    for (satur::svg::series const& line : c.lines) {
      heads.push_back(line.name);
      at.insert(at.end(), line.x.begin(), line.x.end());
    }
    std::sort(at.begin(), at.end());
    at.erase(std::unique(at.begin(), at.end()), at.end());
    std::size_t const count = std::min<std::size_t>(at.size(), 12);
    std::vector<std::vector<std::string>> rows;
    for (std::size_t r = 0; r < count; ++r) {
      double const x = at[count == 1 ? 0 : r * (at.size() - 1) / (count - 1)];
      rows.push_back({satur::text::significant(x, 6)});
      for (satur::svg::series const& line : c.lines) {
        auto const i = static_cast<std::size_t>(std::find(line.x.begin(), line.x.end(), x) - line.x.begin());
        rows.back().push_back(i == line.x.size() ? "" : satur::text::significant(line.y[i], 4));
      }
    }
    print(c.title + (c.y_label.empty() ? "" : " (" + c.y_label + ")"), heads, rows);
  }

  /// A number beside the published one: they agree if they differ by at most `tolerance` of the published one.
  /// `decides`: the program fails if they do not. The note says why they may differ.
  bool compare(std::string const& words, double ours, double published, double tolerance, bool decides = false,
               std::string const& note = {}) {
    bool const holds = std::fabs(ours - published) <= tolerance * std::fabs(published);
    claims_.push_back({words + " (within " + satur::text::limit_percent(tolerance) + " %)",
                       satur::text::significant(ours, 5), satur::text::significant(published, 6), holds, decides,
                       note});
    return holds;
  }
  /// A trend or a statement that the study makes: the program fails if it does not hold.
  bool trend(std::string const& words, std::string const& ours, std::string const& published, bool holds,
             std::string const& note = {}) {
    claims_.push_back({words, ours, published, holds, true, note});
    return holds;
  }
  /// The same, but it does not decide: for what the publication says and these settings need not show.
  bool remark(std::string const& words, std::string const& ours, std::string const& published, bool holds,
              std::string const& note = {}) {
    claims_.push_back({words, ours, published, holds, false, note});
    return holds;
  }
  [[nodiscard]] std::vector<claim> const& claims() const { return claims_; }

  /// Prints the claims, writes the page, and returns what main returns: 0 if every claim that decides holds, 1 if one
  /// does not, 2 if a file could not be written.
  [[nodiscard]] int finish() {
    std::vector<std::string> const heads{"claim", "ours", about_.against, "verdict", "note"};
    std::vector<std::vector<std::string>> rows;
    std::size_t agreed = 0, published = 0, failed = 0;
    for (claim const& c : claims_) {
      rows.push_back({c.text, c.ours, c.published.empty() ? "-" : c.published, c.verdict(), c.note});
      published += c.published.empty() ? 0 : 1;
      agreed += !c.published.empty() && c.holds ? 1 : 0;
      failed += c.decides && !c.holds ? 1 : 0;
    }
    std::string const verdict =
        (published == 0 ? std::string()
                        : satur::text::number(agreed) + " of " + satur::text::number(published) +
                              " statements agree with the " + about_.against + " ones. ") +
        (failed == 0 ? "Every trend that this study claims holds."
                     : satur::text::number(failed) + " of the trends that this study claims do not hold.");
    std::printf("\n== Claims\n\n");
    for (claim const& c : claims_) {
      std::printf("%s    ours %s%s%s: %s%s\n", support::wrapped(c.text, "- ", "  ").c_str(), c.ours.c_str(),
                  c.published.empty() ? "" : (", " + about_.against + " ").c_str(), c.published.c_str(),
                  c.verdict().c_str(), c.decides && !c.holds ? " (THE STUDY FAILS)" : "");
      std::printf("%s", c.note.empty() ? "" : support::wrapped(c.note, "    ").c_str());
    }
    std::printf("\n%s\n", verdict.c_str());
    std::string page = "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
                       "content=\"width=device-width,initial-scale=1\"><title>" +
                       satur::svg::escaped(about_.title) + "</title><style>" + std::string(satur::detail::page_style) +
                       wrapping_cells + "</style></head><body><main>\n<h1>" + satur::svg::escaped(about_.title) +
                       "</h1>\n<p>" + satur::svg::escaped(about_.text) + "</p>\n";
    page += about_.source.empty() ? "" : "<p class=\"soft\">Source: " + satur::svg::escaped(about_.source) + "</p>\n";
    page += "<p class=\"verdict\">" + satur::svg::escaped(verdict) + "</p>\n<p class=\"soft\">Settings: " + settings() +
            "</p>\n" + first_ + "<div class=\"claims\">" + html("Claims", heads, rows) + "</div>" + page_ +
            "</main></body></html>\n";
    write(html_, "the page", page);
    std::printf("Page: %s\n", html_.c_str());
    return failed == 0 ? 0 : 1;
  }

private:
  /// Sentences in cells are wrapped, numbers are not.
  static constexpr char const* wrapping_cells =
      ".claims th,.claims td{white-space:normal;text-align:left;min-width:5rem;vertical-align:top}";

  [[noreturn]] void fail(std::string const& message) const {
    std::fprintf(stderr, "%s: %s\n", about_.name.c_str(), message.c_str());
    std::exit(2);
  }
  [[nodiscard]] char const* settings() const {
    return full_ ? "full size (--full)." : "small; --full takes the full size.";
  }
  void print_help(std::vector<option> const& more) const {
    std::printf("%s\n\n%s\nOptions:\n", about_.title.c_str(), support::wrapped(about_.text, "").c_str());
    std::vector<option> all{{"html", "FILE", "the page (build/studies/" + about_.name + ".html)"},
                            {"svg", "FILE", "the study's first chart as a picture (none)"},
                            {"full", "", "the full size: the publication's, where there is one"}};
    all.insert(all.end(), more.begin(), more.end());
    for (option const& o : all) {
      std::printf("  %-20s %s\n", ("--" + o.name + ' ' + o.value).c_str(), o.help.c_str());
    }
  }
  [[nodiscard]] static std::string html(std::string const& caption, std::vector<std::string> const& heads,
                                        std::vector<std::vector<std::string>> const& rows) {
    satur::detail::html_table table(caption, heads, false);
    for (std::vector<std::string> const& row : rows) {
      std::vector<satur::detail::html_cell> cells;
      for (std::size_t i = 1; i < row.size(); ++i) {
        cells.push_back({row[i]});
      }
      table.add(row.front(), cells);
    }
    return std::move(table).str();
  }
  static void print(std::string const& caption, std::vector<std::string> const& heads,
                    std::vector<std::vector<std::string>> const& rows) {
    std::vector<std::size_t> widths;
    for (std::size_t i = 0; i < heads.size(); ++i) {
      widths.push_back(satur::text::width_of(heads[i]));
      for (std::vector<std::string> const& row : rows) {
        widths[i] = std::max(widths[i], satur::text::width_of(row[i]));
      }
    }
    auto const line = [&](std::vector<std::string> const& cells) {
      std::string all = satur::text::left(cells.front(), widths.front());
      for (std::size_t i = 1; i < cells.size(); ++i) {
        all += "  " + satur::text::right(cells[i], widths[i]);
      }
      std::printf("  %s\n", all.c_str());
    };
    std::printf("\n%s\n", support::wrapped(caption, "").c_str());
    line(heads);
    for (std::vector<std::string> const& row : rows) {
      line(row);
    }
    std::printf("\n");
  }
  void write(std::string const& to, char const* what, std::string const& bytes) const {
    try {
      std::filesystem::path const folder = std::filesystem::path(to).parent_path();
      if (!folder.empty()) {
        std::filesystem::create_directories(folder);
      }
      satur::detail::write_whole_file(about_.name, to, what, bytes);
    } catch (std::exception const& e) {
      fail(e.what());
    }
  }

  about about_;
  std::string html_;
  std::string svg_;
  bool full_ = false;
  bool drawn_ = false;
  std::map<std::string, std::string> given_;
  std::string first_; ///< the first chart
  std::string page_;
  std::vector<claim> claims_;
};

} // namespace studies
