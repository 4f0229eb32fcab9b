/// \file explain/trainer.hpp  A hand-written training loop that hands everything it has to a monitor.
#pragma once

#include "net.hpp"

#include <satur/monitor.hpp>
#include <satur/observe.hpp>

#include <cmath>
#include <limits>
#include <memory>
#include <vector>

namespace explain {

/// Data and loss, for monitors that take them.
template <class Monitor, class X> void hand_over(Monitor& mon, X const& x, satur::unit_layout const& layout) {
  if constexpr (requires { mon.input(x, layout); }) {
    mon.input(x, layout);
  }
}
template <class Monitor> void hand_over(Monitor& mon, double loss, double chance) {
  if constexpr (requires { mon.loss(loss, chance); }) {
    mon.loss(loss, chance);
  }
}

/// A training run. A copy goes on by itself, with the same numbers.
struct trainer {
  activation const* act;
  double rate;
  std::size_t batch;
  std::size_t classes;
  std::shared_ptr<samples const> train;
  std::shared_ptr<samples const> test;
  std::vector<layer> layers;
  generator rows;
  std::size_t steps = 0;
  bool forgets_slope = false; ///< the backward pass leaves out f'(z)

  std::vector<float> x; ///< the inputs of the last step
  std::vector<std::size_t> y;
  double loss = std::numeric_limits<double>::quiet_NaN();

  struct snapshot {
    std::vector<std::vector<float>> parameters;
    double loss = std::numeric_limits<double>::infinity();
    std::size_t broken = 0; ///< parameters that are not finite
  };
  snapshot start;  ///< of step 0
  snapshot best;   ///< of step 0 and every 25 steps: the one of the least loss
  snapshot finite; ///< the latest one with the fewest parameters that are not finite

  trainer(configuration const& c, data_set const& data, std::uint64_t seed)
      : act(&c.act->act), rate(c.rate), batch(c.batch), classes(data.classes), train(data.train), test(data.test),
        layers(make_layers(c, data.train->features, data.classes, seed)), rows(stream(seed, "rows")) {}

  [[nodiscard]] std::size_t broken_parameters() const {
    std::size_t n = 0;
    for (layer const& l : layers) {
      for (std::vector<float> const* const p : {&l.w, &l.b}) {
        n += static_cast<std::size_t>(std::count_if(p->begin(), p->end(), [](float v) { return !std::isfinite(v); }));
      }
    }
    return n;
  }
  [[nodiscard]] snapshot now(double mean_loss) const {
    snapshot s{.parameters = {}, .loss = mean_loss, .broken = broken_parameters()};
    for (layer const& l : layers) {
      s.parameters.push_back(l.w);
      s.parameters.push_back(l.b);
    }
    return s;
  }
  void go_back(snapshot const& s) {
    if (s.parameters.empty()) {
      return;
    }
    for (std::size_t l = 0; l < layers.size(); ++l) {
      layers[l].w = s.parameters[2 * l];
      layers[l].b = s.parameters[2 * l + 1];
    }
  }

  /// All layers, of inputs (count, features).
  void forward(float const* inputs, std::size_t count, satur::monitor* mon = nullptr) {
    float const* from = inputs;
    for (layer& l : layers) {
      l.forward(from, count);
      auto const layout = satur::unit_layout::matrix(count, l.out);
      bool const last = &l == &layers.back();
      if (mon != nullptr) {
        if (last) {
          (*mon)[l.name].observe(satur::identity{}, l.z, layout);
        } else {
          (*mon)[l.name].forward(*act, l.z, l.a, l.slope, layout);
        }
      } else if (!last) {
        satur::apply(*act, l.z, l.a, l.slope);
      }
      from = l.a.data();
    }
  }

  void step(satur::monitor* mon = nullptr) {
    if (steps % 25 == 0) {
      remember();
    }
    std::size_t const features = train->features;
    x.resize(batch * features);
    y.resize(batch);
    for (std::size_t i = 0; i < batch; ++i) {
      std::size_t const row = below(rows, train->rows());
      std::copy_n(train->row(row), features, x.data() + i * features);
      y[i] = train->y[row];
    }
    if (mon != nullptr) {
      hand_over(*mon, x, satur::unit_layout::matrix(batch, features));
    }
    forward(x.data(), batch, mon);
    loss = loss_and_gradient();
    recent_ += loss;
    ++recent_steps_;
    if (mon != nullptr) {
      hand_over(*mon, loss, std::log(static_cast<double>(classes)));
    }
    for (std::size_t l = layers.size(); l-- > 0;) {
      layer& here = layers[l];
      bool const first = l == 0;
      float const* const input = first ? x.data() : layers[l - 1].a.data();
      if (!first) {
        layers[l - 1].dz.resize(layers[l - 1].z.size());
      }
      here.backward(input, batch, first ? nullptr : layers[l - 1].dz.data());
      if (!first && !forgets_slope) {
        layer& before = layers[l - 1];
        for (std::size_t i = 0; i < before.dz.size(); ++i) {
          before.dz[i] *= before.slope[i];
        }
      }
    }
    for (layer& l : layers) {
      if (mon != nullptr) {
        (*mon)[l.name].gradient(l.dz, satur::unit_layout::matrix(batch, l.out));
        (*mon)[l.name].update(l.w, l.dw, -rate);
      }
      l.step(static_cast<float>(rate));
    }
    if (mon != nullptr) {
      mon->end_step();
    }
    ++steps;
  }

  /// Share of the test rows that are told right; a row whose outputs are not finite is wrong by definition of argmax:
  /// the first class.
  [[nodiscard]] double accuracy() const {
    trainer probe = *this;
    std::size_t right = 0;
    std::size_t const block = 250;
    for (std::size_t from = 0; from < test->rows(); from += block) {
      std::size_t const count = std::min(block, test->rows() - from);
      probe.forward(test->row(from), count);
      std::vector<float> const& z = probe.layers.back().z;
      for (std::size_t i = 0; i < count; ++i) {
        auto const row = z.begin() + static_cast<std::ptrdiff_t>(i * classes);
        auto const told = std::max_element(row, row + static_cast<std::ptrdiff_t>(classes)) - row;
        right += static_cast<std::size_t>(told) == test->y[from + i] ? 1u : 0u;
      }
    }
    return static_cast<double>(right) / static_cast<double>(test->rows());
  }

private:
  /// Softmax cross entropy, mean over the batch; dL/dz of the output layer.
  double loss_and_gradient() {
    layer& out = layers.back();
    out.dz.resize(out.z.size());
    double sum = 0.0;
    for (std::size_t i = 0; i < batch; ++i) {
      float const* const z = out.z.data() + i * classes;
      float* const dz = out.dz.data() + i * classes;
      double const top = static_cast<double>(*std::max_element(z, z + classes));
      double total = 0.0;
      for (std::size_t c = 0; c < classes; ++c) {
        total += std::exp(static_cast<double>(z[c]) - top);
      }
      for (std::size_t c = 0; c < classes; ++c) {
        double const p = std::exp(static_cast<double>(z[c]) - top) / total;
        dz[c] = static_cast<float>((p - (c == y[i] ? 1.0 : 0.0)) / static_cast<double>(batch));
      }
      sum += std::log(total) + top - static_cast<double>(z[y[i]]);
    }
    return sum / static_cast<double>(batch);
  }
  void remember() {
    if (steps == 0) {
      start = best = finite = now(std::numeric_limits<double>::infinity());
      return;
    }
    double const mean = recent_ / static_cast<double>(recent_steps_);
    recent_ = 0.0;
    recent_steps_ = 0;
    snapshot s = now(mean);
    if (s.broken == 0 && std::isfinite(mean) && mean < best.loss) {
      best = s;
    }
    if (s.broken <= finite.broken) {
      finite = std::move(s);
    }
  }
  double recent_ = 0.0;
  std::size_t recent_steps_ = 0;
};

} // namespace explain
