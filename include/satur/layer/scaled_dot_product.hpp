/// \file layer/scaled_dot_product.hpp  Attention of given queries, keys and values, without projections.
#pragma once

#include "satur/config.hpp"
#include "satur/error.hpp"
#include "satur/layer/attention_core.hpp"
#include "satur/layer/attention_options.hpp"
#include "satur/layer/attention_readings.hpp"
#include "satur/layer/input.hpp"
#include "satur/tensor/compat.hpp"

#include <array>
#include <concepts>
#include <cstddef>
#include <string_view>

namespace satur { inline namespace SATUR_ABI {

/// y = softmax(q k^T / sqrt(width)) v, for each head of each sample.
///
/// Shapes: q (batch, heads, queries, width), k (batch, heads, keys, width), v (batch, heads, keys, value width), y
/// (batch, heads, queries, value width). An extent of 0 gives an empty y, or, without keys, rows that see no key.
/// Masks: options.causal, and tokens (batch, keys) as an argument of forward. options.qk_norm belongs to attention<T>.
/// Special values: a masked key has p = 0; its v must be finite still, since 0 NaN is NaN. A query that may see no key
/// gives 0, or NaN by options.masked. NaN or +inf in a row of logits gives NaN in that row.
/// Memory: products, logits and probabilities are kept, and copies of q, k and v. Steps after the first allocate
/// nothing while the shapes stay the same.
/// Source: Vaswani et al. 2017, "Attention Is All You Need", equation 1.
template <std::floating_point T> struct scaled_dot_product : attention_readings<scaled_dot_product<T>> {
  using tensor = xt::xtensor<T, 4>;
  static constexpr std::string_view layer_name = "scaled_dot_product";

  attention_options options;

  scaled_dot_product() = default;
  explicit scaled_dot_product(attention_options const& o) : options(o) {}

  /// Returns y; the object owns it. Throws shape_error if the shapes do not fit, std::invalid_argument if the options
  /// are out of range.
  template <class Q, class K, class V>
  tensor const& forward(xt::xexpression<Q> const& q, xt::xexpression<K> const& k, xt::xexpression<V> const& v) {
    check_inputs(q.derived_cast().shape(), k.derived_cast().shape(), v.derived_cast().shape());
    options.require_valid();
    detail::assign_values(q_, q);
    detail::assign_values(k_, k);
    detail::assign_values(v_, v);
    detail::fit(y_, {q_.shape(0), q_.shape(1), q_.shape(2), v_.shape(3)});
    core_.forward({q_.shape(0), q_.shape(1), q_.shape(2), k_.shape(2), q_.shape(3), v_.shape(3)}, options,
                  memory<T const>(q_), memory<T const>(k_), memory<T const>(v_), memory<T>(y_));
    ran_ = true;
    return y_;
  }
  /// The same for keys of which some are padding: tokens (batch, keys), 0 for padding.
  template <class Q, class K, class V, class M>
  tensor const& forward(xt::xexpression<Q> const& q, xt::xexpression<K> const& k, xt::xexpression<V> const& v,
                        xt::xexpression<M> const& tokens) {
    check_inputs(q.derived_cast().shape(), k.derived_cast().shape(), v.derived_cast().shape());
    options.require_valid();
    core_.mask.take("scaled_dot_product::forward", tokens, static_cast<std::size_t>(k.derived_cast().shape()[0]),
                    static_cast<std::size_t>(k.derived_cast().shape()[2]), false);
    return forward(q, k, v);
  }

  /// Makes dq(), dk() and dv() from dL/dy. Throws shape_error if dy does not fit y, std::logic_error before the first
  /// forward.
  template <class E> void backward(xt::xexpression<E> const& dy) {
    if (!ran_) {
      detail::no_forward("scaled_dot_product::backward");
    }
    detail::require_shape("scaled_dot_product::backward", "dy", dy.derived_cast().shape(), y_.shape(),
                          "the shape of y");
    tensor const& g = detail::values_of(dy, dy_, dq_, dk_, dv_);
    detail::fit(dq_, q_.shape());
    detail::fit(dk_, k_.shape());
    detail::fit(dv_, v_.shape());
    core_.backward(memory<T const>(q_), memory<T const>(k_), memory<T const>(v_), memory<T const>(g), memory<T>(dq_),
                   memory<T>(dk_), memory<T>(dv_));
  }

  [[nodiscard]] tensor const& dq() const { return dq_; }
  [[nodiscard]] tensor const& dk() const { return dk_; }
  [[nodiscard]] tensor const& dv() const { return dv_; }
  /// What the softmax of the last forward saw, (batch, heads, queries, keys); -inf if masked.
  [[nodiscard]] tensor const& logits() const { return core_.logits(); }
  /// Its result, of the same shape.
  [[nodiscard]] tensor const& probabilities() const { return core_.probabilities(); }
  [[nodiscard]] detail::attention_core<T> const& core() const { return core_; }

private:
  template <class N, class M> [[nodiscard]] static detail::head_memory<N> memory(M& x) {
    std::size_t const head = x.shape(2) * x.shape(3);
    return {x.data(), x.shape(1) * head, head, x.shape(3)};
  }
  template <class Q, class K, class V> static void check_inputs(Q const& q, K const& k, V const& v) {
    auto const at = [](auto const& shape, std::size_t axis) { return static_cast<std::size_t>(shape[axis]); };
    std::string_view const function = "scaled_dot_product::forward";
    auto const fits = [&](auto const& s) {
      return s.size() == 4 && detail::fits_blas(at(s, 2)) && detail::fits_blas(at(s, 3));
    };
    if (!fits(q) || at(q, 3) == 0) {
      detail::bad_shape(function, "q", detail::shape_text(q), "(batch, heads, queries, width), width at least 1");
    }
    if (!fits(k) || at(k, 0) != at(q, 0) || at(k, 1) != at(q, 1) || at(k, 3) != at(q, 3)) {
      detail::bad_shape(
          function, "k", detail::shape_text(k),
          detail::message("(", at(q, 0), ", ", at(q, 1), ", keys, ", at(q, 3), "), for q ", detail::shape_text(q)));
    }
    if (!fits(v) || at(v, 0) != at(k, 0) || at(v, 1) != at(k, 1) || at(v, 2) != at(k, 2)) {
      detail::bad_shape(function, "v", detail::shape_text(v),
                        detail::message("(", at(k, 0), ", ", at(k, 1), ", ", at(k, 2), ", value width), for k ",
                                        detail::shape_text(k)));
    }
  }

  tensor q_, k_, v_, y_;
  tensor dy_, dq_, dk_, dv_;
  detail::attention_core<T> core_;
  bool ran_ = false;
};

}} // namespace satur::SATUR_ABI
