// The cost of files: the training step of bench/network.hpp (start it with OPENBLAS_NUM_THREADS=1, as run.sh does)
// beside a monitor of 20 layers, whose every step is written as CSV, JSON Lines or event files. Each writer is measured
// against the same steps without it, in pairs of runs that take turns.
#include "measure.hpp"
#include "network.hpp"
#include "pairs.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace {

constexpr std::size_t layers = 20;

/// The step of the network, and one of a monitor of 20 layers that have all their columns.
class loop {
public:
  loop() {
    net_.step<true>();
    for (char const* name : {"fc1", "fc2", "fc3"}) {
      records_.push_back(net_.mon.at(name).last().saturation);
    }
    for (std::size_t i = 0; i < layers; ++i) {
      names_.push_back("block" + std::to_string(i) + ".fc");
    }
  }
  template <class... O> void run(std::size_t steps, O&... observers) {
    for (std::size_t s = 0; s < steps; ++s) {
      wide_.loss(net_.step<true>());
      for (std::size_t i = 0; i < layers; ++i) {
        satur::layer_monitor& layer = wide_[names_[i]];
        layer.add(records_[i % records_.size()]);
        layer.gradient(few_);
        layer.update(few_, few_, -1e-3 / static_cast<double>(i + 1));
        layer.observe(satur::tanh{}, few_);
        few_[s % few_.size()] *= 1.001f;
      }
      wide_.end_step(observers...);
    }
  }

private:
  bench::network net_;
  satur::monitor wide_{satur::monitor_options{.histograms = 1}};
  std::vector<satur::saturation> records_;
  std::vector<std::string> names_;
  std::vector<float> few_ = std::vector<float>(64, 0.3f);
};

std::size_t bytes_of(std::string const& path) { return static_cast<std::size_t>(std::filesystem::file_size(path)); }
std::size_t lines_of(std::string const& path) {
  std::ifstream in(path);
  std::size_t lines = 0;
  for (std::string line; std::getline(in, line);) {
    ++lines;
  }
  return lines;
}

} // namespace

int main() {
  bench::machine();
  bench::matrix_products();
  constexpr std::size_t steps = 20;
  constexpr std::size_t pairs = 61;
  std::filesystem::path const folder = std::filesystem::temp_directory_path() / "satur_bench_reports";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  std::string const csv_path = (folder / "run.csv").string();
  std::string const json_path = (folder / "run.jsonl").string();

  loop work;
  std::size_t written = 0; // steps
  std::printf("| what | step without, us | times as long, median of pairs | 95 %% interval | bytes a step | goal |\n"
              "|---|---|---|---|---|---|\n");
  auto const race = [&](char const* name, char const* goal, std::string const& path, auto&... writers) {
    work.run(steps, writers...);
    bench::paired const p = bench::in_pairs(
        pairs, [&] { work.run(steps); }, [&] { work.run(steps, writers...); });
    written = (pairs + 1) * steps;
    std::printf("| %s | %.1f | %.4f | %.4f to %.4f | %zu | %s |\n", name, p.base_ns / 1e3 / static_cast<double>(steps),
                p.median(), p.low(), p.high(), bytes_of(path) / written, goal);
    std::fflush(stdout);
  };
  {
    bench::paired const p = bench::in_pairs(
        pairs, [&] { work.run(steps); }, [&] { work.run(steps); });
    std::printf("| nothing (the same steps again) | %.1f | %.4f | %.4f to %.4f | 0 | |\n",
                p.base_ns / 1e3 / static_cast<double>(steps), p.median(), p.low(), p.high());
  }
  {
    satur::csv_writer csv(csv_path);
    race("CSV", "1.03", csv_path, csv);
    bench::check(lines_of(csv_path) == 1 + written * layers, "the rows of the CSV file");
  }
  {
    satur::json_lines_writer json(json_path);
    race("JSON Lines", "1.03", json_path, json);
    bench::check(lines_of(json_path) == 2 + written * (layers + 1), "the lines of the JSON file");
  }
  {
    satur::tensorboard_writer board((folder / "scalars").string(), {.histograms = 0});
    race("event files, scalars", "1.03", board.path(), board);
    bench::check(bytes_of(board.path()) > written * layers * 16 * 20, "the bytes of the event file");
  }
  {
    satur::tensorboard_writer board((folder / "histograms").string());
    race("event files, scalars, and histograms every 50th step", "", board.path(), board);
  }
  std::filesystem::remove_all(folder);
  return 0;
}
