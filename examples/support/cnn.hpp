// A convolutional network that ends in logits: two convolutions with pooling, and one hidden layer of units, after
// LeNet (LeCun, Bottou, Bengio, Haffner 1998).
#pragma once

#include "data/task.hpp"
#include "support/options.hpp"
#include "support/text.hpp"

#include <satur/activation.hpp>
#include <satur/layer.hpp>
#include <satur/loss.hpp>
#include <satur/monitor.hpp>

#include <algorithm>
#include <cstddef>
#include <ostream>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace support {

using images = xt::xtensor<float, 4>; ///< (batch, channels, rows, columns)

inline auto layers_of_cnn(options const& o, datasets::task const& t, satur::any_activation_for<float> const& act) {
  constexpr std::size_t smallest = 16; // 5 x 5, halved, 5 x 5, halved: one pixel is left
  if (t.rows < smallest || t.columns < smallest) {
    throw std::invalid_argument(text("--net cnn takes pictures of at least %zu x %zu pixels; these are %zu x %zu",
                                     smallest, smallest, t.rows, t.columns));
  }
  std::mt19937_64 urbg(o.seed);
  any_initializer const init = o.initializer();
  auto const left = [](std::size_t extent) { return ((extent - 4) / 2 - 4) / 2; }; // of rows or columns
  using satur::named;
  return satur::sequential{
      named("conv 1", satur::conv2d<float>{1, 8, {5, 5}, init, urbg}),
      satur::max_pool2d<float>{{2, 2}}, // before the activation: behind it, three of four dL/dz would be 0
      act,
      named("conv 2", satur::conv2d<float>{8, 16, {5, 5}, init, urbg}),
      satur::max_pool2d<float>{{2, 2}},
      act,
      satur::flatten<float>{},
      named("hidden", satur::dense<float>{16 * left(t.rows) * left(t.columns), o.width, init, urbg}),
      act,
      named("output", satur::dense<float>{o.width, t.classes, init, urbg})};
}

struct cnn {
  satur::any_activation_for<float> act;
  decltype(layers_of_cnn({}, {}, satur::any_activation_for<float>(satur::relu{}))) layers;
  std::size_t rows, columns;
  satur::softmax_cross_entropy<float> loss{};
  images pictures{};

  cnn(options const& o, datasets::task const& t, satur::any_activation_for<float> const& chosen)
      : act(chosen), layers(layers_of_cnn(o, t, chosen)), rows(t.rows), columns(t.columns) {}

  /// The rows of x as pictures of one channel.
  images const& as_pictures(datasets::matrix const& x) {
    pictures.resize({x.shape(0), 1, rows, columns});
    std::copy(x.begin(), x.end(), pictures.data());
    return pictures;
  }
};

/// Mean loss of the network on pictures; `net.loss.correct` then has how many it names right.
inline double loss_of(cnn& net, datasets::matrix const& x, std::vector<int> const& labels) {
  return net.loss.forward(net.layers.forward(net.as_pictures(x)), labels);
}

/// Before the first step: the layers, what theory expects of independent pixels, and what the first batch gave.
inline void show_forecast(std::ostream& out, cnn const& net, options const& o, datasets::task const& t,
                          satur::monitor const& measured) {
  satur::saturation const pixels = satur::observe(satur::identity{}, t.test_x);
  out << "Before the first step, predicted for independent pixels\n"
      << satur::summary(net.layers, {o.batch, 1, t.rows, t.columns},
                        {.input_mean = pixels.mean_z(), .input_variance = pixels.variance_z()})
      << "on the first batch, where pixels next to each other are much the same:\n";
  for (satur::layer_monitor const& layer : measured) {
    satur::saturation const& s = layer.last().saturation;
    if (s.activation != "identity" && s.count != 0) {
      out << text("%-7s  saturated %s %%, mean slope %s\n", layer.name().c_str(), percent(s.fraction()).c_str(),
                  satur::text::significant(s.mean_derivative(), 3).c_str());
    }
  }
  out << '\n';
}

} // namespace support
