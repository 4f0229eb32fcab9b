// examples/studies/support/study.hpp: options, claims, exit codes and the page.
#include "studies/support/study.hpp"

#include "support/run_files.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <vector>

namespace {

studies::study made(std::vector<std::string> const& options) {
  std::vector<char const*> all{"program"};
  for (std::string const& option : options) {
    all.push_back(option.c_str());
  }
  return {static_cast<int>(all.size()),
          all.data(),
          {.name = "sample", .title = "Is 1 < 2?", .text = "About it.", .source = "A. Uthor"},
          {{"width", "N", "units"}}};
}

} // namespace

TEST_CASE("study: a statement that differs fails the program only if it decides") {
  run_files::folder const folder;
  struct row {
    bool decides, holds;
    int code;
  };
  for (row const r : {row{true, true, 0}, {true, false, 1}, {false, true, 0}, {false, false, 0}}) {
    CAPTURE(r.decides);
    CAPTURE(r.holds);
    studies::study s = made({"--html", folder / "page.html"});
    s.compare("a number", r.holds ? 101.0 : 103.0, 100.0, 0.02, r.decides);
    s.trend("a trend that holds", "1", "", true);
    CHECK(s.finish() == r.code);
    CHECK((run_files::contents(folder / "page.html").find(">differs<") != std::string::npos) == !r.holds);
  }
  studies::study s = made({"--html", folder / "page.html"});
  s.trend("a trend", "1", "2", false);
  CHECK(s.finish() == 1);
  studies::study t = made({"--html", folder / "page.html"});
  t.remark("what need not hold", "1", "2", false);
  CHECK(t.finish() == 0);
  CHECK(run_files::contents(folder / "page.html").find("0 of 1 statements agree") != std::string::npos);
}

TEST_CASE("study: NaN agrees with nothing") {
  run_files::folder const folder;
  studies::study s = made({"--html", folder / "page.html"});
  CHECK(!s.compare("a number", std::numeric_limits<double>::quiet_NaN(), 1.0, 0.5));
  CHECK(!s.compare("a number", 1.0, std::numeric_limits<double>::quiet_NaN(), 0.5));
}

TEST_CASE("study: options") {
  CHECK(!made({}).full());
  CHECK(made({"--full"}).full());
  CHECK(made({}).number("width", 7) == 7);
  CHECK(made({"--width", "12"}).number("width", 7) == 12);
  CHECK(made({"--width", "12"}).value("width", "") == "12");
}

TEST_CASE("study: the page is whole and escaped, and the first chart stands above the claims and in the picture") {
  run_files::folder const folder;
  studies::study s = made({"--html", folder / "study/page.html", "--svg", folder / "study/picture.svg"});
  s.heading("Part <1>");
  s.text("x < y & z");
  s.table("A table.", {"name", "number"}, {{"one", "1.5"}, {"two", "2.5"}});
  s.chart({.title = "First", .x_label = "layer", .lines = {{"line", {1.0, 2.0}, {3.0, 4.0}}}}, "The first chart.");
  s.chart({.title = "Second", .lines = {{"line", {1.0, 2.0}, {3.0, 4.0}}}}, "The second chart.");
  s.trend("1 < 2", "1", "1", true, "a note");
  CHECK(s.finish() == 0);
  std::string const page = run_files::contents(folder / "study/page.html");
  for (char const* part : {"Is 1 &lt; 2?", "Part &lt;1&gt;", "x &lt; y &amp; z", "<td>2.5</td>", "A. Uthor", "1 &lt; 2",
                           "a note", ">agrees<", "The second chart.", "</html>"}) {
    CAPTURE(part);
    CHECK(page.find(part) != std::string::npos);
  }
  CHECK(page.find("The first chart.") < page.find("<div class=\"claims\">"));
  CHECK(page.find("The second chart.") > page.find("<div class=\"claims\">"));
  CHECK(page.find("http") == std::string::npos);
  std::string const picture = run_files::contents(folder / "study/picture.svg");
  CHECK(picture.find("<title>First</title>") != std::string::npos);
  CHECK(picture.find("Second") == std::string::npos);
}
