// The fused pass against the three readings that a user of libtorch writes, and what these cost on its own training
// step; one thread each, the result checked first. Built where libtorch is installed.
#include "measure.hpp"

#include <satur/diagnostic.hpp>

#include <cmath>

#include <torch/torch.h>

namespace {

/// The step of monitor.cpp, 784-256-256-256-10 and batch 128, in libtorch; watched: of each hidden layer the share of
/// |z| > 5, the mean slope, and the norm of dL/dz.
struct torch_network {
  std::vector<torch::nn::Linear> layers{torch::nn::Linear(784, 256), torch::nn::Linear(256, 256),
                                        torch::nn::Linear(256, 256), torch::nn::Linear(256, 10)};
  torch::Tensor x = torch::randn({128, 784});
  torch::Tensor labels = torch::arange(128).remainder(10);
  double readings = 0.0;

  double step(bool watched) {
    torch::Tensor a = x;
    std::vector<torch::Tensor> zs;
    for (std::size_t l = 0; l < 3; ++l) {
      torch::Tensor z = layers[l]->forward(a);
      a = torch::tanh(z);
      if (watched) {
        z.retain_grad();
        zs.push_back(z);
        torch::NoGradGuard const reading;
        readings += (z.abs() > 5).to(torch::kFloat).mean().item<double>();
        readings += (1 - a * a).mean().item<double>();
      }
    }
    torch::Tensor const loss = torch::nn::functional::cross_entropy(layers[3]->forward(a), labels);
    loss.backward();
    torch::NoGradGuard const update;
    for (torch::Tensor const& z : zs) {
      readings += z.grad().norm().item<double>();
    }
    for (torch::nn::Linear& layer : layers) {
      for (torch::Tensor& p : layer->parameters()) {
        p.sub_(p.grad(), 0.01);
        p.mutable_grad().zero_();
      }
    }
    return loss.item<double>();
  }
};

void training_step() {
  torch_network bare;
  torch_network watched;
  double const first = watched.step(true);
  bench::check(std::isfinite(watched.readings) && watched.step(true) < first, "libtorch's step learns");
  std::vector<bench::contender> all{{"bare", [&] { bare.step(false); }}, {"watched", [&] { watched.step(true); }}};
  bench::race(all, 1.0);
  std::printf(
      "\nlibtorch's training step, 784-256-256-256-10, batch 128: %.0f us; with three readings a layer (share of "
      "|z| > 5, mean slope, norm of dL/dz) %.0f us: %.3f times as long\n",
      all[0].median() / 1e3, all[1].median() / 1e3, all[1].median() / all[0].median());
}

void one_pass() {
  torch::NoGradGuard const no_gradients;
  std::printf(
      "libtorch %s, ns an element, medians of 15 (minimum)\n\n"
      "| n | `forward(sigmoid)`, all counters | `sigmoid(z)` | and `(z.abs() > 5).mean()`, `(y * (1 - y)).mean()` | "
      "forward / three |\n|---|---|---|---|---|\n",
      TORCH_VERSION);
  for (std::size_t const n : {std::size_t{1} << 14, std::size_t{1} << 17, std::size_t{1} << 20, std::size_t{1} << 24}) {
    std::vector<float> z(n);
    for (std::size_t i = 0; i < n; ++i) {
      z[i] = static_cast<float>((i * 2654435761u) % 20000) / 1000.0f - 10.0f;
    }
    std::vector<float> y(n);
    torch::Tensor const tensor = torch::from_blob(z.data(), {static_cast<std::int64_t>(n)});
    torch::Tensor value;
    satur::saturation record;
    double beyond = 0;
    double slope = 0;
    std::vector<bench::contender> all{
        {"forward", [&] { record = satur::forward(satur::sigmoid{}, z, y); }},
        {"sigmoid", [&] { value = torch::sigmoid(tensor); }},
        {"three",
         [&] {
           value = torch::sigmoid(tensor);
           beyond = (tensor.abs() > 5).to(torch::kFloat).mean().item<double>();
           slope = (value * (1 - value)).mean().item<double>();
         }},
    };
    all[0].run();
    all[2].run();
    bench::check(std::fabs(beyond - record.fraction()) < 1e-3, "libtorch's share");
    bench::check(std::fabs(slope - record.mean_derivative()) < 1e-3, "libtorch's slope");
    bench::race(all, static_cast<double>(n));
    std::printf("| %zu |", n);
    for (bench::contender const& c : all) {
      std::printf(" %.3f (%.3f) |", c.median(), c.minimum());
    }
    std::printf(" %.3f |\n", all[0].median() / all[2].median());
  }
}

} // namespace

int main() {
  bench::machine();
  torch::set_num_threads(1);
  one_pass();
  training_step();
  return 0;
}
