/// \file observe/kernel/saturation.hpp  The one pass: value, slope and every counter from a single reading of z.
#pragma once

#include "satur/array/chunk.hpp"
#include "satur/observe/kernel/evaluate.hpp"
#include "satur/observe/kernel/leaf_sums.hpp"
#include "satur/simd/loop.hpp"

namespace satur::inline SATUR_ABI::detail {

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

/// A block of z, with f(z) and f'(z).
template <class T> struct evaluated_block {
  T const* x;
  T* values;
  T* slopes;
};

/// n numbers from `first` on. The record is added to.
///
/// A block of z is evaluated, and then counted and summed while it and its values and slopes are still in the first
/// cache: as fast as doing both to one register at a time, and the second half knows no activation.
template <class Arrays, class Record = saturation> struct observing_pass {
  using T = typename Arrays::element;
  template <class L> using sums_t = typename leaf_sums_for<Record>::template in<L>;
  template <class L> using limits_t = typename sums_t<L>::limits;

  evaluator<T> act;
  limits_t<T> const& rule;
  Arrays arrays;
  std::size_t first;
  std::size_t n;
  Record& record;

  template <class L> SATUR_INLINE void run() {
    limits_t<L> const bound = rule.template over<L>();
    for (std::size_t start = 0; start < n; start += leaf_elements) {
      leaf<L>(bound, first + start, (std::min)(leaf_elements, n - start));
    }
  }

private:
  template <class L> SATUR_INLINE void leaf(limits_t<L> const& bound, std::size_t start, std::size_t size) {
    // Sums are taken around a value of the leaf itself, so that a large mean costs the variance no digits.
    T const a = arrays.at(start);
    T const b = arrays.at(start + size / 2);
    T const c = arrays.at(start + size - 1);
    sum_frame<T> frame{middle_of(a, b, c)};
    if (is_finite_number(a) && is_finite_number(b) && is_finite_number(c)) {
      sums_t<L> sums(frame);
      sum<L, false>(bound, start, size, sums);
      if (auto const found = sums.totals(); found.clean()) {
        sums.join(record, size, found);
        return;
      }
    }
    frame = frame_of(start, size); // NaN, infinity or an overflow: once more, looking at each
    for (;;) {
      sums_t<L> sums(frame);
      sum<L, true>(bound, start, size, sums);
      auto const found = sums.totals();
      if (!sums.rescale(found)) {
        sums.join(record, size, found);
        return;
      }
      frame = sums.around;
    }
  }
  /// A z of the leaf, finite where there is one, with its value and slope.
  SATUR_INLINE sum_frame<T> frame_of(std::size_t start, std::size_t size) const {
    T const z = typical_of<T>(size, [&](std::size_t i) { return arrays.at(start + i); });
    T value;
    T slope;
    act.map(act.act, &z, &value, &slope, 1);
    return {finite_or_zero(z), finite_or_zero(value), finite_or_zero(slope)};
  }

  /// Adds a leaf to sums that are 0. Unless Checked, what f(z) and f'(z) are summed around is found here.
  template <class L, bool Checked>
  SATUR_INLINE void sum(limits_t<L> const& bound, std::size_t start, std::size_t size, sums_t<L>& sums) {
    alignas(64) T z_block[block_elements];
    alignas(64) T value_block[block_elements];
    alignas(64) T slope_block[block_elements];
    std::size_t i = 0;
    auto const evaluated = [&](std::size_t count) SATUR_INLINE_LAMBDA {
      T* const slopes = arrays.slopes(start + i, slope_block);
      T* const values = sums_t<L>::reads_values ? arrays.values(start + i, value_block) : slopes; // then not read
      evaluated_block<T> const block{arrays.template read<L>(start + i, count, z_block), values, slopes};
      act.map(act.act, block.x, sums_t<L>::reads_values ? values : nullptr, slopes, count);
      return block;
    };
    std::size_t count = (std::min)(block_elements, size);
    evaluated_block<T> block = evaluated(count);
    if constexpr (!Checked) {
      // After the first evaluation: no register of sums need be kept over the call.
      sums = sums_t<L>(sums_t<L>::around_block(sums.around.z, block.values, block.slopes, count));
    }
    for (;;) {
      auto const add_checked = [&](std::size_t k, register_part<L> part) SATUR_INLINE_LAMBDA {
        sums.add_checked(part, block.x + k, block.values + k, block.slopes + k, bound);
      };
      if constexpr (Checked) {
        for_each_part<L>(0, count, add_checked);
      } else {
        for_each_register<L>(count, [&](std::size_t k, auto part) SATUR_INLINE_LAMBDA {
          if constexpr (part.whole) {
            sums.add(block.x + k, block.values + k, block.slopes + k, bound);
          } else {
            add_checked(k, part);
          }
        });
      }
      arrays.template written<L>(start + i, count, block.values, block.slopes);
      i += block_elements;
      if (i >= size) {
        return;
      }
      count = (std::min)(block_elements, size - i);
      block = evaluated(count);
    }
  }
};

} // namespace satur::inline SATUR_ABI::detail

SATUR_COMPILED_PASS(float, satur::detail::observing_pass<satur::detail::plain_arrays<float>>);
SATUR_COMPILED_PASS(double, satur::detail::observing_pass<satur::detail::plain_arrays<double>>);
