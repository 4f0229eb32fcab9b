/// \file observe/kernel/binning/octave_binning.hpp  Into which part of an octave the size of each number of an array
/// falls: by its bits, in lanes.
#pragma once

#include "satur/array/chunk.hpp"
#include "satur/observe/kernel/binning/bin_places.hpp"
#include "satur/simd/run.hpp"

namespace satur::inline SATUR_ABI::detail {

/// Bins of |x| that cut every octave into 2^k equal parts: the upper bits of |x| are the bin, exactly.
template <class T> struct octave_binning_pass {
  using E = decltype(math::bits(T(0)));

  int shift; ///< bits below those that say the bin
  E first;   ///< what the upper bits of the first bin are
  E bins;
  T const* x;
  std::size_t n; ///< below 2^32
  binned_blocks taken;
  std::uint64_t* places;
  double& lowest; ///< of |x|, finite and not 0
  double& highest;

  template <class L> SATUR_INLINE void run() {
    using Int = decltype(math::bits(L(0)));
    constexpr std::size_t width = static_cast<std::size_t>(math::lane_count<L>);
    E at[block_elements];
    place_counter counter(places, static_cast<std::size_t>(bins) + static_cast<std::size_t>(beside::places),
                          n / taken.stride * taken.block);
    binning_places<Int> const in(T{}, bins);
    Int const before = in_every_lane<Int>(first - 1);
    Int least = in.infinity;
    Int most = in.none;
    for (std::size_t start = 0; start < n; start += taken.stride) {
      place_and_count<L>(x + start, (std::min)(taken.block, n - start), at, T(0), counter, [&](T const* from) {
        return place(math::bits(math::load<L>(from)), in, before, least, most);
      });
    }
    E all[width];
    math::store(all, least);
    E smallest = all[0];
    for (E const e : all) {
      smallest = (std::min)(smallest, e);
    }
    math::store(all, most);
    E largest = all[0];
    for (E const e : all) {
      largest = (std::max)(largest, e);
    }
    if (largest != 0) {
      lowest = (std::min)(lowest, double_of_bits<T>(smallest));
      highest = (std::max)(highest, double_of_bits<T>(largest));
    }
  }

private:
  template <class Int>
  SATUR_INLINE Int place(Int const& b, binning_places<Int> const& in, Int const& before, Int& least, Int& most) const {
    using math::select;
    Int const m = b & in.magnitude;
    Int p = (m >> shift) - before;
    p = select(p < in.none, in.none, p);
    p = select(p > in.above, in.above, p);
    p = select(m == in.none, in.zero, p);
    p = select(m == in.infinity, select(b < in.none, in.minus_infinity, in.plus_infinity), p);
    p = select(m > in.infinity, in.nan, p);
    auto const kept = m < in.infinity && m != in.none;
    least = select(kept && m < least, m, least);
    most = select(kept && m > most, m, most);
    return p;
  }
};

} // namespace satur::inline SATUR_ABI::detail

SATUR_COMPILED_PASS(float, satur::detail::octave_binning_pass<float>);
SATUR_COMPILED_PASS(double, satur::detail::octave_binning_pass<double>);
