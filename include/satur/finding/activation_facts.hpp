/// \file finding/activation_facts.hpp  The activation of a recorded layer, and what is expected of it.
#pragma once

#include "satur/activation/named.hpp"
#include "satur/finding/expectation.hpp"
#include "satur/record/saturation.hpp"
#include "satur/rule/any_rule.hpp"
#include "satur/theory/moments.hpp"

#include <cmath>
#include <optional>
#include <span>

#if !SATUR_COMPILED
namespace satur::inline SATUR_ABI::detail {

/// The activation of a record: one of those given, or of the library by name, with default parameters.
struct activation_facts {
  bool can_saturate = true;
  bool flat_left = false;
  bool flat_right = false;
  bool centered_outputs = true;
  bool exact_zero_slopes = false;           ///< the slope is exactly 0 on a side, and near its peak everywhere else
  std::optional<state_predictor> predictor; ///< empty if the activation or the rule is unknown
  std::optional<any_activation> act;        ///< empty if unknown
  double usual_gain = 1.0; ///< fan-in times the mean square of a weight, by the usual rule of this activation

  activation_facts(saturation const& s, std::optional<any_rule> const& given_rule,
                   std::span<any_activation const> given) {
    if (s.count + s.nan == 0) {
      return;
    }
    for (any_activation const& a : given) {
      if (s.activation == a.name) {
        act = a;
      }
    }
    if (!act) {
      act = activation_named(s.activation);
    }
    if (act) {
      can_saturate = act->can_saturate();
      flat_left = act->flat_left;
      flat_right = act->flat_right;
      centered_outputs = !(act->lower() >= 0.0);
      exact_zero_slopes = has_exact_zero_slopes(*act);
      usual_gain = usual_gain_of(*act);
      any_rule const rule = given_rule && given_rule->definition() == s.rule ? *given_rule : any_rule::of(s.rule);
      if (can_saturate && rule.can_count()) {
        predictor.emplace(*act, rule);
      }
    }
  }

  /// Expected readings for z ~ N(mean, variance); empty if the activation is unknown or a number is not finite.
  [[nodiscard]] std::optional<layer_state> expected(double mean, double variance) const {
    if (!predictor || !is_finite(mean) || !is_finite(variance)) {
      return {};
    }
    return (*predictor)(mean, variance);
  }
  /// Moments of f(z) for z ~ N(mean, variance); NaN if the activation is unknown or a number is not finite.
  [[nodiscard]] theory::gaussian_moments outputs(double mean, double variance) const {
    if (act && is_finite(mean) && is_finite(variance)) {
      return theory::moments(*act, mean, variance);
    }
    constexpr double none = std::numeric_limits<double>::quiet_NaN();
    return {.mean_output = none, .variance_output = none};
  }

private:
  /// relu and its kin, the hard sigmoids and tanhs: a slope of exactly 0 on a side, the peak slope elsewhere.
  static bool has_exact_zero_slopes(any_activation const& a) {
    bool zero = false;
    for (double const z : {-1000.0, -4.3, -2.1, -0.9, -0.2, 0.2, 0.9, 2.1, 4.3, 1000.0}) {
      double const slope = a.derivative(z);
      if (slope != 0.0 && std::fabs(slope - a.peak_slope()) > 1e-6 * a.peak_slope()) {
        return false;
      }
      zero = zero || slope == 0.0;
    }
    return zero;
  }
  /// 2 where half of the slope is lost (relu: He), 1 for two flat sides (Glorot, LeCun), between them what keeps the
  /// square of the gradient of z ~ N(0, 1).
  static double usual_gain_of(any_activation const& a) {
    if (a.flat_left && a.flat_right) {
      return 1.0;
    }
    double const square = theory::moments(a, 0.0, 1.0).mean_squared_derivative;
    double const keeps = 1.0 / square;
    return keeps > 2.0 ? 2.0 : keeps > 1.0 ? keeps : 1.0;
  }
};

} // namespace satur::inline SATUR_ABI::detail
#endif
