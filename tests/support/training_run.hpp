// A training run in plain vectors that hands its monitor everything: layers, gradients, updates, data and loss.
#pragma once

#include "satur/finding.hpp"
#include "satur/initializer.hpp"
#include "satur/monitor.hpp"

#include "support/plain_net.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace test {

/// Hidden layers "hidden 1", … and "output", softmax cross entropy, stochastic gradient descent. The data are four
/// Gaussian clusters in eight dimensions, with mean 0 and variance near 1 in each feature; a net that learns separates
/// them within some dozen steps.
struct training_run {
  static constexpr std::size_t features = 8;
  static constexpr std::size_t classes = 4;

  satur::any_activation act;
  std::size_t batch;
  double rate = 0.1;
  bool gives_data = true;
  bool gives_loss = true;
  bool gives_weights = true;
  bool gives_gradients = true;
  bool gives_chance = true;
  bool watched = true;        ///< false: the monitor is handed nothing
  bool forgets_slope = false; ///< the backward pass leaves out f'(z)
  std::vector<plain_layer> layers{};
  std::vector<plain_layer> start{}; ///< the layers as they were before the first step
  std::vector<double> x{};          ///< the last batch
  std::vector<std::size_t> y{};
  double loss = 0.0;
  std::size_t steps = 0;
  satur::monitor mon{satur::monitor_options{.units = true}};
  std::mt19937_64 urbg;
  /// Changes the batch before it is used, or null.
  void (*on_data)(training_run&) = nullptr;

  /// `gain`: fan-in times the variance of the weights of hidden layers.
  training_run(satur::any_activation activation, std::size_t depth, double gain, std::uint64_t seed = 1,
               std::size_t width = 24, std::size_t samples = 64)
      : act(activation), batch(samples), urbg(seed) {
    for (std::size_t l = 0; l <= depth; ++l) {
      std::size_t const in = l == 0 ? features : width;
      std::size_t const out = l == depth ? classes : width;
      plain_layer layer{in, out, {}, std::vector<double>(out, 0.0), {}, {}, {}, {}};
      layer.w = standard_normal(in * out, urbg, 0.0, std::sqrt((l == depth ? 1.0 : gain) / static_cast<double>(in)));
      layers.push_back(layer);
    }
  }

  [[nodiscard]] std::string name(std::size_t l) const {
    return l + 1 == layers.size() ? "output" : "hidden " + std::to_string(l + 1);
  }
  [[nodiscard]] bool last(std::size_t l) const { return l + 1 == layers.size(); }

  void draw() {
    x = standard_normal(batch * features, urbg, 0.0, 0.6);
    y.assign(batch, 0);
    for (std::size_t s = 0; s < batch; ++s) {
      y[s] = static_cast<std::size_t>(urbg() % classes);
      for (std::size_t f = 0; f < features; ++f) {
        x[s * features + f] += ((y[s] >> (f % 2)) & 1u) != 0u ? 0.8 : -0.8;
      }
    }
  }
  void forward(satur::monitor* to = nullptr) {
    std::vector<double> const* a = &x;
    for (std::size_t l = 0; l < layers.size(); ++l) {
      plain_layer& p = layers[l];
      affine(p, *a, batch);
      p.a.resize(p.z.size());
      p.slope.resize(p.z.size());
      auto const layout = satur::unit_layout::matrix(batch, p.out);
      if (last(l)) {
        if (to != nullptr) {
          (*to)[name(l)].observe(satur::identity{}, p.z, layout);
        }
      } else if (to != nullptr) {
        (*to)[name(l)].forward(act, p.z, p.a, p.slope, layout);
      } else {
        satur::apply(act, p.z, p.a, p.slope);
      }
      a = &p.a;
    }
  }
  /// Softmax cross entropy; dL/dz of the output layer.
  std::vector<double> output_gradient() {
    std::vector<double> const& z = layers.back().z;
    std::vector<double> dz(z.size());
    loss = 0.0;
    for (std::size_t s = 0; s < batch; ++s) {
      double const top =
          *std::max_element(z.begin() + std::ptrdiff_t(s * classes), z.begin() + std::ptrdiff_t((s + 1) * classes));
      double total = 0.0;
      for (std::size_t c = 0; c < classes; ++c) {
        total += std::exp(z[s * classes + c] - top);
      }
      for (std::size_t c = 0; c < classes; ++c) {
        dz[s * classes + c] = (std::exp(z[s * classes + c] - top) / total - (c == y[s] ? 1.0 : 0.0)) / double(batch);
      }
      loss += (std::log(total) + top - z[s * classes + y[s]]) / double(batch);
    }
    return dz;
  }
  void step() {
    if (steps == 0) {
      start = layers;
    }
    draw();
    if (on_data != nullptr) {
      on_data(*this);
    }
    if (watched && gives_data) {
      mon.input(x, satur::unit_layout::matrix(batch, features));
    }
    forward(watched ? &mon : nullptr);
    std::vector<double> dz = output_gradient();
    if (watched && gives_loss) {
      gives_chance ? mon.loss(loss, std::log(double(classes))) : mon.loss(loss);
    }
    for (std::size_t l = layers.size(); l-- > 0;) {
      plain_layer& p = layers[l];
      if (watched && gives_gradients) {
        mon[name(l)].gradient(dz, satur::unit_layout::matrix(batch, p.out));
      }
      std::vector<double> const& input = l == 0 ? x : layers[l - 1].a;
      std::vector<double> dw(p.w.size(), 0.0);
      std::vector<double> db(p.out, 0.0);
      std::vector<double> below(batch * p.in, 0.0);
      for (std::size_t s = 0; s < batch; ++s) {
        for (std::size_t j = 0; j < p.out; ++j) {
          db[j] += dz[s * p.out + j];
        }
        for (std::size_t i = 0; i < p.in; ++i) {
          for (std::size_t j = 0; j < p.out; ++j) {
            below[s * p.in + i] += dz[s * p.out + j] * p.w[i * p.out + j];
            dw[i * p.out + j] += dz[s * p.out + j] * input[s * p.in + i];
          }
          below[s * p.in + i] *= l == 0 || forgets_slope ? 1.0 : layers[l - 1].slope[s * p.in + i];
        }
      }
      if (watched && gives_weights) {
        mon[name(l)].update(p.w, dw, -rate);
      }
      for (std::size_t k = 0; k < p.w.size(); ++k) {
        p.w[k] -= rate * dw[k];
      }
      for (std::size_t j = 0; j < p.out; ++j) {
        p.b[j] -= rate * db[j];
      }
      dz = std::move(below);
    }
    if (watched) {
      mon.end_step();
    }
    ++steps;
  }
  /// Steps until there were that many. The units' window holds the last five.
  void run_to(std::size_t count) {
    while (steps < count) {
      if (steps + 5 == count) {
        mon.start_window();
      }
      step();
    }
  }

  void scale(std::size_t l, double factor) {
    for (double& w : layers[l].w) {
      w *= factor;
    }
  }
  [[nodiscard]] std::vector<satur::finding> findings() const { return satur::diagnose(mon); }

  /// Readings of a hidden layer on the last batch after a cure of its weights or biases; NaN for another cure.
  [[nodiscard]] satur::layer_state after(satur::finding const& f) const {
    training_run cured = *this;
    if (f.cure.restart) {
      cured.layers = start;
      cured.forward();
    }
    satur::layer_state s;
    for (std::size_t l = 0; l < layers.size(); ++l) {
      auto const at = std::find(f.layers.begin(), f.layers.end(), name(l));
      if (at == f.layers.end()) {
        continue;
      }
      auto const i = static_cast<std::size_t>(at - f.layers.begin());
      plain_layer& p = cured.layers[l];
      cured.forward(); // with the cures of the layers before
      switch (f.cure.what) {
      case satur::remedy::rescale:
        satur::rescale(p.w, p.b, i < f.cure.factors.size() ? f.cure.factors[i] : f.cure.factor);
        break;
      case satur::remedy::recenter:
        satur::recenter(p.b, p.z, f.cure, i);
        break;
      case satur::remedy::initializer:
        p.w = standard_normal(p.w.size(), cured.urbg, 0.0, std::sqrt(f.cure.factor / double(p.in)));
        std::fill(p.b.begin(), p.b.end(), 0.0);
        break;
      case satur::remedy::reinitialize_units:
        satur::reinitialize_units(satur::normal{0.0, std::sqrt(f.cure.factor / double(p.in))}, p.w, p.b,
                                  last(l) ? std::vector<double>() : cured.layers[l + 1].w, f.cure.units, cured.urbg);
        break;
      default:
        return s;
      }
      if (name(l) == f.layer) {
        cured.forward();
        satur::saturation const seen = satur::observe(act, p.z);
        s = {seen.mean_derivative(), seen.slope_share(), act.flat_left ? seen.low_fraction() : 0.0,
             act.flat_right ? seen.high_fraction() : 0.0};
      }
    }
    return s;
  }
};

} // namespace test
