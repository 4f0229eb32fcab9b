/// \file array/shape.hpp  The shape of numbers, if they have one.
#pragma once

#include "satur/array/in_order.hpp"

namespace satur::inline SATUR_ABI::detail {

template <class Z>
concept states_shape = requires(Z const& z) {
  std::begin(z.shape());
  std::end(z.shape());
};
template <class Z>
concept shaped_memory = is_array_view_v<Z> || adapted_memory<Z const> || mdspan_memory<Z const>;

/// A container with axes: xtensor's (expressions too), an array_view, an adapted type, a range of rows. A std container
/// or span is numbers without a shape.
template <class Z>
concept shaped = shaped_memory<Z> || computed_numbers<Z> || states_shape<Z> || rows_of_memory<Z>;

template <shaped Z> [[nodiscard]] decltype(auto) shape_of(Z const& z) {
  if constexpr (shaped_memory<Z>) {
    return array_shape(as_array_view(z).shape);
  } else if constexpr (computed_numbers<Z>) {
    return array_shape(number_range_lookup::call(z).shape());
  } else if constexpr (states_shape<Z>) {
    return z.shape();
  } else {
    return array_shape(range_size(z), row_length(z));
  }
}
template <shaped Z> [[nodiscard]] std::size_t rank_of(Z const& z) {
  auto const& shape = shape_of(z);
  return static_cast<std::size_t>(std::distance(std::begin(shape), std::end(shape)));
}
template <shaped Z> [[nodiscard]] std::size_t last_extent(Z const& z) {
  std::size_t length = 0;
  for (auto const& extent : shape_of(z)) {
    length = static_cast<std::size_t>(extent);
  }
  return length;
}

/// "(3, 4)", or the number of elements if z has no shape.
template <class Z> [[nodiscard]] std::string shape_text_of(Z const& z) {
  if constexpr (shaped<Z>) {
    return shape_text(shape_of(z));
  } else {
    return shape_text({size_of(z)});
  }
}

/// Throws shape_error if y cannot hold what z gives: by their shapes if both have one, else by their sizes.
template <class Y, class Z> void require_same_shape(char const* function, char const* name, Y const& y, Z const& z) {
  require_equal_rows(function, "z", z);
  require_equal_rows(function, name, y);
  if constexpr (shaped<Y> && shaped<Z>) {
    auto const& have = shape_of(y);
    auto const& want = shape_of(z);
    if (!std::equal(std::begin(have), std::end(have), std::begin(want), std::end(want))) {
      bad_shape(function, name, shape_text(have), shape_text(want) + ", the shape of z");
    }
  } else if (size_of(y) != size_of(z)) {
    bad_shape(function, name, shape_text({size_of(y)}), shape_text({size_of(z)}) + ", the size of z");
  }
}

} // namespace satur::inline SATUR_ABI::detail
