/// \file array/numbers.hpp  Any container as blocks of contiguous memory.
///
/// Contiguous memory (std::vector, std::array, std::span, an Eigen::Map's data as a span, an xtensor container or a
/// contiguous view of one) is read in place. Anything else that can be iterated (a strided view, a lazy expression, a
/// std::deque) is read through a buffer of one leaf on the stack, in the order of its iterators, so that both give the
/// same bits. xtensor is recognized by its members; no xtensor header is included here.
#pragma once

#include "satur/array/chunk.hpp"
#include "satur/error.hpp"

#include <concepts>
#include <iterator>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace satur::detail {

/// The value type of a container, a range or an expression, without const.
template <class Z>
using value_t = std::remove_cv_t<std::remove_reference_t<decltype(*std::begin(std::declval<Z const&>()))>>;

template <class Z>
concept numbers = requires(Z const& z) {
  { std::begin(z) };
  { std::end(z) };
} && std::floating_point<value_t<Z>>;

/// xtensor's strided containers and views: memory, but not always contiguous.
template <class Z>
concept strided_memory = requires(Z& z) {
  { z.is_contiguous() } -> std::convertible_to<bool>;
  { z.data_offset() } -> std::convertible_to<std::size_t>;
  z.data();
  z.strides();
};

template <class Z>
concept plain_memory = !strided_memory<Z> && requires(Z& z) {
  { std::data(z) };
  { std::size(z) } -> std::convertible_to<std::size_t>;
};

template <class Z> [[nodiscard]] std::size_t size_of(Z const& z) {
  if constexpr (requires { std::size(z); }) {
    return static_cast<std::size_t>(std::size(z));
  } else {
    return static_cast<std::size_t>(std::distance(std::begin(z), std::end(z)));
  }
}

/// Where z starts, if it lies in one piece; else null.
template <class Z> [[nodiscard]] auto contiguous_data(Z& z) {
  using reference = decltype(*std::begin(z));
  using pointer =
      std::conditional_t<std::is_lvalue_reference_v<reference>, std::remove_reference_t<reference>*, value_t<Z> const*>;
  if constexpr (strided_memory<Z>) {
    return z.is_contiguous() ? static_cast<pointer>(z.data() + z.data_offset()) : pointer{};
  } else if constexpr (plain_memory<Z>) {
    return static_cast<pointer>(std::data(z));
  } else {
    return pointer{};
  }
}

/// Whether memory has the elements in the order of their indices, the last one fastest.
template <strided_memory Z> [[nodiscard]] bool row_major(Z const& z) {
  auto const& shape = z.shape();
  auto const& strides = z.strides();
  auto extent = std::end(shape);
  auto stride = std::end(strides);
  std::ptrdiff_t expected = 1;
  while (extent != std::begin(shape)) {
    --extent;
    --stride;
    if (*extent != 1 && static_cast<std::ptrdiff_t>(*stride) != expected) {
      return false;
    }
    expected *= static_cast<std::ptrdiff_t>(*extent);
  }
  return true;
}

/// Whether the k-th element in memory is the k-th in both; two containers without strides always agree.
template <class Y, class Z> [[nodiscard]] bool same_order(Y const& y, Z const& z) {
  if constexpr (strided_memory<Y const> && strided_memory<Z const>) {
    auto const& a = y.strides();
    auto const& b = z.strides();
    return std::equal(std::begin(a), std::end(a), std::begin(b), std::end(b));
  } else if constexpr (strided_memory<Y const>) {
    return row_major(y);
  } else if constexpr (strided_memory<Z const>) {
    return row_major(z);
  } else {
    return true;
  }
}

/// Throws shape_error where y cannot hold what z gives.
template <class Y, class Z> void require_same_shape(char const* function, char const* name, Y const& y, Z const& z) {
  if constexpr (requires {
                  y.shape().begin();
                  z.shape().begin();
                }) {
    if (!std::equal(y.shape().begin(), y.shape().end(), z.shape().begin(), z.shape().end())) {
      bad_shape(function, name, shape_text(y.shape()), shape_text(z.shape()) + ", the shape of z");
    }
  } else if (size_of(y) != size_of(z)) {
    bad_shape(function, name, shape_text({size_of(y)}), shape_text({size_of(z)}) + ", the size of z");
  }
}

/// Calls f(data, n) with one leaf of z at a time, read through a buffer.
template <class Z, class F> void for_each_buffered_leaf(Z const& z, F&& f) {
  value_t<Z> leaf[leaf_elements];
  auto from = std::begin(z);
  for (std::size_t left = size_of(z); left != 0;) {
    std::size_t const n = (std::min)(left, leaf_elements);
    for (std::size_t i = 0; i < n; ++i, ++from) {
      leaf[i] = *from;
    }
    f(static_cast<value_t<Z> const*>(leaf), n);
    left -= n;
  }
}

/// Calls f(data, n) over all of z: once where it is contiguous, leaf by leaf where it is not. Never with n = 0.
template <class Z, class F> void for_each_block(Z const& z, F&& f) {
  if (auto const* const data = contiguous_data(z); data == nullptr) {
    for_each_buffered_leaf(z, f);
  } else if (std::size_t const n = size_of(z); n != 0) {
    f(data, n);
  }
}

} // namespace satur::detail
