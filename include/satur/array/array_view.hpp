/// \file array/array_view.hpp  Numbers in memory: where they start, their shape and their strides.
#pragma once

#include "satur/config.hpp"

#include <array>
#include <concepts>
#include <cstddef>
#include <type_traits>

namespace satur { inline namespace SATUR_ABI {

/// The most axes of an array_view.
inline constexpr std::size_t max_array_axes = 8;

/// One integer for each axis: a shape or strides. Made from integers of any type: `{rows, columns}`.
template <class N> class array_axes {
public:
  using value_type = N;

  constexpr array_axes() = default;
  template <std::integral... Int>
    requires(sizeof...(Int) >= 1 && sizeof...(Int) <= max_array_axes)
  constexpr array_axes(Int... each) : values_{static_cast<N>(each)...}, size_(sizeof...(Int)) {}

  [[nodiscard]] constexpr std::size_t size() const { return size_; }
  [[nodiscard]] constexpr N const* begin() const { return values_.data(); }
  [[nodiscard]] constexpr N const* end() const { return values_.data() + size_; }
  [[nodiscard]] constexpr N operator[](std::size_t axis) const { return values_[axis]; }
  [[nodiscard]] constexpr N& operator[](std::size_t axis) { return values_[axis]; }
  /// One axis more; at most `max_array_axes`.
  constexpr void push_back(N value) { values_[size_++] = value; }
  [[nodiscard]] constexpr bool operator==(array_axes const& o) const {
    bool same = size_ == o.size_;
    for (std::size_t axis = 0; same && axis < size_; ++axis) {
      same = values_[axis] == o.values_[axis];
    }
    return same;
  }

private:
  std::array<N, max_array_axes> values_{};
  std::size_t size_ = 0;
};
using array_shape = array_axes<std::size_t>;
using array_strides = array_axes<std::ptrdiff_t>; ///< in elements, not in bytes

/// How the elements of an array_view are read and written: as they are. `half_access` does it for 16-bit numbers.
struct plain_access {
  template <class T> [[nodiscard]] static constexpr T get(T const& element) { return element; }
  template <class T> static constexpr void put(T& element, T value) { element = value; }
};

/// Numbers in memory of another's: the element (i, j, …) is at data[i * strides[0] + j * strides[1] + …]. T is const if
/// they are only read. At most 8 axes.
///
///     array_view<float>{p, {rows, columns}}              // row-major
///     array_view<float const>{p, {rows, columns}, {1, rows}}   // column-major
template <class T, class Access = plain_access> struct array_view {
  using element_type = T;
  using access_type = Access;
  using value_type = std::remove_cvref_t<decltype(Access::get(std::declval<T const&>()))>;

  T* data = nullptr;
  array_shape shape{};
  array_strides strides{};

  constexpr array_view() = default;
  constexpr array_view(T* start, array_shape const& extents, array_strides const& steps)
      : data(start), shape(extents), strides(steps) {}
  /// Row-major.
  constexpr array_view(T* start, array_shape const& extents) : data(start), shape(extents) {
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
      strides.push_back(1);
    }
    for (std::size_t axis = shape.size(); axis-- > 1;) {
      strides[axis - 1] = strides[axis] * static_cast<std::ptrdiff_t>(shape[axis]);
    }
  }

  [[nodiscard]] constexpr std::size_t size() const {
    std::size_t n = 1;
    for (std::size_t const extent : shape) {
      n *= extent;
    }
    return n;
  }
  /// The elements lie without gaps in the order of their indices, the last index fastest.
  [[nodiscard]] constexpr bool is_row_major() const {
    std::ptrdiff_t expected = 1;
    bool ordered = true;
    for (std::size_t axis = shape.size(); axis-- > 0;) {
      ordered = ordered && (shape[axis] == 1 || strides[axis] == expected);
      expected *= static_cast<std::ptrdiff_t>(shape[axis]);
    }
    return ordered || expected == 0;
  }
  /// The same, the first index fastest.
  [[nodiscard]] constexpr bool is_column_major() const {
    std::ptrdiff_t expected = 1;
    bool ordered = true;
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
      ordered = ordered && (shape[axis] == 1 || strides[axis] == expected);
      expected *= static_cast<std::ptrdiff_t>(shape[axis]);
    }
    return ordered || expected == 0;
  }
  /// The element of these indices, as a number.
  template <std::integral... Int> [[nodiscard]] constexpr value_type operator()(Int... index) const {
    return Access::get(static_cast<T const&>(data[offset(index...)]));
  }
  /// Writes the element of these indices.
  template <std::integral... Int> constexpr void put(value_type value, Int... index) const {
    Access::put(data[offset(index...)], value);
  }

private:
  template <class... Int> [[nodiscard]] constexpr std::ptrdiff_t offset(Int... index) const {
    std::ptrdiff_t at = 0;
    std::size_t axis = 0;
    ((at += static_cast<std::ptrdiff_t>(index) * strides[axis++]), ...);
    return at;
  }
};

namespace detail {

template <class V> inline constexpr bool is_array_view_v = false;
template <class T, class Access> inline constexpr bool is_array_view_v<array_view<T, Access>> = true;

/// Whether the k-th element in memory is the k-th in both.
template <class V, class W> [[nodiscard]] constexpr bool same_order(V const& v, W const& w) {
  if (v.shape == w.shape) {
    bool same = true;
    for (std::size_t axis = 0; axis < v.shape.size(); ++axis) {
      same = same && (v.shape[axis] == 1 || v.strides[axis] == w.strides[axis]);
    }
    return same;
  }
  return v.is_row_major() && w.is_row_major();
}

/// The transpose.
template <class T, class Access>
[[nodiscard]] constexpr array_view<T, Access> with_axes_reversed(array_view<T, Access> const& v) {
  array_view<T, Access> reversed;
  reversed.data = v.data;
  for (std::size_t axis = v.shape.size(); axis-- > 0;) {
    reversed.shape.push_back(v.shape[axis]);
    reversed.strides.push_back(v.strides[axis]);
  }
  return reversed;
}

/// f(pointer, stride, count) for the elements from the `first`-th on, n of them, in row-major order: runs along the
/// last axis.
template <class V, class F> constexpr void for_each_run(V const& v, std::size_t first, std::size_t n, F&& f) {
  if (n == 0) {
    return;
  }
  std::size_t const axes = v.shape.size();
  if (axes == 0) {
    f(v.data, std::ptrdiff_t{1}, n);
    return;
  }
  array_shape index = v.shape;
  auto* at = v.data;
  for (std::size_t axis = axes; axis-- > 0;) {
    index[axis] = first % v.shape[axis];
    first /= v.shape[axis];
    at += static_cast<std::ptrdiff_t>(index[axis]) * v.strides[axis];
  }
  std::size_t const last = axes - 1;
  for (;;) {
    std::size_t const left = v.shape[last] - index[last];
    std::size_t const run = left < n ? left : n;
    f(at, v.strides[last], run);
    n -= run;
    if (n == 0) {
      return;
    }
    index[last] += run;
    at += static_cast<std::ptrdiff_t>(run) * v.strides[last];
    for (std::size_t axis = last; index[axis] == v.shape[axis] && axis > 0; --axis) {
      at += v.strides[axis - 1] - static_cast<std::ptrdiff_t>(v.shape[axis]) * v.strides[axis];
      index[axis] = 0;
      ++index[axis - 1];
    }
  }
}

} // namespace detail

}} // namespace satur::SATUR_ABI
