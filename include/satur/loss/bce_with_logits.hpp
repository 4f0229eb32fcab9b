/// \file loss/bce_with_logits.hpp  The sigmoid and binary cross-entropy of logits in one, for yes-or-no answers.
#pragma once

#include "satur/activation/softplus.hpp"
#include "satur/config.hpp"
#include "satur/error.hpp"
#include "satur/loss/elementwise_loss.hpp"
#include "satur/loss/reduction.hpp"
#include "satur/simd/loop.hpp"
#include "satur/simd/run.hpp"
#include "satur/tensor/compat.hpp"

#include <concepts>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

namespace satur { inline namespace SATUR_ABI {

/// Options of bce_with_logits, by the conventions of torch.nn.BCEWithLogitsLoss.
struct bce_options {
  /// mean: the sum of the losses divided by the number of elements, whatever their weights.
  reduction reduce = reduction::mean;
  /// q: the part of the loss for target 1 counts q times. One finite number >= 0 for each unit (the last axis), one for
  /// all, or empty for 1.
  std::vector<double> pos_weight{};

  bool operator==(bce_options const&) const = default;

  /// Throws std::invalid_argument if a weight is out of range, shape_error unless there are none, one, or one for each
  /// unit.
  void require_valid(std::size_t units) const {
    if (pos_weight.size() > 1 && pos_weight.size() != units) {
      detail::bad_shape("bce_with_logits::forward", "pos_weight", detail::shape_text({pos_weight.size()}),
                        detail::message("(", units, "), one for each unit, or (1), or none"));
    }
    for (double const q : pos_weight) {
      if (!(q >= 0.0) || !detail::is_finite(q)) {
        detail::bad_parameter("bce_with_logits::forward", "pos_weight", q, "a finite number >= 0");
      }
    }
  }
};

namespace detail {

/// loss = yes softplus(-z) + no softplus(z), and its slope no sigmoid(z) - yes sigmoid(-z) in z's place. A part of
/// weight 0 is 0 whatever z is.
struct bce_pass {
  double* z;
  double const* yes;
  double const* no;
  double* loss;
  std::size_t n;

  template <class L> SATUR_INLINE void run() const {
    for_each_register<L>(n, [this](std::size_t i, auto part) SATUR_INLINE_LAMBDA {
      L const at = part.load(z + i, 0.0);
      L const a = part.load(yes + i, 0.0);
      L const b = part.load(no + i, 0.0);
      auto const up = softplus{}.evaluate(at);
      auto const down = softplus{}.evaluate(L(-at));
      auto const on = a > L(0.0);
      auto const off = b > L(0.0);
      part.store(loss + i, math::select(on, math::keep_nan(at, L(a * down.value)), L(0.0)) +
                               math::select(off, math::keep_nan(at, L(b * up.value)), L(0.0)));
      part.store(z + i, math::select(off, math::keep_nan(at, L(b * up.slope)), L(0.0)) -
                            math::select(on, math::keep_nan(at, L(a * down.slope)), L(0.0)));
    });
  }
};

} // namespace detail

/// L = mean over the elements of -(y log s(z) + (1 - y) log(1 - s(z))), with the logistic function s, in nats;
/// dL/dz = (s(z) - y) / n. With options.pos_weight q and weights w of elements, the loss of an element is
/// w (-q y log s(z) - (1 - y) log(1 - s(z))).
///
///     satur::bce_with_logits<float> loss;                  // {{.pos_weight = {3.0}}}: a hit counts three times
///     double const l = loss.forward(z, y);  fc.backward(loss.backward());
///
/// Formula: w q y softplus(-z) + w (1 - y) softplus(z), with softplus(z) = max(z, 0) + log1p(e^-|z|). No term is
/// negative, and the slope is w (1 - y) s(z) - w q y s(-z): loss and gradient of a confident answer keep their digits,
/// right or wrong. Both are computed in double; the gradient is rounded once to T.
/// Shapes: z and y have N axes, by default (batch, units); the last axis holds the units.
/// Special values: NaN gives NaN; z = ±inf gives a loss of 0 or inf. An element of weight 0 has loss and gradient 0
/// whatever its z. An empty batch gives an empty gradient, and its mean is NaN.
/// Memory: nothing is allocated after the first batch of a shape.
template <std::floating_point T, std::size_t N = 2>
struct bce_with_logits : elementwise_loss<bce_with_logits<T, N>, T, N> {
  static constexpr std::string_view loss_name = "bce_with_logits";

  bce_options options; ///< read by forward

  bce_with_logits() = default;
  explicit bce_with_logits(bce_options o) : options(std::move(o)) {}

  // forward(z, y), forward(z, y, weights), backward(), backward(dL/dlosses), losses: see elementwise_loss. Throws
  // std::invalid_argument too if a target is not in [0, 1].

private:
  friend elementwise_loss<bce_with_logits, T, N>;

  static constexpr std::string_view input_name = "z";

  void check(std::size_t units, xt::xtensor<double, N> const& targets) const {
    options.require_valid(units);
    for (std::size_t i = 0; i < targets.size(); ++i) {
      double const y = targets.data()[i];
      if (!(y >= 0.0 && y <= 1.0) || detail::is_nan(y)) {
        detail::bad_parameter("bce_with_logits::forward", detail::message("the target of element ", i), y, "0 to 1");
      }
    }
  }
  /// z becomes the slopes.
  void run(double* z, double* y, double const* weights, double* each, std::size_t n, std::size_t units) {
    no_.resize(n);
    std::size_t const period = options.pos_weight.size() > 1 ? units : 1;
    double const plain = 1.0;
    double const* const q = options.pos_weight.empty() ? &plain : options.pos_weight.data();
    for (std::size_t i = 0, unit = 0; i < n; ++i, unit = unit + 1 == period ? 0 : unit + 1) {
      double const w = weights == nullptr ? 1.0 : weights[i];
      no_[i] = w * (1.0 - y[i]);
      y[i] *= w * q[unit];
    }
    detail::bce_pass const pass{z, y, no_.data(), each, n};
    math::run<double>(pass);
  }

  std::vector<double> no_; // the weight of softplus(z)
};

}} // namespace satur::SATUR_ABI
