/// \file finding/evidence/format_case.hpp  One layer's numbers that leave their format: why, and the scale that loses
/// least.
#pragma once

#include "satur/finding/evidence/format_forecast.hpp"
#include "satur/finding/layer_case.hpp"

#include <cmath>
#include <limits>
#include <utility>

#if !SATUR_COMPILED
namespace satur::inline SATUR_ABI::detail {

/// In these formats the usual conversion makes infinity of what is too large, so that one number is enough.
[[nodiscard]] inline bool overflows_to_infinity(format const& f) {
  return f.bits == 16 && f.codes == format::coding::ieee;
}

/// One layer's z, outputs, gradients or weights, of which too many may leave their format.
struct format_case {
  layer_case const* layer;
  format_loss const* loss;
  histogram const* sizes; ///< null: not drawn
  finding_limits const& limits;

  format_case(layer_case const& l, format_loss const& seen, histogram const* spread, finding_limits const& with)
      : layer(&l), loss(&seen), sizes(spread != nullptr && spread->total() > spread->zeros() ? spread : nullptr),
        limits(with) {}

  [[nodiscard]] format const& as() const { return loss->format; }
  /// The same format at the same scale.
  [[nodiscard]] bool is_like(format_case const& o) const { return as() == o.as() && loss->scale == o.loss->scale; }
  /// Share that may be rounded beyond the largest number.
  [[nodiscard]] double limit() const { return overflows_to_infinity(as()) ? 0.0 : limits.format_to_limit; }
  [[nodiscard]] bool too_large() const { return is_above(loss->to_limit_fraction(), limit()); }
  [[nodiscard]] bool too_small() const { return is_above(loss->to_zero_of_nonzero(), limits.format_to_zero); }
  /// Numbers below 0 in a format without them: no scale mends that.
  [[nodiscard]] bool negative() const { return as().low_end() == 0.0 && 2 * loss->to_low_limit > loss->to_limit; }

  [[nodiscard]] format_forecast now() const {
    return {loss->scale, loss->to_limit_fraction(), loss->to_zero_of_nonzero()};
  }
  [[nodiscard]] format_forecast at(double scale) const {
    return sizes != nullptr ? forecast_of(format_loss_of(*sizes, as(), scale))
                            : known_sizes(*loss).forecast(*loss, scale);
  }
  /// How far the shares are above their limits, as a factor; at most 1: there is no finding.
  [[nodiscard]] double excess(format_forecast const& f) const {
    double const large = limit() > 0.0 ? f.to_limit / limit() : f.to_limit * static_cast<double>(loss->count) * 2.0;
    double const too_fine = f.to_zero / (limits.format_to_zero > 0.0 ? limits.format_to_zero : 1e-9);
    return large > too_fine ? large : too_fine;
  }

  /// The scale at which the largest number fits; one bit of room where one number that does not fit is too many. NaN if
  /// there is none.
  [[nodiscard]] double scale_by_largest() const {
    scale_options const options{.margin_bits = limit() > 0.0 ? 0.0 : 1.0, .power_of_two = limits.format_power_of_two};
    if (sizes != nullptr && !(loss->amax > sizes->highest())) {
      return best_scale(*sizes, as(), options).scale;
    }
    if (!(loss->amax > 0.0)) {
      return std::numeric_limits<double>::quiet_NaN();
    }
    double const scale = scale_onto(reach_of(as()), loss->amax, options.margin_bits);
    return options.power_of_two ? power_of_two_up_to(scale) : scale;
  }
  /// The scale at which no more than the limit are too large; NaN if none may be, or their sizes were not drawn.
  [[nodiscard]] double scale_by_share() const {
    return limit() == 0.0 || sizes == nullptr ? std::numeric_limits<double>::quiet_NaN()
                                              : best_scale(*sizes, as(),
                                                           {.by = scale_choice::percentile,
                                                            .percentile = 1.0 - limit(),
                                                            .power_of_two = limits.format_power_of_two})
                                                    .scale;
  }
  /// Octaves from the smallest subnormal number to the largest number.
  [[nodiscard]] double format_bits() const { return std::log2(reach_of(as()) / as().smallest_subnormal); }
};

/// Why, and the scale that loses least: by the largest number, or beside a few outliers.
[[nodiscard]] inline std::pair<satur::cause, double> cause_and_scale(format_case const& c) {
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  if (c.negative()) {
    return {cause::format_range, none};
  }
  double const largest = c.scale_by_largest();
  double const share = c.scale_by_share();
  if (!is_nan(largest) && c.excess(c.at(largest)) <= 1.0) {
    return {cause::format_scale, largest};
  }
  if (!is_nan(share) && c.excess(c.at(share)) <= 1.0) {
    return {cause::format_outliers, share};
  }
  bool const by_share = !is_nan(share) && c.excess(c.at(share)) < c.excess(c.at(largest));
  double const best = by_share ? share : largest;
  bool const helps = !is_nan(best) && c.excess(c.now()) > c.limits.cure_reduction * c.excess(c.at(best));
  return {cause::format_range, helps ? best : none};
}

} // namespace satur::inline SATUR_ABI::detail
#endif
