/// \file initializer/identity_weights.hpp  Weights that pass their input on unchanged, as far as the shape allows.
#pragma once

#include "satur/config.hpp"
#include "satur/error.hpp"
#include "satur/initializer/fans.hpp"
#include "satur/initializer/sampler.hpp"
#include "satur/initializer/weight_shape.hpp"

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string_view>

namespace satur { inline namespace SATUR_ABI {

namespace detail {

/// Mean and standard deviation of weights of which one in `n` is `gain` and all others are 0.
struct single_entries {
  double gain, n;
  [[nodiscard]] double mean() const { return gain / n; }
  [[nodiscard]] double stddev() const { return gain / n * std::sqrt(n - 1); }
};

} // namespace detail

/// w = gain on the diagonal, 0 elsewhere. PyTorch's eye_, Keras's Identity. Nothing is drawn.
///
/// Scale, over the weights of the layer: one weight in max(in, out) is not 0, so mean = gain / max(in, out) and stddev
/// = mean sqrt(max(in, out) - 1).
///
/// Throws std::invalid_argument if a fan is 0, the gain is not finite, or the number of weights is not in x out;
/// shape_error unless there are two axes.
struct identity_matrix {
  double gain = 1;

  static constexpr std::string_view name = "identity_matrix";

  [[nodiscard]] double mean(fans f) const { return law(f).mean(); }
  [[nodiscard]] double stddev(fans f) const { return std::abs(law(f).stddev()); }
  [[nodiscard]] double stddev(weight_shape const& shape) const {
    detail::checked(shape, 2, 2, name);
    return stddev(fans{shape.in(), shape.out()});
  }

  template <std::floating_point T> void fill(std::span<T> out, fans f, sampler const& random) const {
    fill(out, detail::matrix_of(f, out.size(), name), random);
  }
  template <std::floating_point T> void fill(std::span<T> out, weight_shape const& shape, sampler const&) const {
    detail::checked(shape, 2, 2, name, out.size());
    T const on_diagonal = detail::checked_as<T>(detail::checked_finite(gain, name, "gain"), name, "gain");
    std::ranges::fill(out, T(0));
    for (std::size_t d = 0; d < (std::min)(shape.in(), shape.out()); ++d) {
      out[shape.index(d, d)] = on_diagonal;
    }
  }

  bool operator==(identity_matrix const&) const = default;

private:
  [[nodiscard]] detail::single_entries law(fans f) const {
    detail::checked(f, name);
    return {detail::checked_finite(gain, name, "gain"), static_cast<double>((std::max)(f.in, f.out))};
  }
};

/// A convolution that copies its channels: 1 from input channel d to output channel d of every group, at the tap extent
/// / 2 on each axis, 0 elsewhere. PyTorch's dirac_.
///
/// Scale: with the fans (in, out) of convolution_fans, one weight in max(in, out) is not 0; mean and stddev are those
/// of identity_matrix.
///
/// Throws shape_error if there are fewer than three axes or an extent is 0; std::invalid_argument unless the groups
/// divide the output channels.
struct dirac {
  std::size_t groups = 1;

  static constexpr std::string_view name = "dirac";

  [[nodiscard]] double mean(fans f) const { return law(f).mean(); }
  [[nodiscard]] double stddev(fans f) const { return law(f).stddev(); }
  [[nodiscard]] double stddev(weight_shape const& shape) const {
    detail::checked(shape, 3, detail::any_axes, name);
    return stddev(convolution_fans(shape.in() * groups, shape.out(), shape.kernel(), groups));
  }

  template <std::floating_point T> void fill(std::span<T> out, weight_shape const& shape, sampler const&) const {
    detail::checked(shape, 3, detail::any_axes, name, out.size());
    std::size_t const outputs = detail::in_group(shape.out(), groups, name, "the number of output channels");
    std::size_t middle = 0;
    for (std::size_t const extent : shape.kernel()) {
      middle = middle * extent + extent / 2;
    }
    std::ranges::fill(out, T(0));
    for (std::size_t group = 0; group < groups; ++group) {
      for (std::size_t d = 0; d < (std::min)(shape.in(), outputs); ++d) {
        out[shape.index(d, group * outputs + d, middle)] = T(1);
      }
    }
  }

  bool operator==(dirac const&) const = default;

private:
  [[nodiscard]] detail::single_entries law(fans f) const {
    detail::checked(f, name);
    return {1, static_cast<double>((std::max)(f.in, f.out))};
  }
};

}} // namespace satur::SATUR_ABI
