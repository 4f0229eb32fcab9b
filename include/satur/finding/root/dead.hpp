/// \file finding/root/dead.hpp  Units that are off, or saturated, on all samples, from birth or since some step.
#pragma once

#include "satur/finding/root/advice.hpp"
#include "satur/finding/root/units.hpp"
#include "satur/finding/run_case.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#if !SATUR_COMPILED
namespace satur::inline SATUR_ABI::detail {

/// Dead units of a layer.
struct dead_units_of_layer {
  std::vector<std::size_t> units;
  moments mean;             ///< of their z, over units
  double variance = 0.0;    ///< of z within a unit, mean over them
  double silent = 0.0;      ///< samples since they were last active, median over them
  bool since_start = false; ///< most of them were never active
};
/// Units that were off for that many samples in a row, or saturated on the share `on` of as many.
[[nodiscard]] inline dead_units_of_layer dead_units_of(layer_case const& l, double least_silent, double on) {
  dead_units_of_layer d;
  std::vector<double> silences;
  std::size_t never = 0;
  for (std::size_t u = 0; u < l.size(); ++u) {
    unit_summary const s = (*l.units)[u];
    if (!(s.samples > 0.0)) {
      continue;
    }
    double const flat = (l.flat_left ? s.low : 0.0) + (l.flat_right ? s.high : 0.0);
    bool const off = s.silent >= least_silent;
    bool const saturated = s.samples >= least_silent && flat / s.samples >= on;
    if (off || saturated) {
      d.units.push_back(u);
      d.mean += moments{1, s.z_mean, 0.0};
      d.variance += s.z_variance;
      silences.push_back(s.silent);
      never += off && s.ever_active ? 0u : 1u; // when a unit began to be saturated is not known
    }
  }
  if (!d.units.empty()) {
    d.variance /= static_cast<double>(d.units.size());
    auto const middle = silences.begin() + static_cast<std::ptrdiff_t>(silences.size() / 2);
    std::nth_element(silences.begin(), middle, silences.end());
    d.silent = *middle;
    d.since_start = 2 * never > d.units.size();
  }
  return d;
}

/// The share of a layer's units that are dead after a cure of all of them, if their z then are normal with mean 0 and
/// the variance that they have (recentered), or that of a new unit.
[[nodiscard]] inline double dead_after(layer_case const& l, std::vector<std::size_t> const& units, bool recentered,
                                       double of_new_unit, double on) {
  std::size_t dead = 0;
  for (std::size_t const u : units) {
    double const variance = recentered ? (*l.units)[u].z_variance : of_new_unit;
    std::optional<layer_state> const state = l.expected(0.0, variance);
    dead += !(variance > 0.0) || (state && state->saturated() >= on) ? 1u : 0u;
  }
  return static_cast<double>(dead) / static_cast<double>(l.size());
}

/// Returns whether dead units were found. `explained`: a root that was there before the first step is known, so these
/// units follow from it.
inline bool find_dead_units(run_case const& run, layer_case const& l, finding_limits const& limits, bool explained,
                            std::vector<root_finding>& found) {
  if (l.units == nullptr || !l.has_activation()) {
    return false;
  }
  double const n = static_cast<double>(l.size());
  dead_units_of_layer d = dead_units_of(l, static_cast<double>(limits.dead_samples), limits.dead_on);
  double share = static_cast<double>(d.units.size()) / n;
  if (!is_above(share, limits.dead_alarm)) { // most of a layer at once: fewer samples are enough
    dead_units_of_layer at_once = dead_units_of(l, static_cast<double>(limits.dead_layer_samples), 2.0);
    double const share_at_once = static_cast<double>(at_once.units.size()) / n;
    if (is_above(share_at_once, limits.dead_alarm)) {
      d = std::move(at_once);
      share = share_at_once;
    }
  }
  // In a relu net that learns, some units are on for few inputs only. Nearly half of a layer is too many.
  double const limit = run.may_suspect_structure() ? limits.dead_warning : 0.8 * limits.dead_alarm;
  if (!is_above(share, limit)) {
    return false;
  }
  bool const alarm = share > limits.dead_alarm;
  bool const fed = !(l.square_in() == 0.0);
  bool const by_mean = d.mean.mean * d.mean.mean >= d.variance;
  finding f = l.finding_of(symptom::dead_units, alarm ? severity::alarm : severity::warning, cause::spread);
  if (by_mean || !d.since_start) {
    f.cause = cause_of_mean(run, l, d.mean.mean * d.mean.mean);
  }
  f.value = share;
  f.limit = alarm ? limits.dead_alarm : limits.dead_warning;
  set_share_interval(f, n);
  double const batch = run.batch();
  std::string when;
  if (!d.since_start && batch > 0.0 && run.run.steps != 0) {
    double const died = static_cast<double>(run.run.steps) - d.silent / batch * run.steps_a_sample();
    auto const step = static_cast<std::uint64_t>(died > 0.0 ? died : 0.0);
    f.since = step_range{step, step};
    when = message("; they were last active about step ", step);
  } else if (d.since_start) {
    when = "; they were never active";
  }
  f.evidence = message(d.units.size(), " of ", count_text(l.size(), "unit"), d.units.size() == 1 ? " is" : " are",
                       " dead (off, or ", to_text(f.rule), " on ", text::limit_percent(limits.dead_on), " % of ",
                       count_text(l.units->samples(), "sample"), ')', when);
  f.reason = message("their z has mean ", text::significant(d.mean.mean, 3), " and, within a unit, standard deviation ",
                     text::significant(std::sqrt(d.variance), 3));
  name_units(l, f, limits.worst_units, "share of the peak slope", [&](unit_summary const& u) {
    bool const dead = std::find(d.units.begin(), d.units.end(), u.unit) != d.units.end();
    return dead ? u.slope_share() : std::numeric_limits<double>::quiet_NaN();
  });
  // Units that would answer again without their mean keep their weights.
  double const usual = fed ? l.variance_of_new_unit() : 0.0;
  bool const recenters =
      (f.cause == cause::bias || f.cause == cause::mean) && d.variance > limits.recenter_variance * usual;
  if (recenters) {
    f.cure.what = remedy::recenter;
    f.cure.units = d.units;
    f.cure.advice = "subtract these units' means of z from their biases (satur::recenter)";
    f.cure.predicted = l.expected_scaled(1.0, 0.0, d.units);
  } else {
    advise_new_units(f, l, d.units);
  }
  keep_cure_that_helps(f, {"share of dead units", share, dead_after(l, d.units, recenters, usual, limits.dead_on)},
                       limits,
                       fed ? "" : "nothing comes in, so new weights stay without effect; look at the layers before");
  bool const direct = !explained && fed && f.cause == cause::bias && !l.grew(limits);
  found.push_back({std::move(f), direct});
  return true;
}

} // namespace satur::inline SATUR_ABI::detail
#endif
