/// \file rule/all.hpp  Every rule, the list of them, and a rule from its definition.
#pragma once

#include "satur/rule/beyond_format.hpp"
#include "satur/rule/concept.hpp"
#include "satur/rule/last_code.hpp"
#include "satur/rule/output_beyond.hpp"
#include "satur/rule/plasticine_limits.hpp"
#include "satur/rule/sagemaker_limits.hpp"
#include "satur/rule/scaled_output_beyond.hpp"
#include "satur/rule/slope_below.hpp"
#include "satur/rule/z_at_least.hpp"
#include "satur/rule/z_beyond.hpp"
#include "satur/rule/z_outside.hpp"
#include "satur/text/number.hpp"

#include <concepts>
#include <optional>
#include <string>
#include <type_traits>
#include <variant>

namespace satur { inline namespace SATUR_ABI {

/// Any one of the library's rules. tests/check_listed.sh compares the list with the headers.
using library_rule = std::variant< //
    satur::z_beyond,               //
    satur::slope_below,            //
    satur::output_beyond,          //
    satur::z_at_least,             //
    satur::z_outside,              //
    satur::scaled_output_beyond,   //
    satur::sagemaker_limits,       //
    satur::plasticine_limits,      //
    satur::beyond_format,          //
    satur::last_code               //
    >;

namespace detail {

/// f(std::type_identity<R>{}) for each rule R of the list.
template <class F> void for_each_rule(F const& f) {
  [&]<class... R>(std::type_identity<std::variant<R...>>) {
    (f(std::type_identity<R>{}), ...);
  }(std::type_identity<library_rule>{});
}

/// Whether it is the definition of an R.
template <class R> [[nodiscard]] bool is_definition_of(rule_definition const& d) {
  if constexpr (requires { R::from(d); }) {
    return R::from(d).has_value();
  } else {
    return d.name == R::name;
  }
}

/// The R that it is the definition of.
template <class R> [[nodiscard]] R rule_from(rule_definition const& d) {
  if constexpr (requires { R::from(d); }) {
    return R::from(d).value_or(R{});
  } else if constexpr (requires { R{d.first, d.second}; }) {
    return R{d.first, d.second};
  } else if constexpr (requires { R{d.first}; }) {
    return R{d.first};
  } else {
    return R{};
  }
}

} // namespace detail

/// The library's rule of a definition; nothing if no rule of the library has that name.
template <std::same_as<library_rule> Rule = library_rule>
[[nodiscard]] std::optional<Rule> find_rule(rule_definition const& definition) {
  std::optional<Rule> found;
  detail::for_each_rule([&]<class R>(std::type_identity<R>) {
    if (detail::is_definition_of<R>(definition)) {
      found = detail::rule_from<R>(definition);
    }
  });
  return found;
}

/// The rule in words: "|z| > 5", "slope < 2.66 % of its peak"; for a rule of yours its name and numbers.
[[nodiscard]] SATUR_COMPILED_FUNCTION std::string to_text(rule_definition const& definition)
#if SATUR_COMPILED
    ;
#else
{
  std::string text;
  detail::for_each_rule([&]<class R>(std::type_identity<R>) {
    if (detail::is_definition_of<R>(definition)) {
      text = detail::rule_from<R>(definition).text();
    }
  });
  if (!text.empty()) {
    return text;
  }
  if (definition.name.empty()) {
    return "no rule yet";
  }
  return detail::message(definition.name, '(', text::number(definition.first), ", ", text::number(definition.second),
                         ')');
}
#endif

}} // namespace satur::SATUR_ABI
