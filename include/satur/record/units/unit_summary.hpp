/// \file record/units/unit_summary.hpp  What a record holds of one unit, ready to read.
#pragma once

#include "satur/config.hpp"
#include "satur/text/number.hpp"

#include <cmath>
#include <cstddef>
#include <limits>
#include <ostream>
#include <string_view>

namespace satur { inline namespace SATUR_ABI {

namespace detail {
/// The activation that a record of units names if it has seen dL/dz in the place of z.
inline constexpr std::string_view gradient_record_name = "dL/dz";
} // namespace detail

/// One unit over the samples of a window. Counts are whole numbers, exact up to 2^53, except in a window with decay
/// (`decayed_units`), where each sample counts with its weight. What nothing was seen for reads NaN, never 0.
struct unit_summary {
  std::size_t unit = 0;
  double samples = 0.0;     ///< samples in which z was not NaN
  double low = 0.0;         ///< of them, saturated on the low side
  double high = 0.0;        ///< saturated on the high side
  double active = 0.0;      ///< output other than the flat side's, see `unit_records`
  double nan = 0.0;         ///< samples in which z was NaN
  double infinite = 0.0;    ///< samples in which z was +inf or -inf (part of samples)
  double silent = 0.0;      ///< samples since the last active one, start_window or not; all of them where never active
  bool ever_active = false; ///< an active sample was seen, in this window or in one before it
  double gradients = 0.0;   ///< finite numbers of dL/dz
  double bad_gradients = 0.0; ///< NaN and infinite ones

  double mean_slope = 0.0;           ///< of f'(z), 0 where no samples; see mean_derivative()
  double z_mean = 0.0;               ///< of finite z
  double z_variance = 0.0;           ///< population variance of finite z
  double output = 0.0;               ///< mean f(z) over finite z
  double magnitude = 0.0;            ///< mean |f(z)| over finite z
  double gradient_mean_square = 0.0; ///< 0 only where every gradient was exactly 0
  double peak_slope = 0.0;           ///< the activation's; 0 where it does not state it

  [[nodiscard]] double fraction() const { return share(low + high); }
  [[nodiscard]] double low_fraction() const { return share(low); }
  [[nodiscard]] double high_fraction() const { return share(high); }
  [[nodiscard]] double active_fraction() const { return share(active); }
  [[nodiscard]] double mean_derivative() const { return samples > 0.0 ? mean_slope : none(); }
  /// Mean f'(z) as a share of the peak slope.
  [[nodiscard]] double slope_share() const { return peak_slope > 0.0 ? mean_derivative() / peak_slope : none(); }
  [[nodiscard]] double mean_z() const { return of_finite(z_mean); }
  [[nodiscard]] double variance_z() const { return of_finite(z_variance); }
  [[nodiscard]] double stddev_z() const { return std::sqrt(variance_z()); }
  [[nodiscard]] double mean_output() const { return of_finite(output); }
  [[nodiscard]] double mean_magnitude() const { return of_finite(magnitude); }
  [[nodiscard]] double gradient_rms() const { return gradients > 0.0 ? std::sqrt(gradient_mean_square) : none(); }
  [[nodiscard]] double gradient_sum_of_squares() const { return gradient_mean_square * gradients; }
  /// Every gradient of the window was exactly 0, and there was one.
  [[nodiscard]] bool gradient_is_zero() const {
    return gradients > 0.0 && bad_gradients == 0.0 && gradient_mean_square == 0.0;
  }
  [[nodiscard]] double silent_samples() const { return silent; }
  bool operator==(unit_summary const&) const = default;

private:
  [[nodiscard]] static double none() { return std::numeric_limits<double>::quiet_NaN(); }
  [[nodiscard]] double share(double part) const { return samples > 0.0 ? part / samples : none(); }
  [[nodiscard]] double of_finite(double mean) const { return samples > infinite ? mean : none(); }
};

/// "unit 3: 1024 samples, 5.0 % saturated (low 5.0 %, high 0 %), 40.0 % active, mean slope 0.12, z mean 1.5, std 0.7,
/// rms dL/dz 0.01"
inline std::ostream& operator<<(std::ostream& out, unit_summary const& u) {
  return out << "unit " << text::number(u.unit) << ": " << detail::count_text(text::significant(u.samples, 6), "sample")
             << ", " << text::percent(u.fraction()) << " % saturated (low " << text::percent(u.low_fraction())
             << " %, high " << text::percent(u.high_fraction()) << " %), " << text::percent(u.active_fraction())
             << " % active, mean slope " << text::significant(u.mean_derivative(), 4) << ", z mean "
             << text::significant(u.mean_z(), 4) << ", std " << text::significant(u.stddev_z(), 4) << ", rms dL/dz "
             << text::significant(u.gradient_rms(), 4);
}

}} // namespace satur::SATUR_ABI
