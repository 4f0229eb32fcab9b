/// \file record/format_loss.hpp  What of an array leaves a number format: too large, too small, subnormal.
#pragma once

#include "satur/error.hpp"
#include "satur/format/format.hpp"
#include "satur/format/limits.hpp"
#include "satur/statistics/moments.hpp"
#include "satur/text/number.hpp"

#include <cmath>
#include <cstdint>
#include <limits>
#include <ostream>
#include <stdexcept>
#include <string>

namespace satur { inline namespace SATUR_ABI {

/// What of x * scale leaves a number format. A regular, mergeable value; `observe_format` makes it in one pass. All
/// counters and both extremes merge exactly, the sums of the noise to the last bits of a double.
///
/// Published definitions of "too large" differ, so there are two counters. NaN is in `nan` alone; infinity is in
/// `count`, in `infinite`, and beyond its limit by both definitions.
struct format_loss {
  satur::format format{};
  double scale = 1.0;                ///< x * scale is what is stored; the product is rounded to double
  std::uint64_t count = 0;           ///< numbers seen, NaN not among them
  std::uint64_t to_limit = 0;        ///< rounded without a bound they would lie beyond `largest` or `lowest`
  std::uint64_t to_low_limit = 0;    ///< those of `to_limit` that are negative
  std::uint64_t before_rounding = 0; ///< x * scale itself is beyond `largest` or `lowest` (TransformerEngine's way)
  std::uint64_t to_zero = 0;         ///< not zero, and rounded to zero
  std::uint64_t subnormal = 0;       ///< rounded to a number that is not zero and below `smallest_normal`
  std::uint64_t zeros = 0;           ///< exactly 0 or -0
  std::uint64_t nan = 0;
  std::uint64_t infinite = 0;
  double amax = 0.0;             ///< largest |x| of the finite ones, without the scale; 0 if there is none
  double smallest_nonzero = 0.0; ///< smallest |x| that is not 0, without the scale; 0 if there is none
  std::uint64_t noise_count = 0; ///< finite numbers in the two sums; 0 unless the noise was asked for
  compensated_sum noise{};       ///< sum of (x - Q(x))^2, Q(x) the stored number over the scale; too large saturates
  compensated_sum power{};       ///< sum of x^2

  /// Shares of `count`; NaN if nothing was seen.
  [[nodiscard]] double to_limit_fraction() const { return share(to_limit, count); }
  [[nodiscard]] double before_rounding_fraction() const { return share(before_rounding, count); }
  [[nodiscard]] double to_zero_fraction() const { return share(to_zero, count); }
  [[nodiscard]] double subnormal_fraction() const { return share(subnormal, count); }
  [[nodiscard]] double zero_fraction() const { return share(zeros, count); }
  /// Share of the numbers that are not zero which are rounded to zero; NaN if there are none.
  [[nodiscard]] double to_zero_of_nonzero() const { return share(to_zero, count - zeros); }
  /// NaN or infinity was seen.
  [[nodiscard]] bool nonfinite() const { return nan != 0 || infinite != 0; }
  /// Nothing was seen, not even NaN.
  [[nodiscard]] bool empty() const { return count == 0 && nan == 0; }
  /// log2(amax / smallest_nonzero): the octaves that the finite numbers span; NaN if all are 0.
  [[nodiscard]] double dynamic_range_bits() const {
    return amax > 0.0 ? std::log2(amax) - std::log2(smallest_nonzero) : std::numeric_limits<double>::quiet_NaN();
  }
  /// log2(largest / (amax scale)), of integers with largest less the zero point: the octaves by which the scale could
  /// grow; negative if amax is too large. Infinite if all are 0; NaN if no finite number was seen.
  [[nodiscard]] double headroom_bits() const {
    return count == infinite ? std::numeric_limits<double>::quiet_NaN()
           : amax == 0.0     ? std::numeric_limits<double>::infinity()
                             : std::log2(format.high_end()) - (std::log2(amax) + std::log2(scale));
  }
  /// 10 log10(sum of x^2 / sum of (x - Q(x))^2); infinite if nothing was lost; NaN without `noise_count`, or if all
  /// numbers are 0.
  [[nodiscard]] double signal_to_noise_db() const {
    return noise_count == 0 || power.value() == 0.0 ? std::numeric_limits<double>::quiet_NaN()
           : noise.value() == 0.0                   ? std::numeric_limits<double>::infinity()
                                                    : 10.0 * (std::log10(power.value()) - std::log10(noise.value()));
  }

  /// Adds what another record saw. A record that has seen nothing takes the other's format and scale. Throws
  /// std::invalid_argument if the two are of different formats or scales.
  format_loss& operator+=(format_loss const& o) {
    if (o.empty()) {
      return *this;
    }
    if (empty()) {
      return *this = o;
    }
    if (!(format == o.format) || scale != o.scale) {
      detail::raise(std::invalid_argument(detail::message("satur::format_loss: cannot merge a record of ", o.title(),
                                                          " into one of ", title(),
                                                          "; merge records of one format and one scale")));
    }
    count += o.count;
    to_limit += o.to_limit;
    to_low_limit += o.to_low_limit;
    before_rounding += o.before_rounding;
    to_zero += o.to_zero;
    subnormal += o.subnormal;
    zeros += o.zeros;
    nan += o.nan;
    infinite += o.infinite;
    amax = o.amax > amax ? o.amax : amax;
    if (o.smallest_nonzero > 0.0 && (smallest_nonzero == 0.0 || o.smallest_nonzero < smallest_nonzero)) {
      smallest_nonzero = o.smallest_nonzero;
    }
    noise_count += o.noise_count;
    noise += o.noise;
    power += o.power;
    return *this;
  }
  [[nodiscard]] friend format_loss operator+(format_loss a, format_loss const& b) { return a += b; }
  bool operator==(format_loss const&) const = default;

  /// "fp8_e4m3 at scale 1"; of integers with a zero point "uint8 with zero point 128 at scale 16".
  [[nodiscard]] std::string title() const {
    std::string const zero =
        format.zero_point == 0.0 ? "" : detail::message(" with zero point ", text::number(format.zero_point));
    return detail::message(format.name.view(), zero, " at scale ", text::number(scale));
  }

private:
  [[nodiscard]] static double share(std::uint64_t part, std::uint64_t all) {
    return all == 0 ? std::numeric_limits<double>::quiet_NaN() : static_cast<double>(part) / static_cast<double>(all);
  }
};

namespace detail {
/// "|x| > 464"; with a scale "|x scale| >= 65520"; with ends of different size "x scale < -128.5 or >= 127.5".
[[nodiscard]] inline std::string beyond_text(double scale, format_edge const& low, format_edge const& high) {
  std::string const x = scale == 1.0 ? "x" : "x scale";
  char const* const above = high.inclusive ? " >= " : " > ";
  if (low == high) {
    return message('|', x, '|', above, text::number(high.at));
  }
  return message(x, low.inclusive ? " <= " : " < ", text::number(-low.at), " or", above, text::number(high.at));
}
} // namespace detail

/// Two lines, and a third if something is not finite:
///
///     fp8_e4m3 at scale 1: 2.1 % rounded to the limit (|x| > 464), 2.6 % before rounding (|x| > 448), …, of 100000
///       amax 900.6, smallest non-zero 0.003917: 17.8 bits of range, headroom -1.0 bits
inline std::ostream& operator<<(std::ostream& out, format_loss const& f) {
  if (f.empty()) {
    return out << (f.format.name.empty() ? "no format" : f.title()) << ": nothing observed\n";
  }
  format_edge const low{-f.format.low_end(), false};
  format_edge const high{f.format.high_end(), false};
  out << f.title() << ": " << text::percent(f.to_limit_fraction()) << " % rounded to the limit ("
      << detail::beyond_text(f.scale, lower_edge(f.format), upper_edge(f.format)) << "), "
      << text::percent(f.before_rounding_fraction()) << " % before rounding ("
      << detail::beyond_text(f.scale, low, high) << "), " << text::percent(f.to_zero_fraction()) << " % to zero, "
      << text::percent(f.subnormal_fraction()) << " % subnormal, " << text::percent(f.zero_fraction())
      << " % exactly zero, of " << text::number(f.count) << '\n'
      << "  amax " << text::significant(f.amax, 4) << ", smallest non-zero " << text::significant(f.smallest_nonzero, 4)
      << ": " << text::decimals(f.dynamic_range_bits(), 1) << " bits of range, headroom "
      << text::decimals(f.headroom_bits(), 1) << " bits";
  if (f.noise_count != 0) {
    out << ", signal to noise " << text::decimals(f.signal_to_noise_db(), 1) << " dB";
  }
  out << '\n';
  if (f.nonfinite()) {
    out << "  NOT FINITE   " << text::number(f.nan) << " NaN (in no other number), " << text::number(f.infinite)
        << " infinite\n";
  }
  return out;
}

}} // namespace satur::SATUR_ABI
