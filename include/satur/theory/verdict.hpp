/// \file theory/verdict.hpp  Predicts vanishing, exploding and saturated networks, in words.
#pragma once

#include "satur/activation/concept.hpp"
#include "satur/text/number.hpp"
#include "satur/theory/critical.hpp"
#include "satur/theory/predict.hpp"

#include <cmath>
#include <string>

namespace satur { inline namespace SATUR_ABI {

namespace theory {

/// The change of a gradient from the last layer to the first.
enum class gradient_trend {
  kept,      ///< its square stays within a factor of 100 over the net and of 2 in each layer
  vanishing, ///< below that
  exploding  ///< above that
};

/// Two separate problems, vanishing or exploding gradients and saturation: a net may have one, both or neither.
struct verdict {
  gradient_trend gradient = gradient_trend::kept;
  bool saturated = false;     ///< true if a layer has 5 % or more of its units on a flat side
  double gradient_factor = 1; ///< factor on |dL/dz|^2 from a layer to the one below
  double saturated_share = 0; ///< saturated share of the most saturated layer
  std::size_t layer = 0;      ///< index of that layer, from 0
  std::string text{};         ///< one or two sentences with the numbers and a fix
  [[nodiscard]] bool healthy() const { return gradient == gradient_trend::kept && !saturated; }
};

} // namespace theory

namespace detail {

/// Text for the factor of a layer on the square of a gradient.
[[nodiscard]] inline std::string change_text(double factor) {
  return factor == 0.0    ? "becomes 0"
         : factor < 0.95  ? message("falls by a factor ", text::significant(1.0 / factor, 3), " a layer")
         : factor <= 1.05 ? "keeps its size"
                          : message("grows by a factor ", text::significant(factor, 3), " a layer");
}

/// Text for the critical weights and their cost.
template <class A>
[[nodiscard]] std::string critical_advice(A const& act, double now, double bias_variance, double threshold) {
  auto const points = theory::critical_points(act, bias_variance);
  if (points.empty()) {
    return message(" No weights keep the gradient: ", name_of(act), " has no critical point with bias variance ",
                   number_text(bias_variance), ". Normalize the pre-activations, or choose another activation.");
  }
  theory::critical_point const& best = points.front();
  double const peak = peak_slope_of(act);
  double share = 0.0;
  if (best.variance > 0.0) {
    share = (flat_at(act, -threshold, peak) + flat_at(act, threshold, peak)) *
            theory::probability_above(threshold, 0.0, best.variance);
  }
  std::string text = message(points.size() == 1 ? " The only critical point is" : " A critical point is",
                             " sigma_w^2 = ", text::significant(best.weight_variance, 3),
                             " (fan-in times weight variance; now ", text::significant(now, 3), ")");
  if (share >= 0.05) {
    return text + message(", where ", text::percent(share), " % of the units lie beyond ", threshold,
                          ": no scale cures this. Choose an activation with its center at 0, or normalize.");
  }
  if (!best.stable) {
    return text + ", but the layers do not stay there. Normalize the pre-activations, or choose another activation.";
  }
  double const factor = std::sqrt(best.weight_variance / now);
  return text + (factor > 1.0 ? message(": multiply the weights by ", text::significant(factor, 3), ".")
                              : message(": divide the weights by ", text::significant(1.0 / factor, 3), "."));
}

} // namespace detail

namespace theory {

/// Predicts vanishing, exploding or saturated gradients before training, and suggests a fix. Takes some milliseconds,
/// because it searches for the critical line.
///
/// Examples: a sigmoid net with Glorot's rule vanishes and does not saturate; tanh with sigma_w^2 = 25 saturates and
/// explodes.
///
/// Throws like `predict`; std::invalid_argument if there is no layer.
template <class A> [[nodiscard]] verdict judge(A const& act, network const& net, double threshold = 5.0) {
  if (net.layers.empty()) {
    detail::bad_parameter("theory::judge", "number of layers", net.layers.size(), "at least 1");
  }
  prediction const p = predict(act, net, threshold);
  verdict v;
  v.gradient_factor = p.gradient_factor();
  v.layer = p.most_saturated();
  layer_prediction const& worst = p.layers[v.layer];
  v.saturated_share = worst.saturated;
  v.saturated = v.saturated_share >= 0.05;
  double const total = p.layers.front().gradient_norm_squared;
  v.gradient = v.gradient_factor < 0.5 || total < 0.01    ? gradient_trend::vanishing
               : v.gradient_factor > 2.0 || total > 100.0 ? gradient_trend::exploding
                                                          : gradient_trend::kept;
  std::string const change = detail::change_text(v.gradient_factor);
  bool const vanishing = v.gradient == gradient_trend::vanishing;
  std::string const name(name_of(act));
  if (v.healthy()) {
    v.text =
        detail::message("Healthy: the square of ", name, "'s gradients ", change, ", with ",
                        text::percent(v.saturated_share), " % of the units on a flat side beyond ", threshold, ".");
    return v;
  }
  std::string const where = detail::message("layer ", v.layer + 1, " of ", p.layers.size());
  if (v.saturated) {
    v.text = detail::message(v.gradient == gradient_trend::kept ? "Saturated"
                             : vanishing                        ? "Saturated and vanishing"
                                                                : "Saturated and exploding",
                             ": ", text::percent(v.saturated_share), " % of the units of ", where, " lie beyond ",
                             threshold, ", where ", name, " is flat, and the square of the gradients ", change, ".");
  } else {
    v.text =
        detail::message(vanishing ? "Vanishing without saturation" : "Exploding without saturation", ": the square of ",
                        name, "'s gradients ", change, ", with ", text::percent(v.saturated_share),
                        " % of the units on a flat side beyond ", threshold, ".");
  }
  layer_law const& law = net.layers[v.layer];
  if (std::fabs(worst.mean) > worst.stddev() && v.saturated) {
    v.text += detail::message(" It is a shift, not a spread: z has mean ", text::significant(worst.mean, 3),
                              " and standard deviation ", text::significant(worst.stddev(), 3),
                              ". Center the inputs, the weights or the bias.");
  } else {
    v.text += detail::critical_advice(act, static_cast<double>(law.size.in) * law.weight_variance, law.bias_variance,
                                      threshold);
  }
  return v;
}

} // namespace theory
}} // namespace satur::SATUR_ABI
