// The cost of a monitor: a training step of a 784-256-256-256-10 network, batch 128 (start it with
// OPENBLAS_NUM_THREADS=1, as run.sh does), with and without every kind of recording.
#include "measure.hpp"
#include "network.hpp"

#include <cmath>
#include <deque>
#include <sstream>

int main() {
  bench::machine();
  bench::matrix_products();
  struct way {
    char const* name;
    satur::monitor_options options;
    bool findings = false; // a diagnosis in every run, of ten steps
  };
  std::vector<way> const ways{
      {"records of each layer, every step", {}},
      {"and histograms of all values", {.histograms = 1}},
      {"and each unit", {.histograms = 1, .units = true}},
      {"everything: units, histograms of one block in 8, updates and a diagnosis in one step in 10",
       {.histograms = 8, .updates = 10, .units = true},
       true},
      {"the same, every 10th step", {.histograms = 8, .updates = 1, .units = true, .sampling = {.every = 10}}, true},
      {"with histograms of all values, every 10th step",
       {.histograms = 1, .units = true, .sampling = {.every = 10}},
       true},
      {"with histograms of all values, a budget of 1 %",
       {.histograms = 1, .units = true, .sampling = {.budget = 0.01}},
       true},
  };
  constexpr int steps = 10; // an item is a step: every 10th is in each run
  bench::network bare;
  std::deque<bench::network> watched;
  for (way const& w : ways) {
    watched.emplace_back(w.options);
  }
  for (int i = 0; i < 20; ++i) {
    double const loss = bare.step<false>();
    for (bench::network& n : watched) {
      bench::check(std::fabs(loss - n.step<true>()) < 1e-6, "the loss of the watched step");
    }
  }
  for (std::size_t i = 0; i < 3; ++i) {
    satur::layer_monitor const& fc1 = watched[i].mon.at("fc1");
    bench::check(fc1.total().saturation.count == 20 * bench::batch * 256, "what was counted");
    bench::check(i == 0 || fc1.histograms()->z.total() == fc1.total().saturation.count, "what was drawn");
  }
  bench::check(watched[2].mon.at("fc1").units()->layer().samples == 20.0 * bench::batch * 256,
               "units that were counted");
  bench::check(watched[4].mon.sampling().sampled == 2, "every 10th step");
  std::size_t findings = 0;

  std::vector<bench::contender> all;
  auto const ten = [](auto step) {
    return [step] {
      for (int i = 0; i < steps; ++i) {
        step();
      }
    };
  };
  all.push_back({"bare step", ten([&] { bare.step<false>(); })});
  for (std::size_t i = 0; i < ways.size(); ++i) {
    all.push_back({ways[i].name, [&findings, diagnosed = ways[i].findings, &n = watched[i],
                                  step = ten([&n = watched[i]] { n.step<true>(); })] {
                     n.mon.train(); // the time of the other contenders is not part of a step
                     step();
                     findings += diagnosed ? satur::diagnose(n.mon).size() : 0;
                   }});
  }
  bench::race(all, static_cast<double>(steps),
              75); // ratios differ by a few percent, as repetitions of one contender do
  std::printf("| what | median us | minimum us | / bare |\n|---|---|---|---|\n");
  for (bench::contender const& c : all) {
    std::printf("| %s | %.1f | %.1f | %.3f |\n", c.name.c_str(), c.median() / 1e3, c.minimum() / 1e3,
                c.median() / all[0].median());
  }
  std::printf("\n%zu findings of the diagnoses (updates that are small, once the loss is).\n", findings);
  satur::sampling_record const& budget = watched.back().mon.sampling();
  std::printf("\nbudget of 1 %%: sampled %llu of %llu steps, measured %.2f %% of their time\n",
              static_cast<unsigned long long>(budget.sampled), static_cast<unsigned long long>(budget.seen),
              100.0 * budget.overhead());
  return 0;
}
