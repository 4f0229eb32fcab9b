/// \file layer/flatten.hpp  Images as rows of units, for a dense layer after convolutions.
#pragma once

#include "satur/config.hpp"
#include "satur/error.hpp"
#include "satur/layer/one_input.hpp"
#include "satur/tensor/compat.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <string_view>

namespace satur { inline namespace SATUR_ABI {

/// y(n, u) = the u-th number of sample n, in row-major order. N is the number of axes of x.
///
/// Shapes: x (batch, …), such as images (batch, channels, h, w); y (batch, units), units the product of the other axes.
/// Memory: a tensor owns its memory, so the numbers are copied, once in each direction. Steps after the first allocate
/// nothing while the shape of x stays the same.
template <std::floating_point T, std::size_t N = 4>
  requires(N >= 1)
struct flatten : one_input<flatten<T, N>, xt::xtensor<T, N>, xt::xtensor<T, 2>> {
  using tensor = xt::xtensor<T, N>;
  using matrix = xt::xtensor<T, 2>;
  static constexpr std::string_view layer_name = "flatten";

  // forward(x): y (batch, units) for x (batch, …); see one_input.

  /// Returns dL/dx with the shape of x for dL/dy (batch, units). Throws shape_error if dy does not fit y,
  /// std::logic_error before the first forward.
  template <class E> tensor const& backward(xt::xexpression<E> const& dy) {
    matrix const& g = this->output_gradient(dy, "dy", "backward", y_);
    detail::fit(dx_, this->x().shape());
    std::copy_n(g.data(), g.size(), dx_.data());
    return dx_;
  }

  /// Output of the last forward; empty before the first.
  [[nodiscard]] matrix const& y() const { return y_; }

private:
  friend one_input<flatten, tensor, matrix>;

  template <class Shape> static void check_input(Shape const& shape) {
    if (shape.size() != N) {
      detail::bad_shape("flatten::forward", "x", detail::shape_text(shape), detail::count_text(N, "axis", "axes"));
    }
  }
  template <class F> void each_own(F&& f) const {
    f(y_);
    f(dx_);
  }

  matrix const& run() {
    tensor const& x = this->x();
    std::size_t units = 1;
    for (std::size_t axis = 1; axis < N; ++axis) {
      units *= x.shape(axis);
    }
    detail::fit(y_, {x.shape(0), units});
    std::copy_n(x.data(), x.size(), y_.data());
    return y_;
  }

  matrix y_;
  tensor dx_;
};

}} // namespace satur::SATUR_ABI
