/// \file theory/predict.hpp  Predicts saturation and gradients of every layer before the weights are drawn.
#pragma once

#include "satur/activation/concept.hpp"
#include "satur/activation/peak_slope.hpp"
#include "satur/text/number.hpp"
#include "satur/text/table.hpp"
#include "satur/theory/moments.hpp"
#include "satur/theory/network.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <optional>
#include <ostream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace satur { inline namespace SATUR_ABI {

namespace detail {

/// True if an activation is flat at z: its slope is below 3 % of its peak. A sigmoid is flat at 5.
template <class A> [[nodiscard]] bool flat_at(A const& act, double z, double peak) {
  return std::fabs(both_at(act, z).slope) < 0.03 * peak;
}

} // namespace detail

namespace theory {

/// Thrown if the recursion leaves the range of double. The message names the layer.
struct divergence_error : std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};

/// The expected initial state of one layer, over units, inputs and random weights.
struct layer_prediction {
  fans size{1, 1};
  double mean = 0;     ///< of z
  double variance = 0; ///< of z
  /// Part of `variance` that all units have in common: it differs between inputs. 0 if the weights have mean 0.
  double shared_variance = 0;
  double below = 0; ///< P(z < -threshold)
  double above = 0; ///< P(z > threshold)
  /// Share of units on a flat side: `below` if f is flat at -threshold, plus `above` if f is flat at threshold. Large
  /// values of a relu do not count as saturated.
  double saturated = 0;
  double mean_output = 0;             ///< E f(z)
  double mean_squared_output = 0;     ///< E f(z)^2
  double mean_derivative = 0;         ///< E f'(z), the mean slope
  double mean_squared_derivative = 0; ///< E f'(z)^2
  double slope_saturation = 0;        ///< 1 - mean slope / peak slope (stated, or searched for)
  /// chi_1 of the layer: fan-in E w^2 E f'^2, the factor on the square of the gradient in a net of equal layers
  double chi = 0;
  /// E (dL/dz)^2 of one unit, relative to a unit of the last layer, from the fans of the layers. 1 in the last layer.
  double gradient_variance = 1;
  /// E |dL/dz|^2 of the layer, relative to that of the last layer. A product of chi, for any widths.
  double gradient_norm_squared = 1;
  /// Relative standard deviation, over drawn networks of these widths, of a network's variance of z about `variance`. 0
  /// in the first layer, because its input is known.
  double relative_error = 0;
  /// Standard deviation, over drawn networks, of the mean slope of this layer's units for one input. It comes from
  /// `relative_error` and from the finite number of units.
  double mean_derivative_error = 0;

  [[nodiscard]] double stddev() const { return std::sqrt(variance); }
  [[nodiscard]] double fraction() const { return below + above; } ///< P(|z| > threshold)
  [[deprecated("use fraction()")]] [[nodiscard]] double beyond() const { return fraction(); }
  /// Size of the gradient of a unit relative to that of the last layer: the square root of `gradient_variance`.
  [[nodiscard]] double gradient_scale() const { return std::sqrt(gradient_variance); }
};

/// The layers, first to last, and the arguments of the prediction.
struct prediction {
  double threshold = 5;
  std::vector<layer_prediction> layers{};

  /// The factor on |dL/dz|^2 from a layer to the layer below it: the geometric mean over the net, or chi of a single
  /// layer. Below 1 the gradients vanish toward the input.
  [[nodiscard]] double gradient_factor() const {
    if (layers.size() < 2) {
      return layers.empty() ? 1.0 : layers.front().chi;
    }
    return std::pow(layers.front().gradient_norm_squared, 1.0 / static_cast<double>(layers.size() - 1));
  }
  /// The layer with the largest saturated share; the first one if there are several. Throws std::out_of_range if there
  /// is no layer.
  [[nodiscard]] std::size_t most_saturated() const {
    if (layers.empty()) {
      detail::raise(std::out_of_range("satur::theory::prediction::most_saturated: there are no layers"));
    }
    auto const worst = std::max_element(layers.begin(), layers.end(),
                                        [](auto const& a, auto const& b) { return a.saturated < b.saturated; });
    return static_cast<std::size_t>(worst - layers.begin());
  }
};

/// What `predict` returns; empty if the recursion leaves the range of double, and `where` says in which layer.
template <class A>
[[nodiscard]] std::optional<prediction> predict_within_range(A const& act, network const& net, double threshold,
                                                             std::string& where) {
  if (detail::is_nan(threshold) || !(threshold >= 0.0)) {
    detail::bad_parameter("theory::predict", "threshold", threshold, "a number >= 0");
  }
  detail::require_law("theory::predict (of the input)", net.input_mean, net.input_variance);
  double const peak = satur::peak_slope_of(act);
  bool const flat_below = detail::flat_at(act, -threshold, peak);
  bool const flat_above = detail::flat_at(act, threshold, peak);
  prediction all{.threshold = threshold};
  all.layers.reserve(net.layers.size());
  double mean_in = net.input_mean;
  double variance_in = net.input_variance;
  double square_in = mean_in * mean_in + variance_in;
  double covariance_in = 0.0;         // of two inputs of a layer
  std::vector<double> slope_products; // E f'(z_i) f'(z_j) of two units
  double error = 0.0;                 // variance of q, over networks
  gaussian_moments last{};            // moments of the layer below
  for (std::size_t l = 0; l < net.layers.size(); ++l) {
    layer_law const& law = net.layers[l];
    detail::require_layer(law, l, net.layers.size());
    double const n = static_cast<double>(law.size.in);
    double const mean = n * law.weight_mean * mean_in + law.bias_mean;
    double const shared = law.weight_mean * law.weight_mean * n * (variance_in + (n - 1.0) * covariance_in);
    double const variance = n * law.weight_variance * square_in + shared + law.bias_variance;
    if (!detail::is_finite(mean) || !detail::is_finite(variance)) {
      where = detail::message("satur::theory::predict: z of layer ", l + 1, " of ", net.layers.size(), " has mean ",
                              mean, " and variance ", variance, ", beyond double",
                              l == 0 ? std::string()
                                     : detail::message("; layer ", l, " still had variance ", last.variance),
                              ". Draw smaller weights: fan-in times weight variance is ", n * law.weight_variance);
      return std::nullopt;
    }
    if (l > 0) {
      double const s = n * law.weight_variance;
      double const spread = last.mean_fourth_output - last.mean_squared_output * last.mean_squared_output;
      double const growth = last.variance > 0.0 ? last.output_growth : 0.0;
      error = s * s * (growth * growth * error + (std::max)(0.0, spread) / n);
    }
    bool const as_before = l > 0 && mean == last.mean && variance == last.variance;
    gaussian_moments const m = as_before ? last : moments(act, mean, variance);
    layer_prediction p;
    p.size = law.size;
    p.mean = mean;
    p.variance = variance;
    p.shared_variance = shared;
    p.below = probability_below(-threshold, mean, variance);
    p.above = probability_above(threshold, mean, variance);
    p.saturated = (flat_below ? p.below : 0.0) + (flat_above ? p.above : 0.0);
    p.mean_output = m.mean_output;
    p.mean_squared_output = m.mean_squared_output;
    p.mean_derivative = m.mean_derivative;
    p.mean_squared_derivative = m.mean_squared_derivative;
    p.slope_saturation = 1.0 - m.mean_derivative / peak;
    p.chi = n * (law.weight_variance + law.weight_mean * law.weight_mean) * m.mean_squared_derivative;
    p.relative_error = variance > 0.0 ? std::sqrt(error) / variance : 0.0;
    double const slope_spread = (std::max)(0.0, m.mean_squared_derivative - m.mean_derivative * m.mean_derivative);
    double const moved = variance > 0.0 ? m.derivative_growth * m.derivative_growth * error : 0.0;
    p.mean_derivative_error = std::sqrt(moved + slope_spread / static_cast<double>(law.size.out));
    all.layers.push_back(p);
    mean_in = m.mean_output;
    variance_in = m.variance_output;
    square_in = m.mean_squared_output;
    covariance_in = 0.0;
    slope_products.push_back(m.mean_derivative * m.mean_derivative);
    if (shared > 0.0 && l + 1 < net.layers.size() && net.layers[l + 1].weight_mean != 0.0) {
      detail::products_of_units const two = detail::products_of(act, mean, variance, shared);
      covariance_in = two.output - m.mean_output * m.mean_output;
      slope_products.back() = two.slope;
    }
    last = m;
  }
  double covariance = 0.0; // of dL/dz of two units of the layer above
  for (std::size_t l = all.layers.size(); l-- > 1;) {
    layer_law const& next = net.layers[l];
    layer_prediction& p = all.layers[l - 1];
    layer_prediction const& above = all.layers[l];
    double const n = static_cast<double>(next.size.out);
    double const sum = next.weight_mean * next.weight_mean *
                       (above.gradient_variance > 0.0 ? 1.0 + (n - 1.0) * covariance / above.gradient_variance : 1.0);
    double const kept = (next.weight_variance + sum) * p.mean_squared_derivative;
    covariance = n * sum * slope_products[l - 1] * above.gradient_variance;
    p.gradient_variance = n * kept * above.gradient_variance;
    p.gradient_norm_squared = static_cast<double>(next.size.in) * kept * above.gradient_norm_squared;
  }
  return all;
}

/// What each layer is expected to do before the first step. With n = fan-in, and E a, E a^2, Var a of its input:
///   E z = n E w E a + E b,   Var z = n Var w E a^2 + (E w)^2 Var(sum a) + Var b,
///
/// z is normal and a = f(z). For weights of mean 0 this is the mean-field recursion (Poole et al. 2016). Weights of
/// mean m add the shift m sum a, which all units of a layer share, so that their outputs go up and down together:
/// Var(sum a) = n Var a + n (n - 1) Cov(a_i, a_j). Inputs of the first layer count as independent.
///
/// Backward: E (dL/dz_l)^2 = fan-out E w^2 E f'(z_l)^2 E (dL/dz_{l+1})^2, with their sum too if weights have a mean.
///
/// Finite width: var q_{l+1} = (n Var w)^2 (growth^2 var q_l + Var f^2 / n), growth = dE f^2/dq (docs/theory.md).
/// Cost: about 5 microseconds a layer, and a millisecond if its weights and those of the next one have a mean.
///
/// Throws std::invalid_argument for a fan of 0, a negative variance, a number that is not finite, a threshold < 0 or
/// NaN; `divergence_error`, which names the layer, if the recursion leaves the range of double.
template <class A>
  requires activation<A, double> || activation<A, float>
[[nodiscard]] prediction predict(A const& act, network const& net, double threshold = 5.0) {
  std::string where;
  std::optional<prediction> p = predict_within_range(act, net, threshold, where);
  if (!p) {
    detail::raise(divergence_error(where));
  }
  return *std::move(p);
}

/// Predicts one layer with weights from this initializer and standardized inputs (mean 0, variance 1). Throws what the
/// initializer and `predict` throw.
template <detail::states_its_scale Init, class A>
[[nodiscard]] layer_prediction predicted(Init const& init, fans f, A const& act, double threshold = 5.0) {
  return predict(act, network{.layers = {law_of(init, f)}}, threshold).layers.front();
}

/// A table with one line for each layer.
inline std::ostream& operator<<(std::ostream& out, prediction const& p) {
  auto const row = [&out](std::array<std::string, 9> const& cells) {
    constexpr std::array<std::size_t, 9> widths{5, 10, 10, 7, 10, 10, 9, 12, 10};
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      line += text::right(' ' + cells[i], widths[i]); // a space at least
    }
    out << line + '\n';
  };
  auto const digits = [](double x) { return text::significant(x, 3); };
  row({"layer", "mean z", "var z", "+-", "z<-" + text::number(p.threshold), "z>" + text::number(p.threshold), "slope",
       "slope sat.", "gradient"});
  for (std::size_t i = 0; i < p.layers.size(); ++i) {
    layer_prediction const& l = p.layers[i];
    row({text::number(i + 1), digits(l.mean), digits(l.variance), digits(std::round(100.0 * l.relative_error)) + '%',
         digits(l.below), digits(l.above), digits(l.mean_derivative), digits(l.slope_saturation),
         digits(l.gradient_scale())});
  }
  return out;
}

} // namespace theory

using theory::predicted;

}} // namespace satur::SATUR_ABI
