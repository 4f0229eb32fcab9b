/// \file observe/kernel/units/gradients.hpp  dL/dz by unit.
#pragma once

#include "satur/observe/kernel/units/access.hpp"
#include "satur/observe/kernel/units/strip.hpp"
#include "satur/record/gradient.hpp"
#include "satur/simd/run.hpp"

#include <utility>

namespace satur::inline SATUR_ABI::detail {

/// dL/dz, row-major (outer, units, inner): every statistic of each unit's finite numbers. `whole`, where it is not
/// null, takes all units as one.
template <class T> struct unit_gradient_pass {
  T const* g;
  unit_layout layout;
  unit_records& record;
  gradient_record* whole;

  template <class L> SATUR_INLINE void run() {
    using C = typename pass_types<L>::counter;
    alignas(64) sums_of_rows sums;
    alignas(64) T packed[room];
    unit_store& store = unit_access::store(record);
    std::size_t const samples = layout.samples();
    for (std::size_t first = 0; first < samples; first += strip_samples) {
      std::size_t const count = (std::min)(strip_samples, samples - first);
      for (std::size_t u = 0; u < layout.units; u += strip_units) {
        std::size_t const units = (std::min)(strip_units, layout.units - u);
        for (auto& row : sums) {
          std::fill(row, row + units + widest_unit_lanes, S(0));
        }
        C zeros = C(0);
        std::uint64_t other_zeros = 0;
        if (layout.inner == 1) {
          std::size_t s = first;
          for (; s + at_once <= first + count; s += at_once) { // the sums are read and written once for all of them
            other_zeros += add<L, at_once>(g + s * layout.units + u, layout.units, units, sums, zeros, every_sum{});
          }
          for (; s < first + count; ++s) {
            other_zeros += add<L, 1>(g + s * layout.units + u, layout.units, units, sums, zeros, every_sum{});
          }
        } else {
          for (std::size_t s = first; s < first + count; ++s) {
            T const* const row = g + (s / layout.inner * layout.units + u) * layout.inner + s % layout.inner;
            for (std::size_t k = 0; k < units; ++k) {
              packed[k] = row[k * layout.inner];
            }
            other_zeros += add<L, 1>(packed, 0, units, sums, zeros, every_sum{});
          }
        }
        S const total = total_of<L>(sums[squares], units);
        if (is_nan(total) || is_infinite(total)) {
          checked(first, count, u, units);
          continue;
        }
        for (std::size_t k = 0; k < units; ++k) {
          std::array<S, rows.size()> const one = sums_of_unit(sums, k, every_sum{});
          join(store, u + k, count, 0, one, every_sum{});
        }
        if (whole != nullptr) {
          whole->count += std::uint64_t{count} * units;
          whole->zeros += static_cast<std::uint64_t>(sum_of(zeros)) + other_zeros;
          whole->square += static_cast<double>(total);
        }
      }
      store.gradient_samples += count;
    }
  }

private:
  using S = sum_element<T>;
  static constexpr auto rows = gradient_rows;
  static constexpr std::size_t room = strip_units + widest_unit_lanes;
  using sums_of_rows = S[rows.size()][room];
  using every_sum = std::make_index_sequence<rows.size()>;
  template <std::size_t R> static constexpr unit_value value = unit_statistics[rows[R]].value;
  /// The sum that overflows first, and that the record of the layer keeps.
  static constexpr std::size_t squares = [] {
    std::size_t r = 0;
    while (unit_statistics[rows[r]].value != unit_value::gradient_square) {
      ++r;
    }
    return r;
  }();

  static constexpr std::size_t at_once = 4; ///< samples

  /// Adds Rows rows of n, `stride` apart; returns the zeros that `zeros` does not count.
  template <class L, std::size_t Rows, class C, std::size_t... R>
  SATUR_INLINE static std::uint64_t add(T const* from, std::size_t stride, std::size_t n, sums_of_rows& sums, C& zeros,
                                        std::index_sequence<R...>) {
    using W = typename pass_types<L>::wide;
    constexpr std::size_t width = static_cast<std::size_t>(math::lane_count<L>);
    constexpr std::size_t half = static_cast<std::size_t>(math::lane_count<W>);
    std::size_t k = 0;
    for (; k + width <= n; k += width) {
      for (std::size_t h = 0; h < width; h += half) {
        (add_to<R, W, Rows>(from + k + h, stride, sums[R] + k + h), ...);
      }
      for (std::size_t r = 0; r < Rows; ++r) {
        count_into(zeros, is_zero(math::load<L>(from + r * stride + k)));
      }
    }
    std::uint64_t others = 0;
    // One square and one sum each: the same bits in lanes or not, and a layer of few units need not fill up a register.
    for (; k < n; ++k) {
      for (std::size_t r = 0; r < Rows; ++r) {
        T const x = from[r * stride + k];
        ((sums[R][k] += gradient_value_of<value<R>, T>(static_cast<S>(x))), ...);
        others += is_zero(x);
      }
    }
    return others;
  }
  template <std::size_t R, class W, std::size_t Rows>
  SATUR_INLINE static void add_to(T const* from, std::size_t stride, S* sums) {
    W sum = math::load<W>(sums);
    for (std::size_t r = 0; r < Rows; ++r) {
      sum = sum + gradient_value_of<value<R>, T>(widened_from<W>(from + r * stride));
    }
    math::store(sums, sum);
  }
  template <class L> SATUR_INLINE static S total_of(S const* sums, std::size_t n) {
    using W = typename pass_types<L>::wide;
    W total = W(0);
    for (std::size_t k = 0; k < n; k += static_cast<std::size_t>(math::lane_count<W>)) { // behind the last one is 0
      total = total + math::load<W>(sums + k);
    }
    return sum_of(total);
  }
  template <std::size_t... R>
  SATUR_INLINE static std::array<S, rows.size()> sums_of_unit(sums_of_rows const& sums, std::size_t k,
                                                              std::index_sequence<R...>) {
    return {sums[R][k]...};
  }
  /// The sums of unit u over `samples` samples, `bad` of them left out.
  template <std::size_t... R>
  SATUR_INLINE static void join(unit_store& store, std::size_t u, std::uint64_t samples, std::uint64_t bad,
                                std::array<S, rows.size()> const& sums, std::index_sequence<R...>) {
    double const n = static_cast<double>(samples - bad);
    double const w = share_of(n, static_cast<double>(store.gradient_samples - store.bad_gradients(u)));
    if (w > 0.0) {
      (join_statistic(whole_register<double>{}, &store.statistic(rows[R], u), nullptr, static_cast<double>(sums[R]) / n,
                      0.0, w),
       ...);
    }
    store.add_count(of_bad_gradients, u, bad);
  }
  void checked(std::size_t first, std::size_t count, std::size_t u, std::size_t units) {
    for (std::size_t k = u; k < u + units; ++k) {
      gradient_record one;
      std::array<S, rows.size()> sums{};
      for (std::size_t s = first; s < first + count; ++s) {
        T const x = g[(s / layout.inner * layout.units + k) * layout.inner + s % layout.inner];
        if (is_nan(x) || is_infinite(x)) {
          ++(is_nan(x) ? one.nan : one.infinite);
        } else {
          ++one.count;
          one.zeros += is_zero(x);
          add_scalar(static_cast<S>(x), sums, every_sum{});
        }
      }
      one.square += static_cast<double>(sums[squares]);
      join(unit_access::store(record), k, count, one.nan + one.infinite, sums, every_sum{});
      if (whole != nullptr) {
        *whole += one;
      }
    }
  }
  template <std::size_t... R> static void add_scalar(S x, std::array<S, rows.size()>& sums, std::index_sequence<R...>) {
    ((sums[R] += gradient_value_of<value<R>, T>(x)), ...);
  }
};

} // namespace satur::inline SATUR_ABI::detail

SATUR_COMPILED_PASS(float, satur::detail::unit_gradient_pass<float>);
SATUR_COMPILED_PASS(double, satur::detail::unit_gradient_pass<double>);
