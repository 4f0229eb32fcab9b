/// \file simd/loop.hpp  The loop over an array: whole registers, and the last few elements through the same lanes.
///
/// A step is a function of (i, part): i is the place of its first element, `part` says how many lanes hold elements,
/// and loads and stores them. What an element gives does not depend on its place or on the length of the array: the
/// last few are loaded into a register that is filled up with padding, and go through the same formula.
#pragma once

#include "satur/simd/lanes.hpp"
#include "satur/simd/load.hpp"
#include "satur/simd/register_pair.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>

namespace satur::inline SATUR_ABI::detail {

/// How many elements a register L holds.
template <class L> inline constexpr std::size_t width_of = static_cast<std::size_t>(math::lane_count<L>);

/// Lanes whose position is below `count`.
template <class L> SATUR_INLINE auto first_lanes(std::size_t count) {
  if constexpr (math::is_lanes_v<L>) {
    using T = math::element_t<L>;
    T position[width_of<L>];
    for (int i = 0; i < math::lane_count<L>; ++i) {
      position[i] = static_cast<T>(i);
    }
    return math::load_group<L>(position) < L(static_cast<T>(count));
  } else {
    return count != 0;
  }
}

#if SATUR_HAS_WIDE_LANES && defined(__x86_64__) && !defined(__clang__)
// One instruction instead of a loop and a copy, which cost as much as some fifty numbers.
SATUR_AVX512 inline math::lanes<float, 16> load_masked(float const* from, std::size_t count,
                                                       math::lanes<float, 16> const& padding) {
  math::lanes<float, 16> r;
  r.raw = (math::lanes<float, 16>::raw_type)__builtin_ia32_loadups512_mask(
      from, padding.raw, static_cast<unsigned short>((1u << count) - 1u));
  return r;
}
SATUR_AVX512 inline math::lanes<double, 8> load_masked(double const* from, std::size_t count,
                                                       math::lanes<double, 8> const& padding) {
  math::lanes<double, 8> r;
  r.raw = (math::lanes<double, 8>::raw_type)__builtin_ia32_loadupd512_mask(
      from, padding.raw, static_cast<unsigned char>((1u << count) - 1u));
  return r;
}
SATUR_AVX512 inline void store_masked(float* to, std::size_t count, math::lanes<float, 16> const& x) {
  __builtin_ia32_storeups512_mask(to, x.raw, static_cast<unsigned short>((1u << count) - 1u));
}
SATUR_AVX512 inline void store_masked(double* to, std::size_t count, math::lanes<double, 8> const& x) {
  __builtin_ia32_storeupd512_mask(to, x.raw, static_cast<unsigned char>((1u << count) - 1u));
}
template <class L> // not twins, which have the same size at AVX2
inline constexpr bool masked_memory =
    std::same_as<L, math::lanes<float, 16>> || std::same_as<L, math::lanes<double, 8>>;
#else
template <class L> inline constexpr bool masked_memory = false;
#endif

/// Up to one register of neighbors; the other lanes are `padding`.
template <class L>
SATUR_INLINE L load_first(math::element_t<L> const* from, std::size_t count, math::element_t<L> padding) {
  if (count >= width_of<L>) {
    return math::load_group<L>(from);
  }
  if constexpr (masked_memory<L>) {
    return load_masked(from, count, L(padding));
  } else {
    math::element_t<L> all[width_of<L>];
    for (std::size_t i = 0; i < width_of<L>; ++i) { // g++ makes it one masked load
      all[i] = i < count ? from[i] : padding;
    }
    return math::load_group<L>(all);
  }
}
template <class L> SATUR_INLINE void store_first(math::element_t<L>* to, L const& x, std::size_t count) {
  if (count >= width_of<L>) {
    math::store(to, x);
    return;
  }
  if constexpr (masked_memory<L>) {
    store_masked(to, count, x);
  } else {
    math::element_t<L> all[width_of<L>];
    math::store(static_cast<math::element_t<L>*>(all), x);
    std::copy(all, all + count, to);
  }
}

/// A step of which every lane holds an element. L: a scalar, lanes, or twins of them.
template <class L> struct whole_register {
  using lanes = L;
  using element = math::element_t<L>;
  static constexpr bool whole = true;
  static constexpr std::size_t count = width_of<L>;

  [[nodiscard]] SATUR_INLINE L load(element const* from, element) const { return math::load_group<L>(from); }
  SATUR_INLINE void store(element* to, L const& x) const { math::store(to, x); }
  template <class T> [[nodiscard]] SATUR_INLINE T const* filled(T const* from, T, T*) const { return from; }
  template <class T, class Write> SATUR_INLINE void write(T* to, Write const& put) const { put(to); }
  /// The mask m, unset for padding.
  template <class M> [[nodiscard]] SATUR_INLINE M of_elements(M const& m) const { return m; }
};

/// A step of which the first `count` lanes hold elements: some, or all.
template <class L> struct register_part {
  using lanes = L;
  using element = math::element_t<L>;
  static constexpr bool whole = false;
  std::size_t count;

  /// The elements from `from` on, and `padding` in the other lanes.
  [[nodiscard]] SATUR_INLINE L load(element const* from, element padding) const {
    return load_first<L>(from, count, padding);
  }
  SATUR_INLINE void store(element* to, L const& x) const { store_first(to, x, count); }
  /// The elements from `from` on, copied to `room` for a whole register, which is filled up. For what `load` cannot
  /// load: a T that becomes lanes of another type.
  template <class T> [[nodiscard]] SATUR_INLINE T const* filled(T const* from, T padding, T* room) const {
    std::fill(room, room + width_of<L>, padding);
    std::copy(from, from + count, room);
    return room;
  }
  /// put(at) writes a whole register of T; those that are elements go to `to`.
  template <class T, class Write> SATUR_INLINE void write(T* to, Write const& put) const {
    T room[width_of<L>];
    put(static_cast<T*>(room));
    std::copy(room, room + count, to);
  }
  template <class M> [[nodiscard]] SATUR_INLINE M of_elements(M const& m) const { return m && first_lanes<L>(count); }
};

/// Every step from the `first`-th of n elements on is a register_part: its code is there once, for what is seldom run.
template <class L, class Step> SATUR_INLINE void for_each_part(std::size_t first, std::size_t n, Step const& step) {
  for (std::size_t i = first; i < n; i += width_of<L>) {
    std::size_t const rest = n - i;
    step(i, register_part<L>{rest < width_of<L> ? rest : width_of<L>}); // not std::min: g++ then masks the load
  }
}

/// As many whole registers G as fit into n elements; the rest in parts of L. The step is inlined once for each of the
/// two: a lambda as `[&](std::size_t i, auto part) SATUR_INLINE_LAMBDA {…}`, by value so that `part.whole` is constant.
template <class G, class L = G, class Step> SATUR_INLINE void for_each_register(std::size_t n, Step const& step) {
  std::size_t i = 0;
  for (; i + width_of<G> <= n; i += width_of<G>) {
    step(i, whole_register<G>{});
  }
  if constexpr (width_of<G> > 1) {
    for_each_part<L>(i, n, step);
  }
}

} // namespace satur::inline SATUR_ABI::detail
