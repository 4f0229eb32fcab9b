/// \file rowwise/row_group.hpp  Sixteen numbers of a row side by side in registers of double, and back.
///
/// Everything is computed in double (long double for long double). Sixteen numbers are summed side by side at every
/// instruction set, in one order, so that AVX2 and AVX-512 give the same bits.
#pragma once

#include "satur/math/arithmetic.hpp"
#include "satur/simd/loop.hpp"
#include "satur/simd/widen.hpp"

#include <concepts>
#include <cstddef>
#include <type_traits>

namespace satur::inline SATUR_ABI::detail {

/// Sixteen doubles in registers of the width of L; for long double, the type itself.
template <class L> struct row_group_of {
  using type = L;
};
template <> struct row_group_of<float> {
  using type = math::twin<math::twin<math::twin<math::twin<double>>>>;
};
template <> struct row_group_of<double> : row_group_of<float> {};
#if SATUR_HAS_LANES
template <class T, int N> struct row_group_of<math::lanes<T, N>> {
  static constexpr int width = static_cast<int>(sizeof(T)) * N / 8;
  using one = math::lanes<double, width>;
  using two = math::twin<one>;
  using four = math::twin<two>;
  using type = std::conditional_t<width == 8, two, std::conditional_t<width == 4, four, math::twin<four>>>;
};
#endif
template <class L> using row_group = typename row_group_of<L>::type;
inline constexpr std::size_t row_group_size = 16;

template <class G, class T> SATUR_INLINE G load_wide(T const* from) {
  if constexpr (std::same_as<math::element_t<G>, T>) {
    return math::load_group<G>(from);
  } else if constexpr (math::detail::is_twin_v<G>) {
    using H = typename math::detail::half_of<G>::type;
#if SATUR_HAS_LANES
    if constexpr (!math::detail::is_twin_v<H> && math::is_lanes_v<H>) {
      auto const both = math::load<math::lanes<T, 2 * math::lane_count<H>>>(from);
      return {math::detail::widen_low(both), math::detail::widen_high(both)};
    } else
#endif
    {
      return {load_wide<H>(from), load_wide<H>(from + math::lane_count<H>)};
    }
  } else {
    return static_cast<G>(*from);
  }
}
template <class T, class G> SATUR_INLINE void store_narrow(T* to, G const& x) {
  if constexpr (std::same_as<math::element_t<G>, T>) {
    math::store(to, x);
  } else if constexpr (math::detail::is_twin_v<G>) {
    using H = typename math::detail::half_of<G>::type;
#if SATUR_HAS_LANES
    if constexpr (!math::detail::is_twin_v<H> && math::is_lanes_v<H>) {
      math::store(to, math::detail::narrow(x.first, x.second));
    } else
#endif
    {
      store_narrow(to, x.first);
      store_narrow(to + math::lane_count<H>, x.second);
    }
  } else {
    *to = static_cast<T>(x);
  }
}

/// x, or 0 where it rounds to 0 in float: to narrow it would underflow, which is slow on Intel cores.
template <class T, class G> SATUR_INLINE G zero_in_float(G const& x) {
  if constexpr (std::same_as<T, float> && math::real_lanes<G>) {
    return x * math::selected(math::select(math::magnitude(x) <= G(0x1p-150), G(0), G(1))); // a 0 keeps its sign
  } else {
    return x;
  }
}

/// The same for one step of a loop (simd/loop.hpp).
template <class Part, class T> SATUR_INLINE typename Part::lanes load_wide(Part part, T const* from, T padding) {
  T room[width_of<typename Part::lanes>];
  return load_wide<typename Part::lanes>(part.filled(from, padding, room));
}
template <class Part, class T> SATUR_INLINE void store_narrow(Part part, T* to, typename Part::lanes const& x) {
  part.write(to, [&](T* at) SATUR_INLINE_LAMBDA { store_narrow(at, x); });
}

} // namespace satur::inline SATUR_ABI::detail
