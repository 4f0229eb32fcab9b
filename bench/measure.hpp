// Medians of interleaved repetitions: what is compared takes turns, so that a slower moment of the machine meets all
// alike.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace bench {

struct contender {
  std::string name;
  std::function<void()> run;
  std::vector<double> ns{};

  [[nodiscard]] double median() const { return ns[ns.size() / 2]; }
  [[nodiscard]] double minimum() const { return ns.front(); }
};

/// Times `calls` calls of each in turn, 21 times; ns per item, sorted.
inline void race(std::vector<contender>& all, double items, int calls) {
  using clock = std::chrono::steady_clock;
  for (int round = -2; round < 21; ++round) { // two to warm up
    for (contender& c : all) {
      auto const start = clock::now();
      for (int i = 0; i < calls; ++i) {
        c.run();
      }
      double const ns = std::chrono::duration<double, std::nano>(clock::now() - start).count();
      if (round >= 0) {
        c.ns.push_back(ns / (items * calls));
      }
    }
  }
  for (contender& c : all) {
    std::sort(c.ns.begin(), c.ns.end());
  }
}

inline void keep(void const* p) { asm volatile("" : : "r"(p) : "memory"); }

inline void machine() {
  std::ifstream info("/proc/cpuinfo");
  std::string line;
  while (std::getline(info, line) && !line.starts_with("model name")) {
  }
  std::printf("%s; compiler %s; flags %s\n\n", line.substr(line.find(':') + 2).c_str(), __VERSION__, SATUR_BENCH_FLAGS);
}

} // namespace bench
