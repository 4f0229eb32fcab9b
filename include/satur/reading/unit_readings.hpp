/// \file reading/unit_readings.hpp  A reading of every unit: percentiles over the units, and the worst units.
#pragma once

#include "satur/record/units/unit_records.hpp"
#include "satur/text/number.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <limits>
#include <ostream>
#include <string_view>
#include <vector>

namespace satur { inline namespace SATUR_ABI {

/// A source of units to read: `unit_records`, `decayed_units`.
template <class U>
concept unit_source = requires(U const& units, std::size_t u) {
  { units.size() } -> std::convertible_to<std::size_t>;
  { units[u] } -> std::convertible_to<unit_summary>;
};

/// A named number of a unit. Functions also accept a member function of `unit_summary` without a name.
struct unit_reading {
  std::string_view name;
  double (unit_summary::*value)() const;
  bool high_is_worse; ///< true if `worst_units` takes the highest units
  [[nodiscard]] double operator()(unit_summary const& u) const { return (u.*value)(); }
};

/// Common readings.
namespace readings {
inline constexpr unit_reading saturated{"saturated share", &unit_summary::fraction, true};
inline constexpr unit_reading low{"low share", &unit_summary::low_fraction, true};
inline constexpr unit_reading high{"high share", &unit_summary::high_fraction, true};
inline constexpr unit_reading active{"active share", &unit_summary::active_fraction, false};
inline constexpr unit_reading silence{"samples since last active", &unit_summary::silent_samples, true};
inline constexpr unit_reading mean_slope{"mean f'(z)", &unit_summary::mean_derivative, false};
inline constexpr unit_reading slope_share{"mean f'(z) / peak", &unit_summary::slope_share, false};
inline constexpr unit_reading mean_z{"mean z", &unit_summary::mean_z, true};
inline constexpr unit_reading stddev_z{"std z", &unit_summary::stddev_z, true};
inline constexpr unit_reading mean_output{"mean f(z)", &unit_summary::mean_output, true};
inline constexpr unit_reading mean_magnitude{"mean |f(z)|", &unit_summary::mean_magnitude, false};
inline constexpr unit_reading gradient_rms{"rms dL/dz", &unit_summary::gradient_rms, false};
inline constexpr std::array all{saturated,   low,    high,     active,      silence,        mean_slope,
                                slope_share, mean_z, stddev_z, mean_output, mean_magnitude, gradient_rms};
} // namespace readings

/// The reading of each unit, in order.
template <unit_source U, std::invocable<unit_summary const&> R>
[[nodiscard]] std::vector<double> read_units(U const& units, R const& reading) {
  std::vector<double> values(units.size());
  for (std::size_t u = 0; u < values.size(); ++u) {
    if constexpr (std::is_member_function_pointer_v<R>) {
      values[u] = (unit_summary(units[u]).*reading)();
    } else if constexpr (std::is_member_object_pointer_v<R>) {
      values[u] = unit_summary(units[u]).*reading;
    } else {
      values[u] = reading(units[u]);
    }
  }
  return values;
}

/// Percentiles of a reading over the units of a layer. Units whose reading is NaN (no observations) are left out.
///
/// Percentile p of n sorted values is at position (n - 1) p / 100, interpolated linearly between two neighbors (the
/// default of numpy). 0 is the least, 100 the greatest, 50 the median.
///
/// Source: Hyndman and Fan 1996, type 7.
struct unit_percentiles {
  static constexpr std::array<int, 17> at{0, 1, 2, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 98, 99, 100};
  std::array<double, at.size()> values{};
  std::size_t units = 0;  ///< units with a reading
  std::size_t unread = 0; ///< units whose reading is NaN

  /// The percentile `percent`, which must be one of `at`, else it throws std::invalid_argument. NaN if no unit has a
  /// reading.
  [[nodiscard]] double operator()(int percent) const {
    auto const found = std::find(at.begin(), at.end(), percent);
    if (found == at.end()) {
      detail::bad_parameter("unit_percentiles", "percent", percent,
                            "0, 1, 2, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 98, 99 or 100");
    }
    return values[static_cast<std::size_t>(found - at.begin())];
  }
  [[nodiscard]] double median() const { return (*this)(50); }
  bool operator==(unit_percentiles const&) const = default;

  /// "256 units: 0 % 0.001, 1 % 0.002, …, 100 % 0.25"
  friend std::ostream& operator<<(std::ostream& out, unit_percentiles const& p) {
    out << detail::count_text(p.units, "unit") << ':';
    for (std::size_t i = 0; i < p.at.size(); ++i) {
      out << (i == 0 ? " " : ", ") << text::number(p.at[i]) << " % " << text::significant(p.values[i], 4);
    }
    return p.unread == 0 ? out : out << "; " << text::number(p.unread) << " unread";
  }
};

/// Percentiles of unsorted values. NaN are left out.
[[nodiscard]] inline unit_percentiles percentiles_of(std::vector<double> values) {
  unit_percentiles p;
  std::size_t const all = values.size();
  std::erase_if(values, [](double v) { return detail::is_nan(v); });
  std::sort(values.begin(), values.end());
  p.units = values.size();
  p.unread = all - values.size();
  for (std::size_t i = 0; i < p.at.size(); ++i) {
    if (values.empty()) {
      p.values[i] = std::numeric_limits<double>::quiet_NaN();
      continue;
    }
    double const position = static_cast<double>(values.size() - 1) * p.at[i] / 100.0;
    auto const below = static_cast<std::size_t>(position);
    double const a = values[below];
    double const b = values[(std::min)(below + 1, values.size() - 1)];
    double const part = position - static_cast<double>(below);
    p.values[i] = part == 0.0 || a == b ? a : a + (b - a) * part; // infinite neighbors stay infinite
  }
  return p;
}
/// Percentiles of a reading over units: percentiles_of(units, readings::mean_slope).
template <unit_source U, std::invocable<unit_summary const&> R>
[[nodiscard]] unit_percentiles percentiles_of(U const& units, R const& reading) {
  return percentiles_of(read_units(units, reading));
}

/// The end of the order to select.
enum class unit_order : std::uint8_t { highest, lowest };

/// The k units with the highest or lowest reading, the most extreme first; ties go to the lower index. Fewer than k if
/// fewer units have a reading.
template <unit_source U, std::invocable<unit_summary const&> R>
[[nodiscard]] std::vector<unit_summary> extreme_units(U const& units, R const& reading, std::size_t k,
                                                      unit_order order) {
  std::vector<double> const values = read_units(units, reading);
  std::vector<std::size_t> numbers;
  numbers.reserve(values.size());
  for (std::size_t u = 0; u < values.size(); ++u) {
    if (!detail::is_nan(values[u])) {
      numbers.push_back(u);
    }
  }
  k = (std::min)(k, numbers.size());
  std::partial_sort(numbers.begin(), numbers.begin() + static_cast<std::ptrdiff_t>(k), numbers.end(),
                    [&](std::size_t a, std::size_t b) {
                      if (values[a] != values[b]) {
                        return order == unit_order::highest ? values[a] > values[b] : values[a] < values[b];
                      }
                      return a < b;
                    });
  std::vector<unit_summary> worst;
  worst.reserve(k);
  for (std::size_t i = 0; i < k; ++i) {
    worst.push_back(units[numbers[i]]);
  }
  return worst;
}
/// The k worst units by a reading that states which end is worse.
template <unit_source U>
[[nodiscard]] std::vector<unit_summary> worst_units(U const& units, unit_reading const& reading, std::size_t k) {
  return extreme_units(units, reading, k, reading.high_is_worse ? unit_order::highest : unit_order::lowest);
}

/// "mean f'(z) over 256 units: 0 % 0.001, 1 % 0.002, …, 100 % 0.25"
inline void print_percentiles(unit_reading const& reading, unit_percentiles const& p, std::ostream& out) {
  out << reading.name << " over " << p << '\n';
}

}} // namespace satur::SATUR_ABI
