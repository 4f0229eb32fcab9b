/// \file rowwise/concept.hpp  The concept of an activation that works on whole rows.
#pragma once

#include "satur/array/shape.hpp"

#include <concepts>
#include <span>

namespace satur { inline namespace SATUR_ABI {

/// A struct that maps a row of logits to a row of numbers. `act.value(z, y)` writes y from z. `act.pullback(y, dy, dx)`
/// writes dL/dx from the output y and dL/dy. All rows have the length of z. Neither function may keep state. `apply`
/// and `pullback` then accept any container.
template <class A, class T = double>
concept rowwise_activation = requires(A const& act, std::span<T const> in, std::span<T> out) {
  act.value(in, out);
  act.pullback(in, in, out);
};

namespace detail {

/// Rows of `length` numbers.
struct row_shape {
  std::size_t rows;
  std::size_t length;
};

/// The rows of a container: its last axis, or `length` numbers at a time (then the container may have no shape).
template <shaped Z> [[nodiscard]] row_shape rows_of(char const* function, Z const& z) {
  require_equal_rows(function, "z", z);
  std::size_t const length = last_extent(z);
  if (length == 0) {
    bad_shape(function, "z", shape_text(shape_of(z)), "a last axis of at least 1");
  }
  return {size_of(z) / length, length};
}
template <class Z> [[nodiscard]] row_shape rows_of(char const* function, Z const& z, std::size_t length) {
  require_equal_rows(function, "z", z);
  std::size_t const n = size_of(z);
  if (length == 0 || n % length != 0) {
    bad_shape(function, "z", shape_text({n}),
              message("a multiple of the row length ", length, length == 0 ? ", which must be at least 1" : ""));
  }
  return {n / length, length};
}

} // namespace detail

}} // namespace satur::SATUR_ABI
