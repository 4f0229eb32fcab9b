/// \file reading/format/format_loss_of.hpp  What numbers would lose in any format and at any scale, from their
/// histogram alone: format_loss_of.
#pragma once

#include "satur/format/limits.hpp"
#include "satur/reading/format/expected_noise.hpp"
#include "satur/reading/format/magnitudes.hpp"
#include "satur/record/format_loss.hpp"
#include "satur/record/histogram.hpp"
#include "satur/text/number.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <ostream>
#include <string>
#include <vector>

namespace satur { inline namespace SATUR_ABI {

/// A share and where it certainly is: low <= true <= high. `value` is the best estimate in between. NaN if nothing was
/// seen.
struct share_estimate {
  double value = std::numeric_limits<double>::quiet_NaN();
  double low = std::numeric_limits<double>::quiet_NaN();
  double high = std::numeric_limits<double>::quiet_NaN();
  bool operator==(share_estimate const&) const = default;
};

/// The readings of a `format_loss`, estimated. Shares of all that was seen but NaN.
struct format_loss_estimate {
  satur::format format{};
  double scale = 1.0;
  std::uint64_t count = 0;
  share_estimate to_limit{};
  share_estimate before_rounding{};
  share_estimate to_zero{};
  share_estimate subnormal{};
  double zero_fraction = std::numeric_limits<double>::quiet_NaN();      ///< exact
  double headroom_bits = std::numeric_limits<double>::quiet_NaN();      ///< exact
  double signal_to_noise_db = std::numeric_limits<double>::quiet_NaN(); ///< estimate, without bounds
  bool operator==(format_loss_estimate const&) const = default;
};

namespace detail {

/// How many numbers of ranges do something: certainly, probably, possibly.
struct counted_ranges {
  double certain = 0.0;
  double likely = 0.0;
  double possible = 0.0;

  void add(bool all, double share, bool some, std::uint64_t n) {
    double const count = static_cast<double>(n);
    certain += all ? count : 0.0;
    likely += share * count;
    possible += some ? count : 0.0;
  }
  [[nodiscard]] share_estimate of(std::uint64_t count) const {
    double const all = static_cast<double>(count);
    return {likely / all, certain / all, possible / all};
  }
};

/// Those with |x| beyond `high` or `low` (a size), by their sign.
inline void add_beyond(counted_ranges& found, magnitude_range const& r, double high, double low) {
  if (r.sign != 0) {
    double const limit = r.sign > 0 ? high : low;
    found.add(r.first > limit, 1.0 - r.share_up_to(limit), r.last > limit, r.n);
  } else { // half of them on each side
    found.add(r.first > (std::max)(high, low), 1.0 - 0.5 * (r.share_up_to(high) + r.share_up_to(low)),
              r.last > (std::min)(high, low), r.n);
  }
}

/// The largest |x| of the finite numbers; 0 if there is none but 0.
[[nodiscard]] inline double amax_of(histogram const& h) {
  return is_nan(h.highest()) ? 0.0 : (std::max)(std::fabs(h.lowest()), std::fabs(h.highest()));
}

} // namespace detail

/// What `observe_format` would count of the numbers of a histogram, without them. Each share is exact but for the bins
/// that hold a limit: of a logarithmic histogram those are at most four. `value` divides such a bin by an exponential
/// density through its neighbors.
///
/// On the logarithmic scale signs are not known: half of the numbers are taken to be negative. A format without
/// negative numbers is taken to store numbers >= 0, such as outputs of relu.
///
/// Throws std::invalid_argument if the scale is not finite and above 0, or the format's numbers contradict each other.
[[nodiscard]] inline format_loss_estimate format_loss_of(histogram const& h, format const& f, double scale = 1.0) {
  auto const limits = format_limits<double>::of(f, scale);
  format_loss_estimate e{.format = f, .scale = scale, .count = h.total()};
  if (e.count == 0) {
    return e;
  }
  bool const is_positive = f.low_end() == 0.0 && h.kind() == histogram::scale::logarithmic;
  double const last_normal = detail::before(limits.normal);
  detail::counted_ranges to_limit;
  detail::counted_ranges before_rounding;
  detail::counted_ranges to_zero;
  detail::counted_ranges subnormal;
  double noise = 0.0;
  double power = 0.0;
  for (detail::counted_ranges* const c : {&to_limit, &before_rounding}) {
    c->add(true, 1.0, true, h.infinite());
  }
  for (detail::magnitude_range r : detail::magnitudes_of(h)) {
    r.sign = is_positive ? 1 : r.sign;
    detail::add_beyond(to_limit, r, limits.high, -limits.low);
    detail::add_beyond(before_rounding, r, limits.high_before, -limits.low_before);
    double const zero_share = r.share_up_to(limits.zero);
    to_zero.add(r.last <= limits.zero, zero_share, r.first <= limits.zero, r.n);
    subnormal.add(r.first > limits.zero && r.last <= last_normal, r.share_up_to(last_normal) - zero_share,
                  r.last > limits.zero && r.first <= last_normal, r.n);
    auto const error_at = [&](double end) {
      return detail::mean_squared_error(f, end, r.first * scale, r.last * scale) / scale / scale;
    };
    double const n = static_cast<double>(r.n);
    noise += n * (r.sign > 0   ? error_at(f.high_end())
                  : r.sign < 0 ? error_at(-f.low_end())
                               : 0.5 * (error_at(f.high_end()) + error_at(-f.low_end())));
    power += n * (r.first * r.first + r.first * r.last + r.last * r.last) / 3.0;
  }
  e.to_limit = to_limit.of(e.count);
  e.before_rounding = before_rounding.of(e.count);
  e.to_zero = to_zero.of(e.count);
  e.subnormal = subnormal.of(e.count);
  e.zero_fraction = static_cast<double>(h.zeros()) / static_cast<double>(e.count);
  double const amax = detail::amax_of(h);
  e.headroom_bits = amax > 0.0                ? std::log2(f.high_end()) - (std::log2(amax) + std::log2(scale))
                    : e.count == h.infinite() ? e.headroom_bits
                                              : std::numeric_limits<double>::infinity();
  e.signal_to_noise_db = power == 0.0   ? e.signal_to_noise_db
                         : noise == 0.0 ? std::numeric_limits<double>::infinity()
                                        : 10.0 * (std::log10(power) - std::log10(noise));
  return e;
}

/// "fp8_e4m3 at scale 1, estimated: 2.0 % (1.1 to 2.6) rounded to the limit (|x| > 464), …, of 100000; …", in one line.
inline std::ostream& operator<<(std::ostream& out, format_loss_estimate const& e) {
  auto const share = [](share_estimate const& s) {
    std::string const middle = text::percent(s.value) + " %";
    return s.low == s.high ? middle : middle + " (" + text::percent(s.low) + " to " + text::percent(s.high) + ')';
  };
  format_edge const low{-e.format.low_end(), false};
  format_edge const high{e.format.high_end(), false};
  format_loss const named{.format = e.format, .scale = e.scale};
  return out << named.title() << ", estimated: " << share(e.to_limit) << " rounded to the limit ("
             << detail::beyond_text(e.scale, lower_edge(e.format), upper_edge(e.format)) << "), "
             << share(e.before_rounding) << " before rounding (" << detail::beyond_text(e.scale, low, high) << "), "
             << share(e.to_zero) << " to zero, " << share(e.subnormal) << " subnormal, "
             << text::percent(e.zero_fraction) << " % exactly zero, of " << text::number(e.count) << "; headroom "
             << text::decimals(e.headroom_bits, 1) << " bits, signal to noise "
             << text::decimals(e.signal_to_noise_db, 1) << " dB";
}

}} // namespace satur::SATUR_ABI
