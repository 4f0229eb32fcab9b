/// \file observe/kernel/leaf_sums.hpp  What a pass counts and sums of one leaf for the whole record.
#pragma once

#include "satur/array/chunk.hpp"
#include "satur/observe/kernel/sums.hpp"
#include "satur/record/saturation.hpp"
#include "satur/rule/limits.hpp"
#include "satur/simd/loop.hpp"

namespace satur::inline SATUR_ABI::detail {

/// What z, f(z) and f'(z) are summed around, and the powers of 2 that the differences are multiplied by.
template <class T> struct sum_frame {
  T z = T(0);
  T output = T(0);
  T slope = T(0);
  T z_scale = T(1);
  T output_scale = T(1);
  T slope_scale = T(1);
};

/// How a leaf is summed for a record: `in<L>` are the sums in lanes.
template <class Record> struct leaf_sums_for;

/// The running sums of one leaf, in lanes.
template <class L> struct leaf_sums {
  using W = typename pass_types<L>::wide;
  using C = typename pass_types<L>::counter;
  using T = math::element_t<L>;

  C low{};
  C high{};
  C nan{};
  C infinite{};
  shifted_wide_sums<L> z; // each around a number of its own kind: a large mean costs no digits
  shifted_wide_sums<L> output;
  shifted_wide_sums<L> slope;
  L lowest = L(std::numeric_limits<T>::infinity());
  L highest = L(-std::numeric_limits<T>::infinity());

  using S = sum_element<T>;
  using limits = limits_in_lanes<L>;
  static constexpr bool reads_values = true;
  sum_frame<T> around;
  SATUR_INLINE explicit leaf_sums(sum_frame<T> const& f)
      : z(shifted_by(f.z * f.z_scale)), output(shifted_by(f.output * f.output_scale)),
        slope(shifted_by(f.slope * f.slope_scale)), around(f) {}

  /// What the sums of a leaf are taken around, from its first block.
  [[nodiscard]] SATUR_INLINE static sum_frame<T> around_block(T z, T const* values, T const* slopes,
                                                              std::size_t count) {
    return {z, middle_of(values[0], values[count / 2], values[count - 1]),
            middle_of(slopes[0], slopes[count / 2], slopes[count - 1])};
  }

  /// One register from memory, all of it finite: no mask anywhere.
  SATUR_INLINE void add(T const* x, T const* values, T const* slopes, limits const& rule) {
    math::prefetch(x, block_elements); // the block after this one, and where its values go
    math::prefetch(values, block_elements);
    L const here = math::load<L>(x);
    L const value = math::load<L>(math::apart(values)); // read only where the rule looks at it
    L const steepness = math::load<L>(math::apart(slopes));
    count_into(low, rule.low(here, value, steepness));
    count_into(high, rule.high(here, value, steepness));
    z.add_from(x);
    output.add_from(values);
    slope.add_from(slopes);
    lowest = math::minimum(here, lowest);
    highest = math::maximum(here, highest);
  }

  /// Part of a register: NaN is counted and left out; infinity is left out of the moments.
  SATUR_INLINE void add_checked(register_part<L> part, T const* numbers, T const* values, T const* slopes,
                                limits const& rule) {
    using math::select;
    auto const valid = first_lanes<L>(part.count);
    L const x = part.load(numbers, around.z);
    math::value_and_slope<L> const f{part.load(values, T(0)), part.load(slopes, T(0))};
    auto const is_nan_here = as_mask_of<L>(is_nan(x)) && valid;
    auto const is_infinite_here = as_mask_of<L>(is_infinite(x)) && valid;
    auto const seen = valid && !is_nan_here;
    auto const finite = seen && !is_infinite_here;
    count_into(nan, is_nan_here);
    count_into(infinite, is_infinite_here);
    count_into(low, rule.low(x, f.value, f.slope) && seen);
    count_into(high, rule.high(x, f.value, f.slope) && seen);
    z.add(select(finite, x, L(around.z)) * L(around.z_scale)); // less the shift, that is nothing
    output.add(select(finite, f.value, L(around.output)) * L(around.output_scale));
    slope.add(select(seen, f.slope, L(around.slope)) * L(around.slope_scale));
    lowest = select(finite && x < lowest, x, lowest);
    highest = select(finite && x > highest, x, highest);
  }

  /// Over all lanes.
  struct totals_t {
    two_found<S> z;
    two_found<S> output;
    two_found<S> slope;
    /// False where NaN, infinity or an overflow went through `add`: then the leaf is summed again with checks.
    [[nodiscard]] SATUR_INLINE bool clean() const { return is_finite_number(z.first + output.first + slope.first); }
  };
  [[nodiscard]] SATUR_INLINE totals_t totals() const { return {z.totals(), output.totals(), slope.totals()}; }

  /// After a sum with checks: the scales by which to sum again, because finite numbers may have a sum that is not;
  /// false where that would change nothing.
  [[nodiscard]] SATUR_INLINE bool rescale(totals_t const& found) {
    bool again = false;
    if constexpr (std::same_as<T, S>) { // sums of float do not overflow in double
      auto const scaled = [&again](two_found<S> const& sums, T& scale) {
        if (!is_finite_number(sums.first) && scale == T(1)) {
          scale = static_cast<T>(overflow_scale);
          again = true;
        }
      };
      scaled(found.z, around.z_scale);
      scaled(found.output, around.output_scale);
      scaled(found.slope, around.slope_scale);
    }
    return again;
  }

  /// Adds n elements' worth to the record.
  SATUR_INLINE void join(saturation& record, std::uint64_t n, totals_t const& found) const {
    auto const [nans, infinities] = counts_of(nan, infinite);
    auto const [lows, highs] = counts_of(low, high);
    std::uint64_t const seen = n - nans;
    record.count += seen;
    record.nan += nans;
    record.infinite += infinities;
    record.low += lows;
    record.high += highs;
    record.slope += moments_from(seen, around.slope, found.slope.first, found.slope.second, around.slope_scale);
    record.z += moments_from(seen - infinities, around.z, found.z.first, found.z.second, around.z_scale);
    record.output +=
        moments_from(seen - infinities, around.output, found.output.first, found.output.second, around.output_scale);
    auto const [least, minus_most] = least_of_both(lowest, L(-highest));
    record.lowest_z = (std::min)(record.lowest_z, least);
    record.highest_z = (std::max)(record.highest_z, -minus_most);
  }

private:
  SATUR_INLINE static shifted_sums<W> shifted_by(T shift) { return {W(static_cast<S>(shift))}; }
  /// Two counts over the lanes at a time: each is at most a leaf, 14 bits.
  SATUR_INLINE static two_found<std::uint64_t> counts_of(C const& a, C const& b) {
    constexpr int bits = 14;
    static_assert(leaf_elements < (std::size_t{1} << bits));
    auto const both = static_cast<std::uint64_t>(sum_of(C(a + (b << bits))));
    return {both & ((std::uint64_t{1} << bits) - 1), both >> bits};
  }
};
template <> struct leaf_sums_for<saturation> {
  template <class L> using in = leaf_sums<L>;
};

} // namespace satur::inline SATUR_ABI::detail
