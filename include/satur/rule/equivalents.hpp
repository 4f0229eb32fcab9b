/// \file rule/equivalents.hpp  What a rule means for an activation: from which z on, at which output, at which slope.
#pragma once

#include "satur/activation/concept.hpp"
#include "satur/rule/any_rule.hpp"
#include "satur/simd/special_values.hpp"
#include "satur/text/number.hpp"
#include "satur/text/table.hpp"

#include <limits>
#include <ostream>
#include <string>

namespace satur { inline namespace SATUR_ABI {

/// The two ends of an activation by a rule: everything left of z_low is saturated low, everything right of z_high is
/// saturated high (whether the end itself is, is the rule's matter). y and slope are the output and the share of the
/// peak slope there. NaN where that side is never saturated for good: relu has no right end by its slope.
struct rule_equivalents {
  rule_definition rule;
  std::string activation;
  double z_low = std::numeric_limits<double>::quiet_NaN();
  double z_high = std::numeric_limits<double>::quiet_NaN();
  double y_low = std::numeric_limits<double>::quiet_NaN();
  double y_high = std::numeric_limits<double>::quiet_NaN();
  double slope_low = std::numeric_limits<double>::quiet_NaN();  ///< f'(z_low) / peak slope
  double slope_high = std::numeric_limits<double>::quiet_NaN(); ///< f'(z_high) / peak slope

  /// The head of the columns that `row` prints.
  [[nodiscard]] static std::string columns() {
    return "     z low      y low  slope %    z high     y high  slope %  saturated where";
  }
  [[nodiscard]] std::string row() const {
    return side(z_low, y_low, slope_low) + side(z_high, y_high, slope_high) + "  " + to_text(rule);
  }
  /// "tanh, slope < 2.66 % of its peak: left of z = -2.5 (output -0.9866, slope 2.66 % of its peak), right of ..."
  friend std::ostream& operator<<(std::ostream& out, rule_equivalents const& e) {
    return out << e.activation << ", " << to_text(e.rule) << ": " << words("left", e.z_low, e.y_low, e.slope_low)
               << ", " << words("right", e.z_high, e.y_high, e.slope_high);
  }

private:
  [[nodiscard]] static std::string side(double z, double y, double slope) {
    if (detail::is_nan(z)) {
      return text::right("never", 10) + text::right("", 20);
    }
    return text::right(text::significant(z, 4), 10) + text::right(text::significant(y, 3), 11) +
           text::right(' ' + share(slope), 9); // 1.09e-192 fills the column
  }
  [[nodiscard]] static std::string words(char const* where, double z, double y, double slope) {
    if (detail::is_nan(z)) {
      return detail::message("never on the ", where);
    }
    return detail::message(where, " of z = ", text::significant(z, 5), " (output ", text::significant(y, 4), ", slope ",
                           share(slope), " % of its peak)");
  }
  [[nodiscard]] static std::string share(double slope) { return text::significant(100.0 * slope, 3); }
};

namespace detail {

/// Where the stretch ends that begins at minus infinity and on which `saturated` holds; NaN where it does not hold
/// there. Steps inward by eighths of an octave down to ±64 and by 1/128 between, then halves the last step down to two
/// neighboring doubles. A formula that has no number far out (an exp that overflows) is asked from where it has one.
template <class Saturated, class Defined>
[[nodiscard]] double end_of_left_tail(Saturated const& saturated, Defined const& defined) {
  constexpr double outermost = 1e300;
  auto const further_in = [](double z) {
    return z < -64.0 ? z / 1.09050773266525766 : z < 64.0 ? z + 0x1p-7 : z * 1.09050773266525766;
  };
  double inner = -(std::numeric_limits<double>::max)();
  while (inner < outermost && !defined(inner)) {
    inner = further_in(inner);
  }
  if (!saturated(inner)) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  double outer = inner;
  while (inner < outermost && saturated(inner)) {
    outer = inner;
    inner = further_in(inner);
  }
  if (saturated(inner)) {
    return std::numeric_limits<double>::infinity(); // everywhere
  }
  for (;;) {
    double const middle = 0.5 * outer + 0.5 * inner; // of two neighbors, the one whose last bit is 0: a round number
    if (middle == outer || middle == inner) {
      return middle;
    }
    (saturated(middle) ? outer : inner) = middle;
  }
}

} // namespace detail

/// The z, output and slope equivalents of a rule for an activation, found by asking the rule itself, from the tails
/// inward (some 30,000 evaluations: keep the answer). Good to the last digit where the rule changes once. A stretch in
/// the middle that the rule marks too (the minimum of gelu, the flat middle of hard_shrink by their slope) is no end.
/// Throws what the rule throws: out of range, or not defined for the activation.
template <class Rule, class A>
  requires saturation_rule<Rule, A> && activation<A, double>
[[nodiscard]] rule_equivalents equivalents(Rule const& rule, A const& act) {
  detail::limits_in_lanes<double> const limits = detail::limits_of<double>(rule, act);
  auto const value_of = [&](double z) { return detail::value_at(act, z); };
  auto const slope = [&](double z) { return detail::slope_at(act, z); };
  auto const defined = [&](double z) { return !detail::is_nan(value_of(z)) && !detail::is_nan(slope(z)); };
  rule_equivalents e{rule.definition(), std::string(name_of(act))};
  e.z_low = detail::end_of_left_tail([&](double z) { return static_cast<bool>(limits.low(z, value_of(z), slope(z))); },
                                     defined);
  e.z_high =
      -detail::end_of_left_tail([&](double z) { return static_cast<bool>(limits.high(-z, value_of(-z), slope(-z))); },
                                [&](double z) { return defined(-z); });
  double const peak = satur::peak_slope_of(act);
  if (!detail::is_nan(e.z_low)) {
    e.y_low = value_of(e.z_low);
    e.slope_low = slope(e.z_low) / peak;
  }
  if (!detail::is_nan(e.z_high)) {
    e.y_high = value_of(e.z_high);
    e.slope_high = slope(e.z_high) / peak;
  }
  return e;
}

}} // namespace satur::SATUR_ABI
