/// \file optimizer/each_layer.hpp  The parameters of layers, however they are handed over.
#pragma once

#include "satur/config.hpp"
#include "satur/layer/parameter.hpp"
#include "satur/optimizer/watched.hpp"

#include <concepts>
#include <ranges>
#include <string_view>
#include <tuple>
#include <type_traits>

namespace satur { inline namespace SATUR_ABI { namespace detail {

template <class Layers> inline constexpr bool is_tuple_v = requires { std::tuple_size<Layers>::value; };

/// Calls f(name, value, gradient, to) for each parameter. `layers` is a layer or a net (`parameterized`), a `watched`
/// one, or a range or tuple of such.
template <class Layers, class F, class To> void each_parameter_of(Layers&& layers, F const& f, To& to) {
  using L = std::remove_cvref_t<Layers>;
  if constexpr (is_watched_v<L>) {
    each_parameter_of(layers.layer, f, layers.to);
  } else if constexpr (std::same_as<To, nobody> && requires { layers.each_watched_parameter(f); }) {
    layers.each_watched_parameter(f); // a chain with monitors of its own
  } else if constexpr (parameterized<std::remove_reference_t<Layers>>) {
    for_each_parameter(layers,
                       [&f, &to](std::string_view name, auto& value, auto& gradient) { f(name, value, gradient, to); });
  } else if constexpr (is_tuple_v<L>) {
    std::apply([&](auto&... each) { (each_parameter_of(each, f, to), ...); }, layers);
  } else {
    static_assert(std::ranges::range<Layers>,
                  "satur: an optimizer takes what has each_parameter(f), and ranges and tuples of it");
    for (auto&& each : layers) {
      each_parameter_of(each, f, to);
    }
  }
}
template <class Layers, class F> void each_parameter_of(Layers&& layers, F const& f) {
  nobody none;
  each_parameter_of(layers, f, none);
}

}}} // namespace satur::SATUR_ABI::detail
