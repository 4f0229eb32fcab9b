/// \file record/bins.hpp  How a histogram numbers its bins, and where a bin begins.
#pragma once

#include "satur/array/chunk.hpp"
#include "satur/simd/operations.hpp"

#include <cstddef>
#include <cstdint>

namespace satur::inline SATUR_ABI::detail {

/// What a histogram keeps beside its bins, as places after them: bin i is place 1 + i, 0 is below, bins + 1 above.
enum class beside : std::int64_t { nan = 2, zero, minus_infinity, plus_infinity, places };

/// The lower edge of bin i of a linear histogram: rounded twice, here and in lanes alike.
template <class W> [[nodiscard]] SATUR_INLINE W linear_edge(W const& i, W const& low, W const& width) {
  return math::rounded(W(math::rounded(W(i * width)) + low));
}

/// Which numbers of an array are binned: `block` of them, then on to `stride` after where these began.
struct binned_blocks {
  std::size_t block = block_elements; ///< at most that
  std::size_t stride = block_elements;
};

} // namespace satur::inline SATUR_ABI::detail
