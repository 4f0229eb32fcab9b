/// \file loss/softmax_cross_entropy.hpp  Softmax and cross-entropy of logits in one, for classification.
#pragma once

#include "satur/config.hpp"
#include "satur/error.hpp"
#include "satur/layer/input.hpp"
#include "satur/layer/one_input.hpp"
#include "satur/loss/cross_entropy_options.hpp"
#include "satur/loss/reduction.hpp"
#include "satur/loss/softmax_row.hpp"
#include "satur/math/expm1.hpp"
#include "satur/simd/run.hpp"
#include "satur/tensor/compat.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <ranges>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace satur { inline namespace SATUR_ABI {

/// L = mean over the rows of -log p[label] with p = softmax(logits), in nats; dL/dlogits = (p - onehot) / batch. With
/// options: rows that are ignored, smoothed labels, weights of classes, other reductions (cross_entropy_options).
///
///     satur::softmax_cross_entropy<float> loss{{.ignore_index = -100, .label_smoothing = 0.1}};
///
/// Formula: m is the largest logit of a row, s the sum of e^(logit - m), p = e^(logit - m) / s. -log p[c] is
/// log1p(s - 1) + (m - logit[c]), with s - 1 summed without the largest term: a loss far below the precision of p keeps
/// its digits. p[label] - 1 is expm1(log p[label]): the gradient of a confident answer keeps its digits too. With t[c]
/// = w[c] target[c] and W the sum of t, the loss of a row is sum t[c] (-log p[c]), of terms that are not negative, and
/// its gradient W p - t; where p is near 1 that is (W - t) - W (1 - p), with 1 - p from the other terms of s.
/// Shapes: logits (batch, classes), one integer label for each row.
/// Special values: a logit of -inf excludes its class, p = 0; the loss is +inf if that class is the label, or has a
/// share of it by smoothing. A row with NaN or +inf, or of -inf only, has no softmax: its p, its gradient and the loss
/// are NaN, and it is not a hit. A row that is ignored, or whose targets have weight 0, has loss and gradient 0
/// whatever its logits. An empty batch gives an empty gradient; the mean of it is options.mean_of_none.
///
/// Accuracy in float, with d = m - logit, D the mean of d over p, and eps = 2^-23: the relative error of p is below
/// ((d + D)/2 + 2.5) eps unless p is subnormal; the error of a row's loss is below (D/2 + 1 - p[largest]) eps.
/// Memory: nothing is allocated after the first batch of a shape.
template <std::floating_point T> struct softmax_cross_entropy {
  using matrix = xt::xtensor<T, 2>;

  cross_entropy_options options; ///< read by forward

  matrix probabilities;       ///< softmax of the last forward, (batch, classes)
  std::vector<double> losses; ///< of each row in the last forward; 0 where a row is ignored
  std::size_t counted = 0;    ///< rows of the last forward that were not ignored
  std::size_t correct = 0;    ///< those of them whose largest logit is the label's; ties go to the lower class

  softmax_cross_entropy() = default;
  explicit softmax_cross_entropy(cross_entropy_options o) : options(std::move(o)) {}

  /// Returns the mean loss (options.reduce) of logits (batch, classes) and one label in [0, classes) for each row, or
  /// ignore_index. logits may be one of the loss's own arrays (probabilities, its gradient), or an expression that
  /// reads them. Throws shape_error if there are no classes, or not one label for each row, std::invalid_argument with
  /// row and label if a label is not a class, or an option is out of range. Nothing is changed then.
  template <class E, std::ranges::contiguous_range R>
    requires std::ranges::sized_range<R> && std::integral<std::ranges::range_value_t<R>>
  double forward(xt::xexpression<E> const& logits, R const& labels) {
    E const& given = logits.derived_cast();
    check(given.shape(), labels);
    std::size_t const batch = static_cast<std::size_t>(given.shape()[0]);
    std::size_t const classes = static_cast<std::size_t>(given.shape()[1]);
    T const* const source = detail::values_of(logits, logits_, probabilities).data();
    detail::fit(probabilities, {batch, classes});
    rows_.resize(batch);
    losses.resize(batch);
    shares_.assign(options.label_smoothing > 0.0 ? classes : 0, 0.0);
    for (std::size_t c = 0; c < shares_.size(); ++c) {
      shares_[c] = options.label_smoothing / static_cast<double>(classes) * options.weight(c);
    }
    double const spread = std::accumulate(shares_.begin(), shares_.end(), 0.0);
    auto const* const label = std::ranges::data(labels);
    double weight = 0;
    counted = 0;
    for (std::size_t r = 0; r < batch; ++r) {
      bool const ignored = options.ignores(label[r]);
      std::size_t const target = ignored ? classes : static_cast<std::size_t>(label[r]);
      T const* const z = source + r * classes;
      rows_[r].start(z, probabilities.data() + r * classes, classes, target);
      if (!ignored) {
        rows_[r].aim(z, (1.0 - options.label_smoothing) * options.weight(target), shares_, spread);
        weight += options.weight(target);
        ++counted;
      }
    }
    detail::exp_pass<T> const pass{probabilities.data(), probabilities.size()};
    math::run<T>(pass);
    double total = 0;
    correct = 0;
    for (std::size_t r = 0; r < batch; ++r) {
      correct += rows_[r].finish(probabilities.data() + r * classes, classes) ? 1 : 0;
      total += losses[r] = rows_[r].loss;
    }
    ran_ = true;
    divisor_ = options.reduce == reduction::mean ? weight : 1.0;
    return divisor_ == 0.0 ? options.mean_of_none : total / divisor_;
  }

  /// Returns dL/dlogits (batch, classes) for the L that the last forward returned. Throws std::logic_error before the
  /// first.
  matrix const& backward() {
    return differentiate([](std::size_t) { return 1.0; }, divisor_);
  }
  /// The same for an L of yours that depends on `losses`: row_gradients holds dL/dlosses[r], a number for each row.
  /// options.reduce does not matter. Throws shape_error if there is not one number for each row.
  template <std::ranges::contiguous_range R>
    requires std::ranges::sized_range<R> && std::floating_point<std::ranges::range_value_t<R>>
  matrix const& backward(R const& row_gradients) {
    if (ran_ && static_cast<std::size_t>(std::ranges::size(row_gradients)) != rows_.size()) {
      detail::bad_shape("softmax_cross_entropy::backward", "row_gradients",
                        detail::shape_text({static_cast<std::size_t>(std::ranges::size(row_gradients))}),
                        detail::message("(", rows_.size(), "), one for each row"));
    }
    auto const* const given = std::ranges::data(row_gradients);
    return differentiate([given](std::size_t r) { return static_cast<double>(given[r]); }, 1.0);
  }

private:
  template <class Shape, class R> void check(Shape const& shape, R const& labels) const {
    if (shape.size() != 2 || shape[1] == 0) {
      detail::bad_shape("softmax_cross_entropy::forward", "logits", detail::shape_text(shape),
                        "(batch, classes), with at least 1 class");
    }
    std::size_t const batch = static_cast<std::size_t>(shape[0]);
    std::size_t const classes = static_cast<std::size_t>(shape[1]);
    std::size_t const count = static_cast<std::size_t>(std::ranges::size(labels));
    if (count != batch) {
      detail::bad_shape("softmax_cross_entropy::forward", "labels", detail::shape_text({count}),
                        detail::message("(", batch, "), one for each row of logits ", detail::shape_text(shape)));
    }
    options.require_valid(classes);
    auto const* const label = std::ranges::data(labels);
    for (std::size_t r = 0; r < count; ++r) {
      // A negative label converts to a number above any number of classes.
      if (static_cast<std::uintmax_t>(label[r]) >= classes && !options.ignores(label[r])) {
        std::string const or_ignored =
            options.ignore_index ? detail::message(", or ignore_index ", *options.ignore_index) : std::string();
        detail::raise(std::invalid_argument(detail::message(
            "satur::softmax_cross_entropy::forward: the label of row ", r, " is ", detail::number_text(label[r]),
            "; allowed: 0 to ", classes - 1, or_ignored, ", for logits ", detail::shape_text(shape))));
      }
    }
  }

  /// The gradient of sum over r of factor(r) losses[r] / divisor; 0 if the divisor is 0.
  template <class Factor> matrix const& differentiate(Factor const& factor, double divisor) {
    if (!ran_) {
      detail::no_forward("softmax_cross_entropy::backward");
    }
    std::size_t const batch = probabilities.shape(0), classes = probabilities.shape(1);
    detail::fit(gradient_, {batch, classes});
    for (std::size_t r = 0; r < batch; ++r) {
      detail::softmax_row const& from = rows_[r];
      T const* const p = probabilities.data() + r * classes;
      T* const g = gradient_.data() + r * classes;
      if (from.all == 0.0 || divisor == 0.0) {
        std::fill_n(g, classes, T(0));
      } else if (shares_.empty()) {
        T const share = static_cast<T>(factor(r) * from.all / divisor);
        std::transform(p, p + classes, g, [share](T q) { return q * share; });
        g[from.label] = static_cast<T>(math::expm1(-from.nll) * (factor(r) * from.all) / divisor);
      } else {
        double const share = factor(r) / divisor;
        double others = from.largest == from.label ? 0.0 : from.on_label; // W - t of the largest
        for (std::size_t j = 0; j < classes; ++j) {
          others += j == from.largest ? 0.0 : shares_[j];
          double const target = shares_[j] + (j == from.label ? from.on_label : 0.0);
          g[j] = static_cast<T>(share * (from.all * static_cast<double>(p[j]) - target));
        }
        g[from.largest] = static_cast<T>(share * (others - from.all * from.rest));
      }
    }
    return gradient_;
  }

  std::vector<detail::softmax_row> rows_;
  std::vector<double> shares_; // w[c] label_smoothing / classes; empty without smoothing
  double divisor_ = 1.0;
  bool ran_ = false;
  matrix gradient_;
  matrix logits_; // the values of logits that are not a tensor
};

}} // namespace satur::SATUR_ABI
