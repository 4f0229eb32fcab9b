/// \file array/unit_layout.hpp  Where the units of a layer lie in its block of numbers.
#pragma once

#include "satur/array/shape.hpp"

#include <array>
#include <cstddef>
#include <limits>

namespace satur { inline namespace SATUR_ABI {

/// A row-major block read as (outer, units, inner): the number of unit u in sample o * inner + i is at
/// (o * units + u) * inner + i. A sample is one vector of all units: a row of a matrix, or one pixel of one image.
///
///     unit_layout::matrix(128, 256)          // (batch, units)
///     unit_layout::nhwc(32, 28, 28, 64)      // a unit is a channel, a sample one of 32 * 28 * 28 pixels
///     unit_layout::nchw(32, 64, 28, 28)      // the same numbers in the other order: the same record
///     unit_layout::of(z.shape(), 1)          // any shape, the units along axis 1
struct unit_layout {
  std::size_t outer = 0;
  std::size_t units = 0;
  std::size_t inner = 1;

  [[nodiscard]] static constexpr unit_layout matrix(std::size_t batch, std::size_t units) { return {batch, units, 1}; }
  [[nodiscard]] static constexpr unit_layout nhwc(std::size_t n, std::size_t h, std::size_t w, std::size_t c) {
    return {n * h * w, c, 1};
  }
  [[nodiscard]] static constexpr unit_layout nchw(std::size_t n, std::size_t c, std::size_t h, std::size_t w) {
    return {n, c, h * w};
  }
  /// The axes before `axis` are outer, those after it inner. Throws std::invalid_argument where there is no such axis.
  template <class Shape> [[nodiscard]] static unit_layout of(Shape const& shape, std::size_t axis) {
    unit_layout layout{1, 0, 1};
    std::size_t k = 0;
    for (auto const& extent : shape) {
      std::size_t const e = static_cast<std::size_t>(extent);
      (k < axis    ? layout.outer
       : k == axis ? layout.units
                   : layout.inner) = k == axis ? e : (k < axis ? layout.outer : layout.inner) * e;
      ++k;
    }
    if (axis >= k) {
      detail::bad_parameter("unit_layout::of", "axis", axis,
                            detail::message("an axis of the shape ", detail::shape_text(shape), ", counted from 0"));
    }
    return layout;
  }
  /// The units along the last axis.
  template <class Shape> [[nodiscard]] static unit_layout of(Shape const& shape) {
    std::size_t const rank = static_cast<std::size_t>(std::distance(std::begin(shape), std::end(shape)));
    return of(shape, rank == 0 ? 0 : rank - 1);
  }

  [[nodiscard]] constexpr std::size_t samples() const { return outer * inner; }
  [[nodiscard]] constexpr std::size_t size() const { return outer * units * inner; }
  bool operator==(unit_layout const&) const = default;
};

namespace detail {
[[nodiscard]] inline std::string layout_text(unit_layout const& l) {
  return l.inner == 1 ? shape_text({l.outer, l.units}) : shape_text({l.outer, l.units, l.inner});
}

/// Throws shape_error unless z has as many numbers as the layout.
template <class Z> void require_layout(char const* function, char const* name, Z const& z, unit_layout const& layout) {
  require_equal_rows(function, name, z);
  if (std::size_t const n = size_of(z); n != layout.size()) {
    bad_shape(
        function, name, shape_text({n}),
        message(count_text(layout.size(), "number"), ", the layout ", layout_text(layout), " (outer, units, inner)"));
  }
}
} // namespace detail

}} // namespace satur::SATUR_ABI
