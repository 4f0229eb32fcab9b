/// \file layer/chain_layers.hpp  The layers of a chain with their names.
#pragma once

#include "satur/config.hpp"
#include "satur/error.hpp"
#include "satur/layer/chain.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace satur::inline SATUR_ABI::detail {

template <std::size_t K> using chain_place = std::integral_constant<std::size_t, K>;

/// A regular value: layers, and a name for each. Borrowed inputs of a copy are those of the copy after `relink`.
template <class... Layers> class chain_layers {
public:
  static constexpr std::size_t count = sizeof...(Layers);
  static constexpr std::array<chain_role, count> roles{role_of<Layers>()...};
  template <std::size_t K> using nth = std::tuple_element_t<K, std::tuple<Layers...>>;
  using first = nth<0>;
  using last = nth<count - 1>;

  std::array<std::string, count> names;
  std::tuple<Layers...> layers;

  template <class... Parts>
  explicit chain_layers(std::in_place_t, Parts&... parts)
      : names{name_of_part(parts)...}, layers(layer_of<Layers>(parts)...) {
    name_the_rest();
    require_random_numbers();
  }

  /// Whether a backward pass without dL/dx ends at layer k: the first that learns, or that a monitor asks.
  static constexpr bool is_first_needed(std::size_t k) {
    std::array<bool, count> const needed{(learns<Layers> || is_activation_layer<Layers>)...};
    return (needed[k] || k == 0) && std::find(needed.begin(), needed.begin() + k, true) == needed.begin() + k;
  }

  /// f(place) for each, first to last; place.value is a constant.
  template <class F> static void each_place(F&& f) {
    [&]<std::size_t... K>(std::index_sequence<K...>) {
      (static_cast<void>(f(chain_place<K>())), ...);
    }(std::make_index_sequence<count>());
  }
  /// f(name, layer) for each of `all`, first to last.
  template <class All, class F> static void each_layer(All& all, F&& f) {
    each_place([&](auto k) { f(std::as_const(all.names[k]), std::get<k.value>(all.layers)); });
  }
  /// f("<layer>", "<layer>.<parameter>", value, gradient) for each parameter; `full` is memory for the names.
  template <class All, class F> static void each_parameter(All& all, std::string& full, F&& f) {
    each_layer(all, [&](std::string const& name, auto& layer) {
      if constexpr (learns<std::remove_const_t<std::remove_reference_t<decltype(layer)>>>) {
        layer.each_parameter([&](std::string_view own, auto& parameter, auto& gradient) {
          full.assign(name).append(1, '.').append(own);
          f(name, std::string_view(full), parameter, gradient);
        });
      }
    });
  }
  /// f(name, act, z) for each activation and gate, by the names of a monitor; z has its units along the last axis.
  template <class F> void each_z(F&& f) const {
    each_place([&](auto k) {
      auto const& layer = std::get<k.value>(layers);
      if constexpr (roles[k.value] == chain_role::activation) {
        f(std::string_view(record_name<k.value>()), layer.act, units_last(layer.z()));
      } else if constexpr (roles[k.value] == chain_role::own_z) {
        layer.each_z([&](std::string_view part, auto const& act, auto const& z) {
          f(std::string_view(message(names[k.value], '.', part)), act, z);
        });
      }
    });
  }
  /// Sets the member `training` of each layer that has it.
  void train(bool on) {
    each_layer(*this, [on](std::string const&, auto& layer) {
      if constexpr (requires { layer.train(on); }) { // a chain in the chain
        layer.train(on);
      } else if constexpr (requires { layer.training = on; }) {
        layer.training = on;
      }
    });
  }
  /// See chain_access::relink.
  void relink(void const* from, void const* to, std::size_t size) {
    each_layer(*this, [&](std::string const&, auto& layer) { chain_access::relink(layer, from, to, size); });
  }

  /// The name under which a monitor has what layer K does: that of the layer with weights that made its z.
  template <std::size_t K> [[nodiscard]] std::string const& record_name() const {
    return names[roles[K] == chain_role::activation ? maker_of(roles, K) : K];
  }
  /// For with_words_of: throws shape_error in the words of layer k, with the name that it has in the chain.
  [[nodiscard]] auto naming(std::size_t k) const {
    return [this, k](char const* words) {
      raise(shape_error(message("satur::sequential: layer ", k + 1, " of ", count, ", ", names[k], ": ", words)));
    };
  }

private:
  template <class Part> static std::string name_of_part(Part const& part) {
    if constexpr (is_named<Part>) {
      if (part.name.empty()) {
        bad_parameter("sequential", "the name of a layer", "empty", "any text, each once");
      }
      return part.name;
    } else {
      return {};
    }
  }
  template <class L, class Part> static L layer_of(Part& part) {
    if constexpr (is_named<Part>) {
      return L(std::move(part.part));
    } else {
      return L(std::move(part));
    }
  }
  /// A dropout without random numbers would be in every evaluation and never in training.
  void require_random_numbers() const {
    each_layer(*this, [](std::string const& name, auto const& layer) {
      if constexpr (requires { layer.has_random_numbers(); }) {
        if (!layer.has_random_numbers() && layer.p > 0.0) {
          raise(std::invalid_argument(message("satur::sequential: ", name,
                                              " has no random numbers, so it would never drop "
                                              "any; make it with a generator: dropout{p, generator}")));
        }
      }
    });
  }
  /// Those without a name: the kind, and the number among the layers of that kind.
  void name_the_rest() {
    std::array<std::string_view, count> const kinds{std::string_view(Layers::layer_name)...};
    for (std::size_t k = 0; k < count; ++k) {
      if (names[k].empty()) {
        names[k] = message(kinds[k], "_", std::count(kinds.begin(), kinds.begin() + k + 1, kinds[k]));
      }
    }
    for (std::size_t k = 0; k < count; ++k) {
      if (std::find(names.begin(), names.begin() + k, names[k]) != names.begin() + k) {
        bad_parameter("sequential", "the name of two layers", names[k], "any text, each once");
      }
    }
  }
};

} // namespace satur::inline SATUR_ABI::detail
