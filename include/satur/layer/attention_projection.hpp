/// \file layer/attention_projection.hpp  Dense layers over sequences (batch, time, units), as GEMMs of all tokens.
#pragma once

#include "satur/config.hpp"
#include "satur/layer/attention_core.hpp"
#include "satur/layer/attention_head_norm.hpp"
#include "satur/layer/bias.hpp"
#include "satur/layer/one_input.hpp"
#include "satur/layer/product.hpp"
#include "satur/tensor/compat.hpp"

#include <algorithm>
#include <cstddef>
#include <type_traits>

namespace satur::inline SATUR_ABI::detail {

template <class T> [[nodiscard]] std::size_t tokens_of(xt::xtensor<T, 3> const& x) { return x.shape(0) * x.shape(1); }

/// y = x w + b.
template <class T>
void project(xt::xtensor<T, 3> const& x, xt::xtensor<T, 2> const& w, xt::xtensor<T, 1> const& b, xt::xtensor<T, 3>& y) {
  std::size_t const tokens = tokens_of(x), in = w.shape(0), out = w.shape(1);
  fit(y, {x.shape(0), x.shape(1), out});
  multiply<T>({x.data(), in}, {w.data(), out}, tokens, out, in, y.data(), out);
  add_bias(y.data(), tokens, out, b.data());
}
/// dx = dy w^T + beta dx.
template <class T>
void project_back(xt::xtensor<T, 3> const& dy, xt::xtensor<T, 2> const& w, xt::xtensor<T, 3>& dx, T beta) {
  std::size_t const in = w.shape(0), out = w.shape(1);
  multiply<T>({dy.data(), out}, {w.data(), out, true}, tokens_of(dy), in, out, dx.data(), in, beta);
}
/// dw = x^T dy and db = the column sums of dy.
template <class T>
void projection_gradients(xt::xtensor<T, 3> const& x, xt::xtensor<T, 3> const& dy, xt::xtensor<T, 2>& dw,
                          xt::xtensor<T, 1>& db) {
  std::size_t const tokens = tokens_of(x), in = x.shape(2), out = dy.shape(2);
  fit(dw, {in, out});
  fit(db, {out});
  if (tokens != 0) {
    multiply<T>({x.data(), in, true}, {dy.data(), out}, in, out, tokens, dw.data(), out);
  } else {
    std::fill_n(dw.data(), dw.size(), T(0));
  }
  column_sums(dy.data(), tokens, out, db.data());
}

/// The heads of a sequence, each `width` columns.
template <class S> [[nodiscard]] auto heads_of(S& of, std::size_t width) {
  using number = std::remove_pointer_t<decltype(of.data())>;
  return head_memory<number>{of.data(), of.shape(1) * of.shape(2), width, of.shape(2)};
}

/// y = each head of each token of x, normalized and multiplied by the gain (width).
template <class T>
void normalize_heads(xt::xtensor<T, 3> const& x, xt::xtensor<T, 1> const& gain, xt::xtensor<T, 3>& y,
                     xt::xtensor<T, 1>& scale) {
  std::size_t const width = gain.size(), rows = x.size() / width;
  fit(y, x.shape());
  fit(scale, {rows});
  normalize_rows(x.data(), gain.data(), rows, width, y.data(), scale.data());
}

} // namespace satur::inline SATUR_ABI::detail
