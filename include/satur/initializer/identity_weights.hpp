/// \file initializer/identity_weights.hpp  Weights that pass their input on unchanged, as far as it goes.
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

/// Mean and deviation of weights of which one in `n` is `gain` and all others 0.
struct single_entries {
  double gain, n;
  [[nodiscard]] double mean() const { return gain / n; }
  [[nodiscard]] double stddev() const { return gain / n * std::sqrt(n - 1); }
};

} // namespace detail

/// w = gain on the diagonal, 0 elsewhere: eye_ of PyTorch, Identity of Keras. One weight in max(in, out) is not 0, so
/// mean = gain / max(in, out) and stddev = mean sqrt(max(in, out) - 1), over the weights of the layer: nothing is
/// drawn. Throws std::invalid_argument where a fan is 0, the gain is not finite, or the weights are not in x out, and
/// shape_error for another number of axes than two.
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
    T const value = detail::checked_as<T>(detail::checked_finite(gain, name, "gain"), name, "gain");
    std::ranges::fill(out, T(0));
    for (std::size_t d = 0; d < (std::min)(shape.in(), shape.out()); ++d) {
      out[shape.index(d, d)] = value;
    }
  }

  bool operator==(identity_matrix const&) const = default;

private:
  [[nodiscard]] detail::single_entries law(fans f) const {
    detail::checked(f, name);
    return {detail::checked_finite(gain, name, "gain"), static_cast<double>((std::max)(f.in, f.out))};
  }
};

/// A convolution that passes its channels on: 1 from input channel d to output channel d of every group, at the tap
/// extent / 2 on each axis, 0 elsewhere: dirac_ of PyTorch. With convolution_fans' fans (in, out) one weight in
/// max(in, out) is not 0; mean and stddev as for identity_matrix.
/// Throws shape_error below three axes or for a 0, std::invalid_argument unless the groups divide the output channels.
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
