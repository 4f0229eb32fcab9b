/// \file rule/any_rule.hpp  A rule that is chosen at run time: one of the library's, or yours.
#pragma once

#include "satur/activation/activation_ref.hpp"
#include "satur/rule/all.hpp"

#include <any>
#include <concepts>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

namespace satur { inline namespace SATUR_ABI {

namespace detail {
template <class R, class Variant> inline constexpr bool is_one_of = false;
template <class R, class... All>
inline constexpr bool is_one_of<R, std::variant<All...>> = (std::same_as<R, All> || ...);
template <class R>
concept library_rule_type = is_one_of<R, library_rule>;
} // namespace detail

/// Any rule: what a monitor holds. It counts exactly as the rule in it. Two are equal if their definitions are.
///
/// A rule of yours is kept by value and must take any activation for double. Loaded from a file, such a rule is known
/// by its name and numbers alone: it can be compared and merged, but counts only after `monitor::use_rule` was given
/// the rule itself.
class any_rule {
public:
  /// z_beyond{5}.
  any_rule() : any_rule(satur::z_beyond{}) {}
  template <detail::library_rule_type R>
  any_rule(R const& rule) // NOLINT: a rule is one of any
      : definition_(rule.definition()), limits_([](any_rule const& self, activation_ref const& act) {
          return detail::rule_from<R>(self.definition_).limits(act);
        }),
        in_library_(true) {
    if constexpr (requires { rule.in_library(); }) {
      if (!rule.in_library()) { // with a number format of yours: kept as a rule of yours
        keep(rule);
      }
    }
  }
  template <std::same_as<library_rule> R>
  any_rule(R const& rule) // NOLINT: the same
      : any_rule(std::visit([](auto const& r) { return any_rule(r); }, rule)) {}
  template <class R>
    requires saturation_rule<R, activation_ref> &&
             (!detail::library_rule_type<R> && !std::same_as<R, any_rule> && !std::same_as<R, library_rule>)
  any_rule(R const& rule) // NOLINT: the same
      : definition_(rule.definition()) {
    keep(rule);
  }

  /// The rule that a record was counted by: the library's rule of that name, or one that is known by name and numbers
  /// alone.
  template <std::same_as<library_rule> Library = library_rule>
  [[nodiscard]] static any_rule of(rule_definition const& definition) {
    any_rule rule;
    rule.definition_ = definition;
    rule.limits_ = nullptr;
    rule.in_library_ = false;
    detail::for_each_rule([&]<class R>(std::type_identity<R>) {
      if (detail::is_definition_of<R>(definition)) {
        rule = detail::rule_from<R>(definition);
      }
    });
    return rule;
  }

  [[nodiscard]] rule_definition definition() const { return definition_; }
  /// False for a rule that is known by name and numbers alone.
  [[nodiscard]] bool can_count() const { return limits_ != nullptr; }
  /// One of the library's.
  [[nodiscard]] bool in_library() const { return in_library_; }
  /// Throws what the rule throws; std::invalid_argument if `can_count()` is false.
  template <class A> [[nodiscard]] rule_limits limits(A const& act) const {
    if constexpr (std::same_as<A, activation_ref>) {
      return limits_for(act);
    } else {
      return limits_for(activation_ref(act));
    }
  }
  [[nodiscard]] friend bool operator==(any_rule const& a, any_rule const& b) { return a.definition_ == b.definition_; }

private:
  template <class R> void keep(R const& rule) {
    own_ = rule;
    limits_ = [](any_rule const& self, activation_ref const& act) { return std::any_cast<R>(&self.own_)->limits(act); };
    in_library_ = false;
  }
  [[nodiscard]] SATUR_COMPILED_MEMBER rule_limits limits_for(activation_ref const& act) const
#if SATUR_COMPILED
      ;
#else
  {
    if (limits_ == nullptr) {
      detail::bad_parameter("any_rule", "rule", to_text(definition_),
                            "a rule that can count; this one came from a file, hand the rule itself in again "
                            "(monitor::use_rule)");
    }
    return limits_(*this, act);
  }
#endif

  rule_definition definition_; ///< also all that is kept of a rule of the library
  std::any own_;               ///< a rule of yours
  rule_limits (*limits_)(any_rule const& self, activation_ref const& act) = nullptr; ///< null if it cannot count
  bool in_library_ = false;
};

SATUR_COMPILED_TEMPLATE(any_rule any_rule::of<library_rule>(rule_definition const& definition));

/// The library's rule that a record was counted by, from its definition.
/// Throws std::invalid_argument if no rule of the library has that name.
template <std::same_as<library_rule> Library = library_rule>
[[nodiscard]] any_rule rule_of(rule_definition const& definition) {
  any_rule rule = any_rule::of<Library>(definition);
  if (!rule.in_library()) {
    std::string names;
    detail::for_each_rule(
        [&]<class R>(std::type_identity<R>) { names += (names.empty() ? "" : ", ") + std::string(R::name); });
    detail::bad_parameter("rule_of", "rule", std::string(definition.name), names);
  }
  return rule;
}
SATUR_COMPILED_TEMPLATE(any_rule rule_of<library_rule>(rule_definition const& definition));

}} // namespace satur::SATUR_ABI
