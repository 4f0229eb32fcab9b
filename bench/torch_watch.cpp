// What watching a libtorch model costs: training steps, plain and watched, in turns. Two networks of tanh units:
// 784-256-256-256-10, batch 128, and 20-64-64-1, batch 32, whose step is so short that each call counts. One thread.
// Built where libtorch is installed.
#include "measure.hpp"
#include "pairs.hpp"

#include "satur/adapt/torch.hpp"

#include <torch/torch.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <vector>

namespace {

/// Steps of one turn. A watch is made once for them.
constexpr int steps = 5;

void rows_of(char const* what, std::vector<std::int64_t> const& widths, std::int64_t batch) {
  torch::nn::Sequential model;
  for (std::size_t i = 1; i < widths.size(); ++i) {
    model->push_back(torch::nn::Linear(widths[i - 1], widths[i]));
    if (i + 1 < widths.size()) {
      model->push_back(torch::nn::Tanh());
    }
  }
  torch::Tensor const x = torch::randn({batch, widths.front()});
  torch::Tensor const y = torch::randn({batch, widths.back()});
  torch::optim::SGD sgd(model->parameters(), torch::optim::SGDOptions(0.01));
  auto const step = [&] {
    sgd.zero_grad();
    torch::mse_loss(model->forward(x), y).backward();
    sgd.step();
  };
  auto const plain = [&] {
    for (int i = 0; i < steps; ++i) {
      step();
    }
  };
  plain();
  auto const row = [&](char const* kind, std::uint64_t every, std::size_t pairs) {
    satur::monitor mon({.sampling = {.every = every}});
    mon.end_step(); // the first step is always sampled
    auto const watched = [&] {
      satur::torch_watch watching = satur::watch(mon, *model); // made each time, so that the plain steps have none
      for (int i = 0; i < steps; ++i) {
        step();
        watching.end_step();
      }
    };
    bench::paired const p = bench::in_pairs(pairs, plain, watched);
    bench::check(mon.size() == (every == 1 ? widths.size() - 2 : 0), "layers are seen in sampled steps alone");
    std::printf("| %s, batch %d | %s | %.3f | %.3f to %.3f | %zu | %.3f |\n", what, static_cast<int>(batch), kind,
                p.median(), p.low(), p.high(), p.ratios.size(), p.base_ns / 1e6 / steps);
  };
  row("is not sampled", 1u << 30, 1001);
  row("is sampled", 1, 201);
}

} // namespace

int main() {
  bench::machine();
  torch::set_num_threads(1);
  torch::manual_seed(1);
  std::printf("libtorch %s; processor time in pairs of %d steps each\n\n", TORCH_VERSION, steps);
  std::puts("| network | a watched step that | ratio to a plain one | 95 % interval | pairs | plain step, ms |");
  std::puts("|---|---|---|---|---|---|");
  rows_of("784-256-256-256-10", {784, 256, 256, 256, 10}, 128);
  rows_of("20-64-64-1", {20, 64, 64, 1}, 32);
}
