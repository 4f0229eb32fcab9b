// A file of JSON Lines. What is accepted is written again, as JSON Lines and as CSV, and what was written is read.
#include "fuzz/fuzz.hpp"

#include "satur/report/csv.hpp"
#include "satur/report/json_lines.hpp"
#include "satur/report/read_json_lines.hpp"

#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>

int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::istringstream in(std::string(reinterpret_cast<char const*>(data), size));
  satur::recorded_run run;
  try {
    run = satur::read_json_lines(in, "run.jsonl");
  } catch (satur::file_error const&) {
    return 0;
  }
  for (satur::recorded_row const& row : run.lines) {
    fuzz::require(row.layer < run.layers.size(), "a line is one of a layer");
  }
  std::ostringstream csv;
  satur::write_lines(satur::csv_format{}, run, csv);
  std::ostringstream lines;
  satur::write_lines(satur::json_lines_format{}, run, lines);
  std::istringstream again(lines.str());
  satur::recorded_run const read = satur::read_json_lines(again);
  fuzz::require(read.losses.size() == run.losses.size(), "every loss is written");
  fuzz::require(read.note.empty(), "what is written is whole");
  // Bytes that are no UTF-8 are replaced, so two names can become one; no line is added.
  fuzz::require(read.lines.size() <= run.lines.size(), "no line is added");
  return 0;
}
