// The numbers of every table as a file.
#pragma once

#include <satur/monitor.hpp>

#include <filesystem>
#include <fstream>
#include <locale>
#include <sstream>
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

/// All stretches as CSV, whole or not at all.
inline void write_csv(std::string const& path, std::vector<stretch> const& run) {
  std::ostringstream out;
  out.imbue(std::locale::classic());
  out.precision(10);
  out << "first_step,last_step,loss,layer,count,low,high,nan,infinite,mean_z,std_z,mean_slope,slope_share,mean_output,"
         "gradient_rms,log10_update\n";
  for (stretch const& s : run) {
    for (satur::layer_monitor const& layer : s.mon) {
      satur::layer_record const& r = layer.total();
      satur::saturation const& z = r.saturation;
      out << s.first_step << ',' << s.last_step << ',' << s.loss << ',' << layer.name() << ',' << z.count << ','
          << z.low << ',' << z.high << ',' << z.nan << ',' << z.infinite << ',' << z.mean_z() << ',' << z.stddev_z()
          << ',' << z.mean_derivative() << ',' << z.slope_share() << ',' << z.mean_output() << ',' << r.gradient.rms()
          << ',' << r.update.log10_ratio() << '\n';
    }
  }
  std::string const unfinished = path + ".part";
  std::ofstream file(unfinished, std::ios::binary);
  file << out.str();
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
