/// \file least_count.hpp  How many of n make a share.
#pragma once

#include "satur/config.hpp"

#include <algorithm>
#include <cstdint>

namespace satur::math {

/// The least whole k with k / n >= share, where the quotient in double decides: 7 of 100 is the share 0.07, although
/// 0.07 * 100 is more than 7 in double. For a decimal share this is ceil(share * n) of the exact decimal number. It
/// agrees with a test of `k / n >= share` made elsewhere. 0 where share <= 0 or NaN or n is 0, n where share >= 1.
[[nodiscard]] constexpr std::uint64_t least_count(double share, std::uint64_t n) noexcept {
  if (!(share > 0.0) || n == 0) {
    return 0;
  }
  if (share >= 1.0) {
    return n;
  }
  double const all = static_cast<double>(n);
  double const product = share * all;
  std::uint64_t k = product < all ? (std::min)(static_cast<std::uint64_t>(product), n) : n;
  while (k > 0 && static_cast<double>(k - 1) / all >= share) {
    --k;
  }
  while (k < n && static_cast<double>(k) / all < share) {
    ++k;
  }
  return k;
}

} // namespace satur::math
