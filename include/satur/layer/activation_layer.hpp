/// \file layer/activation_layer.hpp  An activation as a layer, y = f(z), for chains of layers.
#pragma once

#include "satur/activation/concept.hpp"
#include "satur/array/unit_layout.hpp"
#include "satur/config.hpp"
#include "satur/error.hpp"
#include "satur/layer/one_input.hpp"
#include "satur/layer/readings.hpp"
#include "satur/monitor/layer_monitor.hpp"
#include "satur/observe/apply.hpp"
#include "satur/observe/masked.hpp"
#include "satur/observe/observe.hpp"
#include "satur/simd/loop.hpp"
#include "satur/simd/run.hpp"
#include "satur/tensor/compat.hpp"

#include <concepts>
#include <cstddef>
#include <string_view>
#include <utility>

namespace satur { inline namespace SATUR_ABI {

namespace detail {

/// out[i] = a[i] b[i]; out may be a or b.
template <class T> struct elementwise_product_pass {
  T const* a;
  T const* b;
  T* out;
  std::size_t n;

  template <class L> SATUR_INLINE void run() const {
    for_each_register<L>(n, [this](std::size_t i, auto part) SATUR_INLINE_LAMBDA {
      part.store(out + i, part.load(a + i, T(0)) * part.load(b + i, T(0)));
    });
  }
};

/// The axis of the units: channels of images (batch, channels, height, width), else the last.
template <std::size_t Axes> inline constexpr std::size_t unit_axis_of = Axes == 4 ? 1 : Axes - 1;

/// The layer's name in messages and in a chain: that of the activation, if its type states one.
template <class A> [[nodiscard]] constexpr std::string_view activation_layer_name() {
  if constexpr (has_constant_name<A>) {
    return A::name;
  } else {
    return "activation";
  }
}

} // namespace detail

/// y = f(z), with no parameters. dL/dz = dL/dy f'(z), from z, never from y.
///
/// Shapes: z and y of `Axes` axes: (batch, units), sequences with their units along the last axis, or images (batch,
/// channels, height, width), whose units are the channels.
/// Memory: y, and f'(z) with `keep_slopes`. Steps after the first allocate nothing while the shape stays the same.
/// Readings: those of a layer with `z()`, of its own activation where none is given: `mean_derivative()`, `observe()`.
/// Special values: those of the activation; see its header.
template <class A, std::floating_point T, std::size_t Axes = 2>
  requires activation<A, T>
struct activation_layer : one_input<activation_layer<A, T, Axes>, xt::xtensor<T, Axes>>,
                          z_readings<activation_layer<A, T, Axes>> {
  using tensor = xt::xtensor<T, Axes>;
  static constexpr std::string_view layer_name = detail::activation_layer_name<A>();
  static constexpr std::size_t unit_axis = detail::unit_axis_of<Axes>;

  A act;
  /// Whether forward keeps f'(z) for backward: one evaluation gives both. False saves that memory: backward evaluates
  /// f'(z) anew, with the same bits.
  bool keep_slopes = true;

  activation_layer() = default;
  explicit activation_layer(A f) : act(std::move(f)) {}

  using one_input<activation_layer, tensor>::forward;
  /// forward(z), recorded as `to.forward(act, z, y, slopes)` does: `relu.forward(z, mon["fc1"])`.
  template <class Z> tensor const& forward(Z&& z, layer_monitor& to) {
    recorded_here const recorded(record_, to);
    return this->forward(std::forward<Z>(z));
  }

  /// Returns dL/dz for dL/dy. dy may be one of the layer's own arrays, or an expression that reads them. Throws
  /// shape_error if dy does not fit y, std::logic_error before the first forward.
  template <class E> tensor const& backward(xt::xexpression<E> const& dy) {
    tensor const& g = this->output_gradient(dy, "dy", "backward", y_);
    detail::fit(dx_, g.shape());
    if (!has_slopes_) {
      satur::apply_derivative(act, this->x(), dx_);
    }
    detail::elementwise_product_pass<T> const pass{g.data(), has_slopes_ ? slopes_.data() : dx_.data(), dx_.data(),
                                                   dx_.size()};
    math::run<T>(pass);
    return dx_;
  }
  /// backward(dy), with dL/dz recorded.
  template <class E> tensor const& backward(xt::xexpression<E> const& dy, layer_monitor& to) {
    tensor const& dz = backward(dy);
    to.gradient(dz, z_layout());
    return dz;
  }

  /// z of the last forward: the caller's array, or a copy of its values; empty before the first.
  [[nodiscard]] tensor const& z() const { return this->x(); }
  /// Where the units lie in the last z.
  [[nodiscard]] unit_layout z_layout() const { return unit_layout::of(z().shape(), unit_axis); }

  using z_readings<activation_layer>::mean_derivative;
  [[nodiscard]] double mean_derivative() const { return mean_derivative(act); }
  /// The record of z by another activation; see z_readings.
  template <activation<T> B, class... More>
  [[nodiscard]] saturation observe(B const& other, More const&... mask_or_rule) const {
    return satur::observe(other, z(), mask_or_rule...);
  }
  template <saturation_rule<A> Rule = z_beyond>
    requires(!activation<Rule, T>)
  [[nodiscard]] saturation observe(Rule const& rule = Rule{}) const {
    return satur::observe(act, z(), rule);
  }
  template <saturation_rule<A> Rule = z_beyond>
  [[nodiscard]] saturation observe(sample_mask const& mask, Rule const& rule = Rule{}) const {
    return satur::observe(act, z(), mask, rule);
  }

private:
  friend one_input<activation_layer, tensor>;

  /// Sets where forward records, until it ends.
  class recorded_here {
  public:
    recorded_here(layer_monitor*& record, layer_monitor& to) : record_(record) { record_ = &to; }
    recorded_here(recorded_here const&) = delete;
    recorded_here& operator=(recorded_here const&) = delete;
    ~recorded_here() { record_ = nullptr; }

  private:
    layer_monitor*& record_;
  };

  template <class Shape> void check_input(Shape const& shape) const {
    if (shape.size() != Axes) {
      detail::bad_shape(detail::message(layer_name, "::forward"), "z", detail::shape_text(shape),
                        detail::count_text(Axes, "axis", "axes"));
    }
  }
  template <class F> void each_own(F&& f) const {
    f(y_);
    f(slopes_);
    f(dx_);
  }

  tensor const& run() {
    tensor const& z = this->x();
    detail::fit(y_, z.shape());
    has_slopes_ = keep_slopes;
    if (keep_slopes) {
      detail::fit(slopes_, z.shape());
      record_ != nullptr ? record_->forward(act, z, y_, slopes_, z_layout()) : satur::apply(act, z, y_, slopes_);
    } else {
      record_ != nullptr ? record_->forward(act, z, y_, z_layout()) : satur::apply(act, z, y_);
    }
    return y_;
  }

  tensor y_, slopes_, dx_;
  bool has_slopes_ = false;         ///< of the last forward
  layer_monitor* record_ = nullptr; ///< during a forward that is recorded
};

}} // namespace satur::SATUR_ABI
