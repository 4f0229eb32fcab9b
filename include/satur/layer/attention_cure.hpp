/// \file layer/attention_cure.hpp  Cures of logits that grow too large, and what each will do, from the recorded
/// logits.
///
///     auto const then = satur::predict_qk_clip(layer);   // records by head, before anything is changed
///     satur::qk_clip(layer);                              // changes wq, bq, wk, bk
///     layer.options.softcap = 50;                         // the other two are options
///     layer.options.qk_norm = true;
#pragma once

#include "satur/config.hpp"
#include "satur/error.hpp"
#include "satur/layer/attention.hpp"
#include "satur/layer/attention_head_norm.hpp"
#include "satur/layer/attention_readings.hpp"
#include "satur/layer/product.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace satur { inline namespace SATUR_ABI {

namespace detail {

/// The records that observe() would give if the masked products (queries, keys) of head h of sample b were those that
/// change(b, h, s) makes of them in place, under the options.
template <class T, class Change>
[[nodiscard]] std::vector<named_attention> predict_heads(attention_core<T> const& core, double softcap,
                                                         Change const& change) {
  std::vector<T> products(core.block()), logits(core.block());
  std::vector<named_attention> found;
  for (std::size_t h = 0; h < core.extents().heads; ++h) {
    found.push_back({head_name(h), attention_record({}, 0.1)});
    for (std::size_t b = 0; b < core.extents().batch; ++b) {
      std::copy_n(core.products().data() + core.place(b, h), core.block(), products.data());
      change(b, h, products.data());
      core.mask.hide(b, products.data());
      T const* z = products.data();
      if (softcap > 0.0) {
        apply_softcap(products.data(), logits.data(), core.block(), softcap);
        core.mask.hide(b, logits.data());
        z = logits.data();
      }
      observe_head(found.back().record, core, b, z, static_cast<T const*>(products.data()));
    }
  }
  return found;
}

template <class T> void require_forward(attention<T> const& layer, std::string_view function) {
  if (layer.core().extents().heads == 0) {
    raise(std::logic_error(message("satur::", function, ": no logits to go by; call forward first")));
  }
}

/// The factor of QK-Clip on the product of each head.
template <class T>
[[nodiscard]] std::vector<double> qk_clip_factors(attention<T> const& layer, double tau, std::string_view function) {
  require_forward(layer, function);
  if (is_nan(tau) || !(tau > 0.0)) {
    bad_parameter(function, "tau", tau, "a number above 0, such as 100");
  }
  if (layer.core().options().qk_norm) {
    raise(std::invalid_argument(message("satur::", function, ": qk-norm divides any factor on wq and wk out again; ",
                                        "its logits are at most sqrt(width) max |gq gk|: scale gq and gk")));
  }
  std::vector<double> factors;
  for (named_attention const& head : layer.observe()) {
    double const largest = head.record.largest_product;
    factors.push_back(is_finite(largest) && largest > tau ? tau / largest : 1.0);
  }
  return factors;
}

} // namespace detail

/// QK-Clip: scales q k of each head whose largest product S_max is above tau by tau / S_max, the columns of wq and bq
/// and those of wk and bk of the head each by the square root of it. S_max is that of the last forward, before a
/// softcap. Returns the factor of each head, 1 if it is left alone (as if S_max is not finite). Throws
/// std::invalid_argument if tau is not above 0 or the last forward had qk-norm, std::logic_error before the first.
///
/// Effect: all products of the head, on any input, are multiplied by the factor. v and the other heads stay.
///
/// Source: Kimi Team 2025, "Kimi K2: Open Agentic Intelligence", section 2.1, with tau = 100.
template <class T> std::vector<double> qk_clip(attention<T>& layer, double tau = 100.0) {
  std::vector<double> const factors = detail::qk_clip_factors(layer, tau, "qk_clip");
  std::size_t const width = layer.width();
  auto const scale = [&](auto& weights, std::size_t rows) {
    for (std::size_t r = 0; r < rows; ++r) {
      for (std::size_t c = 0; c < layer.units(); ++c) {
        weights.data()[r * layer.units() + c] *= static_cast<T>(std::sqrt(factors[c / width]));
      }
    }
  };
  scale(layer.wq, layer.units());
  scale(layer.wk, layer.units());
  scale(layer.bq, 1);
  scale(layer.bk, 1);
  return factors;
}

/// The records by head that the batch of the last forward would give after qk_clip(layer, tau): the largest logit,
/// exactly but for rounding, the entropy, and the rest. Throws as qk_clip.
template <class T>
[[nodiscard]] std::vector<named_attention> predict_qk_clip(attention<T> const& layer, double tau = 100.0) {
  std::vector<double> const factors = detail::qk_clip_factors(layer, tau, "predict_qk_clip");
  auto const& core = layer.core();
  return detail::predict_heads(core, core.options().softcap, [&](std::size_t, std::size_t h, T* s) {
    T const factor = static_cast<T>(factors[h]);
    std::for_each(s, s + core.block(), [factor](T& x) { x *= factor; });
  });
}

/// The same for options.softcap = cap: every logit s becomes cap tanh(s / cap), the largest too. Throws
/// std::invalid_argument unless cap is 0 or positive and finite, std::logic_error before the first forward.
template <class T> [[nodiscard]] std::vector<named_attention> predict_softcap(attention<T> const& layer, double cap) {
  detail::require_forward(layer, "predict_softcap");
  attention_options{.softcap = cap}.require_valid();
  return detail::predict_heads(layer.core(), cap, [](std::size_t, std::size_t, T*) {});
}

/// The same for options.qk_norm = true with the gains that the layer has, from its last q and k. Throws
/// std::logic_error before the first forward.
template <class T> [[nodiscard]] std::vector<named_attention> predict_qk_norm(attention<T> const& layer) {
  detail::require_forward(layer, "predict_qk_norm");
  auto const& core = layer.core();
  std::size_t const queries = core.extents().queries, keys = core.extents().keys, width = layer.width();
  xt::xtensor<T, 3> q, k;
  xt::xtensor<T, 1> scale;
  detail::normalize_heads(layer.q(), layer.gq, q, scale);
  detail::normalize_heads(layer.k(), layer.gk, k, scale);
  auto const q_heads = detail::heads_of(std::as_const(q), width);
  auto const k_heads = detail::heads_of(std::as_const(k), width);
  T const factor = T(1) / std::sqrt(static_cast<T>(width));
  return detail::predict_heads(core, core.options().softcap, [&](std::size_t b, std::size_t h, T* s) {
    detail::multiply<T>({q_heads.at(b, h), q_heads.row}, {k_heads.at(b, h), k_heads.row, true}, queries, keys, width, s,
                        keys, T(0), factor);
  });
}

}} // namespace satur::SATUR_ABI
