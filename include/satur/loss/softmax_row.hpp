/// \file loss/softmax_row.hpp  The softmax of one row, and -sum over c of t[c] log p[c], with all their digits.
#pragma once

#include "satur/config.hpp"
#include "satur/error.hpp"
#include "satur/math/exp.hpp"
#include "satur/math/log1p.hpp"
#include "satur/simd/loop.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <vector>

namespace satur::inline SATUR_ABI::detail {

/// x[i] = e^x[i], in place.
template <class T> struct exp_pass {
  T* x;
  std::size_t n;

  template <class L> SATUR_INLINE void run() const {
    for_each_register<L>(n, [this](std::size_t i, auto part)
                                SATUR_INLINE_LAMBDA { part.store(x + i, math::exp(part.load(x + i, T(0)))); });
  }
};

/// One row of logits in three steps: start, (aim), e^x of all numbers, finish. Every sum has terms of one sign, so that
/// nothing cancels.
struct softmax_row {
  std::size_t label = 0;   ///< the number of classes if the row has none
  std::size_t largest = 0; ///< index of the largest logit
  double on_label = 0.0;   ///< t[label] without its share of what is spread
  double spread = 0.0;     ///< the sum of the shares
  double all = 0.0;        ///< the sum of t; 0 if the row takes no part
  double most = 0.0;       ///< the largest logit m, finite
  double nll = 0.0;        ///< -log p[label]; m - logit[label] before finish
  double rest = 0.0;       ///< 1 - p[largest]
  double loss = 0.0;       ///< -sum t log p; the sum of share[c] (m - logit[c]) before finish

  /// to = from - m.
  template <class T> void start(T const* from, T* to, std::size_t classes, std::size_t of_label) {
    std::size_t first = 0;
    for (std::size_t j = 1; j < classes; ++j) {
      first = from[j] > from[first] ? j : first;
    }
    // Clamped to finite numbers, because inf - inf raises FE_INVALID: a row of -inf then has the sum 0, one with +inf
    // the sum inf.
    T const m = std::clamp(from[first], std::numeric_limits<T>::lowest(), (std::numeric_limits<T>::max)());
    *this = {};
    label = of_label;
    largest = first;
    most = static_cast<double>(m);
    for (std::size_t j = 0; j < classes; ++j) {
      to[j] = from[j] - m;
    }
  }
  /// t is weight on the label, plus shares[c] on every class (if there are any). Not for a row without a label.
  template <class T> void aim(T const* from, double weight, std::vector<double> const& shares, double sum_of_shares) {
    on_label = weight;
    spread = sum_of_shares;
    all = on_label + spread;
    nll = most - static_cast<double>(from[label]);
    for (std::size_t j = 0; j < shares.size(); ++j) {
      loss += shares[j] == 0.0 ? 0.0 : shares[j] * (most - static_cast<double>(from[j]));
    }
  }
  /// p = p / sum. Whether the label has the largest logit.
  template <class T> bool finish(T* p, std::size_t classes) {
    double others = 0;
    for (std::size_t j = 0; j < classes; ++j) {
      others += j == largest ? 0.0 : static_cast<double>(p[j]);
    }
    double const sum = static_cast<double>(p[largest]) + others;
    constexpr double none = std::numeric_limits<double>::quiet_NaN();
    if (sum == 0 || !is_finite(sum)) {
      std::fill_n(p, classes, static_cast<T>(none));
      nll = rest = none;
      loss = all == 0.0 ? 0.0 : none;
      return false;
    }
    for (std::size_t j = 0; j < classes; ++j) {
      p[j] = static_cast<T>(static_cast<double>(p[j]) / sum);
    }
    double const log_sum = math::log1p(others);
    nll += log_sum;
    rest = others / sum;
    loss = (on_label == 0.0 ? 0.0 : on_label * nll) + (spread == 0.0 ? 0.0 : loss + spread * log_sum);
    return largest == label;
  }
};

} // namespace satur::inline SATUR_ABI::detail
