/// \file finding/weights.hpp  Views of a layer's weights and bias in any contiguous container.
#pragma once

#include "satur/array/numbers.hpp"
#include "satur/error.hpp"

#include <cstddef>
#include <span>

namespace satur::detail {

/// w of shape (in, units), row-major. T is const if w is only read.
template <class T> struct weight_view {
  T* data;
  std::size_t in;
  std::size_t units;
  [[nodiscard]] T& operator()(std::size_t i, std::size_t j) const { return data[i * units + j]; }
};

/// The memory of a contiguous row-major container. Throws shape_error if it is not contiguous.
template <class X> [[nodiscard]] auto memory_of(char const* function, char const* what, X& x) {
  auto* const data = contiguous_data(x);
  std::size_t const n = size_of(x);
  bool ordered = true;
  if constexpr (strided_memory<X>) {
    ordered = row_major(x);
  }
  if ((data == nullptr && n != 0) || !ordered) {
    bad_shape(function, what, shape_text({n}), "contiguous row-major memory; copy the view first");
  }
  return std::span(data, n);
}

/// A view of w, any contiguous container of in * units numbers. Throws shape_error if the size is not a multiple of
/// units, or if w has a shape other than (in, units).
template <class W> [[nodiscard]] auto weights_of(char const* function, W& w, std::size_t units) {
  auto const memory = memory_of(function, "w", w);
  using T = typename decltype(memory)::element_type;
  if (units == 0 || memory.empty() || memory.size() % units != 0) {
    bad_shape(function, "w", shape_text({memory.size()}), message("(inputs, ", units, "), as b has ", units, " units"));
  }
  std::size_t const in = memory.size() / units;
  if constexpr (requires { w.shape().size(); }) {
    if (w.shape().size() != 2 || static_cast<std::size_t>(w.shape()[1]) != units) {
      bad_shape(function, "w", shape_text(w.shape()), message("(inputs, ", units, "), as b has ", units, " units"));
    }
  }
  return weight_view<T>{memory.data(), in, units};
}

} // namespace satur::detail
