/// \file rule/any_rule.hpp  A rule that is chosen at run time: one of the library's, or yours.
#pragma once

#include "satur/activation/activation_ref.hpp"
#include "satur/rule/all.hpp"

#include <concepts>
#include <functional>
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
  any_rule() = default;
  template <detail::library_rule_type R>
  any_rule(R const& rule) : rule_(library_rule(rule)) {} // NOLINT: a rule is one of any
  any_rule(library_rule const& rule) : rule_(rule) {}    // NOLINT: the same
  template <class R>
    requires saturation_rule<R, activation_ref> &&
             (!detail::library_rule_type<R> && !std::same_as<R, any_rule> && !std::same_as<R, library_rule>)
  any_rule(R const& rule) // NOLINT: the same
      : rule_(custom{rule.definition(), [rule](activation_ref const& act) { return rule.limits(act); }}) {}

  /// The rule that a record was counted by: the library's rule of that name, or one that is known by name and numbers
  /// alone.
  [[nodiscard]] SATUR_COMPILED_MEMBER static any_rule of(rule_definition const& definition)
#if SATUR_COMPILED
      ;
#else
  {
    any_rule rule;
    if (std::optional<library_rule> const known = find_rule(definition); known) {
      rule.rule_ = *known;
    } else {
      rule.rule_ = custom{definition, nullptr};
    }
    return rule;
  }
#endif

  [[nodiscard]] SATUR_COMPILED_MEMBER rule_definition definition() const
#if SATUR_COMPILED
      ;
#else
  {
    if (custom const* const own = std::get_if<custom>(&rule_); own != nullptr) {
      return own->definition;
    }
    return std::visit([](auto const& r) { return r.definition(); }, *std::get_if<library_rule>(&rule_));
  }
#endif
  /// False for a rule that is known by name and numbers alone.
  [[nodiscard]] bool can_count() const {
    custom const* const own = std::get_if<custom>(&rule_);
    return own == nullptr || own->limits != nullptr;
  }
  /// One of the library's.
  [[nodiscard]] bool in_library() const { return std::holds_alternative<library_rule>(rule_); }
  /// Throws what the rule throws; std::invalid_argument if `can_count()` is false.
  template <class A> [[nodiscard]] rule_limits limits(A const& act) const {
    if constexpr (std::same_as<A, activation_ref>) {
      return limits_for(act);
    } else {
      return limits_for(activation_ref(act));
    }
  }
  [[nodiscard]] friend bool operator==(any_rule const& a, any_rule const& b) {
    return a.definition() == b.definition();
  }

private:
  struct custom {
    rule_definition definition;
    std::function<rule_limits(activation_ref const&)> limits;
  };

  [[nodiscard]] SATUR_COMPILED_MEMBER rule_limits limits_for(activation_ref const& act) const
#if SATUR_COMPILED
      ;
#else
  {
    if (custom const* const own = std::get_if<custom>(&rule_); own != nullptr) {
      if (!own->limits) {
        detail::bad_parameter("any_rule", "rule", to_text(own->definition),
                              "a rule that can count; this one came from a file, hand the rule itself in again "
                              "(monitor::use_rule)");
      }
      return own->limits(act);
    }
    return std::visit([&](auto const& r) { return r.limits(act); }, *std::get_if<library_rule>(&rule_));
  }
#endif

  std::variant<library_rule, custom> rule_;
};

/// The library's rule that a record was counted by, from its definition.
/// Throws std::invalid_argument if no rule of the library has that name.
[[nodiscard]] SATUR_COMPILED_FUNCTION any_rule rule_of(rule_definition const& definition)
#if SATUR_COMPILED
    ;
#else
{
  if (std::optional<library_rule> const known = find_rule(definition); known) {
    return *known;
  }
  std::string names;
  detail::for_each_rule(
      [&]<class R>(std::type_identity<R>) { names += (names.empty() ? "" : ", ") + std::string(R::name); });
  detail::bad_parameter("rule_of", "rule", std::string(definition.name), names);
}
#endif

}} // namespace satur::SATUR_ABI
