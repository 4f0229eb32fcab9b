/// \file rule/scaled_output_beyond.hpp  f(z) beyond a share of the way to an asymptote.
#pragma once

#include "satur/activation/concept.hpp"
#include "satur/rule/concept.hpp"
#include "satur/text/number.hpp"

#include <string>
#include <string_view>

namespace satur { inline namespace SATUR_ABI {

/// Saturated where the output, scaled so that its asymptotes are -1 and 1, is beyond ±share, strictly.
/// Throws std::invalid_argument if share is not in (0, 1), and for an activation without two finite asymptotes lower()
/// and upper().
struct scaled_output_beyond {
  static constexpr std::string_view name = "scaled_output_beyond";
  double share = 0.97;

  [[nodiscard]] rule_definition definition() const { return {detail::label_of<scaled_output_beyond>, share}; }
  template <class A> [[nodiscard]] rule_limits limits(A const& act) const {
    if (detail::is_nan(share) || !(share > 0.0 && share < 1.0)) {
      detail::bad_parameter("scaled_output_beyond", "share", share, "a share of the way to an asymptote in (0, 1)");
    }
    if constexpr (has_limits<A>) {
      double const lower = act.lower();
      double const upper = act.upper();
      if (detail::is_finite(lower) && detail::is_finite(upper)) {
        double const center = 0.5 * (lower + upper);
        double const reach = share * (0.5 * (upper - lower));
        return rule_limits::of_output(center - reach, center + reach);
      }
    }
    detail::bad_parameter("scaled_output_beyond", "activation", name_of(act),
                          "activations with two finite asymptotes, such as sigmoid or tanh");
  }
  /// "output beyond 97 % of the way to an asymptote"
  [[nodiscard]] std::string text() const {
    return detail::message("output beyond ", text::limit_percent(share), " % of the way to an asymptote");
  }
  bool operator==(scaled_output_beyond const&) const = default;
};

}} // namespace satur::SATUR_ABI
