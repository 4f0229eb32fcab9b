/// \file rowwise/softmax.hpp
#pragma once

#include "satur/rowwise/gradient.hpp"

namespace satur { inline namespace SATUR_ABI {

/// p_j = e^(z_j) / sum e^z over a row; dL/dz_j = p_j (dL/dp_j - sum p dL/dp). The softmin is the softmax of -z.
///
/// Range: p in (0, 1); a row sums to 1.
///
/// Saturates: if one p is close to 1. Then all slopes p (1 - p) vanish and the row gets no gradient.
///
/// Special values: -inf is a masked class, p = 0. A row that contains NaN or +inf, or only -inf, has no softmax and
/// gives NaN throughout.
///
/// Accuracy: float below 1.5 ulp, double below 2.5, subnormal results included. The gradient keeps its digits if p
/// rounds to 1. The result of a row depends only on that row.
///
/// Source: Bridle 1990.
struct softmax {
  static constexpr std::string_view name = "softmax";
  static constexpr detail::row_output output = detail::row_output::probabilities;
  using gradient = detail::softmax_gradient;

  /// One row; y may be z.
  template <std::floating_point T> void value(std::span<T const> z, std::span<T> y) const {
    detail::no_visitor nobody;
    detail::run_rows<output, false>(z, &y, {1, z.size()}, nobody, detail::unweighted{});
  }
  /// dx from y = value(z) and dy, one row; dx may be dy.
  template <std::floating_point T> void pullback(std::span<T const> y, std::span<T const> dy, std::span<T> dx) const {
    detail::run_gradient<gradient>(y, dy, dx, {1, y.size()});
  }
  bool operator==(softmax const&) const = default;
};

}} // namespace satur::SATUR_ABI
