/// \file observe/kernel/binning/bin_places.hpp  The bins of a histogram and the places beside them, and how often each
/// is hit.
#pragma once

#include "satur/observe/kernel/sums.hpp"
#include "satur/record/bins.hpp"
#include "satur/simd/loop.hpp"

namespace satur::inline SATUR_ABI::detail {

/// Every lane e. Through memory, once before a loop: g++ 12 puts whole numbers together lane by lane.
template <class L, class E> [[nodiscard]] SATUR_INLINE L in_every_lane(E e) {
  math::element_t<L> all[static_cast<std::size_t>(math::lane_count<L>)];
  for (math::element_t<L>& lane : all) {
    lane = static_cast<math::element_t<L>>(e);
  }
  return math::load<L>(all);
}
/// The places beside the bins, and the limits of the bins, in lanes.
template <class Int> struct binning_places {
  Int none, first, last, above, nan, zero, minus_infinity, plus_infinity, magnitude, infinity;
  template <class T, class N>
  SATUR_INLINE binning_places(T, N bins)
      : none(in_every_lane<Int>(0)), first(in_every_lane<Int>(1)), last(in_every_lane<Int>(bins)),
        above(in_every_lane<Int>(bins + 1)), nan(at(bins, beside::nan)), zero(at(bins, beside::zero)),
        minus_infinity(at(bins, beside::minus_infinity)), plus_infinity(at(bins, beside::plus_infinity)),
        magnitude(in_every_lane<Int>(special_bits<T>::magnitude)),
        infinity(in_every_lane<Int>(special_bits<T>::infinity)) {}

private:
  template <class N> SATUR_INLINE static Int at(N bins, beside what) {
    return in_every_lane<Int>(bins + static_cast<N>(what));
  }
};

/// Counts places. Where they are few against the numbers, in four tables in turn: the same place twice in a row need
/// not wait for itself.
class place_counter {
public:
  place_counter(std::uint64_t* places, std::size_t count, std::size_t numbers)
      : places_(places), count_(count), by_four_(count <= most && numbers >= 4 * count) {
    if (by_four_) {
      std::fill(tables_, tables_ + 4 * count, 0u);
    }
  }
  place_counter(place_counter const&) = delete;
  place_counter& operator=(place_counter const&) = delete;
  ~place_counter() {
    if (by_four_) {
      for (std::size_t i = 0; i < count_; ++i) {
        std::uint32_t const* const t = tables_ + i;
        places_[i] += std::uint64_t{t[0]} + t[count_] + t[2 * count_] + t[3 * count_];
      }
    }
  }
  template <class Int> SATUR_INLINE void add(Int const* at, std::size_t n) {
    std::size_t k = 0;
    if (by_four_) {
      for (; k + 4 <= n; k += 4) {
        for (std::size_t t = 0; t < 4; ++t) {
          ++tables_[t * count_ + static_cast<std::size_t>(at[k + t])];
        }
      }
    }
    for (; k < n; ++k) {
      ++places_[at[k]];
    }
  }

private:
  static constexpr std::size_t most = 640;
  std::uint64_t* places_;
  std::size_t count_;
  bool by_four_;
  std::uint32_t tables_[4 * most];
};

/// Places and counts a block of T. `place(from)` gives the places of the register that starts at `from`, `padding`
/// fills the last one up. A register is counted while the next four are placed: the one is memory, the other
/// arithmetic.
template <class W, class T, class E, class Place>
SATUR_INLINE void place_and_count(T const* x, std::size_t count, E* at, T padding, place_counter& counter,
                                  Place const& place) {
  constexpr std::size_t at_once = (std::max<std::size_t>)(width_of<W>, 4);
  std::size_t done = 0;
  for_each_register<W>(count, [&](std::size_t i, auto part) SATUR_INLINE_LAMBDA {
    T room[width_of<W>];
    math::store(at + i, place(part.filled(x + i, padding, room)));
    if (part.whole && i >= done + 4 * at_once) {
      counter.add(at + done, at_once);
      done += at_once;
    }
  });
  counter.add(at + done, count - done);
}

} // namespace satur::inline SATUR_ABI::detail
