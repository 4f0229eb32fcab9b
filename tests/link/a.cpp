#include "shared.hpp"

#include <satur/satur.hpp>

std::uint64_t saturated_in_a(xt::xtensor<float, 2> const& z) {
  auto const record = satur::observe(satur::sigmoid{}, z);
  return record.low + record.high;
}

xt::xtensor<float, 2> weights_in_a(unsigned seed) {
  std::mt19937 generator(seed);
  return satur::make<float>(satur::he_normal{}, std::array<std::size_t, 2>{16, 8}, generator);
}
