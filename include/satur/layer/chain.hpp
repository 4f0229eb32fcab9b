/// \file layer/chain.hpp  What sequential is made of: parts with names, the types of its layers, and access to them.
#pragma once

#include "satur/activation/concept.hpp"
#include "satur/config.hpp"
#include "satur/layer/activation_layer.hpp"
#include "satur/layer/one_input.hpp"
#include "satur/tensor/compat.hpp"

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace satur { inline namespace SATUR_ABI {

/// A layer or an activation of a chain, and its name there; see `named`.
template <class Part> struct named_part {
  std::string name;
  Part part;
};
/// A part of a chain with a name: sequential{named("fc1", dense<float>{…}), relu{}, …}.
template <class Part> [[nodiscard]] named_part<Part> named(std::string name, Part part) {
  return {std::move(name), std::move(part)};
}

namespace detail {

template <class Part> inline constexpr bool is_named = false;
template <class Part> inline constexpr bool is_named<named_part<Part>> = true;
template <class Part> struct without_name {
  using type = Part;
};
template <class Part> struct without_name<named_part<Part>> {
  using type = Part;
};

template <class L, class X, class Y> X input_of_base(one_input<L, X, Y> const&); // never defined
/// The tensor that a layer takes: a layer that does not derive from one_input says it as `input_type`.
template <class L> struct layer_input_of {};
template <class L>
  requires(
      requires(L const& l) { input_of_base(l); } && !requires { typename L::input_type; })
struct layer_input_of<L> {
  using type = decltype(input_of_base(std::declval<L const&>()));
};
template <class L>
  requires requires { typename L::input_type; }
struct layer_input_of<L> {
  using type = typename L::input_type;
};
template <class L>
concept takes_tensor = requires { typename layer_input_of<L>::type; } &&
                       requires(L& l, typename layer_input_of<L>::type const& x) { l.forward(x); };
template <class L> using layer_input_t = typename layer_input_of<L>::type;
template <class L>
using layer_output_t =
    std::remove_cvref_t<decltype(std::declval<L&>().forward(std::declval<layer_input_t<L> const&>()))>;

template <class L> inline constexpr bool is_activation_layer = false;
template <class A, class T, std::size_t Axes>
inline constexpr bool is_activation_layer<activation_layer<A, T, Axes>> = true;

/// The layer that a part becomes behind an output of type X: itself, or an activation as a layer for X.
template <class Part, class X> struct layer_for {
  static_assert(
      !std::is_void_v<X>,
      "satur::sequential: the first part must be a layer; give an activation there as activation_layer<A, T, Axes>");
  static_assert(
      activation<Part, typename X::value_type>,
      "satur::sequential: a part is neither a layer (forward, backward) nor an activation (value, derivative)");
  using type = activation_layer<Part, typename X::value_type, std::tuple_size_v<typename X::shape_type>>;
};
template <takes_tensor Part, class X> struct layer_for<Part, X> {
  static_assert(
      std::is_void_v<X> || std::same_as<X, layer_input_t<Part>>,
      "satur::sequential: a layer does not take the output of the layer before it: another type of number, or "
      "another number of axes (put flatten<T> between images and dense)");
  using type = Part;
};

/// The layers of a chain of parts: `type` is List<layers…>.
template <template <class...> class List, class X, class Done, class... Parts> struct chain_of;
template <template <class...> class List, class X, class... Done> struct chain_of<List, X, std::tuple<Done...>> {
  using type = List<Done...>;
};
template <template <class...> class List, class X, class... Done, class Part, class... Rest>
struct chain_of<List, X, std::tuple<Done...>, Part, Rest...> {
  using layer = typename layer_for<typename without_name<Part>::type, X>::type;
  using type = typename chain_of<List, layer_output_t<layer>, std::tuple<Done..., layer>, Rest...>::type;
};

template <class L>
concept learns = requires(L& l) { l.each_parameter([](std::string_view, auto&, auto&) {}); };

/// What a layer of a chain is to a monitor.
enum class chain_role {
  weights,    ///< it makes a z from weights: w of two axes or more, and dw
  activation, ///< it takes the z of the layer with weights before it
  own_z,      ///< it has pre-activations of its own inside: gates
  other
};
template <class L> [[nodiscard]] consteval chain_role role_of() {
  if constexpr (is_activation_layer<L>) {
    return chain_role::activation;
  } else if constexpr (requires(L const& l) { l.each_z([](std::string_view, auto const&, auto const&) {}); }) {
    return chain_role::own_z;
  } else if constexpr (requires(L& l) { l.w.shape().size() + l.dw.shape().size(); }) {
    return std::tuple_size_v<typename std::remove_cvref_t<decltype(std::declval<L&>().w)>::shape_type> < 2
               ? chain_role::other
               : chain_role::weights;
  } else {
    return chain_role::other;
  }
}

/// The place of the layer under whose name the z of activation k is recorded: the one with weights that made it, or its
/// own if there is none, or another activation between them.
template <std::size_t N>
[[nodiscard]] constexpr std::size_t maker_of(std::array<chain_role, N> const& roles, std::size_t k) {
  for (std::size_t i = k; i-- > 0;) {
    if (roles[i] != chain_role::other) {
      return roles[i] == chain_role::weights ? i : k;
    }
  }
  return k;
}
/// Whether layer k makes a z that no activation takes: logits.
template <std::size_t N> [[nodiscard]] constexpr bool is_linear(std::array<chain_role, N> const& roles, std::size_t k) {
  for (std::size_t i = k + 1; i < N && roles[k] == chain_role::weights; ++i) {
    if (roles[i] != chain_role::other) {
      return roles[i] != chain_role::activation;
    }
  }
  return roles[k] == chain_role::weights;
}

/// Where the units lie in the output of a layer.
template <class Z> [[nodiscard]] unit_layout layout_of_units(Z const& z) {
  return unit_layout::of(z.shape(), unit_axis_of<std::tuple_size_v<typename Z::shape_type>>);
}
/// z with its units along the last axis: channels of images come last.
template <class Z> [[nodiscard]] auto units_last(Z const& z) {
  auto view = as_array_view(z);
  if constexpr (std::tuple_size_v<typename Z::shape_type> == 4) {
    view.shape = {view.shape[0], view.shape[2], view.shape[3], view.shape[1]};
    view.strides = {view.strides[0], view.strides[2], view.strides[3], view.strides[1]};
  }
  return view;
}

/// What a chain does to its layers, and nobody else.
struct chain_access {
  /// Throws what forward throws for an x of that shape.
  template <class L, class Shape> static void check_input(L& layer, Shape const& shape) {
    if constexpr (requires { input_of_base(layer); }) {
      base_of(layer).check_shape(shape);
    }
  }
  /// f(array) for every array of the layer that is known: its parameters and gradients at least.
  template <class L, class F> static void each_array(L& layer, F const& f) {
    if constexpr (requires { input_of_base(layer); }) {
      base_of(layer).each_array(f);
    } else if constexpr (learns<L>) {
      layer.each_parameter([&f](std::string_view, auto const& parameter, auto const& gradient) {
        f(parameter);
        f(gradient);
      });
    }
  }
  /// The layer is a part of the object at `to`, and a copy of the same part of the object at `from`, of `size` bytes.
  /// An x that it borrowed there is the same part here now.
  template <class L> static void relink(L& layer, void const* from, void const* to, std::size_t size) {
    if constexpr (requires { input_of_base(layer); }) {
      auto& input = base_of(layer).input_;
      if (auto const* const x = relinked(&input.values(), from, to, size); x != &input.values()) {
        input.borrow(*x);
      }
    }
    if constexpr (requires { layer.relink_layers(from, to, size); }) { // a chain inside of a chain
      layer.relink_layers(from, to, size);
    }
  }
  /// The part of the object at `to` that p is of the object at `from`; p if it is no part of that.
  template <class X>
  [[nodiscard]] static X const* relinked(X const* p, void const* from, void const* to, std::size_t size) {
    auto const at = reinterpret_cast<std::uintptr_t>(p);
    auto const first = reinterpret_cast<std::uintptr_t>(from);
    return at >= first && at - first < size
               ? reinterpret_cast<X const*>(static_cast<char const*>(to) + (at - first)) // NOLINT: the same type there
               : p;
  }

private:
  template <class L, class X, class Y> static one_input<L, X, Y>& base_of(one_input<L, X, Y>& layer) { return layer; }
};

} // namespace detail

}} // namespace satur::SATUR_ABI
