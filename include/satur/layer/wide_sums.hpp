/// \file layer/wide_sums.hpp  Sums of registers of T, kept in double (in long double for long double).
#pragma once

#include "satur/config.hpp"
#include "satur/math/arithmetic.hpp"
#include "satur/simd/loop.hpp"
#include "satur/simd/reduce.hpp"

#include <concepts>
#include <cstddef>

namespace satur::inline SATUR_ABI::detail {

template <class L> using wide_t = typename pass_types<L>::wide;

/// f(offset, wide a, wide b) for each part of a and b that fills a wide register: two for lanes of float, else one.
/// `offset` is the lane with which the part begins.
template <class L, class F> SATUR_INLINE void for_each_wide(L const& a, L const& b, F const& f) {
#if SATUR_HAS_LANES
  if constexpr (math::is_lanes_v<L> && std::same_as<math::element_t<L>, float>) {
    f(std::size_t{0}, math::detail::widen_low(a), math::detail::widen_low(b));
    f(width_of<L> / 2, math::detail::widen_high(a), math::detail::widen_high(b));
  } else
#endif
  {
    f(std::size_t{0}, static_cast<wide_t<L>>(a), static_cast<wide_t<L>>(b));
  }
}

/// The sum of all lanes of many registers.
template <class L> class wide_sum {
public:
  using S = math::element_t<wide_t<L>>;

  SATUR_INLINE void add(L const& a) {
    for_each_wide(
        a, a, [this](std::size_t k, auto const& w, auto const&) SATUR_INLINE_LAMBDA { (k == 0 ? low_ : high_) += w; });
  }
  /// Adds a b; the product is exact for float.
  SATUR_INLINE void add_product(L const& a, L const& b) {
    for_each_wide(a, b, [this](std::size_t k, auto const& w, auto const& v) SATUR_INLINE_LAMBDA {
      wide_t<L>& sum = k == 0 ? low_ : high_;
      sum = math::madd(w, v, sum);
    });
  }
  [[nodiscard]] SATUR_INLINE S total() const { return sum_of(wide_t<L>(low_ + high_)); }

private:
  wide_t<L> low_{S(0)};
  wide_t<L> high_{S(0)};
};

/// to[k] += a[k] b[k] for the lanes that hold elements; see for_each_register.
template <class L, class Part, class S>
SATUR_INLINE void add_products(Part const& part, S* to, L const& a, L const& b) {
  if constexpr (Part::whole) {
    for_each_wide(a, b, [to](std::size_t k, auto const& w, auto const& v) SATUR_INLINE_LAMBDA {
      using W = wide_t<L>;
      math::store(to + k, math::madd(w, v, math::load<W>(to + k)));
    });
  } else {
    math::element_t<L> first[width_of<L>];
    math::element_t<L> second[width_of<L>];
    math::store(static_cast<math::element_t<L>*>(first), a);
    math::store(static_cast<math::element_t<L>*>(second), b);
    for (std::size_t k = 0; k < part.count; ++k) {
      to[k] = math::madd(static_cast<S>(first[k]), static_cast<S>(second[k]), to[k]);
    }
  }
}

} // namespace satur::inline SATUR_ABI::detail
