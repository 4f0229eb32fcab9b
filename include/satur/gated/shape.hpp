/// \file gated/shape.hpp  Rows of two halves: their shapes, and what is refused.
#pragma once

#include "satur/array/numbers.hpp"
#include "satur/array/shape.hpp"
#include "satur/error.hpp"
#include "satur/observe/kernel/into_arrays.hpp"

#include <cstddef>

namespace satur::inline SATUR_ABI::detail {

struct gate_shape {
  std::size_t rows;
  std::size_t half;
};

template <class X> [[nodiscard]] gate_shape gate_shape_of(char const* function, X const& x) {
  require_equal_rows(function, "x", x);
  std::size_t const length = last_extent(x);
  if (length == 0 || length % 2 != 0) {
    bad_shape(function, "x", shape_text(shape_of(x)), "a last axis that is even, and at least 2: two halves");
  }
  return {size_of(x) / length, length / 2};
}
template <class X> [[nodiscard]] gate_shape gate_shape_of(char const* function, X const& x, std::size_t length) {
  require_equal_rows(function, "x", x);
  if (length == 0 || length % 2 != 0 || size_of(x) % length != 0) {
    bad_shape(function, "x", shape_text({size_of(x)}),
              message("a multiple of the row length ", length, ", which must be even and at least 2: two halves"));
  }
  return {size_of(x) / length, length / 2};
}

/// Checks that y holds half of x: by the last axis if both have a shape.
template <class X, class Y>
void require_half(char const* function, char const* name, Y const& y, X const& x, gate_shape shape) {
  require_equal_rows(function, name, y);
  bool fits = size_of(y) == shape.rows * shape.half;
  if constexpr (shaped<Y>) {
    fits = fits && last_extent(y) == shape.half;
    if (!fits) {
      bad_shape(function, name, shape_text(shape_of(y)),
                message("a last axis of ", shape.half, " and ", shape.rows * shape.half, " numbers, half of x"));
    }
  }
  if (!fits) {
    bad_shape(function, name, shape_text({size_of(y)}), message("(", shape.rows * shape.half, "), half of x"));
  }
  static_cast<void>(x);
}

/// Throws where writing y would change x: where the two overlap, each in one piece, or begin with the same element.
template <class X, class Y> void require_own_memory(Y& y, X const& x) {
  value_t<X> const* const from = row_major_data(x);
  value_t<Y> const* const to = row_major_data(y);
  if (from == nullptr || to == nullptr) {
    require_another_start("y", y, x, "x");
    return;
  }
  if (overlap(from, size_of(x), to, size_of(y))) {
    shares_memory("y", "forward", "x");
  }
}

} // namespace satur::inline SATUR_ABI::detail
