/// \file finding/run_case.hpp  What diagnose() knows of a run: its layers, its loss, its data.
#pragma once

#include "satur/finding/layer_case.hpp"
#include "satur/monitor/run_state.hpp"
#include "satur/statistics/interval.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace satur { inline namespace SATUR_ABI {

/// What a loop hands over beside its layers. All of it may be missing; less can be concluded then.
struct run_record {
  loss_history const* losses = nullptr;        ///< without it, the learning rate is never named as a cause
  saturation data{};                           ///< the numbers of the last inputs, observed with identity{}
  unit_records const* features = nullptr;      ///< each input feature
  std::optional<nonfinite_onset> data_onset{}; ///< when the data were not finite
  std::uint64_t data_rows = 1;                 ///< one row in so many of the data was observed
  std::uint64_t steps = 0;                     ///< steps so far
};

#if !SATUR_COMPILED
namespace detail {

/// A finding and its kind. Direct: its evidence lies in the layer's own weights and biases, in the data or in the loss.
/// Not direct: its evidence lies in what passes through the layer. fold() puts those behind a direct one.
struct root_finding {
  finding what;
  bool direct = true;
};

[[nodiscard]] inline bool any_direct(std::vector<root_finding> const& found) {
  return std::any_of(found.begin(), found.end(), [](root_finding const& f) { return f.direct; });
}

struct run_case {
  std::deque<layer_case> layers; ///< in the order of the forward pass; addresses stay
  run_record const& run;
  finding_limits const& limits;
  run_state state = run_state::unknown;

  run_case(std::span<named_record const> records, run_record const& whole, finding_limits const& with_limits,
           std::span<any_activation const> given)
      : run(whole), limits(with_limits), state(whole.losses != nullptr ? judge(*whole.losses) : run_state::unknown) {
    layer_case const* before = nullptr;
    for (named_record const& r : records) {
      layer_case& l = layers.emplace_back(r, before, given);
      if (before == nullptr && run.data.z.count != 0) {
        l.data_square = run.data.mean_squared_z();
      }
      before = &l;
    }
  }

  [[nodiscard]] bool loss_known() const { return state != run_state::unknown; }
  [[nodiscard]] bool learns() const { return state == run_state::learning || state == run_state::converged; }
  /// The loss had time to fall and did not, or it rose far above its start. A loss that stalls well below chance has
  /// learned something: that is no failure.
  [[nodiscard]] bool fails() const {
    if (!loss_known() || learns() || !(late() || exploded())) {
      return false;
    }
    loss_block const recent = run.losses->between(0.8, 1.0);
    return state != run_state::stalled ||
           !is_below(recent.mean + 3.0 * recent.error(), part_of_loss(run.losses->chance(), limits.learned_loss));
  }
  /// Losses that were handed over.
  [[nodiscard]] std::uint64_t losses_seen() const { return run.losses == nullptr ? 0 : run.losses->seen(); }
  /// Enough steps for the loss to say something.
  [[nodiscard]] bool late() const { return losses_seen() >= limits.failing_losses; }
  /// So few steps that starting again costs little.
  [[nodiscard]] bool young() const { return losses_seen() != 0 && losses_seen() < limits.young_losses; }
  [[nodiscard]] bool exploded() const { return (losses_seen() != 0 && run.losses->nonfinite()) || rose(); }
  /// The finite losses rose far above their start.
  [[nodiscard]] bool rose() const {
    if (losses_seen() == 0) {
      return false;
    }
    loss_history const& all = *run.losses;
    double const start = all[0].mean;
    double const above = is_nan(all.chance()) || start > all.chance() ? start : all.chance();
    return is_above(all.between(0.8, 1.0).mean, part_of_loss(above, limits.exploded_loss));
  }
  /// The loss had time to fall, and does not say whether the run learns: it was flat, and chance is not known.
  [[nodiscard]] bool silent() const { return late() && !loss_known(); }
  /// Whether findings without evidence in weights, biases or data may be reported: the loss fails, or says nothing.
  [[nodiscard]] bool may_suspect() const { return losses_seen() == 0 || silent() || fails(); }
  /// The same for shifted means, the depth, and dead units that are few: not if the loss says nothing. They wait
  /// longer, because some healthy nets learn slowly at first.
  [[nodiscard]] bool may_suspect_structure() const { return (losses_seen() == 0 || fails()) && !young(); }
  /// Whether the first records may be those of a net before training. A run that is watched from its middle has no
  /// fault of its start, unless it fails.
  [[nodiscard]] bool start_seen() const {
    return losses_seen() == 0 || fails() || (!silent() && run.losses->start_seen());
  }
  /// Whether training has spoiled the weights that a cure would start from.
  [[nodiscard]] bool spoiled() const { return fails() || young() || grew(); }
  /// Whether training has made the weights of a layer much larger than they were.
  [[nodiscard]] bool grew() const {
    return std::any_of(layers.begin(), layers.end(), [this](layer_case const& l) { return l.grew(limits); });
  }

  /// The largest of log10(first update / weights) over the layers; NaN if none is known.
  [[nodiscard]] double largest_first_update() const {
    double largest = std::numeric_limits<double>::quiet_NaN();
    for (layer_case const& l : layers) {
      if (!is_nan(l.first_update) && (is_nan(largest) || l.first_update > largest)) {
        largest = l.first_update;
      }
    }
    return largest;
  }
  /// Factor on the learning rate that brings that update to 10^-1.8 of the weights, between 1e-4 and 0.3; 0.1 if no
  /// update is known.
  [[nodiscard]] double rate_factor() const {
    double const update = largest_first_update();
    double const factor = is_nan(update) ? 0.1 : std::pow(10.0, -1.8 - update);
    return factor < 1e-4 ? 1e-4 : factor > 0.3 ? 0.3 : factor;
  }
  /// Steps for each sampled one; 1 if unknown.
  [[nodiscard]] double steps_a_sample() const {
    std::uint64_t const sampled = layers.empty() ? 0 : layers.front().sampled;
    return sampled == 0 || run.steps < sampled ? 1.0 : static_cast<double>(run.steps) / static_cast<double>(sampled);
  }
  /// Observed samples of a sampled step, from the records of units; 0 if unknown.
  [[nodiscard]] double batch() const {
    for (layer_case const& l : layers) {
      if (l.units != nullptr && l.size() != 0) {
        return static_cast<double>(l.record.saturation.count + l.record.saturation.nan) / static_cast<double>(l.size());
      }
    }
    return 0.0;
  }
};

/// sum (E a_i)^2 over the inputs a_i of a layer, in the window.
[[nodiscard]] inline double squared_input_means(layer_case const& l, unit_records const& in) {
  unit_spread const of_inputs(&in);
  if (l.before == nullptr) {
    return of_inputs.units > 0.0 ? of_inputs.mean_square * of_inputs.units : 0.0;
  }
  double const means = of_inputs.units > 0.0 ? of_inputs.output_square * of_inputs.units : 0.0;
  double const first = l.before->first.output.count == 0 ? 0.0 : l.before->first.mean_output();
  double const at_start = first * first * static_cast<double>(in.size()); // the window may have moved since
  return at_start > means ? at_start : means;
}
/// The same in the first samples.
[[nodiscard]] inline double squared_input_means_at_start(layer_case const& l, unit_records const& in) {
  return l.before == nullptr || l.before->start.empty() || !l.before->act
             ? squared_input_means(l, in)
             : start_outputs(*l.before, l.before->start).squared_means;
}

/// Whether the bias or the inputs move the mean of z, in the window or in the first samples. Over units, sum w_i E a_i
/// has the mean square sum (E a_i)^2 times mean w^2; a measured `mean_square` that is larger by `bias_excess` is due to
/// the bias. cause::mean if one of them is not known.
[[nodiscard]] inline satur::cause cause_of_mean(run_case const& run, layer_case const& l, double mean_square,
                                                bool at_start = false) {
  unit_records const* const in = l.before != nullptr ? l.before->units : run.run.features;
  weight_record const& w = l.first_weights.count != 0 ? l.first_weights : l.weights;
  if (!l.weights_seen() || in == nullptr) {
    return cause::mean;
  }
  double const means = at_start ? squared_input_means_at_start(l, *in) : squared_input_means(l, *in);
  return mean_square > run.limits.bias_excess * means * w.mean_square() ? cause::bias : cause::input_mean;
}

/// The 95 % interval of a share of n that a finding reports as its value; NaN if n is 0.
inline void set_share_interval(finding& f, double n) {
  double const k = std::round((std::min)(f.value, 1.0) * n);
  interval const range = n > 0.0 ? wilson_interval(k, n, normal_quantile(one_tail(0.95)), 0.95, true) : interval{};
  f.value_low = range.low;
  f.value_high = range.high;
  f.samples = n;
}

/// "hidden 2", "hidden 2 and hidden 3", "hidden 2 to hidden 7".
[[nodiscard]] inline std::string names_of(std::vector<std::string> const& layers) {
  if (layers.size() <= 1) {
    return layers.empty() ? std::string() : layers.front();
  }
  return layers.size() == 2 ? layers[0] + " and " + layers[1] : layers.front() + " to " + layers.back();
}

} // namespace detail
#endif

}} // namespace satur::SATUR_ABI
