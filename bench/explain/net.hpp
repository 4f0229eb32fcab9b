/// \file explain/net.hpp  A multilayer perceptron of plain loops, and the configurations that are drawn.
#pragma once

#include "data.hpp"

#include <satur/activation.hpp>
#include <satur/initializer.hpp>
#include <satur/observe/any_activation_for.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace explain {

using activation = satur::any_activation_for<float>;

/// Which rules for initial weights suit an activation.
enum class family { relu_like, bounded, sigmoid_like, selu, linear };

struct activation_choice {
  activation act;
  family kind;
};

/// The activations that configurations are drawn from.
inline std::vector<activation_choice> const& activations() {
  static std::vector<activation_choice> const all{
      {satur::sigmoid{}, family::sigmoid_like}, {satur::tanh{}, family::bounded},
      {satur::relu{}, family::relu_like},       {satur::leaky_relu{}, family::relu_like},
      {satur::elu{}, family::relu_like},        {satur::selu{}, family::selu},
      {satur::gelu{}, family::relu_like},       {satur::silu{}, family::relu_like},
      {satur::softplus{}, family::relu_like},   {satur::softsign{}, family::bounded},
      {satur::mish{}, family::relu_like},       {satur::hard_tanh{}, family::bounded},
      {satur::relu6{}, family::relu_like},      {satur::celu{}, family::relu_like},
      {satur::hard_swish{}, family::relu_like}, {satur::arctan{}, family::bounded},
      {satur::erf{}, family::bounded},          {satur::identity{}, family::linear}};
  return all;
}
inline activation_choice const& activation_called(std::string_view name) {
  for (activation_choice const& a : activations()) {
    if (a.act.name == name) {
      return a;
    }
  }
  throw std::invalid_argument("no activation " + std::string(name));
}

enum class rule { glorot_uniform, glorot_normal, he_normal, lecun_normal, standard };
inline std::string_view to_text(rule r) {
  switch (r) {
  case rule::glorot_uniform:
    return "glorot_uniform";
  case rule::glorot_normal:
    return "glorot_normal";
  case rule::he_normal:
    return "he_normal";
  case rule::lecun_normal:
    return "lecun_normal";
  case rule::standard:
    return "standard";
  }
  return "";
}
/// The usual rule of an activation: what the remedy "initializer" asks for.
inline rule usual_rule(family kind) {
  return kind == family::relu_like ? rule::he_normal : kind == family::selu ? rule::lecun_normal : rule::glorot_normal;
}
/// The rules that a configuration is drawn from.
inline std::vector<rule> rules_for(family kind) {
  switch (kind) {
  case family::relu_like:
    return {rule::he_normal, rule::he_normal, rule::glorot_uniform, rule::glorot_normal, rule::standard};
  case family::selu:
    return {rule::lecun_normal};
  case family::bounded:
  case family::linear:
    return {rule::glorot_uniform, rule::glorot_normal, rule::lecun_normal, rule::standard};
  case family::sigmoid_like:
    return {rule::glorot_uniform, rule::glorot_normal, rule::lecun_normal};
  }
  return {};
}

/// What is drawn: a network, its data, its training.
struct configuration {
  std::size_t data = 0;
  activation_choice const* act = nullptr;
  rule init = rule::glorot_normal;
  std::size_t depth = 1; ///< hidden layers
  std::size_t width = 16;
  std::size_t batch = 32;
  double rate = 0.1;
  [[nodiscard]] std::string text(std::vector<data_set> const& sets) const {
    char numbers[96];
    std::snprintf(numbers, sizeof numbers, "depth %zu, width %zu, batch %zu, rate %.3g", depth, width, batch, rate);
    return sets[data].name + ", " + act->act.name + ", " + std::string(to_text(init)) + ", " + numbers;
  }
};

/// c (m, n) = a (m, k) b (k, n), row-major. Four rows of b at a time, so that c is loaded and stored a quarter as
/// often.
inline void multiply(float const* a, float const* b, float* c, std::size_t m, std::size_t k, std::size_t n) {
  std::fill(c, c + m * n, 0.0f);
  for (std::size_t i = 0; i < m; ++i) {
    float* __restrict const row = c + i * n;
    std::size_t p = 0;
    for (; p + 4 <= k; p += 4) {
      float const a0 = a[i * k + p];
      float const a1 = a[i * k + p + 1];
      float const a2 = a[i * k + p + 2];
      float const a3 = a[i * k + p + 3];
      float const* const b0 = b + p * n;
      float const* const b1 = b0 + n;
      float const* const b2 = b1 + n;
      float const* const b3 = b2 + n;
      for (std::size_t j = 0; j < n; ++j) {
        row[j] += (a0 * b0[j] + a1 * b1[j]) + (a2 * b2[j] + a3 * b3[j]);
      }
    }
    for (; p < k; ++p) {
      float const a0 = a[i * k + p];
      float const* const b0 = b + p * n;
      for (std::size_t j = 0; j < n; ++j) {
        row[j] += a0 * b0[j];
      }
    }
  }
}
/// to (columns, rows) is the transpose of from (rows, columns).
inline void transpose(float const* from, float* to, std::size_t rows, std::size_t columns) {
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < columns; ++j) {
      to[j * rows + i] = from[i * columns + j];
    }
  }
}

/// z = x w + b; x (batch, in), w (in, out), b (out).
struct layer {
  std::string name;
  std::size_t in = 0;
  std::size_t out = 0;
  std::vector<float> w;
  std::vector<float> b;
  std::vector<float> z;     ///< (batch, out)
  std::vector<float> a;     ///< act(z); of the output layer: not used
  std::vector<float> slope; ///< act'(z)
  std::vector<float> dz;    ///< dL/dz
  std::vector<float> dw;
  std::vector<float> db;

  void forward(float const* x, std::size_t batch) {
    z.resize(batch * out);
    a.resize(batch * out);
    slope.resize(batch * out);
    multiply(x, w.data(), z.data(), batch, in, out);
    for (std::size_t i = 0; i < batch; ++i) {
      for (std::size_t j = 0; j < out; ++j) {
        z[i * out + j] += b[j];
      }
    }
  }
  /// From dz: dw and db, and dL/dx if dx is not null.
  void backward(float const* x, std::size_t batch, float* dx) {
    dw.resize(w.size());
    db.assign(out, 0.0f);
    std::vector<float>& turned = scratch();
    turned.resize(std::max(batch * in, w.size()));
    transpose(x, turned.data(), batch, in);
    multiply(turned.data(), dz.data(), dw.data(), in, batch, out);
    for (std::size_t i = 0; i < batch; ++i) {
      for (std::size_t j = 0; j < out; ++j) {
        db[j] += dz[i * out + j];
      }
    }
    if (dx != nullptr) {
      transpose(w.data(), turned.data(), in, out);
      multiply(dz.data(), turned.data(), dx, batch, out, in);
    }
  }
  void step(float rate) {
    for (std::size_t i = 0; i < w.size(); ++i) {
      w[i] -= rate * dw[i];
    }
    for (std::size_t j = 0; j < b.size(); ++j) {
      b[j] -= rate * db[j];
    }
  }

private:
  static std::vector<float>& scratch() {
    thread_local std::vector<float> memory;
    return memory;
  }
};

/// New weights by a rule, bias 0; `standard`: both uniform on ±1 / sqrt(in).
inline void initialize(layer& l, rule r, generator& urbg) {
  satur::fans const f{l.in, l.out};
  std::fill(l.b.begin(), l.b.end(), 0.0f);
  switch (r) {
  case rule::glorot_uniform:
    return satur::fill(satur::glorot_uniform{}, l.w, f, urbg);
  case rule::glorot_normal:
    return satur::fill(satur::glorot_normal{}, l.w, f, urbg);
  case rule::he_normal:
    return satur::fill(satur::he_normal{}, l.w, f, urbg);
  case rule::lecun_normal:
    return satur::fill(satur::lecun_normal{}, l.w, f, urbg);
  case rule::standard: {
    double const half = 1.0 / std::sqrt(static_cast<double>(l.in));
    for (std::vector<float>* const parameters : {&l.w, &l.b}) {
      for (float& p : *parameters) {
        p = static_cast<float>(uniform(urbg, -half, half));
      }
    }
    return;
  }
  }
}

/// Hidden layers "hidden 1", "hidden 2", … and "output".
inline std::vector<layer> make_layers(configuration const& c, std::size_t features, std::size_t classes,
                                      std::uint64_t seed) {
  generator urbg(stream(seed, "weights"));
  std::vector<layer> layers(c.depth + 1);
  for (std::size_t l = 0; l < layers.size(); ++l) {
    bool const last = l == c.depth;
    layers[l].name = last ? "output" : "hidden " + std::to_string(l + 1);
    layers[l].in = l == 0 ? features : c.width;
    layers[l].out = last ? classes : c.width;
    layers[l].w.resize(layers[l].in * layers[l].out);
    layers[l].b.resize(layers[l].out);
    initialize(layers[l], last && c.init != rule::standard ? rule::glorot_normal : c.init, urbg);
  }
  return layers;
}

} // namespace explain
