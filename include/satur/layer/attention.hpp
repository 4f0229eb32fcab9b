/// \file layer/attention.hpp  Multi-head attention with its projections.
#pragma once

#include "satur/config.hpp"
#include "satur/error.hpp"
#include "satur/initializer/concept.hpp"
#include "satur/layer/attention_core.hpp"
#include "satur/layer/attention_options.hpp"
#include "satur/layer/attention_projection.hpp"
#include "satur/layer/attention_readings.hpp"
#include "satur/layer/one_input.hpp"
#include "satur/layer/parameter.hpp"
#include "satur/tensor/compat.hpp"
#include "satur/tensor/fill.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <random>
#include <span>
#include <string_view>
#include <utility>

namespace satur { inline namespace SATUR_ABI {

/// Multi-head attention: y = concat(softmax(q_h k_h^T / sqrt(width)) v_h) wo + bo, with q = x wq + bq, k = s wk + bk,
/// v = s wv + bv. Head h has the columns h width to (h + 1) width of each, width = units / heads. The source s is x, or
/// another sequence in forward_cross.
///
/// Shapes: x (batch, time, units), s (batch, keys, units), y as x; weights (units, units), biases (units), gains of
/// qk-norm (width). A mask of tokens is (batch, keys), 0 for padding.
/// Special values: as in scaled_dot_product. Padded queries of self-attention have an output, which the loss leaves
/// out; readings leave them out.
/// Parameters: wq, bq, wk, bk, wv, bv, wo, bo, and with qk-norm gq, gk. dbk is 0 but for rounding without qk-norm: a
/// bias of the keys adds the same to all logits of a row.
/// Memory: steps after the first allocate nothing while the shapes stay the same. Threads: one thread at a time.
/// Source: Vaswani et al. 2017, "Attention Is All You Need", section 3.2.
template <std::floating_point T>
struct attention : one_input<attention<T>, xt::xtensor<T, 3>>, attention_readings<attention<T>> {
  using sequence = xt::xtensor<T, 3>;
  using matrix = xt::xtensor<T, 2>;
  using vector = xt::xtensor<T, 1>;
  static constexpr std::string_view layer_name = "attention";

  attention_options options;
  matrix wq, wk, wv, wo;     ///< weights (units, units)
  vector bq, bk, bv, bo;     ///< biases (units)
  vector gq, gk;             ///< gains of qk-norm (width), 1 at first
  matrix dwq, dwk, dwv, dwo; ///< gradients of the last backward
  vector dbq, dbk, dbv, dbo, dgq, dgk;

  /// Weights from the initializer, biases 0, gains 1. Throws shape_error unless heads divides units, both at least 1;
  /// std::invalid_argument if an option is out of range, and what the initializer throws.
  template <initializer<T> Init, std::uniform_random_bit_generator G>
  attention(std::size_t units, std::size_t heads, Init const& init, G& generator, attention_options const& o = {})
      : options(o), heads_(checked_heads(units, heads)) {
    options.require_valid();
    for (matrix* w : {&wq, &wk, &wv, &wo}) {
      w->resize({units, units});
      fill(init, *w, fans{units, units}, generator);
    }
    for (matrix* dw : {&dwq, &dwk, &dwv, &dwo}) {
      dw->resize({units, units});
      std::fill_n(dw->data(), dw->size(), T(0));
    }
    for (vector* b : {&bq, &bk, &bv, &bo, &dbq, &dbk, &dbv, &dbo}) {
      b->resize({units});
      std::fill_n(b->data(), units, T(0));
    }
    for (vector* g : {&gq, &gk, &dgq, &dgk}) {
      g->resize({units / heads});
      std::fill_n(g->data(), g->size(), g == &gq || g == &gk ? T(1) : T(0));
    }
  }

  // forward(x): self-attention, y (batch, time, units) for x of that shape; see one_input.
  using one_input<attention<T>, sequence>::forward;

  /// The same for sequences of which some tokens are padding: tokens (batch, time), 0 for padding. The mask counts for
  /// this pass and its backward.
  template <class X, class M> sequence const& forward(X&& x, xt::xexpression<M> const& tokens) {
    auto const& shape = std::as_const(x).shape();
    check_input(shape);
    options.require_valid();
    core_.mask.take("attention::forward", tokens, static_cast<std::size_t>(shape[0]),
                    static_cast<std::size_t>(shape[1]), true);
    return this->forward(std::forward<X>(x));
  }

  /// Cross-attention: queries from x, keys and values from another source (batch, keys, units). backward() makes
  /// source_gradient() too. The source's values are kept.
  template <class X, class S> sequence const& forward_cross(X&& x, xt::xexpression<S> const& source) {
    check_source(std::as_const(x).shape(), source.derived_cast().shape());
    options.require_valid();
    detail::assign_values(source_, source);
    crosses_ = true;
    return this->forward(std::forward<X>(x));
  }
  /// The same for a source of which some tokens are padding: tokens (batch, keys), 0 for padding.
  template <class X, class S, class M>
  sequence const& forward_cross(X&& x, xt::xexpression<S> const& source, xt::xexpression<M> const& tokens) {
    auto const& shape = source.derived_cast().shape();
    check_source(std::as_const(x).shape(), shape);
    options.require_valid();
    core_.mask.take("attention::forward_cross", tokens, static_cast<std::size_t>(shape[0]),
                    static_cast<std::size_t>(shape[1]), false);
    return forward_cross(std::forward<X>(x), source);
  }

  /// Returns dL/dx for dL/dy, both (batch, time, units), and overwrites the gradients. Throws shape_error if dy does
  /// not fit y, std::logic_error before the first forward.
  template <class E> sequence const& backward(xt::xexpression<E> const& dy) {
    sequence const& g = this->output_gradient(dy, "dy", "backward", y_);
    sequence const& x = this->x();
    sequence const& s = crossed_ ? source_ : x;
    for (sequence* d : {&da_, &dq_, &dx_}) {
      detail::fit(*d, x.shape());
    }
    detail::fit(dk_, s.shape());
    detail::fit(dv_, s.shape());
    detail::projection_gradients(a_, g, dwo, dbo);
    detail::project_back(g, wo, da_, T(0));
    core_.backward(heads(std::as_const(query())), heads(std::as_const(key())), heads(std::as_const(v_)),
                   heads(std::as_const(da_)), heads(dq_), heads(dk_), heads(dv_));
    if (normed_) {
      detail::normalize_rows_gradient(q_.data(), gq.data(), q_scale_.data(), q_scale_.size(), width(), dq_.data(),
                                      dgq.data());
      detail::normalize_rows_gradient(k_.data(), gk.data(), k_scale_.data(), k_scale_.size(), width(), dk_.data(),
                                      dgk.data());
    }
    detail::projection_gradients(x, dq_, dwq, dbq);
    detail::projection_gradients(s, dk_, dwk, dbk);
    detail::projection_gradients(s, dv_, dwv, dbv);
    detail::project_back(dq_, wq, dx_, T(0));
    sequence& ds = crossed_ ? ds_ : dx_;
    detail::fit(ds, s.shape());
    detail::project_back(dk_, wk, ds, crossed_ ? T(0) : T(1));
    detail::project_back(dv_, wv, ds, T(1));
    return dx_;
  }

  [[nodiscard]] std::size_t units() const { return wq.shape(0); }
  [[nodiscard]] std::size_t head_count() const { return heads_; }
  [[nodiscard]] std::size_t width() const { return wq.shape(1) / heads_; }
  /// What the softmax of the last forward saw, (batch, heads, time, keys); -inf if masked.
  [[nodiscard]] xt::xtensor<T, 4> const& logits() const { return core_.logits(); }
  /// Its result, of the same shape.
  [[nodiscard]] xt::xtensor<T, 4> const& probabilities() const { return core_.probabilities(); }
  /// dL/dsource of the last backward after forward_cross.
  [[nodiscard]] sequence const& source_gradient() const { return ds_; }
  /// The projections of the last forward, before qk-norm: (batch, time, units), (batch, keys, units).
  [[nodiscard]] sequence const& q() const { return q_; }
  [[nodiscard]] sequence const& k() const { return k_; }
  [[nodiscard]] detail::attention_core<T> const& core() const { return core_; }

  template <class F> void each_parameter(F&& f) { visit(*this, f); }
  template <class F> void each_parameter(F&& f) const { visit(*this, f); }

private:
  friend one_input<attention, sequence>;

  static std::size_t checked_heads(std::size_t units, std::size_t heads) {
    if (units == 0 || heads == 0 || units % heads != 0 || !detail::fits_blas(units)) {
      detail::bad_shape("attention", "(units, heads)", detail::shape_text({units, heads}),
                        detail::message("units from 1 to ", detail::largest_extent, ", a multiple of heads"));
    }
    return heads;
  }
  template <class Self, class F> static void visit(Self& self, F& f) {
    f(std::string_view("wq"), self.wq, self.dwq);
    f(std::string_view("bq"), self.bq, self.dbq);
    f(std::string_view("wk"), self.wk, self.dwk);
    f(std::string_view("bk"), self.bk, self.dbk);
    f(std::string_view("wv"), self.wv, self.dwv);
    f(std::string_view("bv"), self.bv, self.dbv);
    f(std::string_view("wo"), self.wo, self.dwo);
    f(std::string_view("bo"), self.bo, self.dbo);
    if (self.options.qk_norm) {
      f(std::string_view("gq"), self.gq, self.dgq);
      f(std::string_view("gk"), self.gk, self.dgk);
    }
  }
  template <class Shape>
  void check_sequence(Shape const& shape, std::string_view function, std::string_view what) const {
    if (shape.size() != 3 || static_cast<std::size_t>(shape[2]) != units() ||
        !detail::fits_blas(static_cast<std::size_t>(shape[0]) * static_cast<std::size_t>(shape[1]))) {
      detail::bad_shape(function, what, detail::shape_text(shape),
                        detail::message("(batch, time, ", units(), "), for wq ", detail::shape_text(wq.shape())));
    }
  }
  template <class Shape> void check_input(Shape const& shape) const {
    check_sequence(shape, "attention::forward", "x");
  }
  template <class X, class S> void check_source(X const& x, S const& source) const {
    check_sequence(x, "attention::forward_cross", "x");
    check_sequence(source, "attention::forward_cross", "the source");
    if (x[0] != source[0]) {
      detail::bad_shape("attention::forward_cross", "the source", detail::shape_text(source),
                        detail::message("the batch of x ", detail::shape_text(x)));
    }
  }
  template <class F> void each_own(F&& f) const {
    for (sequence const* own : {&q_, &k_, &v_, &a_, &y_, &dx_, &ds_}) {
      f(*own);
    }
    core_.each_own(f);
  }

  /// Throws shape_error if a parameter has lost its shape.
  void require_parameters() const {
    each_parameter([this](std::string_view name, auto const& parameter, auto const&) {
      std::size_t const shape[] = {name[0] == 'g' ? width() : units(), units()};
      detail::require_shape("attention::forward", name, parameter.shape(), std::span(shape, parameter.dimension()),
                            "as constructed");
    });
  }

  sequence const& run() {
    options.require_valid();
    require_parameters();
    crossed_ = std::exchange(crosses_, false);
    normed_ = options.qk_norm;
    sequence const& x = this->x();
    sequence const& s = crossed_ ? source_ : x;
    detail::project(x, wq, bq, q_);
    detail::project(s, wk, bk, k_);
    detail::project(s, wv, bv, v_);
    if (normed_) {
      detail::normalize_heads(q_, gq, qn_, q_scale_);
      detail::normalize_heads(k_, gk, kn_, k_scale_);
    }
    detail::fit(a_, q_.shape());
    core_.forward({x.shape(0), heads_, x.shape(1), s.shape(1), width(), width()}, options,
                  heads(std::as_const(query())), heads(std::as_const(key())), heads(std::as_const(v_)), heads(a_));
    detail::project(a_, wo, bo, y_);
    return y_;
  }
  [[nodiscard]] sequence& query() { return normed_ ? qn_ : q_; }
  [[nodiscard]] sequence& key() { return normed_ ? kn_ : k_; }
  template <class S> [[nodiscard]] auto heads(S& of) const { return detail::heads_of(of, width()); }

  std::size_t heads_;
  bool crosses_ = false, crossed_ = false, normed_ = false;
  sequence source_, q_, k_, v_, qn_, kn_, a_, y_;
  vector q_scale_, k_scale_; // of qk-norm
  sequence da_, dq_, dk_, dv_, dx_, ds_;
  detail::attention_core<T> core_;
};

}} // namespace satur::SATUR_ABI
