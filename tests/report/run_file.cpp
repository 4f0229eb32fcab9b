// A file of a run stays valid whatever happens: resumed, torn, of other columns, killed, on a full disk.
#include "satur/report/file/run_file.hpp"

#include "satur/monitor/monitor.hpp"
#include "satur/report/observers/csv_writer.hpp"
#include "satur/report/observers/json_lines_writer.hpp"

#include "support/run_files.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace {

using satur::existing_file;
using satur::run_file;

struct half_line {
  static constexpr std::string_view name = "half_line";
  static double value(double z) { return 0.5 * z; }
  static double derivative(double) { return 0.5; }
};

/// One more step of two layers.
template <class... O> void step(satur::monitor& mon, O&... observers) {
  mon["a"].observe(half_line{}, std::vector<double>{1.0, 2.0, -7.0});
  mon["b,\n\"c\""].observe(half_line{}, std::vector<double>{9.0});
  mon.end_step(observers...);
}

/// The file's bytes after `steps` steps.
template <class Writer> std::string written(std::size_t steps) {
  std::ostringstream out;
  Writer writer(out);
  satur::monitor mon;
  for (std::size_t i = 0; i < steps; ++i) {
    step(mon, writer);
  }
  return out.str();
}

} // namespace

TEST_CASE("run_file: a file is replaced, or goes on, and its first line is written once") {
  run_files::folder const folder;
  std::string const path = folder / "run.txt";
  run_file(path, "head\n").write("1\n", "one");
  CHECK(run_files::contents(path) == "head\n1\n");
  {
    run_file out(path, "head\n", {.existing = existing_file::resume});
    CHECK(out.note() == path + ": goes on after 2 lines");
    out.write("2\n3\n", "two");
    out.write("", "nothing");
  }
  CHECK(run_files::contents(path) == "head\n1\n2\n3\n");
  CHECK(run_file(path, "other\n").note().empty());
  CHECK(run_files::contents(path) == "other\n");
  CHECK(run_file(folder / "new.txt", "head\n", {.existing = existing_file::resume}).note().empty());
  CHECK(run_files::contents(folder / "new.txt") == "head\n");
}

TEST_CASE("run_file: a last line that is not whole is cut off, and named") {
  run_files::folder const folder;
  std::string const path = folder / "run.txt";
  auto const resumed = [&](std::string_view before, char quote = '\0') {
    run_files::put(path, before);
    run_file out(path, "head\n", {.existing = existing_file::resume, .quote = quote});
    out.write("next\n", "the next line");
    return out.note();
  };
  CHECK(resumed("head\n1\n2,3") == path + ": goes on after 2 lines; the last line was not whole and was cut off: 2,3");
  CHECK(run_files::contents(path) == "head\n1\nnext\n");
  CHECK(resumed("he") == path + ": goes on after 0 lines; the last line was not whole and was cut off: he");
  CHECK(run_files::contents(path) == "head\nnext\n");
  // a line break between quotes ends no line: what follows the head is one torn line
  CHECK(resumed("head\n\"a\nb\"\"", '"') ==
        path + ": goes on after 1 line; the last line was not whole and was cut off: \"a\nb\"\"");
  CHECK(run_files::contents(path) == "head\nnext\n");
  CHECK(resumed("head\n\"a\nb\"\"\n\",1\n\"c", '"')
            .ends_with(": goes on after 2 lines; the last line was not whole and "
                       "was cut off: \"c"));
  CHECK(run_files::contents(path) == "head\n\"a\nb\"\"\n\",1\nnext\n");
  std::string const longer(100000, 'x'); // longer than any piece that is read at once
  CHECK(resumed("head\n" + longer + '\n' + longer).size() < 300);
  CHECK(run_files::contents(path) == "head\n" + longer + "\nnext\n");
}

TEST_CASE("run_file: a file of other columns, or of somebody else, is refused and stays as it is") {
  run_files::folder const folder;
  std::string const path = folder / "run.txt";
  auto const refusal = [&](std::string const& before) {
    run_files::put(path, before);
    std::string const words = run_files::refusal(
        [&] { run_file(path, "a,b\n", {.existing = existing_file::resume, .writer = "csv_writer"}); });
    CHECK(run_files::contents(path) == before);
    return words;
  };
  CHECK(refusal("a,c\n1,2\n") == "satur::csv_writer: " + path +
                                     ": is not a file of these columns: its first line is \"a,c\", expected \"a,b\"; "
                                     "give another path, or existing_file::replace");
  CHECK(refusal("a,b\r\n1,2\r\n").find("its first line is \"a,b\\r\", expected \"a,b\"") != std::string::npos);
  CHECK(refusal("no line").find("its first line is \"no line\"") != std::string::npos);
  CHECK(refusal("a,bc").find("its first line is \"a,bc\"") != std::string::npos);
  CHECK(refusal(std::string(1000, 'x') + '\n').size() < 500);
}

TEST_CASE("run_file: what cannot be opened or written is told: which file, what was being done, what to do") {
  run_files::folder const folder;
  std::string const nowhere = folder / "missing/run.txt";
  std::string const words = run_files::refusal([&] { run_file(nowhere, "head\n"); });
  CHECK(words.starts_with("satur::run_file: " + nowhere + ": cannot be opened for writing: "));
  CHECK(words.ends_with("; see whether its folder is there and writable"));
  CHECK(run_files::refusal([&] {
          run_file(folder.path(), "head\n", {.existing = existing_file::resume});
        }).find("cannot be opened for writing") != std::string::npos);
  std::ostringstream full;
  run_file out(full, "head\n");
  full.setstate(std::ios::badbit);
  CHECK(run_files::refusal([&] { out.write("1\n", "step 7"); }) ==
        "satur::run_file: the stream does not take step 7; see whether it is open, and whether the disk is full");
}

TEST_CASE("run_file: moved, it goes on") {
  run_files::folder const folder;
  run_file a(folder / "a.txt", "a\n");
  run_file b(folder / "b.txt", "b\n");
  run_file c = std::move(a);
  c.write("1\n", "one");
  b = std::move(c);
  b.write("2\n", "two");
  CHECK(run_files::contents(folder / "a.txt") == "a\n1\n2\n");
  CHECK(run_files::contents(folder / "b.txt") == "b\n");
}

#if __has_include(<sys/wait.h>)
TEST_CASE("csv_writer and json_lines_writer: killed, the file has every step that was made") {
  run_files::folder const folder;
  std::string const csv = folder / "run.csv";
  std::string const json = folder / "run.jsonl";
  constexpr std::size_t steps = 200;
  run_files::killed_after(steps, [&](auto const& done) {
    satur::csv_writer to_csv(csv);
    satur::json_lines_writer to_json(json);
    satur::monitor mon;
    for (std::size_t i = 0; i < 2 * steps; ++i) {
      step(mon, to_csv, to_json);
      done();
    }
  });
  CHECK(run_files::contents(csv) == written<satur::csv_writer>(steps));
  CHECK(run_files::contents(json) == written<satur::json_lines_writer>(steps));
}
#endif

#if __has_include(<sys/wait.h>)
TEST_CASE("csv_writer: a disk that gets full in the middle of a step keeps the whole steps, and takes more later") {
  run_files::folder const folder;
  std::string const path = folder / "run.csv";
  std::string const three = written<satur::csv_writer>(3);
  std::string const message = folder / "message.txt";
  int const code = run_files::without_room(three.size() + 30, [&](auto const& make_room) {
    satur::csv_writer csv(path);
    satur::monitor mon;
    for (int i = 0; i < 3; ++i) {
      step(mon, csv);
    }
    std::string const words = run_files::refusal([&] { step(mon, csv); });
    if (run_files::contents(path) != three) {
      return 1;
    }
    make_room();
    run_files::put(message, words);
    csv.on_step(mon); // the step that found no room, again
    step(mon, csv);
    return 0;
  });
  CHECK(code == 0);
  CHECK(run_files::contents(path) == written<satur::csv_writer>(5));
  std::string const words = run_files::contents(message);
  CHECK(words.starts_with("satur::csv_writer: " + path + ": cannot write step 3: "));
  CHECK(words.ends_with("; the " + std::to_string(three.size()) +
                        " bytes written before are kept: make room, then go on"));
}
#endif

TEST_CASE("writers: a device without room") {
  if (!std::filesystem::exists("/dev/full")) {
    MESSAGE("skipped: there is no /dev/full");
    return;
  }
  satur::monitor mon;
  step(mon);
  std::string const start = "satur::write_csv: /dev/full: cannot write the first line: ";
  CHECK(run_files::refusal([&] { write_csv(mon, "/dev/full"); }).starts_with(start));
  CHECK(run_files::refusal([&] {
          satur::csv_writer("/dev/full", existing_file::resume);
        }).starts_with("satur::csv_writer: /dev/full: cannot write the first line: "));
  CHECK(run_files::refusal([&] {
          write_json_lines(mon, "/dev/full");
        }).starts_with("satur::write_json_lines: /dev/full: "));
}

TEST_CASE("csv_writer: resumed after a kill, with a line that is torn") {
  run_files::folder const folder;
  std::string const path = folder / "run.csv";
  std::string const three = written<satur::csv_writer>(3);
  run_files::put(path, three + three.substr(three.size() - 20, 10));
  satur::csv_writer csv(path, existing_file::resume);
  CHECK(csv.note().find("goes on after 7 lines; the last line was not whole and was cut off: ") != std::string::npos);
  satur::monitor mon;
  step(mon, csv);
  std::string const one = written<satur::csv_writer>(1);
  CHECK(run_files::contents(path) == three + one.substr(one.find('\n') + 1));
  // a file of a finished run has other columns
  write_csv(mon, path);
  CHECK(run_files::refusal([&] {
          satur::csv_writer(path, existing_file::resume);
        }).find("is not a file of these columns") != std::string::npos);
}
