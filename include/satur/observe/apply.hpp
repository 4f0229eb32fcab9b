/// \file observe/apply.hpp  y = act(z), dy = act'(z), or both, with nothing recorded.
#pragma once

#include "satur/array/threads.hpp"
#include "satur/observe/kernel/evaluate.hpp"
#include "satur/observe/kernel/into_arrays.hpp"

#include <type_traits>

namespace satur { inline namespace SATUR_ABI {

namespace detail {
template <wanted W, class A, class T> void map_arrays(A const& act, plain_arrays<T> const& arrays, std::size_t n) {
  if constexpr (W == wanted::both) { // the function that the passes with a record call
    evaluator<T> const both = evaluator_of<T>(act);
    both.map(both.act, arrays.z, arrays.y, arrays.dy, n);
  } else {
    mapping_pass<T, A, W> pass{act, arrays.z, arrays.y, arrays.dy, n};
    math::run<T>(pass);
  }
}
template <wanted W, class A, math::half_format F>
void map_arrays(A const& act, half_arrays<F> const& arrays, std::size_t n) {
  half_mapping_pass<F, A, W> pass{act, arrays, n};
  math::run<float>(pass);
}

/// y or dy may be null.
template <wanted W, class A, class Z, class Y, class D>
void map_into(char const* function, A const& act, Z const& z, Y* y, D* dy) {
  using T = value_t<Z>;
  require_equal_rows(function, "z", z);
  if constexpr (is_array_v<Y>) {
    static_assert(std::same_as<value_t<Y>, T>, "satur::apply: z and y must hold the same type of number");
    require_same_shape(function, W == wanted::both ? "y" : "the result", *y, z);
  }
  if constexpr (is_array_v<D>) {
    static_assert(std::same_as<value_t<D>, T>, "satur::apply: z and dy must hold the same type of number");
    require_same_shape(function, W == wanted::both ? "dy" : "the result", *dy, z);
  }
  require_valid_parameters(act);
  into_arrays<false>(z, y, dy, [&](auto const& arrays, std::size_t n) {
    over_leaves(n, [&](std::size_t first, std::size_t count) { map_arrays<W>(act, part_of(arrays, first), count); });
  });
}
} // namespace detail

/// y = act(z), nothing recorded: for data that is not training data. The bits of `forward`. y may be z itself.
template <class A, detail::numbers Z, class Y>
  requires activation<A, detail::value_t<Z>> && detail::numbers<std::remove_cvref_t<Y>>
void apply(A const& act, Z const& z, Y&& y) {
  detail::map_into<detail::wanted::value>("apply", act, z, detail::address_of(y), detail::not_wanted);
}
/// y = act(z) and dy = act'(z) in one evaluation, nothing recorded. The bits of `forward`. One of them may be z itself.
template <class A, detail::numbers Z, class Y, class D>
  requires activation<A, detail::value_t<Z>> && detail::numbers<std::remove_cvref_t<Y>> &&
           detail::numbers<std::remove_cvref_t<D>>
void apply(A const& act, Z const& z, Y&& y, D&& dy) {
  detail::map_into<detail::wanted::both>("apply", act, z, detail::address_of(y), detail::address_of(dy));
}
/// dy = act'(z), nothing recorded. The bits of `forward`. dy may be z itself.
template <class A, detail::numbers Z, class D>
  requires activation<A, detail::value_t<Z>> && detail::numbers<std::remove_cvref_t<D>>
void apply_derivative(A const& act, Z const& z, D&& dy) {
  detail::map_into<detail::wanted::slope>("apply_derivative", act, z, detail::not_wanted, detail::address_of(dy));
}

}} // namespace satur::SATUR_ABI
