/// \file layer/attention_mask.hpp  Which keys a query may see: causal order, and tokens that are padding.
#pragma once

#include "satur/layer/one_input.hpp"
#include "satur/tensor/compat.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

namespace satur::inline SATUR_ABI::detail {

/// The mask of one forward pass. Query i of sample b sees the keys j that are tokens, and with causal order j <= i.
class attention_mask {
public:
  /// Takes the tokens (batch, keys) for the next begin(): numbers or bools, 0 for padding. hides_queries: the queries
  /// are the same tokens, and readings leave those out that are padding. Throws shape_error for another shape.
  template <class M>
  void take(std::string_view function, xt::xexpression<M> const& tokens, std::size_t batch, std::size_t keys,
            bool hides_queries) {
    auto const& given = tokens.derived_cast();
    require_shape(function, "the mask", given.shape(), std::array<std::size_t, 2>{batch, keys},
                  "one number for each key, 0 for padding");
    fit(tokens_, {batch, keys});
    std::transform(given.template begin<xt::layout_type::row_major>(), given.template end<xt::layout_type::row_major>(),
                   tokens_.data(), [](auto x) { return static_cast<std::uint8_t>(x != decltype(x)(0)); });
    first_.resize(batch);
    for (std::size_t b = 0; b < batch; ++b) {
      std::uint8_t const* const row = tokens_.data() + b * keys;
      first_[b] = static_cast<std::size_t>(std::find(row, row + keys, std::uint8_t{1}) - row);
    }
    taken_ = true;
    taken_hides_queries_ = hides_queries;
  }
  /// Starts a pass, with the tokens taken since the last one, or without.
  void begin(bool causal, std::size_t queries, std::size_t keys) {
    causal_ = causal;
    queries_ = queries;
    keys_ = keys;
    padded_ = std::exchange(taken_, false);
    hides_queries_ = padded_ && taken_hides_queries_;
  }

  /// Whether query i of sample b may see key j.
  [[nodiscard]] bool sees(std::size_t b, std::size_t i, std::size_t j) const {
    return j < in_order(i) && (!padded_ || tokens_.data()[b * keys_ + j] != 0);
  }
  /// Whether query i of sample b may see any key.
  [[nodiscard]] bool sees_any(std::size_t b, std::size_t i) const { return (padded_ ? first_[b] : 0) < in_order(i); }
  /// Whether readings count query i of sample b: it is no padding, and sees a key.
  [[nodiscard]] bool counts(std::size_t b, std::size_t i) const {
    return sees_any(b, i) && (!hides_queries_ || tokens_.data()[b * keys_ + i] != 0);
  }

  /// Writes -inf over the logits (queries, keys) of sample b that are hidden.
  template <class T> void hide(std::size_t b, T* z) const {
    constexpr T hidden = -std::numeric_limits<T>::infinity();
    if (!causal_ && !padded_) {
      return;
    }
    for (std::size_t i = 0; i < queries_; ++i, z += keys_) {
      std::size_t const end = in_order(i);
      if (padded_) {
        std::uint8_t const* const token = tokens_.data() + b * keys_;
        for (std::size_t j = 0; j < end; ++j) {
          z[j] = token[j] != 0 ? z[j] : hidden;
        }
      }
      std::fill(z + end, z + keys_, hidden);
    }
  }
  /// Writes 0 over the rows of p (queries, keys) of sample b that see no key.
  template <class T> void clear_rows_without_key(std::size_t b, T* p) const {
    for (std::size_t i = 0; padded_ && i < queries_; ++i) {
      if (!sees_any(b, i)) {
        std::fill_n(p + i * keys_, keys_, T(0));
      }
    }
  }
  /// Calls f(first, n) for each run of queries of sample b that readings count.
  template <class F> void each_run(std::size_t b, F&& f) const {
    for (std::size_t i = 0; i < queries_;) {
      std::size_t const first = i;
      while (i < queries_ && counts(b, i)) {
        ++i;
      }
      if (i > first) {
        f(first, i - first);
      } else {
        ++i;
      }
    }
  }

private:
  /// Keys before which causal order ends.
  [[nodiscard]] std::size_t in_order(std::size_t i) const { return causal_ ? (std::min)(i + 1, keys_) : keys_; }

  bool causal_ = false, padded_ = false, hides_queries_ = false;
  bool taken_ = false, taken_hides_queries_ = false;
  std::size_t queries_ = 0, keys_ = 0;
  xt::xtensor<std::uint8_t, 2> tokens_;
  std::vector<std::size_t> first_; // of each sample: the first key that is a token, `keys` if there is none
};

} // namespace satur::inline SATUR_ABI::detail
