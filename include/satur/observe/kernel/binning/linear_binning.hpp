/// \file observe/kernel/binning/linear_binning.hpp  Into which of many equal bins each number of an array falls: by
/// arithmetic, in lanes.
#pragma once

#include "satur/array/chunk.hpp"
#include "satur/observe/kernel/binning/bin_places.hpp"
#include "satur/simd/run.hpp"

namespace satur::inline SATUR_ABI::detail {

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

} // namespace satur::inline SATUR_ABI::detail

SATUR_COMPILED_PASS(float, satur::detail::linear_binning_pass<float>);
SATUR_COMPILED_PASS(double, satur::detail::linear_binning_pass<double>);
