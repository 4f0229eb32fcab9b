/// \file layer/sequential.hpp  A chain of layers as one layer.
///
///     satur::sequential net{named("fc1", dense<float>{784, 256, he_normal{}, urbg}), relu{},
///                           named("output", dense<float>{256, 10, glorot_uniform{}, urbg})};
///     net.watch(mon);                                  // each step is recorded from now on
///     double const l = loss.forward(net.forward(x), labels);
///     net.backward_parameters(loss.backward());
///     descend(net, 0.1);
///     mon.end_step();
#pragma once

#include "satur/config.hpp"
#include "satur/error.hpp"
#include "satur/layer/chain.hpp"
#include "satur/layer/chain_layers.hpp"
#include "satur/layer/chain_readings.hpp"
#include "satur/layer/chain_watchers.hpp"
#include "satur/layer/descend.hpp"
#include "satur/layer/one_input.hpp"
#include "satur/monitor/monitor.hpp"

#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

namespace satur { inline namespace SATUR_ABI {

template <class... Parts> class sequential;

namespace detail {
template <class... Parts> using chain_of_parts = typename chain_of<chain_layers, void, std::tuple<>, Parts...>::type;
template <class... Parts>
using chain_base = one_input<sequential<Parts...>, layer_input_t<typename chain_of_parts<Parts...>::first>,
                             layer_output_t<typename chain_of_parts<Parts...>::last>>;
} // namespace detail

/// One layer or more in a row, chosen at compile time: each takes the output of the one before it, so the number of
/// axes may change on the way. A part is a layer, or an activation (`relu{}`), which becomes an `activation_layer`. The
/// chain is itself a layer of one input, with the readings of its activations and gates by name.
///
/// Braces: sequential{…} draws the weights of its parts from left to right; with parentheses the order is the
/// compiler's.
/// Names: `named("fc1", layer)` gives one; a part without gets its kind and its number among the layers of that kind:
/// dense_1, relu_1, dense_2. A parameter is "fc1.w". Two equal names throw std::invalid_argument.
/// Monitor: see `watch`. An activation is recorded under the name of the layer with weights whose z it takes, as a loop
/// of your own does it, and under its own if there is none; a layer with weights and no activation (logits) with the
/// identity; a gate as "lstm.input".
/// Copies: a copy has layers of its own, and no monitor. What is assigned to keeps its monitors.
/// Memory: steps after the first allocate nothing while the batch size stays the same.
/// Errors: a shape that does not fit inside of the chain gives a shape_error that names the layer.
/// A layer of your own has `forward(x)`, which returns a tensor of its own by reference, `backward(dy)`, `layer_name`,
/// and `each_parameter` if it learns. It derives from one_input, or has an `input_type` and keeps its x by value.
template <class... Parts>
class sequential : public detail::chain_base<Parts...>, public detail::chain_readings<sequential<Parts...>> {
  using base = detail::chain_base<Parts...>;
  using readings = detail::chain_readings<sequential>;
  using chain = detail::chain_of_parts<Parts...>;

public:
  using input_type = detail::layer_input_t<typename chain::first>;
  using output_type = detail::layer_output_t<typename chain::last>;
  static constexpr std::string_view layer_name = "sequential";
  static constexpr std::size_t layer_count = sizeof...(Parts);

  /// Layers, activations, and either with a name.
  template <class... Given>
    requires(sizeof...(Given) == sizeof...(Parts))
  explicit sequential(Given... parts) : chain_(std::in_place, parts...) {}
  sequential(sequential const& o) : base(o), readings(o), chain_(o.chain_), output_(o.output_), watchers_(o.watchers_) {
    relink(o);
  }
  sequential(sequential&& o) noexcept
      : base(std::move(o)), readings(o), chain_(std::move(o.chain_)), output_(o.output_),
        watchers_(std::move(o.watchers_)) {
    relink(o);
  }
  sequential& operator=(sequential const& o) {
    base::operator=(o);
    chain_ = o.chain_;
    output_ = o.output_;
    relink(o);
    return *this;
  }
  sequential& operator=(sequential&& o) noexcept {
    base::operator=(std::move(o));
    chain_ = std::move(o.chain_);
    output_ = o.output_;
    relink(o);
    return *this;
  }
  ~sequential() = default;

  // forward(x): the output of the last layer; see one_input.

  /// Returns dL/dx for dL/dy, and overwrites the gradients of all parameters. Throws shape_error if dy does not fit the
  /// output, std::logic_error before the first forward.
  template <class E> input_type const& backward(xt::xexpression<E> const& dy) {
    return backward_from<layer_count - 1>(this->output_gradient(dy, "dy", "backward", output()));
  }
  /// The same without dL/dx, for a chain that starts at the data: the first layer that learns does not compute it.
  template <class E> void backward_parameters(xt::xexpression<E> const& dy) {
    backward_to_first<layer_count - 1>(this->output_gradient(dy, "dy", "backward_parameters", output()));
  }
  /// The output of the last forward; empty before the first.
  [[nodiscard]] output_type const& output() const { return output_ == nullptr ? no_output_ : *output_; }

  template <std::size_t K> [[nodiscard]] auto& layer() { return std::get<K>(chain_.layers); }
  template <std::size_t K> [[nodiscard]] auto const& layer() const { return std::get<K>(chain_.layers); }
  /// The names of all layers, first to last.
  [[nodiscard]] std::span<std::string const> names() const { return chain_.names; }
  /// f(std::string const& name, layer) for each, first to last.
  template <class F> void each_layer(F&& f) { chain::each_layer(chain_, f); }
  template <class F> void each_layer(F&& f) const { chain::each_layer(chain_, f); }
  /// f(name, value, gradient) for each parameter, first to last. The name, "fc1.w", is valid during the call.
  template <class F> void each_parameter(F&& f) { visit_parameters(chain_, full_name_, f); }
  template <class F> void each_parameter(F&& f) const {
    std::string full_name;
    visit_parameters(chain_, full_name, f);
  }
  /// Training or evaluation of all layers that have both (dropout, batch_norm): sets their member `training`.
  void train(bool on = true) { chain_.train(on); }
  void eval() { train(false); }

  /// From now on forward records z of each activation (`mon[name].forward`, with its slopes) and of logits, backward
  /// dL/dz, `descend` and optimizers the updates of weights. The caller ends the steps (`mon.end_step()`), and gives
  /// loss and data where the monitor is to have them. The monitor outlives the chain, or `unwatch()` comes first. Of
  /// several monitors the first records in the pass of the activation, the others read z again. A monitor whose rule
  /// does not take the identity does without logits.
  void watch(monitor& mon) { watchers_.add(mon); }
  void unwatch() { watchers_.clear(); }
  /// Records for each layer with weights the step scale * dw that is about to change them: what `descend` calls.
  void record_updates(double scale) {
    chain::each_place([&](auto k) {
      if constexpr (chain::roles[k.value] == detail::chain_role::weights) {
        watchers_.update(layer<k.value>().w, layer<k.value>().dw, scale, chain_.names[k.value]);
      }
    });
  }
  /// What `optimizer.step(net)` calls: f(name, value, gradient, to) for each parameter; to.update(w, dw) records.
  template <class F> void each_watched_parameter(F&& f) {
    chain::each_parameter(chain_, full_name_, [&](std::string const& name, std::string_view full, auto& p, auto& dp) {
      detail::chain_update to{watchers_, name};
      f(full, p, dp, to);
    });
  }

  /// f(name, act, z) for each activation and gate, by the names of a monitor; z has its units along the last axis.
  template <class F> void each_z(F&& f) const { chain_.each_z(f); }

private:
  friend base;
  friend detail::chain_access;

  template <class Chain, class F> static void visit_parameters(Chain& layers, std::string& full_name, F& f) {
    chain::each_parameter(layers, full_name, [&f](std::string const&, std::string_view full, auto& p, auto& gradient) {
      f(full, p, gradient);
    });
  }

  template <class Shape> void check_input(Shape const& shape) {
    detail::with_words_of<shape_error>(chain_.naming(0), [&] { detail::chain_access::check_input(layer<0>(), shape); });
  }
  template <class F> void each_own(F&& f) {
    each_layer([&f](std::string const&, auto& l) { detail::chain_access::each_array(l, f); });
  }
  output_type const& run() {
    forward_from<0>(this->x());
    return *output_;
  }
  template <std::size_t K, class X> void forward_from(X const& x) {
    detail::layer_output_t<typename chain::template nth<K>> const* y = nullptr;
    detail::with_words_of<shape_error>(chain_.naming(K), [&] { y = &forward_of<K>(layer<K>(), x); });
    if constexpr (K + 1 < layer_count) {
      forward_from<K + 1>(*y);
    } else {
      output_ = y;
    }
  }
  template <std::size_t K, class L, class X> auto const& forward_of(L& l, X const& x) {
    std::string const& name = chain_.template record_name<K>();
    if constexpr (chain::roles[K] == detail::chain_role::activation) {
      return watchers_.forward(l, x, name);
    } else {
      auto const& y = l.forward(x);
      if constexpr (chain::roles[K] == detail::chain_role::own_z) {
        watchers_.gates(l, name, full_name_);
      } else if constexpr (detail::is_linear(chain::roles, K)) {
        watchers_.logits(y, name, detail::layout_of_units(y));
      }
      return y;
    }
  }
  /// dL/dx of layer K, with what is recorded on the way.
  template <std::size_t K, class D> auto const& backward_of(D const& dy) {
    record_linear<K>(dy);
    auto const& dx = layer<K>().backward(dy);
    if constexpr (chain::roles[K] == detail::chain_role::activation) {
      watchers_.gradient(dx, chain_.template record_name<K>(), detail::layout_of_units(dx));
    }
    return dx;
  }
  template <std::size_t K, class D> void record_linear(D const& dy) {
    if constexpr (detail::is_linear(chain::roles, K)) {
      watchers_.gradient(dy, chain_.names[K], detail::layout_of_units(dy));
    }
  }
  template <std::size_t K, class D> input_type const& backward_from(D const& dy) {
    auto const& dx = backward_of<K>(dy);
    if constexpr (K == 0) {
      return dx;
    } else {
      return backward_from<K - 1>(dx);
    }
  }
  template <std::size_t K, class D> void backward_to_first(D const& dy) {
    constexpr bool last = chain::is_first_needed(K);
    if constexpr (last && requires(typename chain::template nth<K>& l) { l.backward_parameters(dy); }) {
      record_linear<K>(dy);
      layer<K>().backward_parameters(dy);
    } else if constexpr (last) {
      backward_of<K>(dy);
    } else {
      backward_to_first<K - 1>(backward_of<K>(dy));
    }
  }
  /// After the members of `o` became ours: what the layers borrowed in o is ours too.
  void relink(sequential const& o) {
    detail::chain_access::relink(*this, &o, this, sizeof(sequential));
    output_ = detail::chain_access::relinked(output_, &o, this, sizeof(sequential));
  }
  void relink_layers(void const* from, void const* to, std::size_t size) { chain_.relink(from, to, size); }

  chain chain_;
  output_type const* output_ = nullptr; ///< a part of the last layer
  output_type no_output_;
  std::string full_name_; ///< of a parameter or a gate, while it is visited
  detail::chain_watchers watchers_;
};

/// A layer stays what it is; an activation becomes an activation_layer for the output of the layer before it.
template <class... Parts> sequential(Parts...) -> sequential<typename detail::without_name<Parts>::type...>;

}} // namespace satur::SATUR_ABI
