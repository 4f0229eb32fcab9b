/// \file theory/recommend.hpp  Recommends an initializer and its gain for an activation and the widths of a net.
#pragma once

#include "satur/initializer/glorot.hpp"
#include "satur/initializer/lecun.hpp"
#include "satur/theory/predict.hpp"
#include "satur/theory/verdict.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace satur { inline namespace SATUR_ABI {

namespace theory {

/// A rule with its gain, and the expected result.
struct recommendation {
  std::variant<lecun_normal, glorot_normal> initializer{}; ///< use std::visit to fill
  double gain = 1;
  prediction expected{};
  verdict outlook{}; ///< not healthy if no scale is; its text gives the reason

  [[nodiscard]] std::string_view rule() const {
    return std::visit([](auto const& init) { return init.name; }, initializer);
  }
  [[nodiscard]] double stddev(fans f) const {
    return std::visit([f](auto const& init) { return init.stddev(f); }, initializer);
  }
};

} // namespace theory

namespace detail {

/// The distance of a net of this scale from the best one: |ln| of the factor of a layer on the square of the gradient
/// (for a single layer, of its chi). A share of saturated units above 5 % outweighs it.
[[nodiscard]] inline double distance_from_best(theory::prediction const& p) {
  double saturated = 0.0;
  for (theory::layer_prediction const& l : p.layers) {
    saturated = (std::max)(saturated, l.saturated);
  }
  double const off = std::fabs(std::log(p.gradient_factor()));
  return (off < unbounded ? off : unbounded) + (saturated > 0.05 ? 100.0 * (1.0 + saturated) : 0.0);
}

} // namespace detail

namespace theory {

/// The rule and the gain, from 1/16 to 64, that keep the size of the gradients best from the last layer to the first,
/// while no layer has more than 5 % of its units on a flat side beyond 5. If the gradient vanishes even so, and larger
/// weights keep it within the limits of `judge`, these are taken. `lecun_normal` (fan-in) and `glorot_normal`
/// (both fans) are tried. Takes about 5 to 50 milliseconds for 20 layers.
///
/// Examples: relu gets sqrt 2. A sigmoid net of 20 layers gets the widest weights that do not saturate it, and an
/// outlook that says that its gradients vanish anyway.
///
/// Throws std::invalid_argument if there are fewer than two widths, a width is 0, or the mean or variance of the input
/// is not finite.
template <class A>
[[nodiscard]] recommendation recommend(A const& act, std::vector<std::size_t> const& widths, double input_mean = 0,
                                       double input_variance = 1) {
  auto const net = [&](bool glorot, double gain) {
    return glorot ? network_of(glorot_normal{gain}, widths, input_mean, input_variance)
                  : network_of(lecun_normal{gain}, widths, input_mean, input_variance);
  };
  auto const distance = [&](bool glorot, double gain) {
    std::string where;
    std::optional<prediction> const p = predict_within_range(act, net(glorot, gain), 5.0, where);
    return p ? detail::distance_from_best(*p) : detail::unbounded; // no candidate leaves the range of double
  };
  recommendation best;
  double least = detail::unbounded;
  bool best_is_glorot = false;
  bool const alike = widths.size() > 1 && std::ranges::all_of(widths, [&](auto w) { return w == widths.front(); });
  for (bool const glorot : {false, true}) {
    if (glorot && alike) {
      continue; // the same weights
    }
    double middle = 1.0;
    double here = detail::unbounded;
    double const step = std::exp2(0.25);
    for (int i = -16; i <= 24; ++i) {
      double const gain = std::exp2(0.25 * i);
      if (double const d = distance(glorot, gain); d < here) {
        here = d;
        middle = gain;
      }
    }
    double low = middle / step;
    double high = middle * step;
    for (int i = 0; i < 40 && high - low > 1e-7 * middle; ++i) { // golden section
      double const a = high - 0.6180339887498949 * (high - low);
      double const b = low + 0.6180339887498949 * (high - low);
      if (distance(glorot, a) <= distance(glorot, b)) {
        high = b;
      } else {
        low = a;
      }
    }
    double const gain = 0.5 * (low + high);
    double const d = distance(glorot, gain);
    if (d < here) {
      here = d;
      middle = gain;
    }
    if (here < least - 1e-6) { // keep the simpler rule unless the other one is better
      least = here;
      best.gain = middle;
      best_is_glorot = glorot;
    }
  }
  best.outlook = judge(act, net(best_is_glorot, best.gain));
  if (best.outlook.all_layers) { // larger weights are fine after all
    best.gain *= best.outlook.advised_factor;
    best.outlook = judge(act, net(best_is_glorot, best.gain));
  }
  if (best_is_glorot) {
    best.initializer = glorot_normal{best.gain};
  } else {
    best.initializer = lecun_normal{best.gain};
  }
  best.expected = predict(act, net(best_is_glorot, best.gain));
  return best;
}

} // namespace theory
}} // namespace satur::SATUR_ABI
