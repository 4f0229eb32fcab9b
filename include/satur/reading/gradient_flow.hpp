/// \file reading/gradient_flow.hpp  Whether dL/dz reaches the first layer.
///
/// All readings use dL/dz. In a tanh net at initialization the weight gradients have the same size in every layer even
/// if dL/dz vanishes.
#pragma once

#include "satur/error.hpp"
#include "satur/reading/gradient_limits.hpp"
#include "satur/record/gradient.hpp"
#include "satur/simd/special_values.hpp"
#include "satur/text/number.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <ostream>
#include <span>
#include <string_view>

namespace satur { inline namespace SATUR_ABI {

/// The change of a gradient in the backward pass.
enum class flow { unknown, healthy, vanishing, exploding, not_finite };
[[nodiscard]] constexpr std::string_view to_text(flow f) {
  return f == flow::healthy      ? "healthy"
         : f == flow::vanishing  ? "vanishing"
         : f == flow::exploding  ? "exploding"
         : f == flow::not_finite ? "not finite"
                                 : "unknown";
}

/// First layer (nearest to the input) against last: ratio = norm(dL/dz first) / norm(dL/dz last). Pass records of one
/// step, because the norm over several steps grows with their number. unknown: one of the two records is empty. A first
/// layer with only zeros counts as vanishing.
struct gradient_flow {
  double first = std::numeric_limits<double>::quiet_NaN(); ///< norm of dL/dz in the first layer
  double last = std::numeric_limits<double>::quiet_NaN();  ///< norm of dL/dz in the last layer
  double ratio = std::numeric_limits<double>::quiet_NaN();
  flow state = flow::unknown;

  friend std::ostream& operator<<(std::ostream& out, gradient_flow const& f) {
    return out << "gradient flow " << to_text(f.state) << ": norm of dL/dz " << text::significant(f.first, 3)
               << " in the first layer, " << text::significant(f.last, 3) << " in the last, ratio "
               << text::significant(f.ratio, 3);
  }
};

[[nodiscard]] inline gradient_flow flow_of(gradient_record const& first, gradient_record const& last,
                                           gradient_limits const& limits = {}) {
  gradient_flow f;
  f.first = first.norm();
  f.last = last.norm();
  f.ratio = f.first / f.last;
  if (first.nonfinite() || last.nonfinite()) {
    f.state = flow::not_finite;
  } else if (first.count == 0 || last.count == 0) {
    f.state = flow::unknown;
  } else if (detail::is_above(f.ratio, limits.exploding_ratio)) {
    f.state = flow::exploding;
  } else if (f.first == 0.0 ||
             (detail::is_below(f.ratio, limits.vanishing_ratio) && f.first < limits.vanishing_first)) {
    f.state = flow::vanishing;
  } else {
    f.state = flow::healthy;
  }
  return f;
}
/// Pass the layers in the order of the forward pass. unknown with fewer than two layers; not_finite if any layer is.
[[nodiscard]] inline gradient_flow flow_of(std::span<gradient_record const> layers,
                                           gradient_limits const& limits = {}) {
  if (layers.size() < 2) {
    return {};
  }
  gradient_flow f = flow_of(layers.front(), layers.back(), limits);
  if (std::any_of(layers.begin(), layers.end(), [](gradient_record const& g) { return g.nonfinite(); })) {
    f.state = flow::not_finite;
  }
  return f;
}

/// rms(dL/dz of a layer) / rms(dL/dz of the next one): below 1 if the gradient shrinks in the backward pass.
[[nodiscard]] inline double layer_ratio(gradient_record const& layer, gradient_record const& next) {
  return layer.rms() / next.rms();
}

/// The longest run of layer ratios that all shrink the gradient, or all grow it.
struct layer_flow {
  flow state = flow::unknown;
  std::size_t from = 0;   ///< first layer of the run
  std::size_t ratios = 0; ///< its length: the ratios between layers `from` and `from + ratios`
  double smallest = std::numeric_limits<double>::quiet_NaN(); ///< least of all ratios
  double largest = std::numeric_limits<double>::quiet_NaN();

  friend std::ostream& operator<<(std::ostream& out, layer_flow const& f) {
    out << "layer to layer " << to_text(f.state) << ": rms of dL/dz over that of the next layer from "
        << text::significant(f.smallest, 3) << " to " << text::significant(f.largest, 3);
    if (f.ratios != 0) {
      out << ", longest one-way stretch layers " << f.from << " to " << f.from + f.ratios;
    }
    return out;
  }
};

/// Pass the layers in the order of the forward pass. Vanishing or exploding if limits.consecutive_layers ratios in a
/// row are at or beyond their limit; unknown with fewer than two layers. A ratio of NaN ends a run.
[[nodiscard]] inline layer_flow layer_flow_of(std::span<gradient_record const> layers,
                                              gradient_limits const& limits = {}) {
  layer_flow f;
  if (layers.size() < 2) {
    return f;
  }
  f.state = flow::healthy;
  std::size_t shrinking = 0;
  std::size_t growing = 0;
  bool longest_grows = false;
  auto const keep = [&](std::size_t length, std::size_t end, bool grows) {
    if (length > f.ratios) {
      f.ratios = length;
      f.from = end - length;
      longest_grows = grows;
    }
  };
  for (std::size_t l = 0; l + 1 < layers.size(); ++l) {
    double const ratio = layer_ratio(layers[l], layers[l + 1]);
    bool const known = !detail::is_nan(ratio);
    shrinking = known && ratio <= limits.shrinking_layer ? shrinking + 1 : 0;
    growing = known && ratio >= limits.growing_layer ? growing + 1 : 0;
    keep(shrinking, l + 1, false);
    keep(growing, l + 1, true);
    if (known) {
      f.smallest = detail::is_nan(f.smallest) ? ratio : (std::min)(f.smallest, ratio);
      f.largest = detail::is_nan(f.largest) ? ratio : (std::max)(f.largest, ratio);
    }
  }
  if (std::any_of(layers.begin(), layers.end(), [](gradient_record const& g) { return g.nonfinite(); })) {
    f.state = flow::not_finite;
  } else if (f.ratios != 0 && f.ratios >= limits.consecutive_layers) {
    f.state = longest_grows ? flow::exploding : flow::vanishing;
  }
  return f;
}

/// True if at least limits.zero_share of dL/dz is exactly 0. False for an empty record.
[[nodiscard]] inline bool mostly_zero(gradient_record const& g, gradient_limits const& limits = {}) {
  return g.count != 0 && g.zero_fraction() >= limits.zero_share;
}

}} // namespace satur::SATUR_ABI
