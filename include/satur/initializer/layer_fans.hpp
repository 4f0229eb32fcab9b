/// \file initializer/layer_fans.hpp  Fans of layers that are not dense, and the fans that PyTorch and Keras use.
///
/// The functions named after a layer count the products that a unit sums and the units that an input feeds. PyTorch and
/// Keras compute fans from the shape of the weight instead. The results differ for groups, transposed convolutions,
/// gates and embeddings. `fans_as_pytorch` and `fans_as_keras` reproduce them.
#pragma once

#include "satur/config.hpp"
#include "satur/error.hpp"
#include "satur/initializer/fans.hpp"

#include <cstddef>
#include <initializer_list>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace satur { inline namespace SATUR_ABI {

namespace detail {

/// Returns a * b. Throws std::invalid_argument if it overflows std::size_t.
inline std::size_t counted_product(std::size_t a, std::size_t b, std::string_view function) {
  if (b != 0 && a > (std::numeric_limits<std::size_t>::max)() / b) {
    bad_parameter(function, "a number of weights", message(a, " x ", b), "what a std::size_t holds");
  }
  return a * b;
}

/// Returns n. Throws std::invalid_argument if it is 0.
inline std::size_t at_least_1(std::size_t n, std::string_view function, std::string_view what) {
  if (n == 0) {
    bad_parameter(function, what, n, "at least 1");
  }
  return n;
}

inline std::size_t kernel_size(std::span<std::size_t const> kernel, std::string_view function) {
  std::size_t size = 1;
  for (std::size_t const extent : kernel) {
    if (extent == 0) {
      bad_shape(function, "the kernel", shape_text(kernel), "extents of at least 1");
    }
    size = counted_product(size, extent, function);
  }
  return size;
}

/// The number of channels of one group.
inline std::size_t in_group(std::size_t channels, std::size_t groups, std::string_view function,
                            std::string_view what) {
  at_least_1(groups, function, "the number of groups");
  if (channels == 0 || channels % groups != 0) {
    bad_parameter(function, what, channels,
                  groups == 1 ? std::string("at least 1") : message("a multiple of the ", groups, " groups"));
  }
  return channels / groups;
}

} // namespace detail

/// A dense layer: every unit sums `in` products.
[[nodiscard]] inline fans dense_fans(std::size_t in, std::size_t out) {
  return detail::checked({in, out}, "dense_fans");
}

/// A convolution with a kernel of these extents, at stride 1. An output sums in_channels/groups x kernel products. An
/// input (away from the border) feeds out_channels/groups x kernel outputs. groups = in_channels is a depthwise
/// convolution.
///
/// A stride does not change fan-in and divides the true fan-out. PyTorch, Keras and He et al. (ICCV 2015, section 2.2)
/// ignore it, and so does this function.
///
/// Throws std::invalid_argument if an argument is 0 or the groups do not divide the channels.
[[nodiscard]] inline fans convolution_fans(std::size_t in_channels, std::size_t out_channels,
                                           std::span<std::size_t const> kernel, std::size_t groups = 1) {
  constexpr std::string_view function = "convolution_fans";
  std::size_t const size = detail::kernel_size(kernel, function);
  std::size_t const in = detail::in_group(in_channels, groups, function, "the number of input channels");
  std::size_t const out = detail::in_group(out_channels, groups, function, "the number of output channels");
  return {detail::counted_product(in, size, function), detail::counted_product(out, size, function)};
}
[[nodiscard]] inline fans convolution_fans(std::size_t in_channels, std::size_t out_channels,
                                           std::initializer_list<std::size_t> kernel, std::size_t groups = 1) {
  return convolution_fans(in_channels, out_channels, std::span<std::size_t const>(kernel.begin(), kernel.size()),
                          groups);
}

/// A transposed convolution with a kernel of these extents and one stride for all axes. An input feeds
/// out_channels/groups x kernel outputs. An output sums in_channels/groups x ceil(extent / stride) on each axis; this
/// counts the outputs that meet most kernel taps. (With stride 2 and extent 3, every second output meets 2 taps and the
/// others 1: the checkerboard of such layers.)
///
/// Throws std::invalid_argument if an argument is 0 or the groups do not divide the channels.
[[nodiscard]] inline fans transposed_convolution_fans(std::size_t in_channels, std::size_t out_channels,
                                                      std::span<std::size_t const> kernel, std::size_t stride = 1,
                                                      std::size_t groups = 1) {
  constexpr std::string_view function = "transposed_convolution_fans";
  detail::at_least_1(stride, function, "the stride");
  std::size_t const size = detail::kernel_size(kernel, function);
  std::size_t taps = 1;
  for (std::size_t const extent : kernel) {
    taps *= (extent - 1) / stride + 1;
  }
  std::size_t const in = detail::in_group(in_channels, groups, function, "the number of input channels");
  std::size_t const out = detail::in_group(out_channels, groups, function, "the number of output channels");
  return {detail::counted_product(in, taps, function), detail::counted_product(out, size, function)};
}
[[nodiscard]] inline fans transposed_convolution_fans(std::size_t in_channels, std::size_t out_channels,
                                                      std::initializer_list<std::size_t> kernel, std::size_t stride = 1,
                                                      std::size_t groups = 1) {
  return transposed_convolution_fans(in_channels, out_channels,
                                     std::span<std::size_t const>(kernel.begin(), kernel.size()), stride, groups);
}

/// The two weights of one gate of a recurrent layer (a plain recurrent layer has one gate, a GRU 3, an LSTM 4).
struct gate_fans {
  fans input;     ///< weight from the input: (inputs, units)
  fans recurrent; ///< weight from the last state: (units, units)
  /// Both together: a gate sums inputs + units products.
  [[nodiscard]] constexpr fans joint() const noexcept { return {input.in + recurrent.in, input.out}; }
  bool operator==(gate_fans const&) const = default;
};

/// Fans of one gate. The number of gates stored in one weight does not matter, because a unit of a gate sums its own
/// products only. Throws std::invalid_argument if an argument is 0.
[[nodiscard]] inline gate_fans recurrent_fans(std::size_t inputs, std::size_t units) {
  detail::checked({inputs, units}, "recurrent_fans");
  return {{inputs, units}, {units, units}};
}

/// A table of `count` rows of `width` numbers, one row for each token. A lookup sums nothing, so the fan-in is 1. A
/// token feeds `width` numbers. Throws std::invalid_argument if an argument is 0.
[[nodiscard]] inline fans embedding_fans(std::size_t count, std::size_t width) {
  detail::at_least_1(count, "embedding_fans", "the number of rows");
  return {1, detail::at_least_1(width, "embedding_fans", "the width of a row")};
}

/// The fans that torch.nn.init computes from a weight of this shape, (out, in / groups, kernel…): axis 1 and axis 0,
/// both times the kernel. For a grouped convolution the fan-out is too large. For a transposed one, stored as (in, out
/// / groups, kernel…), the two are swapped.
///
/// Source: _calculate_fan_in_and_fan_out of torch/nn/init.py.
///
/// Throws shape_error if there are fewer than two axes or an extent is 0.
[[nodiscard]] inline fans fans_as_pytorch(std::span<std::size_t const> shape) {
  constexpr std::string_view function = "fans_as_pytorch";
  if (shape.size() < 2) {
    detail::bad_shape(function, "the weight", detail::shape_text(shape), "(out, in) or (out, in / groups, kernel…)");
  }
  std::size_t const size = detail::kernel_size(shape.subspan(2), function);
  return detail::checked(
      {detail::counted_product(shape[1], size, function), detail::counted_product(shape[0], size, function)}, function);
}
[[nodiscard]] inline fans fans_as_pytorch(std::initializer_list<std::size_t> shape) {
  return fans_as_pytorch(std::span<std::size_t const>(shape.begin(), shape.size()));
}

/// The fans that Keras and JAX compute from a weight of this shape, (kernel…, in / groups, out): the last two axes,
/// both times the kernel. For a grouped convolution the fan-out is too large. For a transposed one of Keras, stored as
/// (kernel…, out, in), the two are swapped. One axis counts as both fans, no axis as 1 and 1 (JAX rejects these two).
///
/// Source: compute_fans of keras/src/initializers/random_initializers.py; _compute_fans of jax/_src/nn/initializers.py.
///
/// Throws shape_error if an extent is 0.
[[nodiscard]] inline fans fans_as_keras(std::span<std::size_t const> shape) {
  constexpr std::string_view function = "fans_as_keras";
  if (shape.size() < 2) {
    std::size_t const n = detail::kernel_size(shape, function);
    return {n, n};
  }
  std::size_t const axes = shape.size();
  std::size_t const size = detail::kernel_size(shape.first(axes - 2), function);
  return detail::checked({detail::counted_product(shape[axes - 2], size, function),
                          detail::counted_product(shape[axes - 1], size, function)},
                         function);
}
[[nodiscard]] inline fans fans_as_keras(std::initializer_list<std::size_t> shape) {
  return fans_as_keras(std::span<std::size_t const>(shape.begin(), shape.size()));
}

}} // namespace satur::SATUR_ABI
