/// \file loss/elementwise_loss.hpp  What losses share that compare each output with a target of its own.
#pragma once

#include "satur/config.hpp"
#include "satur/error.hpp"
#include "satur/layer/input.hpp"
#include "satur/layer/one_input.hpp"
#include "satur/loss/reduction.hpp"
#include "satur/tensor/compat.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <limits>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>

namespace satur { inline namespace SATUR_ABI {

/// What a loss of elements inherits: `struct mse : elementwise_loss<mse<T, N>, T, N>`. T is the type of the outputs;
/// all arithmetic is in double.
///
/// The loss has, for this class alone (a friend),
/// - `loss_name`, and `input_name`, which is what it calls the net's output;
/// - `options.reduce`;
/// - `check(units, target)`: throws unless the options and the targets are right;
/// - `run(y, target, weights, each, n, units)`: the loss of each element; y becomes dloss/dy; weights may be null.
template <class Loss, std::floating_point T, std::size_t N> class elementwise_loss {
public:
  using matrix = xt::xtensor<T, N>;

  /// Of each element in the last forward, in the shape of the outputs.
  xt::xtensor<double, N> losses;

  /// Returns the mean loss (options.reduce) of the outputs y and the targets, both of N axes and the same shape. Each
  /// may be one of the loss's own arrays or an expression that reads them. Throws shape_error if the shapes differ, and
  /// what the loss throws. Nothing is changed then.
  template <class Y, class Target> double forward(xt::xexpression<Y> const& y, xt::xexpression<Target> const& target) {
    require_shapes(y, target, "target");
    take(y_, y);
    take(target_, target);
    return finish(nullptr);
  }
  /// The same with a weight for each element, finite and >= 0, in the same shape. Throws std::invalid_argument too if a
  /// weight is out of range.
  template <class Y, class Target, class W>
  double forward(xt::xexpression<Y> const& y, xt::xexpression<Target> const& target,
                 xt::xexpression<W> const& weights) {
    require_shapes(y, target, "target");
    require_shapes(y, weights, "weights");
    take(y_, y);
    take(target_, target);
    take(weights_, weights);
    for (std::size_t i = 0; i < weights_.size(); ++i) {
      double const w = weights_.data()[i];
      if (!(w >= 0.0) || !detail::is_finite(w)) {
        detail::bad_parameter(function("forward"), detail::message("the weight of element ", i), w,
                              "a finite number >= 0");
      }
    }
    return finish(weights_.data());
  }

  /// Returns dL/dy for the L that the last forward returned. Throws std::logic_error before the first.
  matrix const& backward() {
    require_forward();
    detail::fit(gradient_, slopes_.shape());
    std::transform(slopes_.data(), slopes_.data() + slopes_.size(), gradient_.data(),
                   [divisor = divisor_](double slope) { return static_cast<T>(slope / divisor); });
    return gradient_;
  }
  /// The same for an L of yours that depends on `losses`: given holds dL/dlosses, in their shape. options.reduce does
  /// not matter. Throws shape_error if it has another shape.
  template <class G> matrix const& backward(xt::xexpression<G> const& given) {
    require_forward();
    auto const& shape = given.derived_cast().shape();
    if (!same_shape(shape, slopes_.shape())) {
      detail::bad_shape(function("backward"), "the gradient of losses", detail::shape_text(shape),
                        detail::message(detail::shape_text(slopes_.shape()), ", the shape of losses"));
    }
    take(y_, given);
    detail::fit(gradient_, slopes_.shape());
    std::transform(slopes_.data(), slopes_.data() + slopes_.size(), y_.data(), gradient_.data(),
                   [](double slope, double factor) { return static_cast<T>(factor * slope); });
    return gradient_;
  }

private:
  using numbers = xt::xtensor<double, N>;

  [[nodiscard]] static std::string function(std::string_view method) {
    return detail::message(Loss::loss_name, "::", method);
  }
  template <class A, class B> [[nodiscard]] static bool same_shape(A const& a, B const& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](auto m, auto n) { return static_cast<std::size_t>(m) == static_cast<std::size_t>(n); });
  }
  template <class Y, class X>
  static void require_shapes(xt::xexpression<Y> const& y, xt::xexpression<X> const& x, std::string_view what) {
    auto const& shape = y.derived_cast().shape();
    auto const& other = x.derived_cast().shape();
    if (shape.size() != N) {
      detail::bad_shape(function("forward"), Loss::input_name, detail::shape_text(shape),
                        detail::count_text(N, "axis", "axes"));
    }
    if (!same_shape(shape, other)) {
      detail::bad_shape(function("forward"), what, detail::shape_text(other),
                        detail::message(detail::shape_text(shape), ", the shape of ", Loss::input_name));
    }
  }
  void require_forward() const {
    if (!ran_) {
      detail::no_forward(function("backward"));
    }
  }
  /// The values as doubles, before anything that they may read is written.
  template <class E> static void take(numbers& to, xt::xexpression<E> const& from) {
    if constexpr (std::same_as<E, matrix>) {
      matrix const& given = from.derived_cast();
      detail::fit(to, given.shape());
      std::transform(given.data(), given.data() + given.size(), to.data(),
                     [](T number) { return static_cast<double>(number); });
    } else {
      detail::assign_values(to, from);
    }
  }
  double finish(double const* weights) {
    Loss& loss = static_cast<Loss&>(*this);
    std::size_t const n = y_.size();
    std::size_t const units = y_.shape(N - 1);
    loss.check(units, std::as_const(target_));
    detail::fit(losses, y_.shape());
    loss.run(y_.data(), target_.data(), weights, losses.data(), n, units);
    std::swap(y_, slopes_);
    detail::fit(y_, slopes_.shape()); // now, so that no later step allocates
    ran_ = true;
    divisor_ = loss.options.reduce == reduction::mean ? static_cast<double>(n) : 1.0;
    double const total = std::accumulate(losses.data(), losses.data() + n, 0.0);
    return divisor_ == 0.0 ? std::numeric_limits<double>::quiet_NaN() : total / divisor_;
  }

  numbers y_, target_, weights_; // of the step that is being made
  numbers slopes_;               // dloss/dy of the last forward
  double divisor_ = 1.0;
  bool ran_ = false;
  matrix gradient_;
};

}} // namespace satur::SATUR_ABI
