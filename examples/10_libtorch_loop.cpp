// A hand-written libtorch loop, whose model and steps are left as they are, diagnosed in three added lines: weights
// that are twenty times too large saturate both tanh layers, and the diagnosis names them as the model does.
#include <satur/adapt/torch.hpp>
#include <satur/finding.hpp>

#include <torch/torch.h>

#include <iostream>
#include <vector>

namespace {

struct net : torch::nn::Module {
  torch::nn::Linear fc1 = register_module("fc1", torch::nn::Linear(20, 64));
  torch::nn::Linear fc2 = register_module("fc2", torch::nn::Linear(64, 64));
  torch::nn::Linear out = register_module("out", torch::nn::Linear(64, 1));

  torch::Tensor forward(torch::Tensor x) { return out(torch::tanh(fc2(torch::tanh(fc1(x))))); }
};

} // namespace

int main() {
  torch::manual_seed(1);
  torch::set_num_threads(1);
  net model;
  {
    torch::NoGradGuard const values;
    model.fc1->weight.mul_(20);
    model.fc2->weight.mul_(20);
  }
  torch::optim::SGD optimizer(model.parameters(), 0.01);
  satur::torch_watch watching = satur::watch(model); // added: 1
  for (int i = 0; i < 50; ++i) {
    torch::Tensor const x = torch::randn({128, 20});
    torch::Tensor const loss = (model.forward(x) - x.sum(1, true).sin()).square().mean();
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
    watching.end_step(); // added: 2
  }
  std::vector<satur::finding> const found = satur::diagnose(watching.monitor()); // added: 3

  std::cout << watching.monitor() << '\n' << watching;
  for (satur::finding const& f : found) {
    std::cout << f << '\n'; // two findings: fc1, by its weights or its inputs, and fc2, by its weights
  }
  bool const named = found.size() == 2 && found[0].layer == "fc1" && found[1].layer == "fc2" &&
                     found[0].cure.what == satur::remedy::rescale && found[1].cure.what == satur::remedy::rescale;
  auto const& total = watching.monitor().at("fc2").total();
  bool const complete = total.saturation.count == 50 * 128 * 64 && total.gradient.count == total.saturation.count;
  return named && complete && watching.unseen().empty() ? 0 : 1;
}
