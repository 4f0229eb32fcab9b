// A multi-layer perceptron that ends in logits.
#pragma once

#include "data/task.hpp"
#include "support/options.hpp"

#include <satur/activation.hpp>
#include <satur/finding.hpp>
#include <satur/layer.hpp>
#include <satur/loss.hpp>
#include <satur/monitor.hpp>
#include <satur/rule.hpp>
#include <satur/theory.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <deque>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace support {

using datasets::matrix;

struct hidden_layer {
  std::string name;
  satur::dense<float> fc;
  matrix a;     ///< activation, (batch, width)
  matrix slope; ///< f'(z)
  matrix dz;    ///< dL/dz
};

struct network {
  satur::any_activation_for<float> act; ///< chosen at run time; satur::sigmoid{} would do as well
  std::deque<hidden_layer> hidden;
  satur::dense<float> output;
  satur::softmax_cross_entropy<float> loss;
  bool watch_output; ///< false if the rule says nothing of logits
};

inline bool applies(satur::any_rule const& rule, satur::identity const& act) {
  try {
    static_cast<void>(rule.limits(act));
    return true;
  } catch (std::invalid_argument const&) {
    return false;
  }
}

inline network build(options const& o, datasets::task const& t, satur::any_activation_for<float> const& act,
                     satur::any_rule const& rule) {
  std::mt19937_64 urbg(o.seed);
  any_initializer const init = o.initializer();
  std::deque<hidden_layer> hidden;
  std::size_t in = t.inputs;
  for (std::size_t l = 1; l <= o.depth; ++l, in = o.width) {
    matrix const buffer = xt::zeros<float>({o.batch, o.width});
    hidden.push_back({"hidden " + std::to_string(l), {in, o.width, init, urbg}, buffer, buffer, buffer});
  }
  return {act, std::move(hidden), {in, t.classes, init, urbg}, {}, applies(rule, satur::identity{})};
}

/// Mean loss of the network on pictures; `net.loss.correct` then has how many it names right.
inline double loss_of(network& net, matrix const& x, std::vector<int> const& labels) {
  matrix a = x;
  for (hidden_layer& h : net.hidden) {
    a = h.fc.forward(a);
    satur::apply(net.act, a, a);
  }
  return net.loss.forward(net.output.forward(a), labels);
}

/// rms dL/dz of the first hidden layer divided by that of the last, per layer that it passes; NaN for one layer.
inline double gradient_ratio(network& net, matrix const& x, std::vector<int> const& labels) {
  std::vector<matrix> z;
  matrix a = x;
  for (hidden_layer& h : net.hidden) {
    z.push_back(h.fc.forward(std::move(a))); // backward needs what came in: the layer keeps it
    a = z.back();
    satur::apply(net.act, a, a);
  }
  net.loss.forward(net.output.forward(std::move(a)), labels);
  matrix da = net.output.backward(net.loss.backward());
  std::vector<double> rms;
  for (std::size_t l = net.hidden.size(); l-- > 0;) {
    matrix slope = z[l];
    satur::apply_derivative(net.act, slope, slope);
    matrix const dz = da * slope;
    satur::saturation const s = satur::observe(satur::identity{}, dz);
    rms.push_back(std::sqrt(s.mean_z() * s.mean_z() + s.variance_z()));
    da = net.hidden[l].fc.backward(dz);
  }
  return std::pow(rms.back() / rms.front(), 1.0 / static_cast<double>(rms.size() - 1));
}

/// Share of right answers on the test data.
template <class Net> double test_accuracy(Net& net, datasets::task const& t) {
  static_cast<void>(loss_of(net, t.test_x, t.test_labels));
  return static_cast<double>(net.loss.correct) / static_cast<double>(t.test_labels.size());
}

/// A network while it trains: all that a step needs, and all that is known of the steps before.
template <class Net> struct training_of {
  Net net;
  datasets::task data;
  double rate;
  double chance;              ///< loss of a model that knows nothing
  satur::monitor seen;        ///< sampled, each unit by itself: for the diagnosis
  satur::loss_history losses; ///< of the whole run; a repair clears what is `seen`
  matrix x;                   ///< the batch
  std::vector<int> labels;

  /// For the diagnosis, about every hundredth part of the run is enough.
  training_of(options const& o, datasets::task const& t, Net const& start, satur::any_rule const& rule)
      : net(start), data(t), rate(o.rate), chance(t.chance()),
        seen({.rule = rule,
              .histograms = !o.format.empty()                         ? 1u // from which a scale is advised
                            : o.html.empty() && o.tensorboard.empty() ? 0u
                                                                      : 8u,
              .units = true,
              .formats = o.formats(),
              .sampling = {.every = std::clamp<std::size_t>(o.steps / 100, 1, 10)}}),
        x(matrix::from_shape({o.batch, t.inputs})), labels(o.batch) {}

  [[nodiscard]] std::vector<satur::finding> diagnose() const {
    satur::any_activation const act = net.act;
    return satur::diagnose(seen, {}, std::span(&act, 1));
  }
};

using training = training_of<network>;

/// What theory expects of these weights, from the moments of the data alone.
inline satur::theory::network expected_network(options const& o, datasets::task const& t) {
  satur::theory::network net;
  satur::saturation const pixels = satur::observe(satur::identity{}, t.test_x);
  net.input_mean = pixels.mean_z();
  net.input_variance = pixels.variance_z();
  std::size_t in = t.inputs;
  for (std::size_t l = 0; l < o.depth; ++l, in = o.width) {
    net.layers.push_back(o.initializer().law({in, o.width}));
  }
  return net;
}

} // namespace support
