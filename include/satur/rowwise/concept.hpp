/// \file rowwise/concept.hpp  The concept of an activation that works on whole rows.
#pragma once

#include "satur/array/numbers.hpp"

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

template <class Z>
concept shaped = requires(Z const& z) {
  z.shape().begin();
  z.shape().end();
};

/// The rows of a container: its last axis, or consecutive groups of `length` numbers (then the container needs no
/// shape).
template <shaped Z> [[nodiscard]] row_shape rows_of(char const* function, Z const& z) {
  std::size_t length = 0;
  for (auto const& extent : z.shape()) {
    length = static_cast<std::size_t>(extent);
  }
  if (length == 0) {
    bad_shape(function, "z", shape_text(z.shape()), "a last axis of at least 1");
  }
  return {size_of(z) / length, length};
}
template <class Z> [[nodiscard]] row_shape rows_of(char const* function, Z const& z, std::size_t length) {
  std::size_t const n = size_of(z);
  if (length == 0 || n % length != 0) {
    bad_shape(function, "z", shape_text({n}),
              message("a multiple of the row length ", length, length == 0 ? ", which must be at least 1" : ""));
  }
  return {n / length, length};
}

/// Pointer to the first element of z if its rows are contiguous, else null.
template <class Z> [[nodiscard]] auto row_data(Z& z) {
  auto data = contiguous_data(z);
  if constexpr (strided_memory<Z const>) {
    return data != nullptr && row_major(z) ? data : nullptr;
  } else {
    return data;
  }
}

} // namespace detail

}} // namespace satur::SATUR_ABI
