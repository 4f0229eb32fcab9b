/// \file observe/observe.hpp  One-liners over any container: observe and forward.
///
/// z, y and dy may each be
/// - memory (`as_array_view`): std::vector, std::array, std::span, xtensor's containers and views, mdspan, an
///   `array_view`, and your own type with an `as_array_view` beside it;
/// - 16-bit numbers: `as_bfloat16(buffer)`, `as_float16(buffer)`. f and f' are computed and recorded in float, and
///   rounded once where they are stored: the record is the one of the floats, bit for bit;
/// - a range of rows of equal length (std::vector<std::vector<double>>), one row a sample;
/// - anything else that can be iterated (a lazy expression of xtensor, a std::deque)
///
/// of float, double or long double. Throws shape_error if the rows of a range differ in length.
#pragma once

#include "satur/array/threads.hpp"
#include "satur/observe/kernel/into_arrays.hpp"
#include "satur/observe/kernel/saturation.hpp"
#include "satur/rule/z_beyond.hpp"

#include <algorithm>
#include <type_traits>

namespace satur { inline namespace SATUR_ABI {

namespace detail {

/// A record that has seen nothing, with the name of A if that is a constant. To copy one is cheaper than to make one.
template <class A> [[nodiscard]] constexpr saturation blank_record() {
  saturation record;
  if constexpr (has_constant_name<A>) {
    record.activation = label_of<A>;
  }
  return record;
}
template <class A> inline constexpr saturation blank_record_of = blank_record<A>();

template <class A, class Rule> [[nodiscard]] saturation empty_record(A const& act, Rule const& rule) {
  require_valid_parameters(act);
  saturation const* blank = &blank_record_of<A>;
#if SATUR_HAS_ASM // a copy: g++ would clear 200 bytes by an instruction that takes as long as a pass over 64 numbers
  asm("" : "+r"(blank));
#endif
  saturation record = *blank;
  auto const [name, first, second] = rule.definition(); // one by one, so that the name is not copied twice
  record.rule.name = name;
  record.rule.first = first;
  record.rule.second = second;
  if constexpr (!has_constant_name<A>) {
    record.activation = name_of(act);
  }
  if constexpr (requires { act.stated_peak_slope(); }) { // chosen at run time
    record.peak_slope = act.stated_peak_slope();
  } else if constexpr (has_peak_slope<A>) {
    record.peak_slope = act.peak_slope();
  }
  return record;
}

/// Adds n elements of `arrays` to the record. `empty()` is a record that has seen nothing.
template <class Arrays, class Bound, class Record, class Empty>
void observe_arrays(evaluator<typename Arrays::element> const& act, Bound const& bound, Arrays const& arrays,
                    std::size_t n, Empty const& empty, Record& record) {
  over_leaves(n, record, empty, [&](std::size_t first, std::size_t count, Record& part) {
    observing_pass<Arrays, Record> pass{act, bound, arrays, first, count, part};
    math::run<typename Arrays::element>(pass);
  });
}

/// Looks at nothing.
struct no_block_visitor {};
/// What a visitor sees at a time: enough for threads (`over_leaves`), and its slopes stay in the second cache.
inline constexpr std::size_t visited_elements = parallel_elements;
static_assert(visited_elements % leaf_elements == 0);

/// The body of `observe` and `forward`; y and dy may be null. `visitor.see(z, slopes, n)`, if it has that, gets z and
/// f'(z), part by part in the order of the pass; `visitor.scratch<T>(n)` is memory for n numbers.
template <class A, class Z, class Y, class D, class Rule, class Visitor>
[[nodiscard]] saturation record_into(char const* function, A const& act, Z const& z, Y* y, D* dy, Rule const& rule,
                                     [[maybe_unused]] Visitor&& visitor) {
  using T = value_t<Z>;
  require_equal_rows(function, "z", z);
  if constexpr (is_array_v<Y>) {
    static_assert(std::same_as<value_t<Y>, T>, "satur::forward: z and y must hold the same type of number");
    require_same_shape(function, "y", *y, z);
  }
  if constexpr (is_array_v<D>) {
    static_assert(std::same_as<value_t<D>, T>, "satur::forward: z and dy must hold the same type of number");
    require_same_shape(function, "dy", *dy, z);
  }
  auto const bound = limits_of<T>(rule, act); // throws, also if there is nothing to see
  auto const empty = [&] { return empty_record(act, rule); };
  saturation record = empty();
  into_arrays<true>(z, y, dy, [&](auto const& arrays, std::size_t n) {
    if constexpr (std::same_as<std::remove_cvref_t<Visitor>, no_block_visitor>) {
      observe_arrays(evaluator_of<T>(act), bound, arrays, n, empty, record);
    } else {
      for (std::size_t first = 0; first < n; first += visited_elements) {
        std::size_t const count = (std::min)(visited_elements, n - first);
        auto part = part_of(arrays, first);
        kept_part<T> const kept = keep(part, count, visitor);
        observe_arrays(evaluator_of<T>(act), bound, part, count, empty, record);
        visitor.see(kept.z, kept.slopes, count);
      }
    }
  });
  return record;
}

} // namespace detail

/// The whole record of pre-activations z in one pass that stores nothing else.
/// Throws std::invalid_argument where the rule's numbers are out of range.
template <class A, detail::numbers Z, saturation_rule<A> Rule = z_beyond>
  requires activation<A, detail::value_t<Z>>
[[nodiscard]] saturation observe(A const& act, Z const& z, Rule const& rule = Rule{}) {
  return detail::record_into("observe", act, z, detail::not_wanted, detail::not_wanted, rule,
                             detail::no_block_visitor{});
}

/// y = act(z) and the record, fused: one reading of z. y has z's shape (shape_error otherwise) and memory of its own.
template <class A, detail::numbers Z, class Y, saturation_rule<A> Rule = z_beyond>
  requires activation<A, detail::value_t<Z>> && detail::numbers<std::remove_cvref_t<Y>>
saturation forward(A const& act, Z const& z, Y&& y, Rule const& rule = Rule{}) {
  return detail::record_into("forward", act, z, detail::address_of(y), detail::not_wanted, rule,
                             detail::no_block_visitor{});
}
/// y = act(z), dy = act'(z) and the record, fused: one reading of z. y and dy have z's shape and memory of their own.
template <class A, detail::numbers Z, class Y, class D, saturation_rule<A> Rule = z_beyond>
  requires activation<A, detail::value_t<Z>> && detail::numbers<std::remove_cvref_t<Y>> &&
           detail::numbers<std::remove_cvref_t<D>>
saturation forward(A const& act, Z const& z, Y&& y, D&& dy, Rule const& rule = Rule{}) {
  return detail::record_into("forward", act, z, detail::address_of(y), detail::address_of(dy), rule,
                             detail::no_block_visitor{});
}

}} // namespace satur::SATUR_ABI
