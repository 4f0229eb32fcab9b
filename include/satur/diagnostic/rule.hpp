/// \file rule.hpp  When a unit counts as saturated.
#pragma once

#include "satur/activation/concept.hpp"
#include "satur/diagnostic/label.hpp"
#include "satur/error.hpp"

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

/// A rule at work on lanes L: it sees z, f(z), f'(z) and answers per side. Bound to a number type first, then spread
/// over lanes of it with `over<L>()`.
template <class L> struct bound_z_beyond {
  L threshold;
  template <class W> SATUR_INLINE bound_z_beyond<W> over() const { return {W(threshold)}; }
  SATUR_INLINE auto low(L const& z, L const&, L const&) const { return z < -threshold; }
  SATUR_INLINE auto high(L const& z, L const&, L const&) const { return z > threshold; }
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

/// The largest |f'(z)| of an activation: stated, or found by search over [-64, 64] (2^14 points, then a golden section;
/// good to about 1e-8 for a smooth slope). The search costs some 100 microseconds: keep its answer.
template <class A> [[nodiscard]] double peak_slope_of(A const& act) {
  if constexpr (has_peak_slope<A>) {
    return act.peak_slope();
  } else {
    using T = std::conditional_t<activation<A, double>, double, float>;
    auto const slope = [&](double z) {
      return std::fabs(static_cast<double>(detail::slope_at(act, static_cast<T>(z))));
    };
    constexpr double step = 1.0 / 128.0;
    double best = 0.0;
    double peak = slope(best);
    for (double z = -64.0; z <= 64.0; z += step) {
      if (double const s = slope(z); s > peak) {
        peak = s;
        best = z;
      }
    }
    constexpr double golden = 0.6180339887498949;
    double a = best - step;
    double b = best + step;
    for (int i = 0; i < 60; ++i) {
      double const left = b - golden * (b - a);
      double const right = a + golden * (b - a);
      (slope(left) > slope(right) ? b : a) = slope(left) > slope(right) ? right : left;
    }
    double const refined = slope(0.5 * (a + b));
    return refined > peak ? refined : peak;
  }
}

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

/// One of the three, chosen at run time: what a monitor holds.
class any_rule {
public:
  any_rule(z_beyond const& rule = {}) : kind_(kind::z), z_(rule) {}           // NOLINT: any of the three is a rule
  any_rule(slope_below const& rule) : kind_(kind::slope), slope_(rule) {}     // NOLINT
  any_rule(output_beyond const& rule) : kind_(kind::output), output_(rule) {} // NOLINT

  [[nodiscard]] rule_definition definition() const {
    return kind_ == kind::z ? z_.definition() : kind_ == kind::slope ? slope_.definition() : output_.definition();
  }
  template <class T, class A> [[nodiscard]] auto bind(A const& act) const {
    bound<T> b{kind_, T(0), T(0)};
    if (kind_ == kind::z) {
      b.first = z_.template bind<T>(act).threshold;
    } else if (kind_ == kind::slope) {
      b.first = slope_.template bind<T>(act).limit;
    } else {
      auto const o = output_.template bind<T>(act);
      b.first = o.low_limit;
      b.second = o.high_limit;
    }
    return b;
  }
  bool operator==(any_rule const&) const = default;

private:
  enum class kind { z, slope, output };
  template <class L> struct bound { // the branch is the same for every element
    kind which;
    L first;
    L second;
    template <class W> SATUR_INLINE bound<W> over() const { return {which, W(first), W(second)}; }
    SATUR_INLINE auto low(L const& z, L const& y, L const& slope) const {
      if (which == kind::z) {
        return detail::bound_z_beyond<L>{first}.low(z, y, slope);
      }
      if (which == kind::slope) {
        return detail::bound_slope_below<L>{first}.low(z, y, slope);
      }
      return detail::bound_output_beyond<L>{first, second}.low(z, y, slope);
    }
    SATUR_INLINE auto high(L const& z, L const& y, L const& slope) const {
      if (which == kind::z) {
        return detail::bound_z_beyond<L>{first}.high(z, y, slope);
      }
      if (which == kind::slope) {
        return detail::bound_slope_below<L>{first}.high(z, y, slope);
      }
      return detail::bound_output_beyond<L>{first, second}.high(z, y, slope);
    }
  };
  kind kind_;
  z_beyond z_;
  slope_below slope_;
  output_beyond output_;
};

/// A rule names itself and binds to a number type: `bind<T>(act)` gives an object whose `over<L>()`, L being T or lanes
/// of it, answers `low(z, y, slope)` and `high(z, y, slope)`.
template <class R>
concept saturation_rule = requires(R const& rule) {
  { rule.definition() } -> std::same_as<rule_definition>;
};

/// The rule in words: "|z| > 5", "slope < 2.66 % of its peak", "output < 0.1 or > 0.9".
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
