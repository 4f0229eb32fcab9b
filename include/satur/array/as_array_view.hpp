/// \file array/as_array_view.hpp  How a container says that it is memory: as_array_view(x).
///
/// For a type of your own, write a function of that name beside the type; shown here:
///
///     template <class M> requires is_my_matrix<M>
///     auto as_array_view(M& m) { return satur::array_view{m.data(), {m.rows(), m.cols()}, {1, m.rows()}}; }
///
/// If the element type is known at run time alone, return a std::variant of array_views: `observe`, `gradient` and
/// `update` of a monitor's layer take such a container.
///
/// xtensor and mdspan are recognized by their members; no header of theirs is included here.
#pragma once

#include "satur/array/array_view.hpp"
#include "satur/array/half_span.hpp"

#include <concepts>
#include <cstddef>
#include <iterator>
#include <type_traits>

namespace satur { inline namespace SATUR_ABI {

namespace detail {

template <class V> inline constexpr bool is_variant_of_views_v = false;
template <template <class...> class V, class... T, class... Access>
inline constexpr bool is_variant_of_views_v<V<array_view<T, Access>...>> =
    (std::is_floating_point_v<typename array_view<T, Access>::value_type> && ...);

namespace array_view_lookup {
void as_array_view() = delete; // the name, so that only functions beside the type are found
template <class Z>
concept has_own = requires(Z& z) { requires is_array_view_v<std::remove_cvref_t<decltype(as_array_view(z))>>; };
template <class Z>
concept has_variant =
    requires(Z& z) { requires is_variant_of_views_v<std::remove_cvref_t<decltype(as_array_view(z))>>; };
template <class Z> [[nodiscard]] constexpr auto call(Z& z) { return as_array_view(z); }
} // namespace array_view_lookup

/// A type with an as_array_view of its own.
template <class Z>
concept adapted_memory = array_view_lookup::has_own<Z>;

/// xtensor's containers, and its views of memory.
template <class Z>
concept xtensor_memory = requires(Z& z) {
  { z.is_contiguous() } -> std::convertible_to<bool>;
  { z.data_offset() } -> std::convertible_to<std::size_t>;
  z.data();
  z.strides();
  z.shape();
};

/// std::mdspan, or another of its interface, with the default accessor and a layout of strides.
template <class Z>
concept mdspan_memory = requires(Z& z) {
  requires std::same_as<std::remove_cvref_t<decltype(z.data_handle())>, typename std::remove_cv_t<Z>::element_type*>;
  requires std::same_as<typename std::remove_cv_t<Z>::reference, typename std::remove_cv_t<Z>::element_type&>;
  requires std::remove_cv_t<Z>::is_always_strided();
  { z.extent(0) } -> std::convertible_to<std::size_t>;
  { z.stride(0) } -> std::convertible_to<std::size_t>;
};

/// Eigen's matrices, blocks and maps: data() alone does not say where their numbers lie. satur/adapt/eigen.hpp does.
template <class Z>
concept has_inner_and_outer_stride = requires(Z& z) {
  z.innerStride();
  z.outerStride();
};

/// A contiguous range of arithmetic type: std::vector, std::array, std::span, a built-in array.
template <class Z>
concept contiguous_memory = !xtensor_memory<Z> && !has_inner_and_outer_stride<Z> && requires(Z& z) {
  { std::data(z) };
  requires std::is_pointer_v<decltype(std::data(z))> &&
               std::is_arithmetic_v<std::remove_pointer_t<decltype(std::data(z))>>;
  { std::size(z) } -> std::convertible_to<std::size_t>;
};

template <class Z> inline constexpr bool is_half_span_v = false;
template <math::half_format F, class U> inline constexpr bool is_half_span_v<half_span<F, U>> = true;
/// Contiguous memory with no as_array_view of its own: one axis, which is read without a view (that costs as much as a
/// pass over 64 numbers).
template <class Z>
concept flat_memory = contiguous_memory<Z> && !adapted_memory<Z> && !is_array_view_v<std::remove_cv_t<Z>> &&
                      !is_half_span_v<std::remove_cv_t<Z>> && !mdspan_memory<Z>;

/// xtensor's containers and views whose type says that they have no gaps.
template <class Z>
concept dense_xtensor =
    xtensor_memory<Z> && !adapted_memory<Z> && requires { requires std::remove_cv_t<Z>::contiguous_layout; };
/// Memory that is read without a view.
template <class Z>
concept read_in_place = flat_memory<Z> || dense_xtensor<Z>;
template <read_in_place Z> [[nodiscard]] constexpr auto start_of(Z& z) {
  if constexpr (dense_xtensor<Z>) {
    return z.data() + z.data_offset();
  } else {
    return std::data(z);
  }
}
/// Whether the k-th element in memory is the k-th of both, for any two of the same shape.
template <class Y, class Z> [[nodiscard]] consteval bool same_order_by_type() {
  if constexpr (dense_xtensor<Y> && dense_xtensor<Z>) {
    return std::remove_cv_t<Y>::static_layout == std::remove_cv_t<Z>::static_layout;
  } else {
    return flat_memory<Y> && flat_memory<Z>;
  }
}

template <math::half_format F, class U>
[[nodiscard]] constexpr array_view<U, half_access<F>> view_of_half(half_span<F, U> const& z) {
  return {z.bits(), array_shape(z.size())};
}

/// More axes than an array_view has: one axis if they lie in order, else no data (they are read by iterators).
template <class Z> [[nodiscard]] constexpr auto view_of_xtensor(Z& z) {
  array_view<std::remove_pointer_t<decltype(z.data() + z.data_offset())>> view;
  auto const& strides = z.strides();
  auto stride = std::begin(strides);
  std::size_t size = 1;
  bool fits = true;
  for (auto const& extent : z.shape()) {
    if (view.shape.size() == max_array_axes) {
      fits = false;
    } else {
      view.shape.push_back(static_cast<std::size_t>(extent));
      view.strides.push_back(static_cast<std::ptrdiff_t>(*stride));
    }
    size *= static_cast<std::size_t>(extent);
    ++stride;
  }
  if (!fits) {
    std::ptrdiff_t expected = 1;
    auto extent = std::end(z.shape());
    bool ordered = true;
    for (stride = std::end(strides); stride != std::begin(strides);) {
      --stride;
      --extent;
      ordered = ordered && (*extent == 1 || static_cast<std::ptrdiff_t>(*stride) == expected);
      expected *= static_cast<std::ptrdiff_t>(*extent);
    }
    view = {nullptr, array_shape(size)};
    if (!ordered) {
      return view;
    }
  }
  view.data = z.data() + z.data_offset();
  return view;
}

template <class Z> [[nodiscard]] constexpr auto view_of_mdspan(Z& z) {
  array_view<typename std::remove_cv_t<Z>::element_type> view;
  view.data = z.data_handle();
  for (std::size_t axis = 0; axis < std::remove_cv_t<Z>::rank(); ++axis) {
    view.shape.push_back(static_cast<std::size_t>(z.extent(axis)));
    view.strides.push_back(static_cast<std::ptrdiff_t>(z.stride(axis)));
  }
  return view;
}

} // namespace detail

/// A container that is memory: `as_array_view` takes it.
template <class Z>
concept array_memory = detail::is_array_view_v<std::remove_cv_t<Z>> || detail::adapted_memory<Z> ||
                       detail::is_half_span_v<std::remove_cv_t<Z>> || detail::xtensor_memory<Z> ||
                       detail::mdspan_memory<Z> || detail::contiguous_memory<Z>;

namespace detail {
struct as_array_view_function {
  template <class Z>
    requires array_memory<std::remove_reference_t<Z>>
  [[nodiscard]] constexpr auto operator()(Z&& z) const {
    using X = std::remove_reference_t<Z>;
    if constexpr (is_array_view_v<std::remove_cv_t<X>>) {
      return std::remove_cv_t<X>(z);
    } else if constexpr (adapted_memory<X>) {
      return array_view_lookup::call(z);
    } else if constexpr (is_half_span_v<std::remove_cv_t<X>>) {
      return view_of_half(z);
    } else if constexpr (xtensor_memory<X>) {
      return view_of_xtensor(z);
    } else if constexpr (mdspan_memory<X>) {
      return view_of_mdspan(z);
    } else {
      return array_view<std::remove_pointer_t<decltype(std::data(z))>>{
          std::data(z), array_shape(static_cast<std::size_t>(std::size(z)))};
    }
  }
};
} // namespace detail

/// The memory of a container as an array_view: an `as_array_view` beside its type if there is one; else std containers,
/// std::span and built-in arrays (one axis), xtensor's containers and views, mdspan, `half_span`. Nothing is copied.
inline constexpr detail::as_array_view_function as_array_view{};

}} // namespace satur::SATUR_ABI
