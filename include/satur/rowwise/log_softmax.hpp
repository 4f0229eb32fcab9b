/// \file rowwise/log_softmax.hpp
#pragma once

#include "satur/rowwise/gradient.hpp"

namespace satur { inline namespace SATUR_ABI {

/// y_j = z_j - log sum e^z over a row; dL/dz_j = dL/dy_j - e^(y_j) sum dL/dy.
///
/// Range: y in (-inf, 0].
///
/// Special values: -inf gives -inf. A row that contains NaN or +inf, or only -inf, gives NaN throughout.
///
/// Accuracy: float below 0.51 ulp, double below 1.5. The result of a row depends only on that row. With m the largest
/// logit and s' the sum of e^(z - m) over the others, y = (z - m) - log1p(s'). Both parts are negative, so nothing
/// cancels, and 1 - p keeps its digits even if p rounds to 1.
struct log_softmax {
  static constexpr std::string_view name = "log_softmax";
  static constexpr detail::row_output output = detail::row_output::logarithms;
  using gradient = detail::log_softmax_gradient;

  /// One row; y may be z.
  template <std::floating_point T> void value(std::span<T const> z, std::span<T> y) const {
    detail::no_visitor nobody;
    detail::run_rows<output, false>(z, &y, {1, z.size()}, nobody, detail::unweighted{});
  }
  /// dx from y = value(z) and dy, one row; dx may be dy.
  template <std::floating_point T> void pullback(std::span<T const> y, std::span<T const> dy, std::span<T> dx) const {
    detail::run_gradient<gradient>(y, dy, dx, {1, y.size()});
  }
  bool operator==(log_softmax const&) const = default;
};

}} // namespace satur::SATUR_ABI
