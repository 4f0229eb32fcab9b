/// \file theory/verdict.hpp  Predicts vanishing, exploding and saturated networks, in words, with a change that helps.
#pragma once

#include "satur/activation/concept.hpp"
#include "satur/theory/advice/expected_start.hpp"
#include "satur/theory/advice/words.hpp"
#include "satur/theory/predict.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

namespace satur { inline namespace SATUR_ABI {

namespace theory {

/// The change of a gradient from the last layer to the first.
enum class gradient_trend : std::uint8_t {
  kept,      ///< its size falls to 0.01 (0.06 if f(0) is not 0) at the least and grows 10 times at the most
  vanishing, ///< below that
  exploding  ///< above that, or the root mean square of f(z) in the last layer is above 20
};

/// What must change before the first step.
enum class start_problem : std::uint8_t {
  none,
  not_finite,    ///< a law of weights or biases is NaN or infinite
  zero_weights,  ///< all weights of a layer are 0
  equal_weights, ///< all weights of a layer are the same number
  inputs,        ///< not standardized: root mean square above 10 or below 0.03, or a mean above 4
  biases,        ///< they push z to a flat side
  weight_mean,   ///< the mean of the weights pushes z to a flat side
  weights,       ///< too large or too small, in one layer or in all: see `advised_factor`
  activation     ///< no scale of the weights helps
};

/// Two separate problems, vanishing or exploding gradients and saturation: a net may have one, both or neither.
struct verdict {
  gradient_trend gradient = gradient_trend::kept;
  bool saturated = false;     ///< a layer has less than 0.2 of the mean slope that it has at z ~ N(0, 1); see `judge`
  double gradient_factor = 1; ///< factor on |dL/dz|^2 from a layer to the one below
  double saturated_share = 0; ///< share of units on a flat side beyond the threshold, in the layer with the most
  std::size_t layer = 0;      ///< index, from 0, of the layer that `problem` is in; the flattest one if it is in none
  std::string text{};         ///< two or three sentences with the numbers and what to do
  start_problem problem = start_problem::none;
  double gradient_size = 1; ///< size of dL/dz in the first layer over that in the last
  double output_size = 0;   ///< root mean square of f(z) in the last layer
  double slope_share = 1;   ///< mean slope of the flattest layer over that at z ~ N(0, 1)
  bool all_layers = false;  ///< the factor is for the weights of all layers, not for those of `layer` alone
  /// The factor on the weights with which the net is healthy, and NaN if there is none, or if weights need no factor.
  double advised_factor = std::numeric_limits<double>::quiet_NaN();
  prediction predicted{}; ///< for the net after the advice; no layers if the advice does not state a net

  [[nodiscard]] bool healthy() const { return problem == start_problem::none; }
};

} // namespace theory

namespace detail {

/// A fault that needs no prediction: laws without numbers, weights without randomness. True if there is one.
inline bool judge_laws(theory::network const& net, theory::verdict& v) {
  using theory::start_problem;
  auto const found = [&](start_problem problem, std::size_t l, auto const&... words) {
    v.problem = problem;
    v.layer = l;
    v.text = message(words...);
    v.gradient_factor = v.gradient_size = v.slope_share = v.saturated_share = std::numeric_limits<double>::quiet_NaN();
    return true;
  };
  std::size_t const layers = net.layers.size();
  for (std::size_t l = 0; l < layers; ++l) {
    theory::layer_law const& law = net.layers[l];
    bool const weights = is_finite(law.weight_variance) && is_finite(law.weight_mean);
    if (!weights || !is_finite(law.bias_variance) || !is_finite(law.bias_mean)) {
      return found(start_problem::not_finite, l, "The distribution of the ", weights ? "biases" : "weights", " of ",
                   layer_text(l, layers), " is not finite: no net can be drawn from it. Draw ",
                   weights ? "biases of 0." : "weights with a finite variance, by a usual rule.");
    }
  }
  if (!is_finite(net.input_mean) || !is_finite(net.input_variance)) {
    return found(start_problem::inputs, 0,
                 "The mean or the variance of the inputs is not finite. Look for values that "
                 "are not numbers in the data, before the first step.");
  }
  for (std::size_t l = 0; l < layers; ++l) {
    theory::layer_law const& law = net.layers[l];
    if (law.weight_variance == 0.0 && law.weight_mean == 0.0) {
      found(start_problem::zero_weights, l, "All weights of ", layer_text(l, layers),
            " are 0: its units are equal, and no gradient passes to what is below. Draw random weights.");
      v.gradient = theory::gradient_trend::vanishing;
      v.gradient_factor = v.gradient_size = 0.0;
      return true;
    }
    if (law.weight_variance == 0.0 && law.size.out > 1) {
      return found(start_problem::equal_weights, l, "All weights of ", layer_text(l, layers),
                   " are the same number: its units compute the same, and get the same gradient. Draw random weights.");
    }
  }
  return false;
}

/// The net without the biases, or without the means of the weights, that push z to a flat side; which of them it is in
/// `problem`, and none if the mean of z is no larger than its standard deviation.
[[nodiscard]] inline theory::network centered(theory::network net, expected_start const& s,
                                              theory::start_problem& problem) {
  theory::layer_law const& law = net.layers[s.flattest];
  theory::layer_prediction const& z = s.layers.layers[s.flattest];
  double const biases = law.bias_mean * law.bias_mean + law.bias_variance;
  double const square = z.mean * z.mean + z.variance;
  problem = theory::start_problem::none;
  if (biases > 0.5 * square) {
    problem = theory::start_problem::biases;
  } else if (z.mean * z.mean > z.variance && law.weight_mean != 0.0) {
    problem = theory::start_problem::weight_mean;
  }
  for (theory::layer_law& l : net.layers) {
    if (problem == theory::start_problem::biases) {
      l.bias_mean = l.bias_variance = 0.0;
    } else if (problem == theory::start_problem::weight_mean) {
      l.weight_mean = 0.0;
    }
  }
  return net;
}

} // namespace detail

namespace theory {

/// Predicts vanishing, exploding or saturated gradients before training, and says what to change. Takes some
/// milliseconds at most.
///
/// A net is healthy if
/// - the size of dL/dz in its first layer is 0.01 to 10 times that in its last one; 0.06 at the least if f(0) is not 0,
///   because then most of what a layer passes on is the same for every input,
/// - each layer has at least 0.2 of the mean slope that it has at z ~ N(0, 1); 0.035 times the number of layers in a
/// net
///   of 6 to 11, and 0.4 in deeper ones, because slopes multiply,
/// - the root mean square of its last f(z) is 20 at the most,
/// - its inputs have a root mean square from 0.03 to 10 and a mean from -4 to 4.
///
/// The limits come from nets that were trained (docs/theory.md).
///
/// Weights that are too small for the gradient are never advised to be smaller, and weights that explode or saturate
/// never larger. A factor is advised only if the net is predicted to be healthy with it; if none is, the text says so.
/// Laws that are NaN or infinite, and weights without randomness, get a sentence.
///
/// Examples: a sigmoid net with Glorot's rule vanishes and does not saturate; tanh with sigma_w^2 = 400 saturates, and
/// explodes if it has several layers.
///
/// Throws std::invalid_argument if there is no layer, a fan is 0, a variance is negative, or the threshold is negative
/// or NaN.
template <class A> [[nodiscard]] verdict judge(A const& act, network const& net, double threshold = 5.0) {
  if (net.layers.empty()) {
    detail::bad_parameter("theory::judge", "number of layers", net.layers.size(), "at least 1");
  }
  verdict v;
  v.predicted.threshold = threshold;
  if (detail::judge_laws(net, v)) {
    return v;
  }
  std::size_t const layers = net.layers.size();
  detail::expected_start const now = detail::expected_start_of(act, net, threshold);
  v.gradient = now.vanishing()   ? gradient_trend::vanishing
               : now.exploding() ? gradient_trend::exploding
                                 : gradient_trend::kept;
  v.saturated = now.saturated();
  v.gradient_size = now.gradient;
  v.slope_share = now.slope;
  v.output_size = now.output;
  v.layer = now.flattest;
  if (now.finite()) {
    v.gradient_factor = now.layers.gradient_factor();
    v.saturated_share = now.layers.layers[now.layers.most_saturated()].saturated;
  } else {
    v.gradient_factor = detail::unbounded;
  }
  // Inputs come first: what they are decides how large weights may be.
  if (std::string const inputs = detail::input_text(net); !inputs.empty()) {
    v.problem = start_problem::inputs;
    v.layer = 0;
    network standard = net;
    standard.input_mean = 0.0;
    standard.input_variance = 1.0;
    detail::expected_start after = detail::expected_start_of(act, standard, threshold);
    v.text = detail::message("The inputs ", inputs, ". Standardize them (mean 0, variance 1)",
                             after.healthy() ? "; weights can stay as they are."
                                             : ", and judge again: the weights are not fine either.");
    v.predicted = std::move(after.layers);
    return v;
  }
  if (now.healthy()) {
    v.text = detail::fine_text(now);
    for (bool const larger : {false, true}) {
      if (detail::rescaling const odd = detail::odd_layer(net, larger); odd.factor != 1.0) {
        v.layer = odd.layer;
        v.text += detail::message(" But ", detail::odd_text(odd, layers), '.');
      }
    }
    return v;
  }
  v.text = detail::complaint(now, layers) + ' ';
  if (now.saturated() && now.finite()) { // a shift of z
    start_problem problem{};
    detail::expected_start after = detail::expected_start_of(act, detail::centered(net, now, problem), threshold);
    if (problem != start_problem::none && after.distance() < 0.5 * now.distance()) {
      v.problem = problem;
      v.text += detail::message(problem == start_problem::biases ? "The biases do this: set them to 0; "
                                                                 : "The mean of the weights does this: subtract it; ",
                                detail::effect(now, after), '.');
      v.predicted = std::move(after.layers);
      return v;
    }
  }
  bool const larger = now.finite() && (now.saturated() ? !now.flat_outside() : now.vanishing());
  detail::rescaling change = detail::odd_layer(net, larger);
  if (change.factor != 1.0) {
    change.after = detail::expected_start_of(act, detail::scaled(net, change.layer, change.factor), threshold);
  }
  if (!change.after.healthy()) {
    change = detail::rescaled_net(act, net, larger, threshold);
  }
  if (!change.after.healthy()) {
    v.problem = start_problem::activation;
    v.text += detail::without_scale(act, now);
    return v;
  }
  v.problem = start_problem::weights;
  v.advised_factor = change.factor;
  v.all_layers = change.layer == layers;
  v.layer = v.all_layers ? v.layer : change.layer;
  double const square = change.factor * detail::weight_size(net.layers[v.layer]);
  std::string const draw = detail::draw_text(v.all_layers ? "the weights" : "them", change.factor, square * square);
  std::string const effect = detail::effect(now, change.after);
  v.text += v.all_layers ? detail::message(layers == 1 ? "In this layer, " : "In all layers, ", draw, ": ", effect, '.')
                         : detail::message(detail::odd_text(change, layers, true), ": ", draw, "; ", effect, '.');
  v.predicted = std::move(change.after.layers);
  return v;
}

} // namespace theory
}} // namespace satur::SATUR_ABI
