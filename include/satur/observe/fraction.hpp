/// \file observe/fraction.hpp  The two numbers that the library is named for: saturated_fraction and mean_derivative.
#pragma once

#include "satur/array/in_order.hpp"
#include "satur/observe/kernel/count.hpp"
#include "satur/observe/observe.hpp"

#include <cstdint>
#include <limits>

namespace satur { inline namespace SATUR_ABI {

/// Share of z with |z| > threshold (strict), NaN left out of both; NaN where nothing is left. Infinity is beyond.
/// Throws std::invalid_argument where threshold is NaN, negative or infinite.
template <detail::numbers Z> [[nodiscard]] double saturated_fraction(Z const& z, double threshold = 5.0) {
  using T = detail::value_t<Z>;
  z_beyond{threshold}.require_valid();
  detail::require_equal_rows("saturated_fraction", "z", z);
  std::uint64_t beyond = 0;
  std::uint64_t seen = 0;
  detail::for_each_block(z, [&](T const* data, std::size_t n) {
    detail::beyond_count const found = detail::count_beyond(threshold, data, n);
    beyond += found.beyond;
    seen += n - found.nan;
  });
  return seen == 0 ? std::numeric_limits<double>::quiet_NaN() : static_cast<double>(beyond) / static_cast<double>(seen);
}

/// Mean of act'(z), true in the tail; NaN where nothing was seen.
template <class A, detail::numbers Z>
  requires activation<A, detail::value_t<Z>>
[[nodiscard]] double mean_derivative(A const& act, Z const& z) {
  return observe(act, z).mean_derivative();
}

}} // namespace satur::SATUR_ABI
