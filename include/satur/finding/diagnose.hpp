/// \file finding/diagnose.hpp  diagnose(): from the records of a run to findings.
#pragma once

#include "satur/finding/finding.hpp"
#include "satur/finding/layer_case.hpp"
#include "satur/finding/layer_findings.hpp"
#include "satur/finding/limits.hpp"
#include "satur/monitor/monitor.hpp"
#include "satur/reading/gradient_flow.hpp"
#include "satur/text/number.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace satur { inline namespace SATUR_ABI {

#if !SATUR_COMPILED
namespace detail {

/// Findings that compare layers: vanishing and exploding gradients.
inline void find_flow(std::vector<layer_case> const& layers, finding_limits const& limits,
                      std::vector<finding>& found) {
  std::vector<layer_case const*> with_gradient;
  std::vector<gradient_record> gradients;
  for (layer_case const& l : layers) {
    if (l.record.gradient.count != 0 && !l.record.nonfinite() && l.has_activation()) {
      with_gradient.push_back(&l);
      gradients.push_back(l.record.gradient);
    }
  }
  std::size_t const ratios = gradients.size() < 2 ? 0 : gradients.size() - 1;
  if (ratios == 0) {
    return;
  }
  gradient_flow const whole = flow_of(gradients, limits.gradient);
  layer_flow const stretch = layer_flow_of(gradients, limits.gradient);
  double const through = gradients.front().rms() / gradients.back().rms();
  bool const few = ratios < limits.gradient.consecutive_layers;
  bool const vanishing =
      whole.state == flow::vanishing || stretch.state == flow::vanishing || (few && through < limits.shallow_flow);
  bool const exploding = whole.state == flow::exploding || stretch.state == flow::exploding ||
                         (few && through > 1.0 / limits.shallow_flow);
  if (!vanishing && !exploding) {
    return;
  }
  double const per_layer = std::pow(through, 1.0 / static_cast<double>(ratios));
  finding f = with_gradient.front()->finding_of(vanishing ? symptom::vanishing_gradient : symptom::exploding_gradient,
                                                few ? severity::warning : severity::alarm);
  f.value = through;
  f.limit = few ? (vanishing ? limits.shallow_flow : 1.0 / limits.shallow_flow)
                : (vanishing ? limits.gradient.vanishing_ratio : limits.gradient.exploding_ratio);
  f.evidence = message("rms dL/dz is ", text::scientific(gradients.front().rms(), 2), " here and ",
                       text::scientific(gradients.back().rms(), 2), " in ", with_gradient.back()->name, ": ",
                       text::significant(per_layer, 3), " times from layer to layer");

  // dL/dz of the last layer already contains that layer's slope; it shrinks by the slopes of the others.
  std::size_t flat = 0;
  layer_case const* widest_spread = with_gradient.front(); // worst case: larger weights would saturate it first
  for (layer_case const* l : with_gradient) {
    flat += l != with_gradient.back() && l->lost_its_slope(limits) ? 1u : 0u;
    if (l->record.saturation.variance_z() > widest_spread->record.saturation.variance_z()) {
      widest_spread = l;
    }
  }
  if (vanishing && flat != 0) {
    f.cause = cause::slope;
    f.reason = message(flat, " of the ", ratios, " layers that it passes have lost their slope; see their findings");
    f.cure = {remedy::none, std::numeric_limits<double>::quiet_NaN(), "fix those layers first", {}};
  } else {
    double const factor = 1.0 / per_layer;
    f.cause = vanishing ? cause::small_weights : cause::large_weights;
    f.reason =
        message("no layer that it passes has lost its slope", vanishing ? ": this is vanishing, not saturation" : "",
                "; mean f'^2 is ",
                text::significant(with_gradient.front()->record.saturation.mean_squared_derivative(), 3), " here");
    f.cure.what = remedy::initializer;
    f.cure.factor = factor;
    f.cure.advice = message("weights ", text::significant(factor, 3), " times as large would keep the gradient's size");
    f.cure.predicted = widest_spread->expected_times(factor);
    if (f.cure.predicted && vanishing && f.cure.predicted->slope_share < 0.5 * f.now.slope_share) {
      f.cure.what = remedy::zero_centered_activation;
      f.cure.advice +=
          ", but would saturate: use a zero-centered activation of peak slope 1 (tanh), or a normalization layer";
    }
  }
  found.push_back(std::move(f));
}

} // namespace detail
#endif

/// Findings from records of layers in the order of the forward pass. The records should hold one step or a few: the
/// sizes of gradients are compared between layers. Layers without records have no findings.
///
/// Activations: the library's are known by name, with their default parameters. `activations` adds those with other
/// parameters and your own. An unknown activation is judged by its slopes alone, and no cure is predicted.
/// Order: by layer; findings about the gradient between layers come last.
/// Cost: about a millisecond a layer, and 10 microseconds a recorded unit if the cure is to recenter. Call it now and
/// then, not in every step.
/// Errors: throws std::invalid_argument if a limit is out of range.
[[nodiscard]] SATUR_COMPILED_FUNCTION std::vector<finding> diagnose(std::span<named_record const> records,
                                                                    finding_limits const& limits = {},
                                                                    std::span<any_activation const> activations = {})
#if SATUR_COMPILED
    ;
#else
{
  limits.require_valid();
  std::vector<detail::layer_case> layers;
  layers.reserve(records.size());
  for (named_record const& r : records) {
    detail::layer_case const* const before = layers.empty() ? nullptr : &layers.back();
    layers.emplace_back(r, before, activations);
  }
  std::vector<finding> found;
  for (detail::layer_case const& l : layers) {
    detail::find_in_layer(l, limits, found);
  }
  detail::find_flow(layers, limits, found);
  return found;
}
#endif

/// The records of a monitor's last sampled step. Each comes with the slope of its layer in the first step, if the
/// history has it, and with its units of the window, if the monitor records them; the monitor must outlive the result.
/// Updates that the last step did not record are those of the whole run.
[[nodiscard]] SATUR_COMPILED_FUNCTION std::vector<named_record> records_of(monitor const& mon, phase p = phase::train)
#if SATUR_COMPILED
    ;
#else
{
  std::vector<named_record> records;
  for (layer_monitor const& layer : mon) {
    named_record r{layer.name(), layer.last(p)};
    r.rule = mon.rule();
    if (r.record.update.steps + r.record.update.unusable == 0) {
      r.record.update = layer.total(p).update;
    }
    if (history const& lines = layer.history(p); !lines.empty() && lines[0].step == 0) {
      r.initial_slope_share = lines[0].slope_share();
    }
    if (layer.units(p)) {
      r.units = &*layer.units(p);
    }
    records.push_back(std::move(r));
  }
  return records;
}
#endif

/// Findings of a monitor's last sampled step: `for (auto const& f : diagnose(mon)) std::cout << f << '\n';`
[[nodiscard]] SATUR_COMPILED_FUNCTION std::vector<finding> diagnose(monitor const& mon,
                                                                    finding_limits const& limits = {},
                                                                    std::span<any_activation const> activations = {})
#if SATUR_COMPILED
    ;
#else
{
  std::vector<named_record> const records = records_of(mon);
  return diagnose(records, limits, activations);
}
#endif

}} // namespace satur::SATUR_ABI
