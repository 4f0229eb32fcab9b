/// \file testing/kernel/causes.hpp  The usual cause of a kernel's errors, told from where it is wrong and where not.
#pragma once

#include "satur/testing/kernel/evidence.hpp"

#include <vector>

namespace satur::inline SATUR_ABI::testing {

/// The usual causes that fit, the best first; empty if none fits.
[[nodiscard]] inline std::vector<kernel_cause> causes_of(kernel_evidence const&) { return {}; }

} // namespace satur::inline SATUR_ABI::testing
