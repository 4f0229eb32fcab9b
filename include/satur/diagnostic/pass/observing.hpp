/// \file observing.hpp  The one pass: value, slope and every counter from a single reading of z.
#pragma once

#include "satur/diagnostic/pass/lanes.hpp"
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
  shifted_sums<W> z;
  plain_sums<W> output{W(0), W(0)};
  plain_sums<W> slope{W(0), W(0)};
  L lowest = L(std::numeric_limits<T>::infinity());
  L highest = L(-std::numeric_limits<T>::infinity());

  using S = sum_element<T>;
  T centre;
  SATUR_INLINE explicit leaf_sums(T middle) : z{W(static_cast<S>(middle)), W(0), W(0)}, centre(middle) {}

  /// All of x is finite: no mask anywhere.
  template <class Rule> SATUR_INLINE void add(L const& x, math::value_and_slope<L> const& f, Rule const& rule) {
    count_into(low, rule.low(x, f.value, f.slope));
    count_into(high, rule.high(x, f.value, f.slope));
    for_each_wide(x, z);
    for_each_wide(f.value, output);
    for_each_wide(f.slope, slope);
    lowest = math::minimum(x, lowest);
    highest = math::maximum(x, highest);
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
    L const z_here = select(finite, x, L(centre)); // less the shift, that is nothing
    for_each_wide(z_here, z);
    L const output_here = select(finite, f.value, nothing);
    for_each_wide(output_here, output);
    L const slope_here = select(seen, f.slope, nothing);
    for_each_wide(slope_here, slope);
    lowest = select(finite && x < lowest, x, lowest);
    highest = select(finite && x > highest, x, highest);
  }

  /// False where NaN, infinity or an overflow went through `add`: then the leaf is summed again with checks.
  [[nodiscard]] SATUR_INLINE bool clean() const {
    S const total = sum_of(z.sum) + sum_of(output.sum) + sum_of(slope.sum);
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
    record.slope += static_cast<double>(sum_of(slope.sum));
    record.slope_square += static_cast<double>(sum_of(slope.square));
    record.z += moments_from(seen - infinities, static_cast<double>(centre), static_cast<double>(sum_of(z.sum)),
                             static_cast<double>(sum_of(z.square)));
    record.output += static_cast<double>(sum_of(output.sum));
    record.output_square += static_cast<double>(sum_of(output.square));
    record.lowest_z = std::min(record.lowest_z, least_of(lowest));
    record.highest_z = std::max(record.highest_z, -least_of(L(-highest)));
  }
};

/// z: n values. y and dy: where f(z) and f'(z) go, or null. The record is added to.
template <class T, class A, class Rule> struct observing_pass {
  A const& act;
  Rule const& rule;
  T const* z;
  T* y;
  T* dy;
  std::size_t n;
  saturation& record;

  template <class L> SATUR_INLINE void run() {
    auto const bound = rule.template bind<L>(act);
    for (std::size_t start = 0; start < n; start += leaf_elements) {
      leaf<L>(bound, start, std::min(leaf_elements, n - start));
    }
  }

private:
  template <class L, class Bound> SATUR_INLINE void leaf(Bound const& bound, std::size_t start, std::size_t size) {
    using G = side_by_side<L>;
    constexpr std::size_t group = static_cast<std::size_t>(math::lane_count<G>);
    constexpr std::size_t width = static_cast<std::size_t>(math::lane_count<L>);
    T const* const at = z + start;
    T* const values = y == nullptr ? nullptr : y + start;
    T* const slopes = dy == nullptr ? nullptr : dy + start;

    // Sums are taken around a value of the leaf itself, so that a large mean costs the variance no digits.
    T const centre = middle_of(at[0], at[size / 2], at[size - 1]);
    leaf_sums<L> sums(centre);

    std::size_t i = 0;
    for (; i + group <= size; i += group) {
      G const x = math::load_group<G>(at + i);
      math::value_and_slope<G> const f = evaluate(act, x);
      if (values != nullptr) {
        math::store(values + i, f.value);
      }
      if (slopes != nullptr) {
        math::store(slopes + i, f.slope);
      }
      add_each(x, f, bound, sums);
    }
    if (!sums.clean()) { // NaN or infinity: once more, looking at each
      sums = leaf_sums<L>(centre);
      i = 0;
    }
    for (; i < size; i += width) {
      std::size_t const count = std::min(width, size - i);
      L const x = load_first<L>(at + i, count, centre);
      math::value_and_slope<L> const f = evaluate(act, x);
      if (values != nullptr) {
        store_first(values + i, f.value, count);
      }
      if (slopes != nullptr) {
        store_first(slopes + i, f.slope, count);
      }
      sums.add_checked(x, f, bound, first_lanes<L>(count));
    }
    sums.join(record, size);
  }

  template <class G, class Bound, class Sums>
  SATUR_INLINE static void add_each(G const& x, math::value_and_slope<G> const& f, Bound const& bound, Sums& sums) {
    if constexpr (math::detail::is_twin_v<G>) {
      using Half = typename math::detail::half_of<G>::type;
      add_each(x.first, math::value_and_slope<Half>{f.value.first, f.slope.first}, bound, sums);
      add_each(x.second, math::value_and_slope<Half>{f.value.second, f.slope.second}, bound, sums);
    } else {
      sums.add(x, f, bound);
    }
  }
};

} // namespace satur::inline SATUR_ABI::detail
