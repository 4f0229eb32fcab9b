/// \file record/saturation.hpp  The record of one pass over pre-activations: what saturated, where, and how much slope
/// is left.
#pragma once

#include "satur/rule/all.hpp"
#include "satur/statistics/moments.hpp"
#include "satur/text/label.hpp"
#include "satur/text/number.hpp"

#include <cmath>
#include <cstdint>
#include <iosfwd>
#include <limits>
#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace satur { inline namespace SATUR_ABI {

/// What a pass over pre-activations z saw. A regular value: copy it, compare it, merge it with += (threads, batches,
/// epochs, machines), reset it with `= {}`. Counters merge exactly, means and variances to the last bits of a
/// double.
///
/// NaN is in `nan` and in nothing else. ±inf counts as saturated on its side (its value and slope are defined) and is
/// in `infinite` too; mean, variance and extremes of z, and the moments of the output, take finite z only. Where
/// nothing was seen, shares, means and extremes read NaN, never 0.
struct saturation {
  std::uint64_t count = 0;    ///< units x samples seen, NaN left out
  std::uint64_t low = 0;      ///< saturated on the low side
  std::uint64_t high = 0;     ///< saturated on the high side
  std::uint64_t nan = 0;      ///< z was NaN
  std::uint64_t infinite = 0; ///< z was +inf or -inf (part of count)

  moments slope;  ///< of f'(z), infinite z among them
  moments z;      ///< of finite z
  moments output; ///< of f(z) for finite z
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
  [[nodiscard]] double mean_derivative() const { return slope.mean_or_nan(); }
  /// Mean of f'(z)^2: what a gradient's variance is multiplied by on its way back through the activation.
  [[nodiscard]] double mean_squared_derivative() const { return mean_square(slope); }
  /// Population variance of f'(z).
  [[nodiscard]] double variance_derivative() const { return slope.variance(); }
  [[nodiscard]] double stddev_derivative() const { return std::sqrt(variance_derivative()); }
  /// Mean f'(z) as a share of the peak slope; NaN where the activation does not state its peak.
  [[nodiscard]] double slope_share() const {
    return peak_slope > 0.0 ? mean_derivative() / peak_slope : std::numeric_limits<double>::quiet_NaN();
  }
  /// 1 - mean f'(z) / peak slope: 0 where every unit is at its steepest, 1 where nothing can learn.
  [[nodiscard]] double slope_saturation() const { return 1.0 - slope_share(); }
  [[nodiscard]] double mean_z() const { return z.mean_or_nan(); }
  /// Mean of z^2 over finite z.
  [[nodiscard]] double mean_squared_z() const { return mean_square(z); }
  /// Population variance (divides by n) of finite z.
  [[nodiscard]] double variance_z() const { return z.variance(); }
  [[nodiscard]] double stddev_z() const { return std::sqrt(variance_z()); }
  [[nodiscard]] double min_z() const { return z.count == 0 ? std::numeric_limits<double>::quiet_NaN() : lowest_z; }
  [[nodiscard]] double max_z() const { return z.count == 0 ? std::numeric_limits<double>::quiet_NaN() : highest_z; }
  /// Mean of f(z) over finite z.
  [[nodiscard]] double mean_output() const { return output.mean_or_nan(); }
  /// Mean of f(z)^2 over finite z: what the next layer's variance of z is made of.
  [[nodiscard]] double mean_squared_output() const { return mean_square(output); }
  /// Population variance of f(z) for finite z; NaN where an f(z) is infinite.
  [[nodiscard]] double variance_output() const { return output.variance(); }
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
    z += o.z;
    output += o.output;
    lowest_z = o.lowest_z < lowest_z ? o.lowest_z : lowest_z;
    highest_z = o.highest_z > highest_z ? o.highest_z : highest_z;
    return *this;
  }
  /// Throws what += would throw.
  SATUR_COMPILED_MEMBER void require_mergeable(saturation const& o) const
#if SATUR_COMPILED
      ;
#else
  {
    if (!empty() && !o.empty() && (!(rule == o.rule) || activation != o.activation || peak_slope != o.peak_slope)) {
      detail::raise(std::invalid_argument(detail::message("satur::saturation: cannot merge a record of ", title(),
                                                          " with one of ", o.title(),
                                                          "; merge records of one activation and one rule")));
    }
  }
#endif
  [[nodiscard]] friend saturation operator+(saturation a, saturation const& b) { return a += b; }
  bool operator==(saturation const&) const = default;

  /// "sigmoid (|z| > 5)"
  [[nodiscard]] std::string title() const { return detail::message(activation, " (", to_text(rule), ')'); }

private:
  [[nodiscard]] static double mean_square(moments const& m) {
    double const square = m.mean * m.mean;
    return m.count == 0                ? std::numeric_limits<double>::quiet_NaN()
           : detail::is_finite(square) ? m.variance() + square
                                       : square; // infinite, whatever the variance; or NaN
  }
  [[nodiscard]] double share(std::uint64_t part) const {
    return count == 0 ? std::numeric_limits<double>::quiet_NaN()
                      : static_cast<double>(part) / static_cast<double>(count);
  }
};

/// The record in a few lines, each number with what it means.
SATUR_COMPILED_FUNCTION std::ostream& operator<<(std::ostream& out, saturation const& s)
#if SATUR_COMPILED
    ;
#else
{
  std::string const name = s.activation.empty() ? "nothing observed" : std::string(s.activation);
  out << name << ": " << detail::count_text(s.count, "pre-activation") << " z, saturated where " << to_text(s.rule)
      << '\n'
      << "  saturated    " << text::percent(s.fraction()) << " %  (low " << text::percent(s.low_fraction())
      << " %, high " << text::percent(s.high_fraction()) << " %)\n"
      << "  mean slope   " << text::significant(s.mean_derivative(), 4);
  if (s.peak_slope > 0.0) {
    out << "  (" << text::percent(s.slope_share()) << " % of the peak " << text::significant(s.peak_slope, 4) << ')';
  }
  out << '\n'
      << "  z            mean " << text::significant(s.mean_z(), 4) << ", std " << text::significant(s.stddev_z(), 4)
      << ", from " << text::significant(s.min_z(), 4) << " to " << text::significant(s.max_z(), 4) << '\n'
      << "  output       mean " << text::significant(s.mean_output(), 4) << ", std "
      << text::significant(s.stddev_output(), 4) << '\n';
  if (s.nonfinite()) {
    out << "  NOT FINITE   " << s.nan << " NaN (in no other number), " << s.infinite << " infinite\n";
  }
  return out;
}
#endif

}} // namespace satur::SATUR_ABI
