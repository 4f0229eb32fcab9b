/// \file testing/kernel/kernel_report.hpp  The result of a check of a kernel: by segments of z, and what is wrong.
#pragma once

#include "satur/testing/kernel/evidence.hpp"
#include "satur/testing/report.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace satur::inline SATUR_ABI::testing {

/// How accurate a kernel is for z in [low, high).
struct kernel_segment {
  double low = 0.0;
  double high = 0.0;
  std::uint64_t count = 0;  ///< inputs with a finite exact result
  double worst_ulp = 0.0;   ///< infinity if a NaN or infinity stands where a number belongs
  double mean_ulp = 0.0;    ///< of the finite errors
  double within_half = 0.0; ///< share within 1/2 ulp: correctly rounded
  double worst_at = 0.0;    ///< the z of worst_ulp
  std::uint64_t beyond = 0; ///< inputs whose error is above the allowed one
};

/// The result of a check of a kernel. As a `report` it holds each property that fails, with its worst input and the
/// usual cause; `text()` shows the segments too.
struct kernel_report : report {
  std::vector<kernel_segment> segments; ///< in the order of z; only those with inputs
  std::uint64_t inputs = 0;             ///< results compared
  double worst_ulp = 0.0;
  double worst_at = 0.0;
  std::uint64_t false_zeros = 0; ///< 0 where the exact result rounds to another number
  std::uint64_t flushed = 0;     ///< those of them that are below the smallest normal number: flush to zero
  std::uint64_t wrong_signs = 0;
  std::uint64_t wrong_specials = 0; ///< NaN or infinity where a number belongs, or the other way round
  std::uint64_t not_monotone = 0;
  std::optional<double> first_bad;  ///< the first z, in ascending order, whose error is above the allowed one
  std::vector<kernel_cause> causes; ///< the best first
};

} // namespace satur::inline SATUR_ABI::testing
