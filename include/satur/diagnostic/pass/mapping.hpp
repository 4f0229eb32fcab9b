/// \file mapping.hpp  f(z) or f'(z) alone over an array.
#pragma once

#include "satur/diagnostic/pass/lanes.hpp"

namespace satur::inline SATUR_ABI::detail {

/// f(z) alone, or f'(z) alone, over an array: same lanes, same bits as the observing pass.
template <class T, class A, bool Slope> struct mapping_pass {
  A const& act;
  T const* z;
  T* out;
  std::size_t n;

  template <class L> SATUR_INLINE void run() {
    using G = side_by_side<L>;
    constexpr std::size_t group = static_cast<std::size_t>(math::lane_count<G>);
    constexpr std::size_t width = static_cast<std::size_t>(math::lane_count<L>);
    std::size_t i = 0;
    for (; i + group <= n; i += group) {
      math::store(out + i, at(math::load_group<G>(z + i)));
    }
    for (; i < n; i += width) {
      std::size_t const count = std::min(width, n - i);
      store_first(out + i, at(load_first<L>(z + i, count, T(0))), count);
    }
  }

private:
  template <class G> SATUR_INLINE G at(G const& x) const { return evaluate_one<Slope>(act, x); }
};

} // namespace satur::inline SATUR_ABI::detail
