/// \file reading/update_size.hpp  The size of a step relative to the weights: too small, healthy or too large.
#pragma once

#include "satur/reading/gradient_limits.hpp"
#include "satur/record/update.hpp"
#include "satur/text/number.hpp"

#include <cmath>
#include <cstdint>
#include <ostream>

namespace satur { inline namespace SATUR_ABI {

/// The size of a step relative to the weights: too small, healthy or too large.
struct update_size {
  enum class verdict { unknown, too_small, healthy, too_large };
  double log10_ratio = std::numeric_limits<double>::quiet_NaN(); ///< log10(std(step) / std(weights))
  verdict state = verdict::unknown;
  double rate_factor = std::numeric_limits<double>::quiet_NaN(); ///< factor on the learning rate that meets the target

  friend std::ostream& operator<<(std::ostream& out, update_size const& u) {
    out << "update:data 10^" << text::decimals(u.log10_ratio, 2)
        << (u.state == verdict::healthy     ? " is healthy"
            : u.state == verdict::too_small ? " is too small"
            : u.state == verdict::too_large ? " is too large"
                                            : " is unknown");
    if (u.state == verdict::too_small || u.state == verdict::too_large) {
      out << "; learning rate x " << text::significant(u.rate_factor, 2) << " would meet the target";
    }
    return out;
  }
};

[[nodiscard]] inline update_size update_size_of(update_record const& record, gradient_limits const& limits = {}) {
  update_size u;
  if (record.steps == 0) {
    return u;
  }
  u.log10_ratio = record.log10_ratio();
  u.rate_factor = std::pow(10.0, limits.update_target - u.log10_ratio);
  u.state = detail::is_above(u.log10_ratio, limits.update_high)  ? update_size::verdict::too_large
            : detail::is_below(u.log10_ratio, limits.update_low) ? update_size::verdict::too_small
                                                                 : update_size::verdict::healthy;
  return u;
}

}} // namespace satur::SATUR_ABI
