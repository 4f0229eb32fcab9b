/// \file array/numbers.hpp  What counts as numbers, and how any of it is read and written in order.
///
/// Memory (as_array_view) without gaps is read in place. Anything else (strided memory, 16-bit numbers, a range of
/// rows, a lazy expression, a std::deque) is read through a buffer, in the order of its indices or iterators. Both give
/// the same bits.
#pragma once

#include "satur/array/as_array_view.hpp"
#include "satur/error.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <type_traits>
#include <utility>
#if !SATUR_HAS_EXTENSIONS
#include <memory>
#endif

namespace satur::inline SATUR_ABI::detail {

/// std::addressof without its header, which costs as much as all others here.
template <class T> [[nodiscard]] constexpr T* address_of(T& x) noexcept {
#if SATUR_HAS_EXTENSIONS
  return __builtin_addressof(x);
#else
  return std::addressof(x);
#endif
}

template <class Z> using view_t = decltype(as_array_view(std::declval<Z&>()));

template <class Z>
concept memory_of_numbers = array_memory<Z const> && std::floating_point<typename view_t<Z const>::value_type>;

namespace number_range_lookup {
void as_number_range() = delete; // the name, so that only functions beside the type are found
template <class Z>
concept has_own = requires(Z const& z) {
  as_number_range(z).begin();
  as_number_range(z).shape();
};
template <class Z> [[nodiscard]] auto call(Z const& z) { return as_number_range(z); }
} // namespace number_range_lookup

/// Numbers without memory, an expression of another library: as_number_range(z), beside its type, gives their shape()
/// without computing them, and begin(), an iterator that keeps alive what it reads.
template <class Z>
concept computed_numbers = !memory_of_numbers<Z> && number_range_lookup::has_own<Z>;

template <class Z>
  requires computed_numbers<Z>
[[nodiscard]] auto begin_of(Z const& z) {
  return number_range_lookup::call(z).begin();
}
template <class Z>
  requires(!computed_numbers<Z>)
[[nodiscard]] auto begin_of(Z const& z) -> decltype(std::begin(z)) {
  return std::begin(z);
}
template <class Z> using element_of_range = std::remove_cvref_t<decltype(*begin_of(std::declval<Z const&>()))>;

template <class Z>
concept range_of_numbers = !memory_of_numbers<Z> && (computed_numbers<Z> || requires(Z const& z) { std::end(z); }) &&
                           requires { requires std::floating_point<element_of_range<Z>>; };
/// A range of contiguous rows: std::vector<std::vector<double>>. Rows are samples; all have the same length.
template <class Z>
concept rows_of_memory = !memory_of_numbers<Z> && !range_of_numbers<Z> && requires(Z const& z) {
  std::begin(z);
  std::end(z);
  requires contiguous_memory<element_of_range<Z> const>;
  requires std::floating_point<typename view_t<element_of_range<Z> const>::value_type>;
};

/// Anything that holds floating-point numbers.
template <class Z>
concept numbers = memory_of_numbers<Z> || range_of_numbers<Z> || rows_of_memory<Z>;

template <class Z> struct number_of {};
template <memory_of_numbers Z> struct number_of<Z> {
  using type = typename view_t<Z const>::value_type;
};
template <range_of_numbers Z> struct number_of<Z> {
  using type = element_of_range<Z>;
};
template <rows_of_memory Z> struct number_of<Z> {
  using type = typename view_t<element_of_range<Z> const>::value_type;
};
/// The type of the numbers: float for 16-bit numbers.
template <class Z> using value_t = typename number_of<Z>::type;

/// A container whose element type is known at run time alone: the as_array_view beside it gives a std::variant of
/// views.
template <class Z>
concept numbers_of_any_type = array_view_lookup::has_variant<Z const>;
/// f of the views of the containers.
template <class F, numbers_of_any_type... Z> decltype(auto) visit_numbers(F&& f, Z const&... z) {
  return visit(f, array_view_lookup::call(z)...); // std::visit, found beside std::variant
}

/// Memory whose numbers can be read in place.
template <class Z>
concept plain_memory = memory_of_numbers<Z> && std::same_as<typename view_t<Z>::access_type, plain_access>;

template <class Z> [[nodiscard]] std::size_t range_size(Z const& z) {
  if constexpr (computed_numbers<Z>) {
    std::size_t n = 1;
    for (std::size_t const extent : number_range_lookup::call(z).shape()) {
      n *= extent;
    }
    return n;
  } else if constexpr (requires { std::size(z); }) {
    return static_cast<std::size_t>(std::size(z));
  } else {
    return static_cast<std::size_t>(std::distance(std::begin(z), std::end(z)));
  }
}
/// The length of the first row.
template <rows_of_memory Z> [[nodiscard]] std::size_t row_length(Z const& z) {
  return std::begin(z) == std::end(z) ? 0 : static_cast<std::size_t>(std::size(*std::begin(z)));
}
/// Throws shape_error if the rows of a range of rows differ in length; anything else has none.
template <class Z> void require_equal_rows(char const* function, char const* name, Z const& z) {
  if constexpr (rows_of_memory<Z>) {
    std::size_t const length = row_length(z);
    std::size_t number = 0;
    for (auto const& row : z) {
      if (static_cast<std::size_t>(std::size(row)) != length) {
        bad_shape(function, message("row ", number, " of ", name),
                  shape_text({static_cast<std::size_t>(std::size(row))}),
                  shape_text({length}) + ", the length of row 0");
      }
      ++number;
    }
  }
}

template <class Z> [[nodiscard]] std::size_t size_of(Z const& z) {
  if constexpr (rows_of_memory<Z>) {
    require_equal_rows("size", "a range of rows", z); // also if the caller has not asked
    return range_size(z) * row_length(z);
  } else if constexpr (flat_memory<Z const>) {
    return static_cast<std::size_t>(std::size(z));
  } else if constexpr (memory_of_numbers<Z> && !xtensor_memory<Z const>) {
    return as_array_view(z).size();
  } else {
    return range_size(z);
  }
}

/// Where z starts if it is memory without gaps, in row-major or column-major order; else null.
template <class Z> [[nodiscard]] auto contiguous_data(Z& z) {
  if constexpr (read_in_place<Z>) {
    return start_of(z);
  } else if constexpr (plain_memory<Z>) {
    auto const view = as_array_view(z);
    return view.is_row_major() || view.is_column_major() ? view.data : nullptr;
  } else {
    return static_cast<value_t<Z>*>(nullptr);
  }
}
/// Where z starts if it is memory in row-major order without gaps; else null.
template <class Z> [[nodiscard]] auto row_major_data(Z& z) {
  if constexpr (flat_memory<Z>) {
    return std::data(z);
  } else if constexpr (plain_memory<Z>) {
    auto const view = as_array_view(z);
    return view.is_row_major() ? view.data : nullptr;
  } else {
    return static_cast<value_t<Z>*>(nullptr);
  }
}
/// Whether n numbers at a and m numbers at b share memory.
template <class T> [[nodiscard]] bool overlap(T const* a, std::size_t n, T const* b, std::size_t m) {
  auto const at = [](T const* p) { return reinterpret_cast<std::uintptr_t>(p); };
  return n != 0 && m != 0 && at(a) < at(b + m) && at(b) < at(a + n);
}
/// Where the first number lies; null if nowhere, as in a lazy expression.
template <class Z> [[nodiscard]] void const* first_address(Z& z) {
  if constexpr (flat_memory<Z>) {
    return std::data(z);
  } else if constexpr (memory_of_numbers<Z> && !xtensor_memory<Z>) {
    return as_array_view(z).data;
  } else if constexpr (rows_of_memory<Z>) {
    return std::begin(z) == std::end(z) ? nullptr : std::data(*std::begin(z));
  } else if constexpr (std::is_lvalue_reference_v<decltype(*begin_of(z))>) {
    return size_of(z) == 0 ? nullptr : address_of(*begin_of(z));
  } else {
    return nullptr;
  }
}

} // namespace satur::inline SATUR_ABI::detail
