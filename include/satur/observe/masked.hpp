/// \file observe/masked.hpp  observe and forward of the samples that a mask keeps.
///
///     std::vector<char> const keep{1, 1, 0};                    // one entry for each sample; 0 is padding
///     observe(act, z, sample_mask{keep});                       // z of shape (3, units)
///     forward(act, z, y, sample_mask{keep});                    // y is computed everywhere
///     observe(act, z, sample_mask{keep}, unit_layout::nchw(n, c, h, w));   // a sample is a pixel
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

/// The body of `observe` with a mask, whose entries are the samples of the layout.
template <class A, class Z, class Rule>
[[nodiscard]] saturation observe_kept(A const& act, Z const& z, unit_layout const& layout, sample_mask const& mask,
                                      Rule const& rule) {
  using T = value_t<Z>;
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

/// The body of `forward` with a mask. y and dy may be null.
template <class A, class Z, class Y, class D, class Rule>
saturation forward_kept(A const& act, Z const& z, Y* y, D* dy, unit_layout const& layout, sample_mask const& mask,
                        Rule const& rule) {
  static_cast<void>(limits_of<value_t<Z>>(rule, act)); // throws before anything is written
  results_into("forward", act, z, y, dy);
  return observe_kept(act, z, layout, mask, rule);
}

/// Throws shape_error unless z has the layout, and the mask one entry for each of its samples.
template <class Z>
[[nodiscard]] unit_layout const& fitting(char const* function, Z const& z, unit_layout const& layout,
                                         sample_mask const& mask) {
  require_layout(function, "z", z, layout);
  require_samples(function, mask, layout);
  return layout;
}

} // namespace detail

/// The record of the samples of z that the mask keeps. Throws shape_error if the mask has neither one entry for each
/// sample of z (all its axes but the last) nor one for each number; and what `observe` throws.
template <class A, detail::numbers Z, saturation_rule<A> Rule = z_beyond>
  requires activation<A, detail::value_t<Z>>
[[nodiscard]] saturation observe(A const& act, Z const& z, sample_mask const& mask, Rule const& rule = Rule{}) {
  return detail::observe_kept(act, z, detail::masked_layout("observe", "z", z, mask), mask, rule);
}
/// The samples are those of the layout.
template <class A, detail::numbers Z, saturation_rule<A> Rule = z_beyond>
  requires activation<A, detail::value_t<Z>>
[[nodiscard]] saturation observe(A const& act, Z const& z, sample_mask const& mask, unit_layout const& layout,
                                 Rule const& rule = Rule{}) {
  return detail::observe_kept(act, z, detail::fitting("observe", z, layout, mask), mask, rule);
}

/// y = act(z) everywhere, and the record of the samples of z that the mask keeps. Throws as `observe` with a mask and
/// as `forward` do.
template <class A, detail::numbers Z, class Y, saturation_rule<A> Rule = z_beyond>
  requires activation<A, detail::value_t<Z>> && detail::numbers<std::remove_cvref_t<Y>>
saturation forward(A const& act, Z const& z, Y&& y, sample_mask const& mask, Rule const& rule = Rule{}) {
  return detail::forward_kept(act, z, detail::address_of(y), detail::not_wanted,
                              detail::masked_layout("forward", "z", z, mask), mask, rule);
}
template <class A, detail::numbers Z, class Y, saturation_rule<A> Rule = z_beyond>
  requires activation<A, detail::value_t<Z>> && detail::numbers<std::remove_cvref_t<Y>>
saturation forward(A const& act, Z const& z, Y&& y, sample_mask const& mask, unit_layout const& layout,
                   Rule const& rule = Rule{}) {
  return detail::forward_kept(act, z, detail::address_of(y), detail::not_wanted,
                              detail::fitting("forward", z, layout, mask), mask, rule);
}
/// The same, and dy = act'(z) everywhere.
template <class A, detail::numbers Z, class Y, class D, saturation_rule<A> Rule = z_beyond>
  requires activation<A, detail::value_t<Z>> && detail::numbers<std::remove_cvref_t<Y>> &&
           detail::numbers<std::remove_cvref_t<D>>
saturation forward(A const& act, Z const& z, Y&& y, D&& dy, sample_mask const& mask, Rule const& rule = Rule{}) {
  return detail::forward_kept(act, z, detail::address_of(y), detail::address_of(dy),
                              detail::masked_layout("forward", "z", z, mask), mask, rule);
}
template <class A, detail::numbers Z, class Y, class D, saturation_rule<A> Rule = z_beyond>
  requires activation<A, detail::value_t<Z>> && detail::numbers<std::remove_cvref_t<Y>> &&
           detail::numbers<std::remove_cvref_t<D>>
saturation forward(A const& act, Z const& z, Y&& y, D&& dy, sample_mask const& mask, unit_layout const& layout,
                   Rule const& rule = Rule{}) {
  return detail::forward_kept(act, z, detail::address_of(y), detail::address_of(dy),
                              detail::fitting("forward", z, layout, mask), mask, rule);
}

}} // namespace satur::SATUR_ABI
