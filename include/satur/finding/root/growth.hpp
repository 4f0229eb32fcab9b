/// \file finding/root/growth.hpp  z that grow from layer to layer: by the depth, or by large weights throughout.
#pragma once

#include "satur/finding/root/advice.hpp"
#include "satur/finding/run_case.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#if !SATUR_COMPILED
namespace satur::inline SATUR_ABI::detail {

inline constexpr char growth_measure[] = "growth of z from the first layer to the last, as a factor,";

/// z of the first step, before any update, that grew by more than 1 / `shallow_flow` over `consecutive_layers` ratios
/// or more: then the depth makes a net overflow or diverge, at any learning rate of the usual size. Not told of a net
/// that learns. Call it only if no layer has a root of its own.
inline void find_growth(run_case const& run, finding_limits const& limits, std::vector<root_finding>& found) {
  auto const root_mean_square = [](layer_case const& l) { return std::sqrt(l.first.mean_squared_z()); };
  std::vector<layer_case const*> grown; // up to the last one with z that are finite
  for (layer_case const& l : run.layers) {
    if (l.first.z.count == 0 || !is_finite(root_mean_square(l))) {
      break;
    }
    grown.push_back(&l);
  }
  if (grown.size() <= limits.gradient.consecutive_layers || run.learns()) {
    return;
  }
  double const from = root_mean_square(*grown.front());
  double const to = root_mean_square(*grown.back());
  double const growth = to / from;
  if (!is_above(growth, 1.0 / limits.shallow_flow)) {
    return;
  }
  std::size_t const ratios = grown.size() - 1;
  double const per_layer = std::pow(growth, 1.0 / static_cast<double>(ratios));
  std::vector<double> gains; // of the start, relative to the usual ones
  for (std::size_t i = 1; i < grown.size(); ++i) {
    double const gain = grown[i]->first_gain() / grown[i]->usual_gain;
    if (is_finite(gain)) { // the weights are known
      gains.push_back(gain);
    }
  }
  std::ranges::nth_element(gains, gains.begin() + static_cast<std::ptrdiff_t>(gains.size() / 2));
  double const off = gains.empty() ? 1.0 : gains[gains.size() / 2];
  bool const large = off > limits.flow_large_gain;
  if (large && !run.spoiled()) {
    return; // the gradient shows it too (find_flow)
  }
  finding f = grown[1]->finding_of(symptom::signal_grows, severity::warning, cause::depth);
  f.layers.clear();
  for (std::size_t i = 1; i < grown.size(); ++i) {
    f.layers.push_back(grown[i]->name);
  }
  f.value = growth;
  f.limit = 1.0 / limits.shallow_flow;
  f.evidence = message("z of the first step grew from root mean square ", text::significant(from, 3), " in ",
                       grown.front()->name, " to ", text::significant(to, 3), " in ", grown.back()->name, ": ",
                       text::significant(per_layer, 3), " times from layer to layer");
  if (large) {
    f.cause = cause::large_weights;
    f.reason = message("fan-in times mean w^2 is ", text::significant(off, 3), " times what is usual");
  } else {
    f.reason =
        "no layer's weights are far from the usual size, but together they make the gradient grow, and z with it";
  }
  f.cure.what = remedy::rescale;
  f.cure.factor = 1.0 / per_layer;
  f.cure.factors.assign(ratios, f.cure.factor);
  f.cure.advice = message("multiply w and b of ", names_of(f.layers), " by ", text::significant(f.cure.factor, 3),
                          " (satur::rescale), or take fewer layers");
  if (run.spoiled()) {
    f.cure.restart = true;
    f.cure.advice = message("start again with w and b of ", names_of(f.layers), " times ",
                            text::significant(f.cure.factor, 3), " (satur::rescale), or with fewer layers");
  }
  keep_cure_that_helps(f, {growth_measure, growth, 1.0}, limits);
  found.push_back({std::move(f), true});
}

} // namespace satur::inline SATUR_ABI::detail
#endif
