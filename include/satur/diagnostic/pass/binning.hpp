/// \file binning.hpp  Into which bin of a histogram each number of an array falls: by arithmetic, in lanes.
#pragma once

#include "satur/diagnostic/pass/lanes.hpp"

namespace satur::inline SATUR_ABI::detail {

/// What a histogram keeps beside its bins, as places after them: bin i is place 1 + i, 0 is below, bins + 1 above.
enum class beside : std::int64_t { nan = 2, zero, minus_infinity, plus_infinity, places };

/// Every lane e. Through memory, once before a loop: g++ 12 puts whole numbers together lane by lane.
template <class L, class E> [[nodiscard]] SATUR_INLINE L in_every_lane(E e) {
  math::element_t<L> all[static_cast<std::size_t>(math::lane_count<L>)];
  for (math::element_t<L>& lane : all) {
    lane = static_cast<math::element_t<L>>(e);
  }
  return math::load<L>(all);
}
/// The places beside the bins, and the limits of the bins, in lanes.
template <class I> struct binning_places {
  I none, first, last, above, nan, zero, minus_infinity, plus_infinity, magnitude, infinity;
  template <class T, class N>
  SATUR_INLINE binning_places(T, N bins)
      : none(in_every_lane<I>(0)), first(in_every_lane<I>(1)), last(in_every_lane<I>(bins)),
        above(in_every_lane<I>(bins + 1)), nan(at(bins, beside::nan)), zero(at(bins, beside::zero)),
        minus_infinity(at(bins, beside::minus_infinity)), plus_infinity(at(bins, beside::plus_infinity)),
        magnitude(in_every_lane<I>(special_bits<T>::magnitude)), infinity(in_every_lane<I>(special_bits<T>::infinity)) {
  }

private:
  template <class N> SATUR_INLINE static I at(N bins, beside what) {
    return in_every_lane<I>(bins + static_cast<N>(what));
  }
};

/// The lower edge of bin i of a linear histogram: rounded twice, here and in lanes alike.
template <class W> [[nodiscard]] SATUR_INLINE W linear_edge(W const& i, W const& low, W const& width) {
  return math::rounded(W(math::rounded(W(i * width)) + low));
}

/// Which numbers of an array are binned: `block` of them, then on to `stride` after where these began.
struct binned_blocks {
  std::size_t block = block_elements; ///< at most that
  std::size_t stride = block_elements;
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
  template <class I> SATUR_INLINE void add(I const* at, std::size_t n) {
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

/// Added to a number in [0, shifter / 2), the shifter leaves the nearest whole one in the last bits.
template <class T> struct whole_bits;
template <> struct whole_bits<float> {
  static constexpr float shifter = 0x1p23f;
  static constexpr std::int32_t mantissa = 0x7fffff;
};
template <> struct whole_bits<double> {
  static constexpr double shifter = 0x1p52;
  static constexpr std::int64_t mantissa = 0xfffffffffffff;
};

/// Whether every edge low + i width, i <= bins, is a float, and a guess in float is off by one bin at most: then floats
/// need no double to find their bin.
[[nodiscard]] inline bool edges_are_floats(double low, double high, double width, std::int64_t bins) {
  double const largest = std::max({std::fabs(low), std::fabs(high), high - low});
  double const step = std::ldexp(1.0, std::ilogb(largest) - 22); // what a float of that size has for certain
  auto const whole = [step](double x) { return std::fmod(x, step) == 0.0; };
  return bins <= (std::int64_t{1} << 20) && largest < 0x1p100 && step > 0x1p-100 && whole(low) && whole(width);
}

/// Equal bins between `low` and `high`: a guess, floor((x - low) / width), put right by the edges beside it. So a
/// number falls into the bin that its edges say, at every level and on every machine.
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
    if constexpr (std::same_as<T, float>) {
      if (edges_are_floats(low, high, width, bins)) {
        bin<L>();
        return;
      }
    }
    bin<typename pass_types<L>::wide>();
  }

private:
  /// In W: registers of T, or of double.
  template <class W> SATUR_INLINE void bin() {
    using I = decltype(math::bits(W(0)));
    constexpr std::size_t register_size = static_cast<std::size_t>(math::lane_count<W>);
    math::element_t<I> at[block_elements];
    place_counter counter(places, static_cast<std::size_t>(bins) + static_cast<std::size_t>(beside::places),
                          n / taken.stride * taken.block);
    scale_in_lanes<W, I> const in(*this);
    I zero_count = in.places.none;
    W least = in_every_lane<W>(std::numeric_limits<double>::infinity());
    W most = in_every_lane<W>(-std::numeric_limits<double>::infinity());
    for (std::size_t start = 0; start < n; start += taken.stride) {
      std::size_t const count = std::min(taken.block, n - start);
      std::size_t i = 0;
      for (; i + register_size <= count; i += register_size) {
        math::store(at + i, place(widened_from<W>(x + start + i), in, zero_count, least, most));
      }
      if (i < count) {
        T rest[register_size];
        for (std::size_t k = 0; k < register_size; ++k) {
          rest[k] = i + k < count ? x[start + i + k] : not_a_number();
        }
        math::store(at + i, place(widened_from<W>(static_cast<T const*>(rest)), in, zero_count, least, most));
      }
      counter.add(at, count);
    }
    zeros += static_cast<std::uint64_t>(sum_of(zero_count));
    lowest = std::min(lowest, least_of(least));
    highest = std::max(highest, -least_of(W(-most)));
  }

  static T not_a_number() { return math::from_bits<T>(special_bits<T>::magnitude); }

  template <class W, class I> struct scale_in_lanes {
    using C = whole_bits<math::element_t<W>>;
    W low, high, width, per_width, zero, one, shifter;
    I mantissa;
    binning_places<I> places;
    SATUR_INLINE explicit scale_in_lanes(linear_binning_pass const& pass)
        : low(in_every_lane<W>(pass.low)), high(in_every_lane<W>(pass.high)), width(in_every_lane<W>(pass.width)),
          per_width(in_every_lane<W>(pass.per_width)), zero(in_every_lane<W>(0.0)), one(in_every_lane<W>(1.0)),
          shifter(in_every_lane<W>(C::shifter)), mantissa(in_every_lane<I>(C::mantissa)),
          places(math::element_t<W>{}, static_cast<math::element_t<I>>(pass.bins)) {}
  };

  template <class W, class I>
  SATUR_INLINE static I place(W const& a, scale_in_lanes<W, I> const& in, I& zero_count, W& least, W& most) {
    using math::select;
    auto const below = a < in.low;
    auto const above = a >= in.high;
    W const v = math::rounded(W(select(below || above, in.zero, W(math::rounded(W(a - in.low)) * in.per_width))));
    W const nearest = math::rounded(W(math::rounded(W(v + in.shifter)) - in.shifter));
    W const whole = select(nearest > v, W(nearest - in.one), nearest);
    W const next = whole + in.one;
    W const right = select(a < linear_edge(whole, in.low, in.width), W(whole - in.one),
                           select(a >= linear_edge(next, in.low, in.width), next, whole));
    W const counted = math::rounded(W(select(below || above, in.zero, right) + in.shifter));
    I p = (math::bits(counted) & in.mantissa) + in.places.first;
    p = select(p > in.places.last, in.places.last, p); // the last bin ends at `high`, not at its computed edge
    using M = math::element_t<I>;
    p = select(mask_for<M>(below), in.places.none, p);
    p = select(mask_for<M>(above), in.places.above, p);
    I const b = math::bits(a);
    I const m = b & in.places.magnitude;
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
    using I = decltype(math::bits(L(0)));
    constexpr std::size_t width = static_cast<std::size_t>(math::lane_count<L>);
    E at[block_elements];
    place_counter counter(places, static_cast<std::size_t>(bins) + static_cast<std::size_t>(beside::places),
                          n / taken.stride * taken.block);
    binning_places<I> const in(T{}, bins);
    I const before = in_every_lane<I>(first - 1);
    I least = in.infinity;
    I most = in.none;
    for (std::size_t start = 0; start < n; start += taken.stride) {
      std::size_t const count = std::min(taken.block, n - start);
      std::size_t i = 0;
      for (; i + width <= count; i += width) {
        math::store(at + i, place(math::bits(math::load<L>(x + start + i)), in, before, least, most));
      }
      if (i < count) {
        T rest[width];
        for (std::size_t k = 0; k < width; ++k) {
          rest[k] = i + k < count ? x[start + i + k] : T(0);
        }
        math::store(at + i, place(math::bits(math::load<L>(rest)), in, before, least, most));
      }
      counter.add(at, count);
    }
    E all[width];
    math::store(all, least);
    E smallest = all[0];
    for (E const e : all) {
      smallest = std::min(smallest, e);
    }
    math::store(all, most);
    E largest = all[0];
    for (E const e : all) {
      largest = std::max(largest, e);
    }
    if (largest != 0) {
      lowest = std::min(lowest, static_cast<double>(math::from_bits<T>(smallest)));
      highest = std::max(highest, static_cast<double>(math::from_bits<T>(largest)));
    }
  }

private:
  template <class I>
  SATUR_INLINE I place(I const& b, binning_places<I> const& in, I const& before, I& least, I& most) const {
    using math::select;
    I const m = b & in.magnitude;
    I p = (m >> shift) - before;
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
