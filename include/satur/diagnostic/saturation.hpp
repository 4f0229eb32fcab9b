/// \file saturation.hpp  The record of one pass over pre-activations: what saturated, where, and how much slope is
/// left.
#pragma once

#include "satur/diagnostic/label.hpp"
#include "satur/diagnostic/moments.hpp"
#include "satur/diagnostic/rule.hpp"

#include <cmath>
#include <cstdint>
#include <iosfwd>
#include <limits>
#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace satur::inline SATUR_ABI {

/// What a pass over pre-activations z saw. A regular value: copy it, compare it, merge it with += (threads, batches,
/// epochs, machines), reset it with `= {}`. Counters merge exactly, sums to the last bits of a double.
///
/// NaN is in `nan` and in nothing else. ±inf counts as saturated on its side (its value and slope are defined) and is
/// in `infinite` too; mean, variance and extremes of z, and the moments of the output, take finite z only. Where
/// nothing was seen, shares, means and extremes read NaN, never 0.
struct saturation {
  std::uint64_t count = 0;    ///< units x samples seen, NaN left out
  std::uint64_t low = 0;      ///< saturated on the left
  std::uint64_t high = 0;     ///< saturated on the right
  std::uint64_t nan = 0;      ///< z was NaN
  std::uint64_t infinite = 0; ///< z was +inf or -inf (part of count)

  compensated_sum slope;         ///< sum of f'(z)
  compensated_sum slope_square;  ///< sum of f'(z)^2
  moments z;                     ///< of finite z
  compensated_sum output;        ///< sum of f(z) over finite z
  compensated_sum output_square; ///< sum of f(z)^2 over finite z
  double lowest_z = std::numeric_limits<double>::infinity();
  double highest_z = -std::numeric_limits<double>::infinity();

  rule_definition rule;    ///< when a unit counted as saturated
  label activation;        ///< the activation's name
  double peak_slope = 0.0; ///< largest |f'|; 0 where the activation does not state it

  /// Share of count that is saturated by the rule; NaN where nothing was seen.
  [[nodiscard]] double fraction() const { return share(low + high); }
  [[nodiscard]] double low_fraction() const { return share(low); }
  [[nodiscard]] double high_fraction() const { return share(high); }
  /// Mean of f'(z), true in the tail.
  [[nodiscard]] double mean_derivative() const { return per_count(slope.value()); }
  /// Mean of f'(z)^2: what a gradient's variance is multiplied by on its way back through the activation.
  [[nodiscard]] double mean_squared_derivative() const { return per_count(slope_square.value()); }
  /// Mean f'(z) as a share of the peak slope; NaN where the activation does not state its peak.
  [[nodiscard]] double slope_share() const {
    return peak_slope > 0.0 ? mean_derivative() / peak_slope : std::numeric_limits<double>::quiet_NaN();
  }
  /// 1 - mean f'(z) / peak slope: 0 where every unit is at its steepest, 1 where nothing can learn.
  [[nodiscard]] double slope_saturation() const { return 1.0 - slope_share(); }
  [[nodiscard]] double mean_z() const { return z.mean_or_nan(); }
  /// Population variance (divides by n) of finite z.
  [[nodiscard]] double variance_z() const { return z.variance(); }
  [[nodiscard]] double stddev_z() const { return std::sqrt(variance_z()); }
  [[nodiscard]] double min_z() const { return z.count == 0 ? std::numeric_limits<double>::quiet_NaN() : lowest_z; }
  [[nodiscard]] double max_z() const { return z.count == 0 ? std::numeric_limits<double>::quiet_NaN() : highest_z; }
  /// Mean of f(z) over finite z.
  [[nodiscard]] double mean_output() const { return per_finite(output.value()); }
  /// Mean of f(z)^2 over finite z: what the next layer's variance of z is made of.
  [[nodiscard]] double mean_squared_output() const { return per_finite(output_square.value()); }
  /// Population variance of f(z), as mean square less squared mean: good to about 1e-15 of the mean square.
  [[nodiscard]] double variance_output() const {
    double const variance = mean_squared_output() - mean_output() * mean_output();
    return variance < 0.0 ? 0.0 : variance; // NaN stays NaN
  }
  [[nodiscard]] double stddev_output() const { return std::sqrt(variance_output()); }
  /// Nothing was seen, not even NaN.
  [[nodiscard]] bool empty() const { return count == 0 && nan == 0; }
  /// NaN or infinity was seen.
  [[nodiscard]] bool nonfinite() const { return nan != 0 || infinite != 0; }

  /// Adds what another record saw. Throws std::invalid_argument where the two were counted by different rules or for
  /// different activations: such a sum would have no definition.
  saturation& operator+=(saturation const& o) {
    if (o.empty()) {
      return *this;
    }
    if (empty()) {
      return *this = o;
    }
    require_mergeable(o);
    count += o.count;
    low += o.low;
    high += o.high;
    nan += o.nan;
    infinite += o.infinite;
    slope += o.slope;
    slope_square += o.slope_square;
    z += o.z;
    output += o.output;
    output_square += o.output_square;
    lowest_z = o.lowest_z < lowest_z ? o.lowest_z : lowest_z;
    highest_z = o.highest_z > highest_z ? o.highest_z : highest_z;
    return *this;
  }
  /// Throws what += would throw.
  void require_mergeable(saturation const& o) const {
    if (!empty() && !o.empty() && (!(rule == o.rule) || activation != o.activation || peak_slope != o.peak_slope)) {
      throw std::invalid_argument(detail::message("satur::saturation: cannot merge a record of ", title(),
                                                  " with one of ", o.title(),
                                                  "; merge records of one activation and one rule"));
    }
  }
  [[nodiscard]] friend saturation operator+(saturation a, saturation const& b) { return a += b; }
  bool operator==(saturation const&) const = default;

  /// "sigmoid (|z| > 5)"
  [[nodiscard]] std::string title() const { return detail::message(activation, " (", describe(rule), ')'); }

private:
  [[nodiscard]] double per_finite(double sum) const {
    return z.count == 0 ? std::numeric_limits<double>::quiet_NaN() : sum / static_cast<double>(z.count);
  }
  [[nodiscard]] double share(std::uint64_t part) const { return per_count(static_cast<double>(part)); }
  [[nodiscard]] double per_count(double sum) const {
    return count == 0 ? std::numeric_limits<double>::quiet_NaN() : sum / static_cast<double>(count);
  }
};

} // namespace satur::inline SATUR_ABI
