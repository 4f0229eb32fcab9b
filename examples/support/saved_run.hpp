// A run that is looked at afterwards: a saved monitor, or a file of JSON Lines.
#pragma once

#include <satur/monitor.hpp>
#include <satur/report/read_json_lines.hpp>

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace support {

struct saved_run {
  std::string file;
  std::optional<satur::monitor> mon; // one of the two
  std::optional<satur::recorded_run> lines;

  [[nodiscard]] std::string rule() const { return mon ? satur::to_text(mon->rule().definition()) : lines->rule; }
  [[nodiscard]] std::string const& note() const {
    static std::string const none;
    return mon ? none : lines->note;
  }
  [[nodiscard]] double last_loss() const {
    return mon                     ? mon->losses().last()
           : lines->losses.empty() ? std::numeric_limits<double>::quiet_NaN()
                                   : lines->losses.back().loss;
  }
};

// A saved monitor begins with a byte that no text has, a line of JSON with '{'. Throws satur::file_error.
inline saved_run load(std::string const& file) {
  std::ifstream in(file, std::ios::binary);
  int const first = in ? in.peek() : -1;
  if (first == 0x89) {
    return {file, satur::load_monitor(file), std::nullopt};
  }
  if (first == '{') {
    return {file, std::nullopt, satur::read_json_lines(file)};
  }
  throw satur::file_error(
      file + (first == -1 ? ": cannot be read, or is empty" : ": is neither a saved monitor nor a file of JSON Lines") +
      "; give a file that satur::save, write_json_lines or json_lines_writer wrote");
}

// What a run says of one layer in its last step of a phase.
struct last_step {
  std::string layer;
  satur::column_numbers numbers;
};

struct last_steps {
  bool seen = false;      // whether there was such a step
  std::uint64_t step = 0; // the last one
  std::vector<last_step> layers;

  [[nodiscard]] last_step const* find(std::string_view layer) const {
    for (last_step const& l : layers) {
      if (l.layer == layer) {
        return &l;
      }
    }
    return nullptr;
  }
};

inline last_steps last_steps_of(saved_run const& run, satur::phase p) {
  last_steps all;
  if (run.mon) {
    all.seen = run.mon->steps(p) != 0;
    all.step = all.seen ? run.mon->steps(p) - 1 : 0;
    for (satur::layer_monitor const& layer : *run.mon) {
      last_step& l = all.layers.emplace_back(last_step{layer.name(), {}});
      for (std::size_t i = 0; i < l.numbers.size(); ++i) {
        l.numbers[i] = satur::monitor_columns[i].read(layer.last(p));
      }
    }
    return all;
  }
  for (satur::recorded_row const& r : run.lines->lines) { // by step: the last of a layer stays
    if (r.phase == satur::to_text(p)) {
      std::string const& name = run.lines->layers[r.layer];
      if (all.layers.empty() || all.layers.back().layer != name) {
        all.layers.push_back({name, {}});
      }
      all.layers.back().numbers = r.numbers;
      all.step = std::max(all.step, r.step);
      all.seen = true;
    }
  }
  return all;
}

} // namespace support
