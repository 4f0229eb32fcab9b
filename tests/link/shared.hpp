#pragma once

#include <satur/satur.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <random>

std::uint64_t saturated_in_a(xt::xtensor<float, 2> const& z);
xt::xtensor<float, 2> weights_in_a(unsigned seed);
