// The program that looks back at runs, as a process: tables, comparison, merging, files, and what is wrong with its
// arguments.
#include <doctest/doctest.h>

#include <satur/activation/identity.hpp>
#include <satur/monitor.hpp>
#include <satur/report/csv.hpp>
#include <satur/report/json_lines.hpp>
#include <satur/report/observers/json_lines_writer.hpp>

#include "support/half_ramp.hpp"
#include "support/process.hpp"
#include "support/run_files.hpp"

#include <filesystem>
#include <limits>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#ifdef SATUR_LOOK_PROGRAM

namespace {

using satur_test::half_ramp;
using satur_test::outcome;

outcome look(run_files::folder const& folder, std::string const& arguments) {
  return satur_test::run_command("cd \"" + folder.path() + "\" && \"" SATUR_LOOK_PROGRAM "\" " + arguments);
}

/// Two steps of a layer "fc" and one of "out", whose z are `z` and 1; the lines of the run go into `lines`.
satur::monitor run_of(double z, std::optional<std::string> const& lines = {},
                      satur::any_rule const& rule = satur::z_beyond{5.0}) {
  satur::monitor mon({.rule = rule});
  std::ostringstream ignored;
  satur::json_lines_writer writer = lines ? satur::json_lines_writer(*lines) : satur::json_lines_writer(ignored);
  for (int i = 0; i < 2; ++i) {
    mon["fc"].observe(half_ramp{}, std::vector<double>{0.0, i == 0 ? 0.0 : 1.0, 1.0, z});
    mon["fc"].gradient(std::vector<double>{0.25});
    if (i == 1) {
      mon["out"].observe(half_ramp{}, std::vector<double>{1.0});
    }
    mon.loss(2.0 - z / 10.0 - i);
    mon.end_step(writer);
  }
  return mon;
}

/// One line that says so, and exit code 2.
void refused(run_files::folder const& folder, std::string const& arguments, std::string const& because) {
  outcome const o = look(folder, arguments);
  CAPTURE(arguments);
  CAPTURE(o.text);
  CHECK(o.code == 2);
  CHECK(o.text.starts_with("satur_look: "));
  CHECK(o.text.find(because) != std::string::npos);
  CHECK(o.text.find('\n') == o.text.size() - 1);
}

} // namespace

TEST_CASE("look: the table of a saved monitor, and of JSON Lines of the same run") {
  run_files::folder const folder;
  satur::monitor const mon = run_of(8.0, folder / "run.jsonl");
  save(mon, folder / "run.satur");
  outcome const saved = look(folder, "run.satur");
  std::ostringstream expected;
  expected << "run.satur:\n" << mon.losses() << '\n' << mon;
  CHECK(saved.code == 0);
  CHECK(saved.text == expected.str());

  outcome const lines = look(folder, "run.jsonl");
  CHECK(lines.code == 0);
  CHECK(lines.text == "run.jsonl:\n"
                      "loss 0.2 at the end, 1.2 at the start\n"
                      "training, step 1:\n"
                      "layer           mean z    std z    low %   high %  slope %   grad rms   update\n"
                      "fc               2.500    3.202        0     25.0     75.0   2.50e-01        -\n"
                      "out              1.000    0.000        0        0      100          -        -\n"
                      "saturated: |z| > 5\n");
  outcome const both = look(folder, "run.satur run.jsonl");
  CHECK(both.text == saved.text + "\n" + lines.text);
  write_json_lines(mon, folder / "history.jsonl"); // without the columns that no history keeps
  CHECK(look(folder, "history.jsonl")
            .text.find("fc                   -        -        0     25.0     75.0   2.50e-01        -\n") !=
        std::string::npos);
}

TEST_CASE("look: a killed run, an empty one, and evaluation") {
  run_files::folder const folder;
  static_cast<void>(run_of(8.0, folder / "run.jsonl"));
  std::string text = run_files::contents(folder / "run.jsonl");
  run_files::put(folder / "killed.jsonl", text.substr(0, text.size() - 40));
  outcome const killed = look(folder, "killed.jsonl");
  CHECK(killed.code == 0);
  CHECK(killed.text.find("\nnote: line 7 is not whole and was left out: {\"layer\":\"out\"") != std::string::npos);
  CHECK(killed.text.find("\nout ") == std::string::npos);
  run_files::put(folder / "empty.jsonl", text.substr(0, text.find('\n') + 1));
  CHECK(look(folder, "empty.jsonl").text.find("no layer in it\n") != std::string::npos);
  save(satur::monitor(), folder / "empty.satur");
  CHECK(look(folder, "empty.satur").code == 0);
  run_files::put(folder / "eval.jsonl",
                 text.substr(0, text.find('\n') + 1) +
                     "{\"layer\":\"a\",\"phase\":\"evaluation\",\"step\":3,\"low_fraction\":0.5}\n");
  CHECK(look(folder, "eval.jsonl").text.find("\nevaluation, step 3:\n") != std::string::npos);
}

TEST_CASE("look: --compare, a saved monitor with JSON Lines") {
  run_files::folder const folder;
  save(run_of(8.0), folder / "a.satur");
  static_cast<void>(run_of(2.0, folder / "b.jsonl"));
  outcome const o = look(folder, "--compare a.satur b.jsonl");
  CHECK(o.code == 0);
  CHECK(o.text == "A: a.satur\n"
                  "B: b.jsonl\n"
                  "\n"
                  "training\n"
                  "layer        number                 A             B         B - A\n"
                  "             last              step 1        step 1\n"
                  "             loss                 0.2           0.8          +0.6\n"
                  "fc           mean z             2.500         1.000        -1.500\n"
                  "             std z              3.202         0.707        -2.494\n"
                  "             low %                  0             0           0.0\n"
                  "             high %              25.0             0         -25.0\n"
                  "             slope %             75.0           100         +25.0\n"
                  "             grad rms        2.50e-01      2.50e-01      0.00e+00\n"
                  "out          mean z             1.000         1.000         0.000\n"
                  "             std z              0.000         0.000         0.000\n"
                  "             low %                  0             0           0.0\n"
                  "             high %                 0             0           0.0\n"
                  "             slope %              100           100           0.0\n"
                  "\n"
                  "saturated: |z| > 5\n");

  satur::monitor other = run_of(8.0, {}, satur::z_beyond{2.0});
  other["new"].observe(half_ramp{}, std::vector<double>{1.0});
  other.end_step();
  other.eval();
  other["new"].observe(half_ramp{}, std::vector<double>{1.0});
  other.end_step();
  save(other, folder / "c.satur");
  outcome const rules = look(folder, "--compare a.satur c.satur");
  CHECK(rules.text.find("saturated: |z| > 5 in A, |z| > 2 in B: their shares do not compare\n") != std::string::npos);
  CHECK(rules.text.find("new          mean z                 -         1.000             -\n") != std::string::npos);
  CHECK(rules.text.find("\nevaluation\n"
                        "layer        number                 A             B         B - A\n"
                        "             last            not seen        step 0") != std::string::npos);
}

TEST_CASE("look: --merge saves what += gives") {
  run_files::folder const folder;
  satur::monitor a = run_of(8.0);
  satur::monitor const b = run_of(2.0);
  save(a, folder / "a.satur");
  save(b, folder / "b.satur");
  outcome const o = look(folder, "a.satur b.satur --merge all.satur --csv all.csv");
  CAPTURE(o.text);
  CHECK(o.code == 0);
  CHECK(o.text.starts_with("all.satur:\nloss "));
  a += b;
  CHECK(satur::load_monitor(folder / "all.satur") == a);
  std::ostringstream csv;
  write_csv(a, csv);
  CHECK(run_files::contents(folder / "all.csv") == csv.str());
  save(run_of(1.0, {}, satur::z_beyond{2.0}), folder / "c.satur");
  refused(folder, "a.satur c.satur --merge all.satur",
          "c.satur does not merge with a.satur: satur::monitor: cannot merge a monitor that counts |z| > 5 with one");
  static_cast<void>(run_of(1.0, folder / "d.jsonl"));
  refused(folder, "a.satur d.jsonl --merge all.satur",
          "--merge needs a saved monitor, and d.jsonl has JSON Lines: give");
  CHECK(satur::load_monitor(folder / "all.satur") == a); // left as it was
}

TEST_CASE("look: every format") {
  run_files::folder const folder;
  satur::monitor const mon = run_of(8.0, folder / "run.jsonl");
  save(mon, folder / "run.satur");
  outcome const o = look(folder, "run.satur --csv out.csv --json-lines out.jsonl --markdown out.md --html out.html "
                                 "--tensorboard events");
  CAPTURE(o.text);
  CHECK(o.code == 0);
  CHECK(
      o.text.ends_with("written: out.csv\nwritten: out.jsonl\nwritten: out.md\nwritten: out.html\nwritten: events\n"));
  std::ostringstream csv;
  write_csv(mon, csv);
  CHECK(run_files::contents(folder / "out.csv") == csv.str());
  std::ostringstream lines;
  write_json_lines(mon, lines);
  CHECK(run_files::contents(folder / "out.jsonl") == lines.str());
  CHECK(run_files::contents(folder / "out.md").find("| `fc` | half\\_ramp | 2.500 |") != std::string::npos);
  CHECK(run_files::contents(folder / "out.html").starts_with("<!DOCTYPE html>"));
  CHECK(std::filesystem::exists(folder / "events"));

  outcome const again = look(folder, "run.jsonl --csv all.csv --json-lines all.jsonl --tensorboard events");
  CHECK(again.code == 0);
  std::vector<std::string> const rows = run_files::lines(run_files::contents(folder / "all.csv"));
  REQUIRE(rows.size() == 4); // "out" has no line of the step before it was named
  CHECK(rows[2].starts_with("fc,training,1,4,0,1,0,0,0,2.5,"));
  CHECK(look(folder, "all.jsonl").text.substr(12) == look(folder, "run.jsonl").text.substr(12));
}

TEST_CASE("look: a picture of two runs has a row for each, with the same axes") {
  run_files::folder const folder;
  for (int run = 0; run < 2; ++run) {
    satur::monitor mon;
    for (int step = 0; step < 40; ++step) {
      mon["fc"].observe(half_ramp{},
                        std::vector<double>{0.0, run == 0 ? 9.0 : 1.0}); // half of the slope is left, or all
      mon["fc"].gradient(std::vector<double>{run == 0 ? 1e-6 : 1e-2});
      mon["out"].observe(satur::identity{}, std::vector<double>{1.0});
      mon.loss(run == 0 ? 2.0 : 2.0 - 0.04 * step, 2.0);
      mon.end_step();
    }
    save(mon, folder / (run == 0 ? "A & B.satur" : "cured.satur"));
  }
  outcome const o = look(folder, "'A & B.satur' cured.satur --svg both.svg");
  CAPTURE(o.text);
  CHECK(o.code == 0);
  CHECK(o.text.ends_with("written: both.svg\n"));
  std::string const picture = run_files::contents(folder / "both.svg");
  CHECK(picture.starts_with("<svg role=\"img\""));
  CHECK(picture.ends_with("</svg>\n"));
  CHECK(picture.find("style=\"fill:var(--alarm)\">A &amp; B. It did not learn: the loss stayed at chance") !=
        std::string::npos);
  CHECK(picture.find("class=\"k\">cured. It learned: the loss fell from ") != std::string::npos);
  CHECK(picture.find("At the end, slope left: fc 0.5; gradient: fc 1e-06.") != std::string::npos);
  CHECK(picture.find("At the end, slope left: fc 1; gradient: fc 0.01.") != std::string::npos);
  CHECK(picture.find(">out<") == std::string::npos); // an identity has the slope 1 always
  std::size_t const first = picture.find(">1e-6<");  // both rows reach from one gradient to the other
  CHECK(picture.find(">1e-6<", first + 1) != std::string::npos);
  CHECK(picture.find("http") == picture.rfind("http")); // the name space alone
  CHECK(look(folder, "'A & B.satur' cured.satur --svg again.svg").code == 0);
  CHECK(run_files::contents(folder / "again.svg") == picture);
}

TEST_CASE("look: what is wrong takes one line, and exit code 2") {
  run_files::folder const folder;
  save(run_of(8.0), folder / "a.satur");
  static_cast<void>(run_of(8.0, folder / "b.jsonl"));
  refused(folder, "", "FILE is required");
  refused(folder, "--nonsense a.satur", "--nonsense");
  refused(folder, "nowhere.satur",
          "nowhere.satur: cannot be read, or is empty; give a file that satur::save, write_json");
  refused(folder, ".", ".: cannot be read, or is empty");
  run_files::put(folder / "empty", "");
  refused(folder, "empty", "empty: cannot be read, or is empty");
  run_files::put(folder / "text.csv", "layer,phase\n");
  refused(folder, "text.csv", "text.csv: is neither a saved monitor nor a file of JSON Lines; give a file that");
  run_files::put(folder / "bad.jsonl", "{\"schema\":\"satur\",\"version\":1}\n{\"layer\":\"a\",\"step\":x}\n");
  refused(folder, "bad.jsonl", "bad.jsonl: line 2, byte 20: expected a whole number; give a file that");
  run_files::put(folder / "cut.satur", run_files::contents(folder / "a.satur").substr(0, 100));
  refused(folder, "cut.satur", "cut.satur: ends at byte 100, expected ");
  refused(folder, "--compare a.satur", "--compare takes two files, 1 was given");
  refused(folder, "--compare a.satur b.jsonl a.satur", "--compare takes two files, 3 were given");
  refused(folder, "--compare a.satur b.jsonl --csv c", "--compare writes no file: give");
  refused(folder, "a.satur b.jsonl --csv c", "a file is written of one run, 2 were given: give one, or --merge OUT");
  refused(folder, "b.jsonl --html c", "--html needs a saved monitor, and b.jsonl has JSON Lines: give a file that");
  refused(folder, "b.jsonl --markdown c", "--markdown needs a saved monitor, and b.jsonl has JSON Lines");
  refused(folder, "a.satur b.jsonl --svg c",
          "--svg needs a saved monitor, and b.jsonl has JSON Lines: give a file that");
  refused(folder, "--compare a.satur b.jsonl --svg c", "--compare writes no file: give");
  refused(folder, "a.satur --svg nowhere/c", "nowhere/c");
  refused(folder, "a.satur --csv nowhere/c", "nowhere/c: cannot be opened for writing");
  refused(folder, "a.satur --merge nowhere/c", "nowhere/c.part; see whether its folder is there");
  CHECK_FALSE(std::filesystem::exists(folder / "c"));
  outcome const help = look(folder, "--help");
  CHECK(help.code == 0);
  for (char const* option :
       {"FILE", "--compare", "--merge", "--csv", "--json-lines", "--markdown", "--html", "--tensorboard", "--svg"}) {
    CAPTURE(option);
    CHECK(help.text.find(option) != std::string::npos);
  }
}

#endif // SATUR_LOOK_PROGRAM
