/// \file observe/kernel/into_arrays.hpp  From z into y and dy: in one piece if all lie alike, else through buffers.
#pragma once

#include "satur/array/shape.hpp"
#include "satur/observe/kernel/half_arrays.hpp"
#include "satur/observe/kernel/saturation.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <type_traits>

namespace satur::inline SATUR_ABI::detail {

/// Throws: `name` overlaps `input`, and that is the evidence of a diagnosis.
[[noreturn]] inline void shares_memory(char const* name, char const* function = "forward", char const* input = "z") {
  detail::raise(
      std::invalid_argument(message("satur::", function, ": ", name, " shares memory with ", input, "; ", input,
                                    " is the evidence that a diagnosis needs: give ", name, " a buffer of its own")));
}

/// Throws std::invalid_argument if y and z overlap, n numbers each.
template <class T>
void require_apart(char const* name, T const* y, T const* z, std::size_t n, char const* function = "forward") {
  if (overlap(y, n, z, n)) {
    shares_memory(name, function);
  }
}
/// The same for memory that is not in one piece: throws if y and z begin with the same element.
template <class Y, class Z>
void require_another_start(char const* name, Y& y, Z const& z, char const* input = "z",
                           char const* function = "forward") {
  void const* const start = first_address(z);
  if (start != nullptr && start == first_address(y) && size_of(z) != 0) {
    shares_memory(name, function, input);
  }
}

/// The same for a result that may be a copy of y, of numbers that may be a copy of z.
template <class T, class Y, class Z>
void require_unshared(char const* name, T const* results, T const* numbers, Y& y, Z const& z, char const* function) {
  require_apart(name, results, numbers, size_of(z), function);
  require_another_start(name, y, z, "z", function);
}

/// A result that is not wanted.
struct no_array {};
inline constexpr no_array* not_wanted = nullptr;
template <class Y> inline constexpr bool is_array_v = !std::same_as<Y, no_array>;

/// What lies in memory as it is stored: floating-point numbers, or the elements of 16-bit numbers.
template <class Z> struct stored_arrays {
  static constexpr bool known = false;
};
template <plain_memory Z> struct stored_arrays<Z> {
  static constexpr bool known = true;
  using type = plain_arrays<value_t<Z>>;
};
template <class Access> struct arrays_of_access {
  static constexpr bool known = false;
};
template <math::half_format F> struct arrays_of_access<half_access<F>> {
  static constexpr bool known = true;
  using type = half_arrays<F>;
};
template <class Z>
  requires(memory_of_numbers<Z> && !plain_memory<Z>)
struct stored_arrays<Z> : arrays_of_access<typename view_t<Z const>::access_type> {};

template <class T> [[nodiscard]] T const* const_element(T* p) { return p; }
template <class Y> [[nodiscard]] auto writer_of([[maybe_unused]] Y* y) {
  if constexpr (is_array_v<Y>) {
    return number_writer<Y>(*y);
  } else {
    return no_array{};
  }
}

/// The arrays from the `first`-th element on.
template <class T> [[nodiscard]] plain_arrays<T> part_of(plain_arrays<T> const& a, std::size_t first) {
  return {a.z + first, a.y == nullptr ? nullptr : a.y + first, a.dy == nullptr ? nullptr : a.dy + first};
}
template <math::half_format F> [[nodiscard]] half_arrays<F> part_of(half_arrays<F> const& a, std::size_t first) {
  return {a.z + first, a.y == nullptr ? nullptr : a.y + first, a.dy == nullptr ? nullptr : a.dy + first};
}
/// z and f'(z) of a part, as numbers.
template <class T> struct kept_part {
  T const* z;
  T const* slopes;
};
/// Lets a pass keep z and f'(z) of the n elements of a part: in place, else in the visitor's scratch memory.
template <class T, class Visitor>
[[nodiscard]] kept_part<T> keep(plain_arrays<T>& part, std::size_t n, Visitor& visitor) {
  if (part.dy == nullptr) {
    part.dy = visitor.template scratch<T>(n);
  }
  return {part.z, part.dy};
}
template <math::half_format F, class Visitor>
[[nodiscard]] kept_part<float> keep(half_arrays<F>& part, std::size_t n, Visitor& visitor) {
  part.floats = visitor.template scratch<float>(2 * n);
  part.slope_floats = part.floats + n;
  return {part.floats, part.slope_floats};
}

/// Whether numbers of both can be in one pass without a copy, if they lie alike.
template <class Y, class Z> [[nodiscard]] constexpr bool stored_alike() {
  if constexpr (!is_array_v<Y>) {
    return stored_arrays<Z>::known;
  } else if constexpr (stored_arrays<Y>::known && stored_arrays<Z>::known) {
    return std::same_as<typename stored_arrays<Y>::type, typename stored_arrays<Z>::type>;
  } else {
    return false;
  }
}
template <class V> [[nodiscard]] bool in_one_piece(V const& view) {
  return view.data != nullptr && (view.is_row_major() || view.is_column_major());
}
/// The memory of y if its k-th element is the k-th of z, both in one piece; else null.
template <class Y, class V> [[nodiscard]] auto data_beside(Y& y, V const& z) {
  auto const view = as_array_view(y);
  return in_one_piece(view) && same_order(view, z) ? view.data : nullptr;
}

/// Throws what `forward` throws if y has another shape than z, or shares memory with it.
template <class Y, class Z> void require_result(char const* name, Y& y, Z const& z, char const* function = "forward") {
  require_same_shape(function, name, y, z);
  if constexpr (stored_alike<Y, Z>()) {
    auto const from = as_array_view(z);
    auto const to = as_array_view(y);
    if (in_one_piece(from) && in_one_piece(to)) {
      require_apart(name, const_element(to.data), const_element(from.data), from.size(), function);
      return;
    }
  }
  require_another_start(name, y, z, "z", function);
}

/// Whether a result lies as z does by its type, or is not wanted.
template <class Y, class Z> [[nodiscard]] consteval bool lies_alike() {
  if constexpr (is_array_v<Y>) {
    return same_order_by_type<Y, Z>();
  } else {
    return true;
  }
}
template <class Y> [[nodiscard]] auto start_if_wanted(Y* y) {
  if constexpr (is_array_v<Y>) {
    return start_of(*y);
  } else {
    return nullptr;
  }
}

/// run(arrays, n) over all of z: once if y and dy lie as z does, else leaf by leaf through buffers, in the order of the
/// indices. y and dy may be null, and are null in `arrays` then. Apart: refuses y and dy that share memory with z.
template <bool Apart, class Z, class Y, class D, class Run> void into_arrays(Z const& z, Y* y, D* dy, Run const& run) {
  using T = value_t<Z>;
  if constexpr (stored_alike<Y, Z>() && stored_alike<D, Z>()) {
    using arrays = typename stored_arrays<Z>::type;
    std::size_t n = 0;
    bool alike = true;
    decltype(arrays::z) numbers = nullptr; // each by itself until all are known: so they stay in registers
    decltype(arrays::y) to = nullptr;
    decltype(arrays::dy) slopes_to = nullptr;
    if constexpr (read_in_place<Z const> && lies_alike<Y, Z const>() && lies_alike<D, Z const>()) {
      n = size_of(z);
      numbers = start_of(z);
      to = start_if_wanted(y);
      slopes_to = start_if_wanted(dy);
    } else {
      auto const from = as_array_view(z);
      n = from.size();
      numbers = from.data;
      alike = in_one_piece(from) || n == 0;
      if constexpr (is_array_v<Y>) {
        to = data_beside(*y, from);
        alike = alike && (to != nullptr || n == 0);
      }
      if constexpr (is_array_v<D>) {
        slopes_to = data_beside(*dy, from);
        alike = alike && (slopes_to != nullptr || n == 0);
      }
    }
    if (alike) {
      if constexpr (Apart && is_array_v<Y>) {
        require_apart("y", const_element(to), numbers, n);
      }
      if constexpr (Apart && is_array_v<D>) {
        require_apart("dy", const_element(slopes_to), numbers, n);
      }
      if (n != 0) {
        run(arrays{numbers, to, slopes_to}, n);
      }
      return;
    }
  }
  if constexpr (Apart && is_array_v<Y>) {
    require_another_start("y", *y, z);
  }
  if constexpr (Apart && is_array_v<D>) {
    require_another_start("dy", *dy, z);
  }
  auto values = writer_of(y);
  auto slopes = writer_of(dy);
  std::size_t at = 0;
  for_each_buffered_leaf(z, [&](T const* leaf, std::size_t count) {
    T value_leaf[is_array_v<Y> ? leaf_elements : 1];
    T slope_leaf[is_array_v<D> ? leaf_elements : 1];
    run(plain_arrays<T>{leaf, is_array_v<Y> ? value_leaf : nullptr, is_array_v<D> ? slope_leaf : nullptr}, count);
    if constexpr (is_array_v<Y>) {
      values.write(at, count, value_leaf);
    }
    if constexpr (is_array_v<D>) {
      slopes.write(at, count, slope_leaf);
    }
    at += count;
  });
}

} // namespace satur::inline SATUR_ABI::detail
