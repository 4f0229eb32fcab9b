// The cost of a monitor: a training step of a 784-256-256-256-10 network, batch 128 (start it with
// OPENBLAS_NUM_THREADS=1, as run.sh does), with and without every kind of recording. Each is measured against the bare
// step of the same network, in pairs of runs that take turns.
#include "measure.hpp"
#include "network.hpp"
#include "pairs.hpp"

#include <cmath>
#include <map>
#include <string>
#include <vector>

namespace {

struct way {
  char const* name;
  satur::monitor_options options;
  char const* goal = "";
  bool diagnosed = false; // once in ten steps
  std::size_t steps = 20; // in each run of a pair
  std::size_t pairs = 61;
  bool hands_over = false; // the data and the loss
};

/// Watched and bare, the loss is the same, and what is counted is right.
void check_counts(way const& w) {
  bench::network bare;
  bench::network net(w.options);
  for (int i = 0; i < 20; ++i) {
    double const loss = bare.step<false>();
    bench::check(std::fabs(loss - net.step<true>()) < 1e-6, "the loss of the watched step");
  }
  satur::layer_monitor const& fc1 = net.mon.at("fc1");
  std::uint64_t const rows = net.mon.sampling().sampled * bench::batch / w.options.rows;
  bench::check(fc1.total().saturation.count == rows * 256, "what was counted");
  bench::check(fc1.total().gradient.count == rows * 256, "what was counted of dL/dz");
  bench::check(w.options.histograms != 1 || fc1.histograms()->z.total() == rows * 256, "what was drawn");
  bench::check(!w.options.units || fc1.units()->samples() == rows, "units that were counted");
}

} // namespace

int main() {
  bench::machine();
  bench::matrix_products();
  satur::monitor_options const everything{.histograms = 1, .units = true};
  auto const with = [](satur::monitor_options o, auto change) {
    change(o);
    return o;
  };
  using options = satur::monitor_options;
  std::vector<way> const ways{
      {"nothing (the bare step again)", {}},
      {"records of each layer and updates, every step", {}, "1.03"},
      {"and histograms of all values", {.histograms = 1}},
      {"and each unit", everything},
      {"everything, one row in 8: each unit, updates, histograms of one block in 8",
       with(everything,
            [](options& o) {
              o.histograms = 8;
              o.rows = 8;
            }),
       "1.02", false, 10, 201},
      {"the same, without histograms", {.units = true, .rows = 8}, "", false, 10, 201},
      {"the same, with histograms of all values", with(everything, [](options& o) { o.rows = 8; }), "", false, 10, 201},
      {"the same, and the data and the loss", with(everything, [](options& o) { o.rows = 8; }), "", false, 10, 201,
       true},
      {"all rows: units, histograms of one block in 8, updates and a diagnosis in one step in 10",
       {.histograms = 8, .updates = 10, .units = true},
       "1.05",
       true},
      {"the same, every 10th step", {.histograms = 8, .units = true, .sampling = {.every = 10}}, "1.01", true},
      {"with histograms of all values, every 10th step", with(everything, [](options& o) { o.sampling.every = 10; }),
       "", true},
      {"everything, a budget of 1 %", with(everything, [](options& o) { o.sampling.budget = 0.01; }), "1.01", false,
       200, 31},
      {"everything, one row in 8, a budget of 1 %",
       with(everything,
            [](options& o) {
              o.rows = 8;
              o.sampling.budget = 0.01;
            }),
       "1.01", false, 200, 31},
  };
  std::map<std::string, std::size_t> findings;
  std::size_t diagnoses = 0;
  std::vector<std::string> budgets;
  std::printf("| what | bare step, us | times as long, median of pairs | 95 %% interval | pairs | goal |\n"
              "|---|---|---|---|---|---|\n");
  for (way const& w : ways) {
    bool const watched = &w != &ways.front();
    if (watched) {
      check_counts(w);
    }
    bench::network net(w.options);
    net.hands_over = w.hands_over;
    auto const bare = [&] {
      for (std::size_t i = 0; i < w.steps; ++i) {
        net.step<false>();
      }
    };
    auto const recorded = [&] {
      net.mon.train(); // the time of the bare steps is not part of a step
      for (std::size_t i = 0; i < w.steps; ++i) {
        net.step<true>();
        if (w.diagnosed && i % 10 == 9) {
          ++diagnoses;
          for (satur::finding const& f : satur::diagnose(net.mon)) {
            ++findings[f.layer + ": " + std::string(to_text(f.symptom))];
          }
        }
      }
    };
    bare();
    recorded();
    bench::paired const p = watched ? bench::in_pairs(w.pairs, bare, recorded) : bench::in_pairs(w.pairs, bare, bare);
    std::printf("| %s | %.1f | %.4f | %.4f to %.4f | %zu | %s |\n", w.name,
                p.base_ns / 1e3 / static_cast<double>(w.steps), p.median(), p.low(), p.high(), w.pairs, w.goal);
    std::fflush(stdout);
    if (satur::sampling_record const& s = net.mon.sampling(); s.policy.timed()) {
      char line[256];
      std::snprintf(line, sizeof line, "%s: sampled %llu of %llu steps, by its own account %.2f %% of their time\n",
                    w.name, static_cast<unsigned long long>(s.sampled), static_cast<unsigned long long>(s.seen),
                    100.0 * s.overhead());
      budgets.emplace_back(line);
    }
  }
  std::printf("\n");
  for (std::string const& line : budgets) {
    std::printf("%s\n", line.c_str());
  }
  std::printf("%zu diagnoses", diagnoses);
  for (auto const& [what, count] : findings) {
    std::printf("%s %zu times %s", &what == &findings.begin()->first ? ", which found" : ",", count, what.c_str());
  }
  std::printf("%s.\n", findings.empty() ? " found nothing" : "");
  return 0;
}
