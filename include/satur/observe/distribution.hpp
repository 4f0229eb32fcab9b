/// \file observe/distribution.hpp  How the numbers of an array are distributed, in one pass: observe_distribution.
///
///     distribution const d = observe_distribution(weights);
///     d.excess_kurtosis();        // 0: normal, -1.2: uniform, above 3: outliers
///     d.zero_fraction();  d.subnormal_fraction();  d.dynamic_range_bits();
#pragma once

#include "satur/array/half_span.hpp"
#include "satur/array/in_order.hpp"
#include "satur/observe/kernel/distribution.hpp"
#include "satur/record/distribution.hpp"

#include <concepts>
#include <limits>

namespace satur { inline namespace SATUR_ABI {

namespace detail {
/// The smallest normal number of the type that X holds: 16-bit numbers are read as float, but are subnormal by their
/// own.
template <class X> [[nodiscard]] constexpr value_t<X> least_normal_of() {
  if constexpr (requires { typename view_t<X const>::access_type; }) {
    if constexpr (std::same_as<typename view_t<X const>::access_type, half_access<math::half_format::ieee>>) {
      return value_t<X>(0x1p-14f);
    }
  }
  return (std::numeric_limits<value_t<X>>::min)(); // bfloat16 has the exponents of float
}
} // namespace detail

/// Mean, variance, skewness, excess kurtosis, zeros, subnormals, extremes and dynamic range of any container that
/// `observe` takes, of any length; one reading from memory. Sums are in double, of each 8192 numbers around a number
/// next to their mean: a mean of 1e8 standard deviations costs no digits but those that rounding the numbers themselves
/// costs. A record of the whole equals the sum of records of its parts, counters and extremes exactly, moments to their
/// last bits. The same input gives the same bits, whatever the number of threads. Throws shape_error if the rows of a
/// range differ in length.
template <detail::numbers X> [[nodiscard]] distribution observe_distribution(X const& x) {
  detail::require_equal_rows("observe_distribution", "x", x);
  distribution found;
  detail::for_each_block(x, [&](auto const* data, std::size_t n) {
    detail::see_distribution(data, n, detail::least_normal_of<X>(), found);
  });
  return found;
}

}} // namespace satur::SATUR_ABI
