/// \file loss/reduction.hpp  How the losses of rows or elements become one number.
#pragma once

#include "satur/config.hpp"

#include <cstdint>

namespace satur { inline namespace SATUR_ABI {

/// What a loss's forward returns, and what its backward() differentiates. PyTorch's names.
enum class reduction : std::uint8_t {
  mean, ///< the sum, divided by the number of elements (of rows, by their weight)
  sum,  ///< the sum
  none, ///< the sum too, with `losses` for your own use of them: backward(g) takes dL/dlosses
};

}} // namespace satur::SATUR_ABI
