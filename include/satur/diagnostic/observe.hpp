/// \file observe.hpp  One-liners over any container: observe, forward, saturated_fraction, mean_derivative, apply.
///
/// z may be std::vector, std::array, std::span, a pointer and a size, an xtensor container, view or lazy expression, or
/// anything else that can be iterated, of float, double or long double. See docs and input.hpp.
#pragma once

#include "satur/array/numbers.hpp"
#include "satur/array/threads.hpp"
#include "satur/diagnostic/pass/counting.hpp"
#include "satur/diagnostic/pass/mapping.hpp"
#include "satur/diagnostic/pass/observing.hpp"
#include "satur/rule/any_rule.hpp"

#include <functional>
#include <memory>
#include <span>

namespace satur::inline SATUR_ABI {

namespace detail {

template <class A, class Rule> [[nodiscard]] saturation empty_record(A const& act, Rule const& rule) {
  require_valid_parameters(act);
  saturation record;
  record.rule = rule.definition();
  record.activation = name_of(act);
  if constexpr (has_peak_slope<A>) {
    record.peak_slope = act.peak_slope();
  }
  return record;
}

[[noreturn]] inline void shares_memory(char const* name) {
  throw std::invalid_argument(message("satur::forward: ", name,
                                      " shares memory with z; z is the evidence that a diagnosis needs: give ", name,
                                      " a buffer of its own"));
}

/// y = act(z) is refused where y is z's own memory.
template <class T> void require_apart(char const* name, T const* y, T const* z, std::size_t n) {
  std::less<T const*> const before;
  if (n != 0 && before(y, z + n) && before(z, y + n)) {
    shares_memory(name);
  }
}
/// The same where they do not lie in one piece: refused where the two begin with the same element.
template <class Y, class Z> void require_another_start(char const* name, Y& y, Z const& z) {
  if constexpr (std::is_lvalue_reference_v<decltype(*std::begin(y))> &&
                std::is_lvalue_reference_v<decltype(*std::begin(z))>) {
    if (size_of(z) != 0 && static_cast<void const*>(std::addressof(*std::begin(y))) ==
                               static_cast<void const*>(std::addressof(*std::begin(z)))) {
      shares_memory(name);
    }
  }
}

/// Whether y lies as z does, both in one piece: what is k-th in memory has the same place in both.
template <class Y, class Z> [[nodiscard]] bool lies_as(Y& y, Z const& z) {
  return contiguous_data(z) != nullptr && contiguous_data(y) != nullptr && same_order(y, z);
}
/// run(z, y, dy, n): once where y and dy lie as z does, else leaf by leaf through buffers, in the order of the
/// iterators. dy may be null, and run gets null then.
template <class Z, class Y, class D, class Run> void into_arrays(Z const& z, Y& y, D* dy, Run const& run) {
  using T = value_t<Z>;
  if (lies_as(y, z) && (dy == nullptr || lies_as(*dy, z))) {
    T const* const from = contiguous_data(z);
    T* const values = contiguous_data(y);
    T* const slopes = dy == nullptr ? nullptr : contiguous_data(*dy);
    run(from, values, slopes, size_of(z));
    return;
  }
  auto to = std::begin(y);
  using slope_iterator = decltype(std::begin(*dy));
  slope_iterator slope_to = dy == nullptr ? slope_iterator{} : std::begin(*dy);
  for_each_buffered_leaf(z, [&](T const* leaf, std::size_t count) {
    T value_leaf[leaf_elements];
    T slope_leaf[leaf_elements];
    run(leaf, value_leaf, dy == nullptr ? nullptr : slope_leaf, count);
    to = std::copy(value_leaf, value_leaf + count, to);
    if (dy != nullptr) {
      slope_to = std::copy(slope_leaf, slope_leaf + count, slope_to);
    }
  });
}

/// Adds n elements of `arrays` to the record.
template <class Arrays, class Bound>
void observe_arrays(evaluator<typename Arrays::element> const& act, Bound const& bound, Arrays const& arrays,
                    std::size_t n, saturation const& nothing, saturation& record, math::simd_level level) {
  over_leaves(n, record, nothing, [&](std::size_t first, std::size_t count, saturation& part) {
    observing_pass<Arrays, Bound> pass{act, bound, arrays, first, count, part, level};
    math::run<typename Arrays::element>(pass, level);
  });
}

/// The common body of the two `forward`s; dy may be null.
template <class A, class Z, class Y, class D, class Rule>
[[nodiscard]] saturation forward_into(A const& act, Z const& z, Y& y, D* dy, Rule const& rule, math::simd_level level) {
  using T = value_t<Z>;
  static_assert(std::same_as<value_t<Y>, T> && std::same_as<value_t<D>, T>,
                "satur::forward: z, y and dy must hold the same type of number");
  require_same_shape("forward", "y", y, z);
  if (dy != nullptr) {
    require_same_shape("forward", "dy", *dy, z);
  }
  auto const bound = rule.template bind<T>(act); // throws, also where there is nothing to see
  saturation const nothing = empty_record(act, rule);
  saturation record = nothing;
  std::size_t const n = size_of(z);
  auto const run = [&](T const* from, T* values, T* slopes, std::size_t count) {
    observe_arrays(evaluator_of<T>(act), bound, plain_arrays<T>{from, values, slopes}, count, nothing, record, level);
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
template <class A, detail::numbers Z, saturation_rule Rule = z_beyond>
  requires activation<A, detail::value_t<Z>>
[[nodiscard]] saturation observe(A const& act, Z const& z, Rule const& rule = Rule{},
                                 math::simd_level level = math::best_level()) {
  using T = detail::value_t<Z>;
  auto const bound = rule.template bind<T>(act); // throws, also where there is nothing to see
  saturation const nothing = detail::empty_record(act, rule);
  saturation record = nothing;
  detail::for_each_block(z, [&](T const* data, std::size_t n) {
    detail::observe_arrays(detail::evaluator_of<T>(act), bound, detail::plain_arrays<T>{data, nullptr, nullptr}, n,
                           nothing, record, level);
  });
  return record;
}
template <class A, std::floating_point T, saturation_rule Rule = z_beyond>
  requires activation<A, T>
[[nodiscard]] saturation observe(A const& act, T const* z, std::size_t n, Rule const& rule = Rule{}) {
  return observe(act, std::span<T const>(z, n), rule);
}

/// y = act(z) and the record, fused: one reading of z. y has z's shape (shape_error otherwise) and memory of its own.
template <class A, detail::numbers Z, class Y, saturation_rule Rule = z_beyond>
  requires activation<A, detail::value_t<Z>> && detail::numbers<std::remove_cvref_t<Y>> saturation
  forward(A const& act, Z const& z, Y&& y, Rule const& rule = Rule{}, math::simd_level level = math::best_level()) {
    return detail::forward_into(act, z, y, static_cast<std::remove_reference_t<Y>*>(nullptr), rule, level);
  }
/// y = act(z), dy = act'(z) and the record, fused: one reading of z. y and dy have z's shape and memory of their own.
template <class A, detail::numbers Z, class Y, class D, saturation_rule Rule = z_beyond>
  requires activation<A, detail::value_t<Z>> && detail::numbers<std::remove_cvref_t<Y>> &&
      detail::numbers<std::remove_cvref_t<D>>
          saturation forward(A const& act, Z const& z, Y&& y, D&& dy, Rule const& rule = Rule{},
                             math::simd_level level = math::best_level()) {
    return detail::forward_into(act, z, y, std::addressof(dy), rule, level); // a view has an & of its own
  }

/// Share of z with |z| > threshold (strict), NaN left out of both; NaN where nothing is left. Infinity is beyond.
/// Throws std::invalid_argument where threshold is NaN, negative or infinite.
template <detail::numbers Z>
[[nodiscard]] double saturated_fraction(Z const& z, double threshold = 5.0,
                                        math::simd_level level = math::best_level()) {
  using T = detail::value_t<Z>;
  z_beyond{threshold}.require_valid();
  std::uint64_t beyond = 0;
  std::uint64_t seen = 0;
  detail::for_each_block(z, [&](T const* data, std::size_t n) {
    detail::beyond_count const found = detail::count_beyond(threshold, data, n, level);
    beyond += found.beyond;
    seen += n - found.nan;
  });
  return seen == 0 ? std::numeric_limits<double>::quiet_NaN() : static_cast<double>(beyond) / static_cast<double>(seen);
}
template <std::floating_point T>
[[nodiscard]] double saturated_fraction(T const* z, std::size_t n, double threshold = 5.0) {
  return saturated_fraction(std::span<T const>(z, n), threshold);
}

/// Mean of act'(z), true in the tail; NaN where nothing was seen.
template <class A, detail::numbers Z>
  requires activation<A, detail::value_t<Z>>
[[nodiscard]] double mean_derivative(A const& act, Z const& z) { return observe(act, z).mean_derivative(); }

namespace detail {
template <wanted W, class A, class Z, class Y>
void map_into(char const* function, A const& act, Z const& z, Y& y, math::simd_level level) {
  using T = value_t<Z>;
  static_assert(std::same_as<value_t<Y>, T>, "satur::apply: z and the result must hold the same type of number");
  require_same_shape(function, "the result", y, z);
  require_valid_parameters(act);
  into_arrays(z, y, static_cast<Y*>(nullptr), [&](T const* from, T* to, T*, std::size_t n) {
    over_leaves(n, [&](std::size_t first, std::size_t count) {
      mapping_pass<T, A, W> pass{act, from + first, to + first, to + first, count};
      math::run<T>(pass, level);
    });
  });
}
template <class A, class Z, class Y, class D>
void map_both_into(A const& act, Z const& z, Y& y, D& dy, math::simd_level level) {
  using T = value_t<Z>;
  static_assert(std::same_as<value_t<Y>, T> && std::same_as<value_t<D>, T>,
                "satur::apply: z, y and dy must hold the same type of number");
  require_same_shape("apply", "y", y, z);
  require_same_shape("apply", "dy", dy, z);
  evaluator<T> const both = evaluator_of<T>(act);
  into_arrays(z, y, std::addressof(dy), [&](T const* from, T* values, T* slopes, std::size_t n) {
    over_leaves(n, [&](std::size_t first, std::size_t count) {
      both.map(both.act, from + first, values + first, slopes + first, count, level);
    });
  });
}
} // namespace detail

/// y = act(z), nothing recorded: for data that is not training data. The bits of `forward`. y may be z itself.
template <class A, detail::numbers Z, class Y>
  requires activation<A, detail::value_t<Z>> && detail::numbers<std::remove_cvref_t<Y>>
void apply(A const& act, Z const& z, Y&& y, math::simd_level level = math::best_level()) {
  detail::map_into<detail::wanted::value>("apply", act, z, y, level);
}
/// y = act(z) and dy = act'(z) in one evaluation, nothing recorded. The bits of `forward`. One of them may be z itself.
template <class A, detail::numbers Z, class Y, class D>
  requires activation<A, detail::value_t<Z>> && detail::numbers<std::remove_cvref_t<Y>> &&
      detail::numbers<std::remove_cvref_t<D>>
void apply(A const& act, Z const& z, Y&& y, D&& dy, math::simd_level level = math::best_level()) {
  detail::map_both_into(act, z, y, dy, level);
}
/// dy = act'(z), nothing recorded. The bits of `forward`. dy may be z itself.
template <class A, detail::numbers Z, class D>
  requires activation<A, detail::value_t<Z>> && detail::numbers<std::remove_cvref_t<D>>
void apply_derivative(A const& act, Z const& z, D&& dy, math::simd_level level = math::best_level()) {
  detail::map_into<detail::wanted::slope>("apply_derivative", act, z, dy, level);
}

} // namespace satur::inline SATUR_ABI
