// One monitor through a long run: soak STEPS. Each step has 10000 numbers in four layers, with units and histograms.
// Prints the memory that the process holds after a tenth of the steps and at the end, and fails if it grew by more than
// 1 MB, or if a counter is not exact. Linux: memory is VmRSS of /proc/self/status.
#include "satur/diagnostic.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
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

} // namespace

int main(int count, char** arguments) {
  std::uint64_t const steps = count > 1 ? std::strtoull(arguments[1], nullptr, 10) : 100000;
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
  std::uint64_t beyond = 0; // counted by a plain loop
  long early = 0;
  for (std::uint64_t step = 0; step < steps; ++step) {
    batch.assign(z.begin() + static_cast<std::ptrdiff_t>(step % 64),
                 z.begin() + static_cast<std::ptrdiff_t>(step % 64 + batch.size()));
    for (float const x : batch) {
      beyond += x > 5.0f || x < -5.0f ? 1 : 0;
    }
    for (char const* name : names) {
      mon[name].forward(satur::sigmoid{}, batch, a, layout);
      mon[name].gradient(batch, layout);
    }
    mon.loss(1.0 / static_cast<double>(step + 1), 2.3);
    mon.end_step();
    if (step + 1 == steps / 10) {
      early = resident_kb();
    }
  }
  long const late = resident_kb();
  std::uint64_t const numbers = steps * batch.size();
  std::printf("%llu steps, %llu numbers observed: %ld KB after a tenth, %ld KB at the end\n",
              static_cast<unsigned long long>(steps), static_cast<unsigned long long>(numbers * names.size()), early,
              late);
  for (char const* name : names) {
    satur::saturation const& total = mon[name].total().saturation;
    if (total.count != numbers || total.low + total.high != beyond) {
      std::printf("%s: a counter is not exact\n", name);
      return 1;
    }
  }
  if (early <= 0 || late - early > 1024) {
    std::printf("the memory is not flat\n");
    return 1;
  }
}
