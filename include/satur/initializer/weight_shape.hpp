/// \file initializer/weight_shape.hpp  The shape of a weight and the order of its axes, for rules that fill a whole
/// matrix.
#pragma once

#include "satur/config.hpp"
#include "satur/error.hpp"
#include "satur/initializer/fans.hpp"
#include "satur/initializer/layer_fans.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <span>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

namespace satur { inline namespace SATUR_ABI {

/// The order of the axes of a weight.
enum class axis_order {
  in_out, ///< (kernel…, in, out): the layers of this library, Keras, JAX
  out_in  ///< (out, in, kernel…): PyTorch
};

/// The shape of a weight of at least two axes, row-major. For a grouped convolution `in` is the number of channels of
/// one group.
struct weight_shape {
  std::vector<std::size_t> extents;
  axis_order order = axis_order::in_out;

  [[nodiscard]] std::size_t in() const { return extents[order == axis_order::in_out ? extents.size() - 2 : 1]; }
  [[nodiscard]] std::size_t out() const { return extents[order == axis_order::in_out ? extents.size() - 1 : 0]; }
  /// The extents of the kernel; empty for a matrix.
  [[nodiscard]] std::span<std::size_t const> kernel() const {
    std::span<std::size_t const> const all(extents);
    return order == axis_order::in_out ? all.first(all.size() - 2) : all.subspan(2);
  }
  /// Rows and columns of the memory as one matrix, the kernel joined to `in`: (kernel x in, out) or (out, in x kernel).
  [[nodiscard]] std::pair<std::size_t, std::size_t> matrix() const {
    std::size_t joined = in();
    for (std::size_t const extent : kernel()) {
      joined *= extent;
    }
    return order == axis_order::in_out ? std::pair{joined, out()} : std::pair{out(), joined};
  }
  /// The index of weight (input, output) at a tap of the kernel. The tap is one row-major number, 0 for a matrix.
  [[nodiscard]] std::size_t index(std::size_t input, std::size_t output, std::size_t tap = 0) const {
    if (order == axis_order::in_out) {
      return (tap * in() + input) * out() + output;
    }
    std::size_t const taps = matrix().second / in();
    return (output * in() + input) * taps + tap;
  }
  bool operator==(weight_shape const&) const = default;
};

namespace detail {

inline constexpr std::size_t any_axes = (std::numeric_limits<std::size_t>::max)();

/// Returns the shape. Throws shape_error unless it has between `least` and `most` axes and all extents are at least 1.
inline weight_shape const& checked(weight_shape const& shape, std::size_t least, std::size_t most,
                                   std::string_view rule) {
  std::size_t const axes = shape.extents.size();
  if (axes < least || axes > most) {
    bad_shape(rule, "the weight", shape_text(shape.extents),
              most == 2   ? "two axes, in and out"
              : least > 2 ? "at least three axes, a kernel's and in and out"
                          : "at least two axes, in and out");
  }
  if (std::ranges::find(shape.extents, std::size_t{0}) != shape.extents.end()) {
    bad_shape(rule, "the weight", shape_text(shape.extents), "extents of at least 1");
  }
  return shape;
}

/// Also throws std::invalid_argument unless the shape holds `size` weights.
inline weight_shape const& checked(weight_shape const& shape, std::size_t least, std::size_t most,
                                   std::string_view rule, std::size_t size) {
  std::size_t weights = 1;
  for (std::size_t const extent : checked(shape, least, most, rule).extents) {
    weights = counted_product(weights, extent, rule);
  }
  if (weights != size) {
    detail::raise(
        std::invalid_argument(message("satur::", rule, ": ", count_text(size, "weight"), " to fill, and the shape ",
                                      shape_text(shape.extents), " has ", weights, "; allowed: as many")));
  }
  return shape;
}

/// Returns the shape of a weight (in, out). Throws std::invalid_argument if a fan is 0 or `size` is not in x out.
inline weight_shape matrix_of(fans const& f, std::size_t size, std::string_view rule) {
  checked(f, rule);
  if (counted_product(f.in, f.out, rule) != size) {
    detail::raise(
        std::invalid_argument(message("satur::", rule, ": ", count_text(size, "weight"), size == 1 ? " is" : " are",
                                      " no matrix of the fans (in ", f.in, ", out ", f.out,
                                      "); allowed: in x out weights; for a kernel give its "
                                      "weight_shape instead of fans")));
  }
  return {{f.in, f.out}, axis_order::in_out};
}

} // namespace detail
}} // namespace satur::SATUR_ABI
