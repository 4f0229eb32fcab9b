/// \file observe/fraction.hpp  The two numbers that the library is named for: saturated_fraction and mean_derivative.
#pragma once

#include "satur/array/in_order.hpp"
#include "satur/observe/kernel/count.hpp"
#include "satur/observe/kernel/mean_slope.hpp"
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

/// Mean of act'(z), true in the tail, NaN left out; NaN where nothing is left. That of the record (`observe`), at most
/// the last bits apart, without the rest of it.
template <class A, detail::numbers Z>
  requires activation<A, detail::value_t<Z>>
[[nodiscard]] double mean_derivative(A const& act, Z const& z) {
  detail::require_equal_rows("mean_derivative", "z", z);
  detail::require_valid_parameters(act); // throws, also if there is nothing to see
  detail::mean_slope found;
  detail::into_arrays<false>(z, detail::not_wanted, detail::not_wanted, [&](auto const& arrays, std::size_t n) {
    detail::observe_arrays(
        detail::evaluator_of<detail::value_t<Z>>(act), detail::no_limits{}, arrays, n,
        [] { return detail::mean_slope{}; }, found);
  });
  return found.value();
}

}} // namespace satur::SATUR_ABI
