/// \file observe/apply.hpp  y = act(z), dy = act'(z), or both, with nothing recorded.
#pragma once

#include "satur/array/threads.hpp"
#include "satur/observe/kernel/evaluate.hpp"
#include "satur/observe/kernel/into_arrays.hpp"

#include <memory>
#include <type_traits>

namespace satur { inline namespace SATUR_ABI {

namespace detail {
template <wanted W, class A, class Z, class Y> void map_into(char const* function, A const& act, Z const& z, Y& y) {
  using T = value_t<Z>;
  static_assert(std::same_as<value_t<Y>, T>, "satur::apply: z and the result must hold the same type of number");
  require_same_shape(function, "the result", y, z);
  require_valid_parameters(act);
  into_arrays(z, y, static_cast<Y*>(nullptr), [&](T const* from, T* to, T*, std::size_t n) {
    over_leaves(n, [&](std::size_t first, std::size_t count) {
      mapping_pass<T, A, W> pass{act, from + first, to + first, to + first, count};
      math::run<T>(pass);
    });
  });
}
template <class A, class Z, class Y, class D> void map_both_into(A const& act, Z const& z, Y& y, D& dy) {
  using T = value_t<Z>;
  static_assert(std::same_as<value_t<Y>, T> && std::same_as<value_t<D>, T>,
                "satur::apply: z, y and dy must hold the same type of number");
  require_same_shape("apply", "y", y, z);
  require_same_shape("apply", "dy", dy, z);
  evaluator<T> const both = evaluator_of<T>(act);
  into_arrays(z, y, std::addressof(dy), [&](T const* from, T* values, T* slopes, std::size_t n) {
    over_leaves(n, [&](std::size_t first, std::size_t count) {
      both.map(both.act, from + first, values + first, slopes + first, count);
    });
  });
}
} // namespace detail

/// y = act(z), nothing recorded: for data that is not training data. The bits of `forward`. y may be z itself.
template <class A, detail::numbers Z, class Y>
  requires activation<A, detail::value_t<Z>> && detail::numbers<std::remove_cvref_t<Y>>
void apply(A const& act, Z const& z, Y&& y) {
  detail::map_into<detail::wanted::value>("apply", act, z, y);
}
/// y = act(z) and dy = act'(z) in one evaluation, nothing recorded. The bits of `forward`. One of them may be z itself.
template <class A, detail::numbers Z, class Y, class D>
  requires activation<A, detail::value_t<Z>> && detail::numbers<std::remove_cvref_t<Y>> &&
           detail::numbers<std::remove_cvref_t<D>>
void apply(A const& act, Z const& z, Y&& y, D&& dy) {
  detail::map_both_into(act, z, y, dy);
}
/// dy = act'(z), nothing recorded. The bits of `forward`. dy may be z itself.
template <class A, detail::numbers Z, class D>
  requires activation<A, detail::value_t<Z>> && detail::numbers<std::remove_cvref_t<D>>
void apply_derivative(A const& act, Z const& z, D&& dy) {
  detail::map_into<detail::wanted::slope>("apply_derivative", act, z, dy);
}

}} // namespace satur::SATUR_ABI
