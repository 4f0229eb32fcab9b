/// \file rule/concept.hpp  What a struct must have to be a rule.
#pragma once

#include "satur/rule/limits.hpp"
#include "satur/text/label.hpp"

#include <concepts>

namespace satur { inline namespace SATUR_ABI {

/// How a saturated share was counted: the rule's name and numbers, printed with every number that depends on it.
struct rule_definition {
  label name;
  double first = 0.0;
  double second = 0.0;
  bool operator==(rule_definition const&) const = default;
};

/// A rule is its limits: `rule.limits(act)` gives the `rule_limits` for an activation, `rule.definition()` the name and
/// the numbers that are kept with every record. Any struct with these two is a rule:
///
///     struct z_above {                                     // high side alone
///       double threshold = 3.0;
///       satur::rule_definition definition() const { return {"z_above", threshold}; }
///       satur::rule_limits limits(auto const&) const {
///         return satur::rule_limits::of_z(-std::numeric_limits<double>::infinity(), threshold);
///       }
///     };
template <class R, class A>
concept saturation_rule = requires(R const& rule, A const& act) {
  { rule.definition() } -> std::same_as<rule_definition>;
  { rule.limits(act) } -> std::same_as<rule_limits>;
};

}} // namespace satur::SATUR_ABI
