/// \file pass/unit_gradients.hpp  dL/dz by unit.
#pragma once

#include "satur/diagnostic/pass/unit_strip.hpp"

namespace satur::inline SATUR_ABI::detail {

/// dL/dz, row-major (outer, units, inner): the mean square of each unit's finite numbers. No square of a number that is
/// not 0 counts as less than 1e-290, so that a mean of 0 says that all were exactly 0.
template <class T> struct unit_gradient_pass {
  T const* g;
  unit_layout layout;
  unit_records& record;

  template <class L> SATUR_INLINE void run() {
    using W = typename pass_types<L>::wide;
    constexpr std::size_t width = static_cast<std::size_t>(math::lane_count<W>);
    alignas(64) S sums[strip_units + widest_unit_lanes];
    alignas(64) T packed[strip_units + widest_unit_lanes];
    std::size_t const samples = layout.samples();
    for (std::size_t first = 0; first < samples; first += strip_samples) {
      std::size_t const count = std::min(strip_samples, samples - first);
      for (std::size_t u = 0; u < layout.units; u += strip_units) {
        std::size_t const units = std::min(strip_units, layout.units - u);
        std::fill(sums, sums + units + widest_unit_lanes, S(0));
        S total = 0;
        for (std::size_t s = first; s < first + count; ++s) {
          std::size_t const at = (s / layout.inner * layout.units + u) * layout.inner + s % layout.inner;
          if (layout.inner == 1) {
            add<W, width>(g + at, units, sums);
          } else {
            for (std::size_t k = 0; k < units; ++k) {
              packed[k] = g[at + k * layout.inner];
            }
            add<W, width>(packed, units, sums);
          }
        }
        for (std::size_t k = 0; k < units; ++k) {
          total += sums[k];
        }
        if (is_nan(total) || is_infinite(total)) {
          checked(first, count, u, units);
        } else {
          for (std::size_t k = 0; k < units; ++k) {
            unit_access::add_gradient(record, u + k, count, 0,
                                      static_cast<double>(sums[k]) / static_cast<double>(count));
          }
        }
      }
      unit_access::add_gradient_samples(record, count);
    }
  }

private:
  using S = sum_element<T>;
  static constexpr double least = 1e-290;

  template <class W, std::size_t width> SATUR_INLINE static void add(T const* from, std::size_t n, S* sums) {
    std::size_t k = 0;
    for (; k + width <= n; k += width) {
      math::store(sums + k, W(math::load<W>(sums + k) + square<W>(from + k)));
    }
    for (; k < n; ++k) {
      sums[k] += square_of(from[k]);
    }
  }
  template <class W> SATUR_INLINE static W square(T const* p) {
    using math::select;
    if constexpr (std::same_as<T, float>) { // no float but 0 has a square below 1e-90
      W const x = widened_from<W>(p);
      return x * x;
    } else {
      W const x = math::load<W>(p);
      W const square = x * x;
      return select(x != W(0) && square < W(static_cast<S>(least)), W(static_cast<S>(least)), square);
    }
  }
  static S square_of(T x) {
    S const wide = static_cast<S>(x);
    S const square = wide * wide;
    return x != T(0) && square < static_cast<S>(least) ? static_cast<S>(least) : square;
  }
  void checked(std::size_t first, std::size_t count, std::size_t u, std::size_t units) {
    for (std::size_t k = u; k < u + units; ++k) {
      std::uint64_t bad = 0;
      S sum = 0;
      for (std::size_t s = first; s < first + count; ++s) {
        T const x = g[(s / layout.inner * layout.units + k) * layout.inner + s % layout.inner];
        if (is_nan(x) || is_infinite(x)) {
          ++bad;
        } else {
          sum += square_of(x);
        }
      }
      unit_access::add_gradient(record, k, count, bad, static_cast<double>(sum) / static_cast<double>(count - bad));
    }
  }
};

} // namespace satur::inline SATUR_ABI::detail
