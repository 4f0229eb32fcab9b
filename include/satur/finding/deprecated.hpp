/// \file finding/deprecated.hpp  Old names of the findings, for one minor version.
#pragma once

#include "satur/finding/cure.hpp"
#include "satur/finding/limits.hpp"

#include <cstddef>
#include <random>
#include <span>

namespace satur { inline namespace SATUR_ABI {

// *_limits say where a verdict changes.

using finding_thresholds [[deprecated("use finding_limits")]] = finding_limits;

// American spelling.

template <class B, class Z> [[deprecated("use recenter")]] void recentre(B&& b, Z const& z) { recenter(b, z); }

template <class Init, class W, class B, class N, std::uniform_random_bit_generator G>
[[deprecated("use reinitialize_units")]] void reinitialise_units(Init const& init, W&& w, B&& b, N&& next_w,
                                                                 std::span<std::size_t const> dead, G& generator) {
  reinitialize_units(init, w, b, next_w, dead, generator);
}

}} // namespace satur::SATUR_ABI
