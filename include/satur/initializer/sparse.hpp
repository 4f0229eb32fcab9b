/// \file initializer/sparse.hpp  Few nonzero weights for each unit.
#pragma once

#include "satur/config.hpp"
#include "satur/error.hpp"
#include "satur/initializer/fans.hpp"
#include "satur/initializer/sampler.hpp"
#include "satur/initializer/weight_shape.hpp"
#include "satur/math/least_count.hpp"

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

namespace satur { inline namespace SATUR_ABI {

/// w ~ N(0, spread^2). In every column of the stored matrix the same number of weights, picked at random, is 0:
/// ceil(share_of_zeros x rows) (`math::least_count`).
///
/// A column of a matrix stored as (in, out), as in this library, holds the weights into one unit. That is what Martens
/// describes (15 connections a unit). PyTorch's sparse_ does the same on its (out, in), where a column holds the
/// weights from one input.
///
/// Scale: stddev = spread sqrt(1 - zeros / rows), with rows = in.
///
/// Source: J. Martens, "Deep learning via Hessian-free optimization", ICML 2010.
///
/// Throws std::invalid_argument if a fan is 0, the share is not between 0 and 1, the spread is negative, infinite or
/// NaN, or the number of weights is not in x out; shape_error unless there are two axes.
struct sparse {
  double share_of_zeros = 0.9;
  double spread = 0.01; ///< standard deviation of the weights that are not zeroed

  static constexpr std::string_view name = "sparse";

  [[nodiscard]] constexpr double mean(fans) const noexcept { return 0; }
  [[nodiscard]] double stddev(fans f) const { return column_stddev(detail::checked(f, name).in); }
  [[nodiscard]] double stddev(weight_shape const& shape) const {
    return column_stddev(detail::checked(shape, 2, 2, name).extents[0]);
  }

  template <std::floating_point T> void fill(std::span<T> out, fans f, sampler const& random) const {
    fill(out, detail::matrix_of(f, out.size(), name), random);
  }
  template <std::floating_point T> void fill(std::span<T> out, weight_shape const& shape, sampler const& random) const {
    detail::checked(shape, 2, 2, name, out.size());
    auto const [rows, columns] = shape.matrix();
    std::size_t const zeros = zeros_of(rows);
    random.normal(out, T(0), detail::checked_as<T>(detail::checked_scale(spread, name, "spread"), name, "spread"));
    // Picks the zeros by the first steps of the Fisher-Yates shuffle, on a separate stream.
    sampler picks = random;
    picks.key.words[3] ^= 0x73706172u;
    std::vector<double> uniform(zeros);
    std::vector<std::size_t> order(rows);
    for (std::size_t column = 0; column < columns; ++column) {
      picks.uniform(std::span<double>(uniform), 0, 1, std::uint64_t{column} * zeros);
      std::iota(order.begin(), order.end(), std::size_t{0});
      for (std::size_t k = 0; k < zeros; ++k) {
        std::size_t const left = rows - k;
        std::size_t const step = static_cast<std::size_t>(uniform[k] * static_cast<double>(left));
        std::swap(order[k], order[k + (std::min)(step, left - 1)]);
        out[order[k] * columns + column] = T(0);
      }
    }
  }

  bool operator==(sparse const&) const = default;

private:
  [[nodiscard]] std::size_t zeros_of(std::size_t rows) const {
    if (detail::is_nan(share_of_zeros) || !(share_of_zeros >= 0 && share_of_zeros <= 1)) {
      detail::bad_parameter(name, "the share of zeros", share_of_zeros, "a number between 0 and 1");
    }
    return static_cast<std::size_t>(math::least_count(share_of_zeros, rows));
  }
  [[nodiscard]] double column_stddev(std::size_t rows) const {
    double const kept = static_cast<double>(rows - zeros_of(rows)) / static_cast<double>(rows);
    return detail::checked_scale(spread, name, "spread") * std::sqrt(kept);
  }
};

}} // namespace satur::SATUR_ABI
