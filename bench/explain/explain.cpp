// The scoreboard of the explanations: healthy and faulty nets are drawn from stated seeds, trained in a hand-written
// loop, diagnosed, and the advice is followed.
//
//   explain [--seeds 1-5] [--quick] [--check] [--only KIND] [--show] [--configurations N] [--threads N]
//
// --check: the exit status is 1 where the runs miss what every short run must reach (score.hpp, required).
#include "score.hpp"

#include <cstdlib>
#include <cstring>
#include <exception>
#include <stdexcept>

namespace {

explain::options read(int argc, char** argv) {
  explain::options o;
  for (int i = 1; i < argc; ++i) {
    std::string const word = argv[i];
    auto const value = [&] {
      if (i + 1 == argc) {
        throw std::invalid_argument(word + " needs a value");
      }
      return std::string(argv[++i]);
    };
    if (word == "--seeds") {
      std::string const range = value();
      std::size_t const dash = range.find('-');
      std::uint64_t const first = std::stoull(range);
      std::uint64_t const last = dash == std::string::npos ? first : std::stoull(range.substr(dash + 1));
      if (last < first) {
        throw std::invalid_argument("--seeds " + range + ": the last seed is below the first");
      }
      o.seeds.clear();
      for (std::uint64_t s = first; s <= last; ++s) {
        o.seeds.push_back(s);
      }
    } else if (word == "--quick") {
      o.seeds = {o.seeds.front()};
      o.healthy = 6;
      o.faulty = 1;
      o.most_work = 0.5e9;
      o.of_reference = 0.85; // what a fault's healthy twin must reach
    } else if (word == "--check") {
      o.check = true;
    } else if (word == "--only") {
      o.only = value();
    } else if (word == "--show") {
      o.show = true;
    } else if (word == "--configurations") {
      o.healthy = o.faulty = std::stoul(value());
    } else if (word == "--threads") {
      o.threads = std::max<std::size_t>(1, std::stoul(value()));
    } else {
      throw std::invalid_argument("unknown option " + word +
                                  "; there are: --seeds 1-5, --quick, --check, --only KIND (or healthy), --show, "
                                  "--configurations N, --threads N");
    }
  }
  return o;
}

int run(explain::options const& o) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0); // the lines so far are seen in a file, too
  std::vector<explain::data_set> const sets{explain::digits(), explain::mixture(), explain::teacher()};
  std::vector<double> const reference = explain::references(sets, o.threads);
  for (std::size_t d = 0; d < sets.size(); ++d) {
    std::printf("data %s: %zu features, %zu classes; relu net of 2 x 64, 300 steps: accuracy %.3f\n",
                sets[d].name.c_str(), sets[d].train->features, sets[d].classes, reference[d]);
  }
  std::printf("seeds %llu to %llu; configurations drawn from seed %llu\n\n",
              static_cast<unsigned long long>(o.seeds.front()), static_cast<unsigned long long>(o.seeds.back()),
              static_cast<unsigned long long>(o.master()));

  explain::cost cost;
  auto const add_cost = [&cost](explain::cost const& c) {
    cost.microseconds_a_layer.insert(cost.microseconds_a_layer.end(), c.microseconds_a_layer.begin(),
                                     c.microseconds_a_layer.end());
  };
  explain::healthy_tally healthy;
  if (o.only.empty() || o.only == "healthy") {
    for (explain::healthy_configuration const& c : explain::run_all_healthy(o, sets, reference)) {
      healthy.add(c);
      for (explain::healthy_run const& r : c.runs) {
        add_cost(r.diagnoses);
      }
      if (o.show) {
        explain::show(sets, c);
      }
    }
    std::printf("healthy: %zu runs, mean accuracy %.3f; with a warning or alarm %zu, with a note %zu\n\n", healthy.runs,
                healthy.accuracy / static_cast<double>(healthy.runs), healthy.alarms, healthy.notes);
  }

  std::vector<explain::fault_kind> const kinds = explain::fault_kinds(sets);
  std::vector<std::vector<explain::faulty_configuration>> results(kinds.size());
  explain::for_each_index(kinds.size(), o.threads, [&](std::size_t k) {
    if (kinds[k].name.find(o.only) != std::string::npos) {
      std::size_t const wanted = std::max<std::size_t>(1, (kinds[k].configurations * o.faulty + 30) / 60);
      results[k] = explain::run_kind(o, sets, reference, kinds, k, wanted);
    }
  });
  explain::tally all;
  explain::print_head();
  for (std::size_t k = 0; k < kinds.size(); ++k) {
    explain::tally t;
    for (explain::faulty_configuration const& c : results[k]) {
      t.add(c, kinds[k].curable);
      all.add(c, kinds[k].curable);
      for (explain::faulty_run const& r : c.runs) {
        add_cost(r.diagnoses);
      }
    }
    if (t.runs != 0) {
      t.print(kinds[k].name.c_str());
    } else if (kinds[k].name.find(o.only) != std::string::npos) {
      std::printf("| %-29s | none did harm to a healthy net\n", kinds[k].name.c_str());
    }
  }
  if (all.runs != 0) {
    all.print("all");
  }
  if (o.show) {
    std::printf("\n");
    for (std::size_t k = 0; k < kinds.size(); ++k) {
      for (explain::faulty_configuration const& c : results[k]) {
        explain::show(sets, kinds[k], c);
      }
    }
  }
  explain::print_goals(healthy, all, cost);
  return !o.check || explain::required(healthy, all) ? EXIT_SUCCESS : EXIT_FAILURE;
}

} // namespace

int main(int argc, char** argv) {
  try {
    return run(read(argc, argv));
  } catch (std::exception const& error) {
    std::fprintf(stderr, "explain: %s\n", error.what());
    return EXIT_FAILURE;
  }
}
