/// \file explain/score.hpp  The tables.
#pragma once

#include "runs.hpp"

#include <cstdio>

namespace explain {

inline double percent(std::size_t part, std::size_t of) {
  return of == 0 ? std::numeric_limits<double>::quiet_NaN()
                 : 100.0 * static_cast<double>(part) / static_cast<double>(of);
}

/// Counts of a kind, or of all.
struct tally {
  std::size_t runs = 0, found = 0, in_time = 0, root = 0, where = 0, single = 0, explained = 0;
  std::size_t offered = 0, cure_right = 0, predictions = 0, exact = 0;
  std::size_t configurations = 0, not_worse = 0, curable = 0, recovers = 0;
  double steps = 0.0, nothing = 0.0, cured = 0.0, twin = 0.0;

  void add(faulty_configuration const& c, bool is_curable) {
    for (faulty_run const& r : c.runs) {
      ++runs;
      found += r.found() ? 1u : 0u;
      steps += static_cast<double>(r.step);
      in_time += r.in_time ? 1u : 0u;
      root += r.root ? 1u : 0u;
      where += r.where ? 1u : 0u;
      single += r.single ? 1u : 0u;
      explained += r.explained() ? 1u : 0u;
      offered += r.followed != satur::remedy::none ? 1u : 0u;
      cure_right += r.cure_right ? 1u : 0u;
      predictions += r.predictions;
      exact += r.exact;
      nothing += r.nothing;
      cured += r.cured;
      twin += r.twin;
    }
    ++configurations;
    not_worse += c.not_worse() ? 1u : 0u;
    curable += is_curable ? 1u : 0u;
    recovers += is_curable && c.recovers() ? 1u : 0u;
  }
  void print(char const* name) const {
    double const n = static_cast<double>(runs);
    std::printf("| %-29s | %4zu | %5zu | %4.0f | %7zu | %4zu | %5zu | %6zu | %9zu | %7zu | %5zu | %4zu/%-4zu | %.3f | "
                "%.3f | %.3f | %3zu/%-3zu | %3zu/%-3zu |\n",
                name, runs, found, steps / static_cast<double>(std::max<std::size_t>(found, 1)), in_time, root, where,
                single, explained, offered, cure_right, exact, predictions, nothing / n, cured / n, twin / n, not_worse,
                configurations, recovers, curable);
  }
};

inline void print_head() {
  std::printf("| %-29s | runs | found | step | in time | root | layer | single | explained | offered | right | "
              "predicted | doing | cure  | twin  | not     | 80 %%    |\n"
              "| %-29s |      |       |      |         |      |       |        |           |    cure | cure  | "
              "exact     | none  |       |       | worse   | cured   |\n"
              "|-------------------------------|------|-------|------|---------|------|-------|--------|-----------|"
              "---------|-------|-----------|-------|-------|-------|---------|---------|\n",
              "kind of fault", "");
}

inline std::string expected(fault_kind const& k, fault const& f, configuration const& c) {
  std::string text;
  for (satur::cause const one : k.causes) {
    text += (text.empty() ? "" : " or ") + std::string(satur::to_text(one));
  }
  switch (k.where) {
  case place::one_layer:
    return text + " in " + detail::of_layer(c, f.layer);
  case place::all:
    return text + " in all layers from hidden 1";
  case place::any:
    return text;
  case place::data:
    return text + ", layer data";
  case place::loss:
    return text + ", layer loss";
  }
  return text;
}

/// Runs that miss something, in a few lines each.
inline void show(std::vector<data_set> const& sets, fault_kind const& k, faulty_configuration const& c) {
  bool const unhelped = !c.not_worse() || (k.curable && !c.recovers());
  for (faulty_run const& r : c.runs) {
    if (r.in_time && r.explained() && r.exact == r.predictions && !unhelped) {
      continue;
    }
    std::string missed;
    auto const say = [&missed](bool is, char const* what) {
      missed += is ? std::string(missed.empty() ? "" : ", ") + what : "";
    };
    say(!r.found(), "not found");
    say(r.found() && !r.in_time, "late");
    say(r.found() && !r.root, "root");
    say(r.root && !r.where, "layer");
    say(r.found() && !r.single, "several findings");
    say(r.found() && r.followed == satur::remedy::none, "no cure");
    say(r.followed != satur::remedy::none && !r.cure_right, "cure");
    say(r.exact != r.predictions, "prediction");
    say(!c.not_worse(), "worse than doing nothing");
    say(k.curable && !c.recovers(), "not cured");
    std::printf("%s: %s\n  %s; %s; seed %llu, step %zu\n  expected %s; accuracy nothing %.3f, cure %.3f, twin %.3f\n",
                missed.c_str(), k.name.c_str(), c.seeded.text.c_str(), c.what.text(sets).c_str(),
                static_cast<unsigned long long>(r.seed), r.step, expected(k, c.seeded, c.what).c_str(), r.nothing,
                r.cured, r.twin);
    if (r.exact != r.predictions) {
      std::printf("  %s\n", r.predicted.c_str());
    }
    std::printf("%s", r.told.c_str());
  }
}
inline void show(std::vector<data_set> const& sets, healthy_configuration const& c) {
  for (healthy_run const& r : c.runs) {
    if (r.alarm_step != 0 || r.note_step != 0) {
      std::printf("%s: healthy\n  %s; seed %llu; accuracy %.3f, best of its data and depth %.3f\n%s",
                  r.alarm_step != 0 ? "false alarm" : "note", c.what.text(sets).c_str(),
                  static_cast<unsigned long long>(r.seed), r.accuracy, c.best, r.told.c_str());
    }
  }
}

struct healthy_tally {
  std::size_t runs = 0, alarms = 0, notes = 0;
  double accuracy = 0.0;
  void add(healthy_configuration const& c) {
    for (healthy_run const& r : c.runs) {
      ++runs;
      alarms += r.alarm_step != 0 ? 1u : 0u;
      notes += r.note_step != 0 ? 1u : 0u;
      accuracy += r.accuracy;
    }
  }
};

inline void print_goal(char const* what, char const* goal, std::string const& figure, bool reached) {
  std::printf("| %-58s | %-10s | %-22s | %-3s |\n", what, goal, figure.c_str(), reached ? "yes" : "NO");
}
inline std::string of(std::size_t part, std::size_t all) {
  char text[48];
  std::snprintf(text, sizeof text, "%zu of %zu (%.1f %%)", part, all, percent(part, all));
  return text;
}

inline void print_goals(healthy_tally const& h, tally const& t, cost const& c) {
  std::printf("\n| %-58s | %-10s | %-22s | met |\n|---|---|---|---|\n", "to reach", "goal", "figure");
  if (h.runs != 0) {
    print_goal("healthy runs with a false warning or alarm", "0 of 300", of(h.alarms, h.runs), h.alarms == 0);
    print_goal("healthy runs with a misleading note", "<= 3 of 300", of(h.notes, h.runs), 100 * h.notes <= h.runs);
  }
  if (t.runs != 0) {
    print_goal("seeded faults found in time", ">= 97 %", of(t.in_time, t.runs), percent(t.in_time, t.runs) >= 97.0);
    print_goal("root cause and layer right, one finding per root", ">= 95 %", of(t.explained, t.runs),
               percent(t.explained, t.runs) >= 95.0);
    print_goal("cure followed: configurations not worse than doing nothing", "100 %", of(t.not_worse, t.configurations),
               t.not_worse == t.configurations);
    print_goal("cure followed: 80 % of the way to the healthy twin", ">= 85 %", of(t.recovers, t.curable),
               percent(t.recovers, t.curable) >= 85.0);
    print_goal("predicted slope within 10 %, saturated share within .02", ">= 97 %", of(t.exact, t.predictions),
               percent(t.exact, t.predictions) >= 97.0);
  }
  if (!c.microseconds_a_layer.empty()) {
    std::vector<double> sorted = c.microseconds_a_layer;
    std::sort(sorted.begin(), sorted.end());
    double const median = sorted[sorted.size() / 2];
    char text[64];
    std::snprintf(text, sizeof text, "%.0f (95 %%: %.0f)", median, sorted[sorted.size() * 95 / 100]);
    print_goal("diagnosis, microseconds a layer, median", "<= 1000", text, median <= 1000.0);
  }
}

/// What every run of the scoreboard must reach, a short one too: no false alarm, 90 % of the faults found in time and
/// 90 % explained, 90 % of the cures not worse than doing nothing, 80 % of the predictions exact. Says what is missed.
inline bool required(healthy_tally const& h, tally const& t) {
  bool reached = true;
  auto const require = [&reached](char const* what, bool holds) {
    if (!holds) {
      std::printf("missed: %s\n", what);
      reached = false;
    }
  };
  auto const most = [](std::size_t part, std::size_t all) { return 10 * part >= 9 * all; };
  require("some run, healthy or faulty", h.runs + t.runs != 0);
  require("no warning or alarm in a healthy run", h.alarms == 0);
  require("90 % of the faults found in time", most(t.in_time, t.runs));
  require("90 % of the faults explained: root, layer, one finding", most(t.explained, t.runs));
  require("90 % of the cures not worse than doing nothing", most(t.not_worse, t.configurations));
  require("80 % of the predictions exact", 10 * t.exact >= 8 * t.predictions); // a short run has ten
  return reached;
}

} // namespace explain
