/// \file activation/any_activation.hpp  An activation chosen at run time, in double; diagnoses use it to predict.
/// `any_activation_for<T>` (observe/any_activation_for.hpp) runs passes too.
#pragma once

#include "satur/activation/concept.hpp"
#include "satur/activation/peak_slope.hpp"

#include <any>
#include <concepts>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace satur { inline namespace SATUR_ABI {

/// Any activation by value, with its facts. It is itself an activation for double.
///
/// Facts that the activation does not state are found once, in the constructor. The peak slope is found by search. A
/// side counts as flat if the slope at ±1000 is below 1e-6 of the peak.
class any_activation {
public:
  std::string name;
  bool flat_left;
  bool flat_right;

  template <activation<double> A>
    requires(!std::derived_from<A, any_activation>)
  any_activation(A const& act) // NOLINT: implicit, so that functions accept any activation
      : name(name_of(act)), act_(act),
        value_([](std::any const& a, double z) { return detail::value_at(*std::any_cast<A>(&a), z); }),
        slope_([](std::any const& a, double z) { return detail::slope_at(*std::any_cast<A>(&a), z); }),
        peak_(satur::peak_slope_of(act)) {
    detail::require_valid_parameters(act);
    if constexpr (requires { act.flat_left&& act.flat_right; }) {
      flat_left = act.flat_left;
      flat_right = act.flat_right;
    } else {
      flat_left = std::fabs(derivative(-1000.0)) < 1e-6 * peak_;
      flat_right = std::fabs(derivative(1000.0)) < 1e-6 * peak_;
    }
    if constexpr (has_peak_slope<A>) {
      stated_peak_ = peak_;
    }
    if constexpr (has_limits<A>) {
      lower_ = act.lower();
      upper_ = act.upper();
    }
    if constexpr (has_kinks<A>) {
      for (double const k : act.kinks()) {
        kinks_.push_back(k);
      }
    }
  }

  [[nodiscard]] double value(double z) const { return value_(act_, z); }
  [[nodiscard]] double derivative(double z) const { return slope_(act_, z); }
  [[nodiscard]] double peak_slope() const { return peak_; }
  /// The peak slope that records hold; 0 if the activation does not state it.
  [[nodiscard]] double stated_peak_slope() const { return stated_peak_; }
  /// Asymptotes; NaN if not stated.
  [[nodiscard]] double lower() const { return lower_; }
  [[nodiscard]] double upper() const { return upper_; }
  [[nodiscard]] std::vector<double> const& kinks() const { return kinks_; }
  /// True if at least one side is flat. An identity has none, so it cannot saturate.
  [[nodiscard]] bool can_saturate() const { return flat_left || flat_right; }

protected:
  [[nodiscard]] std::any const& activation_itself() const { return act_; }

private:
  std::any act_;
  double (*value_)(std::any const& act, double z); // one function a type: std::function would be three
  double (*slope_)(std::any const& act, double z);
  double peak_;
  double stated_peak_ = 0.0;
  double lower_ = std::numeric_limits<double>::quiet_NaN();
  double upper_ = std::numeric_limits<double>::quiet_NaN();
  std::vector<double> kinks_;
};

}} // namespace satur::SATUR_ABI
