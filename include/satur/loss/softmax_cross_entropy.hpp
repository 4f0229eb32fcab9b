/// \file softmax_cross_entropy.hpp  Softmax and cross-entropy on logits in one, for classes.
#pragma once

#include "satur/config.hpp"
#include "satur/error.hpp"
#include "satur/math/expm1.hpp"
#include "satur/rowwise/pass.hpp"
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

namespace satur::inline SATUR_ABI {

/// L = mean over the batch of -log p[label], p = softmax(logits), in nats; and dL/dlogits = (p - onehot) / batch.
/// With m the largest logit of a row and s the sum of e^(logit - m): p = e^(logit - m) / s, -log p[label] =
/// log1p(s - 1) + (m - logit[label]), where s - 1 is summed without the largest term, so a loss far below the precision
/// of p keeps its digits; and p[label] - 1 = expm1(log p[label]), so the gradient of a confident answer does too. A
/// logit of -inf is a class ruled out: p = 0 (the loss is +inf where it is the label). A row with NaN or +inf in it, or
/// of -inf alone, has no softmax: its p, its gradient and the loss are NaN, and it is no hit. Nothing is allocated once
/// a batch of the same shape has been seen.
template <std::floating_point T> struct softmax_cross_entropy {
  using matrix = xt::xtensor<T, 2>;

  matrix probabilities;    ///< softmax of the last forward, (batch, classes)
  std::size_t correct = 0; ///< rows of the last forward whose largest logit (the first of equals) is the label's

  /// logits (batch, classes), labels one integer in [0, classes) per row. Throws shape_error where logits is empty or
  /// the number of labels is not the batch, std::invalid_argument that names row and label where a label is no class.
  /// Nothing has changed then.
  template <class E, std::ranges::contiguous_range R>
    requires std::ranges::sized_range<R> && std::integral<std::ranges::range_value_t<R>>
  double forward(xt::xexpression<E> const& logits, R const& labels) {
    E const& given = logits.derived_cast();
    check(given.shape(), labels);
    std::size_t const batch = static_cast<std::size_t>(given.shape()[0]);
    std::size_t const classes = static_cast<std::size_t>(given.shape()[1]);
    if (probabilities.shape(0) != batch || probabilities.shape(1) != classes) {
      probabilities.resize({batch, classes});
    }
    T const* source = probabilities.data();
    if constexpr (std::same_as<E, matrix>) {
      source = given.data();
    } else {
      xt::noalias(probabilities) = given;
    }
    rows_.resize(batch);
    auto const* const label = std::ranges::data(labels);
    for (std::size_t r = 0; r < batch; ++r) {
      rows_[r].label = static_cast<std::size_t>(label[r]);
    }
    visitor seen{*this};
    detail::row_pass<T, detail::row_output::probabilities, false, visitor, detail::unweighted> pass{
        source, probabilities.data(), {batch, classes}, seen, {}};
    correct = 0;
    math::run<T>(pass, math::best_level());
    double total = 0;
    for (row const& r : rows_) {
      total += r.loss;
    }
    return total / static_cast<double>(batch);
  }

  /// d(mean loss)/dlogits of the last forward, (batch, classes). Throws std::logic_error before the first.
  matrix const& backward() {
    if (rows_.empty()) {
      throw std::logic_error("satur::softmax_cross_entropy::backward: nothing to go back from; call forward first");
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
    double loss;
    bool hit; // the first of the largest logits is the label's
  };

  struct visitor {
    softmax_cross_entropy& loss;

    /// Before anything is written over the logits.
    SATUR_NOINLINE void open(std::size_t r, T const* z, T largest) {
      row& row = loss.rows_[r];
      // Made finite, so that no inf - inf raises FE_INVALID.
      T const m = std::clamp(largest, std::numeric_limits<T>::lowest(), std::numeric_limits<T>::max());
      row.loss = static_cast<double>(m) - static_cast<double>(z[row.label]);
      row.hit = z[row.label] == largest && std::find(z, z + row.label, largest) == z + row.label;
    }
    SATUR_NOINLINE void close(std::size_t r, detail::row_summary<T> const& summary) {
      row& row = loss.rows_[r];
      if (summary.kind != detail::row_kind::good) {
        row.loss = std::numeric_limits<double>::quiet_NaN();
        return;
      }
      loss.correct += row.hit ? 1 : 0;
      row.loss += static_cast<double>(detail::log_of_sum(summary));
    }
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
      // A negative label becomes one beyond any number of classes.
      if (static_cast<std::uintmax_t>(label[r]) >= classes) {
        throw std::invalid_argument(detail::message("satur::softmax_cross_entropy::forward: the label of row ", r,
                                                    " is ", detail::number_text(label[r]), "; allowed: 0 to ",
                                                    classes - 1, ", for logits ", detail::shape_text(shape)));
      }
    }
  }

  std::vector<row> rows_;
  matrix gradient_;
};

} // namespace satur::inline SATUR_ABI
