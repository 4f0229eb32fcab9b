/// \file observe/kernel/binning.hpp  Into which bin of a histogram each number of an array falls: by arithmetic, in
/// lanes.
#pragma once

#include "satur/array/chunk.hpp"
#include "satur/observe/kernel/sums.hpp"
#include "satur/record/bins.hpp"
#include "satur/simd/loop.hpp"
#include "satur/simd/run.hpp"

namespace satur::detail {

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

/// Added to a number that is smaller than shifter / 4, the shifter leaves the nearest whole one in the last bits.
template <class T> struct whole_bits;
template <> struct whole_bits<float> {
  static constexpr float shifter = 0x1.8p23f;
  static constexpr std::int32_t mantissa = 0x7fffff;
};
template <> struct whole_bits<double> {
  static constexpr double shifter = 0x1.8p52;
  static constexpr std::int64_t mantissa = 0xfffffffffffff;
};

/// Whether x / width is exact and each edge a whole number of it: bins of 2^-k, k >= 0, from one of their multiples on.
[[nodiscard]] inline bool bins_are_dyadic(double low, double high, double width, std::int64_t bins) {
  constexpr double most = 1 << 20; // widths from 0 to an end
  int exponent = 0;
  return std::frexp(width, &exponent) == 0.5 && width <= 1.0 && std::fabs(low) <= most * width &&
         std::fabs(high) <= most * width && std::fmod(low, width) == 0.0 &&
         high == low + static_cast<double>(bins) * width;
}

/// Equal bins between `low` and `high`. A number falls into the bin that its edges say, at every level and on every
/// machine: floor(x / width) where that is exact, else a guess in double, put right by the edges beside it.
template <class T> struct linear_binning_pass {
  double low;
  double high;
  double width;
  double per_width;
  std::int64_t bins;
  T const* x;
  std::size_t n; ///< below 2^32
  binned_blocks taken;
  std::uint64_t* places;
  std::uint64_t& zeros;
  double& lowest;
  double& highest;

  template <class L> SATUR_INLINE void run() {
    if (bins_are_dyadic(low, high, width, bins)) {
      bin<L, true>();
    } else {
      bin<typename pass_types<L>::wide, false>();
    }
  }

private:
  /// In W: registers of T, or of double.
  template <class W, bool Dyadic> SATUR_INLINE void bin() {
    using Int = decltype(math::bits(W(0)));
    math::element_t<Int> at[block_elements];
    place_counter counter(places, static_cast<std::size_t>(bins) + static_cast<std::size_t>(beside::places),
                          n / taken.stride * taken.block);
    scale_in_lanes<W, Int> const in(*this, Dyadic);
    Int zero_count = in.places.none;
    W least = in_every_lane<W>(std::numeric_limits<double>::infinity());
    W most = in_every_lane<W>(-std::numeric_limits<double>::infinity());
    for (std::size_t start = 0; start < n; start += taken.stride) {
      place_and_count<W>(
          x + start, (std::min)(taken.block, n - start), at, not_a_number(), counter,
          [&](T const* from) { return place<Dyadic>(widened_from<W>(from), in, zero_count, least, most); });
    }
    zeros += static_cast<std::uint64_t>(sum_of(zero_count));
    lowest = (std::min)(lowest, least_of(least));
    highest = (std::max)(highest, -least_of(W(-most)));
  }

  static T not_a_number() { return math::from_bits<T>(special_bits<T>::magnitude); }

  template <class W, class Int> struct scale_in_lanes {
    using F = math::element_t<W>;
    using E = math::element_t<Int>;
    W low, high, width, per_width, zero, one, shifter;
    Int mantissa; ///< the last bits of a float or double, those of whole numbers
    Int before;   ///< what they are of the place before the first bin, which is 0, or low / width where `dyadic`
    binning_places<Int> places;
    SATUR_INLINE scale_in_lanes(linear_binning_pass const& pass, bool dyadic)
        : low(in_every_lane<W>(pass.low)), high(in_every_lane<W>(pass.high)), width(in_every_lane<W>(pass.width)),
          per_width(in_every_lane<W>(pass.per_width)), zero(in_every_lane<W>(0.0)), one(in_every_lane<W>(1.0)),
          shifter(in_every_lane<W>(whole_bits<F>::shifter)), mantissa(in_every_lane<Int>(whole_bits<F>::mantissa)),
          before(in_every_lane<Int>((math::bits(whole_bits<F>::shifter) & whole_bits<F>::mantissa) - 1 +
                                    (dyadic ? static_cast<E>(pass.low / pass.width) : 0))),
          places(F{}, static_cast<E>(pass.bins)) {}

    /// The place of a whole number, with the shifter added.
    SATUR_INLINE Int place_of(W const& shifted) const { return (math::bits(shifted) & mantissa) - before; }
  };

  /// The place of a, where it is a number within the range; anything where it is not.
  template <class W, class Int> SATUR_INLINE static Int exact_bin(W const& a, scale_in_lanes<W, Int> const& in) {
    using math::select;
    W const v = math::rounded(W(a * in.per_width));
    W const shifted = math::rounded(W(v + in.shifter));
    Int const nearest = in.place_of(shifted);
    return select(mask_for<math::element_t<Int>>(math::rounded(W(shifted - in.shifter)) > v), nearest - in.places.first,
                  nearest);
  }
  template <class W, class Int> SATUR_INLINE static Int bin_by_edges(W const& a, scale_in_lanes<W, Int> const& in) {
    using math::select;
    auto const outside = a < in.low || a >= in.high;
    W const v = math::rounded(W(select(outside, in.zero, W(math::rounded(W(a - in.low)) * in.per_width))));
    W const nearest = math::rounded(W(math::rounded(W(v + in.shifter)) - in.shifter));
    W const whole = select(nearest > v, W(nearest - in.one), nearest);
    W const next = whole + in.one;
    W const right = select(a < linear_edge(whole, in.low, in.width), W(whole - in.one),
                           select(a >= linear_edge(next, in.low, in.width), next, whole));
    return in.place_of(math::rounded(W(select(outside, in.zero, right) + in.shifter)));
  }

  template <bool Dyadic, class W, class Int>
  SATUR_INLINE static Int place(W const& a, scale_in_lanes<W, Int> const& in, Int& zero_count, W& least, W& most) {
    using math::select;
    auto const below = a < in.low;
    auto const above = a >= in.high;
    Int p;
    if constexpr (Dyadic) {
      p = exact_bin(a, in);
    } else {
      p = bin_by_edges(a, in);
      p = select(p > in.places.last, in.places.last, p); // the last bin ends at `high`, not at its computed edge
    }
    using M = math::element_t<Int>;
    p = select(mask_for<M>(below), in.places.none, p);
    p = select(mask_for<M>(above), in.places.above, p);
    Int const b = math::bits(a);
    Int const m = b & in.places.magnitude;
    p = select(m == in.places.infinity, select(b < in.places.none, in.places.minus_infinity, in.places.plus_infinity),
               p);
    p = select(m > in.places.infinity, in.places.nan, p);
    zero_count = select(m == in.places.none, zero_count + in.places.first, zero_count);
    auto const finite = mask_for<math::element_t<W>>(m < in.places.infinity);
    least = select(finite && a < least, a, least);
    most = select(finite && a > most, a, most);
    return p;
  }
  template <class U, class M> SATUR_INLINE static auto mask_for(M const& m) {
#if SATUR_HAS_LANES
    if constexpr (!std::same_as<M, bool>) {
      return math::mask_cast<U>(m);
    } else
#endif
    {
      return m;
    }
  }
};

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
      lowest = (std::min)(lowest, static_cast<double>(math::from_bits<T>(smallest)));
      highest = (std::max)(highest, static_cast<double>(math::from_bits<T>(largest)));
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

} // namespace satur::detail

SATUR_COMPILED_PASS(float, satur::detail::linear_binning_pass<float>);
SATUR_COMPILED_PASS(double, satur::detail::linear_binning_pass<double>);
SATUR_COMPILED_PASS(float, satur::detail::octave_binning_pass<float>);
SATUR_COMPILED_PASS(double, satur::detail::octave_binning_pass<double>);
