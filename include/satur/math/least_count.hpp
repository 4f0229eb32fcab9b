/// \file least_count.hpp  The least count whose quotient by n reaches a share.
#pragma once

#include "satur/error.hpp"

#include <algorithm>
#include <cstdint>

namespace satur::inline SATUR_ABI::math {

/// The least integer k with k / n >= share, where k / n is the quotient in double. So it agrees with any test of `k / n
/// >= share`.
///
/// For a decimal share it is ceil(share * n) of the exact decimal number: 7 of 100 reaches 0.07, although 0.07 * 100 is
/// above 7 in double.
///
/// Special values: 0 if share <= 0, share is NaN or n is 0; n if share >= 1.
[[nodiscard]] constexpr std::uint64_t least_count(double share, std::uint64_t n) noexcept {
  if (satur::detail::is_nan(share) || !(share > 0.0) || n == 0) {
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

} // namespace satur::inline SATUR_ABI::math
