/// \file observing.hpp  The one pass: value, slope and every counter from a single reading of z.
#pragma once

#include "satur/diagnostic/pass/lanes.hpp"
#include "satur/diagnostic/pass/mapping.hpp"
#include "satur/diagnostic/saturation.hpp"

namespace satur::inline SATUR_ABI::detail {

/// The running sums of one leaf, in lanes.
template <class L> struct leaf_sums {
  using W = typename pass_types<L>::wide;
  using C = typename pass_types<L>::counter;
  using T = math::element_t<L>;

  C low = C(0);
  C high = C(0);
  C nan = C(0);
  C infinite = C(0);
  shifted_wide_sums<L> z;
  plain_wide_sums<L> output{{}};
  plain_wide_sums<L> slope{{}};
  L lowest = L(std::numeric_limits<T>::infinity());
  L highest = L(-std::numeric_limits<T>::infinity());

  using S = sum_element<T>;
  T centre;
  SATUR_INLINE explicit leaf_sums(T middle) : z({W(static_cast<S>(middle))}), centre(middle) {}

  /// One register from memory, all of it finite: no mask anywhere.
  template <class Rule> SATUR_INLINE void add(T const* x, T const* values, T const* slopes, Rule const& rule) {
    L const here = math::load<L>(x);
    L const value = math::load<L>(values); // read only where the rule looks at it
    L const steepness = math::load<L>(slopes);
    count_into(low, rule.low(here, value, steepness));
    count_into(high, rule.high(here, value, steepness));
    z.add_from(x);
    output.add_from(values);
    slope.add_from(slopes);
    lowest = math::minimum(here, lowest);
    highest = math::maximum(here, highest);
  }

  /// Lanes outside `valid` are padding; NaN is counted and left out; infinity is left out of the moments.
  template <class Rule, class M>
  SATUR_INLINE void add_checked(L const& x, math::value_and_slope<L> const& f, Rule const& rule, M const& valid) {
    using math::select;
    auto const is_nan_here = as_mask_of<L>(is_nan(x)) && valid;
    auto const is_infinite_here = as_mask_of<L>(is_infinite(x)) && valid;
    auto const seen = valid && !is_nan_here;
    auto const finite = seen && !is_infinite_here;
    count_into(nan, is_nan_here);
    count_into(infinite, is_infinite_here);
    count_into(low, rule.low(x, f.value, f.slope) && seen);
    count_into(high, rule.high(x, f.value, f.slope) && seen);
    L const nothing = L(0);
    z.add(select(finite, x, L(centre))); // less the shift, that is nothing
    output.add(select(finite, f.value, nothing));
    slope.add(select(seen, f.slope, nothing));
    lowest = select(finite && x < lowest, x, lowest);
    highest = select(finite && x > highest, x, highest);
  }

  /// False where NaN, infinity or an overflow went through `add`: then the leaf is summed again with checks.
  [[nodiscard]] SATUR_INLINE bool clean() const {
    S const total = z.sum() + output.sum() + slope.sum();
    return !(is_nan(total) || is_infinite(total));
  }

  /// Adds n elements' worth to the record.
  SATUR_INLINE void join(saturation& record, std::uint64_t n) const {
    auto const nans = static_cast<std::uint64_t>(sum_of(nan));
    auto const infinities = static_cast<std::uint64_t>(sum_of(infinite));
    std::uint64_t const seen = n - nans;
    record.count += seen;
    record.nan += nans;
    record.infinite += infinities;
    record.low += static_cast<std::uint64_t>(sum_of(low));
    record.high += static_cast<std::uint64_t>(sum_of(high));
    record.slope += static_cast<double>(slope.sum());
    record.slope_square += static_cast<double>(slope.square());
    record.z += moments_from(seen - infinities, static_cast<double>(centre), static_cast<double>(z.sum()),
                             static_cast<double>(z.square()));
    record.output += static_cast<double>(output.sum());
    record.output_square += static_cast<double>(output.square());
    record.lowest_z = std::min(record.lowest_z, least_of(lowest));
    record.highest_z = std::max(record.highest_z, -least_of(L(-highest)));
  }
};

/// z: n values. y and dy: where f(z) and f'(z) go, or null. The record is added to.
///
/// A block of z is evaluated, and then counted and summed while it and its values and slopes are still in the first
/// cache: as fast as doing both to one register at a time, and the second half knows no activation.
template <class T, class Bound> struct observing_pass {
  evaluator<T> act;
  Bound const& rule;
  T const* z;
  T* y;
  T* dy;
  std::size_t n;
  saturation& record;
  math::simd_level level;

  template <class L> SATUR_INLINE void run() {
    auto const rule_in_lanes = rule.template over<L>();
    for (std::size_t start = 0; start < n; start += leaf_elements) {
      leaf<L>(rule_in_lanes, start, std::min(leaf_elements, n - start));
    }
  }

private:
  static constexpr std::size_t block_elements = 1024;

  template <class L, class Rule> SATUR_INLINE void leaf(Rule const& bound, std::size_t start, std::size_t size) {
    T const* const at = z + start;
    // Sums are taken around a value of the leaf itself, so that a large mean costs the variance no digits.
    T const centre = middle_of(at[0], at[size / 2], at[size - 1]);
    leaf_sums<L> sums(centre);
    sum<L, false>(bound, start, size, sums);
    if (!sums.clean()) { // NaN or infinity: once more, looking at each
      sums = leaf_sums<L>(centre);
      sum<L, true>(bound, start, size, sums);
    }
    sums.join(record, size);
  }

  template <class L, bool Checked, class Rule>
  SATUR_INLINE void sum(Rule const& bound, std::size_t start, std::size_t size, leaf_sums<L>& sums) {
    constexpr std::size_t width = static_cast<std::size_t>(math::lane_count<L>);
    alignas(64) T value_block[block_elements];
    alignas(64) T slope_block[block_elements];
    for (std::size_t i = 0; i < size; i += block_elements) {
      std::size_t const count = std::min(block_elements, size - i);
      T const* const x = z + start + i;
      T* const values = y == nullptr ? value_block : y + start + i;
      T* const slopes = dy == nullptr ? slope_block : dy + start + i;
      act.map(act.act, x, values, slopes, count, level);
      std::size_t k = 0;
      if constexpr (!Checked) {
        for (; k + width <= count; k += width) {
          math::prefetch(x + k, block_elements); // the block after this one, and where its values go
          math::prefetch(values + k, block_elements);
          sums.add(x + k, values + k, slopes + k, bound);
        }
      }
      for (; k < count; k += width) {
        std::size_t const here = std::min(width, count - k);
        sums.add_checked(load_first<L>(x + k, here, sums.centre),
                         {load_first<L>(values + k, here, T(0)), load_first<L>(slopes + k, here, T(0))}, bound,
                         first_lanes<L>(here));
      }
    }
  }
};

} // namespace satur::inline SATUR_ABI::detail
