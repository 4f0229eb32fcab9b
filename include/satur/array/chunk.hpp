/// \file array/chunk.hpp  How many numbers a pass takes at a time.
#pragma once

#include "satur/config.hpp"

#include <cstddef>

namespace satur::inline SATUR_ABI::detail {

/// Elements that are summed in lanes before they join the record: enough to hide the joining, few enough to stay exact.
inline constexpr std::size_t leaf_elements = 8192;
/// Elements that are evaluated before they are summed: z, values and slopes of a block stay in the first cache.
inline constexpr std::size_t block_elements = 1024;

} // namespace satur::inline SATUR_ABI::detail
