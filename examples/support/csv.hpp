// The numbers of every table as a file.
#pragma once

#include <satur/monitor.hpp>

#include <cmath>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

namespace support {

/// What a monitor recorded from one table to the next.
struct stretch {
  std::size_t first_step;
  std::size_t last_step;
  double loss; ///< mean over the stretch
  satur::monitor mon;
};

/// All stretches as CSV, whole or not at all: `first_step,last_step,loss,layer`, then satur's columns of a monitor.
/// What was not seen is an empty field.
inline void write_csv(std::string const& path, std::vector<stretch> const& run) {
  std::string text = "first_step,last_step,loss,layer";
  for (satur::monitor_column const& column : satur::monitor_columns) {
    text.append(",").append(column.name);
  }
  text += '\n';
  for (stretch const& s : run) {
    for (satur::layer_monitor const& layer : s.mon) {
      text += satur::text::number(s.first_step) + ',' + satur::text::number(s.last_step) + ',' +
              satur::text::number(s.loss) + ',' + layer.name();
      for (satur::monitor_column const& column : satur::monitor_columns) {
        double const x = column.read(layer.total());
        text += ',' + (std::isnan(x) ? "" : satur::text::number(x));
      }
      text += '\n';
    }
  }
  std::string const unfinished = path + ".part";
  std::ofstream file(unfinished, std::ios::binary);
  file << text;
  file.close();
  std::error_code error;
  if (file) {
    std::filesystem::rename(unfinished, path, error);
  }
  if (!file || error) {
    std::filesystem::remove(unfinished, error);
    throw std::runtime_error("--csv " + path + ": cannot be written; check the folder and its permissions");
  }
}

} // namespace support
