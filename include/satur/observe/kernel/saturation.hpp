/// \file observe/kernel/saturation.hpp  The one pass: value, slope and every counter from a single reading of z.
#pragma once

#include "satur/array/chunk.hpp"
#include "satur/observe/kernel/evaluate.hpp"
#include "satur/observe/kernel/sums.hpp"
#include "satur/record/saturation.hpp"
#include "satur/rule/limits.hpp"
#include "satur/simd/loop.hpp"

namespace satur::inline SATUR_ABI::detail {

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
  /// What z, f(z) and f'(z) are summed around, and the powers of 2 that the differences are multiplied by.
  struct frame {
    T z = T(0);
    T output = T(0);
    T slope = T(0);
    T z_scale = T(1);
    T output_scale = T(1);
    T slope_scale = T(1);
  };
  frame around;
  SATUR_INLINE explicit leaf_sums(frame const& f)
      : z(shifted_by(f.z * f.z_scale)), output(shifted_by(f.output * f.output_scale)),
        slope(shifted_by(f.slope * f.slope_scale)), around(f) {}

  /// Before anything is added: what f(z) and f'(z) are summed around.
  SATUR_INLINE void start(T value, T steepness) {
    around.output = value;
    around.slope = steepness;
    output = shifted_wide_sums<L>(shifted_by(value));
    slope = shifted_wide_sums<L>(shifted_by(steepness));
  }

  /// One register from memory, all of it finite: no mask anywhere.
  SATUR_INLINE void add(T const* x, T const* values, T const* slopes, limits_in_lanes<L> const& rule) {
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
  template <class M>
  SATUR_INLINE void add_checked(L const& x, math::value_and_slope<L> const& f, limits_in_lanes<L> const& rule,
                                M const& valid) {
    using math::select;
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

  /// False where NaN, infinity or an overflow went through `add`: then the leaf is summed again with checks.
  [[nodiscard]] SATUR_INLINE bool clean() const {
    S const total = z.sum() + output.sum() + slope.sum();
    return !(is_nan(total) || is_infinite(total));
  }

  /// After a sum with checks: the scales by which to sum again, because finite numbers may have a sum that is not;
  /// false where that would change nothing.
  [[nodiscard]] SATUR_INLINE bool rescale() {
    bool again = false;
    if constexpr (std::same_as<T, S>) { // sums of float do not overflow in double
      auto const scaled = [&again](auto const& sums, T& scale) {
        if (!sums.finite() && scale == T(1)) {
          scale = static_cast<T>(overflow_scale);
          again = true;
        }
      };
      scaled(z, around.z_scale);
      scaled(output, around.output_scale);
      scaled(slope, around.slope_scale);
    }
    return again;
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
    record.slope += of(slope, seen, around.slope, around.slope_scale);
    record.z += of(z, seen - infinities, around.z, around.z_scale);
    record.output += of(output, seen - infinities, around.output, around.output_scale);
    record.lowest_z = (std::min)(record.lowest_z, least_of(lowest));
    record.highest_z = (std::max)(record.highest_z, -least_of(L(-highest)));
  }

private:
  SATUR_INLINE static shifted_sums<W> shifted_by(T shift) { return {W(static_cast<S>(shift))}; }
  SATUR_INLINE static moments of(shifted_wide_sums<L> const& sums, std::uint64_t n, T shift, T scale) {
    return moments_from(n, shift, sums.sum(), sums.square(), scale);
  }
};

/// Where a pass reads z and puts f(z) and f'(z): arrays of T as they are. y and dy may be null. Every member gives the
/// block of `count` numbers from i on; `own` is room for one.
template <class T> struct plain_arrays {
  using element = T;
  T const* z;
  T* y;
  T* dy;

  [[nodiscard]] SATUR_INLINE T at(std::size_t i) const { return z[i]; }
  template <class L> [[nodiscard]] SATUR_INLINE T const* read(std::size_t i, std::size_t, T*) const { return z + i; }
  [[nodiscard]] SATUR_INLINE T* values(std::size_t i, T* own) const { return y == nullptr ? own : y + i; }
  [[nodiscard]] SATUR_INLINE T* slopes(std::size_t i, T* own) const { return dy == nullptr ? own : dy + i; }
  template <class L> SATUR_INLINE void written(std::size_t, std::size_t, T const*, T const*) const {}
};

/// n numbers from `first` on. The record is added to.
///
/// A block of z is evaluated, and then counted and summed while it and its values and slopes are still in the first
/// cache: as fast as doing both to one register at a time, and the second half knows no activation.
template <class Arrays> struct observing_pass {
  using T = typename Arrays::element;

  evaluator<T> act;
  limits_in_lanes<T> const& rule;
  Arrays arrays;
  std::size_t first;
  std::size_t n;
  saturation& record;

  template <class L> SATUR_INLINE void run() {
    limits_in_lanes<L> const bound = rule.template over<L>();
    for (std::size_t start = 0; start < n; start += leaf_elements) {
      leaf<L>(bound, first + start, (std::min)(leaf_elements, n - start));
    }
  }

private:
  template <class L> SATUR_INLINE void leaf(limits_in_lanes<L> const& bound, std::size_t start, std::size_t size) {
    // Sums are taken around a value of the leaf itself, so that a large mean costs the variance no digits.
    T const a = arrays.at(start);
    T const b = arrays.at(start + size / 2);
    T const c = arrays.at(start + size - 1);
    leaf_sums<L> sums({middle_of(a, b, c)});
    bool clean = is_finite_number(a) && is_finite_number(b) && is_finite_number(c);
    if (clean) {
      sum<L, false>(bound, start, size, sums);
      clean = sums.clean();
    }
    if (!clean) { // NaN, infinity or an overflow: once more, looking at each
      sums = leaf_sums<L>(frame_of<L>(start, size));
      do {
        sums = leaf_sums<L>(sums.around);
        sum<L, true>(bound, start, size, sums);
      } while (sums.rescale());
    }
    sums.join(record, size);
  }
  /// A z of the leaf, finite where there is one, with its value and slope.
  template <class L> SATUR_INLINE typename leaf_sums<L>::frame frame_of(std::size_t start, std::size_t size) const {
    T const z = typical_of<T>(size, [&](std::size_t i) { return arrays.at(start + i); });
    T value;
    T slope;
    act.map(act.act, &z, &value, &slope, 1);
    return {finite_or_zero(z), finite_or_zero(value), finite_or_zero(slope)};
  }

  template <class L, bool Checked>
  SATUR_INLINE void sum(limits_in_lanes<L> const& bound, std::size_t start, std::size_t size, leaf_sums<L>& sums) {
    alignas(64) T z_block[block_elements];
    alignas(64) T value_block[block_elements];
    alignas(64) T slope_block[block_elements];
    for (std::size_t i = 0; i < size; i += block_elements) {
      std::size_t const count = (std::min)(block_elements, size - i);
      T const* const x = arrays.template read<L>(start + i, count, z_block);
      T* const values = arrays.values(start + i, value_block);
      T* const slopes = arrays.slopes(start + i, slope_block);
      act.map(act.act, x, values, slopes, count);
      auto const add_checked = [&](std::size_t k, register_part<L> part) SATUR_INLINE_LAMBDA {
        sums.add_checked(part.load(x + k, sums.around.z), {part.load(values + k, T(0)), part.load(slopes + k, T(0))},
                         bound, first_lanes<L>(part.count));
      };
      if constexpr (Checked) {
        for_each_part<L>(0, count, add_checked);
      } else {
        if (i == 0) {
          sums.start(middle_of(values[0], values[count / 2], values[count - 1]),
                     middle_of(slopes[0], slopes[count / 2], slopes[count - 1]));
        }
        for_each_register<L>(count, [&](std::size_t k, auto part) SATUR_INLINE_LAMBDA {
          if constexpr (part.whole) {
            math::prefetch(x + k, block_elements); // the block after this one, and where its values go
            math::prefetch(values + k, block_elements);
            sums.add(x + k, values + k, slopes + k, bound);
          } else {
            add_checked(k, part);
          }
        });
      }
      arrays.template written<L>(start + i, count, values, slopes);
    }
  }
};

} // namespace satur::inline SATUR_ABI::detail

SATUR_COMPILED_PASS(float, satur::detail::observing_pass<satur::detail::plain_arrays<float>>);
SATUR_COMPILED_PASS(double, satur::detail::observing_pass<satur::detail::plain_arrays<double>>);
