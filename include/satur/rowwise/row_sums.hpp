/// \file rowwise/row_sums.hpp  What a pass sums over a row of logits, and the summary that it makes of the sums.
#pragma once

#include "satur/math/arithmetic.hpp"
#include "satur/math/log1p.hpp"
#include "satur/rowwise/row_group.hpp"
#include "satur/simd/reduce.hpp"
#include "satur/simd/special_values.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>

namespace satur::inline SATUR_ABI::detail {

/// Classification of a row.
enum class row_kind { good, nan, plus_infinity, minus_infinity };

/// The sums of a row. s = sum of e^(z - m) = 1 + others. A row that is not good has only its kind.
template <class T> struct row_summary {
  using S = sum_element<T>;
  row_kind kind = row_kind::good;
  S largest = 0;             ///< m
  S others = 0;              ///< sum of e^(z - m) without one of the largest
  S others_square = 0;       ///< sum of the squares of these
  S weighted = 0;            ///< sum of e^(z - m) (z - m)
  std::uint64_t allowed = 0; ///< logits that are not -inf
};

/// The sums of a row while it is read. A row in several pieces is read piece by piece. Of double, `others` and `rest`
/// are 2^300 times as large, so that the rounding errors of a small sum are normal numbers.
template <class T> struct row_sums {
  using S = sum_element<T>;
  T largest = -std::numeric_limits<T>::infinity();
  S others[row_group_size] = {};
  S rest[row_group_size] = {}; // rounding errors of the additions to `others`
  S square[row_group_size] = {};
  S weighted[row_group_size] = {};
  S ties[row_group_size] = {};
  S allowed[row_group_size] = {};

  [[nodiscard]] bool has_sums() const { return !is_nan(largest) && !is_infinite(largest); }
  /// Below largest - 800 the exponential is 0. So it is below largest - 700 for float, which it cannot reach: smaller
  /// exponentials would be subnormal even in double.
  [[nodiscard]] SATUR_INLINE S floor() const {
    return static_cast<S>(largest) - (std::same_as<T, float>         ? S(700)
                                      : std::same_as<S, long double> ? S(12000)
                                                                     : S(800));
  }

  /// The sum of x, always by the same pairs.
  static S total(S const (&x)[row_group_size]) {
    S half[row_group_size / 2];
    for (std::size_t i = 0; i < row_group_size / 2; ++i) {
      half[i] = x[i] + x[i + row_group_size / 2];
    }
    S const a = (half[0] + half[4]) + (half[2] + half[6]);
    S const b = (half[1] + half[5]) + (half[3] + half[7]);
    return a + b;
  }

  static constexpr S scale = std::same_as<T, double> ? S(0x1p300) : S(1);

  [[nodiscard]] S compensated_total(S first) const {
    S sum = first * scale;
    S lost = total(rest);
    for (S const e : others) {
      math::split<S> const s = math::exact_sum(sum, e);
      sum = s.value;
      lost += s.rest;
    }
    return (sum + lost) * (S(1) / scale);
  }

  /// Not inlined, so that every instruction set gives the same bits.
  template <bool Moments> SATUR_NOINLINE row_summary<T> finish(bool any_nan) const {
    row_summary<T> r;
    if (!has_sums()) {
      r.kind = any_nan ? row_kind::nan : largest > T(0) ? row_kind::plus_infinity : row_kind::minus_infinity;
      return r;
    }
    r.largest = static_cast<S>(largest);
    S const repeated = total(ties) - S(1);
    r.others = std::same_as<T, double> ? compensated_total(repeated) : repeated + total(others);
    if constexpr (Moments) {
      r.others_square = repeated + total(square);
      r.weighted = total(weighted);
      r.allowed = static_cast<std::uint64_t>(total(allowed));
    }
    r.kind = is_nan(r.others) ? row_kind::nan : row_kind::good;
    return r;
  }
};

template <class T> SATUR_NOINLINE bool any_nan_in(T const* z, std::size_t n) {
  return std::any_of(z, z + n, [](T x) { return static_cast<bool>(is_nan(x)); });
}
template <class T> SATUR_NOINLINE sum_element<T> log_of_sum(row_summary<T> const& r) {
  using S = sum_element<T>;
  return r.others < S(0x1p-120) ? r.others : math::log1p(r.others); // the same number, and no square that underflows
}
/// -sum p log p of a row that is good.
template <class T> SATUR_NOINLINE double entropy_of(row_summary<T> const& r) {
  double const s = 1.0 + static_cast<double>(r.others);
  return static_cast<double>(log_of_sum(r)) - static_cast<double>(r.weighted) / s;
}

} // namespace satur::inline SATUR_ABI::detail
