// CSV and JSON Lines as a run goes: every column of every layer in every step, and the same numbers as afterwards.
#include "satur/report/observers/csv_writer.hpp"
#include "satur/report/observers/json_lines_writer.hpp"

#include "satur/monitor/monitor.hpp"
#include "satur/monitor/shared_monitor.hpp"

#include "support/half_ramp.hpp"
#include "support/run_files.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <limits>
#include <locale>
#include <sstream>
#include <string>
#include <vector>

namespace {

using satur_test::half_ramp;

constexpr double none = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

struct comma_point : std::numpunct<char> {
  char do_decimal_point() const override { return ','; }
  char do_thousands_sep() const override { return '.'; }
  std::string do_grouping() const override { return "\1"; }
};

/// Two steps of training and one of evaluation.
template <class Writer> void run(satur::monitor& mon, Writer& writer) {
  mon["fc"].observe(half_ramp{}, std::vector<double>{-6.0, 0.0, 1.0, 7.0, none, infinity});
  mon["fc"].gradient(std::vector<double>{3.0, 4.0, none});
  mon["fc"].update(std::vector<double>{1.0, 3.0}, std::vector<double>{1.0, 3.0}, 0.001);
  mon.loss(2.5);
  mon.end_step(writer);
  mon["fc"].observe(half_ramp{}, std::vector<double>{none});
  mon.loss(none);
  mon.end_step(writer);
  mon.eval();
  mon["fc"].observe(half_ramp{}, std::vector<double>{0.5, 1.5});
  mon.end_step(writer);
}

} // namespace

TEST_CASE("csv_writer: a row for each layer after each step, with every column") {
  std::ostringstream out;
  out.imbue(std::locale(std::locale::classic(), new comma_point));
  satur::csv_writer writer(out);
  satur::monitor mon;
  run(mon, writer);
  // z sums to 2 and its squares to 86 over four finite numbers, f(z) to 1/2 and 19/4; the slope is 1/2 for two of five.
  CHECK(out.str() == "layer,phase,step,count,low,high,nan,infinite,nonfinite,mean_z,std_z,low_fraction,high_fraction,"
                     "mean_slope,slope_share,mean_output,std_output,gradient_rms,log10_update\n"
                     "fc,training,0,5,1,2,1,1,3,0.5,4.6097722286464435,0.2,0.4,0.2,0.4,0.125,1.0825317547305484,"
                     "3.5355339059327378,-3\n"
                     "fc,training,1,0,0,0,1,0,1,,,,,,,,,,\n"
                     "fc,evaluation,0,2,0,0,0,0,0,1,0.5,0,0,0.5,1,0.5,0.25,,\n");
  CHECK(writer.note().empty());
}

TEST_CASE("json_lines_writer: columns, rule, losses, and a line for each layer") {
  std::ostringstream out;
  satur::json_lines_writer writer(out);
  satur::monitor mon({.rule = satur::z_beyond{4.0}, .rows = 3});
  run(mon, writer);
  std::vector<std::string> const lines = run_files::lines(out.str());
  REQUIRE(lines.size() == 7);
  CHECK(
      lines[0].starts_with("{\"schema\":\"satur\",\"version\":1,\"columns\":{\"count\":\"count\",\"low\":\"count\","));
  CHECK(lines[0].ends_with(",\"gradient_rms\":\"dL/dz\",\"log10_update\":\"log10\"}}"));
  CHECK(lines[1] == "{\"rule\":\"|z| > 4\",\"rows\":3}");
  CHECK(lines[2] == "{\"loss\":2.5,\"phase\":\"training\",\"step\":0,\"steps\":1,\"nonfinite\":0}");
  CHECK(lines[3].starts_with("{\"layer\":\"fc\",\"phase\":\"training\",\"step\":0,\"count\":5,\"low\":1,\"high\":2,"
                             "\"nan\":1,\"infinite\":1,\"nonfinite\":3,\"mean_z\":0.5,"));
  CHECK(lines[4] == "{\"loss\":null,\"phase\":\"training\",\"step\":1,\"steps\":1,\"nonfinite\":1}");
  CHECK(lines[5].ends_with("\"mean_output\":null,\"std_output\":null,\"gradient_rms\":null,\"log10_update\":null}"));
  CHECK(lines[6].starts_with("{\"layer\":\"fc\",\"phase\":\"evaluation\",\"step\":0,\"count\":2,"));
}

TEST_CASE(
    "writers: sampled steps alone, under their own numbers; a loss that was not handed over again is not repeated") {
  std::ostringstream csv_text;
  std::ostringstream json_text;
  satur::csv_writer csv(csv_text);
  satur::json_lines_writer json(json_text);
  satur::monitor mon({.sampling = {.every = 3}});
  csv.on_step(mon); // no step was closed
  for (int i = 0; i < 7; ++i) {
    mon["a"].observe(half_ramp{}, std::vector<double>{0.5});
    if (i == 0) {
      mon.loss(1.5);
    }
    mon.end_step(csv, json);
  }
  std::vector<std::string> const rows = run_files::lines(csv_text.str());
  REQUIRE(rows.size() == 4);
  CHECK(rows[1].starts_with("a,training,0,1,"));
  CHECK(rows[2].starts_with("a,training,3,1,"));
  CHECK(rows[3].starts_with("a,training,6,1,"));
  std::vector<std::string> const lines = run_files::lines(json_text.str());
  REQUIRE(lines.size() == 6); // columns, rule, one loss, three layers
  CHECK(lines[2].starts_with("{\"loss\":1.5,"));
  CHECK(lines[3].starts_with("{\"layer\":"));
}

TEST_CASE("json_lines_writer: the loss of a step that was not sampled is not that of a step of evaluation") {
  std::ostringstream out;
  satur::json_lines_writer json(out);
  satur::monitor mon({.sampling = {.every = 2}});
  for (double const loss : {4.0, 5.0}) {
    mon.loss(loss);
    mon.end_step(json);
  }
  mon.eval();
  mon.end_step(json);
  CHECK(out.str().find("{\"loss\":4,") != std::string::npos);
  CHECK(out.str().find("{\"loss\":5,") == std::string::npos);
}

TEST_CASE("writers: with a shared monitor") {
  std::ostringstream out;
  satur::csv_writer csv(out);
  satur::shared_monitor mon{satur::monitor_options{}};
  mon.local()["a"].observe(half_ramp{}, std::vector<double>{0.5, 7.0});
  mon.end_step(csv);
  CHECK(out.str().find("\na,training,0,2,0,1,") != std::string::npos);
}

TEST_CASE("write_json_lines: the first line, the rule, the losses, then the lines of write_history") {
  satur::monitor mon;
  std::ostringstream running;
  satur::json_lines_writer writer(running);
  run(mon, writer);
  std::ostringstream all;
  write_json_lines(mon, all);
  std::ostringstream history;
  write_history(mon, history);
  CHECK(all.str() ==
        "{\"schema\":\"satur\",\"version\":1,\"columns\":{\"count\":\"count\",\"low\":\"count\","
        "\"high\":\"count\",\"nonfinite\":\"count\",\"low_fraction\":\"share\",\"high_fraction\":\"share\","
        "\"mean_slope\":\"f'(z)\",\"slope_share\":\"share\",\"gradient_rms\":\"dL/dz\","
        "\"log10_update\":\"log10\"}}\n{\"rule\":\"|z| > 5\",\"rows\":1}\n"
        "{\"loss\":2.5,\"phase\":\"training\",\"step\":0,\"steps\":1,\"nonfinite\":0}\n"
        "{\"loss\":null,\"phase\":\"training\",\"step\":1,\"steps\":1,\"nonfinite\":1}\n" +
            history.str());
}

TEST_CASE("write_json_lines: many losses are means of blocks of steps") {
  satur::monitor mon;
  for (int i = 0; i < 128; ++i) { // 64 blocks of two
    mon.loss(i == 5 ? infinity : i);
    mon.end_step();
  }
  std::ostringstream all;
  write_json_lines(mon, all);
  std::vector<std::string> const lines = run_files::lines(all.str());
  REQUIRE(lines.size() == 2 + 64);
  CHECK(lines[2] == "{\"loss\":0.5,\"phase\":\"training\",\"step\":0,\"steps\":2,\"nonfinite\":0}");
  CHECK(lines[4] == "{\"loss\":4,\"phase\":\"training\",\"step\":4,\"steps\":2,\"nonfinite\":1}");
}

TEST_CASE("write_csv and write_json_lines: a file holds what a stream gets, also where it is long") {
  run_files::folder const folder;
  satur::monitor mon({.history = {.lines = 2000}});
  for (std::size_t i = 0; i < 1500; ++i) {
    mon["a"].observe(half_ramp{}, std::vector<double>(1 + i % 7, 0.1));
    mon.end_step();
  }
  std::ostringstream csv;
  write_csv(mon, csv);
  std::ostringstream json;
  write_json_lines(mon, json);
  write_csv(mon, folder / "run.csv");
  write_json_lines(mon, folder / "run.jsonl");
  CHECK(json.str().size() > 3 * 65536); // written in several pieces
  CHECK(run_files::lines(csv.str()).size() == 1501);
  CHECK(run_files::contents(folder / "run.csv") == csv.str());
  CHECK(run_files::contents(folder / "run.jsonl") == json.str());
}

TEST_CASE("json_lines: a name that is no UTF-8 becomes one") {
  CHECK(satur::detail::json_string("a\xff\xc3\xa9\xc3") == "\"a\xef\xbf\xbd\xc3\xa9\xef\xbf\xbd\"");
}
