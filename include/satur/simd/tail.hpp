/// \file simd/tail.hpp  The last few elements of an array, through the same lanes as all others.
#pragma once

#include "satur/simd/lanes.hpp"
#include "satur/simd/load.hpp"

#include <algorithm>
#include <cstddef>

namespace satur::detail {

/// Lanes whose position is below `count`.
template <class L> SATUR_INLINE auto first_lanes(std::size_t count) {
  if constexpr (math::is_lanes_v<L>) {
    using T = math::element_t<L>;
    T position[static_cast<std::size_t>(math::lane_count<L>)];
    for (int i = 0; i < math::lane_count<L>; ++i) {
      position[i] = static_cast<T>(i);
    }
    return math::load<L>(position) < L(static_cast<T>(count));
  } else {
    return count != 0;
  }
}

/// Up to one register of neighbors; the rest of it repeats `padding`. What an element gives does not depend on its
/// place: the last few of an array go through the same lanes.
template <class L>
SATUR_INLINE L load_first(math::element_t<L> const* from, std::size_t count, math::element_t<L> padding) {
  constexpr std::size_t width = static_cast<std::size_t>(math::lane_count<L>);
  if (count >= width) {
    return math::load<L>(from);
  }
  math::element_t<L> all[width];
  for (std::size_t i = 0; i < width; ++i) {
    all[i] = i < count ? from[i] : padding;
  }
  return math::load<L>(all);
}
template <class L> SATUR_INLINE void store_first(math::element_t<L>* to, L const& x, std::size_t count) {
  constexpr std::size_t width = static_cast<std::size_t>(math::lane_count<L>);
  if (count >= width) {
    math::store(to, x);
    return;
  }
  math::element_t<L> all[width];
  math::store(all, x);
  std::copy(all, all + count, to);
}

} // namespace satur::detail
