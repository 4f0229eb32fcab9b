// The fused pass against the three readings that a user of libtorch writes, one thread each, the result checked first.
// Built where libtorch is installed.
#include "measure.hpp"

#include <satur/diagnostic.hpp>

#include <cmath>

#include <torch/torch.h>

int main() {
  bench::machine();
  torch::NoGradGuard const no_gradients;
  torch::set_num_threads(1);
  std::printf(
      "libtorch %s, ns an element, medians of 15 (minimum)\n\n"
      "| n | `forward(sigmoid)`, all counters | `sigmoid(z)` | and `(z.abs() > 5).mean()`, `(y * (1 - y)).mean()` | "
      "times as fast |\n|---|---|---|---|---|\n",
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
    std::printf(" %.1f |\n", all[2].median() / all[0].median());
  }
  return 0;
}
