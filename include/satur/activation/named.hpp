/// \file activation/named.hpp  The library's activation of a name.
#pragma once

#include "satur/activation/all.hpp"
#include "satur/activation/any_activation.hpp"

#include <concepts>
#include <optional>
#include <string_view>
#include <tuple>

namespace satur { inline namespace SATUR_ABI {

/// The library's activation of that name, with its default parameters; std::nullopt if there is none.
/// A template, so that a file that does not call it does not compile it: it holds every activation.
template <class List = all_activations>
  requires std::same_as<List, all_activations>
[[nodiscard]] std::optional<any_activation> activation_named(std::string_view name) {
  std::optional<any_activation> found;
  auto const compare = [&](auto const& act) {
    if (!found && name == act.name) {
      found.emplace(act);
    }
  };
  std::apply([&](auto const&... act) { (compare(act), ...); }, List{});
  return found;
}

SATUR_COMPILED_TEMPLATE(std::optional<any_activation> activation_named<all_activations>(std::string_view));

}} // namespace satur::SATUR_ABI
