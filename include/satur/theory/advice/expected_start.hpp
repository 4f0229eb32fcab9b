/// \file theory/advice/expected_start.hpp  What `judge` reads of a prediction, and the factor on weights that mends it.
#pragma once

#include "satur/activation/concept.hpp"
#include "satur/theory/predict.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace satur { inline namespace SATUR_ABI { namespace detail {

/// The limits of `theory::judge`.
inline constexpr double vanishing_below = 0.01;
inline constexpr double vanishing_below_off_center = 0.06; // an activation with f(0) != 0
inline constexpr double exploding_above = 10.0;
/// Least share of the mean slope at z ~ N(0, 1), for a net of so many layers.
[[nodiscard]] inline double least_slope(std::size_t layers) {
  return std::clamp(0.035 * static_cast<double>(layers), 0.2, 0.4);
}
inline constexpr double largest_output = 20.0; // root mean square
inline constexpr double largest_input = 10.0;  // root mean square
inline constexpr double least_input = 0.03;
inline constexpr double largest_input_mean = 4.0;

/// Size of dL/dz in the first layer over the last one's, and the mean slopes of the layers.
struct expected_start {
  theory::prediction layers{}; ///< none if the recursion leaves the range of double
  double gradient = unbounded;
  double slope = 1.0; ///< least mean slope of a layer over that of z ~ N(0, 1)
  std::size_t flattest = 0;
  double least_gradient = vanishing_below; ///< below it the gradient vanishes
  double output = 0.0;                     ///< root mean square of f(z) in the last layer

  [[nodiscard]] bool finite() const { return !layers.layers.empty(); }
  [[nodiscard]] bool vanishing() const { return is_nan(gradient) || gradient < least_gradient; }
  [[nodiscard]] bool large_output() const { return output > largest_output && gradient <= exploding_above; }
  [[nodiscard]] bool exploding() const { return gradient > exploding_above || output > largest_output; }
  [[nodiscard]] bool saturated() const { return slope < least_slope(layers.layers.size()); }
  [[nodiscard]] bool healthy() const { return finite() && !vanishing() && !exploding() && !saturated(); }
  /// The flattest layer is flat because its z is large; otherwise because it is near 0, as for a shrinkage function.
  [[nodiscard]] bool flat_outside() const {
    theory::layer_prediction const& l = layers.layers[flattest];
    return saturated() && l.mean * l.mean + l.variance > 1.0;
  }
  /// Factor on the size of dL/dz from a layer to the one below: the geometric mean over the net.
  [[nodiscard]] double a_layer() const {
    return layers.layers.size() < 2 ? 1.0 : std::pow(gradient, 1.0 / static_cast<double>(layers.layers.size() - 1));
  }
  /// The largest number of layers of the net, counted from the first, that is healthy.
  [[nodiscard]] std::size_t layers_kept() const {
    std::size_t kept = finite() && !saturated() ? 1 : 0;
    for (std::size_t l = 1; kept != 0 && l < layers.layers.size(); ++l) {
      double const size = gradient / std::sqrt(layers.layers[l].gradient_norm_squared);
      if (size >= least_gradient && size <= exploding_above) {
        kept = l + 1;
      }
    }
    return kept;
  }
  /// How far it is from healthy: 0 if it is, else the sum of logarithms of what the limits are exceeded by.
  [[nodiscard]] double distance() const {
    auto const beyond = [](double ratio) { return ratio > 1.0 ? (std::min)(std::log(ratio), 1000.0) : 0.0; };
    return finite() ? beyond(least_gradient / gradient) + beyond(gradient / exploding_above) +
                          beyond(output / largest_output) + beyond(least_slope(layers.layers.size()) / slope)
                    : 3000.0;
  }
};

template <class A>
[[nodiscard]] expected_start expected_start_of(A const& act, theory::network const& net, double threshold) {
  expected_start s;
  if (std::fabs(both_at(act, 0.0).value) > 1e-3) {
    s.least_gradient = vanishing_below_off_center;
  }
  std::string where;
  std::optional<theory::prediction> p = theory::predict_within_range(act, net, threshold, where);
  if (!p) {
    return s; // its gradient is unbounded
  }
  s.layers = *std::move(p);
  s.gradient = std::sqrt(s.layers.layers.front().gradient_norm_squared);
  s.output = std::sqrt(s.layers.layers.back().mean_squared_output);
  double const usual = std::fabs(theory::moments(act, 0.0, 1.0).mean_derivative);
  if (!(usual > 0.0) || !is_finite(usual)) {
    return s; // an activation without slope at z ~ N(0, 1): nothing to compare with
  }
  s.slope = unbounded;
  for (std::size_t l = 0; l < s.layers.layers.size(); ++l) {
    double const share = std::fabs(s.layers.layers[l].mean_derivative) / usual;
    if (share < s.slope) {
      s.slope = share;
      s.flattest = l;
    }
  }
  return s;
}

/// Standard deviation of the weights of a layer, times sqrt(fan-in): the factor on the size of a signal.
[[nodiscard]] inline double weight_size(theory::layer_law const& law) {
  return std::sqrt(static_cast<double>(law.size.in) * (law.weight_variance + law.weight_mean * law.weight_mean));
}

[[nodiscard]] inline double median_of(std::vector<double> x) {
  std::sort(x.begin(), x.end());
  return 0.5 * (x[(x.size() - 1) / 2] + x[x.size() / 2]);
}

/// Two significant digits; below 1 those of 1/x, because it is told as a division.
[[nodiscard]] inline double rounded_factor(double x) {
  double const y = x < 1.0 ? 1.0 / x : x;
  double const unit = std::pow(10.0, std::floor(std::log10(y)) - 1.0);
  double const r = std::round(y / unit) * unit;
  return x < 1.0 ? 1.0 / r : r;
}

/// The net with the weights of one layer (of all layers: `layer` is their number) times a factor.
[[nodiscard]] inline theory::network scaled(theory::network net, std::size_t layer, double factor) {
  for (std::size_t l = 0; l < net.layers.size(); ++l) {
    if (layer == net.layers.size() || layer == l) {
      net.layers[l].weight_variance *= factor * factor;
      net.layers[l].weight_mean *= factor;
    }
  }
  return net;
}

/// A change of the weights and what it leads to. `layer` is the number of layers if it is meant for all.
struct rescaling {
  double factor = 1.0;
  std::size_t layer = 0;
  double of_others = 1.0; ///< for one layer: its size over that of the others
  expected_start after{};
};

/// The layer with the smallest (or largest) weights if they are 3 times smaller (larger) than the median of the other
/// layers or more, with the factor that brings it to their size. A factor of 1 if there is none.
[[nodiscard]] inline rescaling odd_layer(theory::network const& net, bool larger) {
  rescaling r;
  if (net.layers.size() < 2) {
    return r;
  }
  std::vector<double> sizes;
  for (theory::layer_law const& law : net.layers) {
    sizes.push_back(weight_size(law));
  }
  auto const at = larger ? std::min_element(sizes.begin(), sizes.end()) : std::max_element(sizes.begin(), sizes.end());
  double const own = *at;
  r.layer = static_cast<std::size_t>(at - sizes.begin());
  sizes.erase(at);
  r.of_others = own / median_of(sizes);
  if (larger ? r.of_others < 1.0 / 3.0 : r.of_others > 3.0) {
    r.factor = rounded_factor(1.0 / r.of_others);
  }
  return r;
}

/// The factor on all weights that keeps the gradient best while each layer has most of its slope; the smallest change
/// of several. Only factors above 1 are tried if `larger`, only those below 1 otherwise.
template <class A>
[[nodiscard]] rescaling rescaled_net(A const& act, theory::network const& net, bool larger, double threshold) {
  std::vector<double> sizes;
  for (theory::layer_law const& law : net.layers) {
    sizes.push_back(weight_size(law));
  }
  double const middle = median_of(std::move(sizes));
  double const least = larger ? 1.0 : (std::min)(1.0 / 64.0, 1.0 / 64.0 / middle);
  double const most = larger ? (std::max)(64.0, 64.0 / middle) : 1.0;
  rescaling best{.layer = net.layers.size()};
  double lowest = unbounded;
  for (int k = 1; k < 800; ++k) {
    double const factor = rounded_factor(std::exp2((larger ? 0.125 : -0.125) * k));
    if (!(factor >= least && factor <= most)) {
      break;
    }
    expected_start s = expected_start_of(act, scaled(net, best.layer, factor), threshold);
    if (!s.finite()) {
      continue;
    }
    double const cost = std::fabs(std::log(s.gradient)) + 4.0 * (std::max)(0.0, std::log(0.7 / s.slope)) +
                        (std::max)(0.0, std::log(s.output / 2.0)) + (s.healthy() ? 0.0 : 1e6);
    if (cost < lowest - 1e-9) {
      lowest = cost;
      best.factor = factor;
      best.after = std::move(s);
    }
  }
  return best;
}

}}} // namespace satur::SATUR_ABI::detail
