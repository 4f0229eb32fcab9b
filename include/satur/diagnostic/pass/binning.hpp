/// \file binning.hpp  Into which bin of a histogram each number of an array falls: by arithmetic, in lanes.
#pragma once

#include "satur/diagnostic/pass/lanes.hpp"

namespace satur::inline SATUR_ABI::detail {

/// What a histogram keeps beside its bins, as places after them: bin i is place 1 + i, 0 is below, bins + 1 above.
enum class beside : std::int64_t { nan = 2, zero, minus_infinity, plus_infinity, places };

/// W: double, or lanes of it, from W's count of T.
template <class L> SATUR_INLINE auto load_widened(math::element_t<L> const* p) {
#if SATUR_HAS_LANES
  if constexpr (math::is_lanes_v<L> && std::same_as<math::element_t<L>, float>) {
    return math::detail::load_widened<math::lane_count<L> / 2>(p);
  } else
#endif
  {
    if constexpr (math::is_lanes_v<L>) {
      return math::load<L>(p);
    } else {
      return static_cast<double>(*p);
    }
  }
}

/// The lower edge of bin i of a linear histogram: rounded twice, here and in lanes alike.
template <class W> [[nodiscard]] SATUR_INLINE W linear_edge(W const& i, double low, double width) {
  return math::rounded(W(math::rounded(W(i * W(width))) + W(low)));
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
  std::size_t n;
  std::uint64_t* places;
  std::uint64_t& zeros;
  double& lowest;
  double& highest;

  template <class L> SATUR_INLINE void run() {
    using W = decltype(load_widened<L>(x));
    using I = decltype(math::bits(W(0.0)));
    constexpr std::size_t register_size = static_cast<std::size_t>(math::lane_count<W>);
    std::int64_t at[block_elements];
    I zero_count = I(0);
    W least = W(lowest);
    W most = W(highest);
    for (std::size_t start = 0; start < n; start += block_elements) {
      std::size_t const count = std::min(block_elements, n - start);
      std::size_t i = 0;
      for (; i + register_size <= count; i += register_size) {
        math::store(at + i, place(load_widened<L>(x + start + i), zero_count, least, most));
      }
      if (i < count) {
        T rest[register_size];
        for (std::size_t k = 0; k < register_size; ++k) {
          rest[k] = i + k < count ? x[start + i + k] : not_a_number();
        }
        math::store(at + i, place(load_widened<L>(rest), zero_count, least, most));
      }
      for (std::size_t k = 0; k < count; ++k) {
        ++places[at[k]];
      }
    }
    zeros += static_cast<std::uint64_t>(sum_of(zero_count));
    lowest = least_of(least);
    highest = -least_of(W(-most));
  }

private:
  static T not_a_number() { return math::from_bits<T>(special_bits<T>::magnitude); }

  template <class W, class I> SATUR_INLINE I place(W const& a, I& zero_count, W& least, W& most) const {
    using math::select;
    constexpr double shifter =
        0x1p52; // added to a number in [0, 2^51), it leaves the nearest whole one in the last bits
    auto const below = a < W(low);
    auto const above = a >= W(high);
    W v = select(below || above, W(0.0), W(math::rounded(W(a - W(low))) * W(per_width)));
    v = math::rounded(v);
    W const nearest = math::rounded(W(math::rounded(W(v + W(shifter))) - W(shifter)));
    W const whole = select(nearest > v, W(nearest - W(1.0)), nearest);
    W const next = whole + W(1.0);
    W const right = select(a < linear_edge(whole, low, width), W(whole - W(1.0)),
                           select(a >= linear_edge(next, low, width), next, whole));
    I p =
        (math::bits(math::rounded(W(select(below || above, W(0.0), right) + W(shifter)))) & I(0xfffffffffffff)) + I(1);
    p = select(p > I(bins), I(bins), p); // the last bin ends at `high`, not at its computed edge
    using M = math::element_t<I>;
    p = select(mask_for<M>(below), I(0), p);
    p = select(mask_for<M>(above), I(bins + 1), p);
    I const b = math::bits(a);
    I const m = b & I(special_bits<double>::magnitude);
    auto const infinite = m == I(special_bits<double>::infinity);
    auto const nan = m > I(special_bits<double>::infinity);
    p = select(infinite,
               select(b < I(0), I(bins + static_cast<M>(beside::minus_infinity)),
                      I(bins + static_cast<M>(beside::plus_infinity))),
               p);
    p = select(nan, I(bins + static_cast<M>(beside::nan)), p);
    zero_count = select(m == I(0), zero_count + I(1), zero_count);
    auto const finite = mask_for<double>(m < I(special_bits<double>::infinity));
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
  std::size_t n;
  std::uint64_t* places;
  double& lowest; ///< of |x|, finite and not 0
  double& highest;

  template <class L> SATUR_INLINE void run() {
    using I = decltype(math::bits(L(0)));
    constexpr std::size_t width = static_cast<std::size_t>(math::lane_count<L>);
    E at[block_elements];
    I least = I(special_bits<T>::infinity);
    I most = I(0);
    for (std::size_t start = 0; start < n; start += block_elements) {
      std::size_t const count = std::min(block_elements, n - start);
      std::size_t i = 0;
      for (; i + width <= count; i += width) {
        math::store(at + i, place(math::bits(math::load<L>(x + start + i)), least, most));
      }
      if (i < count) {
        T rest[width];
        for (std::size_t k = 0; k < width; ++k) {
          rest[k] = i + k < count ? x[start + i + k] : T(0);
        }
        math::store(at + i, place(math::bits(math::load<L>(rest)), least, most));
      }
      for (std::size_t k = 0; k < count; ++k) {
        ++places[at[k]];
      }
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
  template <class I> SATUR_INLINE I place(I const& b, I& least, I& most) const {
    using math::select;
    constexpr E infinity = special_bits<T>::infinity;
    I const m = b & I(special_bits<T>::magnitude);
    I p = (m >> shift) - I(first) + I(1);
    p = select(p < I(0), I(0), p);
    p = select(p > I(bins + 1), I(bins + 1), p);
    p = select(m == I(0), I(bins + static_cast<E>(beside::zero)), p);
    p = select(m == I(infinity),
               select(b < I(0), I(bins + static_cast<E>(beside::minus_infinity)),
                      I(bins + static_cast<E>(beside::plus_infinity))),
               p);
    p = select(m > I(infinity), I(bins + static_cast<E>(beside::nan)), p);
    auto const kept = m < I(infinity) && m != I(0);
    least = select(kept && m < least, m, least);
    most = select(kept && m > most, m, most);
    return p;
  }
};

} // namespace satur::inline SATUR_ABI::detail
