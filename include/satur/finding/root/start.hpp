/// \file finding/root/start.hpp  Roots that were there before the first step.
#pragma once

#include "satur/finding/fold.hpp"
#include "satur/finding/root/growth.hpp"
#include "satur/finding/root/inputs.hpp"
#include "satur/finding/root/nonfinite.hpp"
#include "satur/finding/root/scale.hpp"
#include "satur/finding/root/shift.hpp"
#include "satur/finding/root/units.hpp"
#include "satur/finding/run_case.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#if !SATUR_COMPILED
namespace satur::inline SATUR_ABI::detail {

/// Whether a direct finding names the layer.
[[nodiscard]] inline bool has_root(std::vector<root_finding> const& found, std::string const& layer) {
  return std::any_of(found.begin(), found.end(), [&layer](root_finding const& f) {
    return f.direct && std::find(f.what.layers.begin(), f.what.layers.end(), layer) != f.what.layers.end();
  });
}

/// Roots that were there before the first step. Inputs or equal units, if found, explain all others. Otherwise, if the
/// start was seen, each layer has the first that holds of: single units, biases, large weights, small weights. If no
/// layer has one, the depth may.
inline void find_at_start(run_case const& run, finding_limits const& limits, std::vector<root_finding>& found) {
  find_inputs(run, limits, found);
  if (found.empty()) {
    find_identical_units(run, found);
  }
  if (!found.empty() || !run.start_seen()) {
    return;
  }
  auto const find_in_layers = [&](other_layers others) {
    found.clear();
    for (layer_case const& l : run.layers) {
      if (l.has_z() || l.first.z.count != 0) {
        find_broken_units(run, l, limits, found) || find_bias(run, l, limits, found) ||
            find_large_weights(run, l, limits, others, found) ||
            find_small_weights(run, l, 1.0 / limits.small_gain_factor, limits, found);
      }
    }
  };
  find_in_layers(other_layers::perhaps_large);
  auto const large = std::count_if(found.begin(), found.end(), [](root_finding const& f) {
    return f.what.cause == cause::weight_norm || f.what.cause == cause::logits;
  });
  if (large >= 2 && 2 * static_cast<std::size_t>(large) >= run.layers.size()) {
    find_in_layers(other_layers::large);
  } else if (!std::ranges::all_of(run.layers, &layer_case::weights_seen)) {
    find_in_layers(other_layers::unknown);
  }
  bool const some_small = std::any_of(found.begin(), found.end(),
                                      [](root_finding const& f) { return f.what.cause == cause::small_weights; });
  if (some_small && found.size() == 1) { // other layers may be nearly as small
    found.clear();
    for (layer_case const& l : run.layers) {
      find_small_weights(run, l, limits.small_gain_beside, limits, found);
    }
  }
  if (found.empty()) {
    find_growth(run, limits, found);
  }
}

/// The last finding is that layer l is saturated. It is a root of its own, and follows from no other, if it was so
/// before the first update and all roots are in layers behind it.
inline void promote_if_first(run_case const& run, layer_case const& l, finding_limits const& limits,
                             std::vector<root_finding>& found) {
  bool const at_start = run.start_seen() && l.began_without_slope(limits);
  auto const place_of = [&run](std::string const& layer) { // 0: not a layer, such as the data
    auto const at = std::ranges::find(run.layers, layer, &layer_case::name);
    return at == run.layers.end() ? 0 : at - run.layers.begin() + 1;
  };
  auto const behind = [&place_of, &l](root_finding const& f) {
    return !f.direct || place_of(f.what.layer) > place_of(l.name);
  };
  if (!at_start || !any_direct(found) || !std::ranges::all_of(found.begin(), found.end() - 1, behind)) {
    return;
  }
  found.back().direct = true;
  auto const next = std::ranges::find_if(found, &root_finding::direct);
  std::rotate(next, found.end() - 1, found.end()); // in the order of the layers
}

/// Values that are not finite are a finding of their own if data or weights brought them in, or if no root was there
/// before the first step. Otherwise they follow from that root, whose evidence then says so.
[[nodiscard]] inline std::vector<finding> explain_nonfinite(run_case const& run, finding nonfinite,
                                                            std::vector<root_finding> found) {
  bool const seeded = nonfinite.cause == cause::nonfinite_data || nonfinite.cause == cause::nonfinite_weights;
  if (seeded || !any_direct(found)) {
    return {std::move(nonfinite)};
  }
  join_layers(found);
  std::vector<finding> all = fold(std::move(found));
  for (finding& f : all) {
    f.severity = severity::alarm;
    f.since = nonfinite.since;
    f.evidence += "; z or dL/dz is not finite" + (f.since ? " " + since_text(*f.since) : std::string()) + " or later";
  }
  finding& first = all.front();
  first.behind = nonfinite_behind(run, first);
  return all;
}

} // namespace satur::inline SATUR_ABI::detail
#endif
