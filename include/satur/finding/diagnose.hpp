/// \file finding/diagnose.hpp  diagnose(): from the records of a run to root causes.
#pragma once

#include "satur/finding/finding.hpp"
#include "satur/finding/fold.hpp"
#include "satur/finding/layer_case.hpp"
#include "satur/finding/limits.hpp"
#include "satur/finding/root/dead.hpp"
#include "satur/finding/root/flow.hpp"
#include "satur/finding/root/format.hpp"
#include "satur/finding/root/learning_rate.hpp"
#include "satur/finding/root/start.hpp"
#include "satur/finding/run_case.hpp"
#include "satur/monitor/monitor.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace satur { inline namespace SATUR_ABI {

/// Root causes, from records of layers in the order of the forward pass. The records should hold one step or a few: the
/// sizes of gradients are compared between layers. Layers without records have no findings. `whole` has the loss, the
/// data and the number of steps; without the loss, the learning rate is never a cause.
///
/// Activations: the library's are known by name, with their default parameters. `activations` adds those with other
/// parameters and your own. An unknown activation is judged by its slopes alone, and no cure is predicted.
/// Order: by root, those in the data first, then by layer. What follows from a root is in `finding::behind`.
/// Cost: about a millisecond a layer, and 10 microseconds a recorded unit if the cure is to recenter. Call it now and
/// then, not in every step.
/// Errors: throws std::invalid_argument if a limit is out of range.
[[nodiscard]] SATUR_COMPILED_FUNCTION std::vector<finding> diagnose(std::span<named_record const> records,
                                                                    finding_limits const& limits = {},
                                                                    std::span<any_activation const> activations = {},
                                                                    run_record const& whole = {})
#if SATUR_COMPILED
    ;
#else
{
  limits.require_valid();
  detail::run_case const run(records, whole, limits, activations);
  std::vector<detail::root_finding> found;
  detail::find_at_start(run, limits, found);
  if (std::optional<finding> nonfinite = detail::find_nonfinite(run); nonfinite) {
    std::vector<finding> all = detail::explain_nonfinite(run, std::move(*nonfinite), std::move(found));
    detail::add_formats(run, records, limits, all);
    return all;
  }
  detail::find_wrong_gradient(run, found);
  bool const explained = detail::any_direct(found);
  for (detail::layer_case const& l : run.layers) {
    if (l.has_z() && l.has_activation() && !detail::has_root(found, l.name)) {
      bool const dead = detail::find_dead_units(run, l, limits, explained, found);
      if (!dead && detail::find_saturated(run, l, limits, found)) {
        detail::promote_if_first(run, l, limits, found);
      } else if (!dead) {
        detail::find_shifted_units(run, l, limits, found);
      }
      detail::find_variance(l, limits, found);
    }
  }
  if (!explained && !detail::any_direct(found)) {
    detail::find_learning_rate(run, limits, found);
  }
  detail::find_flow(run, limits, found);
  for (detail::layer_case const& l : run.layers) {
    detail::find_zero_gradient(run, l, limits, found);
  }
  detail::join_layers(found);
  std::vector<finding> all = detail::fold(std::move(found));
  detail::add_formats(run, records, limits, all);
  return all;
}
#endif

/// The records of a monitor's last sampled step. Each comes with what the monitor knows of its beginning,
/// and with its units of the window, if the monitor records them; the monitor must outlive the result.
/// Updates that the last step did not record are those of the whole run.
[[nodiscard]] SATUR_COMPILED_FUNCTION std::vector<named_record> records_of(monitor const& mon, phase p = phase::train)
#if SATUR_COMPILED
    ;
#else
{
  std::vector<named_record> records;
  for (layer_monitor const& layer : mon) {
    named_record r{.name = layer.name(), .record = layer.last(p)};
    r.rule = mon.rule();
    if (r.record.update.steps + r.record.update.unusable == 0) {
      r.record.update = layer.total(p).update;
    }
    r.origin = layer.origin(p);
    r.initial_slope_share = r.origin.first.saturation.slope_share();
    if (layer.units(p)) {
      r.units = &*layer.units(p);
    }
    if (layer.formats(p)) {
      r.formats = &layer.formats(p)->last;
      r.sizes = &layer.formats(p)->sizes;
    }
    records.push_back(std::move(r));
  }
  return records;
}
#endif

/// What a monitor knows beside its layers: the loss and the data; the monitor must outlive the result.
[[nodiscard]] SATUR_COMPILED_FUNCTION run_record run_of(monitor const& mon)
#if SATUR_COMPILED
    ;
#else
{
  run_record run;
  run.losses = mon.losses().empty() ? nullptr : &mon.losses();
  run.steps = mon.steps();
  if (layer_monitor const* const data = mon.inputs(); data != nullptr) {
    run.data = data->last().saturation;
    run.features = data->units() ? &*data->units() : nullptr;
    run.data_onset = data->origin().onset;
    run.data_rows = data->origin().rows;
  }
  return run;
}
#endif

/// Root causes of what a monitor's last sampled step shows: `for (auto const& f : diagnose(mon)) std::cout << f <<
/// '\n';`
[[nodiscard]] SATUR_COMPILED_FUNCTION std::vector<finding> diagnose(monitor const& mon,
                                                                    finding_limits const& limits = {},
                                                                    std::span<any_activation const> activations = {})
#if SATUR_COMPILED
    ;
#else
{
  std::vector<named_record> const records = records_of(mon);
  return diagnose(records, limits, activations, run_of(mon));
}
#endif

}} // namespace satur::SATUR_ABI
