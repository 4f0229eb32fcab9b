/// \file optimizer/slots.hpp  One array for each parameter, in the order of the first step; what does not fit is
/// refused.
#pragma once

#include "satur/config.hpp"
#include "satur/error.hpp"
#include "satur/layer/descend.hpp"
#include "satur/optimizer/each_layer.hpp"

#include <concepts>
#include <cstddef>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

namespace satur::inline SATUR_ABI::detail {

/// Throws std::invalid_argument unless the setting is finite and `right`.
inline void require_setting(std::string_view function, std::string_view name, double value, bool right,
                            std::string_view allowed) {
  if (!right || !is_finite(value)) {
    bad_parameter(function, name, value, allowed);
  }
}

/// The parameters have the number and the sizes of `known`, unless that is empty; gradients have the size of their
/// parameters and memory of their own. Throws otherwise; nothing has been changed then.
template <class T, class... Layers>
void check_parameters(std::string_view function, std::vector<std::vector<T>> const& known,
                      std::tuple<Layers&...> const& layers) {
  std::size_t count = 0;
  each_parameter_of(layers, [&](std::string_view name, auto& value, auto& gradient, auto&) {
    static_assert(std::same_as<std::remove_cvref_t<decltype(*value.data())>, T> &&
                      std::same_as<std::remove_cvref_t<decltype(*gradient.data())>, T>,
                  "satur: an optimizer of float takes layers of float, one of double layers of double");
    require_gradient(function, name, value, gradient);
    if (count < known.size() && value.size() != known[count].size()) {
      bad_shape(function, message("parameter ", count, ", ", name, ","), shape_text({value.size()}),
                message(shape_text({known[count].size()}), ", its size in the first step; reset() forgets that"));
    }
    ++count;
  });
  if (!known.empty() && count != known.size()) {
    bad_shape(function, "the list of parameters", shape_text({count}),
              message(shape_text({known.size()}), ", their number in the first step; reset() forgets that"));
  }
}

/// An array of 0 for each parameter.
template <class T, class... Layers>
void make_slots(std::vector<std::vector<T>>& slots, std::tuple<Layers&...> const& layers) {
  slots.clear();
  each_parameter_of(layers,
                    [&](std::string_view, auto& value, auto&, auto&) { slots.emplace_back(value.size(), T(0)); });
}

} // namespace satur::inline SATUR_ABI::detail
