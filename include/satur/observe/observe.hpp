/// \file observe/observe.hpp  One-liners over any container: observe and forward.
///
/// z may be std::vector, std::array, std::span, a pointer and a size, an xtensor container, view or lazy expression, or
/// anything else that can be iterated, of float, double or long double. See array/numbers.hpp.
#pragma once

#include "satur/array/numbers.hpp"
#include "satur/array/threads.hpp"
#include "satur/observe/kernel/into_arrays.hpp"
#include "satur/observe/kernel/saturation.hpp"
#include "satur/rule/z_beyond.hpp"

#include <functional>
#include <memory>
#include <span>

namespace satur { inline namespace SATUR_ABI {

namespace detail {

template <class A, class Rule> [[nodiscard]] saturation empty_record(A const& act, Rule const& rule) {
  require_valid_parameters(act);
  saturation record;
  record.rule = rule.definition();
  record.activation = name_of(act);
  if constexpr (requires { act.stated_peak_slope(); }) { // chosen at run time
    record.peak_slope = act.stated_peak_slope();
  } else if constexpr (has_peak_slope<A>) {
    record.peak_slope = act.peak_slope();
  }
  return record;
}

/// Adds n elements of `arrays` to the record.
template <class Arrays, class Bound>
void observe_arrays(evaluator<typename Arrays::element> const& act, Bound const& bound, Arrays const& arrays,
                    std::size_t n, saturation const& nothing, saturation& record) {
  over_leaves(n, record, nothing, [&](std::size_t first, std::size_t count, saturation& part) {
    observing_pass<Arrays> pass{act, bound, arrays, first, count, part};
    math::run<typename Arrays::element>(pass);
  });
}

/// The common body of the two `forward`s; dy may be null.
template <class A, class Z, class Y, class D, class Rule>
[[nodiscard]] saturation forward_into(A const& act, Z const& z, Y& y, D* dy, Rule const& rule) {
  using T = value_t<Z>;
  static_assert(std::same_as<value_t<Y>, T> && std::same_as<value_t<D>, T>,
                "satur::forward: z, y and dy must hold the same type of number");
  require_same_shape("forward", "y", y, z);
  if (dy != nullptr) {
    require_same_shape("forward", "dy", *dy, z);
  }
  auto const bound = limits_of<T>(rule, act); // throws, also where there is nothing to see
  saturation const nothing = empty_record(act, rule);
  saturation record = nothing;
  std::size_t const n = size_of(z);
  auto const run = [&](T const* from, T* values, T* slopes, std::size_t count) {
    observe_arrays(evaluator_of<T>(act), bound, plain_arrays<T>{from, values, slopes}, count, nothing, record);
  };

  if (lies_as(y, z) && (dy == nullptr || lies_as(*dy, z))) {
    T const* const from = contiguous_data(z);
    require_apart<T>("y", contiguous_data(y), from, n);
    if (dy != nullptr) {
      require_apart<T>("dy", contiguous_data(*dy), from, n);
    }
  } else {
    require_another_start("y", y, z);
    if (dy != nullptr) {
      require_another_start("dy", *dy, z);
    }
  }
  into_arrays(z, y, dy, run);
  return record;
}

} // namespace detail

/// The whole record of pre-activations z in one pass that stores nothing else.
/// Throws std::invalid_argument where the rule's numbers are out of range.
template <class A, detail::numbers Z, saturation_rule<A> Rule = z_beyond>
  requires activation<A, detail::value_t<Z>>
[[nodiscard]] saturation observe(A const& act, Z const& z, Rule const& rule = Rule{}) {
  using T = detail::value_t<Z>;
  auto const bound = detail::limits_of<T>(rule, act); // throws, also where there is nothing to see
  saturation const nothing = detail::empty_record(act, rule);
  saturation record = nothing;
  detail::for_each_block(z, [&](T const* data, std::size_t n) {
    detail::observe_arrays(detail::evaluator_of<T>(act), bound, detail::plain_arrays<T>{data, nullptr, nullptr}, n,
                           nothing, record);
  });
  return record;
}
template <class A, std::floating_point T, saturation_rule<A> Rule = z_beyond>
  requires activation<A, T>
[[nodiscard]] saturation observe(A const& act, T const* z, std::size_t n, Rule const& rule = Rule{}) {
  return observe(act, std::span<T const>(z, n), rule);
}

/// y = act(z) and the record, fused: one reading of z. y has z's shape (shape_error otherwise) and memory of its own.
template <class A, detail::numbers Z, class Y, saturation_rule<A> Rule = z_beyond>
  requires activation<A, detail::value_t<Z>> && detail::numbers<std::remove_cvref_t<Y>>
saturation forward(A const& act, Z const& z, Y&& y, Rule const& rule = Rule{}) {
  return detail::forward_into(act, z, y, static_cast<std::remove_reference_t<Y>*>(nullptr), rule);
}
/// y = act(z), dy = act'(z) and the record, fused: one reading of z. y and dy have z's shape and memory of their own.
template <class A, detail::numbers Z, class Y, class D, saturation_rule<A> Rule = z_beyond>
  requires activation<A, detail::value_t<Z>> && detail::numbers<std::remove_cvref_t<Y>> &&
           detail::numbers<std::remove_cvref_t<D>>
saturation forward(A const& act, Z const& z, Y&& y, D&& dy, Rule const& rule = Rule{}) {
  return detail::forward_into(act, z, y, std::addressof(dy), rule); // a view has an & of its own
}

}} // namespace satur::SATUR_ABI
