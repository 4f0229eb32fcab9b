// One monitor through a long run: soak STEPS [FAULT]. Each step has 10000 numbers in four layers, with units and
// histograms. Prints a row: what was observed, and the memory of the process after a tenth of the steps and at the end.
// Fails if it grew by more than 256 KB, or if a counter is not exact. Linux: memory is VmRSS of /proc/self/status. A
// FAULT shows that this is seen: leak (8 bytes a step are never freed), grow (a list gets a number a step), count (a
// counter loses its last number).
#include "satur/diagnostic.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <random>
#include <string>
#include <vector>

namespace {

long resident_kb() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    if (word == "VmRSS:") {
      long kb = 0;
      status >> kb;
      return kb;
    }
  }
  return -1;
}

double* volatile lost = nullptr;

} // namespace

int main(int count, char** arguments) {
  std::uint64_t const steps = count > 1 ? std::strtoull(arguments[1], nullptr, 10) : 100000;
  std::string const fault = count > 2 ? arguments[2] : "";
  constexpr std::size_t rows = 50;
  constexpr std::size_t columns = 50;
  constexpr std::array names{"fc1", "fc2", "fc3", "fc4"};
  satur::monitor_options options;
  options.units = true;
  options.histograms = true;
  satur::monitor mon(options);

  std::mt19937 generator(1);
  std::normal_distribution<float> normal(0.0f, 4.0f);
  std::vector<float> z(rows * columns + 64);
  for (float& x : z) {
    x = normal(generator);
  }
  std::vector<float> batch(rows * columns);
  std::vector<float> a(batch.size());
  satur::unit_layout const layout = satur::unit_layout::matrix(rows, columns);
  std::uint64_t low = 0; // counted by a plain loop
  std::uint64_t high = 0;
  std::vector<double> list;
  long early = 0;
  for (std::uint64_t step = 0; step < steps; ++step) {
    batch.assign(z.begin() + static_cast<std::ptrdiff_t>(step % 64),
                 z.begin() + static_cast<std::ptrdiff_t>(step % 64 + batch.size()));
    for (float const x : batch) {
      low += x < -5.0f ? 1u : 0u;
      high += x > 5.0f ? 1u : 0u;
    }
    for (char const* name : names) {
      mon[name].forward(satur::sigmoid{}, batch, a, layout);
      mon[name].gradient(batch, layout);
    }
    mon.loss(1.0 / static_cast<double>(step + 1), 2.3);
    mon.end_step();
    if (fault == "leak") {
      lost = new double(1.0);
    } else if (fault == "grow") {
      list.push_back(1.0);
    }
    if (step + 1 == steps / 10) {
      early = resident_kb();
    }
  }
  if (fault == "count") {
    --high;
  }
  long const late = resident_kb();
  std::uint64_t const numbers = steps * batch.size();
  bool exact = true;
  for (char const* name : names) {
    satur::saturation const& total = mon[name].total().saturation;
    exact = exact && total.count == numbers && total.low == low && total.high == high && total.nan == 0;
  }
  bool const flat = early > 0 && late - early <= 256;
  std::printf("| %llu | %llu | %ld | %ld | %s | %s |\n", static_cast<unsigned long long>(steps),
              static_cast<unsigned long long>(numbers * names.size()), early, late, flat ? "flat" : "GROWS",
              exact ? "exact" : "NOT EXACT");
  return flat && exact ? 0 : 1;
}
