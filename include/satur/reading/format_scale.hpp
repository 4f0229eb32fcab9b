/// \file reading/format_scale.hpp  The scale that fits numbers into a format, from their histogram: best_scale.
///
///     auto const best = best_scale(h, formats::fp8_e4m3, {.margin_bits = 1.0, .power_of_two = true});
///     std::cout << best.scale << ": " << best.loss;
#pragma once

#include "satur/error.hpp"
#include "satur/math/least_count.hpp"
#include "satur/reading/format/format_loss_of.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace satur { inline namespace SATUR_ABI {

/// What a scale is chosen by.
enum class scale_choice {
  amax,       ///< the largest number becomes the format's largest: nothing is lost above
  percentile, ///< at least the share `percentile` of the numbers stays within the format
  noise       ///< the least estimated sum of (x - Q(x))^2, too large numbers among them
};
struct scale_options {
  scale_choice by = scale_choice::amax;
  double percentile = 0.999; ///< of |x|, in (0, 1]; infinity counts, NaN does not
  double margin_bits = 0.0;  ///< octaves left free above, as TransformerEngine's `margin`; not by noise
  bool power_of_two = false; ///< the largest power of 2 up to the scale; by noise the best power of 2
};
struct best_scale_result {
  double scale = 1.0; ///< 1 if no number says more: all are 0, NaN or infinite
  format_loss_estimate loss{};
};

namespace detail {

/// The largest power of 2 up to x > 0.
[[nodiscard]] inline double power_of_two_up_to(double x) {
  int exponent = 0;
  std::frexp(x, &exponent);
  return std::ldexp(1.0, exponent - 1);
}
/// The largest scale up to end / size * 2^-margin with size * scale <= end, also rounded; within the normal numbers.
[[nodiscard]] inline double scale_onto(double end, double size, double margin) {
  constexpr double least = (std::numeric_limits<double>::min)();
  constexpr double most = (std::numeric_limits<double>::max)();
  double scale = std::clamp(end / size * std::exp2(-margin), least, most);
  while (size * scale > end && scale > least) {
    scale = std::nextafter(scale, 0.0);
  }
  return scale;
}
/// The scale that brings a range into the format on every side on which it may lie; infinite if the format lacks that
/// side.
[[nodiscard]] inline double scale_for(format const& f, magnitude_range const& r, double margin) {
  double scale = std::numeric_limits<double>::infinity();
  auto const fit = [&](double end) { scale = end > 0.0 ? (std::min)(scale, scale_onto(end, r.last, margin)) : scale; };
  if (r.sign >= 0) {
    fit(f.high_end());
  }
  if (r.sign <= 0) {
    fit(-f.low_end());
  }
  return scale;
}

} // namespace detail

/// The scale by which x * scale fits into the format, and what would be lost with it. A number has to fit on its side:
/// of a logarithmic histogram, which knows no signs, on both (a format without negative numbers is taken to store
/// numbers >= 0). Numbers on a side that the format lacks are lost at any scale, and choose none.
///
/// - amax: largest / amax * 2^-margin_bits, as TransformerEngine scales;
/// - percentile: the same with the upper end of the bin in which that percentile of |x| lies in place of amax;
/// - noise: of the scales from amax up to 2^12 times that, eight to an octave, the one with the highest estimated ratio
///   of signal to noise, of equal ones the smallest.
///
/// Throws std::invalid_argument if percentile is not in (0, 1], margin_bits is not finite, or the format's numbers
/// contradict each other.
[[nodiscard]] inline best_scale_result best_scale(histogram const& h, format const& f,
                                                  scale_options const& options = {}) {
  detail::require_format("best_scale", f);
  if (!(options.percentile > 0.0 && options.percentile <= 1.0)) {
    detail::bad_parameter("best_scale", "percentile", options.percentile, "a share in (0, 1], such as 0.999");
  }
  if (!detail::is_finite(options.margin_bits) || std::fabs(options.margin_bits) > 1000.0) {
    detail::bad_parameter("best_scale", "margin_bits", options.margin_bits, "-1000 to 1000 octaves");
  }
  std::uint64_t allowed = 0; // finite numbers that may be beyond
  if (options.by == scale_choice::percentile) {
    std::uint64_t const outside = h.total() - math::least_count(options.percentile, h.total());
    allowed = outside - (std::min)(outside, h.infinite());
  }
  bool const by_noise = options.by == scale_choice::noise;
  double const margin = by_noise ? 0.0 : options.margin_bits;
  bool const is_positive = f.low_end() == 0.0 && h.kind() == histogram::scale::logarithmic;
  std::vector<std::pair<double, std::uint64_t>> fitting; // scale, and how many numbers need it
  for (detail::magnitude_range r : detail::magnitudes_of(h)) {
    r.sign = is_positive ? 1 : r.sign;
    double const fits = detail::scale_for(f, r, margin);
    if (detail::is_finite(fits)) {
      fitting.emplace_back(fits, r.n);
    }
  }
  std::sort(fitting.begin(), fitting.end());
  double scale = std::numeric_limits<double>::infinity();
  for (auto const& [fits, n] : fitting) {
    scale = fits;
    if (n > allowed) {
      break;
    }
    allowed -= n;
  }
  if (!detail::is_finite(scale)) {
    return {1.0, format_loss_of(h, f, 1.0)};
  }
  scale = options.power_of_two ? detail::power_of_two_up_to(scale) : scale;
  best_scale_result best{scale, format_loss_of(h, f, scale)};
  if (by_noise) {
    double const step = options.power_of_two ? 2.0 : std::exp2(0.125);
    double const last = scale * 0x1p12;
    for (double next = scale * step; next <= last && detail::is_finite(next); next *= step) {
      format_loss_estimate const loss = format_loss_of(h, f, next);
      if (detail::is_above(loss.signal_to_noise_db, best.loss.signal_to_noise_db)) {
        best = {next, loss};
      }
    }
  }
  return best;
}

}} // namespace satur::SATUR_ABI
