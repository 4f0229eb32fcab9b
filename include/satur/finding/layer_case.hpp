/// \file layer_case.hpp  One layer before its diagnosis: its record, what is known of its activation, what it finds.
#pragma once

#include "satur/diagnostic/gradient_flow.hpp"
#include "satur/diagnostic/layer_record.hpp"
#include "satur/diagnostic/units.hpp"
#include "satur/finding/expectation.hpp"
#include "satur/finding/finding.hpp"
#include "satur/finding/thresholds.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace satur::inline SATUR_ABI {

/// A layer's record with what a diagnosis may want beside it.
struct named_record {
  std::string name;
  layer_record record;
  /// Slope share of the layer before training. It is compared with this, or with that of z ~ N(0, 1) where that is
  /// more, or this is NaN.
  double initial_slope_share = std::numeric_limits<double>::quiet_NaN();
  /// Variance of z that the initializer was to give; NaN: not compared.
  double expected_variance_z = std::numeric_limits<double>::quiet_NaN();
  /// Its units, if they were recorded: without them no unit is named, and none is found dead or shifted.
  unit_records const* units = nullptr;
};

namespace detail {

class layer_case {
public:
  layer_case(named_record const& r, layer_case const* before, std::span<any_activation const> given)
      : name_(r.name), record_(r.record), before_(before), initial_(r.initial_slope_share),
        expected_variance_(r.expected_variance_z),
        units_(r.units != nullptr && r.units->samples() != 0 ? r.units : nullptr) {
    saturation const& s = record_.saturation;
    if (s.empty()) {
      return;
    }
    std::optional<any_activation> act;
    for (any_activation const& a : given) {
      if (s.activation == a.name) {
        act = a;
      }
    }
    if (!act) {
      act = activation_named(s.activation);
    }
    if (act) {
      can_saturate_ = act->can_saturate();
      flat_left_ = act->flat_left;
      flat_right_ = act->flat_right;
      centred_outputs_ = !(act->lower() >= 0.0);
      if (can_saturate_) {
        predictor_.emplace(std::move(*act), rule_of(s.rule));
      }
    }
    now_ = {s.mean_derivative(), s.slope_share(), flat_left_ ? s.low_fraction() : 0.0,
            flat_right_ ? s.high_fraction() : 0.0};
    double const usual = predictor_ ? (*predictor_)(0.0, 1.0).slope_share : 1.0;
    healthy_ = initial_ > usual ? initial_ : usual; // a layer that was born saturated is no measure
  }

  [[nodiscard]] std::string const& name() const { return name_; }
  [[nodiscard]] layer_record const& record() const { return record_; }
  [[nodiscard]] bool has_activation() const { return !record_.saturation.empty() && can_saturate_; }

  [[nodiscard]] finding finding_of(satur::symptom what, satur::severity how_bad) const {
    finding f;
    f.layer = name_;
    f.symptom = what;
    f.severity = how_bad;
    f.rule = record_.saturation.rule;
    f.now = now_;
    return f;
  }

  /// Whether its slope saturation rose by more than the threshold allows.
  [[nodiscard]] bool lost_its_slope(finding_thresholds const& limits) const {
    return has_activation() &&
           (healthy_ - now_.slope_share > limits.slope_excess || now_.slope_share < limits.slope_left * healthy_);
  }

  /// The state that z times a factor would have; nothing where the activation is not known.
  [[nodiscard]] std::optional<layer_state> expected_times(double factor) const {
    return expected(record_.saturation.mean_z() * factor, record_.saturation.variance_z() * factor * factor);
  }

  void find(finding_thresholds const& limits, std::vector<finding>& found) const {
    if (find_nonfinite(found)) {
      return; // its other numbers mean nothing
    }
    if (has_activation() && record_.saturation.z.count != 0) {
      bool const shift_is_told = find_saturated(limits, found);
      if (units_ != nullptr) {
        find_dead_units(limits, found);
        if (!shift_is_told) {
          find_shifted_units(limits, found);
        }
      }
      find_variance(limits, found);
    }
    find_zero_gradient(limits, found);
    find_update(limits, found);
  }

private:
  [[nodiscard]] std::optional<layer_state> expected(double mean, double variance) const {
    if (!predictor_ || !is_finite(mean) || !is_finite(variance)) {
      return {};
    }
    return (*predictor_)(mean, variance);
  }

  bool find_nonfinite(std::vector<finding>& found) const {
    if (!record_.nonfinite()) {
      return false;
    }
    saturation const& s = record_.saturation;
    finding f = finding_of(symptom::nonfinite, severity::alarm);
    f.value = static_cast<double>(s.nan + s.infinite + record_.gradient.nan + record_.gradient.infinite);
    f.limit = 0.0;
    f.evidence = message(s.nan, " NaN and ", s.infinite, " infinite z, ", record_.gradient.nan, " NaN and ",
                         record_.gradient.infinite, " infinite dL/dz; its other numbers mean nothing");
    if (before_ != nullptr && before_->record_.nonfinite()) {
      f.cause = cause::upstream;
      f.reason = message("it begins no later than in ", before_->name_);
    } else {
      f.cure = {
          remedy::learning_rate, 0.1, "go back to the last good weights and take a tenth of the learning rate", {}};
    }
    found.push_back(std::move(f));
    return true;
  }

  /// Whether it found something that is mean-driven.
  bool find_saturated(finding_thresholds const& limits, std::vector<finding>& found) const {
    bool const lost = lost_its_slope(limits);
    // Of a layer that is flat on one side half may be there when all is well: the limit is halfway from that.
    double const share = flat_left_ && flat_right_ ? limits.saturated_share : 0.5 + 0.5 * limits.saturated_share;
    bool const beyond = now_.saturated() > share;
    bool const lopsided = now_.saturated() > limits.one_sided_least && flat_left_ && flat_right_ &&
                          std::max(now_.low, now_.high) > limits.one_sided * now_.saturated();
    if (!lost && !beyond && !lopsided) {
      return false;
    }
    bool const gone = now_.slope_share < limits.slope_left * healthy_;
    finding f = finding_of(lost || beyond ? symptom::saturated_layer : symptom::one_sided,
                           gone || beyond ? severity::alarm : severity::warning);
    f.side = which_side(limits);
    f.evidence =
        message(percent_cell(now_.slope_share), " % of the peak slope is left, ",
                is_nan(initial_) ? message(percent_cell(healthy_), " % for z ~ N(0, 1)")
                                 : message(percent_cell(initial_), " % at the start"),
                "; ", describe(f.rule), ": ", percent_cell(now_.low), " % left, ", percent_cell(now_.high), " % right");
    if (lost) {
      f.value = healthy_ - now_.slope_share;
      f.limit = limits.slope_excess;
    } else if (beyond) {
      f.value = now_.saturated();
      f.limit = share;
    } else {
      f.value = std::max(now_.low, now_.high) / now_.saturated();
      f.limit = limits.one_sided;
    }
    explain(f);
    if (units_ != nullptr) {
      name_units(f, limits.worst_units, "share of the peak slope",
                 [](unit_summary const& u) { return u.slope_share(); });
    }
    bool const mean_driven = f.cause == cause::mean;
    found.push_back(std::move(f));
    return mean_driven;
  }

  /// Names the k units of the lowest reading.
  template <class Reading> void name_units(finding& f, std::size_t k, char const* title, Reading const& reading) const {
    std::vector<unit_evidence> all;
    for (std::size_t u = 0; u < units_->size(); ++u) {
      unit_summary const s = (*units_)[u];
      if (double const r = reading(s); !is_nan(r)) {
        all.push_back({u, r, side_of(s)});
      }
    }
    k = std::min(k, all.size());
    std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(k), all.end(),
                      [](unit_evidence const& a, unit_evidence const& b) {
                        return a.reading < b.reading || (a.reading == b.reading && a.unit < b.unit);
                      });
    all.resize(k);
    f.units = std::move(all);
    f.unit_reading = title;
  }
  [[nodiscard]] satur::side side_of(unit_summary const& u) const {
    return !flat_right_ ? side::left : !flat_left_ ? side::right : u.mean_z() < 0.0 ? side::left : side::right;
  }

  void find_dead_units(finding_thresholds const& limits, std::vector<finding>& found) const {
    if (units_->samples() < limits.dead_samples) {
      return;
    }
    auto const is_dead = [&](unit_summary const& u) {
      double const flat = (flat_left_ ? u.low : 0.0) + (flat_right_ ? u.high : 0.0);
      return u.samples > 0.0 && (u.active == 0.0 || flat >= limits.dead_on * u.samples);
    };
    std::size_t dead = 0;
    moments mean; // of the dead units' z
    double variance = 0.0;
    for (std::size_t u = 0; u < units_->size(); ++u) {
      if (unit_summary const one = (*units_)[u]; is_dead(one)) {
        ++dead;
        mean += moments{1, one.z_mean, 0.0};
        variance += one.z_variance;
      }
    }
    double const share = static_cast<double>(dead) / static_cast<double>(units_->size());
    if (!(share > limits.dead_warning)) {
      return;
    }
    bool const alarm = share > limits.dead_alarm;
    finding f = finding_of(symptom::dead_units, alarm ? severity::alarm : severity::warning);
    f.value = share;
    f.limit = alarm ? limits.dead_alarm : limits.dead_warning;
    f.evidence = message(dead, " of ", units_->size(), " units were never active, or ", describe(f.rule), " on ",
                         number_text(100.0 * limits.dead_on), " % of ", units_->samples(), " samples or more");
    double const n = static_cast<double>(dead);
    f.cause = mean.mean * mean.mean >= variance / n ? cause::mean : cause::spread;
    f.reason = message("their z has mean ", cell("%.3g", mean.mean), " and, each over its samples, standard deviation ",
                       cell("%.3g", std::sqrt(variance / n)));
    f.cure = {remedy::reinitialise_units,
              std::numeric_limits<double>::quiet_NaN(),
              message("give them new weights (satur::reinitialise_units), and a smaller learning rate",
                      flat_right_ ? "" : " or a leaky_relu", " to keep them"),
              {}};
    name_units(f, limits.worst_units, "share of the peak slope", [&](unit_summary const& u) {
      return is_dead(u) ? u.slope_share() : std::numeric_limits<double>::quiet_NaN();
    });
    found.push_back(std::move(f));
  }

  void find_shifted_units(finding_thresholds const& limits, std::vector<finding>& found) const {
    std::size_t shifted = 0;
    std::size_t all = 0;
    for (std::size_t u = 0; u < units_->size(); ++u) {
      unit_summary const s = (*units_)[u];
      if (s.samples - s.infinite > 1.0) {
        ++all;
        shifted += std::fabs(s.mean_z()) > limits.shifted_std * s.stddev_z() ? 1u : 0u;
      }
    }
    double const share = static_cast<double>(shifted) / static_cast<double>(all);
    if (!(share > limits.shifted_share)) {
      return;
    }
    finding f = finding_of(symptom::mean_shift, severity::warning);
    f.value = share;
    f.limit = limits.shifted_share;
    f.evidence = message("in ", shifted, " of ", all, " units |mean z| > ", number_text(limits.shifted_std),
                         " std z over ", units_->samples(), " samples: their output hardly depends on the input");
    f.cause = cause::mean;
    if (before_ != nullptr && !before_->record_.saturation.empty()) {
      f.reason = message("its inputs have mean ", cell("%.3g", before_->record_.saturation.mean_output()));
    }
    f.cure = recentring();
    name_units(f, limits.worst_units, "std z / |mean z|",
               [](unit_summary const& u) { return u.stddev_z() / std::fabs(u.mean_z()); });
    found.push_back(std::move(f));
  }

  [[nodiscard]] satur::cure recentring() const {
    return {remedy::recentre, std::numeric_limits<double>::quiet_NaN(),
            message("take the mean of z off the bias (satur::recentre)",
                    centred_outputs_ ? "" : ", or an activation with centred outputs, such as tanh"),
            expected_recentred()};
  }
  /// Each unit at mean 0 with its own variance; the layer as a whole where no unit is known, which leaves the spread
  /// between units in.
  [[nodiscard]] std::optional<layer_state> expected_recentred() const {
    if (units_ == nullptr) {
      return expected(0.0, record_.saturation.variance_z());
    }
    layer_state sum;
    sum.mean_slope = sum.slope_share = sum.low = sum.high = 0.0;
    double n = 0.0;
    for (std::size_t u = 0; u < units_->size(); ++u) {
      std::optional<layer_state> const one = expected(0.0, (*units_)[u].variance_z());
      if (one) {
        sum.mean_slope += one->mean_slope;
        sum.slope_share += one->slope_share;
        sum.low += one->low;
        sum.high += one->high;
        n += 1.0;
      }
    }
    if (n == 0.0) {
      return {};
    }
    return layer_state{sum.mean_slope / n, sum.slope_share / n, sum.low / n, sum.high / n};
  }

  [[nodiscard]] satur::side which_side(finding_thresholds const& limits) const {
    double const all = now_.saturated();
    if (!flat_right_) {
      return side::left;
    }
    if (!flat_left_) {
      return side::right;
    }
    if (all < 0.01) { // the rule does not see it: z tells
      double const m = record_.saturation.mean_z();
      return std::fabs(m) < record_.saturation.stddev_z() ? side::both : m < 0.0 ? side::left : side::right;
    }
    return now_.low > limits.one_sided * all    ? side::left
           : now_.high > limits.one_sided * all ? side::right
                                                : side::both;
  }

  /// Mean-driven where mean^2 is at least the variance, as for a unit; no cause where its cure would add no slope.
  void explain(finding& f) const {
    saturation const& s = record_.saturation;
    double const mean = s.mean_z();
    double const std = s.stddev_z();
    std::optional<layer_state> const now = expected(mean, std * std);
    if (!now) {
      return;
    }
    bool const by_mean = mean * mean >= std * std;
    double const factor = 1.0 / std;
    std::optional<layer_state> const after = by_mean ? expected_recentred() : expected_times(factor);
    if (!(after->slope_share > now->slope_share)) {
      return;
    }
    bool const fed = before_ != nullptr && !before_->record_.saturation.empty();
    f.reason = message("z has mean ", cell("%.3g", mean), " and standard deviation ", cell("%.3g", std));
    if (by_mean) {
      f.cause = cause::mean;
      if (fed) {
        f.reason += message("; its inputs have mean ", cell("%.3g", before_->record_.saturation.mean_output()));
      }
      f.cure = recentring();
      return;
    }
    f.cause = cause::spread;
    if (fed) {
      double const inputs = before_->record_.saturation.mean_squared_output();
      double const weights = std * std / inputs; // n Var w, where the weights have mean 0
      f.cause = inputs > weights ? cause::input_scale : cause::weight_norm;
      f.reason += message("; n Var w = ", cell("%.3g", weights), ", inputs of mean square ", cell("%.3g", inputs));
    }
    f.cure = {remedy::rescale, factor,
              message("multiply w and b by ", cell("%.3g", factor), " (satur::rescale): 1 / std z"), after};
  }

  void find_variance(finding_thresholds const& limits, std::vector<finding>& found) const {
    double const ratio = record_.saturation.variance_z() / expected_variance_;
    if (!(ratio > limits.variance_factor || ratio * limits.variance_factor < 1.0)) {
      return;
    }
    double const factor = 1.0 / std::sqrt(ratio);
    finding f = finding_of(symptom::poor_initialisation, severity::warning);
    f.value = ratio;
    f.limit = ratio > 1.0 ? limits.variance_factor : 1.0 / limits.variance_factor;
    f.evidence = message("z has variance ", cell("%.3g", record_.saturation.variance_z()), ", ", cell("%.3g", ratio),
                         " times the expected ", cell("%.3g", expected_variance_));
    f.cause = ratio > 1.0 ? cause::large_weights : cause::small_weights;
    if (is_finite(factor)) {
      f.cure = {remedy::rescale, factor, message("multiply w and b by ", cell("%.3g", factor), " (satur::rescale)"),
                expected_times(factor)};
    }
    found.push_back(std::move(f));
  }

  void find_zero_gradient(finding_thresholds const& limits, std::vector<finding>& found) const {
    gradient_record const& g = record_.gradient;
    if (!mostly_zero(g, limits.gradient)) {
      return;
    }
    finding f = finding_of(symptom::zero_gradient, g.zeros == g.count ? severity::alarm : severity::warning);
    f.value = g.zero_fraction();
    f.limit = limits.gradient.zero_share;
    f.evidence = message(percent_cell(f.value), " % of dL/dz is exactly 0");
    bool const flat = has_activation() && now_.slope_share < 1.0 - 0.5 * f.value;
    f.cause = flat ? cause::slope : cause::upstream;
    f.reason = flat ? message("mean f' is ", cell("%.3g", now_.mean_slope))
                    : "the slopes here are not zero: nothing comes back from the layers above";
    found.push_back(std::move(f));
  }

  void find_update(finding_thresholds const& limits, std::vector<finding>& found) const {
    update_size const u = update_size_of(record_.update, limits.gradient);
    if (u.state != update_size::verdict::too_large && u.state != update_size::verdict::too_small) {
      return;
    }
    bool const large = u.state == update_size::verdict::too_large;
    finding f = finding_of(large ? symptom::update_too_large : symptom::update_too_small, severity::note);
    f.value = u.log10_ratio;
    f.limit = large ? limits.gradient.update_high : limits.gradient.update_low;
    f.evidence = message("a step is 10^", cell("%.2f", u.log10_ratio), " of the weights; usual are 10^",
                         cell("%g", limits.gradient.update_low), " to 10^", cell("%g", limits.gradient.update_high));
    f.cause = cause::learning_rate;
    f.cure = {remedy::learning_rate,
              u.rate_factor,
              message("the learning rate times ", cell("%.2g", u.rate_factor), " would give 10^",
                      cell("%g", limits.gradient.update_target)),
              {}};
    found.push_back(std::move(f));
  }

  std::string name_;
  layer_record record_;
  layer_case const* before_;
  double initial_;       ///< slope share at the start; NaN where not known
  double healthy_ = 1.0; ///< slope share to compare with
  double expected_variance_;
  unit_records const* units_;
  bool can_saturate_ = true;
  bool flat_left_ = false;
  bool flat_right_ = false;
  bool centred_outputs_ = true;
  std::optional<state_predictor> predictor_;
  layer_state now_;
};

} // namespace detail
} // namespace satur::inline SATUR_ABI
