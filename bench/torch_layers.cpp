// A training step of each kind of layer against libtorch's, with the same weights: one thread, outputs and gradients
// compared first. Built where libtorch is installed.
#include "measure.hpp"
#include "network.hpp"
#include "pairs.hpp"

#include <cmath>
#include <cstdio>
#include <random>
#include <string>
#include <vector>

#include <torch/torch.h>

namespace {

/// A tensor of libtorch with the numbers of a container of xtensor.
template <class X> torch::Tensor copied(X const& x) {
  std::vector<std::int64_t> const shape(x.shape().begin(), x.shape().end());
  return torch::from_blob(const_cast<float*>(x.data()), shape).clone();
}
/// Writes (in, out) weights into libtorch's (out, in).
template <class X> void set_weight(torch::Tensor& to, X const& w) {
  torch::NoGradGuard const values;
  to.copy_(copied(w).t());
}
template <class X> void set(torch::Tensor& to, X const& x) {
  torch::NoGradGuard const values;
  to.copy_(copied(x));
}
/// Whether both hold the same numbers, up to float's rounding in sums.
template <class X> bool same(X const& x, torch::Tensor const& t) {
  torch::Tensor const mine = copied(x);
  double const scale = t.abs().max().item<double>() + 1e-30;
  return (mine - t.reshape(mine.sizes())).abs().max().item<double>() < 2e-5 * scale;
}

void row(char const* what, bench::paired const& p) {
  std::printf("| %s | %.3f | %.3f to %.3f | %.2f | %.2f |\n", what, p.median(), p.low(), p.high(), p.base_ns / 1e6,
              p.base_ns * p.median() / 1e6);
}

/// 784-256-256-256-10 tanh units, batch 128: forward, loss, backward and plain descent.
void mlp() {
  bench::network net;
  std::vector<torch::nn::Linear> layers;
  for (auto const& fc : net.layers) {
    torch::nn::Linear l(static_cast<std::int64_t>(fc.inputs()), static_cast<std::int64_t>(fc.outputs()));
    set_weight(l->weight, fc.w);
    set(l->bias, fc.b);
    layers.push_back(l);
  }
  torch::Tensor const x = copied(net.x);
  torch::Tensor const labels = torch::arange(128).remainder(10);
  torch::optim::SGD sgd(
      [&] {
        std::vector<torch::Tensor> all;
        for (auto& l : layers) {
          for (auto const& p : l->parameters()) {
            all.push_back(p);
          }
        }
        return all;
      }(),
      torch::optim::SGDOptions(0.01));

  auto const theirs = [&] {
    sgd.zero_grad();
    torch::Tensor a = x;
    for (std::size_t l = 0; l < 3; ++l) {
      a = torch::tanh(layers[l]->forward(a));
    }
    torch::Tensor const loss = torch::nn::functional::cross_entropy(layers[3]->forward(a), labels);
    loss.backward();
    sgd.step();
    return loss.item<double>();
  };
  auto const ours = [&] { return net.step<false>(); };
  for (int i = 0; i < 5; ++i) {
    bench::check(std::fabs(theirs() - ours()) < 1e-4, "both steps have the same loss");
  }
  bench::check(same(net.layers[0].b, layers[0]->bias.detach()), "both steps change the weights alike");
  row("mlp 784-256-256-256-10, batch 128, with sgd", bench::in_pairs(31, theirs, ours));
}

void lstm() {
  std::mt19937 urbg(1);
  satur::lstm<float> layer{256, 256, satur::glorot_uniform{}, urbg};
  auto const x = satur::make<float>(satur::normal{}, {64, 32, 256}, urbg);
  auto const dh = satur::make<float>(satur::normal{}, {64, 32, 256}, urbg);
  torch::nn::LSTM other(torch::nn::LSTMOptions(256, 256));
  for (auto& p : other->named_parameters()) {
    if (p.key() == "weight_ih_l0") {
      set_weight(p.value(), layer.w);
    } else if (p.key() == "weight_hh_l0") {
      set_weight(p.value(), layer.u);
    } else if (p.key() == "bias_ih_l0") {
      set(p.value(), layer.b);
    } else {
      torch::NoGradGuard const values;
      p.value().zero_();
    }
  }
  torch::Tensor const in = copied(x).requires_grad_(true);
  torch::Tensor const gradient = copied(dh);
  torch::Tensor out;
  auto const theirs = [&] {
    other->zero_grad();
    in.mutable_grad() = torch::Tensor();
    out = std::get<0>(other->forward(in));
    out.backward(gradient);
  };
  theirs();
  auto const& h = layer.forward(x);
  bench::check(same(h, out.detach()), "lstm: the same h");
  bench::check(same(layer.backward(dh), in.grad()), "lstm: the same dL/dx");
  auto const bare = [&] {
    layer.forward(x);
    layer.backward(dh);
  };
  row("lstm of 256 units, T 64, batch 32", bench::in_pairs(15, theirs, bare));
}

void attention() {
  std::mt19937 urbg(1);
  satur::attention<float> layer{256, 8, satur::glorot_uniform{}, urbg};
  auto const x = satur::make<float>(satur::normal{}, {8, 128, 256}, urbg);
  auto const dy = satur::make<float>(satur::normal{}, {8, 128, 256}, urbg);
  torch::nn::MultiheadAttention other(torch::nn::MultiheadAttentionOptions(256, 8));
  {
    torch::NoGradGuard const values;
    other->in_proj_weight.copy_(torch::cat({copied(layer.wq).t(), copied(layer.wk).t(), copied(layer.wv).t()}));
    other->in_proj_bias.copy_(torch::cat({copied(layer.bq), copied(layer.bk), copied(layer.bv)}));
    other->out_proj->weight.copy_(copied(layer.wo).t());
    other->out_proj->bias.copy_(copied(layer.bo));
  }
  torch::Tensor const in = copied(x).transpose(0, 1).contiguous().requires_grad_(true); // (time, batch, units)
  torch::Tensor const gradient = copied(dy).transpose(0, 1).contiguous();
  torch::Tensor out;
  auto const theirs = [&] {
    other->zero_grad();
    in.mutable_grad() = torch::Tensor();
    out = std::get<0>(other->forward(in, in, in, {}, false));
    out.backward(gradient);
  };
  auto const ours = [&] {
    layer.forward(x);
    layer.backward(dy);
  };
  theirs();
  bench::check(same(layer.forward(x), out.detach().transpose(0, 1).contiguous()), "attention: the same y");
  bench::check(same(layer.backward(dy), in.grad().transpose(0, 1).contiguous()), "attention: the same dL/dx");
  row("attention, T 128, d 256, 8 heads, batch 8", bench::in_pairs(31, theirs, ours));
}

void convolution() {
  std::mt19937 urbg(1);
  satur::conv2d<float> layer{16, 32, 3, satur::glorot_uniform{}, urbg, {.padding = 1}};
  auto const x = satur::make<float>(satur::normal{}, {32, 16, 14, 14}, urbg);
  auto const dz = satur::make<float>(satur::normal{}, {32, 32, 14, 14}, urbg);
  torch::nn::Conv2d other(torch::nn::Conv2dOptions(16, 32, 3).padding(1));
  set(other->weight, layer.w);
  set(other->bias, layer.b);
  torch::Tensor const in = copied(x).requires_grad_(true);
  torch::Tensor const gradient = copied(dz);
  torch::Tensor out;
  auto const theirs = [&] {
    other->zero_grad();
    in.mutable_grad() = torch::Tensor();
    out = other->forward(in);
    out.backward(gradient);
  };
  auto const ours = [&] {
    layer.forward(x);
    layer.backward(dz);
  };
  theirs();
  bench::check(same(layer.forward(x), out.detach()), "convolution: the same z");
  bench::check(same(layer.backward(dz), in.grad()), "convolution: the same dL/dx");
  bench::check(same(layer.dw, other->weight.grad()), "convolution: the same dL/dw");
  row("conv2d 16 to 32 channels, 3x3, 14x14, batch 32", bench::in_pairs(31, theirs, ours));
}

} // namespace

int main() {
  bench::machine();
  bench::matrix_products();
  torch::set_num_threads(1);
  std::printf("libtorch %s; forward and backward with the same weights; processor time in pairs\n\n"
              "| step | satur / libtorch | 95 %% interval | libtorch, ms | satur, ms |\n|---|---|---|---|---|\n",
              TORCH_VERSION);
  mlp();
  lstm();
  attention();
  convolution();
  return 0;
}
