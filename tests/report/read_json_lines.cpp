// Reading JSON Lines: what was written comes back, by the schema of docs/files.md; what is not of it is named by its
// line and byte.
#include "satur/report/read_json_lines.hpp"

#include "satur/monitor/monitor.hpp"
#include "satur/report/csv.hpp"
#include "satur/report/observers/csv_writer.hpp"
#include "satur/report/observers/json_lines_writer.hpp"
#include "satur/report/tensorboard.hpp"

#include "support/event_files.hpp"
#include "support/half_ramp.hpp"
#include "support/run_files.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

using satur_test::half_ramp;

constexpr double none = std::numeric_limits<double>::quiet_NaN();

/// Two layers, two steps of training and one of evaluation.
template <class... O> void train(satur::monitor& mon, O&... writers) {
  for (double const z : {0.3, 7.0}) {
    mon["a \"b\",\n\xc3\xa4\xf0\x9f\x98\x80"].observe(half_ramp{}, std::vector<double>{z, -z, 1.0 / 3.0});
    mon["c"].observe(half_ramp{}, std::vector<double>{z, none});
    mon["c"].gradient(std::vector<double>{1e-7 * z, none});
    mon.loss(z > 1.0 ? none : 2.0 / 3.0);
    mon.end_step(writers...);
  }
  mon.eval();
  mon["c"].observe(half_ramp{}, std::vector<double>{0.5});
  mon.end_step(writers...);
}

satur::recorded_run read(std::string const& text) {
  std::istringstream in(text);
  return satur::read_json_lines(in, "f");
}
template <class Format> std::string written(Format const& format, satur::recorded_run const& run) {
  std::ostringstream out;
  write_lines(format, run, out);
  return out.str();
}
std::string refused(std::string const& text) {
  return run_files::refusal([&] { static_cast<void>(read(text)); });
}

std::string const head = "{\"schema\":\"satur\",\"version\":1,\"columns\":{\"low\":\"count\"}}\n";

} // namespace

TEST_CASE("read_json_lines: a finished run comes back, and is written again with the same bytes") {
  satur::monitor mon({.rule = satur::z_beyond{4.0}, .rows = 2});
  train(mon);
  std::ostringstream lines;
  write_json_lines(mon, lines);
  satur::recorded_run const run = read(lines.str());
  CHECK(run.rule == "|z| > 4");
  CHECK(run.rows == 2);
  CHECK(run.columns == satur::column_set::each_step);
  CHECK(run.layers == std::vector<std::string>{"a \"b\",\n\xc3\xa4\xf0\x9f\x98\x80", "c"});
  CHECK(run.note.empty());
  CHECK(run.losses.size() == 2);
  CHECK(run.losses[0].loss == 2.0 / 3.0);
  CHECK(run.losses[1].nonfinite == 1);
  CHECK(written(satur::json_lines_format{}, run) == lines.str());
  std::ostringstream csv;
  write_csv(mon, csv);
  CHECK(written(satur::csv_format{}, run) == csv.str());
}

TEST_CASE("read_json_lines: a file of a running writer has all columns") {
  run_files::folder const folder;
  satur::monitor mon;
  std::ostringstream csv_text;
  {
    satur::json_lines_writer json(folder / "run.jsonl");
    satur::csv_writer csv(csv_text);
    train(mon, json, csv);
  }
  satur::recorded_run const run = satur::read_json_lines(folder / "run.jsonl");
  CHECK(run.columns == satur::column_set::all);
  REQUIRE(run.lines.size() == 6); // a layer that was not seen in evaluation has a line too
  satur::recorded_row const& r = run.lines[1];
  CHECK(run.layers[r.layer].starts_with("a "));
  CHECK(r.phase == "training");
  CHECK(r.step == 1);
  satur::layer_record const& last = mon.at(run.layers[0]).last();
  for (std::size_t i = 0; i < satur::monitor_columns.size(); ++i) {
    double const x = satur::monitor_columns[i].read(last);
    CAPTURE(satur::monitor_columns[i].name);
    CHECK((satur::detail::is_nan(x) ? satur::detail::is_nan(r.numbers[i]) : r.numbers[i] == x));
  }
  std::vector<std::string> expected = run_files::lines(csv_text.str()); // step by step; ours is layer by layer
  write_lines(satur::csv_format{}, run, folder / "run.csv");
  std::vector<std::string> got = run_files::lines(run_files::contents(folder / "run.csv"));
  CHECK(got[0] == expected[0]);
  std::sort(expected.begin(), expected.end());
  std::sort(got.begin(), got.end());
  CHECK(got == expected);
}

TEST_CASE("tensorboard_writer: a run that was read gives the scalars of its monitor") {
  run_files::folder const folder;
  satur::monitor mon;
  train(mon);
  std::ostringstream lines;
  write_json_lines(mon, lines);
  satur::recorded_run const run = read(lines.str());
  std::map<std::string, float> scalars[2]; // by tag and step
  for (std::size_t i = 0; i < 2; ++i) {
    std::string const name = i == 0 ? "of_run" : "of_monitor";
    satur::tensorboard_writer board(folder.path(), {.name = name});
    i == 0 ? board.write(run) : board.write(mon);
    for (event_files::event const& e : event_files::events(run_files::contents(folder / name))) {
      for (auto const& [tag, x] : e.scalars) {
        CHECK(scalars[i].emplace(tag + ' ' + std::to_string(e.step), x).second);
      }
    }
  }
  CHECK(scalars[0].count("evaluation/c/count 0") == 1);
  CHECK(scalars[0].at("loss 0") == 2.0f / 3.0f);
  CHECK(std::isnan(scalars[0].at("loss 1")));
  scalars[0].erase("loss 1");
  scalars[1].erase("loss 1");
  CHECK(scalars[0] == scalars[1]);
}

TEST_CASE("read_json_lines: the last of a step that is there twice, and no line that is not whole") {
  satur::recorded_run const run = read(head + "{\"rule\":\"r\",\"rows\":1}\n"
                                              "{\"layer\":\"a\",\"phase\":\"training\",\"step\":0,\"low\":1}\n"
                                              "{\"layer\":\"a\",\"phase\":\"training\",\"step\":10,\"low\":2}\n"
                                              "{\"loss\":3,\"phase\":\"training\",\"step\":10}\n"
                                              "{\"rule\":\"r\",\"rows\":1}\n"
                                              "{\"layer\":\"a\",\"phase\":\"training\",\"step\":9,\"low\":3}\n"
                                              "{\"layer\":\"a\",\"phase\":\"training\",\"step\":10,\"low\":4}\n"
                                              "{\"layer\":\"a\",\"phase\":\"evaluation\",\"step\":10,\"low\":5}\n"
                                              "{\"loss\":2,\"phase\":\"training\",\"step\":10}\n"
                                              "{\"layer\":\"a\",\"pha");
  REQUIRE(run.lines.size() == 4);
  double const expected[] = {1.0, 3.0, 4.0, 5.0};
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(run.lines[i].numbers[1] == expected[i]);
  }
  REQUIRE(run.losses.size() == 1);
  CHECK(run.losses[0].loss == 2.0);
  CHECK(run.losses[0].steps == 1);
  CHECK(run.note == "line 11 is not whole and was left out: {\"layer\":\"a\",\"pha");
}

TEST_CASE("read_json_lines: keys and kinds of lines that a later satur adds are skipped, spaces and escapes are read") {
  satur::recorded_run const run =
      read("{\"schema\":\"satur\",\"version\":1,\"author\":{\"name\":[\"x\",{}],\"old\":false},\"columns\":{}}\r\n"
           "{\"finding\":\"dead\",\"layer\":[1,-2.5e3,true,null,\"\\u00e4\"]}\n"
           "{ \"layer\" : \"\\u0061\\\\\\/\\t\\u20ac\\ud83d\\ude00\" ,\"width\":12, \"step\":7,\"phase\":\"training\","
           "\"gradient_rms\":1.5e-3,\"low\":null,\"count\":12}\n");
  REQUIRE(run.lines.size() == 1);
  CHECK(run.layers[0] == "a\\/\t\xe2\x82\xac\xf0\x9f\x98\x80");
  CHECK(run.lines[0].step == 7);
  CHECK(run.lines[0].numbers[0] == 12.0);
  CHECK(satur::detail::is_nan(run.lines[0].numbers[1]));
  CHECK(run.lines[0].numbers[14] == 0.0015);
}

TEST_CASE("read_json_lines: what is wrong, with file, line, byte and what was expected") {
  std::string const to_do = "; give a file that write_json_lines wrote";
  CHECK(refused("") ==
        "satur::read_json_lines: f: line 1, byte 0: expected a first line that begins with {\"schema\":\"satur\"" +
            to_do);
  CHECK(refused("layer,phase\n") == "satur::read_json_lines: f: line 1, byte 0: expected an object" + to_do);
  CHECK(refused("{}\n") ==
        "satur::read_json_lines: f: line 1, byte 2: expected a key that says what the line is" + to_do);
  CHECK(refused("{\"layer\":\"a\"}\n") ==
        "satur::read_json_lines: f: line 1, byte 9: expected \"schema\", the key that begins the first line" + to_do);
  CHECK(refused("{\"schema\":\"other\"}\n").find("expected the schema \"satur\"") != std::string::npos);
  CHECK(refused("{\"schema\":\"satur\",\"version\":2}\n").find("expected version 1, which this satur reads, not 2") !=
        std::string::npos);
  struct wrong {
    std::string_view line;
    std::string_view expected;
  };
  for (wrong const& w : {
           wrong{"{\"layer\":\"a\",\"step\":1.5}", "byte 20: expected a whole number"},
           {"{\"layer\":\"a\",\"step\":-1}", "byte 20: expected a whole number"},
           {"{\"layer\":\"a\",\"step\":null}", "byte 20: expected a whole number"},
           {"{\"layer\":\"a\",\"step\":18446744073709551616}", "byte 20: expected a whole number"},
           {"{\"rule\":\"r\",\"rows\":0}", "byte 19: expected a whole number from 1 to "},
           {"{\"rule\":\"r\",\"rows\":-1}", "byte 19: expected a whole number from 1 to "},
           {"{\"rule\":\"r\",\"rows\":2.5}", "byte 19: expected a whole number from 1 to "},
           {"{\"rule\":\"r\",\"rows\":18446744073709551617}", "byte 19: expected a whole number from 1 to "},
           {"{\"layer\":\"a\",\"low\":nan}", "expected a number or null"},
           {"{\"layer\":\"a\",\"low\":.5}", "expected a number or null"},
           {"{\"layer\":\"a\",\"low\":1-2}", "expected a number that a double can hold, or null"},
           {"{\"layer\":\"a\",\"low\":1e999}", "expected a number that a double can hold, or null"},
           {"{\"layer\":\"a\" \"low\":1}", "byte 13: expected ',' or '}' behind a value"},
           {"{\"layer\":\"a\"", "expected ',' or '}' behind a value"},
           {"{\"layer\" 1}", "expected ':' behind a key"},
           {"{\"layer\":\"a\"}", "expected a \"phase\" of training or evaluation in the line"},
           {"{\"layer\":\"a\",\"phase\":\"x\"}", "expected a \"phase\""},
           {"{\"layer\":\"a", "expected '\"' at the end of a string"},
           {"{\"layer\":\"\\x\"}", "expected an escape of JSON"},
           {"{\"layer\":\"\\u12", "expected an escape of JSON"},
           {"{\"layer\":\"\\u12g4\"}", "expected an escape of JSON"},
           {"{\"layer\":\"\\ud83d!\"}", "expected two halves of a character"},
           {"{\"layer\":\"\\ude00\"}", "expected two halves of a character"},
           {"{\"layer\":\"\t\"}", "expected a character that is no control character"},
           {"{\"layer\":\"a\",\"phase\":\"training\"} x", "expected the end of the line"},
           {"{\"new\":tru}", "expected a number or null"},
           {"", "byte 0: expected an object"},
           {"{\"schema\":\"satur\"}", "expected another key than \"schema\""},
       }) {
    std::string const said = refused(head + std::string(w.line) + "\n");
    CAPTURE(w.line);
    CAPTURE(said);
    CHECK(said.starts_with("satur::read_json_lines: f: line 2, byte "));
    CHECK(said.find(w.expected) != std::string::npos);
    CHECK(said.ends_with(to_do));
  }
  std::string deep = head + "{\"new\":";
  CHECK(refused(deep + std::string(100000, '[') + "\n").find("expected a value in less than 64 others") !=
        std::string::npos);
  std::string const objects = [] {
    std::string text;
    for (int i = 0; i < 1000; ++i) {
      text += "{\"a\":";
    }
    return text;
  }();
  CHECK(refused(deep + objects + "\n").find("expected a value in less than 64 others") != std::string::npos);
  CHECK(run_files::refusal([] { static_cast<void>(satur::read_json_lines("/nowhere/at/all.jsonl")); }) ==
        "satur::read_json_lines: /nowhere/at/all.jsonl: cannot be opened; see whether it is there and readable");
}

TEST_CASE("json_reader: a whole number fits the type that is asked for") {
  auto const read_byte = [](std::string_view text) {
    return satur::detail::json_reader("f", 1, text).whole_number<std::uint8_t>(1);
  };
  CHECK(read_byte("1") == 1);
  CHECK(read_byte("255") == 255);
  for (char const* const wrong : {"0", "256", "257", "4294967297", "18446744073709551617", "-1", "1.5", "1e2"}) {
    CAPTURE(wrong);
    CHECK(run_files::refusal([&] {
            static_cast<void>(read_byte(wrong));
          }).find("line 1, byte 0: expected a whole number from 1 to 255") != std::string::npos);
  }
}
