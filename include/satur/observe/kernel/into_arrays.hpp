/// \file observe/kernel/into_arrays.hpp  From z into y and dy: in one piece if all lie alike, else through buffers.
#pragma once

#include "satur/array/numbers.hpp"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <stdexcept>
#include <type_traits>

namespace satur::detail {

/// Throws: `name` overlaps `input`, and that is the evidence of a diagnosis.
[[noreturn]] inline void shares_memory(char const* name, char const* function = "forward", char const* input = "z") {
  throw std::invalid_argument(message("satur::", function, ": ", name, " shares memory with ", input, "; ", input,
                                      " is the evidence that a diagnosis needs: give ", name, " a buffer of its own"));
}

/// Throws std::invalid_argument if y and z overlap, n numbers each.
template <class T>
void require_apart(char const* name, T const* y, T const* z, std::size_t n, char const* function = "forward") {
  std::less<T const*> const before;
  if (n != 0 && before(y, z + n) && before(z, y + n)) {
    shares_memory(name, function);
  }
}
/// The same for memory that is not in one piece: throws if y and z begin with the same element.
template <class Y, class Z> void require_another_start(char const* name, Y& y, Z const& z, char const* input = "z") {
  if constexpr (std::is_lvalue_reference_v<decltype(*std::begin(y))> &&
                std::is_lvalue_reference_v<decltype(*std::begin(z))>) {
    if (size_of(z) != 0 && static_cast<void const*>(std::addressof(*std::begin(y))) ==
                               static_cast<void const*>(std::addressof(*std::begin(z)))) {
      shares_memory(name, "forward", input);
    }
  }
}

/// Whether y lies as z does, both in one piece: what is k-th in memory has the same place in both.
template <class Y, class Z> [[nodiscard]] bool lies_as(Y& y, Z const& z) {
  return contiguous_data(z) != nullptr && contiguous_data(y) != nullptr && same_order(y, z);
}
/// run(z, y, dy, n): once where y and dy lie as z does, else leaf by leaf through buffers, in the order of the
/// iterators. dy may be null, and run gets null then.
template <class Z, class Y, class D, class Run> void into_arrays(Z const& z, Y& y, D* dy, Run const& run) {
  using T = value_t<Z>;
  if (lies_as(y, z) && (dy == nullptr || lies_as(*dy, z))) {
    T const* const from = contiguous_data(z);
    T* const values = contiguous_data(y);
    T* const slopes = dy == nullptr ? nullptr : contiguous_data(*dy);
    run(from, values, slopes, size_of(z));
    return;
  }
  auto to = std::begin(y);
  using slope_iterator = decltype(std::begin(*dy));
  slope_iterator slope_to = dy == nullptr ? slope_iterator{} : std::begin(*dy);
  for_each_buffered_leaf(z, [&](T const* leaf, std::size_t count) {
    T value_leaf[leaf_elements];
    T slope_leaf[leaf_elements];
    run(leaf, value_leaf, dy == nullptr ? nullptr : slope_leaf, count);
    to = std::copy(value_leaf, value_leaf + count, to);
    if (dy != nullptr) {
      slope_to = std::copy(slope_leaf, slope_leaf + count, slope_to);
    }
  });
}

} // namespace satur::detail
