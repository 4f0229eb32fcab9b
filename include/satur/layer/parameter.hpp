/// \file layer/parameter.hpp  Calls a function for each parameter of a layer, for optimizers and gradient checks.
#pragma once

#include "satur/config.hpp"

#include <cstddef>
#include <string_view>
#include <utility>

namespace satur { inline namespace SATUR_ABI {

namespace detail {
struct any_visitor {
  template <class V, class G> void operator()(std::string_view, V&, G&) const {}
};
} // namespace detail

/// A layer with the member each_parameter(f), which calls f(name, value, gradient) for each parameter in a fixed order.
template <class L>
concept parameterized = requires(L& layer) { layer.each_parameter(detail::any_visitor{}); };

/// Calls f(std::string_view name, value, gradient) for each parameter of the layer. value and gradient are containers
/// of the same shape, const if the layer is. To change one in place: xt::noalias(value) -= rate * gradient.
template <parameterized L, class F> void for_each_parameter(L& layer, F&& f) {
  layer.each_parameter(std::forward<F>(f));
}

/// Number of values that the layer learns.
template <parameterized L> [[nodiscard]] std::size_t parameter_count(L const& layer) {
  std::size_t n = 0;
  for_each_parameter(layer, [&n](std::string_view, auto const& parameter, auto const&) { n += parameter.size(); });
  return n;
}

}} // namespace satur::SATUR_ABI
