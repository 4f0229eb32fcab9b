/// \file observe/masked.hpp  observe and forward of the samples that a mask keeps.
///
///     std::vector<char> const keep{1, 1, 0};                    // one entry for each sample; 0 is padding
///     observe(act, z, sample_mask{keep});                       // z of shape (3, units)
///     forward(act, z, y, sample_mask{keep});                    // y is computed everywhere
///
/// The record is the one of the kept numbers gathered into an array in the order of their indices, bit for bit. If the
/// mask keeps nothing, nothing was seen. The kept numbers are gathered block by block: one copy, and `forward`
/// evaluates them a second time. Results and counting use all threads where the functions without a mask do.
#pragma once

#include "satur/array/kept_numbers.hpp"
#include "satur/array/sample_mask.hpp"
#include "satur/array/threads.hpp"
#include "satur/observe/apply.hpp"
#include "satur/observe/observe.hpp"

#include <algorithm>
#include <cstddef>
#include <type_traits>
#include <vector>

namespace satur { inline namespace SATUR_ABI {

namespace detail {

/// The body of `observe` with a mask.
template <class A, class Z, class Rule>
[[nodiscard]] saturation observe_kept(char const* function, A const& act, Z const& z, sample_mask const& mask,
                                      Rule const& rule) {
  using T = value_t<Z>;
  unit_layout const layout = masked_layout(function, "z", z, mask);
  auto const bound = limits_of<T>(rule, act); // throws, also if there is nothing to see
  auto const empty = [&] { return empty_record(act, rule); };
  saturation record = empty();
  kept_numbers<Z> kept(z, layout, mask);
  auto const observe_blocks = [&](T* block, std::size_t room) { // a multiple of leaf_elements: the leaves of one array
    while (std::size_t const n = kept.read(block, room)) {
      observe_arrays(evaluator_of<T>(act), bound, plain_arrays<T>{block, nullptr, nullptr}, n, empty, record);
    }
  };
  if (on_threads(mask.kept() * layout.units)) {
    std::vector<T> block(visited_elements);
    observe_blocks(block.data(), block.size());
  } else {
    T block[leaf_elements];
    observe_blocks(block, leaf_elements);
  }
  return record;
}

/// y = act(z) and dy = act'(z), where they are wanted, with nothing recorded. Throws what `forward` throws.
template <class A, class Z, class Y, class D>
void results_into(char const* function, A const& act, Z const& z, Y* y, D* dy) {
  if constexpr (is_array_v<Y> && is_array_v<D>) {
    require_result("y", *y, z, function);
    require_result("dy", *dy, z, function);
    map_into<wanted::both>(function, act, z, y, dy);
  } else if constexpr (is_array_v<Y>) {
    require_result("y", *y, z, function);
    map_into<wanted::value>(function, act, z, y, dy);
  }
}

/// Throws what `function` with a mask throws, before anything is written.
template <class A, class Z, class Rule>
void require_maskable(char const* function, A const& act, Z const& z, sample_mask const& mask, Rule const& rule) {
  static_cast<void>(masked_layout(function, "z", z, mask));
  static_cast<void>(limits_of<value_t<Z>>(rule, act));
  require_valid_parameters(act);
}

} // namespace detail

/// The record of the samples of z that the mask keeps. Throws shape_error if the mask has neither one entry for each
/// sample of z (all its axes but the last) nor one for each number; and what `observe` throws.
template <class A, detail::numbers Z, saturation_rule<A> Rule = z_beyond>
  requires activation<A, detail::value_t<Z>>
[[nodiscard]] saturation observe(A const& act, Z const& z, sample_mask const& mask, Rule const& rule = Rule{}) {
  return detail::observe_kept("observe", act, z, mask, rule);
}

/// y = act(z) everywhere, and the record of the samples of z that the mask keeps. Throws as `observe` with a mask and
/// as `forward` do.
template <class A, detail::numbers Z, class Y, saturation_rule<A> Rule = z_beyond>
  requires activation<A, detail::value_t<Z>> && detail::numbers<std::remove_cvref_t<Y>>
saturation forward(A const& act, Z const& z, Y&& y, sample_mask const& mask, Rule const& rule = Rule{}) {
  detail::require_maskable("forward", act, z, mask, rule);
  detail::results_into("forward", act, z, detail::address_of(y), detail::not_wanted);
  return detail::observe_kept("forward", act, z, mask, rule);
}
/// The same, and dy = act'(z) everywhere.
template <class A, detail::numbers Z, class Y, class D, saturation_rule<A> Rule = z_beyond>
  requires activation<A, detail::value_t<Z>> && detail::numbers<std::remove_cvref_t<Y>> &&
           detail::numbers<std::remove_cvref_t<D>>
saturation forward(A const& act, Z const& z, Y&& y, D&& dy, sample_mask const& mask, Rule const& rule = Rule{}) {
  detail::require_maskable("forward", act, z, mask, rule);
  detail::results_into("forward", act, z, detail::address_of(y), detail::address_of(dy));
  return detail::observe_kept("forward", act, z, mask, rule);
}

}} // namespace satur::SATUR_ABI
