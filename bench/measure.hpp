// Google Benchmark's repetitions of contenders that take turns, so that a slower moment of the machine affects all
// equally.
#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace bench {

struct contender {
  std::string name;
  std::function<void()> run;
  std::vector<double> ns{}; // an item, one entry a repetition, sorted

  [[nodiscard]] double median() const { return ns[ns.size() / 2]; }
  [[nodiscard]] double minimum() const { return ns.front(); }
};

namespace detail {
class collector : public benchmark::BenchmarkReporter {
public:
  collector(std::vector<contender>& all, double items) : all_(all), items_(items) {}
  bool ReportContext(Context const&) override { return true; }
  void ReportRuns(std::vector<Run> const& runs) override {
    for (Run const& run : runs) {
      if (run.run_type == Run::RT_Iteration) {
        auto const which = std::find_if(all_.begin(), all_.end(),
                                        [&](contender const& c) { return c.name == run.run_name.function_name; });
        which->ns.push_back(run.real_accumulated_time * 1e9 / static_cast<double>(run.iterations) / items_);
      }
    }
  }

private:
  std::vector<contender>& all_;
  double items_;
};
} // namespace detail

/// Times every contender, in random turns of at least `seconds` each; ns an item, sorted.
inline void race(std::vector<contender>& all, double items, int repetitions = 15, double seconds = 0.02) {
  for (contender const& c : all) {
    benchmark::RegisterBenchmark(c.name.c_str(),
                                 [&c](benchmark::State& state) {
                                   for (auto _ : state) {
                                     c.run();
                                     benchmark::ClobberMemory();
                                   }
                                 })
        ->Repetitions(repetitions)
        ->MinTime(seconds);
  }
  detail::collector report(all, items);
  benchmark::RunSpecifiedBenchmarks(&report);
  benchmark::ClearRegisteredBenchmarks();
  for (contender& c : all) {
    std::sort(c.ns.begin(), c.ns.end());
  }
}

/// Ends the program if a result is wrong.
inline void check(bool right, char const* what) {
  if (!right) {
    std::printf("WRONG RESULT: %s\n", what);
    std::exit(1);
  }
}

/// Call first: prints the machine, compiler and flags.
inline void machine() {
  char program[] = "bench";
  char turns[] = "--benchmark_enable_random_interleaving=true";
  char* arguments[] = {program, turns, nullptr};
  int count = 2;
  benchmark::Initialize(&count, arguments);
  std::ifstream info("/proc/cpuinfo");
  std::string line;
  std::string processor = "a processor that does not say its name";
  while (std::getline(info, line)) {
    if (auto const colon = line.find(": "); line.starts_with("model name") && colon != std::string::npos) {
      processor = line.substr(colon + 2);
      break;
    }
  }
  std::printf("%s; g++ or clang %s; %s\n\n", processor.c_str(), __VERSION__, SATUR_BENCH_FLAGS);
}

} // namespace bench
