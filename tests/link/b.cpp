#include "shared.hpp"

// The same functions instantiated in both files, with the same result.
int main() {
  std::mt19937 generator(7);
  auto const weights = satur::make<float>(satur::he_normal{}, std::array<std::size_t, 2>{16, 8}, generator);
  if (weights != weights_in_a(7)) {
    return 1;
  }
  xt::xtensor<float, 2> const z = weights * 10.0f;
  auto const record = satur::observe(satur::sigmoid{}, z);
  if (record.low + record.high != saturated_in_a(z)) {
    return 1;
  }
  satur::monitor monitor;
  xt::xtensor<float, 2> a = xt::zeros_like(z);
  monitor["layer"].forward(satur::tanh{}, z, a);
  monitor.end_step();
  return 0;
}
