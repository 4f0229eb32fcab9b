/// \file explain/cures.hpp  Follows the advice of a finding, as a person would who reads it.
#pragma once

#include "trainer.hpp"

#include <satur/finding.hpp>
#include <satur/initializer.hpp>

#include <optional>
#include <string_view>

namespace explain {

/// The layers that a finding names, those that there are.
inline std::vector<layer*> layers_of(trainer& t, satur::finding const& f) {
  std::vector<layer*> found;
  for (std::string const& name : f.layers.empty() ? std::vector<std::string>{f.layer} : f.layers) {
    for (layer& l : t.layers) {
      if (l.name == name) {
        found.push_back(&l);
      }
    }
  }
  return found;
}

/// New weights of that variance times fan-in, and biases 0.
inline void draw_weights(layer& l, double gain, generator& urbg) {
  satur::fill(satur::normal{0.0, std::sqrt(gain / static_cast<double>(l.in))}, l.w, satur::fans{l.in, l.out}, urbg);
  std::fill(l.b.begin(), l.b.end(), 0.0f);
}

/// Applies a finding's cure to a run. False if there is nothing to apply.
inline bool follow(trainer& t, satur::finding const& f, generator& urbg) {
  using satur::remedy;
  satur::cure const& cure = f.cure;
  if (cure.what == remedy::none || cure.what == remedy::normalization_layer) {
    return false;
  }
  if (cure.restart) {
    t.go_back(t.start);
  } else if (t.broken_parameters() > t.finite.broken) {
    t.go_back(t.finite); // no cure of a layer mends the others
  }
  std::vector<layer*> const layers = layers_of(t, f);
  switch (cure.what) {
  case remedy::rescale:
    for (std::size_t i = 0; i < layers.size(); ++i) {
      double const factor = i < cure.factors.size() ? cure.factors[i] : cure.factor;
      if (std::isfinite(factor) && factor != 0.0) {
        satur::rescale(layers[i]->w, layers[i]->b, factor);
      }
    }
    break;
  case remedy::recenter:
    for (std::size_t i = 0; i < layers.size(); ++i) {
      t.forward(t.x.data(), t.batch); // the layers before it may have changed
      layer& here = *layers[i];
      if (!satur::observe(satur::identity{}, here.z).nonfinite()) {
        satur::recenter(here.b, here.z, cure, i);
      }
    }
    break;
  case remedy::normalize_inputs: {
    standardization const usual(*t.train);
    samples train = *t.train;
    samples test = *t.test;
    usual.apply(train);
    usual.apply(test);
    t.train = std::make_shared<samples const>(std::move(train));
    t.test = std::make_shared<samples const>(std::move(test));
    samples last{.features = t.train->features, .x = t.x, .y = t.y};
    usual.apply(last);
    t.x = last.x;
    break;
  }
  case remedy::zero_centered_activation:
    t.act = &activation_called("tanh").act;
    break;
  case remedy::initializer:
    for (layer* const l : layers) {
      draw_weights(*l, cure.factor, urbg);
    }
    break;
  case remedy::reinitialize_units:
    for (std::size_t l = 0; l < t.layers.size(); ++l) {
      layer& here = t.layers[l];
      if (here.name != f.layer) {
        continue;
      }
      std::span<float> const next = l + 1 < t.layers.size() ? std::span(t.layers[l + 1].w) : std::span<float>();
      satur::reinitialize_units(satur::normal{0.0, std::sqrt(cure.factor / static_cast<double>(here.in))}, here.w,
                                here.b, next, cure.units, urbg);
    }
    break;
  case remedy::learning_rate:
    if (std::isfinite(cure.factor)) {
      t.rate *= cure.factor;
    }
    break;
  case remedy::clean_data: {
    samples clean{.features = t.train->features, .x = {}, .y = {}};
    for (std::size_t i = 0; i < t.train->rows(); ++i) {
      float const* const row = t.train->row(i);
      if (std::all_of(row, row + clean.features, [](float v) { return std::isfinite(v); })) {
        clean.x.insert(clean.x.end(), row, row + clean.features);
        clean.y.push_back(t.train->y[i]);
      }
    }
    t.train = std::make_shared<samples const>(std::move(clean));
    break;
  }
  case remedy::gradient_code:
    t.forgets_slope = false;
    break;
  default:
    return false;
  }
  return true;
}

/// Readings of a layer on the last batch, after a cure; NaN if there is no such layer or it has no activation.
inline satur::layer_state measured(trainer& t, std::string_view name) {
  t.forward(t.x.data(), t.batch);
  satur::layer_state s;
  for (layer const& l : t.layers) {
    if (l.name == name && &l != &t.layers.back()) {
      satur::saturation const seen = satur::observe(*t.act, l.z);
      s.mean_slope = seen.mean_derivative();
      s.slope_share = seen.slope_share();
      s.low = t.act->flat_left ? seen.low_fraction() : 0.0;
      s.high = t.act->flat_right ? seen.high_fraction() : 0.0;
    }
  }
  return s;
}

} // namespace explain
