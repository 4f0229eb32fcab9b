// What the fuzzer begins with: seeds DIR writes DIR/idx, DIR/json_lines, DIR/monitor and DIR/observe.
#include "satur/diagnostic.hpp"
#include "satur/report/json_lines.hpp"
#include "support/monitor_bytes.hpp"
#include "support/stored_monitors.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <limits>
#include <random>
#include <sstream>
#include <string>
#include <vector>

namespace {

void write(std::filesystem::path const& folder, std::string const& name, std::string const& bytes) {
  std::filesystem::create_directories(folder);
  std::ofstream(folder / name, std::ios::binary) << bytes;
}

satur::monitor recorded() {
  satur::monitor_options options;
  options.units = true;
  options.histograms = true;
  satur::monitor mon(options);
  std::mt19937 generator(1);
  std::normal_distribution<float> normal(0.0f, 3.0f);
  std::vector<float> z(12);
  std::vector<float> a(12);
  for (int step = 0; step < 3; ++step) {
    for (float& x : z) {
      x = normal(generator);
    }
    z[0] = step == 2 ? std::numeric_limits<float>::quiet_NaN() : z[0];
    satur::unit_layout const layout = satur::unit_layout::matrix(4, 3);
    mon["fc1"].forward(satur::sigmoid{}, z, a, layout);
    mon["fc1"].gradient(z, layout);
    mon["fc2"].forward(satur::relu{}, z, a, layout);
    mon.loss(1.0 / (step + 1), 2.3);
    mon.end_step();
  }
  return mon;
}

/// A short file: one layer, one step or none.
satur::monitor little(bool units, bool steps, bool formats) {
  satur::monitor_options options;
  options.units = units;
  options.histograms = false;
  if (formats) {
    options.formats = {satur::formats::float16};
  }
  satur::monitor mon(options);
  if (steps) {
    std::vector<float> const z{1.0f, -6.0f, 7.0f, 2.0f};
    mon["a"].observe(satur::sigmoid{}, z, satur::unit_layout::matrix(2, 2));
    mon.loss(1.0);
    mon.end_step();
  }
  return mon;
}

} // namespace

int main(int count, char** arguments) {
  if (count != 2) {
    return 2;
  }
  std::filesystem::path const folder = arguments[1];

  std::string idx{"\x09\0\0\x08\x01\0\0\0\x01\x07", 10};
  idx += std::string("\0\0\x08\x03\0\0\0\x01\0\0\0\x02\0\0\0\x02pixl", 20);
  write(folder / "idx", "one", idx);

  satur::monitor const mon = recorded();
  std::ostringstream lines;
  satur::write_json_lines(mon, lines);
  write(folder / "json_lines", "run", lines.str());
  write(folder / "json_lines", "escapes",
        "{\"schema\":\"satur\",\"version\":1,\"other\":[1,{\"a\":null},true,\"\\ud83d\\ude00\\n\"]}\n"
        "{\"loss\":0.5,\"step\":1,\"steps\":1,\"nonfinite\":0}\n");

  std::string const file = satur_test::saved(mon);
  write(folder / "monitor", "now", std::string(1, '\0') + file);
  write(folder / "monitor", "raw", std::string(1, '\1') + file);
  for (int i = 0; i < 16; ++i) {
    write(folder / "monitor", "little_" + std::to_string(i),
          std::string(1, static_cast<char>(i / 4 * 2)) + satur_test::saved(little(i % 2 != 0, i != 0, i / 2 % 2 != 0)));
  }
  std::size_t format = 0;
  for (std::string_view const stored : satur_test::stored::formats) {
    write(folder / "monitor", "format_" + std::to_string(++format),
          std::string(1, '\0') + satur_test::stored::bytes_of(stored));
  }

  std::mt19937 generator(2);
  for (int i = 0; i < 64; ++i) {
    std::string bytes(std::size_t{80} + 4 * static_cast<std::size_t>(i), '\0');
    for (char& c : bytes) {
      c = static_cast<char>(static_cast<unsigned char>(generator()));
    }
    write(folder / "observe", std::to_string(i), bytes);
  }
}
