// A consumer of everything: a layer on xtensor and BLAS.
#include <satur/satur.hpp>

#include <array>
#include <cstddef>
#include <random>

int main() {
  std::mt19937 generator(1);
  auto const x = satur::make<float>(satur::normal{0.0, 1.0}, std::array<std::size_t, 2>{5, 3}, generator);
  satur::dense<float> layer{3, 4, satur::glorot_uniform{}, generator};
  auto const& z = layer.forward(x);
  auto const record = satur::observe(satur::sigmoid{}, z);
  return record.count == 20 && record.nan == 0 ? 0 : 1;
}
