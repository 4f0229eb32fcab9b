/// \file observe/kernel/unit_gradients.hpp  dL/dz by unit.
#pragma once

#include "satur/observe/kernel/unit_strip.hpp"
#include "satur/record/gradient.hpp"

namespace satur::detail {

/// dL/dz, row-major (outer, units, inner): the mean square of each unit's finite numbers. No square of a number that is
/// not 0 counts as less than 1e-290, so that a mean of 0 says that all were exactly 0. `whole`, where it is not null,
/// takes all units as one.
template <class T> struct unit_gradient_pass {
  T const* g;
  unit_layout layout;
  unit_records& record;
  gradient_record* whole;

  template <class L> SATUR_INLINE void run() {
    using C = typename pass_types<L>::counter;
    alignas(64) S sums[strip_units + widest_unit_lanes];
    alignas(64) T packed[strip_units + widest_unit_lanes];
    std::size_t const samples = layout.samples();
    for (std::size_t first = 0; first < samples; first += strip_samples) {
      std::size_t const count = (std::min)(strip_samples, samples - first);
      for (std::size_t u = 0; u < layout.units; u += strip_units) {
        std::size_t const units = (std::min)(strip_units, layout.units - u);
        std::fill(sums, sums + units + widest_unit_lanes, S(0));
        C zeros = C(0);
        std::uint64_t other_zeros = 0;
        if (layout.inner == 1) {
          std::size_t s = first;
          for (; s + at_once <= first + count; s += at_once) { // the sums are read and written once for all of them
            other_zeros += add<L, at_once>(g + s * layout.units + u, layout.units, units, sums, zeros);
          }
          for (; s < first + count; ++s) {
            other_zeros += add<L, 1>(g + s * layout.units + u, layout.units, units, sums, zeros);
          }
        } else {
          for (std::size_t s = first; s < first + count; ++s) {
            T const* const row = g + (s / layout.inner * layout.units + u) * layout.inner + s % layout.inner;
            for (std::size_t k = 0; k < units; ++k) {
              packed[k] = row[k * layout.inner];
            }
            other_zeros += add<L, 1>(packed, 0, units, sums, zeros);
          }
        }
        S const total = total_of<L>(sums, units);
        if (is_nan(total) || is_infinite(total)) {
          checked(first, count, u, units);
          continue;
        }
        for (std::size_t k = 0; k < units; ++k) {
          unit_access::add_gradient(record, u + k, count, 0, static_cast<double>(sums[k]) / static_cast<double>(count));
        }
        if (whole != nullptr) {
          whole->count += std::uint64_t{count} * units;
          whole->zeros += static_cast<std::uint64_t>(sum_of(zeros)) + other_zeros;
          whole->square += static_cast<double>(total);
        }
      }
      unit_access::add_gradient_samples(record, count);
    }
  }

private:
  using S = sum_element<T>;
  static constexpr double least = 1e-290;

  static constexpr std::size_t at_once = 4; ///< samples

  /// Adds Rows rows of n, `stride` apart; returns the zeros that `zeros` does not count.
  template <class L, std::size_t Rows, class C>
  SATUR_INLINE static std::uint64_t add(T const* from, std::size_t stride, std::size_t n, S* sums, C& zeros) {
    using W = typename pass_types<L>::wide;
    constexpr std::size_t width = static_cast<std::size_t>(math::lane_count<L>);
    constexpr std::size_t half = static_cast<std::size_t>(math::lane_count<W>);
    std::size_t k = 0;
    for (; k + width <= n; k += width) {
      for (std::size_t h = 0; h < width; h += half) {
        W sum = math::load<W>(sums + k + h);
        for (std::size_t r = 0; r < Rows; ++r) {
          sum = sum + square_of(widened_from<W>(from + r * stride + k + h));
        }
        math::store(sums + k + h, sum);
      }
      for (std::size_t r = 0; r < Rows; ++r) {
        count_into(zeros, math::load<L>(from + r * stride + k) == L(0));
      }
    }
    std::uint64_t others = 0;
    for (; k < n; ++k) {
      for (std::size_t r = 0; r < Rows; ++r) {
        T const x = from[r * stride + k];
        sums[k] += square_of(static_cast<S>(x));
        others += x == T(0);
      }
    }
    return others;
  }
  template <class L> SATUR_INLINE static S total_of(S const* sums, std::size_t n) {
    using W = typename pass_types<L>::wide;
    W total = W(0);
    for (std::size_t k = 0; k < n; k += static_cast<std::size_t>(math::lane_count<W>)) { // behind the last one is 0
      total = total + math::load<W>(sums + k);
    }
    return sum_of(total);
  }
  template <class W> SATUR_INLINE static W square_of(W const& x) {
    using math::select;
    W const square = x * x;
    if constexpr (std::same_as<T, float>) { // no float but 0 has a square below 1e-90
      return square;
    } else {
      W const smallest = W(static_cast<S>(least));
      return select(x != W(0) && square < smallest, smallest, square);
    }
  }
  void checked(std::size_t first, std::size_t count, std::size_t u, std::size_t units) {
    for (std::size_t k = u; k < u + units; ++k) {
      gradient_record one;
      S sum = 0;
      for (std::size_t s = first; s < first + count; ++s) {
        T const x = g[(s / layout.inner * layout.units + k) * layout.inner + s % layout.inner];
        if (is_nan(x) || is_infinite(x)) {
          ++(is_nan(x) ? one.nan : one.infinite);
        } else {
          ++one.count;
          one.zeros += x == T(0);
          sum += square_of(static_cast<S>(x));
        }
      }
      one.square += static_cast<double>(sum);
      unit_access::add_gradient(record, k, count, one.nan + one.infinite,
                                static_cast<double>(sum) / static_cast<double>(one.count));
      if (whole != nullptr) {
        *whole += one;
      }
    }
  }
};

} // namespace satur::detail
