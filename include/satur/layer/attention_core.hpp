/// \file layer/attention_core.hpp  Scaled dot product attention on memory, head by head: the pass and its gradients.
#pragma once

#include "satur/activation/tanh.hpp"
#include "satur/layer/attention_mask.hpp"
#include "satur/layer/attention_options.hpp"
#include "satur/layer/one_input.hpp"
#include "satur/layer/product.hpp"
#include "satur/rowwise/observe.hpp"
#include "satur/simd/loop.hpp"
#include "satur/simd/run.hpp"
#include "satur/tensor/compat.hpp"

#include <cmath>
#include <cstddef>
#include <span>

namespace satur::inline SATUR_ABI::detail {

/// The memory of heads: number i of row t of head h of sample b is data[b * sample + h * head + t * row + i].
template <class T> struct head_memory {
  T* data;
  std::size_t sample, head, row;

  [[nodiscard]] T* at(std::size_t b, std::size_t h) const {
    return data == nullptr ? nullptr : data + (b * sample + h * head);
  }
};

struct attention_extents {
  std::size_t batch = 0, heads = 0, queries = 0, keys = 0;
  std::size_t width = 1;       ///< of a row of q and k
  std::size_t value_width = 1; ///< of a row of v and y
};

/// z = cap tanh(s / cap). z may be s.
template <class T> struct softcap_pass {
  T const* s;
  T* z;
  std::size_t n;
  T cap;

  template <class L> SATUR_INLINE void run() const {
    for_each_register<L>(n, [this](std::size_t i, auto part) SATUR_INLINE_LAMBDA {
      part.store(z + i, L(cap) * tanh{}.value(L(part.load(s + i, T(0)) / L(cap))));
    });
  }
};
/// ds = dz tanh'(s / cap). ds may be dz.
template <class T> struct softcap_gradient_pass {
  T const* s;
  T const* dz;
  T* ds;
  std::size_t n;
  T cap;

  template <class L> SATUR_INLINE void run() const {
    for_each_register<L>(n, [this](std::size_t i, auto part) SATUR_INLINE_LAMBDA {
      part.store(ds + i, part.load(dz + i, T(0)) * tanh{}.derivative(L(part.load(s + i, T(0)) / L(cap))));
    });
  }
};
template <class T> void apply_softcap(T const* s, T* z, std::size_t n, double cap) {
  softcap_pass<T> const pass{s, z, n, static_cast<T>(cap)};
  math::run<T>(pass);
}

/// y = softmax(mask(cap(q k / sqrt(width)))) v for each head of each sample, and the gradients. It keeps the products,
/// the logits that the softmax sees, and the probabilities, each (batch, heads, queries, keys).
template <class T> class attention_core {
public:
  using tensor = xt::xtensor<T, 4>;

  attention_mask mask;

  void forward(attention_extents const& e, attention_options const& options, head_memory<T const> q,
               head_memory<T const> k, head_memory<T const> v, head_memory<T> y) {
    options.require_valid();
    extents_ = e;
    options_ = options;
    mask.begin(options.causal, e.queries, e.keys);
    fit(logits_, {e.batch, e.heads, e.queries, e.keys});
    fit(probabilities_, {e.batch, e.heads, e.queries, e.keys});
    if (capped()) {
      fit(products_, {e.batch, e.heads, e.queries, e.keys});
    }
    T const scale = T(1) / std::sqrt(static_cast<T>(e.width));
    for (std::size_t b = 0; b < e.batch; ++b) {
      for (std::size_t h = 0; h < e.heads; ++h) {
        T* const s = (capped() ? products_ : logits_).data() + place(b, h);
        T* const z = logits_.data() + place(b, h);
        T* const p = probabilities_.data() + place(b, h);
        multiply<T>({q.at(b, h), q.row}, {k.at(b, h), k.row, true}, e.queries, e.keys, e.width, s, e.keys, T(0), scale);
        mask.hide(b, s);
        settle(b, s, z);
        if (block() != 0) {
          satur::apply(softmax{}, std::span<T const>(z, block()), std::span<T>(p, block()), e.keys);
          if (options.masked == masked_row::zero) {
            mask.clear_rows_without_key(b, p);
          }
        }
        multiply<T>({p, e.keys}, {v.at(b, h), v.row}, e.queries, e.value_width, e.keys, y.at(b, h), y.row);
        if (e.keys == 0 && options.masked == masked_row::nan) {
          for (std::size_t i = 0; i < e.queries; ++i) {
            std::fill_n(y.at(b, h) + i * y.row, e.value_width, std::numeric_limits<T>::quiet_NaN());
          }
        }
      }
    }
  }

  /// q, k and v are those of forward; dq, dk and dv are overwritten.
  void backward(head_memory<T const> q, head_memory<T const> k, head_memory<T const> v, head_memory<T const> dy,
                head_memory<T> dq, head_memory<T> dk, head_memory<T> dv) {
    attention_extents const& e = extents_;
    T const scale = T(1) / std::sqrt(static_cast<T>(e.width));
    fit(gradient_, {e.queries, e.keys});
    for (std::size_t b = 0; b < e.batch; ++b) {
      for (std::size_t h = 0; h < e.heads; ++h) {
        T const* const p = probabilities_.data() + place(b, h);
        T* const d = gradient_.data(); // dL/dp, then dL/d(q k)
        multiply<T>({p, e.keys, true}, {dy.at(b, h), dy.row}, e.keys, e.value_width, e.queries, dv.at(b, h), dv.row);
        multiply<T>({dy.at(b, h), dy.row}, {v.at(b, h), v.row, true}, e.queries, e.keys, e.value_width, d, e.keys);
        if (block() != 0) {
          std::span<T> const gradient(d, block());
          satur::pullback(softmax{}, std::span<T const>(p, block()), gradient, gradient, e.keys);
        }
        if (capped()) {
          softcap_gradient_pass<T> const pass{products_.data() + place(b, h), d, d, block(),
                                              static_cast<T>(options_.softcap)};
          math::run<T>(pass);
        }
        multiply<T>({d, e.keys}, {k.at(b, h), k.row}, e.queries, e.width, e.keys, dq.at(b, h), dq.row, T(0), scale);
        multiply<T>({d, e.keys, true}, {q.at(b, h), q.row}, e.keys, e.width, e.queries, dk.at(b, h), dk.row, T(0),
                    scale);
      }
    }
  }

  /// z = what the softmax sees, from masked products s of one head of sample b. z may be s.
  void settle(std::size_t b, T const* s, T* z) const {
    if (capped()) {
      apply_softcap(s, z, block(), options_.softcap);
      mask.hide(b, z); // the cap made -cap of -inf
    }
  }

  [[nodiscard]] attention_extents const& extents() const { return extents_; }
  [[nodiscard]] attention_options const& options() const { return options_; }
  [[nodiscard]] bool capped() const { return options_.softcap > 0.0; }
  /// q k / sqrt(width), -inf if masked.
  [[nodiscard]] tensor const& products() const { return capped() ? products_ : logits_; }
  [[nodiscard]] tensor const& logits() const { return logits_; }
  [[nodiscard]] tensor const& probabilities() const { return probabilities_; }
  /// Where head h of sample b begins in each of them.
  [[nodiscard]] std::size_t place(std::size_t b, std::size_t h) const { return (b * extents_.heads + h) * block(); }
  /// Numbers of a head of a sample in each of them.
  [[nodiscard]] std::size_t block() const { return extents_.queries * extents_.keys; }

  template <class F> void each_own(F&& f) const {
    f(logits_);
    f(probabilities_);
    f(products_);
  }

private:
  attention_extents extents_;
  attention_options options_;
  tensor logits_ = tensor::from_shape({0, 0, 0, 0});
  tensor probabilities_ = tensor::from_shape({0, 0, 0, 0});
  tensor products_ = tensor::from_shape({0, 0, 0, 0}); // with a softcap only
  xt::xtensor<T, 2> gradient_;                         // of one head, the only workspace
};

} // namespace satur::inline SATUR_ABI::detail
