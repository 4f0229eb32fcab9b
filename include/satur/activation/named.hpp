/// \file activation/named.hpp  The library's activation of a name.
#pragma once

#include "satur/activation/all.hpp"
#include "satur/activation/any_activation.hpp"

#include <optional>
#include <string_view>
#include <tuple>

namespace satur { inline namespace SATUR_ABI {

/// The library's activation of that name, with its default parameters; std::nullopt if there is none.
[[nodiscard]] inline std::optional<any_activation> activation_named(std::string_view name) {
  std::optional<any_activation> found;
  auto const compare = [&](auto const& act) {
    if (!found && name == act.name) {
      found.emplace(act);
    }
  };
  std::apply([&](auto const&... act) { (compare(act), ...); }, all_activations{});
  return found;
}

}} // namespace satur::SATUR_ABI
