/// \file observe/kernel/units/joining.hpp  From the sums of a strip to the record of the units, and that of the layer.
#pragma once

#include "satur/observe/kernel/units/access.hpp"
#include "satur/observe/kernel/units/sums.hpp"
#include "satur/record/saturation.hpp"

#include <array>
#include <numeric>

namespace satur::inline SATUR_ABI::detail {

/// The sums of `units` units over `count` samples. `checked`: units may have seen NaN or infinity, or be scaled.
template <class T> struct unit_joining {
  strip_sums<T> const& sums;
  std::size_t units;
  std::size_t count;
  bool checked;

  /// The units from `first` on join their record.
  template <class L> SATUR_INLINE void into(unit_store& store, std::size_t first) const {
    using W = typename pass_types<L>::wide;
    bool const alike = !checked && store.alike(count);
    bool joined = false;
    if constexpr (std::same_as<math::element_t<W>, double>) {
      if (alike) {
        double const n = static_cast<double>(count);
        double const w = n / (static_cast<double>(store.samples) + n);
        in_lanes<W>(store, first, W(w), W(1.0 / n), every_column{});
        joined = true;
      }
    }
    if (!joined) {
      for (std::size_t u = 0; u < units; ++u) {
        unit_by_unit(store, first, u, every_column{});
      }
    }
    auto const add_counts = [&](auto kind, auto const& counts) {
      if (alike) {
        std::uint32_t* const to = store.count_row(kind) + first;
        for (std::size_t u = 0; u < units; ++u) {
          to[u] += static_cast<std::uint32_t>(counts[u]);
        }
      } else {
        for (std::size_t u = 0; u < units; ++u) {
          store.add_count(kind, first + u, static_cast<std::uint64_t>(counts[u]));
        }
      }
    };
    add_counts(of_low, sums.low);
    add_counts(of_high, sums.high);
    add_counts(of_active, sums.active);
    std::uint32_t* const silence = store.count_row(of_silence) + first;
    auto const seen = static_cast<std::uint32_t>(count);
    for (std::size_t u = 0; u < units; ++u) {
      std::uint32_t const longer = unit_store::longer_silence(silence[u], seen);
      silence[u] = sums.latest[u] > 0 ? seen - static_cast<std::uint32_t>(sums.latest[u]) : longer;
    }
  }

  /// All units as one join the record of the layer: in lanes around the first one's centers, or else unit by unit.
  template <class L> SATUR_INLINE void into(saturation& layer) const {
    std::uint64_t nan = 0;
    std::uint64_t infinite = 0;
    std::array<moments, unit_columns> all{};
    if (checked || !as_one<L>(all, every_column{})) {
      all = {};
      for (std::size_t u = 0; u < units; ++u) {
        nan += nans(u);
        infinite += infinities(u);
        for (std::size_t c = 0; c < unit_columns; ++c) {
          if (statistic_of(c).layer != nullptr) {
            all[c] += moments_from(seen_by(c, u), sums.shift[c][u], sums.sum[c][u], sums.square[c][u], sums.scale[c]);
          }
        }
      }
    }
    layer.count += std::uint64_t{count} * units - nan;
    layer.nan += nan;
    layer.infinite += infinite;
    layer.low += std::accumulate(sums.low, sums.low + units, std::uint64_t{0});
    layer.high += std::accumulate(sums.high, sums.high + units, std::uint64_t{0});
    for (std::size_t c = 0; c < unit_columns; ++c) {
      if (statistic_of(c).layer != nullptr) {
        layer.*statistic_of(c).layer += all[c];
      }
    }
    layer.lowest_z =
        (std::min)(layer.lowest_z, static_cast<double>(*std::min_element(sums.lowest, sums.lowest + units)));
    layer.highest_z =
        (std::max)(layer.highest_z, static_cast<double>(*std::max_element(sums.highest, sums.highest + units)));
  }

private:
  using S = sum_element<T>;
  using every_column = std::make_index_sequence<unit_columns>;

  [[nodiscard]] std::uint64_t nans(std::size_t u) const {
    return checked ? static_cast<std::uint64_t>(sums.nan[u]) : 0;
  }
  [[nodiscard]] std::uint64_t infinities(std::size_t u) const {
    return checked ? static_cast<std::uint64_t>(sums.infinite[u]) : 0;
  }
  /// How many numbers of unit u went into column c.
  [[nodiscard]] std::uint64_t seen_by(std::size_t c, std::size_t u) const {
    std::uint64_t const seen = count - nans(u);
    return statistic_of(c).over == unit_numbers::finite ? seen - infinities(u) : seen;
  }

  /// Where every unit of the record has seen as many numbers: means of the strip, whose share is w.
  template <class W, std::size_t... C>
  SATUR_INLINE void in_lanes(unit_store& store, std::size_t first, W const& w, W const& inverse,
                             std::index_sequence<C...>) const {
    for_each_part<W>(0, units, [&](std::size_t u, register_part<W> part) SATUR_INLINE_LAMBDA {
      (column_in_lanes<C>(store, first + u, u, part, w, inverse), ...);
    });
  }
  template <std::size_t C, class W>
  SATUR_INLINE void column_in_lanes(unit_store& store, std::size_t to, std::size_t u, register_part<W> here, W const& w,
                                    W const& inverse) const {
    constexpr std::size_t row = forward_statistics[C];
    double* const mean = &store.statistic(row, to);
    W const off = math::load<W>(sums.sum[C] + u) * inverse;
    W variance = W(0.0);
    if constexpr (has_variance(row)) {
      variance = math::maximum(W(math::load<W>(sums.square[C] + u) * inverse - off * off), W(0.0));
    }
    W value = off;
    if constexpr (is_centered(C)) {
      value = widened_from<W>(sums.shift[C] + u) + off;
    }
    join_statistic(here, mean, has_variance(row) ? mean + store.units : nullptr, value, variance, w);
  }

  template <std::size_t... C>
  void unit_by_unit(unit_store& store, std::size_t first, std::size_t u, std::index_sequence<C...>) const {
    double const seen = static_cast<double>(count - nans(u));
    std::array<double, unit_statistics.size()> values{};
    (column_of_unit<C>(u, values), ...);
    join_unit(
        shares_of({seen, seen - static_cast<double>(infinities(u)), 0.0}, store.sizes(first + u)),
        [&](std::size_t row) -> double& { return store.statistic(row, first + u); },
        [&](std::size_t row) { return values[row]; });
    store.add_count(of_nan, first + u, nans(u));
    store.add_count(of_infinite, first + u, infinities(u));
  }
  template <std::size_t C>
  void column_of_unit(std::size_t u, std::array<double, unit_statistics.size()>& values) const {
    constexpr std::size_t row = forward_statistics[C];
    std::uint64_t const n = seen_by(C, u);
    T const center = sums.template center<C>(u);
    values[row] = mean_from(n, center, sums.sum[C][u], sums.scale[C]);
    if constexpr (has_variance(row)) {
      values[row + 1] = moments_from(n, center, sums.sum[C][u], sums.square[C][u], sums.scale[C]).variance();
    }
  }

  /// Where every unit has `count` finite numbers; false where a sum overflows.
  template <class L, std::size_t... C>
  SATUR_INLINE bool as_one(std::array<moments, unit_columns>& all, std::index_sequence<C...>) const {
    using W = typename pass_types<L>::wide;
    std::size_t const lanes = units - units % static_cast<std::size_t>(math::lane_count<W>);
    unit_column<S, true> one = over_units<W>(0, lanes);
    one.add(over_units<S>(lanes, units));
    std::uint64_t const n = std::uint64_t{count} * units;
    bool finite = true;
    ((all[C] = moments_from(n, one.template get<C>().shift, one.template get<C>().sum, one.template get<C>().square),
      finite = finite && (statistic_of(C).layer == nullptr || is_finite_number(all[C].mean))),
     ...);
    return finite;
  }
  /// The units [from, to) as one, around the strip's first centers.
  template <class W> SATUR_INLINE unit_column<S, true> over_units(std::size_t from, std::size_t to) const {
    unit_column<S, true> one(sums, 0);
    unit_column<W, true> all;
    all.around(one);
    W const n = W(static_cast<S>(count));
    for (std::size_t u = from; u < to; u += static_cast<std::size_t>(math::lane_count<W>)) {
      unit_column<W, true> unit(sums, u);
      unit.load(sums, u);
      unit.move(all, n);
      all.add(unit);
    }
    one.add_lanes(all);
    return one;
  }
};

/// After a strip with checks: sets the scales by which to sum again, because finite numbers may have a sum that is not;
/// false where that would change nothing.
template <class T> SATUR_INLINE bool rescale(strip_sums<T>& s, std::size_t units) {
  using S = sum_element<T>;
  bool again = false;
  if constexpr (std::same_as<T, S>) { // sums of float do not overflow in double
    for (std::size_t c = 0; c < unit_columns; ++c) {
      if (s.scale[c] == T(1) && !std::all_of(s.sum[c], s.sum[c] + units, [](S x) { return is_finite_number(x); })) {
        s.scale[c] = static_cast<T>(overflow_scale);
        again = true;
      }
    }
  }
  return again;
}
/// False where NaN, infinity or an overflow went in.
template <class L, class T> SATUR_INLINE bool is_clean(strip_sums<T> const& s, std::size_t units) {
  using W = typename pass_types<L>::wide;
  constexpr std::size_t width = static_cast<std::size_t>(math::lane_count<W>);
  W total = W(0);
  for (std::size_t u = 0; u < units; u += width) { // the rest of the last register is padding, and finite
    for (std::size_t c = 0; c < unit_columns; ++c) {
      total = total + math::load<W>(s.sum[c] + u);
    }
  }
  auto const sum = sum_of(total);
  return !(is_nan(sum) || is_infinite(sum));
}

} // namespace satur::inline SATUR_ABI::detail
