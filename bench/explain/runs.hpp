/// \file explain/runs.hpp  Draws configurations, trains them, diagnoses them, follows the advice.
#pragma once

#include "cures.hpp"
#include "faults.hpp"

#include <satur/finding.hpp>
#include <satur/monitor.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <map>
#include <optional>
#include <sstream>
#include <thread>
#include <utility>

namespace explain {

/// Steps at which a run is diagnosed, and (from the third on) its accuracy measured.
inline constexpr std::array<std::size_t, 6> diagnosed{10, 25, 50, 100, 200, 300};
inline constexpr std::array<std::size_t, 4> judged{50, 100, 200, 300};
inline constexpr std::size_t last_step = 300;
/// Steps before a diagnosis at which the window of the units' records begins.
inline constexpr std::size_t window = 5;

struct options {
  std::vector<std::uint64_t> seeds{1, 2, 3, 4, 5};
  std::size_t healthy = 60; ///< configurations
  std::size_t faulty = 60;  ///< configurations
  double most_work = 60e9;  ///< multiplications and additions of a run: larger nets are not drawn
  /// Part of the data's reference accuracy that a healthy run must reach, too: among a few configurations the best of a
  /// data set and depth may be one that learns nothing.
  double of_reference = 0.0;
  std::size_t threads = 2;
  std::string only; ///< a part of a kind's name, or "healthy"
  bool show = false;
  bool check = false; ///< whether the exit status says what was missed
  [[nodiscard]] std::uint64_t master() const { return seeds.front(); }
};

/// f(0), f(1), … f(n - 1), on a few threads.
template <class F> void for_each_index(std::size_t n, std::size_t threads, F const& f) {
  std::atomic<std::size_t> next{0};
  auto const work = [&] {
    for (std::size_t i = next++; i < n; i = next++) {
      f(i);
    }
  };
  std::vector<std::thread> others;
  for (std::size_t t = 1; t < threads; ++t) {
    others.emplace_back(work);
  }
  work();
  for (std::thread& t : others) {
    t.join();
  }
}

inline double work_of(configuration const& c, std::vector<data_set> const& sets) {
  double const width = static_cast<double>(c.width);
  double const weights = width * static_cast<double>(sets[c.data].train->features) +
                         width * width * static_cast<double>(c.depth - 1) +
                         width * static_cast<double>(sets[c.data].classes);
  return 6.0 * weights * static_cast<double>(c.batch * last_step);
}

/// A configuration that may be healthy.
inline configuration draw_configuration(generator& urbg, std::vector<data_set> const& sets) {
  configuration c;
  c.data = below(urbg, sets.size());
  c.act = &any_of(urbg, activations());
  c.init = any_of(urbg, rules_for(c.act->kind));
  c.depth = 1 + below(urbg, 8);
  c.width = any_of(urbg, std::vector<std::size_t>{16, 24, 32, 48, 64, 64, 96, 128, 128, 192, 256, 512});
  c.batch = std::size_t{1} << below(urbg, 9);
  double const steep = c.act->kind == family::sigmoid_like ? 4.0 : 1.0;
  double const noisy = c.batch < 8 ? 0.2 : 1.0;
  c.rate = steep * noisy * log_uniform(urbg, 0.03, 0.6);
  return c;
}

/// Accuracy at `judged`, of a run without a monitor. A run whose weights are no numbers any more is not carried on.
inline std::array<double, judged.size()> accuracies(trainer t, fault const* f = nullptr) {
  std::array<double, judged.size()> all{};
  bool over = false;
  for (std::size_t i = 0; i < judged.size(); ++i) {
    if (over) {
      all[i] = all[i - 1];
      continue;
    }
    while (t.steps < judged[i]) {
      if (f != nullptr && f->later && t.steps == f->later_step) {
        f->later(t);
      }
      t.step();
    }
    all[i] = t.accuracy();
    over = !std::isfinite(t.loss) && t.broken_parameters() > 0;
  }
  return all;
}

/// What diagnoses cost.
struct cost {
  std::vector<double> microseconds_a_layer;
};
inline std::vector<satur::finding> diagnose(satur::monitor const& mon, cost& c) {
  auto const start = std::chrono::steady_clock::now();
  std::vector<satur::finding> found = satur::diagnose(mon);
  std::chrono::duration<double, std::micro> const took = std::chrono::steady_clock::now() - start;
  c.microseconds_a_layer.push_back(took.count() / static_cast<double>(mon.size()));
  return found;
}
inline std::string text_of(satur::finding const& f) {
  std::ostringstream out;
  out << f;
  return out.str();
}
inline bool serious(satur::finding const& f) { return f.severity != satur::severity::note; }

struct healthy_run {
  std::uint64_t seed = 0;
  double accuracy = 0.0;
  std::size_t alarm_step = 0; ///< 0: never
  std::size_t note_step = 0;
  std::string told; ///< the first findings
  cost diagnoses;
};
struct healthy_configuration {
  configuration what;
  double best = 0.0; ///< of its data and depth
  std::vector<healthy_run> runs;
};

inline healthy_run run_healthy(configuration const& c, std::vector<data_set> const& sets, std::uint64_t seed) {
  healthy_run r{.seed = seed, .told = {}, .diagnoses = {}};
  trainer t(c, sets[c.data], seed);
  satur::monitor mon({.units = true});
  for (std::size_t const until : diagnosed) {
    while (t.steps < until) {
      if (t.steps + window == until) {
        mon.start_window();
      }
      t.step(&mon);
    }
    bool const first_alarm = r.alarm_step == 0;
    bool const first_note = r.note_step == 0;
    for (satur::finding const& f : diagnose(mon, r.diagnoses)) {
      bool const alarm = serious(f);
      if (alarm ? first_alarm : first_note) {
        (alarm ? r.alarm_step : r.note_step) = until;
        r.told += "    step " + std::to_string(until) + ": " + text_of(f) + "\n";
      }
    }
  }
  r.accuracy = t.accuracy();
  return r;
}

/// Draws until enough configurations are healthy in all seeds: 90 % of the best accuracy of their data and depth.
inline std::vector<healthy_configuration> run_all_healthy(options const& o, std::vector<data_set> const& sets,
                                                          std::vector<double> const& reference) {
  struct candidate {
    configuration what;
    double pilot = 0.0;
    std::optional<std::vector<healthy_run>> runs;
  };
  std::vector<candidate> all;
  std::map<std::pair<std::size_t, std::size_t>, double> best;
  auto const bar = [&](candidate const& c) {
    return std::max(0.9 * best.at({c.what.data, c.what.depth}), o.of_reference * reference[c.what.data]);
  };
  auto const holds = [&](candidate const& c) {
    return c.pilot >= bar(c) && c.runs &&
           std::all_of(c.runs->begin(), c.runs->end(), [&](healthy_run const& r) { return r.accuracy >= bar(c); });
  };
  generator urbg(stream(o.master(), "healthy"));
  std::vector<healthy_configuration> healthy;
  for (std::size_t round = 0; round < 40 && healthy.size() < o.healthy; ++round) {
    std::size_t const before = all.size();
    std::size_t const more = std::max<std::size_t>(24, o.healthy);
    while (all.size() < before + more) {
      configuration const c = draw_configuration(urbg, sets);
      if (work_of(c, sets) <= o.most_work) {
        all.push_back({.what = c, .runs = {}});
      }
    }
    for_each_index(more, o.threads, [&](std::size_t i) {
      candidate& c = all[before + i];
      c.pilot = accuracies(trainer(c.what, sets[c.what.data], o.seeds.front())).back();
    });
    for (candidate const& c : all) {
      double& b = best[{c.what.data, c.what.depth}];
      b = std::max(b, c.pilot);
    }
    std::vector<std::size_t> next; // no more than may be needed
    std::size_t promising = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (all[i].pilot >= bar(all[i]) && (!all[i].runs || holds(all[i]))) {
        promising += 1;
        if (!all[i].runs && promising <= o.healthy + o.healthy / 3) {
          next.push_back(i);
        }
      }
    }
    std::vector<std::vector<healthy_run>> runs(next.size(), std::vector<healthy_run>(o.seeds.size()));
    for_each_index(next.size() * o.seeds.size(), o.threads, [&](std::size_t i) {
      std::size_t const c = i / o.seeds.size();
      std::size_t const s = i % o.seeds.size();
      runs[c][s] = run_healthy(all[next[c]].what, sets, o.seeds[s]);
    });
    for (std::size_t c = 0; c < next.size(); ++c) {
      all[next[c]].runs = std::move(runs[c]);
    }
    healthy.clear();
    for (candidate const& c : all) {
      if (holds(c) && healthy.size() < o.healthy) {
        healthy.push_back({c.what, best.at({c.what.data, c.what.depth}), *c.runs});
      }
    }
  }
  return healthy;
}

struct faulty_run {
  std::uint64_t seed = 0;
  double twin = 0.0;
  double nothing = 0.0;
  double cured = 0.0;
  std::size_t step = 0; ///< of the first warning or alarm; 0: never
  bool in_time = false;
  bool root = false;
  bool where = false;
  bool single = false;
  satur::remedy followed = satur::remedy::none;
  bool cure_right = false;
  std::size_t predictions = 0; ///< cures offered with a prediction that can be measured
  std::size_t exact = 0;       ///< of them: slope within 10 %, saturated share within .02
  std::string predicted;       ///< the one that is farthest off, in words
  std::string told;            ///< findings of that step
  cost diagnoses;
  [[nodiscard]] bool found() const { return step != 0; }
  [[nodiscard]] bool explained() const { return root && where && single; }
};
struct faulty_configuration {
  std::size_t kind = 0;
  configuration what;
  fault seeded;
  std::vector<faulty_run> runs;
  [[nodiscard]] double mean(double faulty_run::*which) const {
    double sum = 0.0;
    for (faulty_run const& r : runs) {
      sum += r.*which;
    }
    return sum / static_cast<double>(runs.size());
  }
  [[nodiscard]] bool not_worse() const { return mean(&faulty_run::cured) >= mean(&faulty_run::nothing) - 0.01; }
  [[nodiscard]] bool recovers() const {
    double const from = mean(&faulty_run::nothing);
    return mean(&faulty_run::cured) >= from + 0.8 * (mean(&faulty_run::twin) - from);
  }
};

inline bool right_place(fault_kind const& k, fault const& f, trainer const& t, satur::finding const& found) {
  switch (k.where) {
  case place::one_layer:
    return found.layer == t.layers[f.layer].name && found.layers.size() <= 1;
  case place::all:
    return found.layer == t.layers.front().name;
  case place::any:
    return std::any_of(t.layers.begin(), t.layers.end(), [&](layer const& l) { return l.name == found.layer; });
  case place::data:
    return found.layer == "data" || found.layer == "input";
  case place::loss:
    return found.layer == "loss" || found.layer == "run";
  }
  return false;
}

/// The faulty run, seeded, before its first step.
inline trainer seeded(trainer t, fault const& f) {
  if (f.act != nullptr) {
    t.act = f.act;
  }
  if (f.seed) {
    f.seed(t);
  }
  return t;
}

/// Diagnoses until the first warning or alarm, then follows it.
inline void explain_run(faulty_run& r, trainer t, fault_kind const& k, fault const& f,
                        std::array<double, judged.size()> const& nothing,
                        std::array<double, judged.size()> const& twin) {
  r.cured = r.nothing = nothing.back();
  r.twin = twin.back();
  satur::monitor mon({.units = true});
  std::vector<satur::finding> found;
  for (std::size_t const until : diagnosed) {
    while (t.steps < until) {
      if (f.later && t.steps == f.later_step) {
        f.later(t);
      }
      if (t.steps + window == until) {
        mon.start_window();
      }
      t.step(&mon);
    }
    std::vector<satur::finding> const all = diagnose(mon, r.diagnoses);
    std::copy_if(all.begin(), all.end(), std::back_inserter(found), serious);
    if (!found.empty()) {
      r.step = until;
      break;
    }
  }
  if (found.empty()) {
    return;
  }
  std::size_t harm = 0; // the step at which the accuracy is 5 points below the twin's
  for (std::size_t i = judged.size(); i-- > 0;) {
    harm = nothing[i] < twin[i] - 0.05 ? judged[i] : harm;
  }
  r.in_time = r.step <= std::max<std::size_t>(50, harm);
  r.single = found.size() == 1;
  satur::finding const* main = &found.front();
  for (satur::finding const& one : found) {
    bool const root = std::find(k.causes.begin(), k.causes.end(), one.cause) != k.causes.end();
    bool const where = right_place(k, f, t, one);
    if ((root && where) || (root && !r.root)) {
      r.root = true;
      r.where = where;
    }
    r.told += "    " + text_of(one) + "\n";
  }
  if (main->cure.what == satur::remedy::none) { // the first advice that there is
    for (satur::finding const& one : found) {
      if (one.cure.what != satur::remedy::none) {
        main = &one;
        break;
      }
    }
  }
  double farthest = 0.0;
  std::uint64_t const cure_seed = stream(r.seed, "cure", t.steps);
  for (satur::finding const& one : found) {
    if (one.cure.what == satur::remedy::none || !one.cure.predicted) {
      continue;
    }
    trainer other = t;
    generator urbg(cure_seed);
    if (!follow(other, one, urbg)) {
      continue;
    }
    satur::layer_state const after = measured(other, one.layer);
    satur::layer_state const& said = *one.cure.predicted;
    if (std::isnan(after.slope_share) || std::isnan(said.slope_share)) {
      continue;
    }
    double const slope = std::fabs(said.slope_share - after.slope_share) / (0.1 * after.slope_share);
    double const flat = std::fabs(said.saturated() - after.saturated()) / 0.02;
    ++r.predictions;
    r.exact += slope <= 1.0 && flat <= 1.0 ? 1u : 0u;
    if (std::max(slope, flat) >= farthest) {
      farthest = std::max(slope, flat);
      std::ostringstream words;
      words << one.layer << ": predicted " << said << "; measured " << after;
      r.predicted = words.str();
    }
  }
  generator urbg(cure_seed);
  if (follow(t, *main, urbg)) {
    r.followed = main->cure.what;
    r.cure_right = std::find(k.cures.begin(), k.cures.end(), r.followed) != k.cures.end();
    while (t.steps < last_step && !(t.steps % 25 == 0 && t.broken_parameters() > 0 && !std::isfinite(t.loss))) {
      if (f.later && t.steps == f.later_step) {
        f.later(t);
      }
      t.step();
    }
    r.cured = t.accuracy();
  }
}

/// Configurations of one kind, drawn until enough of them do harm in all seeds: 5 points of accuracy.
/// reference: an accuracy of each data set that a usual net reaches; the twin must reach 85 % of it.
inline std::vector<faulty_configuration> run_kind(options const& o, std::vector<data_set> const& sets,
                                                  std::vector<double> const& reference,
                                                  std::vector<fault_kind> const& kinds, std::size_t kind,
                                                  std::size_t wanted) {
  fault_kind const& k = kinds[kind];
  generator urbg(stream(o.master(), k.name));
  std::vector<faulty_configuration> done;
  for (std::size_t tried = 0; tried < 60 * wanted && done.size() < wanted; ++tried) {
    configuration const c = k.adjust(urbg, draw_configuration(urbg, sets));
    if (work_of(c, sets) > o.most_work) {
      continue;
    }
    trainer const first(c, sets[c.data], o.seeds.front());
    faulty_configuration now{.kind = kind, .what = c, .seeded = k.draw(urbg, c, first), .runs = {}};
    std::vector<std::array<double, judged.size()>> twin;
    std::vector<std::array<double, judged.size()>> nothing;
    for (std::uint64_t const seed : o.seeds) {
      trainer const healthy(c, sets[c.data], seed);
      twin.push_back(accuracies(healthy));
      if (twin.back().back() < 0.85 * reference[c.data]) {
        break;
      }
      nothing.push_back(accuracies(seeded(healthy, now.seeded), &now.seeded));
      if (nothing.back().back() > twin.back().back() - 0.05) {
        break;
      }
      faulty_run r{.seed = seed, .predicted = {}, .told = {}, .diagnoses = {}};
      now.runs.push_back(std::move(r));
    }
    if (now.runs.size() < o.seeds.size()) {
      continue;
    }
    for (std::size_t s = 0; s < o.seeds.size(); ++s) {
      explain_run(now.runs[s], seeded(trainer(c, sets[c.data], o.seeds[s]), now.seeded), k, now.seeded, nothing[s],
                  twin[s]);
    }
    done.push_back(std::move(now));
  }
  return done;
}

/// The accuracy of a usual net on each data set.
inline std::vector<double> references(std::vector<data_set> const& sets, std::size_t threads) {
  std::vector<double> all(sets.size());
  for_each_index(sets.size(), threads, [&](std::size_t d) {
    configuration c;
    c.data = d;
    c.act = &activation_called("relu");
    c.init = rule::he_normal;
    c.depth = 2;
    c.width = 64;
    c.batch = 64;
    c.rate = 0.1;
    all[d] = accuracies(trainer(c, sets[d], 1)).back();
  });
  return all;
}

} // namespace explain
