/// \file finding/root/flow.hpp  Gradients that vanish or explode between layers, and gradients that are wrong.
#pragma once

#include "satur/finding/root/advice.hpp"
#include "satur/finding/run_case.hpp"
#include "satur/reading/gradient_flow.hpp"

#include <cmath>
#include <utility>
#include <vector>

#if !SATUR_COMPILED
namespace satur::inline SATUR_ABI::detail {

inline constexpr char flow_measure[] = "change of the gradient from the last layer to the first, as a factor,";

/// Findings that compare layers: vanishing and exploding gradients.
inline void find_flow(run_case const& run, finding_limits const& limits, std::vector<root_finding>& found) {
  std::vector<layer_case const*> with_gradient;
  std::vector<gradient_record> gradients;
  for (layer_case const& l : run.layers) {
    // The gradient of the last layer is that of the loss: where it has no activation it says nothing of the slopes.
    bool const last = &l == &run.layers.back() && !l.has_activation();
    if (l.record.gradient.count != 0 && !l.record.nonfinite() && !last) {
      with_gradient.push_back(&l);
      gradients.push_back(l.record.gradient);
    }
  }
  std::size_t const ratios = gradients.size() < 2 ? 0 : gradients.size() - 1;
  if (ratios == 0 || !run.may_suspect()) {
    return;
  }
  gradient_flow const whole = flow_of(gradients, limits.gradient);
  layer_flow const stretch = layer_flow_of(gradients, limits.gradient);
  double const through = gradients.front().rms() / gradients.back().rms();
  if (!(through >= 0.0) || !is_finite(through)) {
    return; // no gradient arrives at all: that is another finding
  }
  bool const few = ratios < limits.gradient.consecutive_layers;
  bool const vanishing = whole.state == flow::vanishing || stretch.state == flow::vanishing ||
                         ((few || run.fails()) && through < limits.shallow_flow);
  bool const exploding = whole.state == flow::exploding || stretch.state == flow::exploding ||
                         ((few || run.fails()) && through > 1.0 / limits.shallow_flow);
  if (!vanishing && !exploding) {
    return;
  }
  double const per_layer = std::pow(through, 1.0 / static_cast<double>(ratios));
  layer_case const& first = *with_gradient.front();
  finding f = first.finding_of(vanishing ? symptom::vanishing_gradient : symptom::exploding_gradient,
                               few && !run.fails() ? severity::warning : severity::alarm, cause::depth);
  f.value = through;
  f.limit = few ? (vanishing ? limits.shallow_flow : 1.0 / limits.shallow_flow)
                : (vanishing ? limits.gradient.vanishing_ratio : limits.gradient.exploding_ratio);
  auto const change = [&](std::string const& where) {
    return through == 0.0 ? message("dL/dz is 0 ", where) // no number of the form 0e+00
                          : message("rms dL/dz is ", text::scientific(gradients.front().rms(), 2), ' ', where, " and ",
                                    text::scientific(gradients.back().rms(), 2), " in ", with_gradient.back()->name,
                                    ": ", text::significant(per_layer, 3), " times from layer to layer");
  };
  f.evidence = change("here");
  // dL/dz of the last layer already contains that layer's slope; it shrinks by the slopes of the others.
  std::size_t flat = 0;
  double log_gain = 0.0; // mean of log(gain / usual) of the layers that the gradient passes
  std::vector<std::string> names;
  std::vector<double> factors;
  for (std::size_t i = 0; i < with_gradient.size(); ++i) {
    layer_case const& l = *with_gradient[i];
    bool const last = i + 1 == with_gradient.size();
    flat += !last && l.lost_its_slope(limits) ? 1u : 0u;
    if (i != 0) { // its weights carry the gradient to the layer before
      log_gain += std::log(l.gain() / l.usual_gain) / static_cast<double>(ratios);
      names.push_back(l.name);
      factors.push_back(std::sqrt(l.usual_gain / l.gain()));
    }
  }
  // The gradient that arrives in the first layer was carried there by the weights of the layers behind it.
  auto const begin_where_weights_carry_it = [&] {
    finding at = with_gradient[1]->finding_of(f.symptom, f.severity, f.cause);
    f.layer = std::move(at.layer);
    f.now = at.now;
    f.rule = at.rule;
    f.layers = names;
    f.evidence = change("in " + first.name);
  };
  double const off = std::exp(log_gain);
  double const peak = first.act ? first.act->peak_slope() : 1.0;
  if (vanishing && flat != 0) {
    f.cause = cause::slope;
    f.reason = message(flat, " of the ", count_text(ratios, "layer"), " that it passes ",
                       flat == 1 ? "has lost its slope" : "have lost their slope");
    f.cure.advice = "mend those layers first";
  } else if (vanishing && peak <= 0.5 && !is_below(off, limits.flow_unfit_gain)) {
    f.cause = cause::activation;
    f.reason = message("the slope of ", first.act->name, " is ", text::significant(peak, 3),
                       " at most, so every layer shrinks the gradient, whatever the weights are");
    f.cure.what = remedy::zero_centered_activation;
    f.cure.restart = run.loss_known();
    f.cure.advice = "take an activation of peak slope 1 (tanh, or relu with He's weights), fewer layers, or "
                    "normalization layers";
  } else if (is_finite(off) && (vanishing ? off < limits.flow_small_gain : off > limits.flow_large_gain)) {
    f.cause = vanishing ? cause::small_weights : cause::large_weights;
    f.reason = message("no layer that it passes has lost its slope; fan-in times mean w^2 is ",
                       text::significant(off, 3), " times what is usual");
    double const own = first.gain() / first.usual_gain;
    if (own > 0.0 && (vanishing ? own < limits.flow_small_gain : own > limits.flow_large_gain)) {
      // Its weights carry no gradient further, but they have the same fault.
      names.insert(names.begin(), first.name);
      factors.insert(factors.begin(), std::sqrt(1.0 / own));
      f.layers = names;
    } else {
      begin_where_weights_carry_it();
    }
    f.cure.what = remedy::rescale;
    f.cure.factors = factors;
    f.cure.factor = factors.empty() ? 1.0 : factors.front();
    f.cure.advice = message("multiply w and b of ", names_of(names), " by ", text::significant(f.cure.factor, 3),
                            " (satur::rescale): the gradient would change by ",
                            text::significant(per_layer / std::sqrt(off), 3), " times from layer to layer");
    double const after = through * std::pow(off, -0.5 * static_cast<double>(ratios));
    keep_cure_that_helps(f, {flow_measure, distance_from_usual(through), distance_from_usual(after)}, limits);
  } else if (exploding) {
    f.cause = cause::large_weights;
    f.reason = "no layer's weights are far from the usual size, but together they make the gradient grow";
    begin_where_weights_carry_it();
    f.cure.what = remedy::rescale;
    f.cure.factor = 1.0 / per_layer;
    f.cure.factors.assign(names.size(), f.cure.factor);
    f.cure.advice = message("weights ", text::significant(f.cure.factor, 3), " times as large in ", names_of(names),
                            " (satur::rescale) would keep the gradient's size");
    f.cure.effect = {flow_measure, distance_from_usual(through), 1.0};
  } else {
    f.reason = message("no layer that it passes has lost its slope, and the weights have the usual size; mean f'^2 is ",
                       text::significant(first.record.saturation.mean_squared_derivative(), 3), " here");
    f.cure.what = remedy::normalization_layer;
    f.cure.factor = 1.0 / per_layer;
    f.cure.advice = message("take fewer layers, or normalization layers; weights ", text::significant(f.cure.factor, 3),
                            " times as large would keep the gradient's size");
  }
  if (f.cause == cause::depth && !run.may_suspect_structure() && through > limits.gradient.vanishing_ratio) {
    return;
  }
  found.push_back({std::move(f), false});
}

/// dL/dz that is mostly 0 although the slopes are not.
inline void find_zero_gradient(run_case const& run, layer_case const& l, finding_limits const& limits,
                               std::vector<root_finding>& found) {
  gradient_record const& g = l.record.gradient;
  if (!mostly_zero(g, limits.gradient) || !run.may_suspect()) {
    return;
  }
  // Slopes that are exactly 0 make zeros that are as they should be.
  double const off = l.exact_zero_slopes ? 1.0 - l.now.slope_share : 0.0;
  if (l.exact_zero_slopes && g.zeros != g.count && is_below(g.zero_fraction(), off + 0.25 * (1.0 - off))) {
    return;
  }
  finding f =
      l.finding_of(symptom::zero_gradient, g.zeros == g.count ? severity::alarm : severity::warning, cause::upstream);
  f.value = g.zero_fraction();
  f.limit = limits.gradient.zero_share;
  set_share_interval(f, static_cast<double>(g.count));
  f.evidence = message(text::percent(f.value), " % of dL/dz is exactly 0");
  bool const flat = l.has_activation() && is_below(l.now.slope_share, 1.0 - 0.5 * f.value);
  f.cause = flat ? cause::slope : cause::upstream;
  f.reason = flat ? message("mean f' is ", text::significant(l.now.mean_slope, 3))
                  : "the slopes here are not zero: the layers above send back no gradient";
  refuse_cure(f, flat ? "most slopes are 0" : "look at the layers above, or at the loss");
  found.push_back({std::move(f), false});
}

/// A backward pass that leaves out f'(z): slopes that are exactly 0, and dL/dz that is not.
inline void find_wrong_gradient(run_case const& run, std::vector<root_finding>& found) {
  for (layer_case const& l : run.layers) {
    gradient_record const& g = l.record.gradient;
    double const off = 1.0 - l.now.slope_share; // the share of slopes that are 0
    if (!l.exact_zero_slopes || g.count < 64 || l.record.saturation.nonfinite() || !is_above(off, 0.1) ||
        !is_below(g.zero_fraction(), 0.5 * off)) {
      continue;
    }
    finding f = l.finding_of(symptom::wrong_gradient, severity::alarm, cause::backward);
    f.value = g.zero_fraction();
    f.limit = off;
    set_share_interval(f, static_cast<double>(g.count));
    f.evidence =
        message(text::percent(off), " % of the slopes are 0, but only ", text::percent(f.value), " % of dL/dz");
    f.reason = "dL/dz = f'(z) dL/da is 0 where f'(z) is";
    f.cure.what = remedy::gradient_code;
    f.cure.restart = true;
    f.cure.advice = "multiply dL/da by f'(z) in the backward pass, and start again";
    found.push_back({std::move(f), true});
  }
}

} // namespace satur::inline SATUR_ABI::detail
#endif
