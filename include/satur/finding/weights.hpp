/// \file finding/weights.hpp  Views of a layer's weights and bias in any contiguous container.
#pragma once

#include "satur/array/row_major.hpp"
#include "satur/array/shape.hpp"
#include "satur/error.hpp"

#include <cstddef>
#include <span>

namespace satur::inline SATUR_ABI::detail {

/// w of shape (in, units), row-major. T is const if w is only read.
template <class T> struct weight_view {
  T* data;
  std::size_t in;
  std::size_t units;
  [[nodiscard]] T& operator()(std::size_t i, std::size_t j) const { return data[i * units + j]; }
};

/// Any container of in * units numbers. Throws shape_error where the size is no multiple of units, or the shape
/// another.
template <class W> [[nodiscard]] auto weights_of(char const* function, W& w, std::size_t units) {
  auto const memory = memory_of(function, "w", w);
  using T = typename decltype(memory)::element_type;
  if (units == 0 || memory.empty() || memory.size() % units != 0) {
    bad_shape(function, "w", shape_text({memory.size()}),
              message("(inputs, ", units, "), as b has ", count_text(units, "unit")));
  }
  std::size_t const in = memory.size() / units;
  if constexpr (shaped<W>) {
    if (rank_of(w) != 2 || last_extent(w) != units) {
      bad_shape(function, "w", shape_text(shape_of(w)),
                message("(inputs, ", units, "), as b has ", count_text(units, "unit")));
    }
  }
  return weight_view<T>{memory.data(), in, units};
}

} // namespace satur::inline SATUR_ABI::detail
