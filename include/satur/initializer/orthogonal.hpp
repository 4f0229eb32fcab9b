/// \file initializer/orthogonal.hpp  Weights with orthonormal rows or columns: no direction grows or shrinks.
#pragma once

#include "satur/config.hpp"
#include "satur/error.hpp"
#include "satur/initializer/fans.hpp"
#include "satur/initializer/random_reflections.hpp"
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

/// Calls write(row, column, value) for a rows x columns matrix, uniform among those with orthonormal columns (rows >=
/// columns) or rows (rows < columns).
template <class Write>
void write_orthonormal(std::size_t rows, std::size_t columns, sampler const& random, Write const& to) {
  if (rows >= columns) {
    random_reflections(rows, columns, random).write(to);
  } else {
    random_reflections(columns, rows, random).write([&](std::size_t i, std::size_t j, double x) { to(j, i, x); });
  }
}

} // namespace detail

/// w / gain is uniform (Haar) among the matrices with orthonormal columns (in >= out) or rows (in < out). All singular
/// values are gain. A kernel counts as the matrix (kernel x in, out).
///
/// Scale: a weight has mean 0 and stddev = gain / sqrt(max(in, out)) of that matrix.
///
/// Source: A. Saxe, J. McClelland, S. Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep linear
/// neural networks", ICLR 2014; the method of drawing: random_reflections.hpp.
///
/// Cost: about 3 in out min(in, out) operations and in out doubles of memory.
///
/// Throws std::invalid_argument if a fan is 0, the gain is negative, infinite or NaN, or the number of weights is not
/// in x out.
struct orthogonal {
  double gain = 1;

  static constexpr std::string_view name = "orthogonal";

  [[nodiscard]] constexpr double mean(fans) const noexcept { return 0; }
  /// The standard deviation for the matrix (in, out). For a kernel pass fans{kernel x in, out} or its shape.
  [[nodiscard]] double stddev(fans f) const {
    detail::checked(f, name);
    return detail::checked_scale(gain, name, "gain") / std::sqrt(static_cast<double>((std::max)(f.in, f.out)));
  }
  [[nodiscard]] double stddev(weight_shape const& shape) const {
    auto const [rows, columns] = detail::checked(shape, 2, detail::any_axes, name).matrix();
    return stddev(fans{rows, columns});
  }

  template <std::floating_point T> void fill(std::span<T> out, fans f, sampler const& random) const {
    fill(out, detail::matrix_of(f, out.size(), name), random);
  }
  template <std::floating_point T> void fill(std::span<T> out, weight_shape const& shape, sampler const& random) const {
    detail::checked(shape, 2, detail::any_axes, name, out.size());
    detail::checked_scale(gain, name, "gain");
    detail::checked_as<T>(gain, name, "gain");
    auto const [rows, columns] = shape.matrix();
    detail::write_orthonormal(rows, columns, random, [&, stride = columns](std::size_t i, std::size_t j, double x) {
      out[i * stride + j] = static_cast<T>(gain * x);
    });
  }

  bool operator==(orthogonal const&) const = default;
};

/// A convolution that is an orthogonal matrix from input to output channels at the middle tap and 0 elsewhere. It keeps
/// the norm of its input at any depth. The middle is (extent - 1) / 2 on each axis, as in JAX.
///
/// Scale: a weight has mean 0 and stddev = gain / sqrt(kernel x out).
///
/// Source: L. Xiao, Y. Bahri, J. Sohl-Dickstein, S. Schoenholz, J. Pennington, "Dynamical isometry and a mean field
/// theory of CNNs", ICML 2018.
///
/// Throws shape_error if there are fewer than three axes, an extent is 0, or out < in (then no norm is kept);
/// std::invalid_argument if the gain is negative, infinite or NaN.
struct delta_orthogonal {
  double gain = 1;

  static constexpr std::string_view name = "delta_orthogonal";

  [[nodiscard]] constexpr double mean(fans) const noexcept { return 0; }
  /// The standard deviation for the fans of convolution_fans: fan-out is kernel x out.
  [[nodiscard]] double stddev(fans f) const {
    return detail::checked_scale(gain, name, "gain") / std::sqrt(static_cast<double>(detail::checked(f, name).out));
  }
  [[nodiscard]] double stddev(weight_shape const& shape) const {
    detail::checked(shape, 3, detail::any_axes, name);
    return stddev(convolution_fans(shape.in(), shape.out(), shape.kernel()));
  }

  template <std::floating_point T> void fill(std::span<T> out, weight_shape const& shape, sampler const& random) const {
    detail::checked(shape, 3, detail::any_axes, name, out.size());
    detail::checked_scale(gain, name, "gain");
    detail::checked_as<T>(gain, name, "gain");
    if (shape.out() < shape.in()) {
      detail::bad_shape(name, "the weight", detail::shape_text(shape.extents),
                        detail::message("at least as many output channels as input channels, not ", shape.out(),
                                        " and ", shape.in()));
    }
    std::size_t middle = 0;
    for (std::size_t const extent : shape.kernel()) {
      middle = middle * extent + (extent - 1) / 2;
    }
    std::ranges::fill(out, T(0));
    detail::write_orthonormal(shape.in(), shape.out(), random, [&](std::size_t i, std::size_t j, double x) {
      out[shape.index(i, j, middle)] = static_cast<T>(gain * x);
    });
  }

  bool operator==(delta_orthogonal const&) const = default;
};

}} // namespace satur::SATUR_ABI
