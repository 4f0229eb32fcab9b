/// \file rule/rule.hpp  When a unit counts as saturated.
#pragma once

#include "satur/activation/peak_slope.hpp"
#include "satur/error.hpp"
#include "satur/text/label.hpp"

#include <cmath>
#include <iosfwd>
#include <limits>
#include <string>
#include <string_view>

namespace satur::inline SATUR_ABI {

namespace detail {

/// The largest E that is <= x, so that `z > x` means the same for a float z and a double x (0.1 is no float).
template <class E> [[nodiscard]] constexpr E round_down(double x) {
  E const e = static_cast<E>(x);
  return static_cast<double>(e) > x ? std::nextafter(e, -std::numeric_limits<E>::infinity()) : e;
}
/// The smallest E that is >= x, for `z < x`.
template <class E> [[nodiscard]] constexpr E round_up(double x) {
  E const e = static_cast<E>(x);
  return static_cast<double>(e) < x ? std::nextafter(e, std::numeric_limits<E>::infinity()) : e;
}
/// The largest E that is < x, so that `z > ` it means z >= x.
template <class E> [[nodiscard]] constexpr E just_below(double x) {
  E const e = static_cast<E>(x);
  return static_cast<double>(e) < x ? e : std::nextafter(e, -std::numeric_limits<E>::infinity());
}

/// A rule at work on lanes L: it sees z, f(z), f'(z) and answers per side. Bound to a number type first, then spread
/// over lanes of it with `over<L>()`.
template <class L> struct bound_z_beyond {
  L threshold;
  template <class W> SATUR_INLINE bound_z_beyond<W> over() const { return {W(threshold)}; }
  SATUR_INLINE auto low(L const& z, L const&, L const&) const { return z < -threshold; }
  SATUR_INLINE auto high(L const& z, L const&, L const&) const { return z > threshold; }
};
template <class L> struct bound_z_outside {
  L low_limit;
  L high_limit;
  template <class W> SATUR_INLINE bound_z_outside<W> over() const { return {W(low_limit), W(high_limit)}; }
  SATUR_INLINE auto low(L const& z, L const&, L const&) const { return z < low_limit; }
  SATUR_INLINE auto high(L const& z, L const&, L const&) const { return z > high_limit; }
};
template <class L> struct bound_slope_below {
  L limit;
  template <class W> SATUR_INLINE bound_slope_below<W> over() const { return {W(limit)}; }
  SATUR_INLINE auto low(L const& z, L const&, L const& slope) const { return flat(slope) && z <= L(0); }
  SATUR_INLINE auto high(L const& z, L const&, L const& slope) const { return flat(slope) && z > L(0); }
  SATUR_INLINE auto flat(L const& slope) const { return slope < limit && slope > -limit; }
};
template <class L> struct bound_output_beyond {
  L low_limit;
  L high_limit;
  template <class W> SATUR_INLINE bound_output_beyond<W> over() const { return {W(low_limit), W(high_limit)}; }
  SATUR_INLINE auto low(L const&, L const& y, L const&) const { return y < low_limit; }
  SATUR_INLINE auto high(L const&, L const& y, L const&) const { return y > high_limit; }
};

} // namespace detail

/// How a saturated share was counted: the rule's name and numbers, printed with every number that depends on it.
struct rule_definition {
  label name;
  double first = 0.0;
  double second = 0.0;
  bool operator==(rule_definition const&) const = default;
};

/// Saturated where |z| > threshold, strictly: z = ±threshold is not. low: z < -threshold, high: z > threshold. The
/// comparison is exact for float z too: a threshold that is no float is not rounded to one.
/// The classic rule is z_beyond{5.0}: it leaves a sigmoid 2.66 % of its peak slope but a tanh 0.018 %.
/// Throws std::invalid_argument where threshold is NaN, negative or infinite.
struct z_beyond {
  double threshold = 5.0;

  [[nodiscard]] rule_definition definition() const { return {"z_beyond", threshold, 0.0}; }
  void require_valid() const {
    if (!(threshold >= 0.0 && threshold <= std::numeric_limits<double>::max())) {
      detail::bad_parameter("z_beyond", "threshold", threshold, "a finite number >= 0, such as 5");
    }
  }
  template <class T, class A> [[nodiscard]] auto bind(A const&) const {
    require_valid();
    return detail::bound_z_beyond<T>{detail::round_down<T>(threshold)};
  }
  bool operator==(z_beyond const&) const = default;
};

/// Saturated where |f'(z)| < ratio * peak slope, strictly: comparable between activations. low: z <= 0, high: z > 0.
/// slope_below{0.02659} marks a sigmoid beyond 5 and a tanh beyond 2.5. An activation that does not state its peak
/// slope has it searched for in every call (`peak_slope_of`). Throws std::invalid_argument where ratio is not in (0,
/// 1].
struct slope_below {
  double ratio = 0.02659222668316062; // sigmoid'(5)/sigmoid'(0)

  [[nodiscard]] rule_definition definition() const { return {"slope_below", ratio, 0.0}; }
  template <class T, class A> [[nodiscard]] auto bind(A const& act) const {
    if (!(ratio > 0.0 && ratio <= 1.0)) {
      detail::bad_parameter("slope_below", "ratio", ratio, "a share of the peak slope in (0, 1], such as 0.0266");
    }
    return detail::bound_slope_below<T>{detail::round_up<T>(ratio * peak_slope_of(act))};
  }
  bool operator==(slope_below const&) const = default;
};

/// Saturated where f(z) < low or f(z) > high, strictly: the rule for gates, output_beyond{0.1, 0.9}.
/// Throws std::invalid_argument where a limit is NaN or low > high.
struct output_beyond {
  double low = 0.1;
  double high = 0.9;

  [[nodiscard]] rule_definition definition() const { return {"output_beyond", low, high}; }
  template <class T, class A> [[nodiscard]] auto bind(A const&) const {
    if (!(low <= high)) {
      detail::bad_parameter("output_beyond", "(low, high)", detail::message("(", low, ", ", high, ")"), "low <= high");
    }
    return detail::bound_output_beyond<T>{detail::round_up<T>(low), detail::round_down<T>(high)};
  }
  bool operator==(output_beyond const&) const = default;
};

/// Saturated where |z| >= threshold: z = ±threshold is. low: z <= -threshold, high: z >= threshold. Exact for float z.
/// Throws std::invalid_argument where threshold is not a finite number > 0.
struct z_at_least {
  double threshold = 5.0;

  [[nodiscard]] rule_definition definition() const { return {"z_at_least", threshold, 0.0}; }
  template <class T, class A> [[nodiscard]] auto bind(A const&) const {
    if (!(threshold > 0.0 && threshold <= std::numeric_limits<double>::max())) {
      detail::bad_parameter("z_at_least", "threshold", threshold, "a finite number > 0, such as 5");
    }
    return detail::bound_z_beyond<T>{detail::just_below<T>(threshold)};
  }
  bool operator==(z_at_least const&) const = default;
};

/// Saturated where z < low or z > high, strictly: for limits that are not symmetric. Exact for float z. A limit may be
/// infinite: that side never saturates. Throws std::invalid_argument where a limit is NaN or low > high.
struct z_outside {
  double low = -5.0;
  double high = 5.0;

  [[nodiscard]] rule_definition definition() const { return {"z_outside", low, high}; }
  template <class T, class A> [[nodiscard]] auto bind(A const&) const {
    if (!(low <= high)) {
      detail::bad_parameter("z_outside", "(low, high)", detail::message("(", low, ", ", high, ")"), "low <= high");
    }
    return detail::bound_z_outside<T>{detail::round_up<T>(low), detail::round_down<T>(high)};
  }
  bool operator==(z_outside const&) const = default;
};

/// Saturated where the output, scaled so that its asymptotes are -1 and 1, is beyond ±share, strictly.
/// Throws std::invalid_argument where share is not in (0, 1), and for an activation without two finite asymptotes
/// lower() and upper().
struct scaled_output_beyond {
  double share = 0.97;

  [[nodiscard]] rule_definition definition() const { return {"scaled_output_beyond", share, 0.0}; }
  template <class T, class A> [[nodiscard]] auto bind(A const& act) const {
    if (!(share > 0.0 && share < 1.0)) {
      detail::bad_parameter("scaled_output_beyond", "share", share, "a share of the way to an asymptote in (0, 1)");
    }
    if constexpr (has_limits<A>) {
      double const lower = act.lower();
      double const upper = act.upper();
      if (detail::is_finite(lower) && detail::is_finite(upper)) {
        double const centre = 0.5 * (lower + upper);
        double const reach = share * (0.5 * (upper - lower));
        return detail::bound_output_beyond<T>{detail::round_up<T>(centre - reach),
                                              detail::round_down<T>(centre + reach)};
      }
    }
    detail::bad_parameter("scaled_output_beyond", "activation", name_of(act),
                          "activations with two finite asymptotes, such as sigmoid or tanh");
    return detail::bound_output_beyond<T>{};
  }
  bool operator==(scaled_output_beyond const&) const = default;
};

/// The limits of SageMaker Debugger's rule SaturatedActivation, strictly: z outside [-9.4999, 9.4999] for the
/// activation named "tanh", outside [-23, 16.99999] for the one named "sigmoid".
/// Throws std::invalid_argument for any other activation: the source has no limits for it.
struct sagemaker_limits {
  [[nodiscard]] rule_definition definition() const { return {"sagemaker_limits", 0.0, 0.0}; }
  template <class A> [[nodiscard]] static z_outside limits_for(A const& act) {
    if (name_of(act) == "tanh") {
      return {-9.4999, 9.4999};
    }
    if (name_of(act) == "sigmoid") {
      return {-23.0, 16.99999};
    }
    detail::bad_parameter("sagemaker_limits", "activation", name_of(act),
                          "sigmoid and tanh; for another take z_outside or slope_below");
  }
  template <class T, class A> [[nodiscard]] auto bind(A const& act) const {
    return limits_for(act).template bind<T>(act);
  }
  bool operator==(sagemaker_limits const&) const = default;
};

/// A rule names itself and binds to a number type: `bind<T>(act)` gives an object whose `over<L>()`, L being T or lanes
/// of it, answers `low(z, y, slope)` and `high(z, y, slope)`.
template <class R>
concept saturation_rule = requires(R const& rule) {
  { rule.definition() } -> std::same_as<rule_definition>;
};

/// The rule in words: "|z| > 5", "slope < 2.66 % of its peak", "output < 0.1 or > 0.9", "|z| >= 5", "z < -9 or > 8".
[[nodiscard]] inline std::string describe(rule_definition const& rule) {
  using detail::message;
  using detail::number_text;
  auto const percent = [](double share) {
    double const rounded = std::round(share * 1e4) / 1e2; // two decimals read well, more do not
    return number_text(rounded > 0 ? rounded : share * 100.0);
  };
  if (rule.name == "z_beyond") {
    return message("|z| > ", number_text(rule.first));
  }
  if (rule.name == "z_at_least") {
    return message("|z| >= ", number_text(rule.first));
  }
  if (rule.name == "z_outside") {
    return message("z < ", number_text(rule.first), " or > ", number_text(rule.second));
  }
  if (rule.name == "scaled_output_beyond") {
    return message("output beyond ", percent(rule.first), " % of the way to an asymptote");
  }
  if (rule.name == "sagemaker_limits") {
    return "z beyond ±9.4999 (tanh), -23 and 16.99999 (sigmoid)";
  }
  if (rule.name == "slope_below") {
    return message("slope < ", percent(rule.first), " % of its peak");
  }
  if (rule.name == "output_beyond") {
    return message("output < ", number_text(rule.first), " or > ", number_text(rule.second));
  }
  if (rule.name.empty()) {
    return "no rule yet";
  }
  return message(rule.name, '(', number_text(rule.first), ", ", number_text(rule.second), ')');
}

} // namespace satur::inline SATUR_ABI
