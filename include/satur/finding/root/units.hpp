/// \file finding/root/units.hpp  Units that are alike or broken, and what new weights do for them.
#pragma once

#include "satur/finding/root/advice.hpp"
#include "satur/finding/run_case.hpp"
#include "satur/reading/unit_readings.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#if !SATUR_COMPILED
namespace satur::inline SATUR_ABI::detail {

/// Lists the k units with the lowest reading in the finding.
template <class Reading>
void name_units(layer_case const& l, finding& f, std::size_t k, char const* title, Reading const& reading) {
  for (unit_summary const& u : extreme_units(*l.units, reading, k, unit_order::lowest)) {
    bool const low = !l.flat_right || (l.flat_left && u.mean_z() < 0.0);
    f.units.push_back({u.unit, reading(u), low ? side::left : side::right});
  }
  f.unit_reading = title;
}

/// The layer's readings with `chosen` units as predicted for new weights, and the others as they are.
[[nodiscard]] inline std::optional<layer_state> expected_renewed(layer_case const& l,
                                                                 std::vector<std::size_t> const& chosen,
                                                                 bool at_start = false) {
  std::optional<layer_state> const renewed = l.expected(0.0, l.variance_of_new_unit(at_start));
  if (!renewed || !l.has_activation()) {
    return {};
  }
  mean_state all;
  for (std::size_t u = 0; at_start && u < l.start.size(); ++u) {
    bool const fresh = std::find(chosen.begin(), chosen.end(), u) != chosen.end();
    all.add(fresh ? *renewed : l.expected(l.start[u].mean_z, l.start[u].variance_z).value_or(layer_state{}));
  }
  for (std::size_t u = 0; !at_start && u < l.size(); ++u) {
    unit_summary const s = (*l.units)[u];
    if (std::find(chosen.begin(), chosen.end(), u) != chosen.end()) {
      all.add(*renewed);
    } else if (s.samples > 0.0) {
      all.add({s.mean_derivative(), s.slope_share(), l.flat_left ? s.low_fraction() : 0.0,
               l.flat_right ? s.high_fraction() : 0.0});
    }
  }
  return all.mean();
}

/// The cure `reinitialize_units`.
inline void advise_new_units(finding& f, layer_case const& l, std::vector<std::size_t> const& units) {
  f.cure.what = remedy::reinitialize_units;
  f.cure.units = units;
  f.cure.factor = l.usual_gain;
  f.cure.advice = message("give ", units.size() == 1 ? "this unit" : "these units", " new weights of variance ",
                          text::significant(l.usual_gain, 3), " / fan-in and bias 0 (satur::reinitialize_units)");
  f.cure.predicted = expected_renewed(l, units);
}

/// The cure `initializer`: new weights for the whole layer, and biases of 0.
inline void advise_new_weights(run_case const& run, finding& f, layer_case const& l) {
  f.cure.what = remedy::initializer;
  f.cure.factor = l.usual_gain;
  f.cure.restart = run.spoiled();
  f.cure.advice = message(f.cure.restart ? "start again with" : "draw", " random weights, of variance ",
                          text::significant(l.usual_gain, 3), " / fan-in, and biases of 0");
  f.cure.predicted = l.has_activation() ? l.expected(0.0, l.variance_of_new_unit(f.cure.restart)) : std::nullopt;
}

/// The number of units that have the same mean and variance of z as another one.
[[nodiscard]] inline std::size_t equal_units(std::vector<unit_origin> units) {
  double scale = 0.0;
  for (unit_origin const& u : units) {
    scale = (std::max)(scale, std::fabs(u.mean_z) + std::sqrt(u.variance_z));
  }
  std::sort(units.begin(), units.end(), [](unit_origin const& a, unit_origin const& b) {
    return a.mean_z < b.mean_z || (a.mean_z == b.mean_z && a.variance_z < b.variance_z);
  });
  double const close = 1e-6 * scale; // rounding of another order of summation
  auto const same = [close, scale](unit_origin const& a, unit_origin const& b) {
    return std::fabs(a.mean_z - b.mean_z) <= close && std::fabs(a.variance_z - b.variance_z) <= close * scale;
  };
  std::size_t equal = 0;
  for (std::size_t u = 0; u < units.size(); ++u) {
    equal +=
        (u > 0 && same(units[u], units[u - 1])) || (u + 1 < units.size() && same(units[u], units[u + 1])) ? 1u : 0u;
  }
  return equal;
}

/// Layers whose units began alike. A last layer of zeros alone is usual practice and no fault.
inline void find_identical_units(run_case const& run, std::vector<root_finding>& found) {
  std::size_t const before = found.size();
  for (layer_case const& l : run.layers) {
    weight_record const& w = l.first_weights.count != 0 ? l.first_weights : l.weights;
    bool const constant = w.count > 1 && w.variance <= 1e-12 * w.mean_square();
    bool const zero = w.count > 1 && w.mean_square() == 0.0;
    bool const last = &l == &run.layers.back() && !l.has_activation();
    if (last && found.size() == before) {
      continue;
    }
    std::size_t equal = 0;
    if (w.count == 0 && l.units != nullptr) { // the weights are not known: z of the units
      std::vector<unit_origin> laws = l.start;
      for (std::size_t u = 0; laws.empty() && u < l.size(); ++u) {
        laws.push_back({(*l.units)[u].z_mean, (*l.units)[u].z_variance});
      }
      equal = l.square_in() == 0.0 || l.size() < 2 ? 0 : equal_units(std::move(laws));
    }
    if (!constant && !zero && !(2 * equal > l.size())) {
      continue;
    }
    finding f = l.finding_of(symptom::equal_units, severity::alarm, cause::identical_units);
    f.value = constant || zero ? 1.0 : static_cast<double>(equal) / static_cast<double>(l.size());
    f.limit = 0.5;
    f.evidence = zero       ? "all weights were 0 at the start"
                 : constant ? message("all weights were ", text::significant(w.mean, 3), " at the start")
                            : message(equal, " of ", l.size(), " units compute the same number as another one");
    f.reason = "units with equal weights get equal gradients as long as the next layer treats them alike";
    advise_new_weights(run, f, l);
    f.cure.effect = {"share of units that are equal to another one", f.value, 0.0};
    found.push_back({std::move(f), true});
  }
}

/// Units whose z was far larger than that of the layer's median unit, from the start.
[[nodiscard]] inline std::vector<std::size_t> broken_units_of(std::vector<double> const& sizes,
                                                              finding_limits const& limits) {
  if (sizes.size() < 8) {
    return {};
  }
  std::vector<double> sorted = sizes;
  std::sort(sorted.begin(), sorted.end());
  double const median = sorted[sorted.size() / 2];
  std::vector<std::size_t> broken;
  for (std::size_t u = 0; u < sizes.size(); ++u) {
    if (is_above(sizes[u], limits.broken_unit * median) && sizes[u] > 3.0) {
      broken.push_back(u);
    }
  }
  std::size_t const most = (std::max)(std::size_t{1}, sizes.size() / 10);
  return median > 0.0 && broken.size() <= most ? broken : std::vector<std::size_t>();
}

inline bool find_broken_units(run_case const& run, layer_case const& l, finding_limits const& limits,
                              std::vector<root_finding>& found) {
  std::vector<double> const sizes = l.unit_sizes();
  std::vector<std::size_t> const broken = broken_units_of(sizes, limits);
  if (broken.empty()) {
    return false;
  }
  std::vector<double> sorted = sizes;
  std::sort(sorted.begin(), sorted.end());
  finding f = l.finding_of(symptom::odd_units, severity::warning, cause::broken_units);
  f.value = sorted.back() / sorted[sorted.size() / 2];
  f.limit = limits.broken_unit;
  f.evidence = message(broken.size(), broken.size() == 1 ? " unit had z " : " units had z up to ",
                       text::significant(f.value, 3), " times as large as the layer's median unit, from the start");
  f.unit_reading = "root mean square of z";
  for (std::size_t const u : broken) {
    if (f.units.size() < limits.worst_units) {
      f.units.push_back({u, sizes[u]});
    }
  }
  advise_new_units(f, l, broken);
  if (run.spoiled()) {
    advise_start_again(f);
    f.cure.predicted = l.start.empty() ? std::nullopt : expected_renewed(l, broken, true);
  }
  double const median = sorted[sorted.size() / 2];
  double const renewed = std::sqrt(l.variance_of_new_unit(f.cure.restart));
  keep_cure_that_helps(
      f, {"largest z of a unit, relative to the median unit,", f.value, (std::max)(renewed, median) / median}, limits);
  found.push_back({std::move(f), true});
  return true;
}

} // namespace satur::inline SATUR_ABI::detail
#endif
