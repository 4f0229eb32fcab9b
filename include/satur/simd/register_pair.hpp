/// \file simd/register_pair.hpp  Two registers that go through a formula side by side.
///
/// A formula is one long chain of dependent operations; a core that sees a single chain at a time fills its scheduler
/// with waiting instructions and idles. `twin<L>` has every operation of L and does each for both halves before the
/// next, so that two chains (four, for twins of twins) are in flight in program order. Results are those of L, bit for
/// bit.
#pragma once

#include "satur/simd/lanes.hpp"
#include "satur/simd/load.hpp"
#include "satur/simd/operations.hpp"

namespace satur::inline SATUR_ABI::math {

template <class M> struct twin_mask {
  M first;
  M second;
  SATUR_INLINE friend twin_mask operator&(twin_mask const& a, twin_mask const& b) {
    return {M(a.first & b.first), M(a.second & b.second)};
  }
  SATUR_INLINE friend twin_mask operator|(twin_mask const& a, twin_mask const& b) {
    return {M(a.first | b.first), M(a.second | b.second)};
  }
  SATUR_INLINE friend twin_mask operator&&(twin_mask const& a, twin_mask const& b) { return a & b; }
  SATUR_INLINE friend twin_mask operator||(twin_mask const& a, twin_mask const& b) { return a | b; }
  SATUR_INLINE friend twin_mask operator!(twin_mask const& a) { return {!a.first, !a.second}; }
};

template <class L> struct twin {
  L first;
  L second;

  twin() = default;
  SATUR_INLINE twin(L const& a, L const& b) : first(a), second(b) {}
  template <class U>
    requires std::is_arithmetic_v<U>
  SATUR_INLINE twin(U s) : first(static_cast<L>(s)), second(first) {} // NOLINT: a constant reads as T(1) or as 1

#define SATUR_TWIN_ARITHMETIC(op)                                      \
  SATUR_INLINE friend twin operator op(twin const& a, twin const& b) { \
    return {a.first op b.first, a.second op b.second};                 \
  }
  SATUR_TWIN_ARITHMETIC(+)
  SATUR_TWIN_ARITHMETIC(-)
  SATUR_TWIN_ARITHMETIC(*)
  SATUR_TWIN_ARITHMETIC(/)
  SATUR_TWIN_ARITHMETIC(&)
  SATUR_TWIN_ARITHMETIC(|)
  SATUR_TWIN_ARITHMETIC(^)
#undef SATUR_TWIN_ARITHMETIC
  SATUR_INLINE friend twin operator<<(twin const& a, int n) { return {a.first << n, a.second << n}; }
  SATUR_INLINE friend twin operator>>(twin const& a, int n) { return {a.first >> n, a.second >> n}; }
  SATUR_INLINE friend twin operator-(twin const& a) { return {-a.first, -a.second}; }
  SATUR_INLINE friend twin operator+(twin const& a) { return a; }
  SATUR_INLINE twin& operator+=(twin const& o) { return *this = *this + o; }
  SATUR_INLINE twin& operator-=(twin const& o) { return *this = *this - o; }
  SATUR_INLINE twin& operator*=(twin const& o) { return *this = *this * o; }
  SATUR_INLINE twin& operator/=(twin const& o) { return *this = *this / o; }

  using mask = twin_mask<decltype(std::declval<L const&>() < std::declval<L const&>())>;
#define SATUR_TWIN_COMPARISON(op)                                      \
  SATUR_INLINE friend mask operator op(twin const& a, twin const& b) { \
    return {a.first op b.first, a.second op b.second};                 \
  }
  SATUR_TWIN_COMPARISON(<)
  SATUR_TWIN_COMPARISON(<=)
  SATUR_TWIN_COMPARISON(>)
  SATUR_TWIN_COMPARISON(>=)
  SATUR_TWIN_COMPARISON(==)
  SATUR_TWIN_COMPARISON(!=)
#undef SATUR_TWIN_COMPARISON
};

namespace detail {
template <class L> struct lane_traits<twin<L>> {
  using element = element_t<L>;
  static constexpr int count = 2 * lane_count<L>;
  static constexpr bool is_lanes = true;
};
} // namespace detail

template <class L> inline constexpr bool has_fused_v<twin<L>> = has_fused_v<L>;
template <class L> inline constexpr bool has_scale_v<twin<L>> = has_scale_v<L>;

template <class M, class L> SATUR_INLINE twin<L> select(twin_mask<M> const& m, twin<L> const& a, twin<L> const& b) {
  return {select(m.first, a.first, b.first), select(m.second, a.second, b.second)};
}
template <class M, class L>
SATUR_INLINE twin<L> select(twin_mask<M> const& m, twin<L> const& a, std::type_identity_t<element_t<L>> b) {
  return select(m, a, twin<L>(b));
}
template <class M, class L>
SATUR_INLINE twin<L> select(twin_mask<M> const& m, std::type_identity_t<element_t<L>> a, twin<L> const& b) {
  return select(m, twin<L>(a), b);
}
template <class L> SATUR_INLINE auto bits(twin<L> const& a) {
  using Int = decltype(bits(a.first));
  return twin<Int>(bits(a.first), bits(a.second));
}
template <class T, class Int> SATUR_INLINE auto from_bits(twin<Int> const& a) {
  using L = decltype(from_bits<T>(a.first));
  return twin<L>(from_bits<T>(a.first), from_bits<T>(a.second));
}
template <class L> SATUR_INLINE twin<L> rounded(twin<L> const& a) { return {rounded(a.first), rounded(a.second)}; }
template <class L> SATUR_INLINE twin<L> fused(twin<L> const& a, twin<L> const& b, twin<L> const& c) {
  return {fused(a.first, b.first, c.first), fused(a.second, b.second, c.second)};
}
template <class L> SATUR_INLINE twin<L> maximum(twin<L> const& a, twin<L> const& b) {
  return {maximum(a.first, b.first), maximum(a.second, b.second)};
}
template <class L> SATUR_INLINE twin<L> minimum(twin<L> const& a, twin<L> const& b) {
  return {minimum(a.first, b.first), minimum(a.second, b.second)};
}
template <class L> SATUR_INLINE twin<L> scale_exponent(twin<L> const& p, twin<L> const& n) {
  return {scale_exponent(p.first, n.first), scale_exponent(p.second, n.second)};
}

template <class L> SATUR_INLINE void store(element_t<L>* p, twin<L> const& a) {
  store(p, a.first);
  store(p + lane_count<L>, a.second);
}

namespace detail {
template <class L> inline constexpr bool is_twin_v = false;
template <class L> inline constexpr bool is_twin_v<twin<L>> = true;
template <class G> struct half_of;
template <class L> struct half_of<twin<L>> {
  using type = L;
};
} // namespace detail

/// Loads neighbors into any of T, lanes of T, or twins of those.
template <class G> SATUR_INLINE G load_group(element_t<G> const* p) {
  if constexpr (detail::is_twin_v<G>) {
    using L = typename detail::half_of<G>::type;
    return {load_group<L>(p), load_group<L>(p + lane_count<L>)};
  } else {
    return load<G>(p);
  }
}

} // namespace satur::inline SATUR_ABI::math
