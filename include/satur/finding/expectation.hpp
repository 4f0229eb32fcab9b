/// \file finding/expectation.hpp  Readings of a layer whose z is normal. Cures are predicted with them.
#pragma once

#include "satur/activation/any_activation.hpp"
#include "satur/rule/any_rule.hpp"
#include "satur/rule/equivalents.hpp"
#include "satur/text/number.hpp"
#include "satur/theory/moments.hpp"
#include "satur/theory/normal_law.hpp"

#include <concepts>
#include <limits>
#include <ostream>
#include <utility>

namespace satur { inline namespace SATUR_ABI {

/// Readings of a layer, measured or expected. All are NaN if unknown. low and high count flat sides only: a large
/// z is not saturated in a relu.
struct layer_state {
  double mean_slope = std::numeric_limits<double>::quiet_NaN();
  double slope_share = std::numeric_limits<double>::quiet_NaN(); ///< of the peak slope
  double low = std::numeric_limits<double>::quiet_NaN();
  double high = std::numeric_limits<double>::quiet_NaN();
  [[nodiscard]] double saturated() const { return low + high; }
  /// Prints "95.7 % of the peak slope, 0 % saturated".
  SATUR_COMPILED_MEMBER friend std::ostream& operator<<(std::ostream& out, layer_state const& s)
#if SATUR_COMPILED
      ;
#else
  {
    return out << text::percent(s.slope_share) << " % of the peak slope, " << text::percent(s.saturated())
               << " % saturated";
  }
#endif
  bool operator==(layer_state const&) const = default;
};

namespace detail {
/// The mean of layer states, added one by one. NaN without any.
class mean_state {
public:
  void add(layer_state const& s) {
    sum_.mean_slope += s.mean_slope;
    sum_.slope_share += s.slope_share;
    sum_.low += s.low;
    sum_.high += s.high;
    count_ += 1.0;
  }
  [[nodiscard]] layer_state mean() const {
    return {sum_.mean_slope / count_, sum_.slope_share / count_, sum_.low / count_, sum_.high / count_};
  }

private:
  layer_state sum_{0.0, 0.0, 0.0, 0.0};
  double count_ = 0.0;
};
} // namespace detail

/// Predicts the readings of one activation and one rule for z ~ N(mean, variance).
///
/// Cost: about 10 microseconds a call. Construction takes as long; for a rule that does not limit z itself it takes
/// 30,000 evaluations, because the ends are searched for.
class state_predictor {
public:
  SATUR_COMPILED_MEMBER state_predictor(any_activation act, any_rule const& rule)
#if SATUR_COMPILED
      ;
#else
      : act_(std::move(act)) {
    rule_limits limits = rule.limits(act_);
    if (limits.of != rule_limits::quantity::z) {
      rule_equivalents const ends = equivalents(rule, act_);
      limits = rule_limits::of_z(ends.z_low, ends.z_high);
    }
    z_low_ = act_.flat_left && !detail::is_nan(limits.low) ? limits.low : -std::numeric_limits<double>::infinity();
    z_high_ = act_.flat_right && !detail::is_nan(limits.high) ? limits.high : std::numeric_limits<double>::infinity();
  }
#endif
  /// Readings for z ~ N(mean, variance); with variance 0, every z is the mean. Throws std::invalid_argument if a number
  /// is not finite or the variance is negative.
  [[nodiscard]] SATUR_COMPILED_MEMBER layer_state operator()(double mean, double variance) const
#if SATUR_COMPILED
      ;
#else
  {
    layer_state s;
    s.mean_slope = variance == 0.0 ? act_.derivative(mean) : theory::moments(act_, mean, variance).mean_derivative;
    s.slope_share = s.mean_slope / act_.peak_slope();
    s.low = theory::probability_below(z_low_, mean, variance);
    s.high = theory::probability_above(z_high_, mean, variance);
    return s;
  }
#endif
  [[nodiscard]] any_activation const& activation() const { return act_; }

private:
  any_activation act_;
  double z_low_;
  double z_high_;
};

}} // namespace satur::SATUR_ABI
