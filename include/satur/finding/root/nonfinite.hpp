/// \file finding/root/nonfinite.hpp  Where NaN and infinity came from: the data, the weights, or arithmetic.
#pragma once

#include "satur/finding/root/advice.hpp"
#include "satur/finding/run_case.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#if !SATUR_COMPILED
namespace satur::inline SATUR_ABI::detail {

/// The layer that was first: in the first step with z that are not finite, the first one in the order of the forward
/// pass; if only gradients are not finite, the last one, where the backward pass begins.
[[nodiscard]] inline layer_case const* first_nonfinite_layer(run_case const& run) {
  auto const step_of = [](layer_case const& l) { return l.onset ? l.onset->step : std::uint64_t{0}; };
  layer_case const* origin = nullptr;
  bool origin_in_z = false;
  for (layer_case const& l : run.layers) {
    if (!l.record.nonfinite() && !l.onset) {
      continue;
    }
    bool const in_z = l.onset ? l.onset->in_z() : l.record.saturation.nonfinite();
    bool const earlier = origin == nullptr || step_of(l) < step_of(*origin);
    bool const same = origin != nullptr && step_of(l) == step_of(*origin);
    if (earlier || (same && ((in_z && !origin_in_z) || (!in_z && !origin_in_z)))) {
      origin = &l;
      origin_in_z = in_z;
    }
  }
  return origin;
}

/// The steps in which the first such value may have come. If only some rows of a batch were observed, it may have been
/// in one of the others in the sampled step before: a loss that is not finite reaches all rows with the next update.
[[nodiscard]] inline step_range range_of(nonfinite_onset const& seen, std::uint64_t rows) {
  return {seen.after == seen.step || rows > 1 ? seen.after : seen.after + 1, seen.step};
}
/// ", one row in 8 was observed"; empty if all rows were.
[[nodiscard]] inline std::string rows_text(std::uint64_t rows) {
  return rows > 1 ? message(", one row in ", rows, " was observed") : std::string();
}

/// "in step 12", "between step 10 and step 20".
[[nodiscard]] inline std::string since_text(step_range const& since) {
  return since.first == since.last ? message("in step ", since.last)
                                   : message("between step ", since.first, " and step ", since.last);
}

/// Whether the finite z of that step were so much larger than those of the first step that z overflows by itself.
[[nodiscard]] inline bool grew_to_overflow(layer_case const& l, nonfinite_onset const& seen) {
  double const start = std::sqrt(l.first.mean_squared_z());
  return l.first.z.count != 0 && is_above(seen.largest_z, 1000.0 * (std::max)(start, 1.0));
}

/// What brought NaN or infinity in, and where; empty if all values are finite.
[[nodiscard]] inline std::optional<finding> find_nonfinite(run_case const& run) {
  layer_case const* const origin = first_nonfinite_layer(run);
  std::optional<nonfinite_onset> const& data = run.run.data_onset;
  bool const data_given = run.run.data.count + run.run.data.nan != 0;
  if (origin == nullptr && !data) {
    return std::nullopt;
  }
  bool const from_data = data && (origin == nullptr || !origin->onset || data->step <= origin->onset->step);
  finding f;
  if (from_data) {
    f.layer = "data";
    f.layers = {"data"};
    f.symptom = symptom::nonfinite;
    f.severity = severity::alarm;
    f.cause = cause::nonfinite_data;
    f.since = range_of(*data, run.run.data_rows);
    f.value = static_cast<double>(data->nan + data->infinite);
    f.limit = 0.0;
    f.evidence =
        message(data->nan, " NaN and ", count_text(data->infinite, "infinite value"), " arrived ", since_text(*f.since),
                data->units == 0   ? std::string()
                : data->units == 1 ? message(", in feature ", data->first_unit)
                                   : message(", in ", data->units, " features, the first is ", data->first_unit),
                rows_text(run.run.data_rows));
  } else {
    layer_case const& l = *origin;
    saturation const& s = l.record.saturation;
    gradient_record const& g = l.record.gradient;
    nonfinite_onset const seen = l.onset ? *l.onset
                                         : nonfinite_onset{.nan = s.nan,
                                                           .infinite = s.infinite,
                                                           .finite = s.count - s.infinite,
                                                           .gradients = g.nan + g.infinite,
                                                           .weights = l.weights.nan + l.weights.infinite};
    f = l.finding_of(symptom::nonfinite, severity::alarm, cause::overflow);
    f.value = static_cast<double>(seen.nan + seen.infinite + seen.gradients);
    f.limit = 0.0;
    if (l.onset) {
      f.since = range_of(seen, l.rows);
    }
    f.evidence =
        message(seen.nan, " NaN and ", seen.infinite, " infinite z, ", seen.gradients, " dL/dz that are not finite",
                f.since ? ", first " + since_text(*f.since) : std::string(), rows_text(l.rows));
    bool const first_layer = l.before == nullptr;
    bool const later = l.onset && seen.step > seen.after;
    bool const grew = grew_to_overflow(l, seen);
    bool const few_units = seen.units != 0 && seen.units < l.size() && !grew;
    // Large steps made the weights infinite: the learning rate is the root then. A single weight is one itself.
    bool const some_read = l.weights.size != 0; // some blocks of weights: a single one may be in another
    bool const single_weight = (seen.weights == 1 && few_units) || (some_read && seen.weights == 0 && seen.units == 1);
    bool const blown_up = later && !single_weight && (run.exploded() || run.spoiled());
    // The batch before brought it, in a row that was not observed: what was observed of that step was finite.
    bool const loss_before = run.losses_seen() != 0 && run.run.losses->nonfinite() &&
                             run.run.losses->nonfinite_step() < seen.step && l.onset.has_value();
    bool const unseen = l.rows > 1 && later && !few_units && !run.rose() && (seen.weights != 0 || loss_before);
    if (unseen) {
      f.cause = cause::unknown;
      f.reason =
          message("it came with the step before, in rows that were not observed", ": one row in ", l.rows, " was");
      f.cure.advice = "look at the batch of that step, or observe all rows (monitor_options::rows = 1)";
    } else if (seen.in_z() && (seen.weights != 0 || few_units) && !blown_up) {
      f.cause = cause::nonfinite_weights;
      f.reason = seen.weights != 0 ? message(some_read ? message(seen.weights, " of the weights that were read")
                                                       : count_text(seen.weights, "weight"),
                                             seen.weights == 1 ? " is not finite" : " are not finite")
                                   : message("only ", seen.units, " of ", count_text(l.size(), "unit"),
                                             seen.units == 1 ? " has such z: its" : " have such z: their",
                                             " weights or biases are not finite");
      if (few_units) {
        for (auto u = static_cast<std::size_t>(seen.first_unit); u < l.size() && f.cure.units.size() < seen.units;
             ++u) {
          f.cure.units.push_back(u);
        }
        if (seen.units == 1) {
          f.units.push_back({static_cast<std::size_t>(seen.first_unit), 1.0});
          f.unit_reading = "share of z that are not finite";
        }
      }
    } else if (is_finite(l.data_square) && l.data_square > 1e6) {
      f.layer = "data";
      f.layers = {"data"};
      f.cause = cause::input_scale;
      f.reason = message("the inputs have mean square ", text::significant(l.data_square, 3));
    } else if (seen.in_z() && first_layer && !data_given && seen.all_alike && seen.finite != 0) {
      f.cause = cause::nonfinite_data;
      f.reason = "all units have such z in the same samples, so they came in with the data; this is an inference: hand "
                 "over the data (monitor::input) to be sure";
    } else if (blown_up) {
      f.layer = "loss";
      f.layers = {"loss"};
      f.cause = cause::learning_rate;
      f.reason = "data, weights and z were finite before, and no weights were too large at the start";
    } else if (seen.in_z()) {
      f.reason = grew ? message("z had grown to ", text::significant(seen.largest_z, 3), ", from standard deviation ",
                                text::significant(l.first.stddev_z(), 3), " in the first step")
                      : std::string("the layer's inputs and weights are finite");
    } else {
      f.reason = "all z are finite: the loss, or the backward pass, made them";
    }
  }
  switch (f.cause) {
  case cause::nonfinite_data:
    f.cure.what = remedy::clean_data;
    f.cure.advice = "leave out these samples or fill in their values, and go back to the last finite weights";
    break;
  case cause::nonfinite_weights:
    f.cure.restart = true;
    f.cure.advice = "go back to the weights of the step before";
    if (!f.cure.units.empty()) {
      f.cure.what = remedy::reinitialize_units;
      f.cure.factor = origin->usual_gain;
      f.cure.advice += ", and give these units new ones (satur::reinitialize_units)";
    }
    break;
  case cause::input_scale:
    advise_standardized(f, origin->data_square, true, run.limits);
    break;
  case cause::learning_rate:
    advise_smaller_rate(run, f);
    break;
  default:
    if (f.cure.advice.empty()) {
      f.cure.advice = "look at the first value that is not finite: nothing that was recorded explains it";
    }
    break;
  }
  f.behind = nonfinite_behind(run, f);
  return f;
}

} // namespace satur::inline SATUR_ABI::detail
#endif
