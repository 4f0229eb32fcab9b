/// \file loss/softmax_cross_entropy.hpp  Softmax and cross-entropy of logits in one, for classification.
#pragma once

#include "satur/config.hpp"
#include "satur/error.hpp"
#include "satur/layer/input.hpp"
#include "satur/math/exp.hpp"
#include "satur/math/expm1.hpp"
#include "satur/math/log1p.hpp"
#include "satur/simd/loop.hpp"
#include "satur/simd/run.hpp"
#include "satur/tensor/compat.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <ranges>
#include <stdexcept>
#include <type_traits>
#include <vector>

namespace satur { inline namespace SATUR_ABI {

namespace detail {

/// x[i] = e^x[i], in place.
template <class T> struct exp_pass {
  T* x;
  std::size_t n;

  template <class L> SATUR_INLINE void run() const {
    for_each_register<L>(n, [this](std::size_t i, auto part)
                                SATUR_INLINE_LAMBDA { part.store(x + i, math::exp(part.load(x + i, T(0)))); });
  }
};

} // namespace detail

/// L = mean over the batch of -log p[label] with p = softmax(logits), in nats; dL/dlogits = (p - onehot) / batch.
///
/// Formula: m is the largest logit of a row, s the sum of e^(logit - m), p = e^(logit - m) / s. The loss of a row is
/// log1p(s - 1) + (m - logit[label]), with s - 1 summed without the largest term: a loss far below the precision of p
/// keeps its digits. p[label] - 1 is expm1(log p[label]): the gradient of a confident answer keeps its digits too.
/// Shapes: logits (batch, classes), one integer label for each row.
/// Special values: a logit of -inf excludes its class, p = 0; the loss is +inf if that class is the label. A row with
/// NaN or +inf, or of -inf only, has no softmax: its p, its gradient and the loss are NaN, and it is not a hit.
/// Accuracy in float, with d = m - logit, D the mean of d over p, and eps = 2^-23: the relative error of p is below
/// ((d + D)/2 + 2.5) eps unless p is subnormal; the error of a row's loss is below (D/2 + 1 - p[largest]) eps.
/// Memory: nothing is allocated after the first batch of a shape.
template <std::floating_point T> struct softmax_cross_entropy {
  using matrix = xt::xtensor<T, 2>;

  matrix probabilities;    ///< softmax of the last forward, (batch, classes)
  std::size_t correct = 0; ///< rows of the last forward whose largest logit is the label's; ties go to the lower class

  /// Returns the mean loss of logits (batch, classes) and one label in [0, classes) for each row. logits may be one of
  /// the loss's own arrays (probabilities, its gradient), or an expression that reads them. Throws shape_error if
  /// logits is empty or there is not one label for each row, std::invalid_argument with row and label if a label is not
  /// a class. Nothing is changed then.
  template <class E, std::ranges::contiguous_range R>
    requires std::ranges::sized_range<R> && std::integral<std::ranges::range_value_t<R>>
  double forward(xt::xexpression<E> const& logits, R const& labels) {
    E const& given = logits.derived_cast();
    check(given.shape(), labels);
    std::size_t const batch = static_cast<std::size_t>(given.shape()[0]);
    std::size_t const classes = static_cast<std::size_t>(given.shape()[1]);
    T const* const source = detail::values_of(logits, logits_, probabilities).data();
    if (probabilities.shape(0) != batch || probabilities.shape(1) != classes) {
      probabilities.resize({batch, classes});
    }
    rows_.resize(batch);
    auto const* const label = std::ranges::data(labels);
    for (std::size_t r = 0; r < batch; ++r) {
      start_row(rows_[r], source + r * classes, probabilities.data() + r * classes, classes,
                static_cast<std::size_t>(label[r]));
    }
    detail::exp_pass<T> const pass{probabilities.data(), probabilities.size()};
    math::run<T>(pass);
    double total = 0;
    correct = 0;
    for (std::size_t r = 0; r < batch; ++r) {
      total += finish_row(rows_[r], probabilities.data() + r * classes, classes);
    }
    return total / static_cast<double>(batch);
  }

  /// Returns dL/dlogits (batch, classes) of the last forward. Throws std::logic_error before the first.
  matrix const& backward() {
    if (rows_.empty()) {
      detail::raise(std::logic_error(
          "satur::softmax_cross_entropy::backward: no forward pass to differentiate; call forward first"));
    }
    std::size_t const batch = probabilities.shape(0);
    std::size_t const classes = probabilities.shape(1);
    if (gradient_.shape(0) != batch || gradient_.shape(1) != classes) {
      gradient_.resize({batch, classes});
    }
    T const share = T(1) / static_cast<T>(batch);
    std::transform(probabilities.data(), probabilities.data() + probabilities.size(), gradient_.data(),
                   [share](T p) { return p * share; });
    for (std::size_t r = 0; r < batch; ++r) {
      gradient_.data()[r * classes + rows_[r].label] =
          static_cast<T>(math::expm1(-rows_[r].loss) / static_cast<double>(batch));
    }
    return gradient_;
  }

private:
  struct row {
    std::size_t label;
    std::size_t largest; // index of the row's largest logit
    double loss;         // between start_row and finish_row: m - logit[label]
  };

  template <class Shape, class R> static void check(Shape const& shape, R const& labels) {
    if (shape.size() != 2 || shape[0] == 0 || shape[1] == 0) {
      detail::bad_shape("softmax_cross_entropy::forward", "logits", detail::shape_text(shape),
                        "(batch, classes), both at least 1");
    }
    std::size_t const batch = static_cast<std::size_t>(shape[0]);
    std::size_t const classes = static_cast<std::size_t>(shape[1]);
    std::size_t const count = static_cast<std::size_t>(std::ranges::size(labels));
    if (count != batch) {
      detail::bad_shape("softmax_cross_entropy::forward", "labels", detail::shape_text({count}),
                        detail::message("(", batch, "), one for each row of logits ", detail::shape_text(shape)));
    }
    auto const* const label = std::ranges::data(labels);
    for (std::size_t r = 0; r < count; ++r) {
      // A negative label converts to a number above any number of classes.
      if (static_cast<std::uintmax_t>(label[r]) >= classes) {
        detail::raise(std::invalid_argument(detail::message(
            "satur::softmax_cross_entropy::forward: the label of row ", r, " is ", detail::number_text(label[r]),
            "; allowed: 0 to ", classes - 1, ", for logits ", detail::shape_text(shape))));
      }
    }
  }

  /// to = from - m, with m the largest logit of the row.
  static void start_row(row& r, T const* from, T* to, std::size_t classes, std::size_t label) {
    std::size_t largest = 0;
    for (std::size_t j = 1; j < classes; ++j) {
      largest = from[j] > from[largest] ? j : largest;
    }
    // Clamped to finite numbers, because inf - inf raises FE_INVALID: a row of -inf then has the sum 0, one with +inf
    // the sum inf.
    T const m = std::clamp(from[largest], std::numeric_limits<T>::lowest(), (std::numeric_limits<T>::max)());
    r = {label, largest, static_cast<double>(m) - static_cast<double>(from[label])};
    for (std::size_t j = 0; j < classes; ++j) {
      to[j] = from[j] - m;
    }
  }

  /// p = p / sum. Returns the loss of the row.
  double finish_row(row& r, T* p, std::size_t classes) {
    double others = 0;
    for (std::size_t j = 0; j < classes; ++j) {
      others += j == r.largest ? 0.0 : static_cast<double>(p[j]);
    }
    double const sum = static_cast<double>(p[r.largest]) + others;
    constexpr double none = std::numeric_limits<double>::quiet_NaN();
    if (sum == 0 || !detail::is_finite(sum)) {
      std::fill_n(p, classes, static_cast<T>(none));
      return r.loss = none;
    }
    for (std::size_t j = 0; j < classes; ++j) {
      p[j] = static_cast<T>(static_cast<double>(p[j]) / sum);
    }
    correct += r.largest == r.label ? 1 : 0;
    return r.loss += math::log1p(others);
  }

  std::vector<row> rows_;
  matrix gradient_;
  matrix logits_; // the values of logits that are not a tensor
};

}} // namespace satur::SATUR_ABI
