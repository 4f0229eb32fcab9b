/// \file theory/network.hpp  A network before its weights are drawn: its sizes, and the distributions of weights and
/// biases.
#pragma once

#include "satur/initializer/concept.hpp"
#include "satur/initializer/fans.hpp"
#include "satur/theory/normal_law.hpp"

#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

namespace satur { inline namespace SATUR_ABI {

namespace theory {

/// The distribution of the weights and biases of one layer. It holds variances of a single number, not standard
/// deviations.
struct layer_law {
  fans size{1, 1};            ///< fan-in and fan-out
  double weight_variance = 0; ///< variance of one weight: stddev(fans)^2, not times fan-in
  double weight_mean = 0;
  double bias_variance = 0;
  double bias_mean = 0;
  bool operator==(layer_law const&) const = default;
};

/// Layers, first to last, and the input: its mean and variance over the numbers of an input. They are 0 and 1 for a
/// standardized input; pixels from 0 to 1 are not standardized.
struct network {
  std::vector<layer_law> layers{};
  double input_mean = 0;
  double input_variance = 1;
  bool operator==(network const&) const = default;
};

} // namespace theory

namespace detail {

template <class Init> [[nodiscard]] double mean_of(Init const& init, fans f) {
  if constexpr (requires {
                  { init.mean(f) } -> std::convertible_to<double>;
                }) {
    return init.mean(f);
  } else {
    return 0.0;
  }
}
template <class Init>
concept states_its_scale = requires(Init const& init, fans f) {
  { init.stddev(f) } -> std::convertible_to<double>;
};

inline void require_layer(theory::layer_law const& law, std::size_t index, std::size_t count) {
  auto const fail = [&](char const* what, double given, char const* allowed) {
    bad_parameter("theory::predict", message(what, " of layer ", index + 1, " of ", count), given, allowed);
  };
  checked(law.size, "theory::predict");
  for (auto const& [what, given] :
       {std::pair{"weight variance", law.weight_variance}, std::pair{"bias variance", law.bias_variance}}) {
    if (!is_finite(given) || given < 0.0) {
      fail(what, given, "a finite number >= 0");
    }
  }
  for (auto const& [what, given] : {std::pair{"weight mean", law.weight_mean}, std::pair{"bias mean", law.bias_mean}}) {
    if (!is_finite(given)) {
      fail(what, given, "a finite number");
    }
  }
}

} // namespace detail

namespace theory {

/// The distribution of a layer with weights from an initializer and zero biases. Accepts any rule with stddev(fans),
/// and uses mean(fans) if the rule has it. Throws what these throw.
template <detail::states_its_scale Init> [[nodiscard]] layer_law law_of(Init const& init, fans f) {
  double const scale = init.stddev(f);
  return {.size = f, .weight_variance = scale * scale, .weight_mean = detail::mean_of(init, f)};
}

/// A dense network of one rule, biases zero: widths {784, 300, 300, 10} are three layers.
/// Throws std::invalid_argument with fewer than two widths, or a width of 0.
template <detail::states_its_scale Init>
[[nodiscard]] network network_of(Init const& init, std::vector<std::size_t> const& widths, double input_mean = 0,
                                 double input_variance = 1) {
  if (widths.size() < 2) {
    detail::bad_parameter("theory::network_of", "number of widths", widths.size(),
                          "at least 2: the inputs, then the units of each layer");
  }
  network net{.input_mean = input_mean, .input_variance = input_variance};
  net.layers.reserve(widths.size() - 1);
  for (std::size_t i = 0; i + 1 < widths.size(); ++i) {
    net.layers.push_back(law_of(init, detail::checked({widths[i], widths[i + 1]}, "theory::network_of")));
  }
  return net;
}

} // namespace theory
}} // namespace satur::SATUR_ABI
