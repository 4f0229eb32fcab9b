// Attention by its definition, in double and plain loops.
#pragma once

#include <satur/tensor/compat.hpp>

#include <cmath>
#include <cstddef>
#include <limits>

namespace satur_test {

using plain4 = xt::xtensor<double, 4>;

/// What is computed, by the conventions of torch.nn.functional.scaled_dot_product_attention (scale 1 / sqrt(width);
/// causal: query i sees the keys j <= i; a mask of keys that may be seen), Gemma 2 (softcap: c tanh(logit / c)) and
/// Qwen 3 (qk-norm: RMSNorm of each head with a gain for each of its columns, epsilon 1e-6).
struct plain_options {
  bool causal = false;
  double softcap = 0.0;
  bool qk_norm = false;
  bool nan_rows = false; // what a query that sees no key gives: 0 or NaN
  xt::xtensor<bool, 2> tokens = xt::xtensor<bool, 2>::from_shape({0, 0}); // (batch, keys); empty: all
};

struct plain_result {
  plain4 products, logits, probabilities, y;
};

template <class Q, class K, class V>
plain_result plain_attention(Q const& q, K const& k, V const& v, plain_options const& o) {
  std::size_t const batch = q.shape(0), heads = q.shape(1), queries = q.shape(2), width = q.shape(3);
  std::size_t const keys = k.shape(2), value_width = v.shape(3);
  double const infinity = std::numeric_limits<double>::infinity();
  plain_result r{plain4::from_shape({batch, heads, queries, keys}), plain4::from_shape({batch, heads, queries, keys}),
                 plain4::from_shape({batch, heads, queries, keys}),
                 plain4::from_shape({batch, heads, queries, value_width})};
  for (std::size_t b = 0; b < batch; ++b) {
    for (std::size_t h = 0; h < heads; ++h) {
      for (std::size_t i = 0; i < queries; ++i) {
        double sum = 0.0, largest = -infinity;
        for (std::size_t j = 0; j < keys; ++j) {
          double dot = 0.0;
          for (std::size_t c = 0; c < width; ++c) {
            dot += static_cast<double>(q(b, h, i, c)) * static_cast<double>(k(b, h, j, c));
          }
          double const s = dot / std::sqrt(static_cast<double>(width));
          bool const hidden = (o.causal && j > i) || (o.tokens.size() != 0 && !o.tokens(b, j));
          r.products(b, h, i, j) = hidden ? -infinity : s;
          r.logits(b, h, i, j) = hidden ? -infinity : o.softcap > 0 ? o.softcap * std::tanh(s / o.softcap) : s;
          largest = std::fmax(largest, r.logits(b, h, i, j));
        }
        for (std::size_t j = 0; j < keys && largest > -infinity; ++j) {
          sum += std::exp(r.logits(b, h, i, j) - largest);
        }
        for (std::size_t j = 0; j < keys; ++j) {
          r.probabilities(b, h, i, j) = largest > -infinity ? std::exp(r.logits(b, h, i, j) - largest) / sum
                                        : o.nan_rows        ? std::numeric_limits<double>::quiet_NaN()
                                                            : 0.0;
        }
        for (std::size_t c = 0; c < value_width; ++c) {
          double y = keys == 0 && o.nan_rows ? std::numeric_limits<double>::quiet_NaN() : 0.0;
          for (std::size_t j = 0; j < keys; ++j) {
            y += r.probabilities(b, h, i, j) * static_cast<double>(v(b, h, j, c));
          }
          r.y(b, h, i, c) = y;
        }
      }
    }
  }
  return r;
}

/// (batch, heads, time, width) of x w + b, x (batch, time, units): head h has the columns from h width on.
template <class X, class W, class B> plain4 plain_projection(X const& x, W const& w, B const& b, std::size_t heads) {
  std::size_t const width = w.shape(1) / heads;
  plain4 y = plain4::from_shape({x.shape(0), heads, x.shape(1), width});
  for (std::size_t n = 0; n < x.shape(0); ++n) {
    for (std::size_t t = 0; t < x.shape(1); ++t) {
      for (std::size_t u = 0; u < w.shape(1); ++u) {
        double sum = static_cast<double>(b(u));
        for (std::size_t i = 0; i < w.shape(0); ++i) {
          sum += static_cast<double>(x(n, t, i)) * static_cast<double>(w(i, u));
        }
        y(n, u / width, t, u % width) = sum;
      }
    }
  }
  return y;
}
/// RMSNorm of each head.
template <class G> plain4 plain_head_norm(plain4 x, G const& gain) {
  for (std::size_t b = 0; b < x.shape(0); ++b) {
    for (std::size_t h = 0; h < x.shape(1); ++h) {
      for (std::size_t t = 0; t < x.shape(2); ++t) {
        double square = 0.0;
        for (std::size_t i = 0; i < x.shape(3); ++i) {
          square += x(b, h, t, i) * x(b, h, t, i);
        }
        for (std::size_t i = 0; i < x.shape(3); ++i) {
          x(b, h, t, i) *= static_cast<double>(gain(i)) / std::sqrt(square / static_cast<double>(x.shape(3)) + 1e-6);
        }
      }
    }
  }
  return x;
}

/// A whole layer; the source of keys and values is x itself in self-attention. y is (batch, time, units) in `output`.
template <class Layer, class X, class S>
plain_result plain_multi_head(Layer const& layer, X const& x, S const& source, plain_options const& o,
                              xt::xtensor<double, 3>& output) {
  std::size_t const heads = layer.head_count();
  plain4 q = plain_projection(x, layer.wq, layer.bq, heads);
  plain4 k = plain_projection(source, layer.wk, layer.bk, heads);
  if (o.qk_norm) {
    q = plain_head_norm(q, layer.gq);
    k = plain_head_norm(k, layer.gk);
  }
  plain_result r = plain_attention(q, k, plain_projection(source, layer.wv, layer.bv, heads), o);
  std::size_t const width = layer.units() / heads;
  output = xt::xtensor<double, 3>::from_shape({x.shape(0), x.shape(1), layer.units()});
  for (std::size_t b = 0; b < x.shape(0); ++b) {
    for (std::size_t t = 0; t < x.shape(1); ++t) {
      for (std::size_t u = 0; u < layer.units(); ++u) {
        double sum = static_cast<double>(layer.bo(u));
        for (std::size_t i = 0; i < layer.units(); ++i) {
          sum += r.y(b, i / width, t, i % width) * static_cast<double>(layer.wo(i, u));
        }
        output(b, t, u) = sum;
      }
    }
  }
  return r;
}

} // namespace satur_test
