// What watching a libtorch model costs: a training step of 784-256-256-256-10 tanh units, batch 128, one thread, plain
// and watched, in turns. Built where libtorch is installed.
#include "measure.hpp"
#include "pairs.hpp"

#include "satur/adapt/torch.hpp"

#include <torch/torch.h>

#include <cstdint>
#include <cstdio>

namespace {

struct net : torch::nn::Module {
  torch::nn::Linear fc1 = register_module("fc1", torch::nn::Linear(784, 256));
  torch::nn::Linear fc2 = register_module("fc2", torch::nn::Linear(256, 256));
  torch::nn::Linear fc3 = register_module("fc3", torch::nn::Linear(256, 256));
  torch::nn::Linear out = register_module("out", torch::nn::Linear(256, 10));

  torch::Tensor forward(torch::Tensor const& x) { return out(torch::tanh(fc3(torch::tanh(fc2(torch::tanh(fc1(x))))))); }
};

} // namespace

int main() {
  bench::machine();
  torch::set_num_threads(1);
  torch::manual_seed(1);
  net model;
  torch::Tensor const x = torch::randn({128, 784});
  torch::Tensor const labels = torch::arange(128).remainder(10);
  torch::optim::SGD sgd(model.parameters(), torch::optim::SGDOptions(0.01));
  auto const step = [&] {
    sgd.zero_grad();
    torch::nn::functional::cross_entropy(model.forward(x), labels).backward();
    sgd.step();
  };
  std::puts("| watched | ratio to a step that is not | 95 % | ms of that |");
  std::puts("|---|---|---|---|");
  auto const row = [&](char const* what, std::uint64_t every) {
    satur::monitor mon({.sampling = {.every = every}});
    mon.end_step(); // the first step is always sampled
    auto const watched = [&] {
      satur::torch_watch watching = satur::watch(mon, model); // made each time, so that the plain step has none
      step();
      watching.end_step();
    };
    bench::paired const p = bench::in_pairs(101, step, watched);
    bench::check(mon.size() == (every == 1 ? 3u : 0u), "layers are seen in sampled steps alone");
    std::printf("| %s | %.3f | %.3f to %.3f | %.2f |\n", what, p.median(), p.low(), p.high(), p.base_ns / 1e6);
  };
  for (int i = 0; i < 5; ++i) {
    step();
  }
  row("a step that is not sampled", 1u << 30);
  row("a sampled step", 1);
}
